"""A periodic problem as arrays for the compiled loops, and the room that they work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridmap.routing.periodic import PeriodicProblem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Stands for "no limit"; finite, since excess over it is multiplied by prices.
NO_LIMIT = 1e12
#: Seconds of lateness that a visit by a manager without the skill counts as.
MISFIT = 1e5


class Tables(NamedTuple):
    """The problem; route k is that of manager ``k % n_managers`` on day ``k // n_managers``.

    Attributes
    ----------
    day_list
        Days of each pattern, padded with -1. Shape (n_patterns, most days of a pattern).
    open_days
        Whether any pattern of a place has the day. Shape (n_places, n_days).
    near
        Other places with patterns, nearest first. Shape (n_places, n_near).
    most_load, least_load, most_duration
        Of each route. Shape (n_routes,).
    start, end
        Place of each route's start and end. Shape (n_routes,).
    misfit
        Lateness that a manager's visit counts as. Shape (n_managers, n_places).
    timed
        Whether a route must be walked through to know its waits and lateness.
    one_depot
        Whether all routes start and end at the same place.
    lunch
        (length, after, until) of the break.
    evenness
        (price, mean work, mean load).
    """

    n_places: int
    n_days: int
    n_managers: int
    travel: Floats
    load: Floats
    service: Floats
    most_load: Floats
    least_load: Floats
    most_duration: Floats
    start: Ints
    end: Ints
    near: Ints
    patterns: Bools
    day_list: Ints
    pattern_price: Floats
    first_pattern: Ints
    last_pattern: Ints
    open_days: Bools
    windows: Floats
    misfit: Floats
    lunch: Floats
    evenness: Floats
    timed: bool
    wait_counts: bool
    one_depot: bool


class Work(NamedTuple):
    """A plan in the making, with what makes its changes cheap to judge.

    Attributes
    ----------
    row
        Places of each route; position 0 is its start, position size + 1 its end. Shape
        (n_routes, n_places + 3).
    size
        Visits of each route. Shape (n_routes,).
    travel_to, travel_back, load_to, service_to
        Sums along each route up to a position; `travel_back` goes the other way. As `row`.
    sums
        (travel, load, service, wait, lateness) of each route. Shape (n_routes, 5).
    route_of, position
        Route of each place on each day, -1 = none, and its position. Shape (n_days, n_places).
    chosen
        Pattern of each place. Shape (n_places,).
    scratch
        Room for two routes. Shape (2, n_places + 3).
    clock, changed
        A counter of changes, and its value when each route changed last.
    tried
        Value of the clock when the moves of a place on a day were tried last; place 0 stands for
        the whole day. Shape (n_days, n_places).
    insertion_price, insertion_at, insertion_when
        Cheapest insertion of each place in each route, and the clock then. Shape (n_places,
        n_routes).
    day_price, day_route, day_at
        Room for the cheapest insertion of a place on each day. Shape (n_days,).
    no_day
        Always False. Shape (n_days,).
    order
        Room for places in random order. Shape (n_places,).
    """

    row: Ints
    size: Ints
    travel_to: Floats
    travel_back: Floats
    load_to: Floats
    service_to: Floats
    sums: Floats
    route_of: Ints
    position: Ints
    chosen: Ints
    scratch: Ints
    clock: Ints
    changed: Ints
    tried: Ints
    insertion_price: Floats
    insertion_at: Ints
    insertion_when: Ints
    day_price: Floats
    day_route: Ints
    day_at: Ints
    no_day: Bools
    order: Ints


def tables_of(problem: PeriodicProblem, n_near: int | None = None) -> Tables:
    """Return the arrays of a problem.

    Parameters
    ----------
    n_near
        How many neighbours each place gets; None = all.
    """
    n_days, n_managers = problem.n_days, problem.n_managers
    evenness, lunch = problem.evenness, problem.lunch
    misfit = np.where(problem.may_visit, 0.0, MISFIT)
    windows = problem.windows
    if windows.size == 0:
        windows = np.empty((0, 0, 0, 2))
    same = np.concatenate([problem.start, problem.end])
    return Tables(
        n_places=problem.n_places,
        n_days=n_days,
        n_managers=n_managers,
        travel=np.ascontiguousarray(np.nan_to_num(problem.travel, nan=1e9, posinf=1e9)),
        load=problem.load.astype(np.float64),
        service=problem.service.astype(np.float64),
        most_load=np.minimum(problem.most_load, NO_LIMIT).ravel(),
        least_load=problem.least_load.astype(np.float64).ravel(),
        most_duration=np.minimum(problem.most_duration, NO_LIMIT).ravel(),
        start=np.tile(problem.start, n_days).astype(np.int64),
        end=np.tile(problem.end, n_days).astype(np.int64),
        near=_near(problem, n_near),
        patterns=np.ascontiguousarray(problem.patterns),
        day_list=_day_list(problem.patterns),
        pattern_price=problem.pattern_price.astype(np.float64),
        first_pattern=problem.first_pattern.astype(np.int64),
        last_pattern=problem.last_pattern.astype(np.int64),
        open_days=_open_days(problem),
        windows=np.ascontiguousarray(windows, dtype=np.float64),
        misfit=np.ascontiguousarray(misfit),
        lunch=np.array([lunch.minutes_s, lunch.after_s, min(lunch.until_s, NO_LIMIT)]),
        evenness=np.array([evenness.price, evenness.mean_work_s, evenness.mean_load]),
        timed=problem.timed or bool(misfit.any()),
        wait_counts=problem.wait_counts,
        one_depot=len(np.unique(same)) == 1,
    )


def work_of(tables: Tables) -> Work:
    """Return room for a plan; it holds none yet."""
    n_places, n_days = tables.n_places, tables.n_days
    n_routes = n_days * tables.n_managers
    width = n_places + 3

    def along() -> Floats:
        return np.zeros((n_routes, width))

    return Work(
        row=np.zeros((n_routes, width), dtype=np.int64),
        size=np.zeros(n_routes, dtype=np.int64),
        travel_to=along(),
        travel_back=along(),
        load_to=along(),
        service_to=along(),
        sums=np.zeros((n_routes, 5)),
        route_of=np.full((n_days, n_places), -1, dtype=np.int64),
        position=np.zeros((n_days, n_places), dtype=np.int64),
        chosen=np.full(n_places, -1, dtype=np.int64),
        scratch=np.zeros((2, width), dtype=np.int64),
        clock=np.zeros(1, dtype=np.int64),
        changed=np.zeros(n_routes, dtype=np.int64),
        tried=np.zeros((n_days, n_places), dtype=np.int64),
        insertion_price=np.zeros((n_places, n_routes)),
        insertion_at=np.zeros((n_places, n_routes), dtype=np.int64),
        insertion_when=np.full((n_places, n_routes), -1, dtype=np.int64),
        day_price=np.zeros(n_days),
        day_route=np.zeros(n_days, dtype=np.int64),
        day_at=np.zeros(n_days, dtype=np.int64),
        no_day=np.zeros(n_days, dtype=np.bool_),
        order=np.zeros(n_places, dtype=np.int64),
    )


def _near(problem: PeriodicProblem, n_near: int | None) -> Ints:
    """Return the other places with patterns, nearest (there and back) first."""
    places = np.flatnonzero(problem.last_pattern > problem.first_pattern)
    away = problem.travel + problem.travel.T
    width = max(len(places) - 1, 0)
    near = np.zeros((problem.n_places, width), dtype=np.int64)
    for place in places:
        order = places[np.argsort(away[place, places], kind="stable")]
        near[place] = order[order != place]
    return np.ascontiguousarray(near[:, : n_near or width])


def _day_list(patterns: Bools) -> Ints:
    width = int(patterns.sum(axis=1).max(initial=1))
    days = np.full((len(patterns), max(width, 1)), -1, dtype=np.int64)
    for row, pattern in enumerate(patterns):
        found = np.flatnonzero(pattern)
        days[row, : len(found)] = found
    return days


def _open_days(problem: PeriodicProblem) -> Bools:
    open_days = np.zeros((problem.n_places, problem.n_days), dtype=np.bool_)
    for place in range(problem.n_places):
        rows = slice(problem.first_pattern[place], problem.last_pattern[place])
        open_days[place] = problem.patterns[rows].any(axis=0)
    return open_days
