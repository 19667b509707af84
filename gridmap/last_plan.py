"""The last plan, read from its file, and what has happened since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.checking import read_layers
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.policies import Manager, PlanRequest, RoutingPolicy
from gridmap.routing.calendar import Calendar
from gridmap.routing.under_way import Days, LastRoutes
from gridmap.territory import Territory

Ints = NDArray[np.int64]

#: Metres by which an outlet may be elsewhere without having moved: coordinates are rounded.
MOVED_M = 15.0
#: Metres by which the corners of the same unit may differ.
_SAME_M = 0.01


@dataclass(frozen=True)
class LastRoute:
    """A route: cell, cycle day from 0, number and name of its manager, and outlets in order."""

    cell_id: int
    day: int
    manager: int
    manager_name: str
    outlets: tuple[str, ...]


@dataclass(frozen=True)
class MissedVisit:
    """A visit that was not made: where that is written, the outlet, and how its day is named.

    `day` is a date, a day of the cycle, or the number of a route; empty = the last day before the
    re-plan on which the outlet was to be visited.
    """

    where: str
    outlet: str
    day: str = ""


@dataclass(frozen=True, eq=False)
class LastPlan:
    """What a new plan wants to know of the last one.

    Attributes
    ----------
    routes
        By number.
    xy
        Where the outlets stood, in the reference system of the plan.
    cell_of
        Cell of each outlet.
    centres
        Centre outlet of each cell, by the cell's number.
    unit_cell, unit_polygons
        Cell and shape of each unit. Shape (n_units,).
    from_day
        Days before this one are done; 0 = the cycle lies ahead, and cells are drawn anew.
    missed
        Days of visits that were not made, by outlet.
    """

    routes: Mapping[str, LastRoute]
    xy: Mapping[str, tuple[float, float]]
    cell_of: Mapping[str, int]
    centres: Mapping[int, str]
    unit_cell: Ints
    unit_polygons: NDArray[np.object_]
    from_day: int = 0
    missed: Days = field(default_factory=dict)

    @property
    def days(self) -> dict[str, tuple[int, ...]]:
        """Cycle days of each visited outlet."""
        found: dict[str, list[int]] = {}
        for one in self.routes.values():
            for outlet in one.outlets:
                found.setdefault(outlet, []).append(one.day)
        return {outlet: tuple(sorted(days)) for outlet, days in sorted(found.items())}

    def of_cell(self, centre: str, crew: Sequence[Manager]) -> LastRoutes:
        """Return the last plan of the cell around a centre outlet, for its managers of today.

        In a cycle under way the visits of other cells do not count; else their days are kept.
        """
        mine = [one for one in self.routes.values() if self.centres[one.cell_id] == centre]
        names = [one.name for one in crew]
        routes = {
            (one.day, names.index(one.manager_name) if one.manager_name in names else one.manager):
            one.outlets
            for one in mine
        }  # fmt: skip
        days = self.days
        if self.from_day:
            home = {outlet for one in mine for outlet in one.outlets}
            days = {outlet: when for outlet, when in days.items() if outlet in home}
        missed = {outlet: when for outlet, when in self.missed.items() if outlet in days}
        return LastRoutes(days, routes, self.from_day, missed)


def read_last_plan(path: Path, policy: RoutingPolicy) -> LastPlan:
    """Return what a written plan says of its cells and visits.

    Parameters
    ----------
    path
        plan.gpkg of the last plan.
    policy
        Of the new plan; its cycle must have the same weeks and working days.

    Raises
    ------
    InputError
        If the file is no plan, or its cycle is another one.
    """
    layer = read_layers(path, ("plan", "routes", "stops", "outlets", "units", "cells"))
    facts = dict(zip(layer["plan"]["key"], layer["plan"]["value"], strict=True))
    before = _policy_of(path, facts)
    if (before.weeks, before.working_days) != (policy.weeks, policy.working_days):
        raise InputError(
            fault(
                "replan.other_cycle",
                path,
                weeks=before.weeks,
                days=len(before.working_days),
                now_weeks=policy.weeks,
                now_days=len(policy.working_days),
            )
        )
    outlets, cells, units = layer["outlets"], layer["cells"], layer["units"]
    ids = outlets["outlet_id"].astype(str)
    points = zip(outlets.geometry.x.tolist(), outlets.geometry.y.tolist(), strict=True)
    return LastPlan(
        routes=_routes(layer["routes"], layer["stops"], facts, policy),
        xy=dict(zip(ids, points, strict=True)),
        cell_of=dict(zip(ids, outlets["cell_id"].astype(int).tolist(), strict=True)),
        centres=dict(
            zip(
                cells["cell_id"].astype(int).tolist(),
                cells["centre_outlet_id"].astype(str),
                strict=True,
            )
        ),
        unit_cell=units["cell_id"].to_numpy(np.int64),
        unit_polygons=units.geometry.to_numpy(),
    )


def under_way(
    last: LastPlan, policy: RoutingPolicy, start: str, missed: Iterable[MissedVisit] = ()
) -> LastPlan:
    """Return the last plan with what is done of it.

    Parameters
    ----------
    last
        The plan.
    policy
        Cycle of the new plan.
    start
        First day that is not done: a date, or a day of the cycle such as ``2:We``.
    missed
        Visits before it that were not made.

    Raises
    ------
    InputError
        If the day is no single working day of the cycle, or with each missed visit that the last
        plan does not have before it.
    """
    from_day = _one_day(start, policy)
    if from_day is None:
        raise InputError(fault("replan.no_day", start, weeks=policy.weeks))
    planned, found = last.days, dict[str, set[int]]()
    wrong: list[Fault] = []
    for one in missed:
        past = [day for day in planned.get(one.outlet, ()) if day < from_day]
        route = last.routes.get(one.day)
        day = past[-1] if past and not one.day else None
        if one.day:
            day = _one_day(one.day, policy) if route is None else route.day
        if day is None or day not in past:
            named = Calendar(policy).named(frozenset(past)) or "-"
            wrong.append(
                fault("replan.not_missed", one.where, outlet=one.outlet, found=one.day, days=named)
            )
            continue
        found.setdefault(one.outlet, set()).add(day)
    if wrong:
        raise InputError(*wrong)
    days = {outlet: tuple(sorted(when)) for outlet, when in found.items()}
    return replace(last, from_day=from_day, missed=days)


def kept_cells(last: LastPlan, territory: Territory) -> tuple[Ints, Ints]:
    """Return the centres of the last plan as rows of the outlets, and the cell of each unit.

    Shapes (n_cells,) and (n_units,); cells count from 0.

    Raises
    ------
    InputError
        If the units are other ones, or a centre is gone.
    """
    polygons = territory.units.polygons
    same = len(polygons) == len(last.unit_polygons) and bool(
        shapely.equals_exact(polygons, last.unit_polygons, tolerance=_SAME_M).all()
    )
    if not same:
        raise InputError(
            fault("replan.other_units", now=len(polygons), before=len(last.unit_polygons))
        )
    ids = pd.Index(territory.outlets["outlet_id"].astype(str))
    centres = [last.centres[cell] for cell in sorted(last.centres)]
    rows = ids.get_indexer(pd.Index(centres))
    gone = [one for one, row in zip(centres, rows, strict=True) if row < 0]
    if gone:
        raise InputError(fault("replan.centre_gone", some_ids(gone)))
    return rows.astype(np.int64), last.unit_cell - 1


def relocated(last: LastPlan, territory: Territory) -> frozenset[str]:
    """Return the outlets that stand elsewhere than in the last plan."""
    table = territory.outlets
    now = zip(table["outlet_id"].astype(str), table["x"], table["y"], strict=True)
    return frozenset(
        outlet
        for outlet, x, y in now
        if outlet in last.xy and np.hypot(x - last.xy[outlet][0], y - last.xy[outlet][1]) > MOVED_M
    )


def on_leave(policy: RoutingPolicy, leave: Iterable[str]) -> RoutingPolicy:
    """Return a policy with more days of leave, each ``NAME=DAY``, or ``DAY`` of all managers.

    Raises
    ------
    InputError
        If nobody has that name, or the days cannot be read.
    """
    crew = list(policy.managers)
    wrong: list[Fault] = []
    for text in leave:
        name, said, day = text.rpartition("=")
        if not said and not crew:
            crew = [Manager(name="-")]
        mine = [at for at, one in enumerate(crew) if not said or one.name == name]
        if not mine:
            known = ", ".join(dict.fromkeys(one.name for one in crew)) or "-"
            wrong.append(fault("replan.leave_of_nobody", "--leave", name=name, known=known))
        for at in mine:
            crew[at] = crew[at].model_copy(update={"leave": (*crew[at].leave, day.strip())})
    if wrong:
        raise InputError(*wrong)
    raw = policy.model_dump() | {"managers": [one.model_dump() for one in crew]}
    try:
        return RoutingPolicy.model_validate(raw)
    except ValueError as error:
        raise InputError(fault("replan.leave_unreadable", "--leave", reason=error)) from error


def _one_day(text: str, policy: RoutingPolicy) -> int | None:
    try:
        days = Calendar(policy).days_of(text)
    except ValueError:
        return None
    return next(iter(days)) if len(days) == 1 else None


def _routes(
    routes: pd.DataFrame, stops: pd.DataFrame, facts: Mapping[str, Any], policy: RoutingPolicy
) -> dict[str, LastRoute]:
    names = json.loads(facts.get("route_managers") or "{}")
    place = {weekday: at for at, weekday in enumerate(policy.working_days)}
    in_order = stops.sort_values(["route_id", "seq"], kind="stable")
    outlets = {
        str(number): tuple(mine["outlet_id"].astype(str))
        for number, mine in in_order.groupby("route_id")
    }
    columns = (routes[one] for one in ("route_id", "cell_id", "week", "weekday"))
    return {
        number: LastRoute(
            cell_id=int(cell),
            day=(int(week) - 1) * len(place) + place[int(weekday)],
            manager=_manager(number),
            manager_name=names.get(number, ""),
            outlets=outlets.get(number, ()),
        )
        for number, cell, week, weekday in zip(*columns, strict=True)
    }


def _manager(number: str) -> int:
    """Return the manager in the crew, from 0, of a route number such as R03-7-2."""
    parts = number.split("-")
    return int(parts[2]) - 1 if len(parts) > 2 else 0


def _policy_of(path: Path, facts: Mapping[str, Any]) -> RoutingPolicy:
    try:
        return PlanRequest.model_validate_json(facts["request"]).routing
    except (KeyError, ValueError) as error:
        raise InputError(fault("cli.facts_missing", path, missing="request")) from error
