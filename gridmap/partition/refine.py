"""Improve a plan unit by unit, without ever breaking a cell in pieces.

1. *Starts*: anneal towards bands tighter than asked for, so that no cell is saturated and load
   can travel along a chain of cells, then again with wider ones, which lets travel come down.
   The bands are an augmented Lagrangian: soft at first and stiff at the end, with prices that
   keep bidding for cells that starve. A unit whose leaving would cut its cell may still go: the
   pieces without the centre find new cells along with it, so that no corridor one unit wide is a
   dead end. Which cell leads around which is settled early and by luck, so a few starts are made
   and the best is taken.
2. *Polish*: cool down with the bands as hard limits; units change places in exchanges.
3. *Rounds*: the map is covered with neighbourhoods of a few cells that do not overlap, each is
   annealed again on its own, and what is better is kept: less excess where a cell is outside its
   bands, less cost elsewhere. Borders between two neighbourhoods stay where they are, so they can
   be searched at the same time without knowing of each other.

Nothing looks at the clock or at the number of processors: with a fixed number of rounds one seed
gives one answer.

References
----------
Kirkpatrick, S., Gelatt, C., Vecchi, M. (1983). Optimization by simulated annealing. Science 220.
Conn, A., Gould, N., Toint, P. (1991). A globally convergent augmented Lagrangian algorithm for
optimization with general constraints and simple bounds. SIAM J. Numer. Anal. 28.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from gridmap.partition.anneal import Schedule, anneal
from gridmap.partition.area import Area, Ground
from gridmap.partition.kernels import gather_rim, new_state
from gridmap.partition.objective import IMPORTANCE, Bands, Importance, objective
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem
from gridmap.partition.side_by_side import side_by_side
from gridmap.progress import Stop

#: Tries of one anneal at most: with tens of thousands of units beside other cells sweeps get
#: fewer. Such plans have many units a cell and need fewer of them.
_MOST_TRIES = 6_000_000
#: Tries between two looks at whether to stop.
_CHUNK_TRIES = 1_000_000


@dataclass(frozen=True)
class RefineParams:
    """How hot, how stiff and how long.

    Temperatures count in mean cells' travel, stiffness in mean cells' travel per squared
    relative deviation, both (start, end).

    Attributes
    ----------
    starts
        First anneals.
    sweeps, release_sweeps, polish_sweeps
        Tries per unit beside another cell in the first anneal, in the second and in the polish.
    repair_sweeps, improve_sweeps, settle_sweeps
        The same in a neighbourhood: while a cell is outside its bands, else, and in its polish.
    narrowings
        Share by which the bands are narrowed in the first and the second anneal.
    restarts, patience
        How often to begin again, hotter each time, while no plan within the bands was found, and
        after how many rounds without less excess.
    """

    heat: tuple[float, float] = (0.02, 3e-4)
    stiffness: tuple[float, float] = (30.0, 1500.0)
    starts: int = 2
    sweeps: int = 1500
    release_sweeps: int = 600
    polish_sweeps: int = 200
    repair_sweeps: int = 500
    improve_sweeps: int = 150
    settle_sweeps: int = 60
    narrowings: tuple[float, float] = (0.6, 0.2)
    steal_share: float = 0.05
    exchange_share: float = 0.2
    price_rate: float = 0.02
    price_reach: float = 20.0
    price_stiffness: float = 30.0
    restarts: int = 2
    patience: int = 12


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
        Asked often, with a number that falls as the plan gets better; then the best plan so far
        is returned.
    on_round
        Called with the number of rounds made.
    """
    ground = Ground.of(problem, bands, importance, price_s)
    search = _Search(ground, params, np.random.default_rng(seed), stop)
    if problem.n_cells == 1 or (problem.fixed >= 0).all():
        return search.result(label)
    search.label = label
    search.start([0.0] * params.starts, label)
    fruitless, least = 0, search.excess()
    while search.rounds < iterations and not search.stopped():
        if least > 0.0 and fruitless >= params.patience and search.restarts < params.restarts:
            search.restarts += 1
            search.start([float(search.restarts)] * params.starts, label)
            fruitless = 0
        search.round()
        fruitless = 0 if search.excess() < 0.98 * least else fruitless + 1
        least = min(least, search.excess())
        on_round(search.rounds)
    return search.result(search.label)


