"""Check routes from their definition alone: tables and policy, no code of the planner.

The tables are those of a plan.gpkg: ``outlets`` (outlet_id, grade, visited, cell_id), ``routes``
(route_id, number, cell_id, week, weekday, stops, travel_s, service_s) and ``stops`` (route_id, seq,
outlet_id, arrival_s, service_min), and the moments at which lunch begins, by route_id. The visit
begins at the arrival.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gridmap.checks import CheckResult
from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import RoutingPolicy
from gridmap.routing.verify_crew import calls, least_calls, manager_days, minutes, skills
from gridmap.routing.verify_days import fixed_visits, holidays, outlet_days, spacing
from gridmap.routing.verify_ends import day_ends
from gridmap.routing.verify_hours import appointments_kept, lunch, opening_hours_kept, times
from gridmap.routing.verify_periods import periods
from gridmap.routing.verify_plan import ROUNDING_S, UnderWayFacts, WrittenPlan


def verify_routes(
    outlets: pd.DataFrame,
    routes: pd.DataFrame,
    stops: pd.DataFrame,
    policy: RoutingPolicy,
    *,
    left_out: Collection[str] = (),
    lunch_begins_s: Mapping[str, float] | None = None,
    managers: Mapping[str, str] | None = None,
    home_s: Mapping[str, float] | None = None,
    period_legs: Mapping[str, Any] | None = None,
    replan: Mapping[str, Any] | None = None,
) -> list[CheckResult]:
    """Return the result of every rule for the routes of a plan.

    Parameters
    ----------
    outlets, routes, stops
        Layers of a plan.gpkg, with or without geometry.
    policy
        What was asked for.
    left_out
        Ids of the outlets that the plan names as left out.
    lunch_begins_s
        When lunch begins, in seconds after midnight, by route_id.
    managers
        Names of the managers by route_id; a cell with one manager needs none.
    home_s
        When the manager is back, in seconds after midnight, by route_id.
    period_legs
        Where ways depend on the time of day: when its parts begin (``begins_s``), and by route_id
        one list a way with its seconds in each part (``legs_s``).
    replan
        What is done of a cycle under way: ``from_day``, ``missed`` days by outlet, ``new`` outlets.
    """
    plan = WrittenPlan(
        outlets,
        routes,
        stops,
        policy,
        frozenset(left_out),
        lunch_begins_s or {},
        managers or {},
        home_s or {},
        period_legs or {},
        UnderWayFacts.of(replan or {}),
    )
    return [CheckResult(name, not faults, faults) for name, faults in _run(plan)]


def day_balance(routes: pd.DataFrame, policy: RoutingPolicy) -> pd.DataFrame:
    """Return how even the days of each cell are; days without a route count as idle.

    Parameters
    ----------
    routes
        Layer of a plan.gpkg, with or without geometry.
    policy
        What was asked for.

    Returns
    -------
    DataFrame
        One row a cell: cell_id, idle_days, calls_least, calls_mean, calls_most, minutes_least,
        minutes_mean, minutes_most (travel and service).
    """
    minutes = (routes["travel_s"] + routes["service_s"]) / 60.0
    days = pd.DataFrame(
        {"cell_id": routes["cell_id"], "calls": routes["stops"], "minutes": minutes}
    )
    rows = []
    for cell_id, mine in days.groupby("cell_id"):
        idle = policy.cycle_days - len(mine)
        row: dict[str, object] = {"cell_id": cell_id, "idle_days": idle}
        for column in ("calls", "minutes"):
            every = np.concatenate([mine[column], np.zeros(max(idle, 0))])
            row |= {f"{column}_least": every.min(), f"{column}_mean": every.mean()}
            row[f"{column}_most"] = every.max()
        rows.append(row)
    columns = ["cell_id", "idle_days"]
    columns += [f"{one}_{how}" for one in ("calls", "minutes") for how in ("least", "mean", "most")]
    return pd.DataFrame(rows, columns=columns)


def _run(plan: WrittenPlan) -> list[tuple[str, tuple[Fault, ...]]]:
    rules = _RULES | ({"way_periods": periods} if plan.period_legs else {})
    return [(name, tuple(rule(plan))) for name, rule in rules.items()]


def _numbers(plan: WrittenPlan) -> list[Fault]:
    """Numbers are unique and say cell and cycle day: R<cell>-<day>, or R<cell>-<day>-<manager>.

    A route that lies on no working day is a matter of the cycle's days.
    """
    routes, working = plan.routes, plan.policy.working_days
    several = len(plan.policy.managers) > 1
    wrong = set(routes.loc[routes["number"].duplicated(), "number"])
    wrong |= set(routes.loc[routes["number"] != routes["route_id"], "number"])
    columns = ("number", "cell_id", "week", "weekday")
    for number, cell, week, weekday in zip(*(routes[one] for one in columns), strict=True):
        if weekday not in working:
            continue
        day = (week - 1) * len(working) + working.index(weekday) + 1
        own = rf"R{cell:02d}-{day}" + (r"(-[2-9]|-[1-9]\d+)?" if several else "")
        if re.fullmatch(own, number) is None:
            wrong.add(number)
    return [fault("routing.check.numbers", some_ids(sorted(wrong)))] if wrong else []


def _cycle_days(plan: WrittenPlan) -> list[Fault]:
    """A route lies on a working day of the cycle, and a cell has one route a day.

    Where managers are named, these have one each.
    """
    routes = plan.routes
    outside = ~routes["week"].between(1, plan.policy.weeks)
    outside |= ~routes["weekday"].isin(plan.policy.working_days)
    double = routes.duplicated(["cell_id", "week", "weekday"], keep=False)
    if plan.policy.managers:
        double &= False
    wrong = routes.loc[outside | double, "number"]
    return [fault("routing.check.cycle_days", some_ids(wrong))] if len(wrong) else []


def _stops_known(plan: WrittenPlan) -> list[Fault]:
    """Each stop is a visited outlet on a route that exists, in the route's own cell."""
    cell = plan.outlets.set_index("outlet_id")["cell_id"]
    at_home = plan.days["outlet_id"].map(cell) == plan.days["cell_id"]
    wrong = plan.days.loc[~at_home | ~plan.days["outlet_id"].isin(plan.due.index), "outlet_id"]
    return [fault("routing.check.stops_known", some_ids(wrong))] if len(wrong) else []


