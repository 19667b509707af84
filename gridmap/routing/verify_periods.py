"""The rule on ways that depend on the time of day, from the seconds that a plan states for them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gridmap.errors import Fault, fault, some_ids
from gridmap.routing.verify_plan import ROUNDING_S, Visit, WrittenPlan

#: A moment after every day, in seconds after midnight.
NEVER_S = 1e9
#: Seconds that the shortest way takes at the least here, so that it has a pace.
LEAST_S = 1e-6


def periods(plan: WrittenPlan) -> list[Fault]:
    """Each way takes what it takes at the paces of the periods in which one is on it.

    The visit after it begins at the arrival, or when its outlet opens or its appointment begins;
    lunch is before the way or after it. The day ends with the way home, in time, and the travel of
    the route is that of its ways. A route whose ways the plan does not state breaks the rule.
    """
    visits: dict[str, list[Visit]] = {}
    for one in plan.visits:
        visits.setdefault(one.route, []).append(one)
    travel = plan.routes.drop_duplicates("route_id").set_index("route_id")["travel_s"]
    wrong = [
        route
        for route, mine in visits.items()
        if not _Walk(plan, route).kept(mine, float(travel.get(route, np.nan)))
    ]
    return [fault("routing.check.periods", some_ids(wrong))] if wrong else []


class _Walk:
    """One route, gone from its start to its end."""

    def __init__(self, plan: WrittenPlan, route: str) -> None:
        self._plan, self._route = plan, route
        self._begins_s = [float(one) for one in plan.period_legs.get("begins_s", ())]
        self._legs: list[Sequence[float]] = plan.period_legs.get("legs_s", {}).get(route, [])
        self._lunch_s: float | None = plan.lunch_begins_s.get(route)
        self._now_s, self._way_s = plan.policy.day.start_s, 0.0

    def kept(self, visits: Sequence[Visit], travel_s: float) -> bool:
        """Return whether the visits begin when the ways say, and the way home ends the day."""
        if len(self._legs) != len(visits) + 1:
            return False
        for one, leg in zip(visits, self._legs, strict=False):
            if not self._reaches(leg, one.begin_s, self._openings(one)):
                return False
            self._now_s = one.leave_s
        home_s = self._plan.home_s.get(self._route, np.nan)
        return bool(
            self._reaches(self._legs[-1], home_s, ())
            and home_s <= self._plan.policy.day.end_s + ROUNDING_S
            and abs(self._way_s - travel_s) <= ROUNDING_S
        )

    def _reaches(self, leg: Sequence[float], at_s: float, openings: Sequence[float]) -> bool:
        """Return whether a way can end at a moment; note how long it took."""
        for there_s, way_s, ate in self._arrivals(leg):
            opened = there_s <= at_s and any(abs(at_s - one) <= ROUNDING_S for one in openings)
            if opened or abs(there_s - at_s) <= ROUNDING_S:
                self._way_s += way_s
                self._lunch_s = None if ate else self._lunch_s
                return True
        return False

    def _arrivals(self, leg: Sequence[float]) -> list[tuple[float, float, bool]]:
        """Return when a way may be over, what it took, and whether lunch was on it."""
        free_s, lunch_s = self._now_s, self._lunch_s
        there_s = arrival(self._begins_s, leg, free_s)
        if lunch_s is None or lunch_s < free_s - ROUNDING_S:
            return [(there_s, there_s - free_s, False)]
        fed_s = lunch_s + self._plan.policy.day.lunch_s
        later_s = arrival(self._begins_s, leg, fed_s)
        found = [(later_s, later_s - fed_s, True), (there_s, there_s - free_s, False)]
        if there_s <= lunch_s + ROUNDING_S:
            found.insert(1, (fed_s, there_s - free_s, True))
        return found

    def _openings(self, visit: Visit) -> list[float]:
        agreed = self._plan.appointments.get((visit.outlet, visit.day))
        if agreed is not None:
            return [agreed[0]]
        return [start for start, _ in self._plan.open_s(visit.outlet, visit.day) or ()]


def arrival(begins_s: Sequence[float], seconds: Sequence[float], depart_s: float) -> float:
    """Return when a way is over whose pace changes at the borders of periods.

    By the share of the way that is gone by each moment of the day, if one walked it over and over
    since the day began: the way is over when that share has grown by one.

    Parameters
    ----------
    begins_s
        When each period begins, rising; the first one also holds before.
    seconds
        What the whole way takes in each.
    depart_s
        When it is begun, in seconds after midnight.
    """
    moments = np.array([min(0.0, depart_s), *begins_s[1:], NEVER_S])
    rates = [1.0 / max(one, LEAST_S) for one in seconds]
    steps = [
        (end - begin) * rate for (begin, end), rate in zip(pairwise(moments), rates, strict=True)
    ]
    gone = np.concatenate([[0.0], np.cumsum(steps)])
    begun = np.interp(depart_s, moments, gone)
    return float(np.interp(begun + 1.0, gone, moments))
