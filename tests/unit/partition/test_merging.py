"""Which neighbour a small face goes to."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from towns import LOCAL, assert_exact, linework, units_of

from gridmap.partition.linework import LineKind
from gridmap.partition.units import UnitLimits

BOX = shapely.box(0, 0, 100, 100)
LIMITS = UnitLimits(
    max_area_m2=1e6,
    max_demand_share=1e6,
    min_area_m2=1500.0,
    min_width_m=1.0,
    sliver_area_m2=50.0,
    sliver_width_m=0.5,
    strip_width_m=0.0,
)


def strip(below: LineKind, above: LineKind, height: float = 10.0) -> list[float]:
    """Areas of the units when a strip in the middle has a neighbour on either side."""
    lines = linework(
        (below, [(-5, 45), (105, 45)]), (above, [(-5, 45 + height), (105, 45 + height)])
    )
    units = units_of(lines, BOX, limits=LIMITS)
    assert_exact(units, BOX)
    return units.area_m2.tolist()


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (LineKind.LOCAL_STREET, LineKind.MINOR_STREET),
        (LineKind.MINOR_STREET, LineKind.MAJOR_STREET),
        (LineKind.MAJOR_STREET, LineKind.RAIL),
        (LineKind.LOCAL_STREET, LineKind.ADMIN),
    ],
)
def test_the_weaker_line_goes(weak: LineKind, strong: LineKind) -> None:
    assert strip(weak, strong) == [5500.0, 4500.0]
    assert strip(strong, weak) == [4500.0, 5500.0]


def test_of_equal_neighbours_the_north_eastern_is_taken() -> None:
    assert strip(LOCAL, LOCAL) == [4500.0, 5500.0]


def test_between_two_walls_a_strip_stays() -> None:
    assert strip(LineKind.RAIL, LineKind.MOTORWAY) == [4500.0, 1000.0, 4500.0]


def test_strips_between_carriageways_all_go_to_one_side() -> None:
    """Ten strips of 8 m between two carriageways, apart by bridges: nobody lives there."""
    ways = [(LineKind.MOTORWAY, [(-5, y), (1005, y)]) for y in (100, 108)]
    bridges = [(LOCAL, [(x, -5), (x, 213)]) for x in range(100, 1000, 100)]
    boundary = shapely.box(0, 0, 1000, 208)
    limits = replace(LIMITS, strip_width_m=16.0)
    units = units_of(linework(*ways, *bridges), boundary, limits=limits)
    assert_exact(units, boundary)
    assert sorted(units.area_m2.tolist()) == [10_000.0] * 10 + [10_800.0] * 10
    # With demand on it, or a street along it, a strip is ground like any other.
    lived = units_of(linework(*ways, *bridges), boundary, demand=[(150.0, 104.0)], limits=limits)
    assert len(lived) == 21
    lane = (LOCAL, [(205, 104), (295, 104)])
    assert len(units_of(linework(*ways, *bridges, lane), boundary, limits=limits)) == 21


def test_slivers_avoid_a_neighbour_that_is_full() -> None:
    """The sliver's demand of 6 would bring the longer neighbour to 16, above 1.25 × 10."""
    lines = linework(
        (LOCAL, [(-5, 50), (105, 50)]),
        (LOCAL, [(-5, 50.4), (105, 50.4)]),
        (LOCAL, [(2, 50), (2, -5)]),
    )  # fmt: skip
    demand = [(50.0, 80.0), (50.0, 50.2), (50.0, 20.0)]
    limits = replace(LIMITS, min_area_m2=60.0, max_demand_share=10.0 / 17.0)
    units = units_of(lines, BOX, demand=demand, weight=[10.0, 6.0, 1.0], limits=limits)
    assert len(set(units.locate(np.array(demand)).tolist())) == 2
    assert units.locate(np.array(demand))[1] == units.locate(np.array(demand))[2]


def test_between_two_walls_a_sliver_goes() -> None:
    assert len(strip(LineKind.RAIL, LineKind.MOTORWAY, 0.4)) == 2


