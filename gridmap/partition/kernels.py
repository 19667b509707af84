"""Compiled inner loop of the search: annealing of border units that never breaks a cell.

All loads are in workload units, all costs in workload · seconds. Column 0 of the workloads is
held in a band by prices (augmented Lagrangian), the further columns by a fixed penalty.
"""
# (compiled functions take their arguments by place)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.problem import Bools, Floats, Ints

#: A unit whose leaving would break its cell in more pieces than this stays where it is.
MOST_PIECES = 12


class World(NamedTuple):
    """What stays as it is during one anneal.

    Attributes
    ----------
    indptr, indices, cut_cost
        Neighbours of each unit, and what it costs to cut each arc (both directions are listed).
    weights, travel_s
        Workloads (n_units, n_workloads) and seconds from the centres (n_units, n_cells).
    low, high
        Least and most load. Shapes (n_cells, n_workloads).
    pool, held
        Units to try, and which units never move.
    active, centre_unit
        Which cells take part, and the units of their centres.
    """

    indptr: Ints
    indices: Ints
    cut_cost: Floats
    weights: Floats
    travel_s: Floats
    low: Floats
    high: Floats
    pool: Ints
    held: Bools
    active: Bools
    centre_unit: Ints


class State(NamedTuple):
    """What the anneal changes in place.

    Attributes
    ----------
    label, load
        Cell of each unit, and loads (n_cells, n_workloads).
    price
        Multipliers (n_cells, n_workloads), zero but in column 0.
    stiffness
        Of each workload's penalty. Shape (n_workloads,).
    mark, wanted, queue, cut, tried, before
        Working memory; make it with `new_state`.
    """

    label: Ints
    load: Floats
    price: Floats
    stiffness: Floats
    mark: Ints
    wanted: Ints
    queue: Ints
    cut: Ints
    tried: Bools
    before: Floats


class Schedule(NamedTuple):
    """How one anneal goes.

    Attributes
    ----------
    sweeps
        Tries per unit of the pool.
    hot, cold
        First and last temperature.
    soft, stiff
        First and last stiffness of the first workload's band.
    steal_share
        Share of refused moves that are tried as steals.
    anchor, price_reach, price_rate, price_stiffness
        Prices move from `anchor` by at most `price_reach`, each sweep by the share `price_rate`
        towards the multipliers of an augmented Lagrangian of `price_stiffness`.
    hard
        Whether the first workload never leaves its band; prices then do not count.
    """

    sweeps: int
    hot: float
    cold: float
    soft: float
    stiff: float
    steal_share: float
    anchor: Floats
    price_reach: float
    price_rate: float
    price_stiffness: float
    hard: bool


def new_state(label: Ints, load: Floats, price: Floats, stiffness: Floats) -> State:
    """Return a state with working memory; the arrays given are changed in place later."""
    n_units, n_cells = len(label), len(load)
    return State(
        label,
        load,
        price,
        stiffness,
        mark=np.zeros(n_units, dtype=np.int64),
        wanted=np.zeros(n_units, dtype=np.int64),
        queue=np.zeros(n_units + 1, dtype=np.int64),
        cut=np.zeros(MOST_PIECES + 2, dtype=np.int64),
        tried=np.zeros(n_cells, dtype=np.bool_),
        before=np.zeros_like(load),
    )


@njit(cache=True)
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


@njit(cache=True)
def load_cost(cell: int, load: Floats, first: int, world: World, state: State) -> float:
    """Cost of a cell's loads, from column `first` on. `load` has shape (n_workloads,)."""
    total = 0.0
    for q in range(first, load.shape[0]):
        low, high, price = world.low[cell, q], world.high[cell, q], state.price[cell, q]
        total += excess_cost(load[q], price, low, high, state.stiffness[q])
    return total


@njit(cache=True)
def load_change_cost(
    cell: int, extra: Floats, sign: float, first: int, world: World, state: State
) -> float:
    """Cost of adding `sign` times the workloads `extra` to a cell, from column `first` on."""
    total = 0.0
    for q in range(first, extra.shape[0]):
        low, high, price = world.low[cell, q], world.high[cell, q], state.price[cell, q]
        now, stiffness = state.load[cell, q], state.stiffness[q]
        total += excess_cost(now + sign * extra[q], price, low, high, stiffness)
        total -= excess_cost(now, price, low, high, stiffness)
    return total


@njit(cache=True)
def shift_load(cell: int, extra: Floats, sign: float, state: State) -> None:
    """Add `sign` times the workloads `extra` to a cell."""
    for q in range(extra.shape[0]):
        state.load[cell, q] += sign * extra[q]


