"""The days of a cycle: their dates, holidays, and the sets of days open to an outlet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import GradePolicy, OutletVisits, RoutingPolicy
from gridmap.routing.visits import spaced_patterns, visit_patterns
from gridmap.visit_checks import dated_day
from gridmap.weekly import WEEKDAYS, WeekDay, cycle_days, opening_hours

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Days = frozenset[int]
Intervals = tuple[tuple[float, float], ...]

#: What an outlet asks for that nothing is said about.
NOTHING_ASKED = OutletVisits()


@dataclass(frozen=True, eq=False)
class Patterns:
    """Sets of cycle days on which one outlet may be visited.

    Attributes
    ----------
    days
        One set a row. Shape (n_patterns, n_days).
    skipped
        Visits that each set lacks because they fell on holidays. Shape (n_patterns,).
    """

    days: Bools
    skipped: Ints

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True, eq=False)
class Calendar:
    """The cycle of a policy, its working days counted from 0."""

    policy: RoutingPolicy

    @property
    def n_days(self) -> int:
        """Working days of the cycle, holidays among them."""
        return self.policy.cycle_days

    def week_day(self, day: int) -> WeekDay:
        """Return week and weekday, both from 1, of a cycle day."""
        week, position = divmod(day, len(self.policy.working_days))
        return week + 1, self.policy.working_days[position]

    def date_of(self, day: int) -> date | None:
        """Return the date of a cycle day; None if the cycle has no start."""
        if self.policy.cycle_start is None:
            return None
        week, weekday = self.week_day(day)
        return self.policy.cycle_start + timedelta(days=7 * (week - 1) + weekday - 1)

    def day_of(self, when: date) -> int | None:
        """Return the cycle day of a date; None if it is outside the cycle or not worked."""
        found = self.days_of(when.isoformat())
        return next(iter(found), None)

    def days_of(self, text: str) -> Days:
        """Return the working days that a text such as ``1,3:Mo``, or a date, names."""
        return self._numbers(dated_day(text, self.policy))

    @cached_property
    def holidays(self) -> Days:
        """Cycle days on which nobody is visited."""
        return frozenset().union(*(self.days_of(text) for text in self.policy.holidays))

    @property
    def open_days(self) -> int:
        """Days of the cycle on which visits are made."""
        return self.n_days - len(self.holidays)

    def shifted(self, days: Iterable[int]) -> tuple[Days, int]:
        """Return days without holidays, moved as the policy says, and how many have no place.

        Holidays are dealt with in the order of the days; each visit goes to a working day on
        which the outlet has no other.
        """
        wanted = set(days)
        kept, skipped = wanted - self.holidays, 0
        for holiday in sorted(wanted & self.holidays):
            free = [d for d in range(self.n_days) if d not in self.holidays and d not in kept]
            if free and self.policy.holiday_shift != "skip":
                kept.add(min(free, key=partial(self._distance, holiday)))
            else:
                skipped += 1
        return frozenset(kept), skipped

    def named(self, days: Days) -> str:
        """Return days as people write them, such as ``Mo,We; 2:Fr``."""
        weeks_of: dict[int, list[int]] = {}
        for day in sorted(days):
            week, weekday = self.week_day(day)
            weeks_of.setdefault(weekday, []).append(week)
        together: dict[tuple[int, ...], list[str]] = {}
        for weekday, weeks in sorted(weeks_of.items()):
            together.setdefault(tuple(weeks), []).append(WEEKDAYS[weekday - 1])
        every = tuple(range(1, self.policy.weeks + 1))
        return "; ".join(
            ",".join(names) if weeks == every else f"{','.join(map(str, weeks))}:{','.join(names)}"
            for weeks, names in together.items()
        )

    def grade_patterns(self, grade: GradePolicy) -> Patterns:
        """Return the sets of days that a grade allows, without holidays."""
        if grade.patterns:
            return self._shifted_patterns([self.days_of(text) for text in grade.patterns])
        if grade.least_gap or grade.most_gap:
            rows = spaced_patterns(
                grade.visits, self.n_days, grade.least_gap or 1, grade.most_gap or self.n_days
            )
        else:
            policy = self.policy
            rows = visit_patterns(grade.visits, policy.weeks, len(policy.working_days))
        return self._shifted_patterns([frozenset(row.tolist()) for row in rows])

    def outlet_patterns(self, outlet: str, general: Patterns, open_days: Bools) -> Patterns:
        """Return the sets of days open to an outlet: those of its grade, or its fixed visits.

        Each lies within the days on which the outlet may be visited, and has the days of its
        appointments.

        Parameters
        ----------
        outlet
            Its id.
        general
            What its grade allows.
        open_days
            On which days its hours and the way there leave room for a visit. Shape (n_days,).
        """
        asked = self.policy.outlets.get(outlet, NOTHING_ASKED)
        if asked.fixed_visits:
            fixed = cycle_days(asked.fixed_visits, self.policy.weeks)
            general = self._shifted_patterns([self._numbers(fixed)])
        agreed = np.zeros(self.n_days, dtype=bool)
        agreed[list(self.appointments(outlet))] = True
        may = (self._may_visit(asked) & open_days) | (agreed & open_days)
        fit = ~(general.days & ~may).any(axis=1) & ~(agreed & ~general.days).any(axis=1)
        return Patterns(general.days[fit], general.skipped[fit])

    def appointments(self, outlet: str) -> dict[int, tuple[float, float]]:
        """Return the window of each day on which an outlet has an appointment."""
        return self._agreed.get(outlet, {})

    def hours(self, outlet: str, day: int) -> Intervals | None:
        """Return when an outlet is open on a day, in seconds; None = always."""
        asked = self.policy.outlets.get(outlet, NOTHING_ASKED)
        if not asked.hours:
            return None
        return opening_hours(asked.hours)[self.week_day(day)[1] - 1]

    @cached_property
    def _agreed(self) -> dict[str, dict[int, tuple[float, float]]]:
        found: dict[str, dict[int, tuple[float, float]]] = {}
        for one in self.policy.appointments:
            for day in self.days_of(one.day):
                found.setdefault(one.outlet, {})[day] = one.window_s
        return found

    def may_visit(self, outlet: str) -> Bools:
        """Return the days that an outlet wants, and those agreed upon. Shape (n_days,)."""
        may = self._may_visit(self.policy.outlets.get(outlet, NOTHING_ASKED))
        may[list(self.appointments(outlet))] = True
        return may

    def _may_visit(self, asked: OutletVisits) -> Bools:
        may = np.ones(self.n_days, dtype=bool)
        if asked.visit_days:
            only = self._numbers(cycle_days(asked.visit_days, self.policy.weeks))
            may[[day for day in range(self.n_days) if day not in only]] = False
        if asked.no_visit_days:
            may[list(self._numbers(cycle_days(asked.no_visit_days, self.policy.weeks)))] = False
        return may

    def _numbers(self, days: Iterable[WeekDay]) -> Days:
        position = {weekday: at for at, weekday in enumerate(self.policy.working_days)}
        per_week = len(position)
        return frozenset(
            (week - 1) * per_week + position[weekday]
            for week, weekday in days
            if weekday in position
        )

    def _distance(self, holiday: int, day: int) -> tuple[bool, int, int]:
        """Return how far from a holiday a day is, for the choice of the best one."""
        shift = self.policy.holiday_shift
        wrong_way = (shift == "before" and day > holiday) or (shift == "after" and day < holiday)
        return wrong_way, abs(day - holiday), day

    def _shifted_patterns(self, patterns: Sequence[Days]) -> Patterns:
        """Return patterns without holidays, each set once with the fewest skipped visits.

        No outlet is skipped altogether as long as there is another set.
        """
        least: dict[Days, int] = {}
        for pattern in patterns:
            days, skipped = self.shifted(pattern) if self.holidays else (pattern, 0)
            least[days] = min(skipped, least.get(days, skipped))
        if len(least) > 1:
            least.pop(frozenset(), None)
        rows = np.zeros((len(least), self.n_days), dtype=bool)
        for row, days in enumerate(least):
            rows[row, list(days)] = True
        return Patterns(rows, np.array(list(least.values()), dtype=np.int64))
