"""Divide a cell along a line, and cut the units that the line runs through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridmap.errors import InputError, fault, some_ids
from gridmap.partition.change import Change, changed
from gridmap.partition.edit_cells import check_centre, has_travel
from gridmap.partition.edit_units import lock_faults, refuse
from gridmap.partition.edits import Split
from gridmap.partition.ground import Ground
from gridmap.partition.halving import Halves, cut_by, halves_of
from gridmap.partition.redraw import DrawnPlan
from gridmap.partition.redraw_kernels import flood
from gridmap.partition.rules import known_faults
from gridmap.partition.trial import Draft
from gridmap.territory import Bools, Ints


def split(plan: DrawnPlan, edit: Split) -> Draft:
    """Divide a cell along a line.

    The cell keeps the side with its centre; the piece with the new centre (or all of the other
    side, when an open cell gets it) goes away. What the line cuts off elsewhere stays, so that
    both are in one piece.
    """
    cells = [edit.cell] if edit.to is None else [edit.cell, edit.to]
    refuse([*known_faults(plan, cells=cells), *lock_faults(plan, cells)])
    members = plan.members(edit.cell)
    halves = halves_of(plan.ground, members, edit.line, edit.least_m2)
    if edit.to == edit.cell:
        raise InputError(fault("redraw.nothing_to_do"))
    held = sorted(plan.locked_units.intersection(halves.cut.tolist()))
    if held:
        raise InputError(fault("redraw.units_locked", units=some_ids(held)))
    cut = cut_by(plan.ground, halves)
    # The cell on the new ground, all pieces still in it: the sides are found there.
    whole = changed(plan, replace(cut, labels=_labels(cut.rows, edit.cell)))
    units = whole.members(edit.cell)
    side = _sides(whole.ground, halves, units, cut)
    near = bool(side[units == plan.centre[edit.cell]][0])
    other = units[side != near]
    if len(other) == 0:
        raise InputError(fault("redraw.line_misses", cell=edit.cell))
    centre = None if edit.to is not None else _centre(plan, whole.ground, edit, other)
    cell = plan.next_cell if edit.to is None else edit.to
    away = _away(whole, other, centre)
    given = Change(
        labels=tuple((unit, cell) for unit in away.tolist()),
        centres=() if centre is None else ((cell, centre),),
        next_cell=None if centre is None else cell + 1,
    )
    both = replace(
        cut,
        labels=(*_labels(cut.rows, edit.cell, away), *given.labels),
        centres=given.centres,
        next_cell=given.next_cell,
    )
    return Draft(both, after=changed(whole, given))


def _labels(
    rows: tuple[tuple[int, int], ...], cell: int, but: Ints | None = None
) -> tuple[tuple[int, int], ...]:
    """Return the added pieces with the cell, but for some."""
    left = set() if but is None else set(but.tolist())
    return tuple((unit, cell) for unit, _ in rows if unit not in left)


def _sides(ground: Ground, halves: Halves, units: Ints, cut: Change) -> Bools:
    """Return which units are in the region of the line, pieces by a point inside them."""
    side: Bools = np.zeros(len(units), dtype=np.bool_)
    known = np.isin(units, halves.units)
    side[known] = halves.first[np.searchsorted(halves.units, units[known])]
    pieces = np.isin(units, [*halves.cut.tolist(), *(unit for unit, _ in cut.rows)])
    side[pieces] = halves.in_region(ground.inner_xy[units[pieces]])
    return side


def _centre(plan: DrawnPlan, ground: Ground, edit: Split, other: Ints) -> int:
    """Return the unit of the new cell's centre.

    Raises
    ------
    InputError
        If there is none on the other side of the line.
    """
    if edit.centre is None:
        own = np.intersect1d(ground.own_unit, other)
        known = [unit for unit in own.tolist() if has_travel(ground, unit)]
        if not known:
            raise InputError(fault("redraw.no_outlet_there"))
        return int(known[0])
    refuse(known_faults(plan, units=[edit.centre]))
    check_centre(plan, edit.centre)
    if edit.centre not in other:
        raise InputError(fault("redraw.centres_one_side", unit=edit.centre, cell=edit.cell))
    return edit.centre


def _away(whole: DrawnPlan, other: Ints, centre: int | None) -> Ints:
    """Return what goes away: what hangs together with the new centre on the other side."""
    if centre is None:
        return other
    label = whole.label.copy()
    label[other] = -2
    return np.sort(flood(centre, label, whole.ground.indptr, whole.ground.indices))