@njit(cache=True)
def move_cost(unit: int, new: int, world: World, state: State) -> float:
    """Travel and border that moving one unit to the cell `new` costs and saves."""
    old = state.label[unit]
    seconds = world.travel_s[unit, new] - world.travel_s[unit, old]
    total: float = world.weights[unit, 0] * seconds
    for arc in range(world.indptr[unit], world.indptr[unit + 1]):
        cell = state.label[world.indices[arc]]
        if cell == old:
            total += world.cut_cost[arc]
        elif cell == new:
            total -= world.cut_cost[arc]
    return total


@njit(cache=True)
def flood(
    start: int, without: int, enough: int, stamp: int, filled: int, world: World, state: State
) -> tuple[int, int]:
    """Put the piece of a cell minus the unit `without` that holds `start` on the queue.

    The piece is written from `filled` on. Ends early once `enough` units marked as wanted were
    met. Returns where the queue ends and how many wanted units were met.
    """
    cell = state.label[start]
    state.mark[start] = stamp
    state.queue[filled] = start
    head, tail, met = filled, filled + 1, 1
    while head < tail and met != enough:
        unit = state.queue[head]
        head += 1
        for arc in range(world.indptr[unit], world.indptr[unit + 1]):
            other = world.indices[arc]
            if state.label[other] == cell and other != without and state.mark[other] != stamp:
                state.mark[other] = stamp
                state.queue[tail] = other
                tail += 1
                if state.wanted[other] == stamp:
                    met += 1
    return tail, met


@njit(cache=True)
def lost_pieces(unit: int, stamp: int, world: World, state: State) -> int:
    """Count the pieces a unit's cell would lose with it: those without the centre.

    Piece r is ``queue[cut[r]:cut[r + 1]]``. Returns 0 if the cell stays in one piece and -1 if
    there are too many pieces to handle. `stamp` must be new in each call.
    """
    cell = state.label[unit]
    centre = world.centre_unit[cell]
    neighbours = 0
    for arc in range(world.indptr[unit], world.indptr[unit + 1]):
        other = world.indices[arc]
        if state.label[other] == cell:
            neighbours += 1
            state.wanted[other] = stamp
    if neighbours <= 1:
        return 0
    found, filled = 0, 0
    # Only the first flood may end early: if it meets all neighbours nothing is lost.
    enough = neighbours
    state.cut[0] = 0
    for arc in range(world.indptr[unit], world.indptr[unit + 1]):
        other = world.indices[arc]
        if state.label[other] != cell or state.mark[other] == stamp:
            continue
        centre_met = state.mark[centre] == stamp
        tail, met = flood(other, unit, enough, stamp, filled, world, state)
        if met == enough:
            return 0
        enough = -1
        if centre_met or state.mark[centre] != stamp:
            if found == MOST_PIECES:
                return -1
            found += 1
            filled = tail
            state.cut[found] = filled
    return found


@njit(cache=True)
def settle_piece(
    begin: int, end: int, old: int, default: int, extra: Floats, world: World, state: State
) -> float:
    """Give a lost piece to the neighbouring cell where it costs least; return that cost."""
    queue, label = state.queue, state.label
    extra[:] = 0.0
    state.tried[:] = False
    for i in range(begin, end):
        for q in range(extra.shape[0]):
            extra[q] += world.weights[queue[i], q]
    best_cost, best_cell = np.inf, default
    for i in range(begin, end):
        for arc in range(world.indptr[queue[i]], world.indptr[queue[i] + 1]):
            cell = label[world.indices[arc]]
            if cell == old or state.tried[cell] or not world.active[cell]:
                continue
            state.tried[cell] = True
            cost = load_change_cost(cell, extra, 1.0, 0, world, state)
            for m in range(begin, end):
                unit = queue[m]
                seconds = world.travel_s[unit, cell] - world.travel_s[unit, old]
                cost += world.weights[unit, 0] * seconds
                for edge in range(world.indptr[unit], world.indptr[unit + 1]):
                    if label[world.indices[edge]] == cell:
                        cost -= world.cut_cost[edge]
            if cost < best_cost:
                best_cost, best_cell = cost, cell
    shift_load(old, extra, -1.0, state)
    shift_load(best_cell, extra, 1.0, state)
    for i in range(begin, end):
        label[queue[i]] = best_cell
    return best_cost


