"""Loops of the floating catchment areas over the lists of outlets."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmap.scoring.travel_times import Bools, Floats, Ints, Minutes


@njit(cache=True, nogil=True)
def choice_sums(
    start: Ints,
    outlet: NDArray[np.int32],
    minutes: Minutes,
    part: Bools,
    limits: Floats,
    weights: Floats,
) -> tuple[Floats, Bools, Bools]:
    """Return Σ_k f_ik, whether there is any k, and whether any is in the list, for each place.

    Shapes (n_places,).
    """
    n_places = len(start) - 1
    total = np.zeros(n_places)
    inside = np.zeros(n_places, dtype=np.bool_)
    listed = np.zeros(n_places, dtype=np.bool_)
    for place in range(n_places):
        zone = 0
        for at in range(start[place], start[place + 1]):
            while zone < len(limits) and minutes[at] > limits[zone]:
                zone += 1
            if part[outlet[at]]:
                listed[place] = True
                if zone < len(limits):
                    total[place] += weights[zone]
                    inside[place] = True
            if zone == len(limits) and listed[place]:
                break
    return total, inside, listed


@njit(cache=True, nogil=True)
def outlet_sums(
    start: Ints,
    outlet: NDArray[np.int32],
    minutes: Minutes,
    part: Bools,
    limits: Floats,
    weights: Floats,
    mass: Floats,
    base: Floats,
    squared: bool,
) -> Floats:
    """Return Σ_i mass_i f_ij / base_i of each outlet, with f_ij² if `squared`.

    Shape (n_outlets,).
    """
    total = np.zeros(len(part))
    for place in range(len(start) - 1):
        zone = 0
        for at in range(start[place], start[place + 1]):
            while zone < len(limits) and minutes[at] > limits[zone]:
                zone += 1
            if zone == len(limits):
                break
            if part[outlet[at]]:
                share = weights[zone] / base[place]
                if squared:
                    share *= weights[zone]
                total[outlet[at]] += mass[place] * share
    return total


@njit(cache=True, nogil=True)
def place_sums(
    start: Ints,
    outlet: NDArray[np.int32],
    minutes: Minutes,
    part: Bools,
    limits: Floats,
    weights: Floats,
    level: Floats,
    base: Floats,
    squared: bool,
) -> Floats:
    """Return Σ_j level_j f_ij / base_i of each place, with f_ij² if `squared`.

    Shape (n_places,).
    """
    total = np.zeros(len(start) - 1)
    for place in range(len(start) - 1):
        zone = 0
        for at in range(start[place], start[place + 1]):
            while zone < len(limits) and minutes[at] > limits[zone]:
                zone += 1
            if zone == len(limits):
                break
            if part[outlet[at]]:
                share = weights[zone] / base[place]
                if squared:
                    share *= weights[zone]
                total[place] += level[outlet[at]] * share
    return total
