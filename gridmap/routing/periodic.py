"""The periodic routing problem: what the engine of visit routing solves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lunch:
    """A break that each day has once, between two stops.

    Attributes
    ----------
    minutes_s
        Its length in seconds; 0 = none.
    after_s, until_s
        It begins within this window, in seconds after midnight. A day that ends before `until_s`
        needs none.
    """

    minutes_s: float = 0.0
    after_s: float = 0.0
    until_s: float = np.inf


@dataclass(frozen=True, eq=False)
class Evenness:
    """The price of days that differ.

    A day costs ``price · ((work / mean_work_s - 1)² + (load / mean_load - 1)²)``, where work is
    travel and service together.
    """

    price: float = 0.0
    mean_work_s: float = 1.0
    mean_load: float = 1.0


@dataclass(frozen=True, eq=False)
class PeriodicProblem:
    """Visits to places on the days of a cycle, by one or more managers a day.

    Every place chooses one *pattern*, a set of days, from its own list; each day's visits are
    then made on at most one route a manager. Units are seconds for a cell; any other unit does as
    well, as long as travel, service, windows and limits share it. The
    starts and ends of routes are places whose list of patterns is empty.

    Attributes
    ----------
    travel
        From place to place; need not be symmetric. Shape (n_places, n_places).
    service, load
        Of one visit; load is a call each in a cell, goods elsewhere. Shape (n_places,).
    patterns
        Days of each pattern. Shape (n_patterns, n_days).
    pattern_price
        What choosing a pattern costs besides travel: leaving a place out (a pattern without a
        day), or leaving the days of the last plan. Shape (n_patterns,).
    first_pattern, last_pattern
        Patterns of each place are the rows ``first_pattern:last_pattern``. Shape (n_places,).
    start, end
        Place where each manager's routes start and end. Shape (n_managers,).
    most_load, least_load, most_duration
        Limits of each route; ``inf`` = none; `most_load` 0 = the manager does not work that day;
        `least_load` holds for routes with a visit. Shape (n_days, n_managers).
    may_visit
        Which manager may visit which place. Shape (n_managers, n_places).
    windows
        Intervals in which a visit may begin, sorted, padded by the last one. Empty = always.
        The windows of a start are when its routes may leave, of an end when they may arrive.
        Shape (n_places, n_days, n_windows, 2).
    lunch, evenness
        See there.
    wait_counts
        Whether waiting is part of a route's duration, and the route leaves as late as it can.
    """

    travel: Floats
    service: Floats
    load: Floats
    patterns: Bools
    pattern_price: Floats
    first_pattern: Ints
    last_pattern: Ints
    start: Ints
    end: Ints
    most_load: Floats
    least_load: Floats
    most_duration: Floats
    may_visit: Bools
    windows: Floats
    lunch: Lunch = field(default_factory=Lunch)
    evenness: Evenness = field(default_factory=Evenness)
    wait_counts: bool = False

    @property
    def n_places(self) -> int:
        """Places, starts and ends among them."""
        return len(self.service)

    @property
    def n_days(self) -> int:
        """Days of the cycle."""
        return int(self.patterns.shape[1])

    @property
    def n_managers(self) -> int:
        """Routes that a day may have."""
        return len(self.start)

    @property
    def timed(self) -> bool:
        """Whether the time of day matters: windows or a lunch."""
        return self.windows.size > 0 or self.lunch.minutes_s > 0.0

    @property
    def symmetric(self) -> bool:
        """Whether every way takes as long as the way back."""
        return bool((self.travel == self.travel.T).all())


@dataclass(frozen=True, eq=False)
class PeriodicPlan:
    """A solution: which places on which day and route, in order.

    Attributes
    ----------
    days
        ``days[day][manager]`` are the places of a route in order, without start and end.
    pattern
        Chosen row of `patterns` of each place, -1 for starts and ends. Shape (n_places,).
    travel
        All travel.
    cost
        Travel, prices of patterns and unevenness.
    """

    days: tuple[tuple[tuple[int, ...], ...], ...]
    pattern: Ints
    travel: float
    cost: float