@njit(cache=True)
def steal(unit: int, new: int, lost: int, heat: float, world: World, state: State) -> bool:
    """Move a unit although its cell breaks; the broken-off pieces find new cells with it.

    `lost` is the answer of `lost_pieces`. Returns whether the whole was accepted at temperature
    `heat`; if not nothing is changed.
    """
    old = state.label[unit]
    weight = world.weights[unit]
    state.before[:, :] = state.load
    change = move_cost(unit, new, world, state)
    change += load_change_cost(new, weight, 1.0, 0, world, state)
    shift_load(old, weight, -1.0, state)
    shift_load(new, weight, 1.0, state)
    state.label[unit] = new
    extra = np.zeros(weight.shape[0])
    for piece in range(lost):
        begin, end = state.cut[piece], state.cut[piece + 1]
        change += settle_piece(begin, end, old, new, extra, world, state)
    change += load_cost(old, state.load[old], 0, world, state)
    change -= load_cost(old, state.before[old], 0, world, state)
    if change <= 0.0 or np.random.random() < np.exp(-change / heat):
        return True
    state.label[unit] = old
    for i in range(state.cut[lost]):
        state.label[state.queue[i]] = old
    state.load[:, :] = state.before
    return False


@njit(cache=True)
def worst_excess(world: World, state: State) -> float:
    """Largest excess of the first workload among the active cells."""
    worst = 0.0
    for cell in range(state.load.shape[0]):
        if world.active[cell]:
            load = state.load[cell, 0]
            worst = max(worst, load - world.high[cell, 0], world.low[cell, 0] - load)
    return worst


@njit(cache=True)
def follow_prices(plan: Schedule, world: World, state: State) -> None:
    """Move the prices of the first workload towards its multipliers."""
    for cell in range(state.load.shape[0]):
        if world.active[cell]:
            shifted = state.load[cell, 0] + state.price[cell, 0] / plan.price_stiffness
            wanted = 0.0
            if shifted > world.high[cell, 0]:
                wanted = plan.price_stiffness * (shifted - world.high[cell, 0])
            elif shifted < world.low[cell, 0]:
                wanted = plan.price_stiffness * (shifted - world.low[cell, 0])
            moved = state.price[cell, 0] + plan.price_rate * (wanted - state.price[cell, 0])
            least = plan.anchor[cell] - plan.price_reach
            most = plan.anchor[cell] + plan.price_reach
            state.price[cell, 0] = min(max(moved, least), most)


@njit(cache=True)
def leaves_band(unit: int, new: int, world: World, state: State) -> bool:
    """Whether moving a unit would put a first workload outside its band."""
    weight, old = world.weights[unit, 0], state.label[unit]
    if weight == 0.0:
        return False
    too_much: bool = state.load[new, 0] + weight > world.high[new, 0]
    too_little: bool = state.load[old, 0] - weight < world.low[old, 0]
    return too_much or too_little


@njit(cache=True)
def anneal(plan: Schedule, world: World, state: State, seed: int) -> Ints:
    """Anneal in place; return the labels of the last sweep with the least worst excess."""
    np.random.seed(seed)
    pool, label = world.pool, state.label
    first = 1 if plan.hard else 0
    best, best_excess, stamp = label.copy(), np.inf, 0
    for sweep in range(plan.sweeps):
        part = sweep / max(1, plan.sweeps - 1)
        heat = plan.hot * (plan.cold / plan.hot) ** part
        state.stiffness[0] = plan.soft * (plan.stiff / plan.soft) ** part
        for _ in range(pool.shape[0]):
            unit = pool[np.random.randint(pool.shape[0])]
            old = label[unit]
            begin, end = world.indptr[unit], world.indptr[unit + 1]
            if world.held[unit] or not world.active[old] or begin == end:
                continue
            new = label[world.indices[begin + np.random.randint(end - begin)]]
            if new == old:
                new = label[world.indices[begin + np.random.randint(end - begin)]]
            if new == old or not world.active[new]:
                continue
            if plan.hard and leaves_band(unit, new, world, state):
                continue
            weight = world.weights[unit]
            change = move_cost(unit, new, world, state)
            change += load_change_cost(old, weight, -1.0, first, world, state)
            change += load_change_cost(new, weight, 1.0, first, world, state)
            taken = change <= 0.0 or np.random.random() < np.exp(-change / heat)
            if not taken and (plan.hard or np.random.random() > plan.steal_share):
                continue
            stamp += 1
            lost = lost_pieces(unit, stamp, world, state)
            if lost == 0 and taken:
                shift_load(old, weight, -1.0, state)
                shift_load(new, weight, 1.0, state)
                label[unit] = new
            elif lost > 0 and not plan.hard and plan.steal_share > 0.0:
                steal(unit, new, lost, heat, world, state)
        if plan.price_rate > 0.0 and not plan.hard:
            follow_prices(plan, world, state)
        excess = worst_excess(world, state)
        if excess <= best_excess:
            best_excess = excess
            best[:] = label
    return best
