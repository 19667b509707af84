"""What the compiled inner loops of the search share: the world, the state, and what moves cost.

Workloads count in mean loads, times in seconds, costs in mean loads · seconds; so a cell has a
load of about 1 in each workload. Loads are held in bands by an augmented Lagrangian: a price and
a quadratic penalty each.

Loops take arrays and not the tuples that hold them: each look into a tuple counts a reference,
which in the innermost loop costs more than the arithmetic.
"""
# (compiled functions take their arguments by place)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmap.partition.problem import Bools, Floats, Ints

Costs = NDArray[np.float32]

#: A unit whose leaving would break its cell in more pieces than this stays where it is.
MOST_PIECES = 12
#: Columns of the ledger.
LOAD, PRICE, LOW, HIGH = 0, 1, 2, 3


class World(NamedTuple):
    """What stays as it is during one anneal.

    Attributes
    ----------
    indptr, indices, cut_cost
        Neighbours of each unit, and what it costs to cut each arc (both directions are listed).
    place_cost
        Travel and change of each unit in each cell; infinite where it may not go.
        Shape (n_units, n_cells).
    weights
        Workloads. Shape (n_units, n_workloads).
    held, centre_unit
        Which units never move, and the units of the centres.
    """

    indptr: Ints
    indices: Ints
    cut_cost: Floats
    place_cost: Costs
    weights: Floats
    held: Bools
    centre_unit: Ints


class State(NamedTuple):
    """What the anneal changes in place.

    Attributes
    ----------
    label
        Cell of each unit.
    ledger
        Load, price, least and most load of each cell and workload.
        Shape (n_cells, n_workloads, 4).
    stiffness
        Of each workload's penalty. Shape (n_workloads,).
    rim, rim_start
        Units beside another cell, sorted by cell, and where each cell's begin. Shapes (n_units,)
        and (n_cells + 1,).
    mark, owner, group, open, queue, piece, cut, tried, before
        Working memory; make it with `new_state`.
    """

    label: Ints
    ledger: Floats
    stiffness: Floats
    rim: Ints
    rim_start: Ints
    mark: Ints
    owner: Ints
    group: Ints
    open: Ints
    queue: Ints
    piece: Ints
    cut: Ints
    tried: Bools
    before: Floats


def new_state(label: Ints, ledger: Floats, indptr: Ints) -> State:
    """Return a state with working memory; the arrays given are changed in place later."""
    n_units, n_cells = len(label), len(ledger)
    most_neighbours = int(np.diff(indptr).max(initial=0))
    return State(
        label,
        ledger,
        stiffness=np.ones(ledger.shape[1]),
        rim=np.zeros(n_units, dtype=np.int64),
        rim_start=np.zeros(n_cells + 1, dtype=np.int64),
        # Stamps begin above 0.
        mark=np.zeros(n_units, dtype=np.int64),
        owner=np.zeros(n_units, dtype=np.int64),
        group=np.zeros(most_neighbours + 1, dtype=np.int64),
        open=np.zeros(most_neighbours + 1, dtype=np.int64),
        queue=np.zeros(n_units + 1, dtype=np.int64),
        piece=np.zeros(n_units + 1, dtype=np.int64),
        cut=np.zeros(MOST_PIECES + 2, dtype=np.int64),
        tried=np.zeros(n_cells, dtype=np.bool_),
        before=np.zeros_like(ledger),
    )


@njit(cache=True, nogil=True)
def excess_cost(load: float, price: float, low: float, high: float, stiffness: float) -> float:
    """Augmented Lagrangian of one load in a band: half stiffness times squared excess."""
    shifted = load + price / stiffness
    if shifted > high:
        over = shifted - high
    elif shifted < low:
        over = low - shifted
    else:
        return 0.0
    return 0.5 * stiffness * over * over


@njit(cache=True, nogil=True)
def load_cost(cell: int, ledger: Floats, stiffness: Floats) -> float:
    """Cost of a cell's present loads."""
    total = 0.0
    for q in range(ledger.shape[1]):
        total += excess_cost(
            ledger[cell, q, LOAD],
            ledger[cell, q, PRICE],
            ledger[cell, q, LOW],
            ledger[cell, q, HIGH],
            stiffness[q],
        )
    return total