def _frequency(plan: WrittenPlan) -> list[Fault]:
    """Each visited outlet has the visits it is due, or none and is named as left out.

    Where there are holidays some may be missing: whether rightly is a matter of the spacing. A
    visit that was missed does not count, and an outlet that is new in a cycle under way has at
    least its share of what was left of it.
    """
    counted = plan.stops["outlet_id"].value_counts().reindex(plan.due.index).fillna(0)
    missed = {outlet: len(days) for outlet, days in plan.under_way.missed.items()}
    planned = counted - pd.Series(missed, dtype=float).reindex(plan.due.index).fillna(0)
    named = plan.due.index.isin(plan.left_out)
    due = plan.due.where(~named, 0)
    spared = np.where(named, 0, np.minimum(len(plan.holidays), due))
    share = plan.under_way.from_day / plan.policy.cycle_days
    new = plan.due.index.isin(plan.under_way.new)
    spared = np.where(new, np.maximum(spared, np.ceil(due * share - 1e-9)), spared)
    wrong = plan.due.index[(planned > due) | (planned < due - spared)]
    return [fault("routing.check.frequency", some_ids(wrong))] if len(wrong) else []


def _once_a_day(plan: WrittenPlan) -> list[Fault]:
    """An outlet has at most one visit a day."""
    wrong = plan.days.loc[plan.days.duplicated(["outlet_id", "day"]), "outlet_id"]
    return [fault("routing.check.once_a_day", some_ids(wrong))] if len(wrong) else []


def _sequence(plan: WrittenPlan) -> list[Fault]:
    """The stops of a route are numbered from 1 without a gap, as many as the route says."""
    wrong = []
    numbers = {route: sorted(seq) for route, seq in plan.stops.groupby("route_id")["seq"]}
    for route, stops in zip(plan.routes["route_id"], plan.routes["stops"], strict=True):
        if numbers.pop(route, []) != list(range(1, int(stops) + 1)):
            wrong.append(route)
    wrong.extend(numbers)
    return [fault("routing.check.sequence", some_ids(wrong))] if wrong else []


def _service(plan: WrittenPlan) -> list[Fault]:
    """A visit lasts as long as its grade says, and a route's service is the sum of its visits."""
    grade = plan.outlets.set_index("outlet_id")["grade"]
    minutes = {name: one.minutes for name, one in plan.policy.grade_policy.items()}
    due = plan.stops["outlet_id"].map(grade).map(minutes).astype(float)
    wrong = plan.stops.loc[
        ~((plan.stops["service_min"] - due).abs() * 60.0 < ROUNDING_S), "route_id"
    ]
    total = plan.stops.groupby("route_id")["service_min"].sum() * 60.0
    written = plan.routes.set_index("route_id")["service_s"]
    off = written.index[~((written - total.reindex(written.index)).abs() < ROUNDING_S)]
    routes = sorted({*wrong, *off})
    return [fault("routing.check.service", some_ids(routes))] if routes else []


_RULES: dict[str, Callable[[WrittenPlan], list[Fault]]] = {
    "route_numbers": _numbers,
    "cycle_days": _cycle_days,
    "stops_known": _stops_known,
    "visit_frequency": _frequency,
    "visit_spacing": spacing,
    "once_a_day": _once_a_day,
    "stop_sequence": _sequence,
    "service_minutes": _service,
    "stop_times": times,
    "day_calls": calls,
    "day_minutes": minutes,
    "holidays": holidays,
    "fixed_visits": fixed_visits,
    "outlet_days": outlet_days,
    "opening_hours": opening_hours_kept,
    "appointments": appointments_kept,
    "lunch": lunch,
    "least_calls": least_calls,
    "manager_days": manager_days,
    "day_ends": day_ends,
    "skills": skills,
}
