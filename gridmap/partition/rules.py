"""What a redrawn plan must keep: locks, centres, cells in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np

from gridmap.errors import Fault, Numbers, fault, some_ids
from gridmap.partition.change import Change
from gridmap.partition.ground import Ground
from gridmap.partition.redraw import CLOSED, DrawnPlan
from gridmap.partition.redraw_kernels import Labels, flood, meet, suspects
from gridmap.territory import Bools, Ints


class Standing(Protocol):
    """Cells as they stand: a plan, or one under way."""

    @property
    def ground(self) -> Ground:
        """Units."""

    @property
    def label(self) -> Labels:
        """Cell of each unit. Shape (n_units,)."""

    @property
    def centre(self) -> Mapping[int, int]:
        """Unit of each open cell's centre."""


def check(plan: DrawnPlan, change: Change, after: DrawnPlan) -> list[Fault]:
    """Return what a change would break.

    Parameters
    ----------
    plan
        Plan before; it keeps the rules.
    change
        The change.
    after
        Plan after it.
    """
    units, target = change.moved()
    there = units < plan.ground.n_units
    old = np.full(len(units), CLOSED, dtype=np.int32)
    old[there] = plan.label[units[there]]
    moves = old != target
    cut = _reshaped(plan, change)
    faults = locks_kept(
        plan,
        np.union1d(units[moves], cut),
        np.concatenate([old[moves], target[moves], plan.label[cut]]),
    )
    recentred = [cell for cell, _ in change.centres]
    concerned = np.unique([*old[moves].tolist(), *target[moves].tolist(), *recentred])
    faults += centres_kept(after, concerned)
    if faults:
        return faults
    reshaped = bool(change.outlines) or change.n_units is not None
    if reshaped or change.centres:
        outlined = [unit for unit, _ in change.outlines if unit < after.ground.n_units]
        cells = np.union1d(concerned, after.label[np.array(outlined, dtype=np.int64)])
        return in_one_piece(after, [cell for cell in cells.tolist() if cell in after.centre])
    broken = [
        cell
        for cell in concerned.tolist()
        if not stays_whole(after, cell, units[moves], old[moves])
    ]
    return in_one_piece(after, broken)


def _reshaped(plan: DrawnPlan, change: Change) -> Ints:
    """Return the units that are cut, put together again, or dropped."""
    before = plan.ground.n_units
    after = before if change.n_units is None else change.n_units
    weighed = [unit for unit, _ in change.weights if unit < before]
    return np.array(sorted({*weighed, *range(after, before)}), dtype=np.int64)


def locks_kept(plan: DrawnPlan, units: Ints, cells: Labels) -> list[Fault]:
    """Return a fault for each locked cell, and for locked units, among those that change."""
    faults = [
        fault("redraw.cell_locked", cell=cell)
        for cell in np.unique(cells).tolist()
        if cell in plan.locked_cells
    ]
    held = [unit for unit in units.tolist() if unit in plan.locked_units]
    if held:
        faults.append(fault("redraw.units_locked", units=some_ids(held)))
    return faults


def centres_kept(after: Standing, cells: Ints) -> list[Fault]:
    """Return a fault for each open cell, of some, whose own outlet would be in another one."""
    return [
        fault("redraw.holds_centre", unit=after.centre[cell], cell=cell)
        for cell in cells.tolist()
        if cell in after.centre and after.label[after.centre[cell]] != cell
    ]


def stays_whole(after: Standing, cell: int, units: Ints, old: Labels) -> bool:
    """Return whether a cell that was in one piece still is, looking only near what moved.

    Parameters
    ----------
    after
        Plan after the move.
    cell
        A cell that lost or gained units.
    units, old
        Units that moved, and the cell of each before. Shape (n,).
    """
    if cell not in after.centre:
        return True
    ground = after.ground
    apart = ~np.isin(ground.component[units], centre_parts(after))
    if apart.any() or (ground.component[units] != ground.component[after.centre[cell]]).any():
        return not in_one_piece(after, [cell])
    near, joined = suspects(cell, units, old, after.label, ground.indptr, ground.indices)
    return bool(joined) and bool(meet(cell, near, after.label, ground.indptr, ground.indices))


def in_one_piece(after: Standing, cells: Iterable[int]) -> list[Fault]:
    """Return a fault for each cell that is not one piece.

    A cell is what hangs together with its centre, over borders and bridges, and any connected
    parts of the territory without a centre, each as a whole.
    """
    faults = []
    for cell in cells:
        stray, pieces = stray_units(after, cell)
        if len(stray):
            faults.append(
                fault("redraw.breaks", cell=cell, pieces=pieces, units=some_ids(stray.tolist()))
            )
    return faults


def stray_units(after: Standing, cell: int) -> tuple[Ints, int]:
    """Return the units of a cell outside the piece with its centre, and how many pieces it has.

    Whole parts of the territory without a centre are no pieces of their own.
    """
    ground = after.ground
    rest: Bools = after.label == cell
    rest[flood(after.centre[cell], after.label, ground.indptr, ground.indices)] = False
    pieces = 1
    centred = centre_parts(after)
    stray: list[int] = []
    while rest.any():
        piece = flood(int(np.argmax(rest)), after.label, ground.indptr, ground.indices)
        rest[piece] = False
        part = int(ground.component[piece[0]])
        whole = part not in centred and len(piece) == int((ground.component == part).sum())
        if not whole:
            pieces += 1
            stray += piece.tolist()
    return np.array(sorted(stray), dtype=np.int64), pieces


def centre_parts(plan: Standing) -> Ints:
    """Return the connected parts of the territory that hold a centre, ascending."""
    return np.unique(plan.ground.component[list(plan.centre.values())])


def known_faults(
    plan: DrawnPlan, *, units: Iterable[int] = (), cells: Iterable[int] = ()
) -> list[Fault]:
    """Return a fault for units and for cells that are not there."""
    strange = sorted({unit for unit in units if not 0 <= unit < plan.ground.n_units})
    closed = sorted({cell for cell in cells if cell not in plan.centre})
    faults = []
    if strange:
        faults.append(
            fault("redraw.unknown_units", units=some_ids(strange), most=plan.ground.n_units - 1)
        )
    if closed:
        faults.append(
            fault("redraw.unknown_cells", cells=Numbers(closed), open=Numbers(plan.cells))
        )
    return faults
