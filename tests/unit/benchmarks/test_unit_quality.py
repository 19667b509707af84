"""The measure of units finds what is wrong with them."""

import numpy as np
import pytest
import shapely
from towns import LOCAL, linework

from benchmarks.unit_quality import (
    border_distance_m,
    both_sides,
    cut_share,
    exact_faults,
    lost_m,
    unit_figures,
)
from gridmap.partition.linework import LineKind

TOWN = shapely.box(0, 0, 300, 200)
WEST, EAST = shapely.box(0, 0, 100, 200), shapely.box(100, 0, 300, 200)
NOWHERE = np.empty((0, 2))


def polygons(*some: shapely.Geometry) -> np.ndarray:
    return np.array(some, dtype=object)


def test_units_that_tile_have_no_fault() -> None:
    assert exact_faults(polygons(WEST, EAST), TOWN) == 0
    assert border_distance_m(polygons(WEST, EAST), TOWN) == 0.0


@pytest.mark.parametrize(
    "east",
    [
        shapely.box(100.01, 0, 300, 200),
        shapely.box(99.99, 0, 300, 200),
        shapely.box(100, 0, 299.96, 200),
        shapely.Polygon([(100, 0), (300, 0), (300, 200), (100, 200), (100, 100)]),
        shapely.box(100.004, 0, 300, 200),
        WEST,
    ],
    ids=["gap", "overlap", "border", "vertex", "off the grid", "twice"],
)
def test_each_fault_is_seen(east: shapely.Geometry) -> None:
    assert exact_faults(polygons(WEST, east), TOWN) > 0


def test_border_distance_is_that_of_the_furthest_place() -> None:
    assert border_distance_m(polygons(WEST, shapely.box(100, 0, 299.5, 200)), TOWN) == 0.5


def test_lost_administrative_line_is_measured() -> None:
    lines = linework(
        (LineKind.ADMIN, [(100, 0), (100, 200)]), (LineKind.ADMIN, [(0, 50), (90, 50)])
    )
    assert lost_m(polygons(WEST, EAST), TOWN, lines, LineKind.ADMIN) == pytest.approx(90.0, abs=0.2)
    assert lost_m(polygons(WEST, EAST), TOWN, lines, LineKind.RAIL) == 0.0


def test_ground_on_both_sides_of_a_railway() -> None:
    """A railway through the west; in the east 10 m of ground beyond one are a strip."""
    rails = linework(
        (LineKind.RAIL, [(-5, 90), (105, 90)]), (LineKind.RAIL, [(95, 190), (305, 190)])
    )
    straddling, strips = both_sides(polygons(WEST, EAST), rails, NOWHERE)
    assert straddling.tolist() == [True, False]
    assert strips.tolist() == [False, True]
    # Somebody lives on the strip, or a street runs along it.
    assert both_sides(polygons(WEST, EAST), rails, np.array([(200.0, 195.0)]))[0].all()
    street = linework((LineKind.RAIL, [(95, 190), (305, 190)]), (LOCAL, [(100, 195), (300, 195)]))
    assert both_sides(polygons(EAST), street, NOWHERE)[0].all()


def test_water_beyond_a_river_is_no_ground() -> None:
    river = linework(
        (LineKind.RIVER, [(95, 100), (305, 100)]), water=[shapely.box(100, 100, 300, 200)]
    )
    assert not both_sides(polygons(EAST), river, NOWHERE)[0].any()


def test_buildings_cut_by_a_border_without_a_line() -> None:
    street = linework((LOCAL, [(100, 0), (100, 200)]))
    houses = polygons(shapely.box(95, 10, 105, 20), shapely.box(200, 5, 220, 20))
    assert cut_share(polygons(WEST, EAST), street, houses) == 0.0
    other = linework((LOCAL, [(0, 50), (300, 50)]))
    assert cut_share(polygons(WEST, EAST), other, houses) == 0.5
    assert cut_share(polygons(WEST, EAST), other, houses[:0]) == 0.0


def test_figures_by_hand() -> None:
    """A sliver of 5 m in the middle; loads 2, 0 and 3 at a limit of 1, the 3 in one place."""
    units = polygons(WEST, shapely.box(100, 0, 105, 200), shapely.box(105, 0, 300, 200))
    found = unit_figures(
        units, TOWN, linework((LOCAL, [(100, 0), (100, 200)])),
        own_xy=np.array([(10.0, 10.0), (20.0, 20.0), (900.0, 0.0)]),
        demand_xy=np.array([(10.0, 10.0), (90.0, 190.0), (200.0, 100.0)]),
        demand_weight=np.array([1.0, 1.0, 3.0]),
        max_load=1.0, max_area_m2=20_000.0,
    )  # fmt: skip
    assert found.exact and found.valid
    assert found.slivers == found.small == pytest.approx(1 / 3)
    assert found.joinable == pytest.approx(1 / 3)
    assert (found.over_load, found.over_area) == (1, 1)
    assert (found.crowded, found.homeless) == (1, 1)
    assert found.admin_lost_m == 0.0
