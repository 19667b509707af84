"""Compiled sums over all units for the prices: nearest cells, and their smooth version."""
# (compiled functions take their arguments by place)

from __future__ import annotations

import numpy as np
from numba import njit

from gridmap.partition.problem import Floats, Ints

#: A cell so many temperatures dearer than the cheapest has a share below 2e-11.
_REACH = 25.0


@njit(cache=True, nogil=True)
def nearest_sum(rows: Ints, weight: Floats, seconds: Floats, scale: float, price: Floats) -> float:
    """Return Σ weight · least (seconds / scale + price) over some units."""
    total = 0.0
    for place in range(rows.shape[0]):
        unit = rows[place]
        least = np.inf
        for cell in range(price.shape[0]):
            cost = seconds[unit, cell] / scale + price[cell]
            if cost < least:
                least = cost
        total += weight[place] * least
    return total


@njit(cache=True, nogil=True)
def soft_sum(
    rows: Ints,
    weight: Floats,
    seconds: Floats,
    scale: float,
    price: Floats,
    temperature: float,
    load: Floats,
    shared: Floats,
) -> float:
    """Return Σ weight · soft minimum; add the loads and the products of shares.

    A soft minimum is -T log Σ exp(-cost / T). `load` has shape (n_cells,), `shared`
    (n_cells, n_cells) and is filled below the diagonal and on it.
    """
    n_cells = price.shape[0]
    cost, share = np.empty(n_cells), np.empty(n_cells)
    near = np.empty(n_cells, np.int64)
    inverse = 1.0 / scale
    value = 0.0
    for place in range(rows.shape[0]):
        unit, mass = rows[place], weight[place]
        least = np.inf
        for cell in range(n_cells):
            cost[cell] = seconds[unit, cell] * inverse + price[cell]
            if cost[cell] < least:
                least = cost[cell]
        found, total = 0, 0.0
        limit = least + _REACH * temperature
        for cell in range(n_cells):
            if cost[cell] <= limit:
                share[found] = np.exp((least - cost[cell]) / temperature)
                total += share[found]
                near[found] = cell
                found += 1
        value += mass * (least - temperature * np.log(total))
        for i in range(found):
            part = share[i] / total
            load[near[i]] += mass * part
            for j in range(i + 1):
                shared[near[i], near[j]] += mass * part * share[j] / total
    return value
