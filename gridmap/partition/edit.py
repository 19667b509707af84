"""Redraw a plan: every edit gives a new plan and its inverse, or says why it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridmap.errors import Fault, InputError, fault
from gridmap.partition import edit_cells, edit_split, edit_units
from gridmap.partition.change import Change, changed, inverse
from gridmap.partition.edit_cells import has_travel
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
)
from gridmap.partition.redraw import DrawnPlan
from gridmap.partition.rules import check, known_faults
from gridmap.partition.trial import Draft


@dataclass(frozen=True, eq=False)
class Redrawn:
    """What an edit gave.

    Attributes
    ----------
    plan
        The new plan.
    change
        What was done, unit by unit.
    inverse
        The edit that leads back.
    left_out
        Units that the edit asked for and could not take without breaking a rule, ascending.
    notices
        What the person who drew should read.
    """

    plan: DrawnPlan
    change: Change
    inverse: Change
    left_out: tuple[int, ...] = ()
    notices: tuple[Fault, ...] = ()


_CHANGES: dict[type[Any], Callable[[DrawnPlan, Any], Draft]] = {
    Move: edit_units.move,
    Brush: edit_units.brush,
    Shift: edit_units.shift,
    Swap: edit_units.swap,
    Merge: edit_cells.merge,
    NewCell: edit_cells.new_cell,
    CloseCell: edit_cells.close_cell,
    Lock: edit_cells.lock,
    Split: edit_split.split,
}


def redraw(plan: DrawnPlan, edit: Edit) -> Redrawn:
    """Return the plan after an edit, and the way back.

    Parameters
    ----------
    plan
        Plan that keeps the rules; it is not changed.
    edit
        What to do; an inverse is an edit, too.

    Raises
    ------
    InputError
        If the edit would break a rule: a cell in pieces or without its own outlet, something
        locked; or if it asks for what is not there. The faults name cells and units.
    """
    if isinstance(edit, Change):
        draft = Draft(edit)
        _fits(plan, edit)
    else:
        draft = _CHANGES[type(edit)](plan, edit)
    try:
        after = draft.after or changed(plan, draft.change)
    except ValueError as error:
        # Only a change made for another plan cannot be fitted in.
        raise InputError(fault("redraw.out_of_order")) from error
    faults = check(plan, draft.change, after)
    if faults:
        raise InputError(*faults)
    return Redrawn(after, draft.change, inverse(plan, draft.change), draft.left_out, draft.notices)


def _fits(plan: DrawnPlan, change: Change) -> None:
    """Raise if a change was made for another plan."""
    ground = plan.ground
    after = ground.n_units if change.n_units is None else change.n_units
    added = set(range(ground.n_units, after))
    opened = {cell for cell, unit in change.centres if unit >= 0}
    named = [unit for unit, _ in (*change.labels, *change.outlines, *change.unit_locks)]
    named += [unit for _, unit in change.centres if unit >= 0]
    faults = known_faults(
        plan,
        units=[unit for unit in named if unit not in added],
        cells=[cell for _, cell in change.labels if cell not in opened],
    )
    told = {unit for unit, _ in change.labels}
    moving = np.array(sorted({*told, *range(after, ground.n_units)} - added), dtype=np.int64)
    closed = {cell for cell, unit in change.centres if unit < 0}
    emptied = all(np.isin(plan.members(cell), moving).all() for cell in closed)
    emptied = emptied and not closed & {cell for _, cell in change.labels}
    centres = {cell: unit for cell, unit in plan.centre.items() if cell not in closed}
    centres |= dict(change.centres)
    last = max({*plan.centre, *opened} - closed, default=-1)
    fitting = (
        (change.units_before is None or change.units_before == ground.n_units)
        and added <= told & {unit for unit, _ in change.outlines}
        and emptied
        and max(centres.values(), default=-1) < after
        and (change.next_cell is None or change.next_cell > last)
    )
    faults += [
        fault("redraw.no_travel", unit=unit)
        for _, unit in change.centres
        if 0 <= unit < ground.n_units and not has_travel(ground, unit)
    ]
    if not fitting:
        faults.append(fault("redraw.out_of_order"))
    if faults:
        raise InputError(*faults)
