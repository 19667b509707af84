"""Edits of whole cells: merge two, open one around an outlet, close one, lock."""

from __future__ import annotations

import heapq

import numpy as np

from gridmap.errors import InputError, fault, some_ids
from gridmap.partition.change import Change
from gridmap.partition.edit_units import lock_faults, refuse
from gridmap.partition.edits import CloseCell, Lock, Merge, NewCell
from gridmap.partition.ground import Ground
from gridmap.partition.redraw import CLOSED, DrawnPlan, unit_seconds
from gridmap.partition.rules import centre_parts, known_faults, stray_units
from gridmap.partition.trial import Budget, Draft, Trial
from gridmap.territory import Floats, Ints


def merge(plan: DrawnPlan, edit: Merge) -> Draft:
    """Join two neighbouring cells."""
    pair = (edit.keep, edit.gone)
    refuse([*known_faults(plan, cells=pair), *lock_faults(plan, pair)])
    if edit.gone not in plan.neighbours(edit.keep):
        raise InputError(fault("redraw.not_neighbours", one=edit.keep, other=edit.gone))
    labels = tuple((unit, edit.keep) for unit in plan.members(edit.gone).tolist())
    return Draft(Change(labels=labels, centres=((edit.gone, CLOSED),)))


def new_cell(plan: DrawnPlan, edit: NewCell) -> Draft:
    """Open a cell around a centre."""
    refuse(known_faults(plan, units=[edit.unit]))
    source = int(plan.label[edit.unit])
    refuse(lock_faults(plan, [source]))
    check_centre(plan, edit.unit)
    if not 0 <= edit.workload < plan.ground.weights.shape[1]:
        most = plan.ground.weights.shape[1] - 1
        raise InputError(fault("redraw.unknown_workload", workload=edit.workload, most=most))
    cell = plan.next_cell
    trial = Trial(plan, {**plan.centre, cell: edit.unit})
    first = _seed(plan, trial, edit.unit, cell)
    part = np.flatnonzero(plan.ground.component == plan.ground.component[edit.unit])
    seconds = unit_seconds(plan.ground, edit.unit, part)
    budget = None
    if edit.radius_s is not None:
        part, seconds = part[seconds <= edit.radius_s], seconds[seconds <= edit.radius_s]
    else:
        weight = plan.ground.weights[:, edit.workload]
        share = float(weight.sum()) / len(trial.centre)
        wanted = share if edit.load is None else edit.load
        budget = Budget(weight, wanted - float(weight[first].sum()))
    trial.grow(cell, trial.in_order(part, seconds), budget=budget)
    return Draft(trial.change(centres=((cell, edit.unit),), next_cell=cell + 1))


def close_cell(plan: DrawnPlan, edit: CloseCell) -> Draft:
    """Give the units of a cell to its neighbours."""
    refuse([*known_faults(plan, cells=[edit.cell]), *lock_faults(plan, [edit.cell])])
    if len(plan.centre) == 1:
        raise InputError(fault("redraw.last_cell", cell=edit.cell))
    centre = {cell: unit for cell, unit in plan.centre.items() if cell != edit.cell}
    trial = Trial(plan, centre)
    free = plan.members(edit.cell)
    trial.label[free] = CLOSED
    _regrow(plan, trial, free)
    _hang(plan, trial, free)
    left = free[trial.label[free] == CLOSED]
    if len(left):
        raise InputError(fault("redraw.no_taker", cell=edit.cell, units=some_ids(left.tolist())))
    return Draft(trial.change(centres=((edit.cell, CLOSED),)))


def lock(plan: DrawnPlan, edit: Lock) -> Draft:
    """Lock or unlock cells and units."""
    refuse(known_faults(plan, units=edit.units, cells=edit.cells))
    if not edit.cells and not edit.units:
        raise InputError(fault("redraw.nothing_to_do"))
    return Draft(
        Change(
            cell_locks=tuple((cell, edit.on) for cell in sorted(set(edit.cells))),
            unit_locks=tuple((unit, edit.on) for unit in sorted(set(edit.units))),
        )
    )


def check_centre(plan: DrawnPlan, unit: int) -> None:
    """Raise if a unit cannot be the centre of a new cell."""
    of_cell = [cell for cell, centre in plan.centre.items() if centre == unit]
    if of_cell:
        raise InputError(fault("redraw.is_centre", unit=unit, cell=of_cell[0]))
    if not has_travel(plan.ground, unit):
        raise InputError(fault("redraw.no_travel", unit=unit))


def has_travel(ground: Ground, unit: int) -> bool:
    """Return whether the travel from a unit is known, so that it can be a centre."""
    return ground.reach.seconds(int(ground.row[unit])) is not None


def _seed(plan: DrawnPlan, trial: Trial, unit: int, cell: int) -> Ints:
    """Give a new cell its centre and whatever hangs together with its old cell only over it."""
    source = int(plan.label[unit])
    part = plan.ground.component == plan.ground.component[unit]
    if not part[list(plan.centre.values())].any():
        trial.label[part] = cell
    else:
        trial.label[unit] = cell
        trial.label[stray_units(trial, source)[0]] = cell
    return np.flatnonzero(trial.label == cell)


def _regrow(plan: DrawnPlan, trial: Trial, free: Ints) -> None:
    """Let the cells around take free units, the one nearest to its centre first."""
    ground = plan.ground
    seconds: dict[int, Floats] = {}
    queue: list[tuple[float, int, int]] = []

    def offer(unit: int, cell: int) -> None:
        if cell == CLOSED or cell in plan.locked_cells:
            return
        if cell not in seconds:
            seconds[cell] = plan.seconds(cell, np.arange(ground.n_units))
        heapq.heappush(queue, (float(seconds[cell][unit]), unit, cell))

    for unit in free.tolist():
        for cell in np.unique(trial.label[ground.neighbours(unit)]).tolist():
            offer(unit, cell)
    while queue:
        _, unit, cell = heapq.heappop(queue)
        if trial.label[unit] == CLOSED:
            trial.label[unit] = cell
            for other in ground.neighbours(unit).tolist():
                if trial.label[other] == CLOSED:
                    offer(other, cell)


def _hang(plan: DrawnPlan, trial: Trial, free: Ints) -> None:
    """Give whole parts of the territory without a centre to the cell with the least travel."""
    ground = plan.ground
    left = free[trial.label[free] == CLOSED]
    takers = [cell for cell in sorted(trial.centre) if cell not in plan.locked_cells]
    for part in np.setdiff1d(ground.component[left], centre_parts(trial)):
        units = left[ground.component[left] == part]
        weight = ground.weights[units, 0]
        share = weight if weight.sum() > 0 else np.ones(len(units))
        travel = [float(share @ plan.seconds(cell, units)) for cell in takers]
        if takers:
            trial.label[units] = takers[int(np.argmin(travel))]
