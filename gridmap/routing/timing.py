"""When each stop of a day is reached: the earliest times, with windows and lunch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gridmap.policies import WorkingDay, seconds_of
from gridmap.routing.calendar import Intervals

#: Where lunch has no end of its window, it begins within so many seconds, in plans with windows.
LUNCH_WITHIN_S = 7200.0


@dataclass(frozen=True)
class DayTimes:
    """Times of one day in seconds after midnight.

    Attributes
    ----------
    begins_s
        When each visit begins.
    lunch_s
        When lunch begins; None = there is none.
    home_s
        When the manager is back; 0 while not known.
    """

    begins_s: tuple[float, ...]
    lunch_s: float | None
    home_s: float = 0.0


@dataclass(frozen=True)
class _State:
    """The earliest moment at which the manager is free, and what was before."""

    free_s: float
    times: DayTimes


def plain_times(legs_s: Sequence[float], stays_s: Sequence[float], day: WorkingDay) -> DayTimes:
    """Return the times of a day on which nobody asks for an hour.

    Lunch is taken once, as soon as the manager is between two stops at or after `day.lunch_after`.

    Parameters
    ----------
    legs_s
        Seconds of the way to each stop and, last, home.
    stays_s
        Seconds of each visit.
    day
        The working day.
    """
    now, lunch_s = day.start_s, None
    begins = []
    for leg, stay in zip(legs_s[:-1], stays_s, strict=True):
        if lunch_s is None and day.lunch > 0.0 and now >= seconds_of(day.lunch_after):
            lunch_s = now
            now += day.lunch_s
        now += leg
        begins.append(float(now))
        now += stay
    return DayTimes(tuple(begins), lunch_s, float(now + legs_s[-1]))


def windowed_times(
    legs_s: Sequence[float],
    stays_s: Sequence[float],
    windows: Sequence[Intervals],
    day: WorkingDay,
) -> DayTimes | None:
    """Return the earliest times of a day whose visits begin within windows; None = impossible.

    Lunch begins within its own window, before a way or after it; a day that is over before the
    end of that window needs none. For each stop the earliest begin is kept, with and without
    lunch behind it: waiting never makes a later visit possible, so nothing else can be better. Of
    equally early ways the one whose visits are earlier counts.

    Parameters
    ----------
    legs_s
        Seconds of the way to each stop and, last, home.
    stays_s
        Seconds of each visit.
    windows
        When each visit may begin, sorted.
    day
        The working day.
    """
    hungry: _State | None = _State(day.start_s, DayTimes((), None))
    fed: _State | None = None if day.lunch > 0.0 else hungry
    for leg, stay, open_ in zip(legs_s[:-1], stays_s, windows, strict=True):
        fed_ways = [_visit(fed, leg, stay, open_)]
        fed_ways += [_visit(rested, way, stay, open_) for rested, way in _rests(hungry, leg, day)]
        hungry, fed = _visit(hungry, leg, stay, open_), _first(fed_ways)
    home = legs_s[-1]
    ends = [] if fed is None else [(fed.free_s + home, fed.times)]
    ends += [(rested.free_s + way, rested.times) for rested, way in _rests(hungry, home, day)]
    if hungry is not None and hungry.free_s + home <= lunch_window_s(day)[1]:
        ends.append((hungry.free_s + home, hungry.times))
    in_time = [one for one in ends if one[0] <= day.end_s]
    if not in_time:
        return None
    home_s, times = min(in_time, key=lambda one: (one[0], sum(one[1].begins_s)))
    return replace(times, home_s=home_s)


def lunch_window_s(day: WorkingDay) -> tuple[float, float]:
    """Return when lunch may begin, in seconds after midnight."""
    after_s = seconds_of(day.lunch_after)
    if day.lunch_until is None:
        return after_s, after_s + LUNCH_WITHIN_S
    return after_s, seconds_of(day.lunch_until)


def _visit(state: _State | None, leg: float, stay: float, open_: Intervals) -> _State | None:
    """Return the state after the next visit; None if no window is left for it."""
    if state is None:
        return None
    there = state.free_s + leg
    begin = next((max(start, there) for start, end in open_ if there <= end), math.inf)
    if begin == math.inf:
        return None
    times = DayTimes((*state.times.begins_s, begin), state.times.lunch_s)
    return _State(begin + stay, times)


def _rests(hungry: _State | None, leg: float, day: WorkingDay) -> list[tuple[_State, float]]:
    """Return the states after a lunch before and after a way, and what is left of the way."""
    if hungry is None or day.lunch == 0.0:
        return []
    after_s, until_s = lunch_window_s(day)
    found = []
    for gone, left in ((0.0, leg), (leg, 0.0)):
        begin = max(hungry.free_s + gone, after_s)
        if begin <= until_s:
            times = DayTimes(hungry.times.begins_s, begin)
            found.append((_State(begin + day.lunch_s, times), left))
    return found


def _first(states: Sequence[_State | None]) -> _State | None:
    there = [one for one in states if one is not None]
    return min(there, key=lambda one: (one.free_s, sum(one.times.begins_s)), default=None)
