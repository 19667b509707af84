"""Figures of the cells of a draft: workloads, and how much of a day their visits take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gridmap.store.canvas import Canvas
from gridmap.store.drawing import Opened
from gridmap.store.visiting import PlannedVisits
from gridmap.territory import Floats, Ints


@dataclass(frozen=True, eq=False)
class Daily:
    """What the outlets of each unit ask for on a mean working day.

    Attributes
    ----------
    unit_of_outlet
        Unit of each outlet, of cut units the piece it stands in. Shape (n_outlets,).
    by_unit
        Minutes at the outlets, without travel, and calls. Shape (n_units, 2).
    """

    unit_of_outlet: Ints
    by_unit: Floats

    @classmethod
    def of(cls, canvas: Canvas) -> Daily:
        """Return what the outlets of a draft ask for by the grades of its request."""
        outlets, routing = canvas.base.territory.outlets, canvas.base.request.routing
        unit = _units_of_outlets(canvas)
        visits = outlets["grade"].map({name: one.visits for name, one in
                                       routing.grade_policy.items()})  # fmt: skip
        minutes = outlets["grade"].map({name: one.minutes for name, one in
                                        routing.grade_policy.items()})  # fmt: skip
        calls = np.where(outlets["visited"], visits.fillna(0.0), 0.0) / routing.cycle_days
        each = np.column_stack([calls * minutes.fillna(0.0).to_numpy(np.float64), calls])
        by_unit = np.zeros((canvas.ground.n_units, 2))
        np.add.at(by_unit, unit, each)
        return cls(unit, by_unit)


def loads_of(canvas: Canvas) -> Floats:
    """Return the workloads of each cell. Shape (next_cell, n_workloads)."""
    return _sums(canvas, canvas.ground.weights)


def cell_figures(opened: Opened, daily: Daily, cells: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return totals and visits of some open cells, as plain values.

    ``totals`` are the workloads. ``minutes_per_day`` and ``calls_per_day`` are those of the
    routes; of a cell that was edited since they were planned they are an estimate: what its
    outlets ask for, and travel in the proportion of all routes. Minutes are None without routes.
    """
    loads = loads_of(opened.canvas)
    asked = _sums(opened.canvas, daily.by_unit)
    return {
        cell: {"totals": loads[cell].tolist(), **_visits(opened.visits, cell, asked[cell])}
        for cell in cells
    }


def _visits(planned: PlannedVisits, cell: int, asked: Floats) -> dict[str, Any]:
    known = cell in planned.minutes_per_day and cell not in planned.edited
    if known:
        minutes: float | None = planned.minutes_per_day[cell]
        calls = planned.calls_per_day[cell]
    else:
        factor = planned.travel_factor
        minutes, calls = None if factor is None else factor * float(asked[0]), float(asked[1])
    return {
        "minutes_per_day": None if minutes is None else round(minutes, 3),
        "calls_per_day": round(calls, 4),
        "estimated": not known,
    }


def _sums(canvas: Canvas, by_unit: Floats) -> Floats:
    label, size = canvas.state.label, canvas.state.next_cell
    return np.column_stack([np.bincount(label, column, minlength=size) for column in by_unit.T])


def _units_of_outlets(canvas: Canvas) -> Ints:
    """Return the unit of each outlet, of cut units the piece that it stands in."""
    outlets, ground = canvas.base.territory.outlets, canvas.ground
    unit = outlets["unit"].to_numpy(np.int64).copy()
    if ground is canvas.base.ground:
        return unit
    pieces_of = np.bincount(ground.row, minlength=canvas.base.ground.n_units)
    for cut in np.flatnonzero(pieces_of > 1).tolist():
        here = np.flatnonzero(outlets["unit"].to_numpy() == cut)
        pieces = np.flatnonzero(ground.row == cut)
        if len(here):
            xy = outlets[["x", "y"]].to_numpy(np.float64)[here]
            tree = shapely.STRtree(ground.polygons[pieces])
            at, piece = tree.query_nearest(shapely.points(xy), all_matches=False)
            unit[here[at]] = pieces[piece]
    return unit
