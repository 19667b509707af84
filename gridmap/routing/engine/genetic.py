"""Hybrid genetic search over whole plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gridmap.routing.engine import crossover_kernels as crossover
from gridmap.routing.engine.education_kernels import educate
from gridmap.routing.engine.insertion_kernels import random_plan
from gridmap.routing.engine.kept import KeptPlan, keep
from gridmap.routing.engine.renaming import day_renamings
from gridmap.routing.engine.tables import Floats, Tables, Work, work_of

#: Visits above which a smaller population is kept, so that it converges in time.
_MANY_VISITS = 250
_FAR_BEHIND = 1e15


@dataclass(frozen=True)
class GeneticParams:
    """Settings of the genetic search.

    Attributes
    ----------
    smallest, children
        Plans that survive, and how many more are let in before the next selection.
    granularity
        Nearest stops of the same day that local search tries.
    factor
        A way to a neighbour may be this many times as long as the longest that it would replace.
    elite, close
        Plans that are safe by their cost alone, and the nearest others that count for diversity.
    patience
        Children without a better plan before the population starts afresh.
    regional
        Share of the children that take over a region only.
    """

    smallest: int = 25
    children: int = 40
    granularity: int = 10
    factor: float = 1.0
    elite: int = 4
    close: int = 5
    patience: int = 5000
    regional: float = 0.5

    @classmethod
    def for_visits(cls, n_visits: float) -> GeneticParams:
        """Return the settings for a number of visits."""
        return cls(smallest=12, children=25) if n_visits > _MANY_VISITS else cls()


@dataclass(eq=False)
class Population:
    """Plans of one kind, all within the limits or all beyond them."""

    params: GeneticParams
    plans: list[KeptPlan] = field(default_factory=list)

    def add(self, plan: KeptPlan, prices: Floats) -> None:
        """Let a plan in; when there are too many, those that are dear or alike go."""
        for other in self.plans:
            apart = crossover.broken_pairs(plan.after, other.after, other.before)
            plan.apart[id(other)] = apart
            other.apart[id(plan)] = apart
        self.plans.append(plan)
        if len(self.plans) > self.params.smallest + self.params.children:
            while len(self.plans) > self.params.smallest:
                self._drop(prices)

    def rank(self, prices: Floats) -> Floats:
        """Bring the fitness of all plans up to date, and return their prices."""
        n_plans = len(self.plans)
        cost = np.array([one.price(prices) for one in self.plans])
        lonely = np.array([one.apartness(self.params.close) for one in self.plans])
        by_cost, by_apartness = np.empty(n_plans), np.empty(n_plans)
        by_cost[np.argsort(cost, kind="stable")] = np.arange(n_plans)
        by_apartness[np.argsort(-lonely, kind="stable")] = np.arange(n_plans)
        share = 1.0 - min(self.params.elite, n_plans) / max(n_plans, 1)
        for plan, rank in zip(self.plans, by_cost + share * by_apartness, strict=True):
            plan.fitness = float(rank)
        return cost

    def _drop(self, prices: Floats) -> None:
        best = int(np.argmin(self.rank(prices)))
        others = [number for number in range(len(self.plans)) if number != best]
        clones = [number for number in others if self.plans[number].has_twin]
        worst = max(clones or others, key=lambda number: self.plans[number].fitness)
        gone = self.plans.pop(worst)
        for other in self.plans:
            other.apart.pop(id(gone), None)


class Genetic:
    """A population of plans, and how it gets better.

    Parameters
    ----------
    tables
        The problem.
    xy
        Places as seen from the depot, for the turn in which routes are joined; empty = as they
        are. Shape (n_places, 2).
    seed
        Of the choices made here; the compiled loops have one of their own.
    params
        Settings.
    prices
        What breaking a limit costs at first; adapted on the way. Shape (3,).
    """

    def __init__(
        self, tables: Tables, xy: Floats, seed: int, params: GeneticParams, prices: Floats
    ) -> None:
        self.tables, self.xy, self.params = tables, xy, params
        self.work: Work = work_of(tables)
        self.prices = prices
        self.rng = np.random.default_rng(seed)
        self.renamings = day_renamings(tables)
        self.within, self.beyond = Population(params), Population(params)
        self.best: KeptPlan | None = None
        self.born = 0
        self._kept: list[tuple[bool, bool, bool]] = []
        self._since, self._top = 0, _FAR_BEHIND

    def learn(self) -> KeptPlan:
        """Educate the plan in the making and let it in; mend half of those that break limits."""
        plan = self._educated(self.prices)
        self._kept.append(plan.kept)
        self._let_in(plan)
        self.born += 1
        if not plan.feasible and self.rng.random() < 0.5:
            mended = self._educated(self.prices * 10.0)
            if mended.feasible:
                self._let_in(mended)
        if len(self._kept) >= 100:
            self._adapt()
        return plan

    def start(self, go_on: Callable[[], bool]) -> None:
        """Begin with random plans; the best one so far is remembered, the others are not."""
        self.within, self.beyond = Population(self.params), Population(self.params)
        self._kept, self._top = [], _FAR_BEHIND
        for _ in range(4 * self.params.smallest):
            if not go_on():
                break
            random_plan(self.tables, self.work, self.prices)
            self.learn()
        self._since = self.born

    def adopt(self, plan: KeptPlan) -> None:
        """Let in a plan that was made elsewhere, educated."""
        crossover.load_plan(self.tables, self.work, plan.row, plan.size, plan.chosen)
        self.learn()

    def step(self) -> bool:
        """Make one child; return whether the population has stopped getting better."""
        if self.born % 10 == 0:
            self.within.rank(self.prices)
            self.beyond.rank(self.prices)
        one, other = self._parent(), self._parent()
        chosen = crossover.align_days(
            self.tables, one.row, one.size, other.row, other.size, self.renamings
        )
        renaming = self.renamings[chosen]
        if self.rng.random() < self.params.regional:
            n_places = self.tables.near.shape[1] + 1
            around = int(self.rng.integers(5, max(6, min(60, n_places // 2))))
            crossover.cross_region(
                self.tables, self.work, self.prices, (one.row, one.size, one.chosen),
                other.chosen, renaming, around,
            )  # fmt: skip
        else:
            crossover.cross_days(
                self.tables, self.work, self.prices, one.row, one.size, other.row, other.size,
                renaming,
            )  # fmt: skip
        self.learn()
        top = min((plan.cost for plan in self.within.plans), default=_FAR_BEHIND)
        if top < self._top - 1e-6:
            self._top, self._since = top, self.born
        return self.born - self._since > self.params.patience

    def _educated(self, prices: Floats) -> KeptPlan:
        educate(self.tables, self.work, prices, self.params.granularity, self.params.factor)
        return keep(self.tables, self.work, self.xy)

    def _let_in(self, plan: KeptPlan) -> None:
        (self.within if plan.feasible else self.beyond).add(plan, self.prices)
        if plan.feasible and (self.best is None or plan.cost < self.best.cost - 1e-7):
            self.best = plan

    def _parent(self) -> KeptPlan:
        plans = [*self.within.plans, *self.beyond.plans]
        one, other = (plans[int(self.rng.integers(len(plans)))] for _ in range(2))
        return one if one.fitness < other.fitness else other

    def _adapt(self) -> None:
        share = np.mean(self._kept, axis=0)
        self.prices[share < 0.3] *= 1.2
        self.prices[share > 0.5] *= 0.85
        np.clip(self.prices, 1e-2, 1e12, out=self.prices)
        self._kept = []
