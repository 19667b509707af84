"""The one change under every edit: new values of a few units and cells, and how to undo it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridmap.partition.ground import Ground
from gridmap.partition.ledger import Ledger
from gridmap.partition.redraw import CLOSED, DrawnPlan
from gridmap.partition.redraw_kernels import Labels
from gridmap.partition.retile import Rings, retiled, rings_of
from gridmap.territory import Ints


@dataclass(frozen=True)
class Change:
    """New values, plain and complete: the same change always gives the same plan.

    It is itself an edit, and the inverse of every edit is one.

    Attributes
    ----------
    labels
        Unit and its cell.
    centres
        Cell and the unit of its centre, -1 to close it.
    cell_locks, unit_locks
        Cell or unit, and whether it is locked.
    next_cell
        Id of the next new cell, or None to leave it.
    n_units, units_before
        Number of units after and before, or None to leave it. Units are added and dropped at
        the end.
    outlines
        Unit and its rings, as flat coordinates in local steps.
    weights
        Unit and its workloads.
    rows
        Added unit and the unit it is a piece of.
    points
        Demand point and its unit.
    """

    labels: tuple[tuple[int, int], ...] = ()
    centres: tuple[tuple[int, int], ...] = ()
    cell_locks: tuple[tuple[int, bool], ...] = ()
    unit_locks: tuple[tuple[int, bool], ...] = ()
    next_cell: int | None = None
    n_units: int | None = None
    units_before: int | None = None
    outlines: tuple[tuple[int, Rings], ...] = ()
    weights: tuple[tuple[int, tuple[float, ...]], ...] = ()
    rows: tuple[tuple[int, int], ...] = ()
    points: tuple[tuple[int, int], ...] = ()

    @property
    def reshapes(self) -> bool:
        """Whether units are cut, joined, or weighed anew."""
        return self.n_units is not None or bool(self.outlines or self.weights or self.points)

    def moved(self) -> tuple[Ints, Labels]:
        """Return the units that get a cell, and the cells. Shape (n,)."""
        pairs = np.array(self.labels, dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0].copy(), pairs[:, 1].astype(np.int32)


def inverse(plan: DrawnPlan, change: Change) -> Change:
    """Return the change that leads back to `plan` from what `change` makes of it."""
    ground = plan.ground
    before = ground.n_units
    after = before if change.n_units is None else change.n_units
    dropped = range(after, before)
    units = [unit for unit, _ in change.labels if unit < before]
    outlined = [unit for unit, _ in change.outlines if unit < before]
    weighed = [unit for unit, _ in change.weights if unit < before]
    return Change(
        labels=tuple((unit, int(plan.label[unit])) for unit in [*units, *dropped]),
        centres=tuple((cell, plan.centre.get(cell, CLOSED)) for cell, _ in change.centres),
        cell_locks=tuple((cell, cell in plan.locked_cells) for cell, _ in change.cell_locks),
        unit_locks=tuple((unit, unit in plan.locked_units) for unit, _ in change.unit_locks),
        next_cell=None if change.next_cell is None else plan.next_cell,
        n_units=None if change.n_units is None else before,
        units_before=change.n_units,
        outlines=tuple((unit, rings_of(ground, unit)) for unit in [*outlined, *dropped]),
        weights=tuple(
            (unit, tuple(ground.weights[unit].tolist())) for unit in [*weighed, *dropped]
        ),
        rows=tuple((unit, int(ground.row[unit])) for unit in dropped),
        points=tuple((point, int(ground.point_unit[point])) for point, _ in change.points),
    )


def changed(plan: DrawnPlan, change: Change) -> DrawnPlan:
    """Return the plan after a change; the rules are not asked, see `rules.check`.

    Figures are updated by difference, and only the outlines of touched cells are forgotten.
    """
    old, new = plan.ground, _ground_after(plan.ground, change)
    moved, target = change.moved()
    centre = dict(plan.centre)
    for cell, unit in change.centres:
        centre.pop(cell, None)
        if unit != CLOSED:
            centre[cell] = unit
    next_cell = plan.next_cell if change.next_cell is None else change.next_cell
    ledger = Ledger(plan, next_cell)
    if new is old:
        ledger.move(moved, target, plan.centre, centre)
    else:
        reshaped = [unit for unit, _ in (*change.outlines, *change.weights)]
        ledger.reshape(new, np.array(reshaped, dtype=np.int64), moved, target, centre)
    ledger.recentre(new, centre)
    return DrawnPlan(
        ground=new,
        label=ledger.label,
        centre=centre,
        next_cell=next_cell,
        figures=ledger.figures(next_cell),
        locked_cells=_locks(plan.locked_cells, change.cell_locks),
        locked_units=_locks(plan.locked_units, change.unit_locks),
        _outlines=plan.outline_cache(frozenset(ledger.touched)),
    )


def _ground_after(ground: Ground, change: Change) -> Ground:
    if not change.reshapes:
        return ground
    return retiled(
        ground,
        ground.n_units if change.n_units is None else change.n_units,
        outlines=dict(change.outlines),
        weights=dict(change.weights),
        rows=dict(change.rows),
        points=dict(change.points),
    )


def _locks(locked: frozenset[int], given: tuple[tuple[int, bool], ...]) -> frozenset[int]:
    """Return what is locked after some locks were set or lifted."""
    lifted = {one for one, on in given if not on}
    return (locked - lifted) | {one for one, on in given if on}
