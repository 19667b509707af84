"""Edits that give units from cell to cell: move, brush, shift a border, swap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.change import Change
from gridmap.partition.edits import Brush, Line, Move, Shift, Swap
from gridmap.partition.ground import Ground
from gridmap.partition.redraw import DrawnPlan
from gridmap.partition.redraw_kernels import flood
from gridmap.partition.rules import known_faults
from gridmap.partition.trial import Budget, Draft, Trial
from gridmap.territory import Floats, Ints


def move(plan: DrawnPlan, edit: Move) -> Draft:
    """Give units to a cell."""
    refuse(known_faults(plan, units=edit.units, cells=[edit.to]))
    return Draft(Change(labels=_labels(plan, edit.units, edit.to)))


def swap(plan: DrawnPlan, edit: Swap) -> Draft:
    """Exchange units between two cells."""
    both = (*edit.first_units, *edit.second_units)
    refuse(known_faults(plan, units=both, cells=[edit.first, edit.second]))
    faults = [
        fault("redraw.not_in_cell", units=some_ids(strange), cell=cell)
        for units, cell in ((edit.first_units, edit.first), (edit.second_units, edit.second))
        if (strange := [unit for unit in units if plan.label[unit] != cell])
    ]
    refuse(faults)
    given = dict.fromkeys(edit.first_units, edit.second)
    given |= dict.fromkeys(edit.second_units, edit.first)
    if edit.first == edit.second or not given:
        raise InputError(fault("redraw.nothing_to_do"))
    return Draft(Change(labels=tuple(sorted(given.items()))))


def brush(plan: DrawnPlan, edit: Brush) -> Draft:
    """Give what is under a stroke to a cell, as far as every cell stays in one piece."""
    refuse([*known_faults(plan, cells=[edit.to]), *lock_faults(plan, [edit.to])])
    ground = plan.ground
    stroke = _stroke(edit)
    left, bottom, right, top = stroke.bounds
    xy = ground.inner_xy
    near = np.flatnonzero(
        (xy[:, 0] >= left) & (xy[:, 0] <= right) & (xy[:, 1] >= bottom) & (xy[:, 1] <= top)
    )
    shapely.prepare(stroke)
    near = near[shapely.covers(stroke, shapely.points(xy[near]))]
    trial = Trial(plan)
    asked = near[plan.label[near] != edit.to]
    if len(asked) == 0:
        raise InputError(fault("redraw.nothing_to_do"))
    groups = [trial.group(unit) for unit in asked.tolist()]
    asked = np.unique(np.concatenate(groups))
    if not trial.give(asked, edit.to):
        for part in [group for group in groups if len(group) > 1]:
            trial.give(part, edit.to)
        away = _distance(xy[asked], _line(edit.stroke))
        cost = trial.in_order(asked, away)
        trial.grow(edit.to, cost)
        _islands(trial, asked, edit.to)
    out = asked[trial.label[asked] != edit.to]
    if len(out) == len(asked):
        raise InputError(fault("redraw.brush_breaks", cell=edit.to, units=some_ids(out.tolist())))
    notices = (_left_out(out),) if len(out) else ()
    return Draft(trial.change(), tuple(out.tolist()), notices)


def shift(plan: DrawnPlan, edit: Shift) -> Draft:
    """Push the border that two cells share, by a workload or by metres."""
    pair = [edit.giver, edit.taker]
    refuse([*known_faults(plan, cells=pair), *lock_faults(plan, pair)])
    if (edit.amount is None) == (edit.metres is None):
        raise InputError(fault("redraw.amount_or_metres"))
    if not 0 <= edit.workload < plan.ground.weights.shape[1]:
        most = plan.ground.weights.shape[1] - 1
        raise InputError(fault("redraw.unknown_workload", workload=edit.workload, most=most))
    if edit.taker not in plan.neighbours(edit.giver):
        raise InputError(fault("redraw.not_neighbours", one=edit.giver, other=edit.taker))
    trial = Trial(plan)
    units = plan.members(edit.giver)
    border = _border(plan, edit.giver, edit.taker)
    away = _distance(plan.ground.inner_xy[units], border)
    budget = None
    if edit.metres is not None:
        units, away = units[away <= edit.metres], away[away <= edit.metres]
    if edit.amount is not None:
        budget = Budget(plan.ground.weights[:, edit.workload], edit.amount)
    if not trial.grow(edit.taker, trial.in_order(units, away), budget=budget):
        raise InputError(fault("redraw.border_stuck", giver=edit.giver, taker=edit.taker))
    return Draft(trial.change())


def lock_faults(plan: DrawnPlan, cells: Iterable[int]) -> list[Fault]:
    """Return a fault for each locked cell."""
    return [fault("redraw.cell_locked", cell=one) for one in cells if one in plan.locked_cells]


def refuse(faults: Sequence[Fault]) -> None:
    """Raise if there are faults."""
    if faults:
        raise InputError(*faults)


def _labels(plan: DrawnPlan, units: Iterable[int], to: int) -> tuple[tuple[int, int], ...]:
    """Return the units that are not in the cell yet, with the cell."""
    found = tuple((unit, to) for unit in sorted(set(units)) if plan.label[unit] != to)
    if not found:
        raise InputError(fault("redraw.nothing_to_do"))
    return found


def _stroke(edit: Brush) -> BaseGeometry:
    """Return the area under a brush.

    Raises
    ------
    InputError
        If it has no area.
    """
    if not np.isfinite(np.array(edit.stroke, dtype=np.float64)).all() or edit.radius_m < 0.0:
        raise InputError(fault("redraw.stroke_empty"))
    if edit.radius_m > 0.0 and edit.stroke:
        return _line(edit.stroke).buffer(edit.radius_m)
    if len(edit.stroke) < 3:
        raise InputError(fault("redraw.stroke_empty"))
    return shapely.make_valid(shapely.Polygon(edit.stroke))


def _line(xy: Line) -> BaseGeometry:
    return shapely.Point(xy[0]) if len(xy) == 1 else shapely.LineString(xy)


def _border(plan: DrawnPlan, one: int, other: int) -> BaseGeometry:
    """Return the border of two cells as lines in metres; of a bridge, its unit's inner point."""
    ground = plan.ground
    edges, owner = ground.edges_of(plan.members(one))
    beyond = edges[:, 4]
    shared = edges[(beyond >= 0) & (plan.label[beyond] == other)]
    if len(shared):
        ends = shared[:, :4].reshape(-1, 2, 2)
        return shapely.MultiLineString(list(ground.world_m(ends)))
    heads = [
        unit
        for unit in np.unique(owner).tolist()
        if (plan.label[ground.neighbours(unit)] == other).any()
    ]
    return shapely.MultiPoint(ground.inner_xy[heads])


def _distance(xy: Floats, place: BaseGeometry) -> Floats:
    """Return the metres from each point to a place. Shape (n,)."""
    return np.asarray(shapely.distance(shapely.points(xy), place), dtype=np.float64)


def _islands(trial: Trial, asked: Ints, to: int) -> None:
    """Give what is left of a stroke piece by piece: some units can only move together."""
    for piece in pieces_of(trial.ground, asked[trial.label[asked] != to]):
        for cell in np.unique(trial.label[piece]).tolist():
            trial.give(piece[trial.label[piece] == cell], to)


def pieces_of(ground: Ground, units: Ints) -> list[Ints]:
    """Return the connected pieces of a set of units, each ascending."""
    mask = np.full(ground.n_units, -1, dtype=np.int32)
    mask[units] = 0
    found = []
    for unit in units.tolist():
        if mask[unit] == 0:
            piece = np.sort(flood(unit, mask, ground.indptr, ground.indices))
            mask[piece] = -1
            found.append(piece)
    return found


def _left_out(units: Ints) -> Fault:
    ids = units.tolist()
    return fault("redraw.left_out", count=len(ids), units=some_ids(ids))
