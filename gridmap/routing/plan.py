"""Plan the visits of one cell: diagnose, search, and say what was left out."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import Fault
from gridmap.policies import RoutingPolicy
from gridmap.progress import Stop
from gridmap.routing.diagnose import Diagnosis, diagnose, notices
from gridmap.routing.problem import CellVisits
from gridmap.routing.search import search_cycle


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
        notices=notices(cell, policy, found, cycle.left_out),
    )
