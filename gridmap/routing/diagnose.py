"""Whether a cell's visits fit into its cycle at all, and by how much they do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import RoutingPolicy
from gridmap.routing.calendar import Calendar, Patterns
from gridmap.routing.crew import Crew, crew_of
from gridmap.routing.problem import CellVisits
from gridmap.routing.visit_times import cell_patterns, visit_times

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: So many sets of crowded days are told of.
MOST_TOLD = 3


@dataclass(frozen=True)
class Crowded:
    """Days and managers to which some outlets are bound, and the calls, needed and available.

    `managers` is empty where all of the cell's may come.
    """

    days: str
    managers: str
    outlets: tuple[str, ...]
    needed: int
    available: int


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
        Outlets without a way from the start of any manager's day to its end.
    too_far
        Outlets that no single day has room for.
    closed
        Outlets without an open window on any set of days that is allowed.
    crowded
        The days that more visits are bound to than they have room for, worst first.
    days, weeks
        Working days without holidays, and weeks, of the cycle.
    longest_day_s
        Travel and service that the longest day has room for.
    managers
        Managers of the cell.
    """

    calls_needed: int
    calls_available: int
    minutes_needed: float
    minutes_available: float
    unreachable: tuple[str, ...]
    too_far: tuple[str, ...]
    closed: tuple[str, ...] = ()
    crowded: tuple[Crowded, ...] = ()
    days: int = 1
    weeks: int = 1
    longest_day_s: float = 0.0
    managers: int = 1

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
        return not (self.overloaded or self.too_far or self.closed or self.crowded)

    @property
    def spare_calls(self) -> int:
        """Calls of the cycle that nobody needs."""
        return max(self.calls_available - self.calls_needed, 0)


def work_limit_s(policy: RoutingPolicy) -> float:
    """Return the travel and service that a day has room for, whichever limit is tighter."""
    return min(policy.day.max_minutes * 60.0, day_room_s(policy))


def day_room_s(policy: RoutingPolicy) -> float:
    """Return the seconds from the start to the end of the day, without lunch."""
    day = policy.day
    eats = day.lunch_until is None or day.end > day.lunch_until
    return day.end_s - day.start_s - (day.lunch_s if eats else 0.0)


def diagnose(cell: CellVisits, policy: RoutingPolicy) -> Diagnosis:
    """Compare what the visits of a cell need with what its cycle offers.

    Raises
    ------
    InputError
        If a grade is unknown or asks for more visits than there are days.
    """
    cell = cell.at_best
    visits, service_s = cell.visits(policy), cell.service_s(policy)
    calendar = Calendar(policy)
    times = visit_times(cell, calendar)
    patterns = cell_patterns(cell, calendar, times)
    wanted, reachable = visits > 0, cell.reachable
    alone_s = np.nan_to_num(cell.there_s + cell.back_s, nan=np.inf) + service_s
    crew = crew_of(cell, calendar)
    room_s = np.minimum(crew.most_s, day_room_s(policy))
    too_far = wanted & reachable & (alone_s > room_s[:, None]).all(axis=0)
    has_days = np.array([len(one) > 0 for one in patterns], dtype=bool)
    closed = wanted & reachable & ~too_far & ~has_days
    # A visit that falls on a holiday may have no other day.
    needed = np.array(
        [
            many - (one.skipped.min() if len(one) else 0)
            for many, one in zip(visits, patterns, strict=True)
        ],
        dtype=np.int64,
    )
    fits = wanted & reachable & ~too_far & ~closed
    days = calendar.open_days - sum(day not in calendar.holidays for day in range(cell.from_day))
    return Diagnosis(
        calls_needed=int(needed[wanted & reachable & ~closed].sum()),
        calls_available=int(crew.calls.sum()),
        minutes_needed=float((needed * least_minutes(cell, policy))[fits].sum()),
        minutes_available=crew.work_s(day_room_s(policy)) / 60.0,
        unreachable=_named(cell, wanted & ~reachable),
        too_far=_named(cell, too_far),
        closed=_named(cell, closed),
        crowded=_crowded(cell, calendar, patterns, np.where(fits, needed, 0), crew),
        days=max(days, 1),
        weeks=max(math.ceil(policy.weeks * (1.0 - cell.from_day / calendar.n_days)), 1),
        longest_day_s=float(room_s.max()),
        managers=len(crew.managers),
    )


def _crowded(
    cell: CellVisits, calendar: Calendar, patterns: Sequence[Patterns], needed: Ints, crew: Crew
) -> tuple[Crowded, ...]:
    """Return the days and managers to which more visits are bound than they have room for.

    Looked at are those open to each outlet; the whole cycle and crew are told of anyway.
    """
    bound = np.array([one.days.any(axis=0) for one in patterns]).reshape(-1, calendar.n_days)
    choices = np.concatenate([bound, crew.may_visit.T], axis=1)
    found = []
    for choice in np.unique(choices[needed > 0], axis=0):
        days, managers = choice[: calendar.n_days], choice[calendar.n_days :]
        within = (needed > 0) & ~(choices & ~choice).any(axis=1)
        room = int((crew.works[days][:, managers] @ crew.most_calls[managers]).sum())
        calls = int(needed[within].sum())
        everything = days[crew.works.any(axis=1)].all() and managers.all()
        if calls > room and not everything:
            names = (
                ""
                if managers.all()
                else ", ".join(
                    one.name for one, may in zip(crew.managers, managers, strict=True) if may
                )
            )
            name = calendar.named(frozenset(np.flatnonzero(days).tolist()))
            found.append(Crowded(name, names, _named(cell, within), calls, room))
    return tuple(sorted(found, key=lambda one: one.available - one.needed))


def least_minutes(cell: CellVisits, policy: RoutingPolicy) -> Floats:
    """Return the minutes that one visit of each outlet takes at the least. Shape (n_outlets,).

    They are its service and the way from the nearest outlet or start of a day; an outlet without
    any way has its service only.
    """
    n_outlets = len(cell.outlet_ids)
    arrival_s = np.where(np.isfinite(cell.travel_s), cell.travel_s, np.inf)
    np.fill_diagonal(arrival_s, np.inf)
    starts = {cell.base(manager)[0] for manager in range(max(len(cell.bases), 1))}
    come_from = sorted({*range(1, n_outlets + 1), *starts})
    nearest_s = arrival_s[come_from, 1 : n_outlets + 1].min(axis=0)
    way_s = np.where(np.isfinite(nearest_s), nearest_s, 0.0)
    return np.asarray((cell.service_s(policy) + way_s) / 60.0, dtype=np.float64)


def overload(cell: CellVisits, found: Diagnosis) -> tuple[Fault, ...]:
    """Return what of a cell's visits provably does not fit, with numbers a day and a week."""
    where, days, weeks = cell.name, found.days, found.weeks
    told: list[Fault] = []
    if found.unreachable:
        told.append(fault("routing.unreachable", where, ids=some_ids(found.unreachable)))
    if found.too_far:
        limit = found.longest_day_s / 60.0
        told.append(fault("routing.too_far", where, ids=some_ids(found.too_far), minutes=limit))
    if found.closed:
        told.append(fault("routing.closed", where, ids=some_ids(found.closed)))
    for one in found.crowded[:MOST_TOLD]:
        values = {"days": one.days, "needed": one.needed, "available": one.available}
        values |= {"count": len(one.outlets), "ids": some_ids(one.outlets)}
        if one.managers:
            told.append(fault("routing.crowded_crew", where, **values, managers=one.managers))
        else:
            told.append(fault("routing.crowded", where, **values))
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
