"""Edits of squares counted by hand, and of a small town there and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from redraw_checks import assert_same, assert_sound
from redraw_town import grid_plan, town, town_ground, town_plan

from gridmap.partition.change import Change
from gridmap.partition.edit import Redrawn, redraw
from gridmap.partition.edits import (
    Brush,
    CloseCell,
    Edit,
    Lock,
    Merge,
    Move,
    NewCell,
    Shift,
    Split,
    Swap,
    from_json,
    to_json,
)
from gridmap.partition.ground import Reach, build_ground
from gridmap.partition.redraw import DrawnPlan, draw

PLAN = town_plan()
OWN_UNIT = [int(unit) for unit in town_ground().own_unit]
#: Two cells of 3 × 2 squares side by side: 0 1 2 | 3 4 5 below, 6 7 8 | 9 10 11 above.
SQUARES = grid_plan(6, 2, [0, 0, 0, 1, 1, 1] * 2, {0: 0, 1: 5})
#: Three cells in a row of nine squares.
ROW = grid_plan(9, 1, [0, 0, 0, 1, 1, 1, 2, 2, 2], {0: 1, 1: 4, 2: 7})


def there_and_back(plan: DrawnPlan, edit: Edit) -> Redrawn:
    """Return what an edit gives; it is sound, and the inverse leads back."""
    assert from_json(json.loads(json.dumps(to_json(edit)))) == edit
    done = redraw(plan, edit)
    assert_sound(done.plan)
    back = redraw(done.plan, from_json(json.loads(json.dumps(to_json(done.inverse)))))
    assert_same(back.plan, plan)
    assert_same(redraw(plan, back.inverse).plan, done.plan)
    return done


def test_figures_of_squares_by_hand() -> None:
    assert_sound(SQUARES)
    assert SQUARES.figures.load.tolist() == [[6.0, 60.0], [6.0, 60.0]]
    assert SQUARES.area_m2(0) == 60_000.0
    # 300 + 200 + 300 + 200 m; the two cells share 200 m over two pairs of squares.
    assert SQUARES.perimeter_m(0) == 1000.0
    assert SQUARES.figures.border == {(0, 1): (200 * 10**9, 2)}
    assert SQUARES.border_m == SQUARES.shared_m(1, 0) == 200.0
    assert SQUARES.compactness(0) == pytest.approx(4 * np.pi * 60_000 / 1000**2)
    # From the corner: 0, 100, 200, 100, 141.4 and 223.6 s, the same in both cells.
    assert SQUARES.travel_cost == pytest.approx(2 * (400 + 100 * np.sqrt(2) + 100 * np.sqrt(5)))
    assert SQUARES.target.tolist() == [6.0, 60.0]
    assert SQUARES.neighbours(0) == (1,)
    assert SQUARES.outline(0).equals(shapely.box(0, 0, 300, 200))


def test_move_by_hand() -> None:
    done = there_and_back(SQUARES, Move((2,), 1))
    assert done.plan.figures.size.tolist() == [5, 7]
    assert done.plan.figures.load[:, 1].tolist() == [50.0, 70.0]
    # An L of five squares has the perimeter of its box; the border grows by a step of 100 m.
    assert done.plan.perimeter_m(0) == 1000.0
    assert done.plan.perimeter_m(1) == 1200.0
    assert done.plan.border_m == 300.0
    assert done.inverse == Change(labels=((2, 0),))


def test_only_touched_outlines_are_made_again() -> None:
    before = ROW.outlines()
    after = redraw(ROW, Move((3,), 0)).plan
    assert after.outline(2) is before[2]
    assert after.outline(0).equals(shapely.box(0, 0, 400, 100))
    assert before[0].equals(shapely.box(0, 0, 300, 100))


def test_outline_with_a_hole_and_one_that_touches_itself() -> None:
    ring = grid_plan(3, 3, [0, 0, 0, 0, 1, 0, 0, 0, 0], {0: 0, 1: 4})
    assert_sound(ring)
    assert len(ring.outline(0).interiors) == 1
    # The cell of the corner square 8 touches the one of square 4 in a point only.
    pinched = grid_plan(3, 3, [0, 0, 0, 0, 1, 0, 0, 0, 1], {0: 0, 1: 4})
    assert pinched.outline(0).equals(
        shapely.coverage_union_all(pinched.ground.polygons[[0, 1, 2, 3, 5, 6, 7]])
    )


def test_swap_by_hand() -> None:
    done = there_and_back(SQUARES, Swap(0, (2,), 1, (9,)))
    assert done.plan.label.tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1]


def test_merge_keeps_the_number_and_the_centre_of_one() -> None:
    done = there_and_back(ROW, Merge(keep=1, gone=2))
    assert dict(done.plan.centre) == {0: 1, 1: 4}
    assert done.plan.figures.size.tolist() == [3, 6, 0]
    # A number is not given again.
    assert redraw(done.plan, NewCell(7)).plan.cells == (0, 1, 3)


def test_shift_by_workload_comes_as_near_as_units_allow() -> None:
    done = there_and_back(SQUARES, Shift(0, 1, amount=2.4))
    assert done.plan.figures.load[:, 0].tolist() == [4.0, 8.0]
    assert redraw(SQUARES, Shift(0, 1, amount=24.0, workload=1)).plan.figures.size[0] == 4


def test_shift_by_metres_takes_what_is_that_near() -> None:
    # The middles of the first column are 50 m from the border, those of the second 150 m.
    assert there_and_back(SQUARES, Shift(0, 1, metres=60.0)).plan.figures.size[1] == 8
    assert there_and_back(SQUARES, Shift(0, 1, metres=160.0)).plan.figures.size[1] == 10


def test_brush_leaves_out_the_centre_and_says_so() -> None:
    done = there_and_back(SQUARES, Brush(1, ((0.0, 50.0), (300.0, 50.0)), 60.0))
    assert done.left_out == (0,)
    assert done.plan.label[:3].tolist() == [0, 1, 1]
    assert [one.key for one in done.notices] == ["redraw.left_out"]
    assert "1" in done.notices[0].text("en") and "1" in done.notices[0].text("zh")


def test_brush_of_a_point_and_of_a_ring() -> None:
    assert redraw(SQUARES, Brush(1, ((250.0, 50.0),), 10.0)).change.labels == ((2, 1),)
    ring = ((210.0, 10.0), (290.0, 10.0), (290.0, 190.0), (210.0, 190.0))
    assert redraw(SQUARES, Brush(1, ring)).change.labels == ((2, 1), (8, 1))


def test_brush_moves_together_what_can_only_move_together() -> None:
    # Cell 0 is a comb: square 5 hangs on 2 alone, so that 2 cannot leave by itself.
    comb = grid_plan(3, 3, [0, 0, 0, 1, 1, 0, 1, 1, 1], {0: 0, 1: 6})
    done = redraw(comb, Brush(1, ((250.0, 50.0), (250.0, 150.0)), 60.0))
    assert done.plan.label.tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_new_cell_takes_a_fair_load_from_where_it_is_near() -> None:
    done = there_and_back(ROW, NewCell(3))
    assert done.plan.cells == (0, 1, 2, 3)
    # A fair load is 9 / 4: the square itself and the nearest that breaks nothing.
    assert done.plan.figures.load[3, 0] == 2.0
    assert done.plan.members(3).tolist() == [2, 3]


def test_new_cell_takes_along_what_it_cuts_off() -> None:
    done = there_and_back(ROW, NewCell(6, load=1.0))
    assert done.plan.members(3).tolist() == [6]
    done = there_and_back(ROW, NewCell(5, load=1.0))
    assert done.plan.members(3).tolist() == [5]
    long = grid_plan(6, 1, [0, 0, 0, 0, 0, 0], {0: 0})
    assert there_and_back(long, NewCell(3, load=1.0)).plan.members(1).tolist() == [3, 4, 5]


def test_new_cell_by_travel_time() -> None:
    done = there_and_back(ROW, NewCell(3, radius_s=200.0))
    assert done.plan.members(3).tolist() == [2, 3]


def test_closed_cell_goes_to_the_nearest() -> None:
    done = there_and_back(ROW, CloseCell(1))
    assert done.plan.cells == (0, 2)
    # Square 4 is 300 m from both centres: the lower number wins.
    assert done.plan.label.tolist() == [0] * 5 + [2] * 4


def test_locks_are_part_of_the_plan() -> None:
    done = there_and_back(ROW, Lock(cells=(1,), units=(0,)))
    assert done.plan.locked_cells == {1} and done.plan.locked_units == {0}
    lifted = there_and_back(done.plan, Lock(units=(0,), on=False))
    assert lifted.plan.locked_units == frozenset()


def test_part_without_a_centre_moves_as_a_whole() -> None:
    units = np.flatnonzero(PLAN.ground.component == 1).tolist()
    assert len(units) == 2
    assert there_and_back(PLAN, Move(tuple(units), 0)).plan.label[units].tolist() == [0, 0]
    done = there_and_back(PLAN, Brush(1, (tuple(PLAN.ground.inner_xy[units[0]].tolist()),), 1.0))
    assert done.plan.label[units].tolist() == [1, 1]
    opened = grid_with_island()
    assert there_and_back(opened, NewCell(4)).plan.members(1).tolist() == [4, 5]
    assert there_and_back(redraw(opened, NewCell(4)).plan, CloseCell(1)).plan.cells == (0,)


def grid_with_island() -> DrawnPlan:
    """Return a cell of four squares and, without a bridge, two more that hang on it."""
    plan = grid_plan(7, 1, [0] * 7, {0: 0})
    keep = [0, 1, 2, 3, 5, 6]
    middle = plan.ground.inner_xy[keep]
    ground = build_ground(
        plan.ground.polygons[keep],
        weights=np.ones((6, 1)),
        reach=Reach({}, lambda unit: np.hypot(*(middle - middle[unit]).T)),
    )
    return draw(ground, np.zeros(6, dtype=np.int64), {0: 0})


@pytest.mark.parametrize(
    "edit",
    [
        NewCell(OWN_UNIT[4]),
        NewCell(OWN_UNIT[6], radius_s=100.0),
        CloseCell(2),
        CloseCell(1),
        Merge(0, 1),
        Shift(0, 1, amount=40.0),
        Shift(0, 1, metres=80.0),
        Brush(2, ((400.0, 300.0), (450.0, 200.0)), 90.0),
        Lock((1,), (5,)),
        Split(0, ((300.0, -10.0), (310.0, 400.0))),
        Split(0, ((300.0, -10.0), (310.0, 400.0)), to=1),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_town_there_and_back(edit: Edit) -> None:
    there_and_back(PLAN, edit)


def test_ground_finds_the_neighbours_that_units_have() -> None:
    pairs, ground = town()[0].adjacency, PLAN.ground
    tail = np.repeat(np.arange(ground.n_units), np.diff(ground.indptr))
    once = tail < ground.indices
    np.testing.assert_array_equal(tail[once], pairs.first)
    np.testing.assert_array_equal(ground.indices[once], pairs.second)
    np.testing.assert_allclose(ground.shared_nm[once] / 1e9, pairs.shared_m, atol=1e-6)
    assert (pairs.shared_m == 0.0).sum() == 1


def test_border_over_a_bridge_is_pushed_from_its_end() -> None:
    first, second = PLAN.ground.bridge_ends[0].tolist()
    island = PLAN.ground.inner_xy[:, 0] > 960.0
    label = np.where(island & (PLAN.ground.component == 0), 4, PLAN.label)
    plan = draw(PLAN.ground, label, {**PLAN.centre, 4: OWN_UNIT[6]})
    here, there = int(plan.label[first]), int(plan.label[second])
    assert 4 in {here, there}
    giver = here if there == 4 else there
    assert plan.shared_m(giver, 4) == 0.0 and 4 in plan.neighbours(giver)
    done = there_and_back(plan, Shift(giver, 4, metres=1.0))
    assert done.plan.label[first] == done.plan.label[second] == 4


def test_brush_takes_an_island_whole_and_leaves_out_a_centre() -> None:
    done = there_and_back(PLAN, Brush(1, ((740.0, 580.0), (1010.0, 570.0)), 60.0))
    assert OWN_UNIT[3] in done.left_out
    lonely = PLAN.ground.component == 1
    assert (done.plan.label[lonely] == 1).all()


def test_draw_checks_what_it_is_given() -> None:
    ground = ROW.ground
    with pytest.raises(ValueError, match="every unit in a cell"):
        draw(ground, np.arange(9), {0: 0})
    with pytest.raises(ValueError, match="every centre"):
        draw(ground, ROW.label, {0: 1, 1: 4, 2: 0})