@njit(cache=True, nogil=True)
def load_change_cost(
    cell: int, extra: Floats, sign: float, ledger: Floats, stiffness: Floats
) -> float:
    """Cost of adding `sign` times the workloads `extra` to a cell."""
    total = 0.0
    for q in range(ledger.shape[1]):
        now, price = ledger[cell, q, LOAD], ledger[cell, q, PRICE]
        low, high, stiff = ledger[cell, q, LOW], ledger[cell, q, HIGH], stiffness[q]
        total += excess_cost(now + sign * extra[q], price, low, high, stiff)
        total -= excess_cost(now, price, low, high, stiff)
    return total


@njit(cache=True, nogil=True)
def shift_load(cell: int, extra: Floats, sign: float, ledger: Floats) -> None:
    """Add `sign` times the workloads `extra` to a cell."""
    for q in range(ledger.shape[1]):
        ledger[cell, q, LOAD] += sign * extra[q]


@njit(cache=True, nogil=True)
def move_cost(
    unit: int,
    new: int,
    label: Ints,
    indptr: Ints,
    indices: Ints,
    cut_cost: Floats,
    place_cost: Costs,
) -> float:
    """Travel, change and border that moving one unit to the cell `new` costs and saves."""
    old = label[unit]
    total = np.float64(place_cost[unit, new]) - np.float64(place_cost[unit, old])
    for arc in range(indptr[unit], indptr[unit + 1]):
        cell = label[indices[arc]]
        if cell == old:
            total += cut_cost[arc]
        elif cell == new:
            total -= cut_cost[arc]
    return total


@njit(cache=True, nogil=True)
def within(cell: int, ledger: Floats) -> bool:
    """Whether all loads of a cell are in their bands."""
    for q in range(ledger.shape[1]):
        load = ledger[cell, q, LOAD]
        if load > ledger[cell, q, HIGH] or load < ledger[cell, q, LOW]:
            return False
    return True


@njit(cache=True, nogil=True)
def stays_within(cell: int, extra: Floats, sign: float, ledger: Floats) -> bool:
    """Whether all loads of a cell would be in their bands with `extra`."""
    for q in range(ledger.shape[1]):
        load = ledger[cell, q, LOAD] + sign * extra[q]
        if load > ledger[cell, q, HIGH] or load < ledger[cell, q, LOW]:
            return False
    return True


@njit(cache=True, nogil=True)
def worst_excess(ledger: Floats) -> float:
    """Largest excess of any load, in mean loads."""
    worst = 0.0
    for cell in range(ledger.shape[0]):
        for q in range(ledger.shape[1]):
            load = ledger[cell, q, LOAD]
            worst = max(worst, load - ledger[cell, q, HIGH], ledger[cell, q, LOW] - load)
    return worst


@njit(cache=True, nogil=True)
def gather_rim(world: World, state: State) -> int:
    """List the movable units beside another cell, sorted by cell; return how many there are."""
    label, start, rim, queue = state.label, state.rim_start, state.rim, state.queue
    indptr, indices, held = world.indptr, world.indices, world.held
    start[:] = 0
    count = 0
    for unit in range(label.shape[0]):
        if held[unit]:
            continue
        for arc in range(indptr[unit], indptr[unit + 1]):
            if label[indices[arc]] != label[unit]:
                queue[count] = unit
                start[label[unit] + 1] += 1
                count += 1
                break
    for cell in range(1, start.shape[0]):
        start[cell] += start[cell - 1]
    for i in range(count - 1, -1, -1):
        cell = label[queue[i]]
        start[cell + 1] -= 1
        rim[start[cell + 1]] = queue[i]
    # Filling backwards has turned every end into the beginning of its own cell.
    for cell in range(start.shape[0] - 1):
        start[cell] = start[cell + 1]
    start[start.shape[0] - 1] = count
    return count