def test_chain_of_small_faces_becomes_one() -> None:
    """Ten strips of 1,000 m² are joined until none is below 1,500 m²."""
    lines = linework(*[(LOCAL, [(-5, y), (105, y)]) for y in range(10, 100, 10)])
    units = units_of(lines, BOX, limits=LIMITS)
    assert_exact(units, BOX)
    assert units.area_m2.min() >= 1500.0
    assert units.area_m2.sum() == 10_000.0
    assert len(units) > 1


def test_joined_faces_are_as_wide_as_both_together() -> None:
    """Two strips of 10 m make one with a mean width of 2 · 2000 / 240 = 16.7 m, which is enough."""
    lines = linework(*[(LOCAL, [(-5, y), (105, y)]) for y in range(10, 100, 10)])
    limits = UnitLimits(
        max_area_m2=1e6, max_demand_share=9, min_area_m2=500, min_width_m=12, sliver_width_m=1
    )
    assert units_of(lines, BOX, limits=limits).area_m2.tolist() == [2000.0] * 5


def test_borders_of_joined_faces_count_together() -> None:
    """The nook above the strip joins the ground above; then the strip's borders are equal."""
    minor = LineKind.MINOR_STREET
    lines = linework(
        (minor, [(-5, 45), (105, 45)]),
        (minor, [(-5, 55), (105, 55)]),
        (LOCAL, [(50, 55), (50, 65), (-5, 65)]),
    )
    assert units_of(lines, BOX, limits=LIMITS).area_m2.tolist() == [4500.0, 5500.0]


def test_small_faces_with_own_outlets_stay_apart() -> None:
    lines = linework(*[(LOCAL, [(-5, y), (105, y)]) for y in range(10, 100, 10)])
    own = [(50.0, y) for y in range(5, 100, 10)]
    units = units_of(lines, BOX, own=own, limits=LIMITS)
    assert units.area_m2.tolist() == [1000.0] * 10


def test_joined_faces_stay_below_the_maxima() -> None:
    """Each strip holds 10 of the demand; two together would be above 1.25 · 12."""
    lines = linework(*[(LOCAL, [(-5, y), (105, y)]) for y in range(10, 100, 10)])
    demand = [(x, y) for y in range(5, 100, 10) for x in range(5, 105, 10)]
    heavy = UnitLimits(
        max_area_m2=1e6, max_demand_share=0.12, min_area_m2=1500, min_width_m=0.5, sliver_width_m=0
    )
    units = units_of(lines, BOX, demand=demand, limits=heavy)
    assert len(units) == 10
    # With room for two, small as they are, they stop there.
    two = UnitLimits(
        max_area_m2=1e6, max_demand_share=0.2, min_area_m2=2500, min_width_m=0.5, sliver_width_m=0
    )
    assert units_of(lines, BOX, demand=demand, limits=two).area_m2.max() == 2000.0


def test_small_pond_goes_to_land_only_as_a_sliver() -> None:
    """A pond of 900 m² is small, but its only neighbour is land."""
    for side, expected in ((30.0, 2), (5.0, 1)):
        pond = shapely.box(40, 40, 40 + side, 40 + side)
        lines = linework((LineKind.SHORE, list(pond.exterior.coords)), water=[pond])
        units = units_of(lines, BOX, limits=LIMITS)
        assert len(units) == expected
        assert np.asarray(units.water)[0] == np.False_


def test_sliver_of_water_keeps_to_water() -> None:
    """A strip of water 0.4 m wide goes to the lake although the street beside it is weaker."""
    lake = shapely.box(0, 50, 100, 100)
    lines = linework(
        (LineKind.RIVER, [(-5, 50.4), (105, 50.4)]), (LOCAL, [(-5, 50), (105, 50)]), water=[lake]
    )
    units = units_of(lines, BOX, limits=LIMITS)
    assert units.water.tolist() == [False, True]
    assert units.area_m2.tolist() == [5000.0, 5000.0]
