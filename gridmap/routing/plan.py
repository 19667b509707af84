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
from gridmap.routing.continuity import Days
from gridmap.routing.diagnose import Diagnosis, diagnose, lost_visits, overload
from gridmap.routing.problem import CellVisits

Floats = NDArray[np.float64]


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
    last: Days | None = None,
) -> CellRoutes:
    """Plan the visits of a cell so that every grade's frequency is kept and the days are even.

    Parameters
    ----------
    cell
        Outlets and the ways between them.
    policy
        Grades, cycle and working day.
    seed
        Seed of the search; the same seed gives the same routes.
    stop
        Ends the search early; None = after `policy.iterations`.
    last
        Cycle days, from 0, of outlets in the last plan; the new one leaves them where that saves
        travel enough.

    Raises
    ------
    InputError
        If a grade is unknown or asks for more visits than the cycle has days.
    """
    found = diagnose(cell, policy)
    problem = periodic_problem(cell, policy, last=last)
    plan = solve_by_period(problem, cell, policy, seed=seed, stop=stop)
    shifts = plan.days if plan else (((),) * problem.n_managers,) * problem.n_days
    days = tuple(tuple(place for route in day for place in route) for day in shifts)
    visited = {place - 1 for day in days for place in day}
    due = np.flatnonzero((cell.visits(policy) > 0) & cell.reachable).tolist()
    lost = tuple(outlet for outlet in due if outlet not in visited)
    return CellRoutes(
        cell=cell,
        days=days,
        diagnosis=found,
        left_out=tuple(sorted({*found.unreachable, *(cell.outlet_ids[one] for one in lost)})),
        notices=(*overload(cell, found), *lost_visits(cell, policy, lost)),
        shifts=shifts,
    )
