"""A checked change on a plan that others changed meanwhile, elsewhere.

A change depends on the cells it touches and on nothing else but two counters: the id of the next
new cell and the number of units. What it opens and cuts gets the numbers that are free now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gridmap.partition.change import Change
from gridmap.partition.redraw import DrawnPlan


@dataclass(frozen=True)
class Counters:
    """Id of the next new cell, and number of units."""

    next_cell: int
    n_units: int

    def after(self, change: Change) -> Counters:
        """Return the counters after a change; an id is never given again."""
        return Counters(
            max(self.next_cell, change.next_cell or 0),
            self.n_units if change.n_units is None else change.n_units,
        )


class UnitsAreNumberedOn(Exception):
    """Units cannot be dropped, since others were added after them."""


def touched_cells(plan: DrawnPlan, change: Change) -> frozenset[int]:
    """Return the cells that a change touches: those whose units, centre or locks it gives anew.

    Parameters
    ----------
    plan
        Plan before the change.
    change
        The change.
    """
    n_units = plan.ground.n_units
    after = n_units if change.n_units is None else change.n_units
    named = (*change.labels, *change.outlines, *change.weights, *change.unit_locks)
    units = {unit for unit, _ in named if unit < n_units} | set(range(after, n_units))
    told = {cell for _, cell in change.labels}
    told |= {cell for cell, _ in (*change.centres, *change.cell_locks)}
    return frozenset(told | {int(plan.label[unit]) for unit in units})


def rebased(change: Change, inverse: Change, head: Counters) -> tuple[Change, Change]:
    """Return a change and its inverse with the numbers that are free in the head.

    Parameters
    ----------
    change, inverse
        What was checked, and the way back.
    head
        Counters of the plan that the change is to be made in; the cells it touches are there
        as they were when it was checked.

    Raises
    ------
    UnitsAreNumberedOn
        If the change drops units that are not the last ones.
    """
    cells_from = cells_by = 0
    if change.next_cell is not None and inverse.next_cell is not None:
        cells_from, cells_by = inverse.next_cell, head.next_cell - inverse.next_cell
        if change.next_cell <= inverse.next_cell:  # a way back opens nothing
            cells_by = 0
    units_from = units_by = 0
    if change.n_units is not None and change.units_before is not None:
        units_from, units_by = change.units_before, head.n_units - change.units_before
        if units_by and change.n_units < change.units_before:
            raise UnitsAreNumberedOn
    there = _renumbered(change, cells_from, cells_by, units_from, units_by)
    back = _renumbered(inverse, cells_from, cells_by, units_from, units_by)
    if there.next_cell is not None and there.next_cell <= head.next_cell:
        there = replace(there, next_cell=None)
    return there, back


def _renumbered(
    change: Change, cells_from: int, cells_by: int, units_from: int, units_by: int
) -> Change:
    if not cells_by and not units_by:
        return change

    def cell(one: int) -> int:
        return one + cells_by if one >= cells_from else one

    def unit(one: int) -> int:
        return one + units_by if one >= units_from else one

    def count(one: int | None) -> int | None:
        return None if one is None else one + units_by

    return Change(
        labels=tuple((unit(one), cell(to)) for one, to in change.labels),
        centres=tuple((cell(one), unit(centre)) for one, centre in change.centres),
        cell_locks=tuple((cell(one), on) for one, on in change.cell_locks),
        unit_locks=tuple((unit(one), on) for one, on in change.unit_locks),
        next_cell=None if change.next_cell is None else change.next_cell + cells_by,
        n_units=count(change.n_units),
        units_before=count(change.units_before),
        outlines=tuple((unit(one), rings) for one, rings in change.outlines),
        weights=tuple((unit(one), loads) for one, loads in change.weights),
        rows=tuple((unit(one), row) for one, row in change.rows),
        points=tuple((point, unit(one)) for point, one in change.points),
    )
