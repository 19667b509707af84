"""No tile is larger than the limit; what is small on the map gives way, and only there."""

from __future__ import annotations

import gzip
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from osm_text import write_osm
from pmtiles.reader import MemorySource, Reader, all_tiles

from geodata import basemap
from geodata.basemap import build_basemap
from geodata.demo import demo_project
from geodata.tile_limit import MOST_BYTES, keep_small, largest_tiles

LIMIT = 1_000


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """A thousand huts of 3 m, one hall of 1 km and a motorway within one tile of zoom 14."""
    nodes: dict[int, tuple[float, float]] = {}
    ways: dict[int, tuple[list[int], dict[str, str]]] = {}

    def area(west: float, south: float, side: float, tags: dict[str, str]) -> None:
        first = len(nodes) + 1
        for n, (x, y) in enumerate(((0, 0), (1, 0), (1, 1), (0, 1))):
            nodes[first + n] = (west + x * side, south + y * side)
        ways[len(ways) + 1] = ([first, first + 1, first + 2, first + 3, first], tags)

    for n in range(1000):
        x, y = n % 40, n // 40
        area(9.001 + 0.00037 * x + 1e-6 * y * y, 1.001 + 0.00061 * y, 0.00003, {"building": "yes"})
    area(9.003, 1.003, 0.009, {"building": "yes"})
    first = len(nodes) + 1
    nodes |= {first: (9.0, 1.0), first + 1: (9.02, 1.02)}
    ways[len(ways) + 1] = ([first, first + 1], {"highway": "motorway", "name": "M 1"})
    return write_osm(tmp_path / "town.osm", nodes, ways)


def tiles(path: Path) -> dict[tuple[int, int, int], bytes]:
    return dict(all_tiles(MemorySource(path.read_bytes())))


def test_small_things_are_dropped_where_a_tile_is_too_large(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = build_basemap(extract, tmp_path / "free.pmtiles")
    large = largest_tiles(free)
    assert large[14] > LIMIT and large[13] <= LIMIT
    given: dict[int, float] = {}

    def limited(path: Path, layers: object, write: object) -> None:
        given.update(keep_small(path, layers, write, most_bytes=LIMIT))  # type: ignore[arg-type]

    monkeypatch.setattr(basemap, "keep_small", limited)
    small = build_basemap(extract, tmp_path / "small.pmtiles")
    assert max(largest_tiles(small).values()) <= LIMIT
    # A hut is 3.3 m, a pixel of zoom 14 is 9.6 m: half a pixel is enough at zoom 14.
    assert given[14] == 0.5
    before, after = tiles(free), tiles(small)
    assert set(after) == set(before)
    assert {tile: one for tile, one in after.items() if tile[0] not in given} == {
        tile: one for tile, one in before.items() if tile[0] not in given
    }
    # The hall and the motorway stay.
    z14 = b"".join(gzip.decompress(one) for tile, one in after.items() if tile[0] == 14)
    assert b"building" in z14 and b"road_motorway" in z14
    header = Reader(MemorySource(small.read_bytes())).header()
    assert header["max_zoom"] == 15 and header["min_zoom"] == 6
    assert Reader(MemorySource(small.read_bytes())).metadata() == (
        Reader(MemorySource(free.read_bytes())).metadata()
    )


def test_a_file_with_small_tiles_is_left_alone(extract: Path, tmp_path: Path) -> None:
    path = build_basemap(extract, tmp_path / "free.pmtiles")
    before = path.read_bytes()
    assert keep_small(path, {}, lambda *_: None) == {}
    assert path.read_bytes() == before


def test_points_alone_may_not_fit_and_that_is_said(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        {"name": [f"place number {n}" for n in range(300)]},
        geometry=[shapely.Point(9.0 + 1e-5 * n, 1.0) for n in range(300)], crs=4326,
    )  # fmt: skip
    path = tmp_path / "p.pmtiles"
    basemap._write_zoom({"place": points}, 14, path)
    with pytest.raises(ValueError, match="zoom 14"):
        keep_small(path, {14: {"place": points}}, basemap._write_zoom, most_bytes=200)
    with pytest.raises(ValueError, match="zoom 14"):
        keep_small(path, {14: {}}, basemap._write_zoom, most_bytes=200)


def test_no_tile_of_the_embedded_example_is_above_the_limit(tmp_path: Path) -> None:
    extract = demo_project().parent / "Helsinki.osm.pbf"
    assert max(largest_tiles(build_basemap(extract, tmp_path / "h.pmtiles")).values()) <= MOST_BYTES
