"""Compiled loop of the search: simulated annealing of the units beside another cell."""
# (compiled functions take their arguments by place)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.kernels import (
    HIGH,
    LOAD,
    LOW,
    PRICE,
    State,
    World,
    gather_rim,
    load_change_cost,
    move_cost,
    shift_load,
    stays_within,
    worst_excess,
)
from gridmap.partition.moves import accepts, exchange, lost_pieces, steal
from gridmap.partition.problem import Floats, Ints


class Schedule(NamedTuple):
    """How one anneal goes.

    Attributes
    ----------
    sweeps
        How often each unit beside another cell is tried.
    hot, cold
        First and last temperature.
    soft, stiff
        First and last stiffness of the bands.
    steal_share, exchange_share
        Share of refused moves that are tried as steals and as exchanges.
    anchor, price_reach, price_rate, price_stiffness
        Prices move from `anchor` (n_cells, n_workloads) by at most `price_reach`, each sweep by
        the share `price_rate` towards the multipliers of an augmented Lagrangian of
        `price_stiffness`.
    hard
        Whether loads never leave their bands; prices and stiffness then do not count.
    """

    sweeps: int
    hot: float
    cold: float
    soft: float
    stiff: float
    steal_share: float
    exchange_share: float
    anchor: Floats
    price_reach: float
    price_rate: float
    price_stiffness: float
    hard: bool


@njit(cache=True, nogil=True)
def follow_prices(plan: Schedule, ledger: Floats) -> None:
    """Move the prices towards their multipliers."""
    stiffness, anchor = plan.price_stiffness, plan.anchor
    for cell in range(ledger.shape[0]):
        for q in range(ledger.shape[1]):
            price = ledger[cell, q, PRICE]
            shifted = ledger[cell, q, LOAD] + price / stiffness
            wanted = 0.0
            if shifted > ledger[cell, q, HIGH]:
                wanted = stiffness * (shifted - ledger[cell, q, HIGH])
            elif shifted < ledger[cell, q, LOW]:
                wanted = stiffness * (shifted - ledger[cell, q, LOW])
            moved = price + plan.price_rate * (wanted - price)
            least = anchor[cell, q] - plan.price_reach
            most = anchor[cell, q] + plan.price_reach
            ledger[cell, q, PRICE] = min(max(moved, least), most)


@njit(cache=True, nogil=True)
def sweep_rim(
    plan: Schedule, world: World, state: State, heat: float, count: int, stamp: int
) -> None:
    """Try as many units as there are beside another cell, drawn at random.

    Takes two stamps a try, from `stamp` on.
    """
    label, ledger, stiffness, rim = state.label, state.ledger, state.stiffness, state.rim
    indptr, indices, weights = world.indptr, world.indices, world.weights
    cut_cost, place_cost = world.cut_cost, world.place_cost
    hard, exchanged = plan.hard, plan.exchange_share
    others = 0.0 if hard else plan.steal_share
    for _ in range(count):
        unit = rim[np.random.randint(count)]
        old = label[unit]
        first, last = indptr[unit], indptr[unit + 1]
        new = label[indices[first + np.random.randint(last - first)]]
        if new == old:
            new = label[indices[first + np.random.randint(last - first)]]
        if new == old or place_cost[unit, new] == np.inf:
            continue
        weight = weights[unit]
        change = move_cost(unit, new, label, indptr, indices, cut_cost, place_cost)
        if hard:
            taken = accepts(change, heat) and stays_within(old, weight, -1.0, ledger)
            taken = taken and stays_within(new, weight, 1.0, ledger)
        else:
            change += load_change_cost(old, weight, -1.0, ledger, stiffness)
            change += load_change_cost(new, weight, 1.0, ledger, stiffness)
            taken = accepts(change, heat)
        stamp += 2
        if not taken:
            drawn = np.random.random()
            if drawn < exchanged:
                exchange(unit, new, heat, hard, stamp, world, state)
            if drawn < exchanged or drawn > exchanged + others:
                continue
        lost = lost_pieces(unit, stamp, world, state)
        if lost == 0 and taken:
            shift_load(old, weight, -1.0, ledger)
            shift_load(new, weight, 1.0, ledger)
            label[unit] = new
        elif lost > 0 and others > 0.0:
            steal(unit, new, lost, heat, world, state)


@njit(cache=True, nogil=True)
def anneal(
    plan: Schedule, world: World, state: State, seed: int, begin: int, end: int, best: Ints
) -> float:
    """Anneal in place from sweep `begin` to `end`; return the least worst excess seen.

    `best` receives the labels of the last sweep with it.
    """
    np.random.seed(seed)
    stamp = 2 * begin * (state.label.shape[0] + 1) + 2
    best_excess = np.inf
    for sweep in range(begin, end):
        part = sweep / max(1, plan.sweeps - 1)
        heat = plan.hot * (plan.cold / plan.hot) ** part
        state.stiffness[:] = plan.soft * (plan.stiff / plan.soft) ** part
        count = gather_rim(world, state)
        sweep_rim(plan, world, state, heat, count, stamp)
        stamp += 2 * count + 2
        if plan.price_rate > 0.0 and not plan.hard:
            follow_prices(plan, state.ledger)
        excess = worst_excess(state.ledger)
        if excess <= best_excess:
            best_excess = excess
            best[:] = state.label
    return best_excess
