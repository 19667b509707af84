"""Judge a plan of a periodic routing instance from the definition alone.

No code is shared with the engine; times are found on the clock: a route leaves when its depot
opens, and again as late as it can without coming back later.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np

from benchmarks.cordeau import Days, Instance

#: Least excess that counts, in the units of the instance.
TOLERANCE = 1e-4


def length(instance: Instance, days: Days) -> float:
    """Return the travel of all routes."""
    return sum(_length(instance, route) for day in days for route in day if len(route))


def plan_faults(instance: Instance, days: Days) -> list[str]:
    """Return a sentence for each broken rule; empty = the plan is feasible."""
    if len(days) != instance.n_days:
        return [f"{len(days)} days instead of {instance.n_days}"]
    faults: list[str] = []
    visited: dict[int, list[int]] = defaultdict(list)
    for day, routes in enumerate(days):
        used = [list(route) for route in routes if len(route)]
        if len(used) > instance.managers:
            faults.append(f"day {day + 1}: {len(used)} routes for {instance.managers} managers")
        for route in used:
            unknown = [one for one in route if not 0 < one < instance.n_places]
            if unknown:
                faults.append(f"day {day + 1}: no such customers {unknown}")
                continue
            faults += _route_faults(instance, day, route)
            for customer in route:
                visited[customer].append(day)
    for customer in range(1, instance.n_places):
        found = visited[customer]
        if len(set(found)) < len(found):
            faults.append(f"customer {customer}: more than once on a day, {found}")
        elif frozenset(found) not in instance.patterns[customer]:
            faults.append(f"customer {customer}: days {found} are none of its patterns")
    return faults


def duration(instance: Instance, route: list[int]) -> tuple[float, float]:
    """Return the least duration of a route, and the most that a visit is late."""
    stops = [0, *route, 0]
    legs = list(pairwise(stops))
    if instance.windows is None:
        spent = _length(instance, route) + float(instance.service[route].sum())
        return spent, 0.0
    opens, closes = instance.windows.T
    clock = opens[0]
    late = 0.0
    for one, other in legs:
        ready = clock + instance.service[one] * (one > 0) + instance.travel[one, other]
        clock = max(ready, opens[other])
        late = max(late, clock - closes[other])
    back = leave = clock
    for one, other in reversed(legs):
        leave -= instance.travel[one, other] + instance.service[one] * (one > 0)
        leave = min(leave, closes[one])
    return float(back - leave), float(late)


def _length(instance: Instance, route: list[int] | tuple[int, ...]) -> float:
    stops = np.array([0, *route, 0])
    return float(instance.travel[stops[:-1], stops[1:]].sum())


def _route_faults(instance: Instance, day: int, route: list[int]) -> list[str]:
    faults = []
    load = float(instance.demand[route].sum())
    if load > instance.most_load[day] + TOLERANCE:
        faults.append(f"day {day + 1}: load {load:g} over {instance.most_load[day]:g}")
    spent, late = duration(instance, route)
    if spent > instance.most_duration[day] + TOLERANCE:
        faults.append(f"day {day + 1}: lasts {spent:.4f}, over {instance.most_duration[day]:g}")
    if late > TOLERANCE:
        faults.append(f"day {day + 1}: late by {late:.4f}")
    return faults
