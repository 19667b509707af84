"""Splitting cells and cutting units, with the sums done by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from redraw_checks import assert_same, assert_sound
from redraw_town import grid_plan, town_plan

from gridmap.errors import InputError
from gridmap.partition import halving
from gridmap.partition.edit import redraw
from gridmap.partition.edits import Lock, Merge, NewCell, Split
from gridmap.partition.ground import Demand, Reach, build_ground
from gridmap.partition.redraw import DrawnPlan, draw

PLAN = grid_plan(4, 1, [0, 0, 0, 1], {0: 0, 1: 3})


def keys(plan: DrawnPlan, edit: Split) -> list[str]:
    """Return the reasons for which a split is refused."""
    with pytest.raises(InputError) as refused:
        redraw(plan, edit)
    assert all(one.text("en") != one.text("zh") for one in refused.value.faults)
    return [one.key for one in refused.value.faults]


def test_line_along_a_street_cuts_nothing() -> None:
    done = redraw(PLAN, Split(0, ((200.0, -10.0), (200.0, 110.0)), to=1))
    assert done.plan.ground is not None and done.plan.ground.n_units == 4
    assert done.plan.label.tolist() == [0, 0, 1, 1]


def test_unit_is_cut_and_its_workload_shared_by_area() -> None:
    done = redraw(PLAN, Split(0, ((160.0, -10.0), (160.0, 110.0)), to=1))
    assert_sound(done.plan)
    ground = done.plan.ground
    assert ground.n_units == 5
    # 60 m of the square stay with its number, the larger part; 40 m are the new unit 4.
    assert ground.polygons[1].equals(shapely.box(100, 0, 160, 100))
    assert ground.polygons[4].equals(shapely.box(160, 0, 200, 100))
    assert done.plan.label.tolist() == [0, 0, 1, 1, 1]
    np.testing.assert_allclose(ground.weights[[1, 4]], [[0.6, 6.0], [0.4, 4.0]])
    np.testing.assert_allclose(done.plan.figures.load[:, 0], [1.6, 2.4])
    # The piece is as far as the square it was cut from.
    assert ground.row.tolist() == [0, 1, 2, 3, 1]
    assert_same(redraw(done.plan, done.inverse).plan, PLAN)


def test_cut_of_less_than_asked_leaves_the_unit_whole() -> None:
    line = ((195.0, -10.0), (195.0, 110.0))
    whole = redraw(PLAN, Split(0, line, to=1, least_m2=501.0))
    assert whole.plan.ground.n_units == 4 and whole.plan.label.tolist() == [0, 0, 1, 1]
    assert redraw(PLAN, Split(0, line, to=1, least_m2=499.0)).plan.ground.n_units == 5


def test_neighbours_get_the_new_vertices() -> None:
    squares = grid_plan(3, 2, [0, 0, 0, 1, 1, 1], {0: 0, 1: 5})
    done = redraw(squares, Split(0, ((150.0, -10.0), (157.0, 300.0)), to=1))
    assert_sound(done.plan)
    top = done.plan.ground.polygons[4]
    assert shapely.get_num_coordinates(top) == 6
    assert shapely.get_num_coordinates(squares.ground.polygons[4]) == 5
    assert done.plan.ground.polygons[3] is squares.ground.polygons[3]


def test_workload_goes_with_its_demand_points() -> None:
    ground = PLAN.ground
    xy = np.array([[110.0, 50.0], [120.0, 50.0], [190.0, 50.0], [250.0, 50.0]])
    weight = np.array([[1.0, 0.0], [2.0, 0.0], [5.0, 0.0], [9.0, 0.0]])
    weights = np.array([[0.0, 0.0], [8.0, 10.0], [9.0, 0.0], [0.0, 0.0]])
    pointed = build_ground(
        ground.polygons,
        weights=weights,
        reach=Reach({}, lambda _: np.ones(4)),
        own_xy=ground.own_xy,
        demand=Demand(xy, weight),
    )
    plan = draw(pointed, PLAN.label, PLAN.centre)
    done = redraw(plan, Split(0, ((160.0, -10.0), (160.0, 110.0)), to=1))
    # 1 + 2 on the left, 5 on the right; the second workload has no points: by area.
    np.testing.assert_allclose(done.plan.ground.weights[[1, 4]], [[3.0, 6.0], [5.0, 4.0]])
    assert done.plan.ground.point_unit.tolist() == [1, 1, 4, 2]
    assert_same(redraw(done.plan, done.inverse).plan, plan)


def test_own_outlet_keeps_its_unit_even_if_the_piece_is_smaller() -> None:
    done = redraw(PLAN, Split(0, ((60.0, -10.0), (60.0, 110.0)), to=1))
    assert done.plan.ground.polygons[0].equals(shapely.box(0, 0, 60, 100))
    slanted = grid_plan(2, 1, [0, 0], {0: 0})
    opened = redraw(slanted, Split(0, ((55.0, -10.0), (55.0, 110.0)), centre=1)).plan
    assert_sound(opened)
    assert opened.cells == (0, 1) and opened.members(1).tolist() == [1, 2]


def test_new_centre_is_the_lowest_own_outlet_on_the_other_side() -> None:
    town = town_plan()
    merged = redraw(town, Merge(0, 1)).plan
    done = redraw(merged, Split(0, ((300.0, -10.0), (310.0, 400.0))))
    assert_sound(done.plan)
    centre = done.plan.centre[4]
    spare = [int(unit) for unit in merged.ground.own_unit if unit != merged.centre[0]]
    held = [unit for unit in spare if done.plan.label[unit] == 4]
    assert centre == min(held)


@pytest.mark.parametrize("rise_m", [33.13, 0.07, 0.01])
def test_cut_that_ends_at_an_oblique_border_keeps_the_area(rise_m: float) -> None:
    slanted = [
        shapely.Polygon([(0, 0), (100, rise_m), (100, 133.1), (0, 100)]),
        shapely.Polygon([(100, rise_m), (200, 33.13), (200, 133.1), (100, 133.1)]),
    ]
    ground = build_ground(
        np.array(slanted, dtype=object),
        weights=np.ones((2, 1)),
        reach=Reach({}, lambda _: np.zeros(2)),
        own_xy=np.array([[10.0, 50.0], [150.0, 80.0]]),
    )
    plan = draw(ground, np.array([0, 1]), {0: 0, 1: 1})
    for x in (41.17, 52.93, 63.07, 77.77):
        done = redraw(plan, Split(0, ((x, -50.0), (x + 0.31, 200.0)), to=1))
        assert_sound(done.plan)
        assert done.plan.ground.n_units == 3
        off_m2 = shapely.area(done.plan.ground.polygons).sum() - shapely.area(slanted).sum()
        # Half a step beside both borders, each 105 m, would be as much as 0.5 m2.
        assert abs(off_m2) < 1e-9


def test_bridge_stands_on_the_piece_next_to_it() -> None:
    boxes = [
        shapely.box(0, 0, 100, 100),
        shapely.box(100, 0, 200, 100),
        shapely.box(300, 0, 400, 100),
    ]
    ground = build_ground(
        np.array(boxes, dtype=object),
        weights=np.ones((3, 1)),
        reach=Reach({}, lambda _: np.zeros(3)),
        bridges=np.array([[1, 2]]),
        own_xy=np.array([[20.0, 50.0], [120.0, 50.0]]),
    )
    plan = draw(ground, np.array([0, 1, 1]), {0: 0, 1: 1})
    assert_sound(plan)
    # The own outlet keeps number 1 for the left piece; the bridge is at the right one, unit 3.
    with pytest.raises(InputError, match="would fall into 2 pieces"):
        redraw(plan, Split(1, ((150.0, -10.0), (150.0, 110.0)), to=0))
    moved = redraw(plan, Split(1, ((110.0, -10.0), (110.0, 110.0)), to=0))
    assert_sound(moved.plan)
    assert moved.plan.ground.bridge_ends.tolist() == [[1, 2]]
    assert_same(redraw(moved.plan, moved.inverse).plan, plan)
    spare = draw(ground, np.array([1, 1, 1]), {1: 1})
    opened = redraw(spare, Split(1, ((150.0, -10.0), (150.0, 110.0)), centre=2))
    assert_sound(opened.plan)
    assert opened.plan.ground.bridge_ends.tolist() == [[3, 2]]
    assert opened.plan.members(2).tolist() == [2, 3]
    assert_same(redraw(opened.plan, opened.inverse).plan, spare)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Split(0, ((0.0, 0.0),)), "line_short"),
        (Split(0, ((5.0, 5.0), (5.0, 5.0))), "line_short"),
        (Split(0, ((5.0, float("nan")), (5.0, 5.0))), "line_short"),
        (
            Split(0, ((100.0, -50.0), (100.0, 50.0), (150.0, 50.0), (150.0, 20.0), (50.0, 20.0))),
            "line_crosses_itself",
        ),
        (Split(0, ((500.0, -10.0), (500.0, 110.0)), to=1), "line_misses"),
        (Split(0, ((160.0, -10.0), (160.0, 110.0)), to=0), "nothing_to_do"),
        (Split(0, ((160.0, -10.0), (160.0, 110.0))), "no_outlet_there"),
        (Split(0, ((160.0, -10.0), (160.0, 110.0)), centre=3), "is_centre"),
        (Split(0, ((160.0, -10.0), (160.0, 110.0)), centre=99), "unknown_units"),
        (Split(0, ((260.0, -10.0), (260.0, 110.0)), centre=1), "centres_one_side"),
        (Split(0, ((50.0, -10.0), (50.0, 110.0)), to=1), "line_through_outlet"),
        (Split(7, ((50.0, -10.0), (50.0, 110.0)), to=1), "unknown_cells"),
    ],
)
def test_refused(edit: Split, reason: str) -> None:
    assert keys(PLAN, edit) == [f"redraw.{reason}"]


def test_locked_cells_and_units_are_not_split() -> None:
    edit = Split(0, ((160.0, -10.0), (160.0, 110.0)), to=1)
    assert keys(redraw(PLAN, Lock(cells=(1,))).plan, edit) == ["redraw.cell_locked"]
    assert keys(redraw(PLAN, Lock(units=(2,))).plan, edit) == ["redraw.units_locked"]
    # Square 1 keeps its number and cell when it is cut, but a piece of it would leave.
    assert keys(redraw(PLAN, Lock(units=(1,))).plan, edit) == ["redraw.units_locked"]


def test_cut_is_not_undone_under_a_lock_or_a_centre() -> None:
    done = redraw(PLAN, Split(0, ((160.0, -10.0), (160.0, 110.0)), to=1))
    locked = redraw(done.plan, Lock(units=(4,))).plan
    assert keys(locked, done.inverse) == ["redraw.units_locked"]  # type: ignore[arg-type]
    locked = redraw(done.plan, Lock(cells=(1,))).plan
    assert keys(locked, done.inverse) == ["redraw.cell_locked"]  # type: ignore[arg-type]
    again = redraw(PLAN, Lock(cells=(1,))).plan
    assert keys(again, done.change) == ["redraw.cell_locked"]  # type: ignore[arg-type]
    opened = redraw(done.plan, NewCell(4, load=0.1)).plan
    assert keys(opened, done.inverse) == ["redraw.out_of_order"]  # type: ignore[arg-type]


def test_change_for_another_state_is_refused() -> None:
    done = redraw(PLAN, Split(0, ((160.0, -10.0), (160.0, 110.0)), to=1))
    assert keys(PLAN, done.inverse) == ["redraw.out_of_order"]  # type: ignore[arg-type]
    bent = replace(done.change, outlines=done.change.outlines[:1])
    assert keys(PLAN, bent) == ["redraw.out_of_order"]  # type: ignore[arg-type]
    moved = replace(
        done.change, outlines=((1, ((0, 0, 50, 0, 50, 50, 0, 0),)), *done.change.outlines[1:])
    )
    assert keys(PLAN, moved) == ["redraw.out_of_order"]  # type: ignore[arg-type]


def sharp_corner(tip_m: float) -> DrawnPlan:
    """Return a square, a needle beside it, and two more that only the needle parts from it."""
    tip = (200.0 + tip_m, 150.0)
    polygons = [
        shapely.Polygon([(100, 100), (200, 100), (200, 150), (200, 200), (100, 200)]),
        shapely.Polygon([(200, 150), tip, (200, 200)]),
        shapely.Polygon([(200, 100), (300, 100), (300, 150), tip, (200, 150)]),
        shapely.Polygon([tip, (300, 150), (300, 200), (200, 200)]),
    ]
    ground = build_ground(
        np.array(polygons, dtype=object),
        weights=np.ones((4, 1)),
        reach=Reach({}, lambda _: np.zeros(4)),
        own_xy=np.array([[150.0, 120.0], [250.0, 120.0]]),
    )
    return draw(ground, np.array([0, 1, 1, 1]), {0: 0, 1: 2})


def test_edge_beyond_the_neighbours_is_bent_with_all_that_share_it() -> None:
    plan = sharp_corner(0.3)
    # The needle is less than a step wide where the line ends: its far side bends there, too.
    line = ((90.0, 199.4), (210.0, 199.4))
    done = redraw(plan, Split(0, line, to=1, least_m2=1.0))
    assert sorted(unit for unit, _ in done.change.outlines) == [0, 1, 3, 4]
    assert_sound(done.plan)
    assert_same(redraw(done.plan, done.inverse).plan, plan)


def test_cut_that_would_move_edges_far_away_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "_faces", lambda *_: None)
    edit = Split(0, ((160.0, -10.0), (160.0, 110.0)), to=1)
    assert keys(PLAN, edit) == ["redraw.cut_failed"]
