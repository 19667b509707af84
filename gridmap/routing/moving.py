"""Move a visit of a planned cycle to another day: what it costs, and what forbids it.

The other stops of a day keep their order; the visit that comes is put where it costs the least
travel. Where the grade of an outlet allows its visits on certain sets of days only, its other
visits move with the one that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault, InputError, fault
from gridmap.policies import RoutingPolicy
from gridmap.routing.calendar import Calendar
from gridmap.routing.crew import crew_of
from gridmap.routing.diagnose import day_room_s
from gridmap.routing.plan import Shifts
from gridmap.routing.problem import CellVisits
from gridmap.routing.route_times import RouteTimes
from gridmap.routing.visit_times import cell_patterns, visit_times

Bools = NDArray[np.bool_]
Places = tuple[int, ...]
#: Cycle day, from 0, and number of the manager in the crew.
Slot = tuple[int, int]

#: So many sets of days with equally few other moves are tried.
MOST_SETS = 4
#: Seconds by which a day may be over its minutes: they are sums of rounded times.
_ROUNDING_S = 1e-6


@dataclass(frozen=True)
class Pins:
    """What stays as it is.

    Attributes
    ----------
    days
        Cycle days, from 0, whose routes stay as they are.
    visits
        Outlets and the cycle days on which their visits stay.
    """

    days: frozenset[int] = frozenset()
    visits: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True)
class TourLoad:
    """The route of one manager on one day: stops, seconds of travel and service, back at."""

    stops: int
    travel_s: float
    service_s: float
    home_s: float
    hours_kept: bool

    @property
    def work_s(self) -> float:
        """Travel and service."""
        return self.travel_s + self.service_s


@dataclass(frozen=True)
class TourChange:
    """A route before and after; None = there is none. `limit_s` is the work it has room for."""

    day: int
    manager: int
    before: TourLoad | None
    after: TourLoad | None
    limit_s: float

    @property
    def over_s(self) -> float:
        """Seconds of work afterwards that the day has no room for; 0 = none."""
        return 0.0 if self.after is None else max(self.after.work_s - self.limit_s, 0.0)


@dataclass(frozen=True, eq=False)
class Move:
    """What becomes of the cycle when a visit goes to another day.

    Attributes
    ----------
    outlet
        Its id.
    day, to
        Cycle days, from 0, of the visit before and after.
    steps
        All visits that change their day, as pairs; the grade asks for those beside the first.
    shifts
        The cycle afterwards: places by day and manager.
    changes
        The routes that change.
    faults
        The rules that forbid it; empty = it may be made.
    """

    outlet: str
    day: int
    to: int
    steps: tuple[tuple[int, int], ...]
    shifts: Shifts
    changes: tuple[TourChange, ...]
    faults: tuple[Fault, ...]

    @property
    def travel_s(self) -> float:
        """Seconds of travel that the cycle takes longer; negative = less."""
        return _sum_of_travel(one.after for one in self.changes) - _sum_of_travel(
            one.before for one in self.changes
        )


class Moves:
    """The moves of the visits of one cell.

    Parameters
    ----------
    cell
        Outlets and the ways between them; days before that of its last plan are done.
    policy
        Grades, cycle, calendar and working day.
    shifts
        Its cycle: places by day and manager.
    pins
        What stays.
    """

    def __init__(
        self, cell: CellVisits, policy: RoutingPolicy, shifts: Shifts, pins: Pins | None = None
    ) -> None:
        self.cell, self.policy, self.shifts = cell, policy, shifts
        self.pins = pins or Pins()
        self._calendar = Calendar(policy)
        self._crew = crew_of(cell, self._calendar)
        self._times = RouteTimes(cell, policy)
        self._limit_s = np.minimum(self._crew.most_s, day_room_s(policy)).tolist()
        self._service_s = cell.service_s(policy)
        self._place = {outlet: at for at, outlet in enumerate(cell.outlet_ids, 1)}
        times = visit_times(cell, self._calendar)
        self._patterns = cell_patterns(cell, self._calendar, times)
        wanted = [self._calendar.may_visit(one) for one in cell.outlet_ids]
        self._open = times.open_days & np.array(wanted).reshape(times.open_days.shape)

    def days_of(self, outlet: str) -> tuple[int, ...]:
        """Return the cycle days on which an outlet is visited, rising.

        Raises
        ------
        InputError
            If the cell has no such outlet.
        """
        place = self._known(outlet)
        return tuple(
            day
            for day, routes in enumerate(self.shifts)
            if any(place in places for places in routes)
        )

    def load(self, slot: Slot, places: Places) -> TourLoad | None:
        """Return the load of a route; None if nobody is visited on it."""
        if not places:
            return None
        day, manager = slot
        times, kept = self._times.of(day, manager, places)
        service_s = float(self._service_s[np.array(places) - 1].sum())
        if self.cell.periods is None:
            travel_s = self._travel_s(manager, places)
        else:
            travel_s = float(sum(times.ways_s))
        in_time = kept and times.home_s <= self.policy.day.end_s
        return TourLoad(len(places), travel_s, service_s, times.home_s, in_time)

    def to_each_day(self, outlet: str, day: int) -> tuple[Move, ...]:
        """Return what a move of one visit to each other day would be.

        Raises
        ------
        InputError
            If the outlet is not visited on this day.
        """
        others = (to for to in range(len(self.shifts)) if to != day)
        return tuple(self.move(outlet, day, to) for to in others)

    def move(self, outlet: str, day: int, to: int) -> Move:
        """Return what becomes of the cycle if a visit goes from one day to another.

        Raises
        ------
        InputError
            If the outlet is not visited on this day, or there is no such other day.
        """
        days = self.days_of(outlet)
        if day not in days or to == day or not 0 <= to < len(self.shifts):
            raise InputError(fault("cycle.no_such_visit", outlet))
        forbidden = self._fixed(outlet, day, to)
        if to in days:
            return self._unmoved(outlet, day, to, (*forbidden, fault("cycle.twice", outlet)))
        if not self._open[self._place[outlet] - 1, to]:
            return self._unmoved(outlet, day, to, (*forbidden, self._closed(to)))
        sets = self._sets(outlet, days, day, to)
        if not sets:
            return self._unmoved(outlet, day, to, (*forbidden, fault("cycle.spacing", outlet)))
        best = self._made(outlet, sets[0], forbidden)
        for steps in sets[1:]:
            if not best.faults:
                break
            best = min(best, self._made(outlet, steps, forbidden), key=lambda one: len(one.faults))
        return best

    def _known(self, outlet: str) -> int:
        if outlet not in self._place:
            raise InputError(fault("cycle.no_such_visit", outlet))
        return self._place[outlet]

    def _fixed(self, outlet: str, day: int, to: int) -> tuple[Fault, ...]:
        """Return what of the pins and of the days that are done forbids a move."""
        found = []
        if min(day, to) < self.cell.from_day:
            found.append(fault("cycle.done", outlet))
        if (outlet, day) in self.pins.visits:
            found.append(fault("cycle.visit_pinned", outlet))
        if day in self.pins.days:
            found.append(fault("cycle.day_pinned", self._named(day)))
        if to in self.pins.days:
            found.append(fault("cycle.day_pinned", self._named(to)))
        return tuple(found)

    def _closed(self, day: int) -> Fault:
        """Return that nobody works on a day, or that the outlet cannot be visited on it."""
        kind = "cycle.closed" if self._crew.works[day].any() else "cycle.nobody"
        return fault(kind, self._named(day))

    def _sets(
        self, outlet: str, days: Sequence[int], day: int, to: int
    ) -> list[tuple[tuple[int, int], ...]]:
        """Return the steps to sets of days that the outlet may have, the fewest steps first.

        Each set has the new day and not the old one; other visits go to the nearest days.
        """
        ahead = {one for one in days if one >= self.cell.from_day}
        rows = self._patterns[self._place[outlet] - 1].days
        fit = rows[rows[:, to] & ~rows[:, day]] if len(rows) else rows
        found = []
        for row in fit:
            wanted = set(np.flatnonzero(row).tolist())
            if len(wanted) != len(ahead):
                continue
            went, came = sorted(ahead - wanted - {day}), sorted(wanted - ahead - {to})
            steps = ((day, to), *zip(went, came, strict=True))
            found.append((len(steps), sum(abs(old - new) for old, new in steps), steps))
        fewest = min((one[0] for one in found), default=0)
        return [steps for count, _, steps in sorted(found) if count == fewest][:MOST_SETS]

    def _made(
        self, outlet: str, steps: tuple[tuple[int, int], ...], forbidden: tuple[Fault, ...]
    ) -> Move:
        """Return the move of some visits of an outlet, each to where it costs the least."""
        place, faults = self._place[outlet], list(forbidden)
        after = {
            (day, manager): places
            for day, routes in enumerate(self.shifts)
            for manager, places in enumerate(routes)
        }
        for old, new in steps:
            faults += [one for one in self._fixed(outlet, old, new) if one not in faults]
            left = next(slot for slot in after if slot[0] == old and place in after[slot])
            after[left] = tuple(one for one in after[left] if one != place)
            put = self._cheapest(place, new, after)
            if put is None:
                faults.append(self._closed(new))
                return self._unmoved(outlet, *steps[0], tuple(faults), steps)
            slot, places = put
            after[slot] = places
        shifts = tuple(
            tuple(after[day, manager] for manager in range(len(routes)))
            for day, routes in enumerate(self.shifts)
        )
        changes = tuple(self._changes(shifts))
        for change in changes:
            faults += [one for one in self._broken(change) if one not in faults]
        return Move(outlet, *steps[0], steps, shifts, changes, tuple(faults))

    def _unmoved(
        self,
        outlet: str,
        day: int,
        to: int,
        faults: tuple[Fault, ...],
        steps: tuple[tuple[int, int], ...] = (),
    ) -> Move:
        return Move(outlet, day, to, steps or ((day, to),), self.shifts, (), faults)

    def _cheapest(
        self, place: int, day: int, routes: dict[Slot, Places]
    ) -> tuple[Slot, Places] | None:
        """Return the route with a visit more whose travel grows the least and whose hours hold.

        Where no place in it keeps the hours, it is that of the least travel; None if nobody who
        may visit the outlet works on the day.
        """
        choices: list[tuple[float, Slot, Places]] = []
        for manager in range(len(self._crew.managers)):
            if not (self._crew.works[day, manager] and self._crew.may_visit[manager, place - 1]):
                continue
            old = routes[day, manager]
            before_s = self._travel_s(manager, old) if old else 0.0
            for at in range(len(old) + 1):
                new = (*old[:at], place, *old[at:])
                choices.append((self._travel_s(manager, new) - before_s, (day, manager), new))
        choices.sort(key=lambda one: one[0])
        for _, slot, places in choices:
            load = self.load(slot, places)
            if load is not None and load.hours_kept:
                return slot, places
        return choices[0][1:] if choices else None

    def _travel_s(self, manager: int, places: Places) -> float:
        start, end = self.cell.base(manager)
        way = np.array((start, *places, end))
        return float(np.nan_to_num(self.cell.travel_s[way[:-1], way[1:]], nan=np.inf).sum())

    def _changes(self, shifts: Shifts) -> Iterator[TourChange]:
        for day, (old, new) in enumerate(zip_longest(self.shifts, shifts)):
            for manager, (before, after) in enumerate(zip(old, new, strict=True)):
                if before != after:
                    slot = (day, manager)
                    loads = self.load(slot, before), self.load(slot, after)
                    yield TourChange(day, manager, *loads, float(self._limit_s[manager]))

    def _broken(self, change: TourChange) -> list[Fault]:
        """Return the rules of a day that a change breaks, or breaks more than before."""
        rules: tuple[Callable[[TourChange], Fault | None], ...] = (
            self._minutes,
            self._calls,
            self._least_calls,
            self._hours,
        )
        return [found for rule in rules if (found := rule(change)) is not None]

    def _minutes(self, change: TourChange) -> Fault | None:
        """A day has no more work than its manager's minutes."""
        before_s = 0.0 if change.before is None else change.before.work_s
        after = change.after
        if after is None or change.over_s <= _ROUNDING_S or after.work_s <= before_s:
            return None
        return fault(
            "cycle.minutes",
            self._named(change.day),
            minutes=after.work_s / 60.0,
            most=change.limit_s / 60.0,
        )

    def _calls(self, change: TourChange) -> Fault | None:
        """A day has no more calls than its manager can make."""
        most = int(self._crew.most_calls[change.manager])
        before = 0 if change.before is None else change.before.stops
        if change.after is None or change.after.stops <= max(most, before):
            return None
        return fault("cycle.calls", self._named(change.day), calls=change.after.stops, most=most)

    def _least_calls(self, change: TourChange) -> Fault | None:
        """A day with visits has as many as its manager should make at the least."""
        least = int(self._crew.least_calls[change.manager])
        before = least if change.before is None else change.before.stops
        if change.after is None or change.after.stops >= min(least, before):
            return None
        return fault(
            "cycle.least_calls", self._named(change.day), calls=change.after.stops, least=least
        )

    def _hours(self, change: TourChange) -> Fault | None:
        """Opening hours, appointments, lunch and the end of the day are kept."""
        kept_before = change.before is None or change.before.hours_kept
        if change.after is None or change.after.hours_kept or not kept_before:
            return None
        return fault("cycle.hours", self._named(change.day))

    def _named(self, day: int) -> str:
        return self._calendar.named(frozenset({day}))


def _sum_of_travel(loads: Iterator[TourLoad | None]) -> float:
    return sum(one.travel_s for one in loads if one is not None)
