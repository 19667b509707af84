"""When each stop of a day is reached: the earliest times, with windows and lunch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gridmap.policies import WorkingDay, seconds_of
from gridmap.routing.calendar import Intervals
from gridmap.routing.legs import Leg, PeriodLeg, arrive

#: Where lunch has no end of its window, it begins within so many seconds, in plans with windows.
LUNCH_WITHIN_S = 7200.0
#: What is left of a way that was gone before lunch. Known by identity: a way may take no time.
ARRIVED = PeriodLeg((0.0,), (0.0,))


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
    ways_s
        Seconds that each way took, the last one home.
    """

    begins_s: tuple[float, ...]
    lunch_s: float | None
    home_s: float = 0.0
    ways_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class _State:
    """The earliest moment at which the manager is free, and what was before."""

    free_s: float
    times: DayTimes


def plain_times(legs: Sequence[Leg], stays_s: Sequence[float], day: WorkingDay) -> DayTimes:
    """Return the times of a day on which nobody asks for an hour.

    Lunch is taken once, as soon as the manager is between two stops at or after `day.lunch_after`.

    Parameters
    ----------
    legs
        The way to each stop and, last, home.
    stays_s
        Seconds of each visit.
    day
        The working day.
    """
    now, lunch_s = day.start_s, None
    begins, ways = [], []
    for leg, stay in zip(legs[:-1], stays_s, strict=True):
        if lunch_s is None and day.lunch > 0.0 and now >= seconds_of(day.lunch_after):
            lunch_s = now
            now += day.lunch_s
        there = arrive(leg, now)
        ways.append(there - now)
        begins.append(float(there))
        now = there + stay
    home_s = float(arrive(legs[-1], now))
    return DayTimes(tuple(begins), lunch_s, home_s, (*ways, home_s - now))


def windowed_times(
    legs: Sequence[Leg],
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
    legs
        The way to each stop and, last, home.
    stays_s
        Seconds of each visit.
    windows
        When each visit may begin, sorted.
    day
        The working day.
    """
    hungry: _State | None = _State(day.start_s, DayTimes((), None))
    fed: _State | None = None if day.lunch > 0.0 else hungry
    for leg, stay, open_ in zip(legs[:-1], stays_s, windows, strict=True):
        fed_ways = [_visit(fed, leg, stay, open_)]
        fed_ways += [_visit(rested, way, stay, open_) for rested, way in _rests(hungry, leg, day)]
        hungry, fed = _visit(hungry, leg, stay, open_), _first(fed_ways)
    home = legs[-1]
    ends = [] if fed is None else [_end(fed, home)]
    ends += [_end(rested, way) for rested, way in _rests(hungry, home, day)]
    if hungry is not None and arrive(home, hungry.free_s) <= lunch_window_s(day)[1]:
        ends.append(_end(hungry, home))
    in_time = [one for one in ends if one.home_s <= day.end_s]
    if not in_time:
        return None
    return min(in_time, key=lambda one: (one.home_s, sum(one.begins_s)))


def lunch_window_s(day: WorkingDay) -> tuple[float, float]:
    """Return when lunch may begin, in seconds after midnight."""
    after_s = seconds_of(day.lunch_after)
    if day.lunch_until is None:
        return after_s, after_s + LUNCH_WITHIN_S
    return after_s, seconds_of(day.lunch_until)


def _visit(state: _State | None, leg: Leg, stay: float, open_: Intervals) -> _State | None:
    """Return the state after the next visit; None if no window is left for it."""
    if state is None:
        return None
    there = arrive(leg, state.free_s)
    begin = next((max(start, there) for start, end in open_ if there <= end), math.inf)
    if begin == math.inf:
        return None
    gone = _gone(state.times, leg, there - state.free_s)
    return _State(begin + stay, replace(gone, begins_s=(*gone.begins_s, begin)))


def _rests(hungry: _State | None, leg: Leg, day: WorkingDay) -> list[tuple[_State, Leg]]:
    """Return the states after a lunch before and after a way, and what is left of the way."""
    if hungry is None or day.lunch == 0.0:
        return []
    after_s, until_s = lunch_window_s(day)
    there = arrive(leg, hungry.free_s)
    # ARRIVED is no way at all: what the way took is noted before the lunch.
    choices: tuple[tuple[float, DayTimes, Leg], ...] = (
        (hungry.free_s, hungry.times, leg),
        (there, _gone(hungry.times, leg, there - hungry.free_s), ARRIVED),
    )
    found: list[tuple[_State, Leg]] = []
    for free_s, times, left in choices:
        begin = max(free_s, after_s)
        if begin <= until_s:
            found.append((_State(begin + day.lunch_s, replace(times, lunch_s=begin)), left))
    return found


def _end(state: _State, home: Leg) -> DayTimes:
    """Return the times of a day whose last way is left."""
    home_s = arrive(home, state.free_s)
    return replace(_gone(state.times, home, home_s - state.free_s), home_s=home_s)


def _gone(times: DayTimes, leg: Leg, way_s: float) -> DayTimes:
    """Return the times with a way noted, unless it was gone and noted before a lunch."""
    return times if leg is ARRIVED else replace(times, ways_s=(*times.ways_s, way_s))


def _first(states: Sequence[_State | None]) -> _State | None:
    there = [one for one in states if one is not None]
    return min(there, key=lambda one: (one.free_s, sum(one.times.begins_s)), default=None)
