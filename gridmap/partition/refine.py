"""Improve a plan unit by unit, without ever breaking a cell in pieces.

1. *Starts*: anneal towards bands tighter than asked for, so that no cell is saturated and load
   can travel along a chain of cells, then again with wider ones, which lets travel come down.
   The bands are an augmented Lagrangian: soft at first and stiff at the end, with prices that
   keep bidding for cells that starve. A unit whose leaving would cut its cell may still go: the
   pieces without the centre find new cells along with it, so that no corridor one unit wide is a
   dead end. Which cell leads around which is settled early and by luck, so a few starts are made
   and the best is taken. Where the first is far from balance the plan is *melted*: kept at constant
   heat and moderate stiffness, while prices carry load along chains of full cells.
2. *Polish*: cool down with the bands as hard limits; units change places in exchanges.
3. *Rounds*: the map is covered with neighbourhoods of a few cells that do not overlap, each is
   annealed again on its own, and what is better is kept: less cost, with a growing price on
   excess where a cell is outside its bands. Every other round takes large neighbourhoods and
   begins there as from the start. Borders between two neighbourhoods stay where they are, so
   they can be searched at the same time without knowing of each other. Where rounds do not lessen
   the excess, the plan is melted again.

Nothing looks at the clock or at the number of processors: with a fixed number of rounds one seed
gives one answer.

References
----------
Kirkpatrick, S., Gelatt, C., Vecchi, M. (1983). Optimization by simulated annealing. Science 220.
Conn, A., Gould, N., Toint, P. (1991). A globally convergent augmented Lagrangian algorithm for
optimization with general constraints and simple bounds. SIAM J. Numer. Anal. 28.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gridmap.partition.area import SearchSpace
from gridmap.partition.objective import IMPORTANCE, Bands, Importance
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.partition.search import Refined, Search
from gridmap.partition.search_params import PARAMS, RefineParams
from gridmap.progress import Stop

__all__ = ["PARAMS", "RefineParams", "Refined", "refine"]


def refine(
    problem: PartitionProblem,
    label: Ints,
    price_s: Floats,
    bands: Bands,
    *,
    iterations: int,
    seed: int,
    stop: Stop | None = None,
    on_round: Callable[[int], None] = lambda _: None,
    importance: Importance = IMPORTANCE,
    params: RefineParams = PARAMS,
) -> Refined:
    """Return the best plan found from `label`: the cheapest within the bands, else the nearest.

    Parameters
    ----------
    problem
        The problem.
    label
        A plan without broken cells to begin with. Shape (n_units,).
    price_s
        Prices to begin with, see `gridmap.partition.prices`. Shape (n_cells, n_workloads).
    bands
        Least and most loads.
    iterations
        Rounds after the starts; with 0 only these are made.
    seed
        Of every random choice.
    stop
        Asked after the starts and after each round, with a number that falls as the plan gets
        better; one that may be asked in between (`gridmap.progress.Interrupt`) also breaks off
        long anneals. The best plan so far is returned.
    on_round
        Called with the number of rounds made.
    """
    space = SearchSpace.of(problem, bands, importance, price_s)
    search = Search(space, params, np.random.default_rng(seed), stop)
    if problem.n_cells == 1 or (problem.fixed >= 0).all():
        return search.result(label)
    search.label = search.best = label
    search.start(label)
    fruitless, least, idle, gains = 0, search.excess(), 0, 0
    while search.rounds < iterations and idle < params.idle and not search.stopped():
        if least > 0.0 and fruitless >= params.patience:
            if search.restarts == params.restarts:
                break
            search.restarts += 1
            search.melt()
            fruitless = 0
        search.round()
        fruitless = 0 if search.excess() < 0.98 * least else fruitless + 1
        least = min(least, search.excess())
        idle = 0 if search.gains > gains or search.excess() > 0.0 else idle + 1
        gains = search.gains
        on_round(search.rounds)
    return search.result(search.best)
