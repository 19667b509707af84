"""Plan a cell anew around what stays: pinned days and pinned visits."""

from __future__ import annotations

from dataclasses import replace

from gridmap.errors import InfeasibleError, fault, some_ids
from gridmap.policies import RoutingPolicy
from gridmap.progress import Stop
from gridmap.routing.moving import Pins
from gridmap.routing.plan import Shifts, plan_cell_routes
from gridmap.routing.problem import CellVisits
from gridmap.routing.under_way import LastRoutes


def replan_rest(
    cell: CellVisits,
    policy: RoutingPolicy,
    shifts: Shifts,
    pins: Pins,
    *,
    seed: int,
    stop: Stop | None = None,
) -> Shifts:
    """Return routes in which all but the pinned is planned anew.

    The search begins with the routes that there are; visits go to another day only where that
    saves enough travel. Pinned days keep their routes stop by stop, pinned visits their days.

    Parameters
    ----------
    cell, policy
        Outlets, ways and what is asked.
    shifts
        Places by day and manager.
    pins
        What stays.
    seed, stop
        As in `plan_cell_routes`.

    Raises
    ------
    InfeasibleError
        If somebody who is visited now would be left out.
    """
    ids = cell.outlet_ids
    routes = {
        (day, manager): tuple(ids[place - 1] for place in places)
        for day, each in enumerate(shifts)
        for manager, places in enumerate(each)
        if places
    }
    days: dict[str, set[int]] = {}
    for (day, _), outlets in routes.items():
        for one in outlets:
            days.setdefault(one, set()).add(day)
    held = {
        one: frozenset(day for day in when if day in pins.days or (one, day) in pins.visits)
        for one, when in days.items()
    }
    from_day, missed = (0, {}) if cell.last is None else (cell.last.from_day, cell.last.missed)
    last = LastRoutes(
        {one: tuple(sorted(when)) for one, when in days.items()}, routes, from_day, missed
    )
    asked = replace(
        cell,
        last=last,
        held={one: when for one, when in held.items() if when},
        shut=frozenset(pins.days),
    )
    found = plan_cell_routes(asked, policy, seed=seed, stop=stop)
    lost = sorted(set(found.left_out) & set(days))
    if lost:
        raise InfeasibleError(fault("cycle.would_leave_out", cell.name, ids=some_ids(lost)))
    return tuple(shifts[day] if day in pins.days else new for day, new in enumerate(found.shifts))
