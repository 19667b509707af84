"""Improve a plan unit by unit, without ever breaking a cell in pieces.

1. *Anneal* towards a band tighter than asked for, so that no cell is saturated and load can
   travel along a chain of cells, then again with a wider one, which lets travel come down.
   The band is an augmented Lagrangian: soft at first and stiff at the end, with prices that
   keep bidding for cells that starve. A unit whose leaving would cut its cell may still go: the
   pieces without the centre find new cells along with it, so that no corridor one unit wide is a
   dead end.
2. *Polish*: cool down with the band as a hard limit. With enough rounds asked for, anneal and
   polish are made a few times and the best is taken.
3. *Rounds*: while a cell is outside its band the neighbourhood of such a cell is annealed
   again; after that random neighbourhoods, keeping what is cheaper and within the band.

Nothing looks at the clock: with a fixed number of rounds one seed gives one answer.

References
----------
Kirkpatrick, S., Gelatt, C., Vecchi, M. (1983). Optimization by simulated annealing. Science 220.
Conn, A., Gould, N., Toint, P. (1991). A globally convergent augmented Lagrangian algorithm for
optimization with general constraints and simple bounds. SIAM J. Numer. Anal. 28.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from gridmap.partition.kernels import Schedule, World, anneal, new_state
from gridmap.partition.objective import (
    IMPORTANCE,
    Importance,
    cost_unit,
    loads,
    objective,
    violation,
)
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem
from gridmap.progress import Stop

#: The band aimed at is narrower by this share of itself, so that rounding cannot break it.
ROUNDING = 0.002
#: Tries of one anneal of everything, and of one in a round, at most: in a city of tens of
#: thousands of units sweeps get fewer, so that a plan takes minutes and not an hour.
MOST_TRIES = 10_000_000
MOST_ROUND_TRIES = 2_000_000


@dataclass(frozen=True)
class RefineParams:
    """How hot, how stiff and how long.

    Temperatures count in mean cells' travel, stiffness in mean cells' travel per squared
    relative deviation, both (start, end).

    Attributes
    ----------
    sweeps, release_sweeps, polish_sweeps
        Tries per unit in the first anneal, in the second and in the polish.
    repair_sweeps, improve_sweeps
        Tries per unit in a round.
    narrowings
        Share by which the band is narrowed in the first and the second anneal.
    most_starts, rounds_per_start
        How many first anneals are made at most, and for how many rounds asked for one more:
        which cell leads around which is settled early and by luck, so the best of a few counts.
    restarts
        How often to begin again, hotter each time, while no plan within the band was found.
    """

    heat: tuple[float, float] = (0.02, 3e-4)
    stiffness: tuple[float, float] = (30.0, 1500.0)
    sweeps: int = 1500
    release_sweeps: int = 600
    polish_sweeps: int = 300
    repair_sweeps: int = 500
    improve_sweeps: int = 150
    narrowings: tuple[float, float] = (0.6, 0.2)
    steal_share: float = 0.05
    price_rate: float = 0.02
    price_reach: float = 20.0
    price_stiffness: float = 30.0
    most_starts: int = 3
    rounds_per_start: int = 15
    restarts: int = 2


PARAMS = RefineParams()


@dataclass(frozen=True, eq=False)
class Refined:
    """The best plan found.

    Attributes
    ----------
    label
        Cell of each unit. Shape (n_units,).
    worst_excess
        Largest load outside its band, in mean loads; 0 = all within.
    cost
        Objective, see `gridmap.partition.objective`.
    rounds, gains
        Rounds made, and how many of them bettered the plan.
    restarts
        How often the search began again.
    """

    label: Ints
    worst_excess: float
    cost: float
    rounds: int
    gains: int
    restarts: int


def refine(
    problem: PartitionProblem,
    label: Ints,
    price_s: Floats,
    low: Floats,
    high: Floats,
    *,
    tolerance: float,
    iterations: int,
    seed: int,
    stop: Stop | None = None,
    on_round: Callable[[int], None] = lambda _: None,
    importance: Importance = IMPORTANCE,
    params: RefineParams = PARAMS,
) -> Refined:
    """Return the best plan found from `label`: the cheapest within the band, else the nearest.

    Parameters
    ----------
    problem
        The problem.
    label
        A plan without broken cells to begin with. Shape (n_units,).
    price_s
        Prices to begin with, see `gridmap.partition.prices`. Shape (n_cells,).
    low, high
        Band of each cell's first workload. Shape (n_cells,).
    tolerance
        Deviation of the further workloads that costs nothing.
    iterations
        Rounds after the anneal and polish; with 0 only these are made.
    seed
        Of every random choice.
    stop
        Asked after each anneal and after each round, with a number that falls as the plan gets
        better.
    on_round
        Called with the number of rounds made.
    """
    search = _Search(
        problem,
        price_s,
        low,
        high,
        tolerance=tolerance,
        importance=importance,
        params=params,
        seed=seed,
    )
    if problem.n_cells == 1 or (problem.fixed >= 0).all():
        return search.result(label, 0, 0, 0)
    search.begin(label, restart=0)
    best, best_score = search.label, search.score()
    for _ in range(min(params.most_starts - 1, iterations // params.rounds_per_start)):
        if stop is not None and stop(_one_number(best_score)):
            return search.result(best, 0, 0, 0)
        search.begin(label, restart=0)
        if search.score() < best_score:
            best, best_score = search.label, search.score()
    search.take(best)
    rounds = gains = restarts = fruitless = 0
    patience = max(6, min(20, iterations // (params.restarts + 1)))
    while rounds < iterations and not (stop is not None and stop(_one_number(best_score))):
        rounds += 1
        if best_score[0] > 0 and fruitless >= patience and restarts < params.restarts:
            restarts += 1
            fruitless = 0
            search.begin(label, restart=restarts)
        elif search.round():
            fruitless = 0
        else:
            fruitless += 1
        score = search.score()
        if score < best_score:
            best, best_score = search.label, score
            gains += 1
        on_round(rounds)
    return search.result(best, rounds, gains, restarts)


def _one_number(score: tuple[float, float]) -> float:
    """Excess first, then cost: no cost of a plan comes near the factor."""
    return score[0] * 1e6 + score[1]


class _Search:
    """A plan, its loads and prices, and the steps that change them in place."""

    def __init__(
        self,
        problem: PartitionProblem,
        price_s: Floats,
        low: Floats,
        high: Floats,
        *,
        tolerance: float,
        importance: Importance,
        params: RefineParams,
        seed: int,
    ) -> None:
        self.problem, self.params, self.importance = problem, params, importance
        self.tolerance = tolerance
        self.rng = np.random.default_rng(seed)
        self.anchor = price_s.astype(np.float64)
        self.mean = max(float(problem.target[0]), 1e-300)
        self.unit = cost_unit(problem)
        self.width_m = float(np.sqrt(problem.area_m2 / problem.n_cells))
        self.asked = (low, high)
        slack = ROUNDING * (high - low) / 2.0
        self.band = (low + slack, high - slack)
        # A side that was widened for a proven pocket is as far as the pocket can get already.
        usual = tolerance * self.mean
        self.trim_low = np.where(low < self.mean - usual * 1.001, 0.0, usual)
        self.trim_high = np.where(high > self.mean + usual * 1.001, 0.0, usual)
        target = problem.target
        self.soft_low = np.tile(target * (1.0 - tolerance), (problem.n_cells, 1))
        self.soft_high = np.tile(target * (1.0 + tolerance), (problem.n_cells, 1))
        self.soft = np.full(len(target), 1e-300)
        used = target > 0
        self.soft[used] = importance.further * self.unit / target[used] ** 2
        self.held = problem.fixed >= 0
        self.label = problem.fixed
        self.load = np.zeros((problem.n_cells, len(target)))
        self.failures = np.zeros(problem.n_cells)
        self.compactness = importance.compactness
        self.hotter = 1.0

    def score(self) -> tuple[float, float]:
        """Return (excess over the band asked for, objective); less is better."""
        over = violation(loads(self.problem, self.label)[:, 0], *self.asked) / self.mean
        over = np.where(over > 1e-12, over, 0.0)
        cost = objective(self.problem, self.label, self.tolerance, self.importance)
        return float(over.max() + 1e-3 * over.sum()), cost

    def result(self, label: Ints, rounds: int, gains: int, restarts: int) -> Refined:
        """Return `label` with its figures."""
        over = violation(loads(self.problem, label)[:, 0], *self.asked) / self.mean
        cost = objective(self.problem, label, self.tolerance, self.importance)
        return Refined(label, float(over.max()), cost, rounds, gains, restarts)

    def begin(self, label: Ints, *, restart: int) -> None:
        """Anneal from `label` and polish; hotter and with weaker borders at each restart.

        Heat and weak borders open walls that no repair gets through.
        """
        params = self.params
        self.hotter = 1.0 + 2.0 * restart
        self.compactness = self.importance.compactness * (0.4**restart)
        self.failures[:] = 0.0
        self.take(label)
        start, end = params.heat
        self._anneal(
            narrowing=params.narrowings[0],
            heat=(start * self.hotter, end),
            sweeps=int(params.sweeps * (1.0 + 0.5 * restart)),
        )
        if self._excess().max() <= 0:
            self._anneal(
                narrowing=params.narrowings[1],
                heat=(start / 2.0, end),
                sweeps=params.release_sweeps,
            )
        if self._excess().max() <= 0:
            self._polish(params.polish_sweeps)

    def round(self) -> bool:
        """Make one round; return whether it bettered the plan."""
        saved = self.label
        excess = self._excess()
        if excess.max() > 0:
            return self._repair(saved, excess)
        return self._improve(saved)

    def _repair(self, saved: Ints, excess: Floats) -> bool:
        """Anneal the neighbourhood of a cell outside the band; keep it if the excess falls."""
        rng, params = self.rng, self.params
        odds = np.sqrt(excess) / (1.0 + self.failures)
        middle = int(rng.choice(len(odds), p=odds / odds.sum()))
        tries = int(self.failures[middle])
        active = self._region(middle, int(rng.integers(1, 5 if tries > 6 else 4)))
        self._anneal(
            narrowing=1.0 - (1.0 - params.narrowings[0]) * rng.choice([1.0, 0.8, 0.5]),
            heat=(
                params.heat[0] * np.sqrt(self.hotter) * rng.choice([0.25, 0.5, 1.0, 2.0]),
                params.heat[1],
            ),
            stiffness=(rng.choice([10.0, 30.0, 100.0]), rng.choice([500.0, 1500.0, 5000.0])),
            sweeps=params.repair_sweeps + 150 * min(4, tries // 4),
            compactness=self.compactness * rng.choice([0.3, 1.0]),
            steal_share=0.1,
            active=active,
        )
        now = self._excess()
        if now.sum() + now.max() < (excess.sum() + excess.max()) * 0.999:
            self.failures[active] = 0.0
            if now.max() <= 0:
                self._polish(params.polish_sweeps)
            return True
        self.take(saved)
        self.failures[middle] += 1.0
        return False

    def _improve(self, saved: Ints) -> bool:
        """Anneal a random neighbourhood; keep it if it is cheaper and within the band."""
        rng, params = self.rng, self.params
        before = self.score()
        middle = int(rng.integers(self.problem.n_cells))
        active = self._region(middle, int(rng.integers(1, 3)))
        self._anneal(
            narrowing=rng.choice([0.02, 0.1, 0.2]),
            heat=(params.heat[0] * rng.choice([0.05, 0.1, 0.2, 0.4]), params.heat[1]),
            stiffness=(100.0, 3000.0),
            sweeps=params.improve_sweeps,
            compactness=self.importance.compactness,
            steal_share=0.1,
            active=active,
        )
        if self._excess().max() <= 0:
            self._polish(60, heat=3.0 * params.heat[1], active=active)
            if self.score() < before:
                return True
        self.take(saved)
        return False

    def take(self, label: Ints) -> None:
        """Go on from `label`."""
        self.label = label
        self.load = np.ascontiguousarray(loads(self.problem, label))

    def _excess(self) -> Floats:
        """Return how far each cell is outside its band, in mean loads. Shape (n_cells,)."""
        return violation(self.load[:, 0], *self.band) / self.mean

    def _region(self, middle: int, hops: int) -> Bools:
        """Return the cells within so many hops, more if these cannot meet their bands alone."""
        here = self.label[self.problem.arc_from]
        there = self.label[self.problem.indices]
        n_cells = self.problem.n_cells
        graph = csr_array((np.ones(len(here)), (here, there)), shape=(n_cells, n_cells))
        away = shortest_path(graph, unweighted=True, indices=middle)
        low, high = self.band
        while True:
            active: Bools = away <= hops
            load = float(self.load[active, 0].sum())
            room = low[active].sum() * 1.01 <= load <= high[active].sum() * 0.99
            if room or active.all() or not (np.isfinite(away) & ~active).any():
                return active
            hops += 1

    def _polish(self, sweeps: int, *, heat: float = 2e-3, active: Bools | None = None) -> None:
        self._anneal(narrowing=0.0, heat=(heat, 1e-6), sweeps=sweeps, hard=True, active=active)

    def _anneal(
        self,
        *,
        narrowing: float,
        heat: tuple[float, float],
        sweeps: int,
        stiffness: tuple[float, float] | None = None,
        compactness: float | None = None,
        steal_share: float | None = None,
        active: Bools | None = None,
        hard: bool = False,
    ) -> None:
        problem, params = self.problem, self.params
        stiffness = params.stiffness if stiffness is None else stiffness
        compactness = self.compactness if compactness is None else compactness
        active = np.ones(problem.n_cells, dtype=bool) if active is None else active
        low, high = self.soft_low.copy(), self.soft_high.copy()
        low[:, 0] = self.band[0] + narrowing * self.trim_low
        high[:, 0] = self.band[1] - narrowing * self.trim_high
        price = np.zeros_like(self.load)
        price[:, 0] = self.anchor
        line_cost = compactness * self.unit / self.width_m
        lines_m = problem.shared_m - self.importance.barrier * problem.barrier_m
        most_tries = MOST_TRIES if active.all() else MOST_ROUND_TRIES
        # Stiffness in cost per squared workload: mean travel over mean load.
        per_load = problem.mean_nearest_s / self.mean
        world = World(
            problem.indptr,
            problem.indices,
            line_cost * lines_m,
            problem.weights,
            problem.travel_s,
            low,
            high,
            pool=np.flatnonzero(active[self.label] & ~self.held).astype(np.int64),
            held=self.held,
            active=active,
            centre_unit=problem.centre_unit,
        )
        schedule = Schedule(
            sweeps=max(1, min(sweeps, most_tries // max(1, len(world.pool)))),
            hot=float(heat[0] * self.unit),
            cold=float(heat[1] * self.unit),
            soft=float(stiffness[0] * per_load),
            stiff=float(stiffness[1] * per_load),
            steal_share=params.steal_share if steal_share is None else steal_share,
            anchor=self.anchor,
            price_reach=params.price_reach * problem.mean_nearest_s,
            price_rate=params.price_rate,
            price_stiffness=params.price_stiffness * per_load,
            hard=hard,
        )
        # Copies: nobody who holds a plan sees it change.
        state = new_state(self.label.copy(), self.load.copy(), price, self.soft.copy())
        found = anneal(schedule, world, state, int(self.rng.integers(1 << 31)))
        # The hard polish stays within the band, so its end is best; loads are added up anew.
        self.take(state.label if hard else found)
