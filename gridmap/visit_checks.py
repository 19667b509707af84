"""Whether the days that a routing policy names can be read and kept, with all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gridmap.errors import Fault, fault
from gridmap.weekly import WeekDay, cycle_days, opening_hours

if TYPE_CHECKING:
    from gridmap.policies import RoutingPolicy

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def policy_faults(policy: RoutingPolicy) -> list[Fault]:
    """Return what is wrong with the days, hours and patterns of a policy, by key."""
    return [one for rule in _RULES for one in rule(policy)]


def dated_day(text: str, policy: RoutingPolicy) -> frozenset[WeekDay]:
    """Return the days of the cycle that a text or a date names; none for a date outside of it.

    Raises
    ------
    ValueError
        If it cannot be read, or is a date and the cycle has no start.
    """
    if not DATE.fullmatch(text.strip()):
        return cycle_days(text, policy.weeks)
    if policy.cycle_start is None:
        raise ValueError(text)
    since = (date.fromisoformat(text.strip()) - policy.cycle_start) // timedelta(days=1)
    week, weekday = divmod(since, 7)
    return frozenset({(week + 1, weekday + 1)} if 0 <= week < policy.weeks else ())


def _start(policy: RoutingPolicy) -> Iterator[Fault]:
    if policy.cycle_start is not None and policy.cycle_start.isoweekday() != 1:
        yield fault("visits.start_not_monday", "cycle_start", found=policy.cycle_start)


def _grades(policy: RoutingPolicy) -> Iterator[Fault]:
    for name, grade in policy.grade_policy.items():
        where = f"grade_policy.{name}"
        if grade.patterns and (grade.least_gap or grade.most_gap):
            yield fault("visits.patterns_and_gaps", where)
        if grade.least_gap and grade.most_gap and grade.least_gap > grade.most_gap:
            yield fault("visits.gaps_crossed", where, least=grade.least_gap, most=grade.most_gap)
        elif grade.visits and (
            (grade.least_gap or 0) * grade.visits > policy.cycle_days
            or (grade.most_gap or policy.cycle_days) * grade.visits < policy.cycle_days
        ):
            days = policy.cycle_days
            yield fault("visits.gaps_impossible", where, visits=grade.visits, days=days)
        for text in grade.patterns:
            named, wrong = _read(text, where, policy)
            yield from wrong
            worked = {one for one in named if one[1] in policy.working_days}
            if not wrong and (len(named) != grade.visits or worked != named):
                count, visits = len(worked), grade.visits
                yield fault("visits.pattern_count", where, found=text, count=count, visits=visits)


def _holidays(policy: RoutingPolicy) -> Iterator[Fault]:
    for text in policy.holidays:
        yield from _read(text, "holidays", policy)[1]


def _outlets(policy: RoutingPolicy) -> Iterator[Fault]:
    for outlet, asked in policy.outlets.items():
        where = f"outlets.{outlet}"
        if asked.hours:
            try:
                opening_hours(asked.hours)
            except ValueError as error:
                yield fault("visits.hours_unreadable", f"{where}.hours", found=error)
        for key in ("visit_days", "no_visit_days", "fixed_visits"):
            text = getattr(asked, key)
            if not text:
                continue
            days, wrong = _read(text, f"{where}.{key}", policy, dated=False)
            yield from wrong
            idle = {one for one in days if one[1] not in policy.working_days}
            if key == "fixed_visits" and idle:
                yield fault("visits.not_worked", f"{where}.{key}", found=text)


def _appointments(policy: RoutingPolicy) -> Iterator[Fault]:
    seen: set[tuple[str, WeekDay]] = set()
    holidays = {day for text in policy.holidays for day in _read(text, "", policy)[0]}
    for number, one in enumerate(policy.appointments, 1):
        where = f"appointments[{number}]"
        days, wrong = _read(one.day, where, policy)
        yield from wrong
        if wrong:
            continue
        if len(days) != 1:
            yield fault("visits.not_one_day", where, found=one.day, count=len(days))
            continue
        (day,) = days
        if day[1] not in policy.working_days or day in holidays:
            yield fault("visits.not_worked", where, found=one.day)
        if (one.outlet, day) in seen:
            yield fault("visits.appointment_twice", where, outlet=one.outlet, found=one.day)
        seen.add((one.outlet, day))
        if one.end < one.start or one.start >= policy.day.end or one.end < policy.day.start:
            yield fault("visits.window_outside_day", where, start=one.start, end=one.end)


def _managers(policy: RoutingPolicy) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for number, one in enumerate(policy.managers, 1):
        where = f"managers[{number}]"
        if one.days:
            days, wrong = _read(one.days, f"{where}.days", policy, dated=False)
            yield from wrong
            if not wrong and not any(day[1] in policy.working_days for day in days):
                yield fault("visits.not_worked", f"{where}.days", found=one.days)
        for text in one.leave:
            yield from _read(text, f"{where}.leave", policy)[1]
        if (one.name, one.centre) in seen or (one.name, "") in seen:
            yield fault("visits.manager_twice", where, name=one.name)
        seen.add((one.name, one.centre))
        for key, place in (("start", one.start), ("end", one.end)):
            if not isinstance(place, str) and not _on_earth(*place):
                found = f"{place[0]}, {place[1]}"
                yield fault("visits.place_off_earth", f"{where}.{key}", found=found)
        least = policy.day.min_calls if one.min_calls is None else one.min_calls
        most = policy.day.max_calls if one.max_calls is None else one.max_calls
        if least > most:
            yield fault("visits.calls_crossed", where, least=least, most=most)


def _on_earth(lon: float, lat: float) -> bool:
    return -180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0


def _skills(policy: RoutingPolicy) -> Iterator[Fault]:
    known = {skill for one in policy.managers for skill in one.skills}
    for number, one in enumerate(policy.skills, 1):
        where = f"skills[{number}]"
        if one.skill not in known:
            yield fault("visits.skill_of_nobody", where, skill=one.skill)
        unknown = [grade for grade in one.grades if grade not in policy.grade_policy]
        if unknown:
            listed = ", ".join(policy.grade_policy)
            yield fault("visits.grades_unknown", where, grades=", ".join(unknown), known=listed)
        if not one.grades and not one.kinds:
            yield fault("visits.need_of_nobody", where, skill=one.skill)


def _read(
    text: str, where: str, policy: RoutingPolicy, *, dated: bool = True
) -> tuple[frozenset[WeekDay], list[Fault]]:
    read: Callable[[], frozenset[WeekDay]] = (
        (lambda: dated_day(text, policy)) if dated else (lambda: cycle_days(text, policy.weeks))
    )
    try:
        return read(), []
    except ValueError:
        if dated and DATE.fullmatch(text.strip()) and policy.cycle_start is None:
            return frozenset(), [fault("visits.date_without_start", where, found=text)]
        return frozenset(), [fault("visits.days_unreadable", where, found=text, weeks=policy.weeks)]


_RULES: tuple[Callable[[RoutingPolicy], Iterator[Fault]], ...] = (
    _start, _grades, _holidays, _outlets, _appointments, _managers, _skills,
)  # fmt: skip
