"""Units of hand-made towns, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from towns import LOCAL, LOOSE, assert_exact, grid_streets, linework, units_of

from gridmap.errors import InputError
from gridmap.partition.cells import territory_polygon
from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.units import UnitLimits

TOWN = shapely.box(0, 0, 300, 200)


def test_grid_town_has_a_unit_a_block() -> None:
    units = units_of(linework(*grid_streets(3, 2)), TOWN)
    assert_exact(units, TOWN)
    assert units.area_m2.tolist() == [10_000.0] * 6
    assert units.part.tolist() == [0] * 6
    assert not units.water.any()
    # 2 · 2 borders within the rows and 3 between them.
    assert len(units.adjacency) == 7
    assert units.adjacency.shared_m.tolist() == [100.0] * 7
    assert territory_polygon(units).equals(TOWN)


def test_units_run_from_south_to_north() -> None:
    units = units_of(linework(*grid_streets(3, 2)), TOWN)
    corner = shapely.bounds(units.polygons)[:, :2].tolist()
    assert corner == [[0, 0], [100, 0], [200, 0], [0, 100], [100, 100], [200, 100]]


def test_dead_ends_and_service_roads_divide_nothing() -> None:
    lines = linework(
        (LOCAL, [(100, -5), (100, 205)]),
        (LOCAL, [(100, 50), (160, 50)]),
        (LineKind.SERVICE_STREET, [(200, -5), (200, 205)]),
        (LOCAL, [(400, 0), (400, 200)]),
    )
    units = units_of(lines, TOWN)
    assert sorted(units.area_m2) == [20_000.0, 40_000.0]


def test_t_junction_and_overlapping_streets() -> None:
    lines = linework(
        (LOCAL, [(-5, 100), (305, 100)]),
        (LOCAL, [(200, 100), (100, 100)]),
        (LOCAL, [(150, 100), (150, 205)]),
    )
    units = units_of(lines, TOWN)
    assert_exact(units, TOWN)
    assert sorted(units.area_m2) == [15_000.0, 15_000.0, 30_000.0]
    # The T-junction is a vertex of the unit below, too.
    lower = units.polygons[0]
    assert (150.0, 100.0) in lower.exterior.coords


def test_no_lines_at_all() -> None:
    none = Linework(np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    units = units_of(none, TOWN)
    assert len(units) == 1
    assert len(units.adjacency) == 0


def test_river_is_a_wall_between_small_faces() -> None:
    """Strips 20 m wide are joined, but not across the river at y = 40."""
    streets = [(LOCAL, [(-5, y), (305, y)]) for y in (20, 60)]
    lines = linework(*streets, (LineKind.RIVER, [(-5, 40), (305, 40)]))
    limits = UnitLimits(max_area_m2=1e6, max_demand_share=9, min_width_m=30)
    units = units_of(lines, shapely.box(0, 0, 300, 80), limits=limits)
    assert sorted(units.area_m2) == [12_000.0, 12_000.0]
    assert units.adjacency.river_m.tolist() == [300.0]


def test_sliver_is_joined_across_a_river() -> None:
    """Between a street and the river 4 m beside it lies a sliver; the street goes."""
    lines = linework((LOCAL, [(-5, 40), (305, 40)]), (LineKind.RIVER, [(-5, 44), (305, 44)]))
    units = units_of(lines, shapely.box(0, 0, 300, 100), limits=UnitLimits())
    assert sorted(units.area_m2) == [300 * 44, 300 * 56]
    # With a river on both sides it goes over one of them.
    lines = linework(*[(LineKind.RIVER, [(-5, y), (305, y)]) for y in (40, 44)])
    units = units_of(lines, shapely.box(0, 0, 300, 100), limits=UnitLimits())
    assert len(units) == 2


def test_sliver_between_nearly_parallel_streets_is_joined() -> None:
    lines = linework((LOCAL, [(-5, 100), (305, 100)]), (LOCAL, [(-5, 99.5), (305, 100.5)]))
    units = units_of(lines, TOWN, limits=UnitLimits())
    assert_exact(units, TOWN)
    assert len(units) == 2


def test_not_even_slivers_cross_an_administrative_line() -> None:
    lines = linework(*[(LineKind.ADMIN, [(-5, y), (305, y)]) for y in (100, 101)])
    units = units_of(lines, TOWN, limits=UnitLimits())
    assert sorted(units.area_m2) == [300.0, 300 * 99, 300 * 100]
    assert units.adjacency.admin_m.tolist() == [300.0, 300.0]


def test_street_on_an_administrative_line_is_both() -> None:
    lines = linework((LOCAL, [(100, -5), (100, 205)]), (LineKind.ADMIN, [(100, 0), (100, 200)]))
    units = units_of(lines, TOWN)
    assert units.adjacency.admin_m.tolist() == [200.0]


def test_islands_are_parts_and_bridges_link_them() -> None:
    """The mainland of two blocks, an island without a bridge and one with a bridge in two ways."""
    west, far, near = (
        shapely.box(0, 0, 200, 100),
        shapely.box(0, 500, 100, 600),
        shapely.box(300, 0, 400, 100),
    )
    boundary = shapely.MultiPolygon([west, far, near])
    lines = linework((LOCAL, [(100, -5), (100, 105)]))
    bridge = [
        shapely.LineString([(195, 50), (250, 50)]),
        shapely.LineString([(250, 50), (305, 50)]),
    ]
    both = Linework(lines.lines, lines.kinds, bridges=np.array(bridge, dtype=object))
    units = units_of(both, boundary)
    assert_exact(units, boundary)
    assert units.part.tolist() == [0, 0, 1, 2]
    pairs = units.adjacency
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [(0, 1), (1, 2)]
    assert pairs.shared_m.tolist() == [100.0, 0.0]
    assert territory_polygon(units).equals(boundary)


def test_bridge_within_one_part_links_nothing_new() -> None:
    lines = linework(*grid_streets(3, 2))
    bridge = np.array([shapely.LineString([(50, 50), (250, 150)])], dtype=object)
    units = units_of(Linework(lines.lines, lines.kinds, bridges=bridge), TOWN)
    assert len(units.adjacency) == 7


def test_hole_in_the_territory_stays_a_hole() -> None:
    boundary = TOWN.difference(shapely.box(120, 60, 180, 140))
    units = units_of(linework(*grid_streets(3, 2)), boundary)
    assert_exact(units, boundary)
    assert territory_polygon(units).equals(boundary)
    assert len(units) == 6


def test_block_within_a_block_makes_a_hole_in_the_unit() -> None:
    lines = linework((LOCAL, [(100, 50), (200, 50), (200, 150), (100, 150), (100, 50)]))
    units = units_of(lines, TOWN)
    assert_exact(units, TOWN)
    assert sorted(units.area_m2) == [10_000.0, 50_000.0]


def test_water_stays_apart_from_land() -> None:
    lake = shapely.box(100, 50, 200, 150)
    lines = linework((LineKind.SHORE, list(lake.exterior.coords)), water=[lake])
    units = units_of(lines, TOWN)
    assert units.water.tolist() == [False, True]
    assert units.adjacency.river_m.tolist() == [400.0]


def test_pond_without_a_shore_line_makes_no_water() -> None:
    """A pond of a tenth of the town around its inner point does not make the town water."""
    pond = shapely.box(100, 70, 200, 130)
    units = units_of(linework(water=[pond]), TOWN)
    assert units.water.tolist() == [False]


def test_large_face_is_cut() -> None:
    limits = UnitLimits(max_area_m2=10_000.0, max_demand_share=9)
    units = units_of(linework(), TOWN, limits=limits)
    assert_exact(units, TOWN)
    assert 6 <= len(units) <= 9
    assert units.area_m2.max() <= 1.3 * 10_000.0


def test_heavy_face_is_cut_as_far_as_its_places_allow() -> None:
    """One cell, 100 places of weight 1, at most 10 each; 3 places of weight 50 cannot be cut."""
    x, y = np.meshgrid(np.arange(10) * 30.0 + 15, np.arange(10) * 20.0 + 10)
    xy = np.column_stack([x.ravel(), y.ravel()])
    limits = UnitLimits(max_area_m2=1e6, max_demand_share=0.1)
    units = units_of(linework(), TOWN, own=[(150, 100)], demand=xy, limits=limits)
    assert_exact(units, TOWN)
    assert np.bincount(units.locate(xy)).max() <= 13
    towers = [(50.0, 50.0), (150.0, 150.0), (250.0, 50.0)]
    limits = UnitLimits(max_area_m2=1e6, max_demand_share=0.01)
    heavy = units_of(
        linework(), TOWN, own=[(150, 100)], demand=towers, weight=[50] * 3, limits=limits
    )
    assert len(set(heavy.locate(np.array(towers)))) == 3
    assert len(heavy) <= 4


def test_many_addresses_of_one_house_are_one_place() -> None:
    demand = [(50.0, 50.0)] * 50 + [(250.0, 150.0)]
    limits = UnitLimits(max_area_m2=1e6, max_demand_share=0.05)
    units = units_of(linework(), TOWN, own=[(150, 100)], demand=demand, limits=limits)
    assert len(units) == 2


def test_one_giant_does_not_shatter_the_block_around_it() -> None:
    """Limit 10: the giant fills one piece, the nine others together 0.9 of one."""
    demand = [(150.0, 100.0), *[(30.0 * column + 15, 20.0) for column in range(9)]]
    weight = [1000.0, *[1.0] * 9]
    limits = UnitLimits(max_area_m2=1e6, max_demand_share=10 / 1009, min_area_m2=500.0)
    units = units_of(linework(), TOWN, demand=demand, weight=weight, limits=limits)
    assert len(units) <= 4


def test_demand_outside_and_no_demand_do_no_harm() -> None:
    units = units_of(linework(), TOWN, demand=[(1e4, 1e4)], limits=UnitLimits())
    assert len(units) == 1


def test_own_outlets_of_one_block_are_cut_apart() -> None:
    own = [(20.0, 20.0), (80.0, 20.0), (50.0, 80.0), (250.0, 150.0)]
    units = units_of(linework(*grid_streets(3, 2)), TOWN, own=own, limits=UnitLimits())
    assert_exact(units, TOWN)
    assert len(set(units.locate(np.array(own)))) == 4


@pytest.mark.parametrize(
    "own",
    [
        [(100.0, 50.0)],
        [(100.0, 100.0)],
        [(100.0, 100.0), (100.0, 100.1)],
        [(100.0, 50.0), (99.99, 150.0), (60.0, 100.004), (100.0, 100.0), (120.0, 120.0)],
        [(150.0, 50.05), (150.0, 50.15), (150.003, 50.251)],
        [(0.05, 100.0), (299.95, 100.0)],
    ],
)
def test_own_outlets_end_strictly_inside_their_unit(
    own: list[tuple[float, float]],
) -> None:
    """On a street, on a crossing, centimetres apart, at the border: never on a unit's border."""
    for limits in (LOOSE, UnitLimits(), UnitLimits(max_area_m2=2500.0, min_area_m2=500.0)):
        units = units_of(linework(*grid_streets(3, 2)), TOWN, own=own, limits=limits)
        assert_exact(units, TOWN)
        unit = units.locate(np.array(own))
        assert len(set(unit.tolist())) == len(own)
        margin = shapely.distance(shapely.boundary(units.polygons[unit]), shapely.points(own))
        assert margin.min() >= 0.02


