"""Cells that are given instead of drawn, and the routes of those whose visits are as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import Fault
from gridmap.scenario import Scenario
from gridmap.territory import Ints, Territory

#: Entries of a report that have a value a route.
_BY_ROUTE = ("lunch_begins_s", "home_s", "route_managers")


@dataclass(frozen=True, eq=False)
class KeptRoutes:
    """The cycle of a cell that is not planned anew.

    Attributes
    ----------
    routes, stops
        See `gridmap.schemas`.
    lines
        Street geometry of each route.
    left_out
        Visited outlets of the cell that are on no route.
    notices
        What was told of the cell.
    by_route
        ``lunch_begins_s``, ``home_s``, ``route_managers``: a value a route, where it has one.
    legs_s
        Seconds of the ways in each part of the day, by route; empty where they do not depend on it.
    begins_s
        When each part of the day begins.
    """

    routes: pd.DataFrame
    stops: pd.DataFrame
    lines: NDArray[np.object_]
    left_out: tuple[str, ...]
    notices: tuple[Fault, ...]
    by_route: Mapping[str, Mapping[str, Any]]
    legs_s: Mapping[str, Any]
    begins_s: Sequence[float]


@dataclass(frozen=True, eq=False)
class GivenCells:
    """Cells that stay as they are, with their numbers and names.

    Attributes
    ----------
    centre
        Row of each cell's centre in the territory's outlets. Shape (n_cells,).
    label
        Cell of each unit, 0 … n_cells - 1. Shape (n_units,).
    ids
        Number of each cell, ascending, as routes and scores name it. Shape (n_cells,).
    codes, names, managers
        What people call each cell, and who looks after it.
    routes
        By number, the routes of cells that are not planned anew.
    """

    centre: Ints
    label: Ints
    ids: Ints
    codes: tuple[str, ...]
    names: tuple[str, ...]
    managers: tuple[str, ...]
    routes: Mapping[int, KeptRoutes] = field(default_factory=dict)


def same_visits(
    territory: Territory, cells: GivenCells, before: Territory, plan: Scenario
) -> frozenset[int]:
    """Return the cells that have the centre and the outlets to visit that a plan gave them.

    Parameters
    ----------
    territory, cells
        As they are now.
    before, plan
        A plan of the same outlets; a cell that goes on has the same number there.
    """
    then_ids = plan.cells["cell_id"].to_numpy(np.int64)
    then = dict(
        zip(
            then_ids.tolist(),
            zip(
                plan.cells["centre_outlet_id"].astype(str),
                _visited(before, plan.partition.label, len(then_ids)),
                strict=True,
            ),
            strict=True,
        )
    )
    centres = territory.outlets["outlet_id"].iloc[cells.centre].astype(str)
    outlets = _visited(territory, cells.label, len(cells.ids))
    now = zip(cells.ids.tolist(), centres, outlets, strict=True)
    return frozenset(number for number, *what in now if then.get(number) == tuple(what))


def kept_routes(
    before: Territory, plan: Scenario, numbers: frozenset[int]
) -> dict[int, KeptRoutes]:
    """Return the routes of some cells of a plan, by the cell's number."""
    report = plan.report
    legs = report.get("period_legs") or {}
    left_out = set(report.get("left_out_visits", ()))
    ids = plan.cells["cell_id"].to_numpy(np.int64)
    visited = dict(zip(ids.tolist(), _visited(before, plan.partition.label, len(ids)), strict=True))
    found = {}
    for number in sorted(numbers):
        mine = (plan.routes["cell_id"] == number).to_numpy()
        routes = plan.routes[mine]
        names = set(routes["route_id"].astype(str))
        found[number] = KeptRoutes(
            routes=routes,
            stops=plan.stops[plan.stops["route_id"].isin(names)],
            lines=plan.route_lines[mine],
            left_out=tuple(sorted(visited[number] & left_out)),
            notices=tuple(one for one in plan.notices if _is_of(one, number)),
            by_route={key: _of_routes(report.get(key, {}), names) for key in _BY_ROUTE},
            legs_s=_of_routes(legs.get("legs_s", {}), names),
            begins_s=legs.get("begins_s", ()),
        )
    return found


def _visited(territory: Territory, label: Ints, n_cells: int) -> list[frozenset[str]]:
    """Return the ids of the outlets to visit in each cell."""
    outlets = territory.outlets
    visited = outlets["visited"].to_numpy(bool)
    cell = label[outlets["unit"].to_numpy(np.int64)]
    ids = outlets["outlet_id"].astype(str).to_numpy()
    return [frozenset(ids[visited & (cell == one)]) for one in range(n_cells)]


def _is_of(told: Fault, number: int) -> bool:
    return told.key.startswith("routing.") and told.where == f"C{number:02d}"


def _of_routes(values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}
