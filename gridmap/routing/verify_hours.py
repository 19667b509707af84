"""Rules on the times of a day: arrivals, opening hours, appointments, lunch."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import seconds_of
from gridmap.routing.verify_plan import ROUNDING_S, Visit, WrittenPlan


def opening_hours_kept(plan: WrittenPlan) -> list[Fault]:
    """A visit lies within the opening hours of its outlet as a whole."""
    wrong = []
    for one in plan.visits:
        open_s = plan.open_s(one.outlet, one.day)
        if open_s is not None and not any(
            start - ROUNDING_S <= one.begin_s and one.leave_s <= end + ROUNDING_S
            for start, end in open_s
        ):
            wrong.append(one.outlet)
    return [fault("routing.check.opening_hours", some_ids(dict.fromkeys(wrong)))] if wrong else []


def appointments_kept(plan: WrittenPlan) -> list[Fault]:
    """Each appointment of an outlet that is not left out has its visit, begun within its window."""
    begins = {(one.outlet, one.day): one.begin_s for one in plan.visits}
    wrong = []
    for (outlet, day), (start, end) in plan.appointments.items():
        if outlet not in plan.due.index or outlet in plan.left_out:
            continue
        begin = begins.get((outlet, day), np.nan)
        if not start - ROUNDING_S <= begin <= end + ROUNDING_S:
            wrong.append(outlet)
    return [fault("routing.check.appointments", some_ids(wrong))] if wrong else []


def lunch(plan: WrittenPlan) -> list[Fault]:
    """Lunch overlaps no visit, and begins in its window on each day that is longer.

    A route without all its times is another rule's matter.
    """
    day, wrong = plan.policy.day, []
    if day.lunch == 0.0:
        return []
    after_s = seconds_of(day.lunch_after)
    until_s = np.inf if day.lunch_until is None else seconds_of(day.lunch_until)
    visits: dict[str, list[Visit]] = {}
    for one in plan.visits:
        visits.setdefault(one.route, []).append(one)
    for route, mine in visits.items():
        if np.isnan([one.leave_s for one in mine]).any():
            continue
        begin = plan.lunch_begins_s.get(route)
        if begin is None:
            kept = max(one.leave_s for one in mine) <= until_s + ROUNDING_S
        else:
            end = begin + day.lunch * 60.0
            kept = after_s - ROUNDING_S <= begin <= until_s + ROUNDING_S and all(
                one.leave_s <= begin + ROUNDING_S or one.begin_s >= end - ROUNDING_S for one in mine
            )
        if not kept:
            wrong.append(route)
    return [fault("routing.check.lunch", some_ids(wrong))] if wrong else []


def times(plan: WrittenPlan) -> list[Fault]:
    """Arrivals leave room for the visit before, the day begins and ends in time, and the ways to
    the stops take no longer than the route's travel and lunch together, but for waiting.
    """
    day, wrong = plan.policy.day, []
    travel = plan.routes.drop_duplicates("route_id").set_index("route_id")["travel_s"]
    for route, stops in plan.days.groupby("route_id", sort=False):
        arrival = stops["arrival_s"].to_numpy(dtype=np.float64)
        leave = arrival + stops["service_min"].to_numpy(dtype=np.float64) * 60.0
        ways = arrival - np.concatenate([[day.start_s], leave[:-1]])
        way = ways[~_waited(plan, str(route), stops, ways)].sum()
        kept = (
            np.isfinite(arrival).all()
            and arrival[0] >= day.start_s - ROUNDING_S
            and (arrival[1:] >= leave[:-1] - ROUNDING_S).all()
            and leave[-1] <= day.end_s + ROUNDING_S
            and way <= travel.get(route, np.nan) + day.lunch * 60.0 + ROUNDING_S
        )
        if not kept:
            wrong.append(str(route))
    return [fault("routing.check.times", some_ids(wrong))] if wrong else []


def _waited(plan: WrittenPlan, route: str, stops: pd.DataFrame, ways: np.ndarray) -> np.ndarray:
    """Return at which stops waiting explains the time since the stop before. Shape (n_stops,).

    The visit begins at the very moment when the outlet opens or its appointment begins, or there
    was a lunch before it, which began at the earliest moment.
    """
    lunch_s = plan.lunch_begins_s.get(route, np.nan)
    at_once = abs(lunch_s - seconds_of(plan.policy.day.lunch_after)) <= ROUNDING_S
    columns = (stops[name].to_list() for name in ("outlet_id", "day", "arrival_s"))
    waited = []
    for outlet, day, begin, way in zip(*columns, ways, strict=True):
        openings: list[float] = []
        if not np.isnan(day):
            agreed = plan.appointments.get((outlet, int(day)))
            open_s = plan.open_s(outlet, int(day)) or ()
            openings = [agreed[0]] if agreed else [start for start, _ in open_s]
        opened = any(abs(begin - one) <= ROUNDING_S for one in openings)
        rested = at_once and begin - way - ROUNDING_S <= lunch_s <= begin
        waited.append(opened or rested)
    return np.array(waited, dtype=bool)