def test_own_outlets_at_one_place_are_refused_with_their_rows() -> None:
    own = [(50.0, 50.0), (150.0, 150.0), (50.0, 50.0), (50.03, 50.0)]
    with pytest.raises(InputError, match="0 = 2") as caught:
        units_of(linework(), TOWN, own=own)
    assert caught.value.faults[0].values["rows"] == (0, 2, 3)


def test_own_outlets_outside_and_on_the_border_are_told_together() -> None:
    own = [(50.0, 50.0), (-1.0, 50.0), (300.0, 100.0)]
    with pytest.raises(InputError) as caught:
        units_of(linework(), TOWN, own=own)
    assert [one.key for one in caught.value.faults] == ["units.own_outside", "units.own_on_border"]
    assert [one.values["rows"] for one in caught.value.faults] == [(1,), (2,)]
    assert "第 1 行" in caught.value.text("zh")


@pytest.mark.parametrize(
    ("boundary", "key"),
    [
        (shapely.LineString([(0, 0), (1, 1)]), "units.boundary_not_area"),
        (shapely.Polygon(), "units.boundary_not_area"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "units.boundary_invalid"),
        (shapely.box(24.0, 60.0, 24.001, 60.001), "units.no_area"),
        (shapely.box(0, 0, 3e6, 3e6), "units.too_wide"),
    ],
)
def test_bad_boundaries_are_refused(boundary: shapely.Geometry, key: str) -> None:
    with pytest.raises(InputError) as caught:
        units_of(linework(), boundary)
    assert caught.value.faults[0].key == key


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_area_m2": 100.0},
        {"sliver_area_m2": -1.0},
        {"sliver_width_m": 99.0},
        {"max_demand_share": 0.0},
    ],
)
def test_limits_check_themselves(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        UnitLimits(**wrong)


def test_order_of_input_has_no_influence() -> None:
    rng = np.random.default_rng(3)
    streets = [
        (LOCAL, [tuple(xy) for xy in rng.uniform(0, 300, (3, 2)).tolist()]) for _ in range(25)
    ]
    own = rng.uniform(20, 180, (6, 2))
    demand = rng.uniform(0, 200, (200, 2))
    weight = rng.uniform(0, 5, 200)
    limits = UnitLimits(max_area_m2=3000.0, min_area_m2=400.0, max_demand_share=0.2)
    plain = units_of(linework(*streets), TOWN, own=own, demand=demand, weight=weight, limits=limits)
    mixed_lines = [streets[row] for row in rng.permutation(25)]
    mixed_lines = [(kind, xy[::-1]) for kind, xy in mixed_lines]
    mixed = rng.permutation(200)
    other = units_of(
        linework(*mixed_lines),
        TOWN,
        own=own[::-1],
        demand=demand[mixed],
        weight=weight[mixed],
        limits=limits,
    )
    assert_exact(plain, TOWN)
    assert shapely.to_wkb(plain.polygons).tolist() == shapely.to_wkb(other.polygons).tolist()
    for column in ("first", "second", "shared_m", "crossings"):
        assert (getattr(plain.adjacency, column) == getattr(other.adjacency, column)).all()


def test_each_unit_hangs_together_and_real_coordinates_stay_on_the_grid() -> None:
    away = shapely.box(431_000.123, 6_671_000.456, 431_300.123, 6_671_200.456)
    lines = linework((LOCAL, [(431_100, 6_670_000), (431_133.333, 6_672_000)]))
    units = units_of(lines, away)
    assert_exact(units, away)
    assert len(units) == 2


def test_a_long_corridor_is_no_wall() -> None:
    """The ground between two tracks, 20 m by 4 km, is cut: several cells can cross it."""
    tracks = [
        (LineKind.RAIL, [(-5.0, 190.0), (4005.0, 190.0)]),
        (LineKind.RAIL, [(-5.0, 210.0), (4005.0, 210.0)]),
    ]
    limits = replace(LOOSE, max_extent_m=1000.0, min_width_m=30.0, min_area_m2=2000.0)
    boundary = shapely.box(0.0, 0.0, 4000.0, 400.0)
    units = units_of(linework(*tracks), boundary, limits=limits)
    assert_exact(units, boundary)
    left, bottom, right, top = shapely.bounds(units.polygons).T
    assert np.hypot(right - left, top - bottom).max() <= 1500.0
    between = (bottom >= 189.0) & (top <= 211.0)
    assert between.sum() >= 3
