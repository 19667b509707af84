"""The steps of the search: starts, rounds, and the anneals they are made of.

See `gridmap.partition.refine` for how they follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from gridmap.partition.anneal import Schedule, anneal
from gridmap.partition.area import Area, SearchSpace
from gridmap.partition.kernels import gather_rim, new_state
from gridmap.partition.objective import loads, objective
from gridmap.partition.problem import Bools, Floats, Ints
from gridmap.partition.search_params import Bidding, RefineParams
from gridmap.partition.side_by_side import side_by_side
from gridmap.progress import Stop, interrupted

#: Tries of one anneal at most: with tens of thousands of units beside other cells sweeps get
#: fewer. Such plans have many units a cell and need fewer of them.
_MOST_TRIES = 6_000_000
_MOST_TRIES_MELTING = 12_000_000
#: Bands are narrower by this share while a plan is fluid, and as it cools.
_MELT_NARROWING = 0.2
_COOLING_SWEEPS = 100
#: Neighbourhoods of more cells than this are searched as if from the start.
_RENEWED = 12
#: So many failed repairs before a neighbourhood is heated.
_GENTLE = 3
#: Share of rounds with such neighbourhoods.
_RENEW_SHARE = 0.5
#: First and last heat of a polish, in mean cells' travel.
_POLISH_HEAT = 2e-3
_COLDEST = 1e-6
#: Price on excess grows by this factor in every round that ends with some.
_DEARER = 1.2
#: Tries between two looks at whether to stop.
_CHUNK_TRIES = 1_000_000


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
        How often the plan was melted again.
    """

    label: Ints
    worst_excess: float
    cost: float
    rounds: int
    gains: int
    restarts: int


