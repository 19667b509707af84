"""Plan the visits of one cell: diagnose, search, and say what was left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault
from gridmap.policies import RoutingPolicy
from gridmap.progress import Stop
from gridmap.routing.build import periodic_problem
from gridmap.routing.by_period import solve_by_period
from gridmap.routing.diagnose import Diagnosis, diagnose, lost_visits, overload
from gridmap.routing.kept_searches import KeptSearches, search_key
from gridmap.routing.periodic import PeriodicPlan, PeriodicProblem
from gridmap.routing.portfolio import solve_periodic
from gridmap.routing.problem import CellVisits

Floats = NDArray[np.float64]
#: Places in order, by day and manager.
Shifts = tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Tour:
    """The route of one manager, by its number in the crew, on one cycle day: places in order."""

    day: int
    manager: int
    places: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class CellRoutes:
    """The cycle of a cell.

    Attributes
    ----------
    cell
        What was planned.
    days
        Places of each cycle day in order; place 0 is the centre and is not named, place i + 1 is
        outlet i.
    diagnosis
        Needed against available calls and minutes.
    left_out
        Ids of the outlets that get no visit although they are due.
    notices
        What the planner should know.
    shifts
        ``shifts[day][manager]`` are the places of each manager's route in order, where a cell has
        several; empty = all places of a day are on one route.
    """

    cell: CellVisits
    days: tuple[tuple[int, ...], ...]
    diagnosis: Diagnosis
    left_out: tuple[str, ...]
    notices: tuple[Fault, ...]
    shifts: tuple[tuple[tuple[int, ...], ...], ...] = ()

    @property
    def tours(self) -> tuple[Tour, ...]:
        """All routes with a visit, by day and then by manager."""
        shifts = self.shifts or tuple((day,) for day in self.days)
        return tuple(
            Tour(day, manager, places)
            for day, routes in enumerate(shifts)
            for manager, places in enumerate(routes)
            if places
        )

    @property
    def travel_s(self) -> Floats:
        """Travel of each cycle day from start to end, seconds; in the mean of the periods.

        Shape (n_days,).
        """
        travel_s = np.zeros(len(self.days))
        for tour in self.tours:
            travel_s[tour.day] += self.legs_s(tour).sum()
        return travel_s

    def way(self, tour: Tour) -> tuple[int, ...]:
        """Return the places of a route, its start and its end among them."""
        start, end = self.cell.base(tour.manager)
        return (start, *tour.places, end)

    def legs_s(self, tour: Tour) -> Floats:
        """Return the seconds of each way of a route, from its start to its end.

        Where ways depend on the time of day, in the mean over it.
        Shape (n_stops + 1,).
        """
        way = np.array(self.way(tour))
        return np.asarray(self.cell.travel_s[way[:-1], way[1:]], dtype=np.float64)

    @property
    def visit_days(self) -> dict[str, tuple[int, ...]]:
        """Cycle days, from 0, of each visited outlet by its id."""
        found: dict[str, list[int]] = {}
        for day, places in enumerate(self.days):
            for place in places:
                found.setdefault(self.cell.outlet_ids[place - 1], []).append(day)
        return {outlet: tuple(days) for outlet, days in sorted(found.items())}


def plan_cell_routes(
    cell: CellVisits,
    policy: RoutingPolicy,
    *,
    seed: int,
    stop: Stop | None = None,
    kept: KeptSearches | None = None,
) -> CellRoutes:
    """Plan the visits of a cell so that every grade's frequency is kept and the days are even.

    Parameters
    ----------
    cell
        Outlets and the ways between them. Where it has a last plan, the search begins with that,
        and leaves visits on their days where another day does not save travel enough; what is
        over stays.
    policy
        Grades, cycle and working day.
    seed
        Seed of the search; the same seed gives the same routes.
    stop
        Ends the search early; None = after `policy.iterations`.
    kept
        Searches of an earlier run that was ended; what is found there is not searched again.

    Raises
    ------
    InputError
        If a grade is unknown or asks for more visits than the cycle has days.
    """
    found = diagnose(cell, policy)
    problem = periodic_problem(cell, policy)
    last = last_shifts(cell, problem)
    first = (*(((),) * problem.n_managers,) * cell.from_day, *last[cell.from_day :])

    def search(asked: PeriodicProblem) -> PeriodicPlan | None:
        return _searched(asked, policy, seed=seed, stop=stop, first=first, kept=kept)

    plan = solve_by_period(problem, cell, policy, search)
    ahead = plan.days if plan else (((),) * problem.n_managers,) * problem.n_days
    shifts = (*last[: cell.from_day], *ahead[cell.from_day :])
    days = tuple(tuple(place for route in day for place in route) for day in shifts)
    lost = _lost(cell, policy, problem, plan)
    return CellRoutes(
        cell=cell,
        days=days,
        diagnosis=found,
        left_out=tuple(sorted({*found.unreachable, *(cell.outlet_ids[one] for one in lost)})),
        notices=(*overload(cell, found), *lost_visits(cell, policy, lost)),
        shifts=shifts,
    )


def _searched(
    problem: PeriodicProblem,
    policy: RoutingPolicy,
    *,
    seed: int,
    stop: Stop | None,
    first: Shifts,
    kept: KeptSearches | None,
) -> PeriodicPlan | None:
    """Search, or return what an earlier run found; a search that was stopped is not kept."""
    iterations = policy.iterations
    stopped = False

    def over(best_cost: float, /) -> bool:
        nonlocal stopped
        stopped |= stop is not None and stop(best_cost)
        return stopped

    if kept is None:
        return solve_periodic(problem, seed=seed, iterations=iterations, stop=stop, first=first)
    key = search_key(problem, seed=seed, iterations=iterations, first=first)
    plan = kept.read(key, problem)
    if plan is None:
        plan = solve_periodic(problem, seed=seed, iterations=iterations, stop=over, first=first)
        if plan is not None and not stopped:
            kept.write(key, plan)
    return plan


def last_shifts(cell: CellVisits, problem: PeriodicProblem) -> Shifts:
    """Return the routes of the last plan as places by day and manager; empty if there is none.

    Outlets that are no longer in the cell are left out of them.
    """
    if cell.last is None:
        return ()
    place = {outlet: at for at, outlet in enumerate(cell.outlet_ids, 1)}
    routes = cell.last.routes
    return tuple(
        tuple(
            tuple(place[one] for one in routes.get((day, manager), ()) if one in place)
            for manager in range(problem.n_managers)
        )
        for day in range(problem.n_days)
    )


def _lost(
    cell: CellVisits, policy: RoutingPolicy, problem: PeriodicProblem, plan: PeriodicPlan | None
) -> tuple[int, ...]:
    """Return the outlets that are due and get no visit in what is left of the cycle."""
    due = (cell.visits(policy) > 0) & cell.reachable
    visited = {one for day in plan.days for route in day for one in route} if plan else set()
    spared = {
        outlet
        for outlet in np.flatnonzero(due).tolist()
        if cell.from_day and _may_rest(problem, outlet + 1)
    }
    return tuple(
        outlet
        for outlet in np.flatnonzero(due).tolist()
        if outlet + 1 not in visited and outlet not in spared
    )


def _may_rest(problem: PeriodicProblem, place: int) -> bool:
    """Return whether an allowed set of days of a place, but for that of leaving out, is empty."""
    rows = slice(int(problem.first_pattern[place]), int(problem.last_pattern[place]) - 1)
    return bool((~problem.patterns[rows].any(axis=1)).any())
