"""Edits that are refused: the reason is the right one, and names what is concerned."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from redraw_town import grid_plan

from gridmap.errors import InputError
from gridmap.partition.change import Change
from gridmap.partition.edit import redraw
from gridmap.partition.edits import (
    Brush,
    CloseCell,
    Edit,
    Lock,
    Merge,
    Move,
    NewCell,
    Shift,
    Swap,
    from_json,
)
from gridmap.partition.ground import Reach, build_ground
from gridmap.partition.redraw import DrawnPlan, draw

#: Three cells in a row of nine squares.
ROW = grid_plan(9, 1, [0, 0, 0, 1, 1, 1, 2, 2, 2], {0: 1, 1: 4, 2: 7})
LOCKED = redraw(ROW, Lock(cells=(1,), units=(2, 6))).plan


def refusal(plan: DrawnPlan, edit: Edit) -> InputError:
    """Return why an edit is refused; each reason reads in both languages."""
    with pytest.raises(InputError) as refused:
        redraw(plan, edit)
    for one in refused.value.faults:
        assert "{" not in one.text("en") + one.text("zh")
    return refused.value


@pytest.mark.parametrize(
    ("plan", "edit", "reasons"),
    [
        (ROW, Move((1,), 1), ["holds_centre"]),
        (ROW, Move((0,), 1), ["breaks"]),
        (ROW, Move((3,), 2), ["breaks"]),
        (ROW, Move((0,), 0), ["nothing_to_do"]),
        (ROW, Move((), 0), ["nothing_to_do"]),
        (ROW, Move((-1, 9, 3), 5), ["unknown_units", "unknown_cells"]),
        (LOCKED, Move((3,), 0), ["cell_locked"]),
        (LOCKED, Move((2,), 1), ["cell_locked", "units_locked"]),
        (ROW, Swap(0, (2,), 1, (8,)), ["not_in_cell"]),
        (ROW, Swap(0, (), 1, ()), ["nothing_to_do"]),
        (ROW, Swap(0, (0,), 0, (2,)), ["nothing_to_do"]),
        (ROW, Swap(0, (0,), 1, (5,)), ["breaks", "breaks"]),
        (ROW, Merge(0, 2), ["not_neighbours"]),
        (ROW, Merge(0, 0), ["not_neighbours"]),
        (ROW, Merge(0, 9), ["unknown_cells"]),
        (LOCKED, Merge(0, 1), ["cell_locked"]),
        (LOCKED, Merge(2, 1), ["cell_locked"]),
        (ROW, Shift(0, 1), ["amount_or_metres"]),
        (ROW, Shift(0, 1, amount=1.0, metres=1.0), ["amount_or_metres"]),
        (ROW, Shift(0, 2, amount=1.0), ["not_neighbours"]),
        (ROW, Shift(0, 1, amount=1.0, workload=2), ["unknown_workload"]),
        (ROW, Shift(0, 1, amount=0.3), ["border_stuck"]),
        (ROW, Shift(0, 1, metres=20.0), ["border_stuck"]),
        (LOCKED, Shift(0, 1, amount=1.0), ["cell_locked"]),
        (ROW, Brush(0, ((250.0, 50.0),), 10.0), ["nothing_to_do"]),
        (ROW, Brush(0, ((2500.0, 50.0),), 10.0), ["nothing_to_do"]),
        (ROW, Brush(0, ((850.0, 50.0),), 10.0), ["brush_breaks"]),
        (ROW, Brush(0, ((350.0, 50.0),)), ["stroke_empty"]),
        (ROW, Brush(0, (), 5.0), ["stroke_empty"]),
        (ROW, Brush(0, ((350.0, float("inf")),), 5.0), ["stroke_empty"]),
        (ROW, Brush(0, ((350.0, 50.0),), -5.0), ["stroke_empty"]),
        (LOCKED, Brush(1, ((250.0, 50.0),), 10.0), ["cell_locked"]),
        (ROW, NewCell(4), ["is_centre"]),
        (ROW, NewCell(9), ["unknown_units"]),
        (ROW, NewCell(3, workload=5), ["unknown_workload"]),
        (LOCKED, NewCell(3), ["cell_locked"]),
        (LOCKED, NewCell(2), ["units_locked"]),
        (ROW, CloseCell(3), ["unknown_cells"]),
        (LOCKED, CloseCell(1), ["cell_locked"]),
        (LOCKED, CloseCell(0), ["no_taker"]),
        (ROW, Lock(), ["nothing_to_do"]),
        (ROW, Lock(cells=(7,), units=(70,)), ["unknown_units", "unknown_cells"]),
        (ROW, Change(labels=((0, 8),)), ["unknown_cells"]),
        (ROW, Change(centres=((0, -1),)), ["out_of_order"]),
        (ROW, Change(centres=((0, 8),)), ["holds_centre"]),
        (ROW, Change(centres=((0, 80),)), ["unknown_units", "out_of_order"]),
        (ROW, Change(next_cell=1), ["out_of_order"]),
        (ROW, Change(labels=((2, 1),), centres=((1, -1),)), ["out_of_order"]),
        (ROW, Change(centres=((0, -1), (1, -1), (2, -1))), ["out_of_order"]),
        (ROW, Change(n_units=10), ["out_of_order"]),
        (ROW, Change(labels=((2, 1),), units_before=8), ["out_of_order"]),
    ],
)
def test_reasons(plan: DrawnPlan, edit: Edit, reasons: list[str]) -> None:
    found = refusal(plan, edit)
    assert [one.key for one in found.faults] == [f"redraw.{reason}" for reason in reasons]


def test_broken_cell_names_the_units_cut_off() -> None:
    square = grid_plan(3, 3, [0, 0, 0, 0, 0, 0, 0, 1, 1], {0: 0, 1: 8})
    found = refusal(square, Move((3, 4), 1))
    assert found.faults[0].values == {"cell": 0, "pieces": 2, "units": "6"}


def test_last_cell_cannot_be_closed() -> None:
    one = grid_plan(2, 1, [0, 0], {0: 0})
    assert refusal(one, CloseCell(0)).faults[0].key == "redraw.last_cell"


def test_centre_needs_travel() -> None:
    known = {1: np.zeros(9), 4: np.zeros(9), 7: np.zeros(9)}
    ground = build_ground(
        ROW.ground.polygons, weights=np.ones((9, 1)), reach=Reach(known), own_xy=None
    )
    plan = draw(ground, ROW.label, ROW.centre)
    assert refusal(plan, NewCell(3)).faults[0].key == "redraw.no_travel"
    assert refusal(plan, Change(centres=((0, 0),))).faults[0].key == "redraw.no_travel"


def test_centre_can_be_another_unit_of_the_cell() -> None:
    done = redraw(ROW, Change(centres=((0, 0),)))
    # From square 0: 0, 100 and 200 s instead of 100, 0 and 100 s.
    assert done.plan.figures.travel[0] == 300.0
    assert redraw(done.plan, done.inverse).plan.figures.travel[0] == 200.0


def test_stored_edit_that_nobody_knows() -> None:
    with pytest.raises(InputError, match="no edit of the kind 'paint'"):
        from_json({"kind": "paint"})
    with pytest.raises(InputError, match="fields that do not fit"):
        from_json({"kind": "move", "units": [1], "cell": 2})


def test_ground_refuses_what_is_no_tiling() -> None:
    def ground(*polygons: shapely.Polygon, own: tuple[float, float] = (50.0, 50.0)) -> None:
        build_ground(
            np.array(polygons, dtype=object),
            weights=np.ones((len(polygons), 1)),
            reach=Reach({}),
            own_xy=np.array([own]),
        )

    ground(shapely.box(0, 0, 100, 100))
    with pytest.raises(ValueError, match="on the grid"):
        ground(shapely.box(0, 0, 100, 100.001))
    with pytest.raises(ValueError, match="do not overlap"):
        ground(shapely.box(0, 0, 100, 100), shapely.box(0, 0, 50, 100))
    with pytest.raises(ValueError, match="own outlet"):
        ground(shapely.box(0, 0, 100, 100), own=(150.0, 50.0))