class Search:
    """The best plan so far, and the steps that better it.

    Attributes
    ----------
    label
        The plan that is searched on; it may be dearer or farther outside than the best.
        Shape (n_units,).
    best
        The best plan seen. Shape (n_units,).
    failures
        How often a neighbourhood around each cell was searched in vain. Shape (n_cells,).
    dearness
        Price on excess now, in mean cells' travel for a mean load.
    rounds, gains, restarts
        See `Refined`.
    """

    def __init__(
        self,
        space: SearchSpace,
        params: RefineParams,
        rng: np.random.Generator,
        stop: Stop | None = None,
    ) -> None:
        self.space, self.params, self.rng, self.stop = space, params, rng, stop
        self.label = space.problem.fixed
        self.failures = np.zeros(space.problem.n_cells)
        self.rounds = self.gains = self.restarts = 0
        self.dearness = params.dearness
        self.best = self.label

    def score(self, label: Ints) -> tuple[float, float]:
        """Return (excess over the bands asked for, objective); less is better."""
        over = self.space.excess(self.space.loads(label))
        cost = objective(self.space.problem, label, self.space.importance)
        return float(over.max() + 1e-3 * over.sum()), cost

    def merit(self, label: Ints) -> float:
        """Return the objective with a price on excess; less is better."""
        excess = float(self.space.excess(self.space.loads(label)).sum())
        return self.score(label)[1] + self.dearness * excess

    def result(self, label: Ints) -> Refined:
        """Return `label` with its figures."""
        problem = self.space.problem
        over = float(self.space.bands.excess(problem, loads(problem, label)).max())
        cost = objective(problem, label, self.space.importance)
        return Refined(label, over, cost, self.rounds, self.gains, self.restarts)

    def excess(self) -> float:
        """Return how far all cells together are outside their bands, in mean loads."""
        return float(self.space.excess(self.space.loads(self.label)).sum())

    def stopped(self) -> bool:
        """Return whether to stop. Excess first, then cost: no cost comes near the factor."""
        if self.stop is None:
            return False
        excess, cost = self.score(self.best)
        return self.stop(excess * 1e6 + cost)

    def start(self, label: Ints) -> None:
        """Anneal from `label` a few times and keep the best; melt it where it is far off."""
        if self.params.starts == 0:
            self.label = label
            if self.excess() > 0.0:
                self.melt()
            return
        seeds = [int(one) for one in self.rng.integers(1 << 31, size=self.params.starts)]
        found = side_by_side(lambda seed: self._begin(label, seed), seeds)
        self.label = min(found, key=self.merit)
        self._keep()
        if self.excess() > self.params.far * self.space.problem.n_cells:
            self.melt()

    def melt(self) -> None:
        """Keep the plan fluid until its loads are in their bands, then cool it.

        Where cells hem each other in, stiff bands are walls: load has to pass along chains of
        cells that each are at their limit, and corridors must shift for it. At constant heat and
        moderate stiffness prices move it there.
        """
        self.failures[:] = 0.0
        seeds = [int(one) for one in self.rng.integers(1 << 31, size=self.params.melts)]
        melted = min(side_by_side(self._melted, seeds), key=self.merit)
        if self.merit(melted) < self.merit(self.label):
            self.label = melted
        self._keep()

    def _melted(self, seed: int) -> Ints:
        params, whole = self.params, self.space.whole()
        label = self._anneal(
            whole,
            self.label,
            seed=seed,
            narrowing=_MELT_NARROWING,
            heat=(params.melt_heat, params.melt_heat),
            stiffness=(params.melt_stiffness, params.melt_stiffness),
            sweeps=params.melt_sweeps,
            bidding=params.melt_bidding,
            most_tries=_MOST_TRIES_MELTING,
        )
        return self._anneal(
            whole,
            label,
            seed=seed + 1,
            narrowing=_MELT_NARROWING,
            heat=(0.1 * params.heat[0], params.heat[1]),
            stiffness=(300.0, 3000.0),
            sweeps=_COOLING_SWEEPS,
        )

    def _keep(self) -> None:
        """Remember the best plan seen."""
        if self.score(self.label) < self.score(self.best):
            self.best = self.label

    def _begin(self, label: Ints, seed: int) -> Ints:
        """Anneal and polish the whole plan."""
        params = self.params
        sweeps = (params.sweeps, params.release_sweeps, params.polish_sweeps)
        return self._settle(self.space.whole(), label, seed, sweeps)

    def _settle(self, area: Area, own: Ints, seed: int, sweeps: tuple[int, int, int]) -> Ints:
        """Anneal in tight bands, then in wider ones, then polish; as far as the bands hold."""
        start, end = self.params.heat
        tight, wide = self.params.narrowings
        own = self._anneal(
            area, own, seed=seed, narrowing=tight, heat=(start, end), sweeps=sweeps[0]
        )
        if area.excess(own).max() > 0.0:
            return own
        own = self._anneal(
            area, own, seed=seed + 1, narrowing=wide, heat=(start / 2.0, end), sweeps=sweeps[1]
        )
        if area.excess(own).max() > 0.0:
            return own
        return self._polish(area, own, seed + 2, _POLISH_HEAT, sweeps[2])

    def round(self) -> None:
        """Search neighbourhoods that cover the map and keep what is better."""
        self.rounds += 1
        excess = self.space.excess(self.space.loads(self.label))
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
        self.dearness *= _DEARER if self.excess() > 0.0 else 1.0
        self._keep()

    def _neighbourhoods(self, excess: Floats) -> list[tuple[int, Bools]]:
        """Return middles and cells of neighbourhoods that do not overlap, the worst first."""
        n_cells, rng = self.space.problem.n_cells, self.rng
        away = self._hops()
        # Cells outside come first, in an order that gives way to those that failed less often.
        urge = np.sqrt(excess) / (1.0 + self.failures)
        wide = rng.random() < _RENEW_SHARE
        order = np.lexsort((rng.random(n_cells), -urge * rng.random(n_cells)))
        taken = np.zeros(n_cells, dtype=bool)
        found: list[tuple[int, Bools]] = []
        load = self.space.loads(self.label)
        for middle in order.tolist():
            if taken[middle]:
                continue
            most = 4 if self.failures[middle] > 6 else 3
            if excess[middle] > 0:
                hops = int(rng.integers(1, most + 1))
            else:
                hops = int(rng.integers(2, 4)) if wide else 1
            active = self._grown(away[middle], taken, load, hops)
            if active.sum() > 1:
                found.append((middle, active))
                taken |= active
        return found

    def _grown(self, away: Floats, taken: Bools, load: Floats, hops: int) -> Bools:
        """Return the free cells within so many hops, more if these cannot meet their bands."""
        low, high = self.space.low, self.space.high
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
        problem, n_cells = self.space.problem, self.space.problem.n_cells
        pairs = self.label[problem.arc_from] * n_cells + self.label[problem.indices]
        pairs = np.unique(pairs)
        graph = csr_array(
            (np.ones(len(pairs)), (pairs // n_cells, pairs % n_cells)), shape=(n_cells, n_cells)
        )
        return np.asarray(shortest_path(graph, unweighted=True), dtype=np.float64)

    def _search_in(self, middle: int, active: Bools, seed: int) -> tuple[Area, Ints] | None:
        """Search one neighbourhood; return what is better, if anything."""
        area = self.space.cut_out(self.label, active)
        own = area.take(self.label)
        rng = np.random.default_rng(seed)
        excess = area.excess(own)
        if excess.max() > 0.0:
            new = self._repair(area, own, rng, int(self.failures[middle]))
            now = area.excess(new)
            change = (area.cost(new) - area.cost(own)) / self.space.seconds
            if change + self.dearness * float(now.sum() - excess.sum()) < -1e-9:
                return area, new
            return None
        new = self._improve(area, own, rng)
        if area.excess(new).max() > 0.0 or area.cost(new) >= area.cost(own) * (1 - 1e-12):
            return None
        return area, new

    def _repair(self, area: Area, own: Ints, rng: np.random.Generator, failures: int) -> Ints:
        """Anneal a neighbourhood with a cell outside: gently first, then ever harder."""
        params = self.params
        if failures < _GENTLE:
            narrowing = float(rng.choice([0.05, 0.2]))
            heat = params.heat[0] * rng.choice([0.05, 0.1, 0.2])
        else:
            narrowing = 1.0 - (1.0 - params.narrowings[0]) * float(rng.choice([1.0, 0.8, 0.5]))
            heat = params.heat[0] * rng.choice([0.25, 0.5, 1.0, 2.0])
            heat *= float(np.sqrt(1.0 + 2.0 * self.restarts))
        new = self._anneal(
            area,
            own,
            seed=int(rng.integers(1 << 31)),
            narrowing=narrowing,
            heat=(heat, params.heat[1]),
            stiffness=(rng.choice([10.0, 30.0, 100.0]), rng.choice([500.0, 1500.0, 5000.0])),
            sweeps=params.repair_sweeps + 150 * min(4, failures // 4),
            lines=float(rng.choice([0.3, 1.0])),
            steal_share=0.1,
        )
        if area.excess(new).max() > 0.0:
            return new
        return self._polish(
            area, new, int(rng.integers(1 << 31)), _POLISH_HEAT, params.polish_sweeps
        )

    def _improve(self, area: Area, own: Ints, rng: np.random.Generator) -> Ints:
        params = self.params
        if len(area.cells) > _RENEWED:
            sweeps = (params.renew_sweeps, params.renew_sweeps // 2, params.renew_sweeps // 6)
            return self._settle(area, own, int(rng.integers(1 << 31)), sweeps)
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
            area, own, seed=seed, narrowing=0.0, heat=(heat, _COLDEST), sweeps=sweeps, hard=True
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
        bidding: Bidding | None = None,
        most_tries: int = _MOST_TRIES,
    ) -> Ints:
        """Anneal a copy of `own` and return the best labels, in chunks that `stop` can end.

        With a `bidding` of its own an anneal also ends once no load is outside its band.
        """
        params, seconds = self.params, self.space.seconds
        stiffness = params.stiffness if stiffness is None else stiffness
        prices = params.bidding if bidding is None else bidding
        world = area.world._replace(cut_cost=lines * area.world.cut_cost)
        anchor = np.ascontiguousarray(self.space.anchor[area.cells])
        # Copies: nobody who holds a plan sees it change.
        state = new_state(own.copy(), area.ledger(own, narrowing=narrowing), world.indptr)
        rim = max(1, gather_rim(world, state))
        schedule = Schedule(
            sweeps=max(1, min(sweeps, most_tries // rim)),
            hot=heat[0] * seconds,
            cold=heat[1] * seconds,
            soft=float(stiffness[0]) * seconds,
            stiff=float(stiffness[1]) * seconds,
            steal_share=params.steal_share if steal_share is None else steal_share,
            exchange_share=params.exchange_share,
            anchor=anchor,
            price_reach=prices.reach * seconds,
            price_rate=prices.rate,
            price_stiffness=prices.stiffness * seconds,
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
            if bidding is not None and best_excess <= 0.0:
                break
            if end < schedule.sweeps and interrupted(self.stop):
                break
        return state.label if hard else best
