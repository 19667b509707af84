"""Compiled inner loop of the search: annealing of border units that never breaks a cell.

All loads are in workload units, all costs in workload · seconds. Column 0 of the workloads is
held in a band by prices (augmented Lagrangian), the further columns by a fixed penalty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.problem import Bools, Floats, Ints

#: A unit whose leaving would break its cell in more pieces than this stays where it is.
MOST_PIECES = 12


class Graph(NamedTuple):
    """The unit graph, and what it costs to cut each arc (both directions are listed)."""

    indptr: Ints
    indices: Ints
    cut_cost: Floats


class Demand(NamedTuple):
    """Workloads of the units (n_units, n_workloads) and seconds from the centres."""

    weights: Floats
    travel_s: Floats


class Bands(NamedTuple):
    """Least and most load of each cell in each workload. Shapes (n_cells, n_workloads)."""

    low: Floats
    high: Floats


class Room(NamedTuple):
    """What may change: the units to try, which units are fixed, which cells take part."""

    pool: Ints
    held: Bools
    active: Bools
    centre_unit: Ints


class Scratch(NamedTuple):
    """Working memory of the search for pieces."""

    mark: Ints
    wanted: Ints
    queue: Ints
    cut: Ints
    tried: Bools


@njit(cache=True)
def excess_cost(load, price, low, high, stiffness):
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
def load_change_cost(cell, extra, sign, first, load, price, bands, stiffness):
    """Cost of adding `sign` times the workloads `extra` to a cell, from column `first` on."""
    total = 0.0
    for q in range(first, load.shape[1]):
        low, high, paid = bands.low[cell, q], bands.high[cell, q], price[cell, q]
        now = load[cell, q]
        total += excess_cost(now + sign * extra[q], paid, low, high, stiffness[q])
        total -= excess_cost(now, paid, low, high, stiffness[q])
    return total


@njit(cache=True)
def shift_load(load, cell, extra, sign):
    """Add `sign` times the workloads `extra` to a cell."""
    for q in range(load.shape[1]):
        load[cell, q] += sign * extra[q]


@njit(cache=True)
def cut_change_cost(unit, old, new, label, graph):
    """Cost of the border that moving one unit from `old` to `new` makes and saves."""
    total = 0.0
    for arc in range(graph.indptr[unit], graph.indptr[unit + 1]):
        cell = label[graph.indices[arc]]
        if cell == old:
            total += graph.cut_cost[arc]
        elif cell == new:
            total -= graph.cut_cost[arc]
    return total


@njit(cache=True)
def flood(start, without, cell, stop_after, stamp, filled, label, graph, scratch):
    """Put the piece of `cell` minus a unit that holds `start` on the queue from `filled` on.

    Ends early once `stop_after` units marked as wanted were met. Returns where the queue ends
    and how many wanted units were met.
    """
    scratch.mark[start] = stamp
    scratch.queue[filled] = start
    head, tail, met = filled, filled + 1, 1
    while head < tail:
        unit = scratch.queue[head]
        head += 1
        for arc in range(graph.indptr[unit], graph.indptr[unit + 1]):
            other = graph.indices[arc]
            if label[other] == cell and other != without and scratch.mark[other] != stamp:
                scratch.mark[other] = stamp
                scratch.queue[tail] = other
                tail += 1
                if scratch.wanted[other] == stamp:
                    met += 1
                    if met == stop_after:
                        return tail, met
    return tail, met


@njit(cache=True)
def lost_pieces(unit, cell, centre, stamp, label, graph, scratch):
    """Count the pieces a cell would lose with `unit`: those without its centre.

    Piece r is ``queue[cut[r]:cut[r + 1]]``. Returns 0 if the cell stays in one piece and -1 if
    there are too many pieces to handle.
    """
    neighbours = 0
    for arc in range(graph.indptr[unit], graph.indptr[unit + 1]):
        other = graph.indices[arc]
        if label[other] == cell:
            neighbours += 1
            scratch.wanted[other] = stamp
    found, filled, tried = 0, 0, 0
    scratch.cut[0] = 0
    for arc in range(graph.indptr[unit], graph.indptr[unit + 1]):
        other = graph.indices[arc]
        if label[other] != cell or scratch.mark[other] == stamp:
            continue
        centre_met = scratch.mark[centre] == stamp
        # Only the first flood may end early: if it meets all neighbours nothing is lost.
        enough = neighbours if tried == 0 else -1
        if neighbours == 1:
            return 0
        tail, met = flood(other, unit, cell, enough, stamp, filled, label, graph, scratch)
        tried += 1
        if met == enough:
            return 0
        if centre_met or scratch.mark[centre] != stamp:
            if found == MOST_PIECES:
                return -1
            found += 1
            filled = tail
            scratch.cut[found] = filled
    return found


@njit(cache=True)
def settle_piece(begin, end, old, default, label, load, price, stiffness, graph, demand, bands,
                 active, scratch, extra):  # fmt: skip
    """Give a lost piece to the neighbouring cell where it costs least; return that cost."""
    queue, tried = scratch.queue, scratch.tried
    extra[:] = 0.0
    tried[:] = False
    for i in range(begin, end):
        for q in range(extra.shape[0]):
            extra[q] += demand.weights[queue[i], q]
    best_cost, best_cell = np.inf, default
    for i in range(begin, end):
        for arc in range(graph.indptr[queue[i]], graph.indptr[queue[i] + 1]):
            cell = label[graph.indices[arc]]
            if cell == old or tried[cell] or not active[cell]:
                continue
            tried[cell] = True
            cost = load_change_cost(cell, extra, 1.0, 0, load, price, bands, stiffness)
            for m in range(begin, end):
                unit = queue[m]
                seconds = demand.travel_s[unit, cell] - demand.travel_s[unit, old]
                cost += demand.weights[unit, 0] * seconds
                for edge in range(graph.indptr[unit], graph.indptr[unit + 1]):
                    if label[graph.indices[edge]] == cell:
                        cost -= graph.cut_cost[edge]
            if cost < best_cost:
                best_cost, best_cell = cost, cell
    shift_load(load, old, extra, -1.0)
    shift_load(load, best_cell, extra, 1.0)
    for i in range(begin, end):
        label[queue[i]] = best_cell
    return best_cost


@njit(cache=True)
def steal(unit, new, lost, heat, label, load, price, stiffness, graph, demand, bands, room,
          scratch, before):  # fmt: skip
    """Move a unit although its cell breaks; the broken-off pieces find new cells with it.

    Returns whether the whole was accepted at temperature `heat`; if not nothing is changed.
    """
    old = label[unit]
    before[:, :] = load
    weight = demand.weights[unit]
    change = cut_change_cost(unit, old, new, label, graph)
    change += weight[0] * (demand.travel_s[unit, new] - demand.travel_s[unit, old])
    change += load_change_cost(new, weight, 1.0, 0, load, price, bands, stiffness)
    shift_load(load, old, weight, -1.0)
    shift_load(load, new, weight, 1.0)
    label[unit] = new
    extra = np.zeros(load.shape[1])
    for piece in range(lost):
        change += settle_piece(scratch.cut[piece], scratch.cut[piece + 1], old, new, label, load,
                               price, stiffness, graph, demand, bands, room.active,
                               scratch, extra)  # fmt: skip
    for q in range(load.shape[1]):
        low, high, paid = bands.low[old, q], bands.high[old, q], price[old, q]
        change += excess_cost(load[old, q], paid, low, high, stiffness[q])
        change -= excess_cost(before[old, q], paid, low, high, stiffness[q])
    if change <= 0.0 or np.random.random() < np.exp(-change / heat):
        return True
    label[unit] = old
    for i in range(scratch.cut[lost]):
        label[scratch.queue[i]] = old
    load[:, :] = before
    return False


@njit(cache=True)
def worst_excess(load, bands, active):
    """Largest excess of the first workload among the active cells."""
    worst = 0.0
    for cell in range(load.shape[0]):
        if active[cell]:
            over = max(load[cell, 0] - bands.high[cell, 0], bands.low[cell, 0] - load[cell, 0])
            worst = max(worst, over)
    return worst


@njit(cache=True)
def follow_prices(price, load, bands, active, anchor, reach, rate, stiffness):
    """Move the prices towards their multipliers, at most `reach` from where they began."""
    for cell in range(load.shape[0]):
        if active[cell]:
            shifted = load[cell, 0] + price[cell, 0] / stiffness
            wanted = 0.0
            if shifted > bands.high[cell, 0]:
                wanted = stiffness * (shifted - bands.high[cell, 0])
            elif shifted < bands.low[cell, 0]:
                wanted = stiffness * (shifted - bands.low[cell, 0])
            moved = price[cell, 0] + rate * (wanted - price[cell, 0])
            price[cell, 0] = min(max(moved, anchor[cell] - reach), anchor[cell] + reach)


@njit(cache=True)
def anneal(label, load, price, graph, demand, bands, room, heat, stiffness, soft, follow, sweeps,
           steal_share, hard, seed):  # fmt: skip
    """Anneal in place and return the labels with the least worst excess seen after a sweep.

    `heat` and `stiffness` are (start, end) and change geometrically over the sweeps; `soft` is
    the stiffness of the further workloads (n_workloads,), its entry 0 is overwritten. `follow`
    is (anchor prices, reach, rate, stiffness). If `hard`, the band of the first workload is
    never left and prices do not count.
    """
    np.random.seed(seed)
    n_units = label.shape[0]
    scratch = Scratch(np.zeros(n_units, np.int64), np.zeros(n_units, np.int64),
                      np.empty(n_units + 1, np.int64), np.zeros(MOST_PIECES + 2, np.int64),
                      np.zeros(load.shape[0], np.bool_))  # fmt: skip
    before = np.empty_like(load)
    stiff = soft.copy()
    first = 1 if hard else 0
    best, best_excess, stamp = label.copy(), np.inf, 0
    for sweep in range(sweeps):
        part = sweep / max(1, sweeps - 1)
        warmth = heat[0] * (heat[1] / heat[0]) ** part
        stiff[0] = stiffness[0] * (stiffness[1] / stiffness[0]) ** part
        for _ in range(room.pool.shape[0]):
            unit = room.pool[np.random.randint(room.pool.shape[0])]
            old = label[unit]
            if room.held[unit] or not room.active[old]:
                continue
            begin, end = graph.indptr[unit], graph.indptr[unit + 1]
            if begin == end:
                continue
            new = label[graph.indices[begin + np.random.randint(end - begin)]]
            if new == old:
                new = label[graph.indices[begin + np.random.randint(end - begin)]]
            if new == old or not room.active[new]:
                continue
            weight = demand.weights[unit]
            if hard and weight[0] > 0.0 and (load[new, 0] + weight[0] > bands.high[new, 0]
                                             or load[old, 0] - weight[0] < bands.low[old, 0]):  # fmt: skip
                continue
            change = weight[0] * (demand.travel_s[unit, new] - demand.travel_s[unit, old])
            change += cut_change_cost(unit, old, new, label, graph)
            change += load_change_cost(old, weight, -1.0, first, load, price, bands, stiff)
            change += load_change_cost(new, weight, 1.0, first, load, price, bands, stiff)
            taken = change <= 0.0 or np.random.random() < np.exp(-change / warmth)
            if not taken and (hard or np.random.random() > steal_share):
                continue
            stamp += 1
            lost = lost_pieces(unit, old, room.centre_unit[old], stamp, label, graph, scratch)
            if lost == 0:
                if taken:
                    shift_load(load, old, weight, -1.0)
                    shift_load(load, new, weight, 1.0)
                    label[unit] = new
            elif lost > 0 and not hard and steal_share > 0.0:
                steal(unit, new, lost, warmth, label, load, price, stiff, graph, demand, bands,
                      room, scratch, before)  # fmt: skip
        if follow[2] > 0.0 and not hard:
            follow_prices(price, load, bands, room.active, follow[0], follow[1], follow[2],
                          follow[3])  # fmt: skip
        excess = worst_excess(load, bands, room.active)
        if excess <= best_excess:
            best_excess = excess
            best[:] = label
    return best
