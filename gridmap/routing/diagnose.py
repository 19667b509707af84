"""Whether a cell's visits fit into its cycle at all, and by how much they do not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import RoutingPolicy
from gridmap.routing.problem import CellVisits

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Diagnosis:
    """Needed against available calls and minutes of a cell's cycle.

    The minutes needed are a lower bound: service, and to each visit the way from its nearest
    place.

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
    days, weeks
        Working days and weeks of the cycle.
    """

    calls_needed: int
    calls_available: int
    minutes_needed: float
    minutes_available: float
    unreachable: tuple[str, ...]
    too_far: tuple[str, ...]
    days: int = 1
    weeks: int = 1

    @property
    def calls_over(self) -> int:
        """Calls of the cycle that no day has room for; 0 = they may fit."""
        return max(self.calls_needed - self.calls_available, 0)

    @property
    def minutes_over(self) -> float:
        """Minutes of the cycle that no day has room for; 0 = they may fit."""
        return max(self.minutes_needed - self.minutes_available, 0.0)

    @property
    def overloaded(self) -> bool:
        """Whether there are provably more calls or minutes than the cycle has room for."""
        return self.calls_over > 0 or self.minutes_over > 0.0

    @property
    def feasible(self) -> bool:
        """Whether nothing proves that some reachable outlet must be left out."""
        return not (self.overloaded or self.too_far)

    @property
    def spare_calls(self) -> int:
        """Calls of the cycle that nobody needs."""
        return max(self.calls_available - self.calls_needed, 0)


def work_limit_s(policy: RoutingPolicy) -> float:
    """Return the travel and service that a day has room for, whichever limit is tighter."""
    day = policy.day
    return min(day.max_minutes * 60.0, day.end_s - day.start_s - day.lunch * 60.0)


def diagnose(cell: CellVisits, policy: RoutingPolicy) -> Diagnosis:
    """Compare what the visits of a cell need with what its cycle offers.

    Raises
    ------
    InputError
        If a grade is unknown or asks for more visits than there are days.
    """
    visits, service_s = cell.visits(policy), cell.service_s(policy)
    reachable = cell.reachable
    due = (visits > 0) & reachable
    alone_s = cell.travel_s[0, 1:] + cell.travel_s[1:, 0] + service_s
    too_far = due & (alone_s > work_limit_s(policy))
    fits = due & ~too_far
    needed_s = float((visits * least_minutes(cell, policy) * 60.0)[fits].sum())
    return Diagnosis(
        calls_needed=int(visits[due].sum()),
        calls_available=policy.day.max_calls * policy.cycle_days,
        minutes_needed=needed_s / 60.0,
        minutes_available=work_limit_s(policy) / 60.0 * policy.cycle_days,
        unreachable=_named(cell, (visits > 0) & ~reachable),
        too_far=_named(cell, too_far),
        days=policy.cycle_days,
        weeks=policy.weeks,
    )


def least_minutes(cell: CellVisits, policy: RoutingPolicy) -> Floats:
    """Return the minutes that one visit of each outlet takes at the least. Shape (n_outlets,).

    They are its service and the way from the nearest place; an outlet without any way has its
    service only.
    """
    arrival_s = np.where(np.isfinite(cell.travel_s), cell.travel_s, np.inf)
    np.fill_diagonal(arrival_s, np.inf)
    nearest_s = arrival_s[:, 1:].min(axis=0)
    way_s = np.where(np.isfinite(nearest_s), nearest_s, 0.0)
    return np.asarray((cell.service_s(policy) + way_s) / 60.0, dtype=np.float64)


def overload(cell: CellVisits, policy: RoutingPolicy, found: Diagnosis) -> tuple[Fault, ...]:
    """Return what of a cell's visits provably does not fit, with numbers a day and a week."""
    where, days, weeks = cell.name, found.days, found.weeks
    told: list[Fault] = []
    if found.unreachable:
        told.append(fault("routing.unreachable", where, ids=some_ids(found.unreachable)))
    if found.too_far:
        limit = work_limit_s(policy) / 60.0
        told.append(fault("routing.too_far", where, ids=some_ids(found.too_far), minutes=limit))
    if found.calls_over:
        told.append(
            fault(
                "routing.too_many_calls",
                where,
                needed=found.calls_needed / days,
                available=_plain(found.calls_available / days),
                needed_week=found.calls_needed / weeks,
                available_week=_plain(found.calls_available / weeks),
                over=found.calls_over,
            )
        )
    if found.minutes_over:
        told.append(
            fault(
                "routing.too_many_minutes",
                where,
                needed=found.minutes_needed / days,
                available=found.minutes_available / days,
                needed_week=found.minutes_needed / weeks,
                available_week=found.minutes_available / weeks,
                over=math.ceil(found.minutes_over),
            )
        )
    return tuple(told)


def lost_visits(
    cell: CellVisits, policy: RoutingPolicy, left_out: tuple[int, ...]
) -> tuple[Fault, ...]:
    """Return which outlets no day had room for; `left_out` are outlets (not places)."""
    if not left_out:
        return ()
    ids = some_ids(cell.outlet_ids[outlet] for outlet in left_out)
    lost = int(cell.visits(policy)[list(left_out)].sum())
    return (fault("routing.left_out", cell.name, ids=ids, visits=lost),)


def _plain(number: float) -> str:
    """Return a number without decimals that say nothing: 16, 13.5."""
    return f"{number:.1f}".removesuffix(".0")


def _named(cell: CellVisits, chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(cell.outlet_ids[outlet] for outlet in np.flatnonzero(chosen))
