"""An extract becomes tiles; what cannot be read is refused with the way out."""

import bz2
import gzip
from pathlib import Path

import pytest
from osm_text import write_osm
from pmtiles.reader import MemorySource, Reader, all_tiles

from geodata import basemap
from geodata.basemap import MAX_ZOOM, build_basemap
from gridmap.errors import EngineError, InputError
from gridmap.progress import Progress

STREET, MOTORWAY, HOUSE, LAKE, PARK, RIVER = range(1, 7)


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """One of each thing; not at 0, 0, which GDAL takes for a missing node."""
    corners = {1: (9.0, 1.0), 2: (9.02, 1.0), 3: (9.02, 1.02), 4: (9.0, 1.02), 5: (9.01, 1.01)}
    ring = [1, 2, 3, 4, 1]
    return write_osm(
        tmp_path / "town.osm",
        corners,
        {
            STREET: ([1, 3], {"highway": "residential", "name": "Low Street", "name:zh": "低街"}),
            MOTORWAY: ([2, 4], {"highway": "motorway"}),
            HOUSE: (ring, {"building": "yes"}),
            LAKE: (ring, {"natural": "water", "name": "Lake"}),
            PARK: (ring, {"leisure": "park"}),
            RIVER: ([1, 2], {"waterway": "river"}),
        },
        node_tags={5: {"place": "suburb", "name": "Middle"}},
    )


def tiles(path: Path) -> dict[int, bytes]:
    """All tiles of a zoom together, unpacked."""
    found: dict[int, bytes] = {}
    for (zoom, _, _), content in all_tiles(MemorySource(path.read_bytes())):
        found[zoom] = found.get(zoom, b"") + gzip.decompress(content)
    return found


def test_layers_appear_at_their_zooms(extract: Path, tmp_path: Path) -> None:
    by_zoom = tiles(build_basemap(extract, tmp_path / "out" / "town.pmtiles"))
    assert max(by_zoom) == MAX_ZOOM
    for layer, first in (
        (b"road_motorway", 6),
        (b"water", 6),
        (b"green", 10),
        (b"place_suburb", 11),
        (b"road_minor", 12),
        (b"building", 14),
    ):
        seen = [zoom for zoom, content in by_zoom.items() if layer in content]
        assert min(seen) == first, layer
        assert max(seen) == MAX_ZOOM, layer


def test_names_come_in_every_language_of_the_pages(extract: Path, tmp_path: Path) -> None:
    content = tiles(build_basemap(extract, tmp_path / "town.pmtiles"))[MAX_ZOOM]
    assert "低街".encode() in content
    assert b"Low Street" in content


def test_packed_extracts_are_read(extract: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.osm.bz2"
    packed.write_bytes(bz2.compress(extract.read_bytes()))
    plain = build_basemap(extract, tmp_path / "plain.pmtiles")
    assert tiles(build_basemap(packed, tmp_path / "packed.pmtiles")) == tiles(plain)


def test_archive_is_gzipped_and_says_where_it_lies(extract: Path, tmp_path: Path) -> None:
    path = build_basemap(extract, tmp_path / "town.pmtiles")
    header = Reader(MemorySource(path.read_bytes())).header()
    assert header["max_lon_e7"] == pytest.approx(9.02e7, abs=1)
    assert header["min_lat_e7"] == pytest.approx(1.0e7, abs=1)


def test_progress_is_told(extract: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    build_basemap(extract, tmp_path / "town.pmtiles", report=told.append)
    assert [one.fraction for one in told] == [0.0, 0.5, 1.0]


def test_a_missing_extract_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.osm.pbf: this OpenStreetMap extract is not"):
        build_basemap(tmp_path / "nowhere.osm.pbf", tmp_path / "town.pmtiles")


def test_another_format_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "town.geojson"
    other.write_text("{}")
    with pytest.raises(InputError, match=r"\.osm\.pbf, \.osm, \.osm\.bz2"):
        build_basemap(other, tmp_path / "town.pmtiles")


def test_a_broken_extract_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"no such thing")
    with pytest.raises(InputError, match="download it again"):
        build_basemap(broken, tmp_path / "town.pmtiles")
    assert not (tmp_path / "town.pmtiles").exists()


def test_an_extract_with_nothing_to_draw_is_refused(tmp_path: Path) -> None:
    empty = write_osm(tmp_path / "empty.osm", {1: (0.0, 0.0)}, {}, node_tags={1: {"shop": "kiosk"}})
    with pytest.raises(InputError, match="no street, water or building"):
        build_basemap(empty, tmp_path / "town.pmtiles")


def test_a_failed_writer_leaves_the_old_file(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "town.pmtiles"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(basemap.freestiler, "freestile", fail)
    with pytest.raises(EngineError, match="disk full"):
        build_basemap(extract, path)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []
