"""Whatever the lines: the units tile the territory exactly."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from towns import LOOSE, assert_exact, linework, units_of

from gridmap.partition.cells import cell_polygons, territory_polygon
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import Segments, node, violations
from gridmap.partition.units import UnitLimits

BOX = shapely.box(0, 0, 20, 20)
#: Coarse values make lines meet in common points and run on top of each other; fine ones make
#: slivers and near misses.
VALUES = st.one_of(
    st.integers(-2, 22).map(float), st.integers(-200, 2200).map(lambda step: step / 100)
)
POINTS = st.tuples(VALUES, VALUES)
KINDS = st.sampled_from(
    [LineKind.LOCAL_STREET, LineKind.MAJOR_STREET, LineKind.RIVER, LineKind.RAIL, LineKind.ADMIN]
)
LINES = st.lists(st.tuples(KINDS, st.lists(POINTS, min_size=2, max_size=4)), max_size=12)
INNER = st.floats(0.1, 19.9)
OWN = st.lists(st.tuples(INNER, INNER), max_size=5)
JOINING = UnitLimits(
    max_area_m2=60.0,
    max_demand_share=0.5,
    min_area_m2=4.0,
    min_width_m=1.0,
    sliver_area_m2=0.5,
    sliver_width_m=0.2,
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(*[st.integers(0, 40)] * 4), max_size=40),
    st.sampled_from([1, 3, 1000, 12_345_677]),
)
def test_noded_segments_meet_in_end_points_only(rows: list[tuple[int, ...]], scale: int) -> None:
    """A dense tangle on few positions, and the same tangle blown up and pushed off the grid."""
    ends = np.array(rows, dtype=np.int64).reshape(-1, 2, 2) * scale
    ends += (ends // 7) % 3
    noded = node(Segments(ends[:, 0], ends[:, 1], np.full(len(ends), 128)))
    assert violations(noded) == 0


@settings(deadline=None, max_examples=120)
@given(LINES)
def test_faces_tile_the_box(lines: list[tuple[LineKind, list[tuple[float, float]]]]) -> None:
    assert_exact(units_of(linework(*lines), BOX, limits=LOOSE), BOX)


@settings(deadline=None, max_examples=120)
@given(LINES, OWN, st.lists(POINTS, max_size=15), st.randoms(use_true_random=False))
def test_units_tile_the_box_in_any_order(
    lines: list[tuple[LineKind, list[tuple[float, float]]]],
    own: list[tuple[float, float]],
    demand: list[tuple[float, float]],
    random: object,
) -> None:
    xy = np.array(own).reshape(-1, 2)
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    assume((apart + 9.0 * np.eye(len(xy)) > 0.11).all())
    units = units_of(linework(*lines), BOX, own=own, demand=demand, limits=JOINING)
    assert_exact(units, BOX)
    unit = units.locate(xy)
    assert len(set(unit.tolist())) == len(own)
    if own:
        margin = shapely.distance(shapely.boundary(units.polygons[unit]), shapely.points(xy))
        assert margin.min() >= 0.015
    mixed = list(lines)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    mixed = [(kind, line[::-1]) for kind, line in mixed]
    other = units_of(linework(*mixed), BOX, own=own[::-1], demand=demand[::-1], limits=JOINING)
    assert shapely.to_wkb(units.polygons).tolist() == shapely.to_wkb(other.polygons).tolist()


@settings(deadline=None, max_examples=60)
@given(LINES, st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_labels_give_cells_that_fit(
    lines: list[tuple[LineKind, list[tuple[float, float]]]], n_cells: int, random: object
) -> None:
    units = units_of(linework(*lines), BOX, limits=JOINING)
    label = np.array([random.randrange(n_cells) for _ in range(len(units))])  # type: ignore[attr-defined]
    cells = cell_polygons(units, label, n_cells)
    used = np.bincount(label, minlength=n_cells) > 0
    assert shapely.is_valid(cells).all()
    assert shapely.coverage_is_valid(cells[used])
    summed = np.bincount(label, units.area_m2, n_cells)
    assert shapely.area(cells) == pytest.approx(summed, rel=1e-9)
    assert territory_polygon(units).area == pytest.approx(units.area_m2.sum(), rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(INNER, INNER, st.floats(0.3, 5.0)), min_size=1, max_size=6), LINES)
def test_islands_and_holes_are_kept(
    discs: list[tuple[float, float, float]],
    lines: list[tuple[LineKind, list[tuple[float, float]]]],
) -> None:
    """Discs joined where they meet, with every second one taken out again."""
    areas = [shapely.Point(x, y).buffer(r, quad_segs=3) for x, y, r in discs]
    boundary = shapely.union_all(areas[::2])
    for area in areas[1::2]:
        boundary = boundary.difference(area)
    boundary = shapely.set_precision(boundary, 0.05)
    assume(boundary.geom_type in {"Polygon", "MultiPolygon"} and boundary.area > 0.5)
    units = units_of(linework(*lines), boundary, limits=LOOSE)
    assert_exact(units, boundary)
    n_parts = len(np.unique(units.part))
    assert n_parts == shapely.get_num_geometries(territory_polygon(units))
