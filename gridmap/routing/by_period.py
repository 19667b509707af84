"""Plans whose days hold when each way is timed by the period of the day in which it is gone.

The search knows one matrix, the mean over the working day. What it finds is timed by the periods;
where a day breaks a limit thereby, its limits are narrowed by what it was off, and the cell is
searched again. If that does not help, it is searched with the slowest time of every way: as
leaving earlier never means arriving later, such a plan holds in every period.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from gridmap.policies import RoutingPolicy
from gridmap.routing.periodic import PeriodicPlan, PeriodicProblem
from gridmap.routing.problem import CellVisits
from gridmap.routing.route_times import Overrun, RouteTimes

Search = Callable[[PeriodicProblem], PeriodicPlan | None]

#: How often a cell is searched again with narrower days, before all its ways are at their slowest.
MOST_ROUNDS = 3
#: Seconds beyond what a day was off by which its limits are narrowed.
MARGIN_S = 1.0


def solve_by_period(
    problem: PeriodicProblem,
    cell: CellVisits,
    policy: RoutingPolicy,
    search: Search,
) -> PeriodicPlan | None:
    """Solve the problem of a cell so that its days hold in every period.

    Without periods it is solved as it is.

    Parameters
    ----------
    problem
        The problem of the cell, see `gridmap.routing.build.periodic_problem`.
    cell
        Outlets and the ways between them.
    policy
        Grades, cycle and working day.
    search
        Solves a problem that has one matrix.
    """
    plan = search(problem)
    if cell.periods is None:
        return plan
    times, narrowed = RouteTimes(cell, policy), problem
    for _ in range(MOST_ROUNDS):
        broken = times.overruns(plan.days) if plan else ()
        if not broken:
            return plan
        narrowed = narrower(narrowed, broken)
        plan = search(narrowed)
    if plan and not times.overruns(plan.days):
        return plan
    slowest = replace(problem, travel=np.maximum(problem.travel, cell.periods.most_s))
    return search(slowest)


def narrower(problem: PeriodicProblem, broken: Sequence[Overrun]) -> PeriodicProblem:
    """Return the problem with narrower limits of the days that were broken.

    The longest duration of a route shrinks by what its ways were longer, and the windows of its
    day and that of lunch end earlier by what it was late; none ends before it begins.
    """
    most_duration, windows = problem.most_duration.copy(), problem.windows.copy()
    lunch = problem.lunch
    for one in broken:
        longer_s, later_s = (max(off, 0.0) + MARGIN_S for off in (one.longer_s, one.later_s))
        least = max(most_duration[one.day, one.manager] - longer_s, 0.0)
        most_duration[one.day, one.manager] = least
        ends = windows[:, one.day, :, 1]
        windows[:, one.day, :, 1] = np.maximum(ends - later_s, windows[:, one.day, :, 0])
    if problem.windows.size and lunch.minutes_s > 0.0:
        later_s = max(max(one.later_s, 0.0) + MARGIN_S for one in broken)
        lunch = replace(lunch, until_s=max(lunch.until_s - later_s, lunch.after_s))
    return replace(problem, most_duration=most_duration, windows=windows, lunch=lunch)
