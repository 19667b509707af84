"""Loops over the lists of outlets when some close and others open."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmap.scoring.travel_times import Bools, Floats, Ints, Minutes


@njit(cache=True, nogil=True)
def merged_lists(
    start: Ints,
    outlet: NDArray[np.int32],
    minutes: Minutes,
    stays: Bools,
    added_min: Minutes,
    number: Ints,
    cap_min: float,
    most: int,
) -> tuple[Ints, NDArray[np.int32], Minutes]:
    """Return lists without the outlets that do not stay and with those added.

    Parameters
    ----------
    start, outlet, minutes
        The lists, see `TravelTimes`.
    stays
        By number of outlet.
    added_min
        Minutes of added outlets. Shape (n_places, n_added).
    number
        Numbers of the added outlets, ascending and above all others. Shape (n_added,).
    cap_min, most
        What lists hold at most.
    """
    n_places, n_added = len(start) - 1, len(number)
    size = len(outlet) + n_places * n_added
    new_start = np.zeros(n_places + 1, dtype=np.int64)
    new_outlet = np.empty(size, dtype=np.int32)
    new_minutes = np.empty(size, dtype=minutes.dtype)
    fill = 0
    for place in range(n_places):
        begin = fill
        for at in range(start[place], start[place + 1]):
            if stays[outlet[at]]:
                new_outlet[fill], new_minutes[fill] = outlet[at], minutes[at]
                fill += 1
        for k in range(n_added):
            time = added_min[place, k]
            if not (np.isfinite(time) and time <= cap_min):
                continue
            at = fill
            while at > begin and new_minutes[at - 1] > time:
                new_outlet[at], new_minutes[at] = new_outlet[at - 1], new_minutes[at - 1]
                at -= 1
            new_outlet[at], new_minutes[at] = number[k], time
            fill += 1
        fill = min(fill, begin + most)
        new_start[place + 1] = fill
    return new_start, new_outlet[:fill].copy(), new_minutes[:fill].copy()


@njit(cache=True, nogil=True)
def lists_of(
    start: Ints, outlet: NDArray[np.int32], minutes: Minutes, places: Ints
) -> tuple[Ints, NDArray[np.int32], Minutes]:
    """Return the lists of some places."""
    new_start = np.zeros(len(places) + 1, dtype=np.int64)
    for k in range(len(places)):
        new_start[k + 1] = new_start[k] + start[places[k] + 1] - start[places[k]]
    new_outlet = np.empty(new_start[-1], dtype=np.int32)
    new_minutes = np.empty(new_start[-1], dtype=minutes.dtype)
    for k in range(len(places)):
        fill = new_start[k]
        for at in range(start[places[k]], start[places[k] + 1]):
            new_outlet[fill], new_minutes[fill] = outlet[at], minutes[at]
            fill += 1
    return new_start, new_outlet, new_minutes


@njit(cache=True, nogil=True)
def places_with(
    start: Ints, outlet: NDArray[np.int32], minutes: Minutes, wanted: Bools, limit_min: float
) -> Bools:
    """Return which places have a wanted outlet in their list within a time."""
    found = np.zeros(len(start) - 1, dtype=np.bool_)
    for place in range(len(start) - 1):
        for at in range(start[place], start[place + 1]):
            if minutes[at] > limit_min:
                break
            if wanted[outlet[at]]:
                found[place] = True
                break
    return found


@njit(cache=True, nogil=True)
def first_of(
    start: Ints, outlet: NDArray[np.int32], minutes: Minutes, mine: Bools
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return how many outlets of a set each place lists, the first, its time and the second's.

    At most two are counted; -1 and infinite where there is none.
    """
    n_places = len(start) - 1
    count = np.zeros(n_places, dtype=np.int64)
    number = np.full(n_places, -1, dtype=np.int64)
    first = np.full(n_places, np.inf)
    second = np.full(n_places, np.inf)
    for place in range(n_places):
        for at in range(start[place], start[place + 1]):
            if not mine[outlet[at]]:
                continue
            count[place] += 1
            if count[place] == 2:
                second[place] = minutes[at]
                break
            number[place], first[place] = outlet[at], minutes[at]
    return count, number, first, second
