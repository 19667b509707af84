"""Loops of the floating catchment areas over the lists of outlets.

Several measures are found in one walk: each is a column, and what a time is worth in it stands
in a row of `worth` for each zone, 0 beyond the measure's own catchment.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmap.scoring.travel_times import Bools, Floats, Ints, Minutes


@njit(cache=True, nogil=True)
def outlet_sums(
    start: Ints,
    outlet: NDArray[np.int32],
    minutes: Minutes,
    part: Bools,
    limits: Floats,
    worth: Floats,
    of_place: Floats,
) -> Floats:
    """Return Σ_i of_place_i worth_ij of each outlet that takes part.

    Shapes: `limits` (n_zones,), `worth` (n_zones, n_measures), `of_place` (n_places, n_measures);
    the answer (n_outlets, n_measures).
    """
    total = np.zeros((len(part), worth.shape[1]))
    for place in range(len(start) - 1):
        zone = 0
        for at in range(start[place], start[place + 1]):
            while zone < len(limits) and minutes[at] > limits[zone]:
                zone += 1
            if zone == len(limits):
                break
            number = outlet[at]
            if part[number]:
                for k in range(worth.shape[1]):
                    total[number, k] += of_place[place, k] * worth[zone, k]
    return total


@njit(cache=True, nogil=True)
def place_sums(
    start: Ints,
    outlet: NDArray[np.int32],
    minutes: Minutes,
    part: Bools,
    limits: Floats,
    worth: Floats,
    of_outlet: Floats,
) -> Floats:
    """Return Σ_j of_outlet_j worth_ij of each place over the outlets that take part.

    Shapes as for `outlet_sums`, `of_outlet` (n_outlets, n_measures); the answer
    (n_places, n_measures).
    """
    total = np.zeros((len(start) - 1, worth.shape[1]))
    for place in range(len(start) - 1):
        zone = 0
        for at in range(start[place], start[place + 1]):
            while zone < len(limits) and minutes[at] > limits[zone]:
                zone += 1
            if zone == len(limits):
                break
            number = outlet[at]
            if part[number]:
                for k in range(worth.shape[1]):
                    total[place, k] += of_outlet[number, k] * worth[zone, k]
    return total
