"""Rules on the managers: who works when, who may visit whom, and how much a day may hold."""

from __future__ import annotations

import pandas as pd

from gridmap.errors import Fault, fault, some_ids
from gridmap.routing.verify_plan import ROUNDING_S, WrittenPlan
from gridmap.visit_checks import dated_day
from gridmap.weekly import cycle_days


def manager_days(plan: WrittenPlan) -> list[Fault]:
    """Each route has a manager of its cell, who works on its day and has no other on it.

    On leave nobody works.
    """
    wrong: list[str] = []
    taken: set[tuple[int, int, int, str]] = set()
    routes = plan.routes
    columns = (routes[name] for name in ("route_id", "cell_id", "week", "weekday"))
    for route, cell, week, weekday in zip(*columns, strict=True):
        one = plan.manager_of[str(route)]
        if one is None:
            wrong.append(str(route))
            continue
        day = (int(week), int(weekday))
        idle = bool(one.days) and day not in cycle_days(one.days, plan.policy.weeks)
        idle |= any(day in dated_day(text, plan.policy) for text in one.leave)
        key = (int(cell), *day, one.name)
        if idle or (plan.policy.managers and key in taken):
            wrong.append(str(route))
        taken.add(key)
    return [fault("routing.check.manager_days", some_ids(wrong))] if wrong else []


def skills(plan: WrittenPlan) -> list[Fault]:
    """Who visits an outlet has the skills that its grade and kind need."""
    outlets = plan.outlets.drop_duplicates("outlet_id").set_index("outlet_id")
    kinds = outlets["kind"] if "kind" in outlets else pd.Series("", index=outlets.index)
    wrong = []
    for one in plan.visits:
        manager = plan.manager_of.get(one.route)
        if manager is None or one.outlet not in outlets.index:
            continue
        needed = plan.policy.needed_skills(
            str(outlets["grade"][one.outlet]), str(kinds[one.outlet])
        )
        if not needed <= set(manager.skills):
            wrong.append(one.outlet)
    return [fault("routing.check.skills", some_ids(dict.fromkeys(wrong)))] if wrong else []


def calls(plan: WrittenPlan) -> list[Fault]:
    """A day has no more calls than its manager can make."""
    most = plan.limits("max_calls", plan.policy.day.max_calls)
    made = plan.stops.groupby("route_id").size()
    wrong = [str(route) for route, count in made.items() if count > most.get(str(route), count)]
    if not wrong:
        return []
    return [fault("routing.check.calls", some_ids(wrong), most=int(most[wrong].max()))]


def least_calls(plan: WrittenPlan) -> list[Fault]:
    """A day with visits has as many calls as it should have at the least."""
    least = plan.limits("min_calls", plan.policy.day.min_calls)
    made = plan.stops.groupby("route_id").size()
    wrong = [str(route) for route, count in made.items() if count < least.get(str(route), count)]
    if not wrong:
        return []
    return [fault("routing.check.least_calls", some_ids(wrong), least=int(least[wrong].min()))]


def minutes(plan: WrittenPlan) -> list[Fault]:
    """Travel and service fit into the manager's minutes, and with lunch into the day."""
    day = plan.policy.day
    eats = day.lunch_until is None or day.end > day.lunch_until
    span = (day.end_s - day.start_s) / 60.0 - (day.lunch if eats else 0.0)
    most = plan.limits("max_minutes", day.max_minutes).clip(upper=span)
    routes = plan.routes.drop_duplicates("route_id").set_index("route_id")
    work = (routes["travel_s"] + routes["service_s"]) / 60.0
    wrong = work.index[~(work <= most.reindex(work.index) + ROUNDING_S / 60.0)]
    if not len(wrong):
        return []
    return [fault("routing.check.minutes", some_ids(wrong), most=most.reindex(wrong).max())]
