"""Border lines of units: shared by neighbours, and exactly what the units are made of."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from redraw_town import town_plan

from dashboards.map_editor.arcs import Arcs, arcs_of
from gridmap.partition.edit import redraw
from gridmap.partition.edits import Split
from gridmap.partition.ground import Ground, Reach, build_ground

SIDE, KINDS = 5, 4


def walked(arcs: Arcs, ref: int) -> np.ndarray:
    """The points of an arc in the direction in which a ring walks it."""
    arc = ref if ref >= 0 else ~ref
    xy = arcs.xy[arcs.start[arc] : arcs.start[arc + 1]]
    return xy if ref >= 0 else xy[::-1]


def rebuilt(arcs: Arcs, ground: Ground, unit: int) -> shapely.Polygon:
    """A unit put together from its rings, as the browser does it."""
    rings = []
    for ring in range(arcs.unit_ring[unit], arcs.unit_ring[unit + 1]):
        parts = [
            walked(arcs, ref) for ref in arcs.ref[arcs.ring_ref[ring] : arcs.ring_ref[ring + 1]]
        ]
        for before, after in zip(parts, [*parts[1:], parts[0]], strict=True):
            assert (before[-1] == after[0]).all()
        rings.append(ground.world_m(np.concatenate([part[:-1] for part in parts])))
    return shapely.Polygon(rings[0], rings[1:])


def check(ground: Ground) -> Arcs:
    """Assert all that arcs promise."""
    arcs = arcs_of(ground)
    for unit, polygon in enumerate(ground.polygons):
        made = shapely.normalize(rebuilt(arcs, ground, unit))
        assert shapely.equals_exact(made, shapely.normalize(polygon), 0.0), unit
    owner = np.repeat(np.repeat(np.arange(ground.n_units), np.diff(arcs.unit_ring)),
                      np.diff(arcs.ring_ref))  # fmt: skip
    forward = arcs.ref >= 0
    # each arc is walked once by the unit on its left, and once back by the one on its right
    assert (np.sort(arcs.ref[forward]) == np.arange(len(arcs.left))).all()
    assert (arcs.left[arcs.ref[forward]] == owner[forward]).all()
    back = ~arcs.ref[~forward]
    assert (np.sort(back) == np.flatnonzero(arcs.right >= 0)).all()
    assert (arcs.right[back] == owner[~forward]).all()
    assert (arcs.left != arcs.right).all()
    assert arcs.outer[arcs.unit_ring[:-1]].all()
    ends = {tuple(arcs.xy[one]) for one in (*arcs.start[:-1], *(arcs.start[1:] - 1))}
    inner = np.ones(len(arcs.xy), dtype=bool)
    inner[arcs.start[:-1]] = inner[arcs.start[1:] - 1] = False
    assert ends.isdisjoint(map(tuple, arcs.xy[inner])), "a line goes on where others meet"
    return arcs


def ground_of(polygons: np.ndarray) -> Ground:
    return build_ground(
        polygons, weights=np.ones((len(polygons), 1)), reach=Reach({}, lambda _: np.zeros(1))
    )


@settings(max_examples=40)
@given(st.integers(0, KINDS ** (SIDE * SIDE) - 1))
def test_units_with_holes_and_touching_corners_are_rebuilt_exactly(drawn: int) -> None:
    """Squares joined at random: rings in rings, corners where a unit touches itself."""
    label = [drawn // KINDS**place % KINDS for place in range(SIDE * SIDE)]
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    squares = shapely.box(x.ravel(), y.ravel(), x.ravel() + 1, y.ravel() + 1)
    joined = [
        shapely.coverage_union_all(squares[np.array(label) == one]) for one in sorted({*label})
    ]
    check(ground_of(shapely.get_parts(np.array(joined, dtype=object))))


def test_a_unit_inside_another_has_one_line_around_it() -> None:
    hole = [(1, 1), (2, 1), (2, 2), (1, 2)]
    units = [shapely.Polygon([(0, 0), (3, 0), (3, 3), (0, 3)], [hole]), shapely.Polygon(hole)]
    arcs = check(ground_of(np.array(units, dtype=object)))
    assert sorted(zip(arcs.left, arcs.right, strict=True)) == [(0, -1), (0, 1)]
    assert arcs.outer.tolist() == [True, False, True]


def test_a_line_between_two_units_is_one_arc_with_its_bends() -> None:
    bends = [(1, 0), (1.5, 1), (1, 2)]
    units = [
        shapely.Polygon([(0, 0), *bends, (0, 2)]),
        shapely.Polygon([(2, 0), (2, 2), *bends[::-1]]),
    ]
    arcs = check(ground_of(np.array(units, dtype=object)))
    assert sorted(np.diff(arcs.start).tolist()) == [3, 4, 4]


def test_the_pieces_of_cut_units_are_lines_too() -> None:
    plan = town_plan()
    done = redraw(plan, Split(0, ((0.0, 240.0), (400.0, 215.0)), to=2))
    assert done.plan.ground.n_units > plan.ground.n_units
    check(done.plan.ground)
    check(plan.ground)
