"""Plan the visits of one cell: diagnose, search, and say what was left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault
from gridmap.policies import RoutingPolicy
from gridmap.progress import Stop
from gridmap.routing.diagnose import Diagnosis, diagnose, lost_visits, overload
from gridmap.routing.problem import CellVisits
from gridmap.routing.search import search_cycle

Floats = NDArray[np.float64]


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
    """

    cell: CellVisits
    days: tuple[tuple[int, ...], ...]
    diagnosis: Diagnosis
    left_out: tuple[str, ...]
    notices: tuple[Fault, ...]

    @property
    def travel_s(self) -> Floats:
        """Travel of each cycle day from the centre and back, seconds. Shape (n_days,)."""
        ways = [np.array([0, *day, 0]) for day in self.days]
        return np.array([self.cell.travel_s[way[:-1], way[1:]].sum() for way in ways])

    @property
    def visit_days(self) -> dict[str, tuple[int, ...]]:
        """Cycle days, from 0, of each visited outlet by its id."""
        found: dict[str, list[int]] = {}
        for day, places in enumerate(self.days):
            for place in places:
                found.setdefault(self.cell.outlet_ids[place - 1], []).append(day)
        return {outlet: tuple(days) for outlet, days in sorted(found.items())}


def plan_cell_routes(
    cell: CellVisits, policy: RoutingPolicy, *, seed: int, stop: Stop | None = None
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

    Raises
    ------
    InputError
        If a grade is unknown or asks for more visits than the cycle has days.
    """
    found = diagnose(cell, policy)
    cycle = search_cycle(cell, policy, seed=seed, stop=stop)
    return CellRoutes(
        cell=cell,
        days=cycle.days,
        diagnosis=found,
        left_out=tuple(
            sorted({*found.unreachable, *(cell.outlet_ids[one] for one in cycle.left_out)})
        ),
        notices=(
            *overload(cell, policy, found),
            *lost_visits(cell, policy, cycle.left_out),
        ),
    )
