"""When no plan visits everyone: the numbers, and what would cure it, instead of a thin plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gridmap.errors import Fault, InfeasibleError, InputError, fault
from gridmap.policies import RoutingPolicy
from gridmap.routing.cures import find_cures, told_cures
from gridmap.routing.diagnose import Diagnosis, diagnose, overload
from gridmap.routing.plan import CellRoutes
from gridmap.routing.problem import CellVisits
from gridmap.routing.visits import grade_faults


def refuse_overload(
    cells: Sequence[CellVisits],
    policy: RoutingPolicy,
    *,
    neighbours: Mapping[int, Collection[int]] | None = None,
) -> None:
    """Raise if some cell's visits provably do not fit, before anything is searched.

    An outlet without any way on the streets is a matter of the data, not of the constraints: it
    stands in the notices of the plan, and alone is no reason to refuse one.

    Parameters
    ----------
    cells
        All cells of a plan.
    policy
        Grades, cycle and working day.
    neighbours
        Numbers of the cells that each cell borders; they may take outlets.

    Raises
    ------
    InfeasibleError
        With the numbers and the cures of every such cell.
    InputError
        If a grade is unknown or asks for more visits than there are days.
    """
    wrong = grade_faults(tuple(grade for cell in cells for grade in cell.grades), policy)
    if wrong:
        raise InputError(*wrong)
    found = {cell.cell_id: diagnose(cell, policy) for cell in cells}
    names = {cell.cell_id: cell.name for cell in cells}
    told: list[Fault] = []
    for cell in cells:
        mine = found[cell.cell_id]
        if not mine.feasible:
            told.extend(overload(cell, mine))
        if mine.overloaded:
            beside = (neighbours or {}).get(cell.cell_id, ())
            others: dict[str, Diagnosis] = {names[one]: found[one] for one in beside}
            told.extend(told_cures(cell, mine, find_cures(cell, policy, mine), others))
    if told:
        raise InfeasibleError(*told, fault("routing.best_effort"))


def refuse_left_out(planned: Sequence[CellRoutes]) -> None:
    """Raise if the search found no room for some outlet, although nothing proves that it cannot.

    Raises
    ------
    InfeasibleError
        Naming the outlets of every such cell, and how full its days are.
    """
    told: list[Fault] = []
    for done in planned:
        if set(done.left_out) <= set(done.diagnosis.unreachable):
            continue
        mine, days = done.diagnosis, done.diagnosis.days
        told.extend(done.notices)
        told.append(
            fault(
                "routing.tight",
                done.cell.name,
                calls=mine.calls_needed / days,
                most_calls=mine.calls_available / days,
                minutes=mine.minutes_needed / days,
                most_minutes=mine.minutes_available / days,
            )
        )
    if told:
        raise InfeasibleError(*told, fault("routing.best_effort"))
