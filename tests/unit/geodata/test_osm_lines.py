"""Reading lines, water and administrative areas from small hand-written files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from osm_text import write_osm

from geodata.osm import read_admin_areas, read_linework
from geodata.osm_lines import _polygons
from gridmap.errors import InputError
from gridmap.partition.linework import LineKind

CRS = "EPSG:32631"
GRID = {1 + row * 4 + col: (3.0 + col / 100, row / 100) for row in range(4) for col in range(4)}
OUTER = [1, 2, 3, 4, 8, 12, 16, 15, 14, 13, 9, 5, 1]
INNER = [6, 7, 11, 10, 6]
#: Square metres of a square of a hundredth of a degree, in UTM away from its central axis.
SQUARE_M2 = 1113.195 * 1105.743


def test_lines_water_and_bridges(tmp_path: Path) -> None:
    path = write_osm(
        tmp_path / "a.osm",
        GRID,
        {
            10: ([1, 2, 99, 3, 4], {"highway": "primary", "bridge": "yes"}),
            11: ([5, 6], {"highway": "service"}),
            12: ([5, 98], {"highway": "residential"}),
            13: ([1, 5], {"railway": "rail", "tunnel": "yes"}),
            14: ([9, 10], {"waterway": "river"}),
            20: (OUTER, {}),
            21: (INNER, {}),
        },
        relations={
            30: (
                [("way", 20, "outer"), ("way", 21, "inner")],
                {"type": "multipolygon", "natural": "water"},
            ),
            31: (
                [("way", 20, "outer"), ("way", 97, "outer")],
                {"type": "multipolygon", "natural": "water"},
            ),
        },
    )
    linework = read_linework(path, CRS)
    major, service = int(LineKind.MAJOR_STREET), int(LineKind.SERVICE_STREET)
    river, shore = int(LineKind.RIVER), int(LineKind.SHORE)
    # The clipped primary street comes in two runs, the residential one is a single node.
    assert linework.kinds.tolist() == [major, major, service, river, shore, shore]
    assert all(shapely.get_type_id(linework.lines) == shapely.GeometryType.LINESTRING)
    assert shapely.get_num_points(linework.lines[:4]).tolist() == [2, 2, 2, 2]
    assert len(linework.bridges) == 2
    np.testing.assert_array_equal(linework.bridges, linework.lines[:2])
    # Eight squares around the island; the water that lacks a way is not there.
    assert len(linework.water) == 1
    assert linework.water[0].area == pytest.approx(8 * SQUARE_M2 * 0.9996**2, rel=1e-3)
    rings = shapely.length(linework.lines[4:]).sum()
    assert rings == pytest.approx(linework.water[0].length, rel=1e-12)


def test_closed_way_of_water_and_crossed_outline(tmp_path: Path) -> None:
    """A pond is an area; one whose outline crosses itself is repaired or left out, not passed."""
    path = write_osm(
        tmp_path / "a.osm",
        GRID,
        {
            10: ([1, 2, 6, 5, 1], {"natural": "water"}),
            11: ([3, 8, 7, 4, 3], {"natural": "water"}),
            12: ([9, 10, 14], {"natural": "water"}),
        },
    )
    linework = read_linework(path, CRS)
    assert len(linework.water) >= 1
    assert shapely.is_valid(linework.water).all()
    assert linework.water[0].area == pytest.approx(SQUARE_M2 * 0.9996**2, rel=1e-3)


def test_an_area_broken_by_the_projection_is_repaired() -> None:
    """A bow tie of two triangles of 1 m2 becomes these triangles."""
    tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    found = _polygons(np.array([tie, shapely.MultiPolygon([shapely.box(5, 5, 6, 6)])]))
    assert shapely.is_valid(found).all()
    assert sorted(shapely.area(found)) == pytest.approx([1.0, 1.0, 1.0])


def test_a_file_without_lines(tmp_path: Path) -> None:
    linework = read_linework(write_osm(tmp_path / "a.osm", GRID, {}), CRS)
    assert (len(linework.lines), len(linework.water), len(linework.bridges)) == (0, 0, 0)


def test_admin_areas_that_are_whole(tmp_path: Path) -> None:
    admin = {"boundary": "administrative", "type": "boundary"}
    path = write_osm(
        tmp_path / "a.osm",
        GRID,
        {
            20: ([1, 2, 6], {}),
            21: ([6, 5, 1], {}),
            # The outline of the relation 32, with the same tags.
            22: (
                [3, 4, 8, 7, 3],
                {"boundary": "administrative", "admin_level": "9", "name": "Small"},
            ),
            23: (
                [9, 10, 14, 13, 9],
                {"boundary": "administrative", "admin_level": "9", "name": "Way"},
            ),
            24: ([11, 12, 16, 15, 11], {"admin_level": "9", "boundary": "census"}),
        },
        relations={
            30: (
                [("way", 20, "outer"), ("way", 21, "outer")],
                {**admin, "admin_level": "8", "name": "Whole"},
            ),
            31: (
                [("way", 20, "outer"), ("way", 99, "outer")],
                {**admin, "admin_level": "8", "name": "Cut"},
            ),
            32: ([("way", 22, "outer")], {**admin, "admin_level": "9", "name": "Small"}),
            33: ([("way", 22, "outer")], {**admin, "admin_level": "none", "name": "Odd"}),
        },
    )
    areas = read_admin_areas(path, CRS)
    assert areas.crs == CRS
    found = areas[["osm_id", "name", "admin_level"]].to_numpy().tolist()
    assert found == [["r30", "Whole", 8], ["r32", "Small", 9], ["w23", "Way", 9]]
    assert areas.area.to_numpy() == pytest.approx([SQUARE_M2 * 0.9996**2] * 3, rel=1e-3)
    assert len(read_admin_areas(write_osm(tmp_path / "b.osm", GRID, {}), CRS)) == 0


def test_faults(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").write_bytes(b"no map")
    for read in (read_linework, read_admin_areas):
        with pytest.raises(InputError, match="no such file"):
            read(tmp_path / "missing.osm", CRS)
        with pytest.raises(InputError, match="cannot be read"):
            read(tmp_path / "a.osm.pbf", CRS)
        with pytest.raises(InputError, match="projected"):
            read(tmp_path / "a.osm.pbf", "EPSG:4326")
