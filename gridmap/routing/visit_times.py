"""When on each day a visit may begin, from opening hours, appointments and the working day."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridmap.routing.calendar import Calendar, Intervals, Patterns
from gridmap.routing.crew import crew_of
from gridmap.routing.problem import CellVisits
from gridmap.routing.under_way import remaining_patterns

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VisitTimes:
    """When visits of a cell's outlets may begin.

    Attributes
    ----------
    timed
        Whether the time of day matters at all: some outlet has hours or an appointment, or lunch
        has to begin within a window.
    windows
        ``windows[outlet][day]`` are the intervals in which a visit may begin, in seconds after
        midnight; a visit that begins there is over before the outlet closes and leaves time for
        the way back. Empty if not `timed`.
    open_days
        Days on which a visit has room and somebody works who may make it, holidays excluded.
        Shape (n_outlets, n_days).
    """

    timed: bool
    windows: tuple[tuple[Intervals, ...], ...]
    open_days: Bools


def visit_times(cell: CellVisits, calendar: Calendar) -> VisitTimes:
    """Return when the outlets of a cell may be visited."""
    policy, ids = calendar.policy, cell.outlet_ids
    worked = crew_of(cell, calendar).somebody()
    asked = any(one in policy.outlets and policy.outlets[one].hours for one in ids)
    agreed = any(calendar.appointments(one) for one in ids)
    if not (asked or agreed or (policy.day.lunch > 0.0 and policy.day.lunch_until is not None)):
        return VisitTimes(False, (), worked)
    # Of the manager who is nearest; the walk along a route knows who comes.
    there_s = _least(cell.at_best.there_s)
    back_s = _least(cell.at_best.back_s)
    service_s = cell.service_s(policy)
    earliest = (policy.day.start_s + there_s).tolist()
    latest = (policy.day.end_s - back_s - service_s).tolist()
    windows = tuple(
        tuple(
            _within(_begins(calendar, one, day, float(stay)), first, last)
            for day in range(calendar.n_days)
        )
        for one, first, last, stay in zip(ids, earliest, latest, service_s, strict=True)
    )
    roomy = np.array([[bool(day) for day in days] for days in windows], dtype=bool)
    return VisitTimes(True, windows, roomy.reshape(len(ids), calendar.n_days) & worked)


def cell_patterns(cell: CellVisits, calendar: Calendar, times: VisitTimes) -> tuple[Patterns, ...]:
    """Return the sets of days open to each outlet; none if it is not due or has no way."""
    visits, reachable = cell.visits(calendar.policy), cell.reachable
    by_grade = {
        grade: calendar.grade_patterns(calendar.policy.grade_policy[grade])
        for grade in set(cell.grades)
    }
    none = Patterns(np.zeros((0, calendar.n_days), dtype=bool), np.zeros(0, dtype=np.int64))
    usual = _usual_days(cell, calendar, times)
    changed = usual is not times.open_days
    found = []
    for at, one in enumerate(cell.outlet_ids):
        if visits[at] == 0 or not reachable[at]:
            found.append(none)
            continue
        mine = calendar.outlet_patterns(one, by_grade[cell.grades[at]], usual[at])
        if changed:
            mine = remaining_patterns(
                one,
                calendar.policy.grade_policy[cell.grades[at]].visits,
                mine,
                calendar=calendar,
                last=cell.last,
                open_days=times.open_days[at] & calendar.may_visit(one),
            )
        found.append(_held(cell, one, mine))
    return tuple(found)


def _held(cell: CellVisits, outlet: str, patterns: Patterns) -> Patterns:
    """Return the sets of days that leave held visits, and days that are shut, as they are.

    Where none does, since the outlet has other days than it should, its days of the last plan.
    """
    if not (cell.held or cell.shut):
        return patterns
    n_days = patterns.days.shape[1]
    held, shut = np.zeros(n_days, dtype=bool), np.zeros(n_days, dtype=bool)
    held[list(cell.held.get(outlet, ()))] = True
    shut[list(cell.shut)] = True
    fit = patterns.days[:, held].all(axis=1) & ~(patterns.days & shut & ~held).any(axis=1)
    if not fit.any() and cell.last is not None and outlet in cell.last.days:
        days = np.zeros((1, n_days), dtype=bool)
        days[0, [day for day in cell.last.days[outlet] if day >= cell.from_day]] = True
        return Patterns(days, np.zeros(1, dtype=np.int64))
    return Patterns(patterns.days[fit], patterns.skipped[fit])


def _usual_days(cell: CellVisits, calendar: Calendar, times: VisitTimes) -> Bools:
    """Return the open days as if nobody were on leave, and all days that are over.

    Shape (n_outlets, n_days).
    """
    crew = calendar.policy.managers
    if not cell.from_day and not any(one.leave for one in crew):
        return times.open_days
    there = tuple(one.model_copy(update={"leave": ()}) for one in crew)
    usual = Calendar(calendar.policy.model_copy(update={"managers": there}))
    open_days = visit_times(replace(cell, last=None), usual).open_days.copy()
    open_days[:, : cell.from_day] = True
    return open_days


def _least(way_s: Floats) -> Floats:
    """Return the least entry of each column; 0 where there is none."""
    least_s = np.nan_to_num(way_s, nan=np.inf).min(axis=0, initial=np.inf)
    return np.where(np.isfinite(least_s), least_s, 0.0)


def _begins(calendar: Calendar, outlet: str, day: int, stay_s: float) -> Intervals | None:
    """Return when a visit may begin by the outlet alone; None = always."""
    agreed = calendar.appointments(outlet).get(day)
    if agreed is not None:
        return (agreed,)
    hours = calendar.hours(outlet, day)
    if hours is None:
        return None
    return tuple((start, end - stay_s) for start, end in hours if end - stay_s >= start)


def _within(begins: Intervals | None, first: float, last: float) -> Intervals:
    if begins is None:
        begins = ((first, last),)
    cut = ((max(start, first), min(end, last)) for start, end in begins)
    return tuple((start, end) for start, end in cut if start <= end)
