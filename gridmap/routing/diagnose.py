"""Why a cell's visits do not fit, by how much, and what would help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import RoutingPolicy
from gridmap.routing.problem import CellVisits


@dataclass(frozen=True)
class Diagnosis:
    """Needed against available calls and minutes of a cell's cycle.

    Attributes
    ----------
    calls_needed, calls_available
        Calls of the whole cycle.
    minutes_needed, minutes_available
        Service, and travel at the least, against working minutes of the whole cycle.
    unreachable
        Outlets without a way from the centre and back.
    too_far
        Outlets that no single day has room for.
    """

    calls_needed: int
    calls_available: int
    minutes_needed: float
    minutes_available: float
    unreachable: tuple[str, ...]
    too_far: tuple[str, ...]


def work_limit_s(policy: RoutingPolicy) -> float:
    """Return the travel and service that a day has room for, whichever limit is tighter."""
    day = policy.day
    return min(day.max_minutes * 60.0, day.end_s - day.start_s - day.lunch * 60.0)


def diagnose(cell: CellVisits, policy: RoutingPolicy) -> Diagnosis:
    """Compare what the visits of a cell need with what its cycle offers.

    The travel counted is a lower bound: each visit is reached at least from its nearest place.
    """
    visits, service_s = cell.visits(policy), cell.service_s(policy)
    reachable = cell.reachable
    due = (visits > 0) & reachable
    arrival_s = np.where(np.isfinite(cell.travel_s), cell.travel_s, np.inf)
    np.fill_diagonal(arrival_s, np.inf)
    nearest_s = arrival_s[:, 1:].min(axis=0) if len(visits) else np.empty(0)
    alone_s = cell.travel_s[0, 1:] + cell.travel_s[1:, 0] + service_s
    too_far = due & (alone_s > work_limit_s(policy))
    fits = due & ~too_far
    needed_s = float((visits * (service_s + np.where(fits, nearest_s, 0.0)))[fits].sum())
    return Diagnosis(
        calls_needed=int(visits[due].sum()),
        calls_available=policy.day.max_calls * policy.cycle_days,
        minutes_needed=needed_s / 60.0,
        minutes_available=work_limit_s(policy) / 60.0 * policy.cycle_days,
        unreachable=_named(cell, (visits > 0) & ~reachable),
        too_far=_named(cell, too_far),
    )


def notices(
    cell: CellVisits, policy: RoutingPolicy, found: Diagnosis, left_out: tuple[int, ...]
) -> tuple[Fault, ...]:
    """Return what the planner of a cell should know, with numbers."""
    where, days = f"C{cell.cell_id:02d}", policy.cycle_days
    told: list[Fault] = []
    if found.unreachable:
        told.append(fault("routing.unreachable", where, ids=some_ids(found.unreachable)))
    if found.too_far:
        limit = work_limit_s(policy) / 60.0
        told.append(fault("routing.too_far", where, ids=some_ids(found.too_far), minutes=limit))
    if found.calls_needed > found.calls_available:
        told.append(
            fault(
                "routing.too_many_calls",
                where,
                needed=found.calls_needed / days,
                available=policy.day.max_calls,
                over=found.calls_needed - found.calls_available,
            )
        )
    if found.minutes_needed > found.minutes_available:
        told.append(
            fault(
                "routing.too_many_minutes",
                where,
                needed=found.minutes_needed / days,
                available=found.minutes_available / days,
                over=found.minutes_needed - found.minutes_available,
            )
        )
    if left_out:
        ids = some_ids(cell.outlet_ids[outlet] for outlet in left_out)
        lost = int(cell.visits(policy)[list(left_out)].sum())
        told.append(fault("routing.left_out", where, ids=ids, visits=lost))
    return tuple(told)


def _named(cell: CellVisits, chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(cell.outlet_ids[outlet] for outlet in np.flatnonzero(chosen))
