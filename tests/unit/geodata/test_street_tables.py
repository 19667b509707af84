"""Streets from layers of lines."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.street_area import boundary_of_streets, crs_of_table
from geodata.street_sources import read_streets
from geodata.street_tables import (
    linework_of_table,
    load_street_table,
    network_of_table,
    read_street_table,
)
from gridmap.errors import InputError
from gridmap.partition.linework import LineKind

CRS = "EPSG:32616"
WEST, SOUTH = -87.65, 41.88
STEP = 0.002


def place(x: int, y: int) -> tuple[float, float]:
    return WEST + STEP * x, SOUTH + STEP * y


def layer(path: Path, rows: list[tuple[list[tuple[int, int]], dict[str, object]]]) -> Path:
    names = sorted({name for _, tags in rows for name in tags})
    data = {name: [tags.get(name) for _, tags in rows] for name in names}
    lines = [shapely.LineString([place(*one) for one in line]) for line, _ in rows]
    frame = gpd.GeoDataFrame(data, geometry=lines, crs="EPSG:4326")
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


#: A block of four streets with a lane through it.
BLOCK = [
    ([(0, 0), (1, 0), (2, 0)], {"highway": "secondary", "name": "South"}),
    ([(2, 0), (2, 2)], {"highway": "residential", "name": "East"}),
    ([(2, 2), (1, 2), (0, 2)], {"highway": "residential", "name": "North"}),
    ([(0, 2), (0, 0)], {"highway": "residential", "name": "West"}),
    ([(1, 0), (1, 2)], {"highway": "footway", "name": "Lane"}),
]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet", ".fgb"])
def test_streets_join_where_they_share_a_vertex(tmp_path: Path, suffix: str) -> None:
    path = layer(tmp_path / f"streets{suffix}", BLOCK)
    drive, walk = (read_street_table(path, mode, CRS) for mode in ("drive", "walk"))
    assert "footway" not in drive.road_classes
    assert sorted(drive.names) == ["", "East", "North", "South", "West"]
    assert "footway" in walk.road_classes
    # On foot there is a junction at either end of the lane.
    assert walk.n_nodes - drive.n_nodes >= 1
    around_m = 2 * (2 * STEP * 111_071 + 2 * STEP * 82_970)
    assert drive.length_m.sum() == pytest.approx(around_m, rel=3e-3)


@pytest.mark.parametrize(
    ("column", "along", "against", "both"),
    [("oneway", "yes", "-1", "no"), ("oneway", "F", "T", "B"), ("direction", 1, -1, 0)],
)
def test_one_way_streets_in_all_spellings(
    tmp_path: Path, column: str, along: object, against: object, both: object
) -> None:
    rows = [(line, {"fclass": "residential", column: both}) for line, _ in BLOCK]
    rows[0][1][column] = along
    # Drawn from west to east, travelled from east to west: one drives around the block.
    rows[2] = (rows[2][0][::-1], {"fclass": "residential", column: against})
    network = read_street_table(layer(tmp_path / "s.gpkg", rows), "drive", CRS)
    middle = np.array([network.line(edge).mean(axis=0) for edge in range(network.n_edges)])
    south = middle[:, 1] < np.median(network.node_xy[:, 1]) - 100.0
    one_way = ~(np.isfinite(network.forward_s) & np.isfinite(network.backward_s))
    assert one_way[south].all()
    assert not one_way.all()
    assert one_way.sum() >= 2


def test_speed_limits_count_and_zero_means_unknown(tmp_path: Path) -> None:
    rows = [(line, {"highway": "residential", "maxspeed": 0.0}) for line, _ in BLOCK]
    plain = read_street_table(layer(tmp_path / "a.gpkg", rows), "drive", CRS)
    rows = [(line, {"highway": "residential", "maxspeed": 100.0}) for line, _ in BLOCK]
    fast = read_street_table(layer(tmp_path / "b.gpkg", rows), "drive", CRS)
    kmh = [n.length_m.sum() / n.forward_s.sum() * 3.6 for n in (plain, fast)]
    assert kmh[0] == pytest.approx(25.0, rel=0.01)
    assert kmh[1] == pytest.approx(80.0, rel=0.01)


def test_linework_knows_kinds_and_bridges(tmp_path: Path) -> None:
    rows = [(line, dict(tags)) for line, tags in BLOCK]
    rows[0][1]["bridge"] = "T"
    linework = linework_of_table(load_street_table(layer(tmp_path / "s.gpkg", rows)), CRS)
    assert set(linework.kinds.tolist()) == {
        int(LineKind.MAJOR_STREET),
        int(LineKind.LOCAL_STREET),
    }
    assert len(linework.bridges) == 1


def test_a_table_is_a_source_of_streets(tmp_path: Path) -> None:
    path = layer(tmp_path / "s.parquet", BLOCK)
    table = load_street_table(path)
    assert crs_of_table(table) == CRS
    box = shapely.box(*shapely.total_bounds(linework_of_table(table, CRS).lines))
    streets = read_streets(path, ["drive", "walk"], crs=CRS, boundary=box)
    assert sorted(streets.networks) == ["drive", "walk"]
    assert len(streets.linework.lines) == 4


def test_the_ground_of_streets(tmp_path: Path) -> None:
    rows = [
        ([(x, y), (x + 1, y)], {"highway": "residential"}) for x in range(8) for y in range(9)
    ] + [([(x, y), (x, y + 1)], {"highway": "residential"}) for x in range(9) for y in range(8)]
    # A road that leads far away makes no territory.
    rows.append(([(0, 0), (-60, 0)], {"highway": "primary"}))
    path = layer(tmp_path / "s.gpkg", rows)
    lines = linework_of_table(load_street_table(path), CRS).lines
    found = boundary_of_streets(lines, CRS, path)
    town = shapely.union_all(lines[:-1]).envelope
    assert found.shape.geom_type == "Polygon"
    assert not found.shape.interiors
    assert shapely.contains(found.shape, town)
    assert found.notices[0].key == "ways.boundary_from_streets"
    with pytest.raises(InputError, match="too few"):
        boundary_of_streets(lines[:3], CRS, path)


def test_faults_say_what_is_missing(tmp_path: Path) -> None:
    path = layer(tmp_path / "s.gpkg", [(line, {"name": "?"}) for line, _ in BLOCK])
    with pytest.raises(InputError, match="fclass"):
        load_street_table(path)
    with pytest.raises(InputError, match="fclass"):
        read_streets(path, ["drive"], crs=CRS, boundary=shapely.box(0, 0, 1, 1))
    closed = layer(tmp_path / "t.gpkg", [(line, {"highway": "steps"}) for line, _ in BLOCK])
    with pytest.raises(InputError, match="drive"):
        network_of_table(load_street_table(closed), "drive", CRS)
    points = gpd.GeoDataFrame(
        {"highway": ["residential"]}, geometry=[shapely.Point(*place(0, 0))], crs="EPSG:4326"
    )
    points.to_file(tmp_path / "p.gpkg")
    with pytest.raises(InputError):
        load_street_table(tmp_path / "p.gpkg")
