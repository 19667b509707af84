"""The balanced method on plain arrays: proofs, prices, start, search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from gridmap.partition.objective import IMPORTANCE, Bands, Importance
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import Ints, PartitionProblem
from gridmap.partition.proof import Proof
from gridmap.partition.refine import PARAMS, RefineParams, refine
from gridmap.partition.regrow import assign_and_regrow
from gridmap.progress import Stop


@dataclass(frozen=True, eq=False)
class Solved:
    """The best plan of the balanced method.

    Attributes
    ----------
    label
        Cell of each unit. Shape (n_units,).
    lower_bound
        No plan with loads in the bands travels less.
    worst_excess
        Largest load outside its band in mean loads; the bands of proven pockets are wider.
    rounds, gains, restarts
        How the search went.
    """

    label: Ints
    lower_bound: float
    worst_excess: float
    rounds: int
    gains: int
    restarts: int


def solve_proven(
    problem: PartitionProblem,
    tolerances: Sequence[float | None],
    *,
    iterations: int,
    seed: int,
    stop: Stop | None = None,
    on_round: Callable[[int], None] = lambda _: None,
    importance: Importance = IMPORTANCE,
    params: RefineParams = PARAMS,
) -> tuple[Solved, Proof]:
    """Return the best plan found, and what is proven about its balance.

    Where a first search leaves cells outside their bands the proof is taken up again with them;
    the bands of those that are hemmed in become wider, and a second search goes on from there,
    now melting it, so that the others come within theirs.

    Parameters
    ----------
    problem
        What is to be cut.
    tolerances
        Allowed deviation of each workload as a share; None = only reported.
    iterations, seed, stop, on_round, importance, params
        See `gridmap.partition.refine.refine`.
    """
    proof = Proof.of(problem, tolerances)
    search = partial(solve, problem, seed=seed, stop=stop, on_round=on_round, importance=importance)
    first = search(proof.bands, iterations=iterations, params=replace(params, restarts=0))
    if not proof.outside(first.label).any():
        return first, proof
    more = proof.after(first.label)
    # A first search that has used up its rounds leaves the second at least half as many.
    left = max(iterations - first.rounds, iterations // 2)
    second = search(
        more.bands,
        iterations=left,
        on_round=lambda done: on_round(first.rounds + done),
        params=replace(params, starts=0),
        start=first.label,
    )
    rounds, gains = first.rounds + second.rounds, first.gains + second.gains
    return replace(second, rounds=rounds, gains=gains), more


def solve(
    problem: PartitionProblem,
    bands: Bands,
    *,
    iterations: int,
    seed: int,
    start: Ints | None = None,
    stop: Stop | None = None,
    on_round: Callable[[int], None] = lambda _: None,
    importance: Importance = IMPORTANCE,
    params: RefineParams = PARAMS,
) -> Solved:
    """Return the best plan found and a lower bound on the travel of all plans.

    Parameters
    ----------
    problem, bands
        What is to be cut, and the loads allowed.
    start
        A plan without broken cells to begin with, else one is grown. Shape (n_units,).
    iterations, seed, stop, on_round, importance, params
        See `gridmap.partition.refine.refine`.
    """
    prices = cell_prices(problem, bands.low[:, 0], bands.high[:, 0])
    if start is None:
        start = assign_and_regrow(problem, problem.travel_s + prices.price_s)
    price_s = np.zeros_like(bands.low)
    price_s[:, 0] = prices.price_s
    found = refine(
        problem,
        start,
        price_s,
        bands,
        iterations=iterations,
        seed=seed,
        stop=stop,
        on_round=on_round,
        importance=importance,
        params=params,
    )
    return Solved(
        found.label,
        prices.bound,
        found.worst_excess,
        found.rounds,
        found.gains,
        found.restarts,
    )