class _Search:
    """The best plan so far, and the steps that better it."""

    def __init__(
        self,
        ground: Ground,
        params: RefineParams,
        rng: np.random.Generator,
        stop: Stop | None = None,
    ) -> None:
        self.ground, self.params, self.rng, self.stop = ground, params, rng, stop
        self.label = ground.problem.fixed
        self.failures = np.zeros(ground.problem.n_cells)
        self.rounds = self.gains = self.restarts = 0

    def score(self, label: Ints) -> tuple[float, float]:
        """Return (excess over the bands asked for, objective); less is better."""
        over = self.ground.excess(self.ground.loads(label))
        cost = objective(self.ground.problem, label, self.ground.importance)
        return float(over.max() + 1e-3 * over.sum()), cost

    def result(self, label: Ints) -> Refined:
        """Return `label` with its figures."""
        problem = self.ground.problem
        load = self.ground.loads(label) * np.where(problem.target > 0.0, problem.target, 1.0)
        over = float(self.ground.bands.excess(problem, load).max())
        cost = objective(problem, label, self.ground.importance)
        return Refined(label, over, cost, self.rounds, self.gains, self.restarts)

    def excess(self) -> float:
        """Return how far all cells together are outside their bands, in mean loads."""
        return float(self.ground.excess(self.ground.loads(self.label)).sum())

    def stopped(self) -> bool:
        """Return whether to stop. Excess first, then cost: no cost comes near the factor."""
        if self.stop is None:
            return False
        excess, cost = self.score(self.label)
        return self.stop(excess * 1e6 + cost)

    def start(self, restarts: Sequence[float], label: Ints) -> None:
        """Anneal from `label` a few times and keep the best if it betters the plan."""
        self.failures[:] = 0.0
        seeds = [int(one) for one in self.rng.integers(1 << 31, size=len(restarts))]
        found = side_by_side(
            lambda job: self._begin(label, *job), list(zip(restarts, seeds, strict=True))
        )
        best = min(found, key=self.score)
        if self.score(best) < self.score(self.label) or self.rounds == 0:
            self.label = best

    def _begin(self, label: Ints, restart: float, seed: int) -> Ints:
        """Anneal and polish; hotter and with weaker borders at each restart.

        Heat and weak borders open walls that no repair gets through.
        """
        params, area = self.params, self.ground.whole()
        hotter, lines = 1.0 + 2.0 * restart, 0.4**restart
        start, end = params.heat
        own = self._anneal(
            area,
            label,
            seed=seed,
            narrowing=params.narrowings[0],
            heat=(start * hotter, end),
            sweeps=int(params.sweeps * (1.0 + 0.5 * restart)),
            lines=lines,
        )
        if area.excess(own).max() > 0.0:
            return own
        own = self._anneal(
            area,
            own,
            seed=seed + 1,
            narrowing=params.narrowings[1],
            heat=(start / 2.0, end),
            sweeps=params.release_sweeps,
        )
        if area.excess(own).max() > 0.0:
            return own
        return self._polish(area, own, seed + 2, 2e-3, params.polish_sweeps)

    def round(self) -> None:
        """Search neighbourhoods that cover the map and keep what is better."""
        self.rounds += 1
        excess = self.ground.excess(self.ground.loads(self.label))
        jobs = [
            (middle, active, int(self.rng.integers(1 << 31)))
            for middle, active in self._neighbourhoods(excess)
        ]
        found = side_by_side(lambda job: self._search_in(*job), jobs)
        label = self.label.copy()
        gains = 0
        for (middle, active, _), better in zip(jobs, found, strict=True):
            if better is None:
                self.failures[middle] += 1.0
            else:
                area, own = better
                area.put(own, label)
                self.failures[active] = 0.0
                gains += 1
        self.label = label
        self.gains += gains > 0

    def _neighbourhoods(self, excess: Floats) -> list[tuple[int, Bools]]:
        """Return middles and cells of neighbourhoods that do not overlap, the worst first."""
        n_cells, rng = self.ground.problem.n_cells, self.rng
        away = self._hops()
        # Cells outside come first, in an order that gives way to those that failed less often.
        urge = np.sqrt(excess) / (1.0 + self.failures)
        order = np.lexsort((rng.random(n_cells), -urge * rng.random(n_cells)))
        taken = np.zeros(n_cells, dtype=bool)
        found: list[tuple[int, Bools]] = []
        load = self.ground.loads(self.label)
        for middle in order.tolist():
            if taken[middle]:
                continue
            most = 4 if self.failures[middle] > 6 else 3
            hops = (
                int(rng.integers(1, most + 1)) if excess[middle] > 0 else 1 + (rng.random() < 0.2)
            )
            active = self._grown(away[middle], taken, load, hops)
            if active.sum() > 1:
                found.append((middle, active))
                taken |= active
        return found

    def _grown(self, away: Floats, taken: Bools, load: Floats, hops: int) -> Bools:
        """Return the free cells within so many hops, more if these cannot meet their bands."""
        low, high = self.ground.low, self.ground.high
        while True:
            active: Bools = (away <= hops) & ~taken
            total = load[active].sum(axis=0)
            room = (low[active].sum(axis=0) * 1.002 <= total) | np.isneginf(low[active]).any(axis=0)
            room &= (total <= high[active].sum(axis=0) * 0.998) | np.isposinf(high[active]).any(
                axis=0
            )
            further = np.isfinite(away) & (away > hops) & ~taken
            if room.all() or not further.any():
                return active
            hops += 1

    def _hops(self) -> Floats:
        """Return the hops between cells. Shape (n_cells, n_cells)."""
        problem, n_cells = self.ground.problem, self.ground.problem.n_cells
        pairs = self.label[problem.arc_from] * n_cells + self.label[problem.indices]
        pairs = np.unique(pairs)
        graph = csr_array(
            (np.ones(len(pairs)), (pairs // n_cells, pairs % n_cells)), shape=(n_cells, n_cells)
        )
        return np.asarray(shortest_path(graph, unweighted=True), dtype=np.float64)

    def _search_in(self, middle: int, active: Bools, seed: int) -> tuple[Area, Ints] | None:
        """Search one neighbourhood; return what is better, if anything."""
        area = self.ground.cut_out(self.label, active)
        own = area.take(self.label)
        rng = np.random.default_rng(seed)
        excess = area.excess(own)
        if excess.max() > 0.0:
            new = self._repair(area, own, rng, int(self.failures[middle]))
            now = area.excess(new)
            if now.sum() + now.max() < (excess.sum() + excess.max()) * 0.999:
                return area, new
            return None
        new = self._improve(area, own, rng)
        if area.excess(new).max() > 0.0 or area.cost(new) >= area.cost(own) * (1 - 1e-12):
            return None
        return area, new

    def _repair(self, area: Area, own: Ints, rng: np.random.Generator, failures: int) -> Ints:
        params = self.params
        narrowing = 1.0 - (1.0 - params.narrowings[0]) * rng.choice([1.0, 0.8, 0.5])
        hotter = 1.0 + 2.0 * self.restarts
        new = self._anneal(
            area,
            own,
            seed=int(rng.integers(1 << 31)),
            narrowing=float(narrowing),
            heat=(
                params.heat[0] * float(np.sqrt(hotter)) * rng.choice([0.25, 0.5, 1.0, 2.0]),
                params.heat[1],
            ),
            stiffness=(rng.choice([10.0, 30.0, 100.0]), rng.choice([500.0, 1500.0, 5000.0])),
            sweeps=params.repair_sweeps + 150 * min(4, failures // 4),
            lines=float(rng.choice([0.3, 1.0])),
            steal_share=0.1,
        )
        if area.excess(new).max() > 0.0:
            return new
        return self._polish(area, new, int(rng.integers(1 << 31)), 2e-3, params.polish_sweeps)

    def _improve(self, area: Area, own: Ints, rng: np.random.Generator) -> Ints:
        params = self.params
        new = self._anneal(
            area,
            own,
            seed=int(rng.integers(1 << 31)),
            narrowing=float(rng.choice([0.02, 0.1, 0.2])),
            heat=(params.heat[0] * rng.choice([0.05, 0.1, 0.1, 0.2, 0.8]), params.heat[1]),
            stiffness=(100.0, 3000.0),
            sweeps=params.improve_sweeps,
            steal_share=0.1,
        )
        if area.excess(new).max() > 0.0:
            return new
        return self._polish(
            area, new, int(rng.integers(1 << 31)), 3.0 * params.heat[1], params.settle_sweeps
        )

    def _polish(self, area: Area, own: Ints, seed: int, heat: float, sweeps: int) -> Ints:
        return self._anneal(
            area, own, seed=seed, narrowing=0.0, heat=(heat, 1e-6), sweeps=sweeps, hard=True
        )

    def _anneal(
        self,
        area: Area,
        own: Ints,
        *,
        seed: int,
        narrowing: float,
        heat: tuple[float, float],
        sweeps: int,
        stiffness: tuple[float, float] | None = None,
        lines: float = 1.0,
        steal_share: float | None = None,
        hard: bool = False,
    ) -> Ints:
        """Anneal a copy of `own` and return the best labels, in chunks that `stop` can end."""
        params, seconds = self.params, self.ground.seconds
        stiffness = params.stiffness if stiffness is None else stiffness
        world = area.world._replace(cut_cost=lines * area.world.cut_cost)
        anchor = np.ascontiguousarray(self.ground.anchor[area.cells])
        # Copies: nobody who holds a plan sees it change.
        state = new_state(own.copy(), area.ledger(own, narrowing=narrowing), world.indptr)
        rim = max(1, gather_rim(world, state))
        schedule = Schedule(
            sweeps=max(1, min(sweeps, _MOST_TRIES // rim)),
            hot=heat[0] * seconds,
            cold=heat[1] * seconds,
            soft=float(stiffness[0]) * seconds,
            stiff=float(stiffness[1]) * seconds,
            steal_share=params.steal_share if steal_share is None else steal_share,
            exchange_share=params.exchange_share,
            anchor=anchor,
            price_reach=params.price_reach * seconds,
            price_rate=params.price_rate,
            price_stiffness=params.price_stiffness * seconds,
            hard=hard,
        )
        best, best_excess = own.copy(), np.inf
        found = own.copy()
        chunk = max(1, _CHUNK_TRIES // rim)
        for begin in range(0, schedule.sweeps, chunk):
            end = min(begin + chunk, schedule.sweeps)
            excess = anneal(schedule, world, state, (seed + begin) % (1 << 31), begin, end, found)
            if excess <= best_excess:
                best_excess = excess
                best[:] = found
            if end < schedule.sweeps and self.stopped():
                break
        return state.label if hard else best
