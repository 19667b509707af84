"""Solve a periodic problem: ruin and recreate, a genetic search, then ruin and recreate again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

import numpy as np

from gridmap.progress import Stop
from gridmap.routing.engine.crossover_kernels import load_plan
from gridmap.routing.engine.genetic import Genetic, GeneticParams
from gridmap.routing.engine.kept import KeptPlan, keep
from gridmap.routing.engine.ruin import RuinSearch
from gridmap.routing.engine.tables import Floats, Tables, tables_of, work_of
from gridmap.routing.engine.walk_kernels import seed_kernels
from gridmap.routing.periodic import PeriodicPlan, PeriodicProblem
from gridmap.routing.tiny import tiny_problem

Method = Literal["portfolio", "genetic", "ruin"]
OnBetter = Callable[[float, float], None]
#: Places in order, by day and manager.
Shifts = tuple[tuple[tuple[int, ...], ...], ...]

#: Steps of ruin and recreate between two looks at the clock; an iteration of the search has as
#: many, or one child of the genetic search.
STEPS = 200
#: Methods that together run every loop, in so many iterations: the genetic search crosses plans
#: once its first ones are made.
_PARTS: tuple[Method, ...] = ("ruin", "genetic")
_TO_COMPILE = 4 * GeneticParams().smallest + 60
#: Share of its time after which the first ruin search gives up if no plan of its own is within
#: the limits, although there are such plans.
_VAIN = 0.15
#: Plans that are educated at most until one keeps the limits, before the first search.
_TRIES = 20
#: Nearest places that the moves and the ruins look at.
_NEAR = 60
#: Shares of the time after which the first ruin search, and the genetic search, are over.
_FIRST, _LAST = 0.3, 0.8
#: Visits above which all the time goes to ruin and recreate, where a day has several routes.
_MOST_TO_BREED = 300
#: Share of the time of the genetic search after which the plan of the ruin search joins.
_JOIN = 0.4


@dataclass(frozen=True, eq=False)
class _Clock:
    """How much of the time, or of the iterations, is over."""

    seconds: float | None
    iterations: int | None
    began: float

    @property
    def spent_s(self) -> float:
        """CPU seconds of this process since the beginning."""
        return time.process_time() - self.began

    def progress(self, done: int) -> float:
        """Return the share that is over, 1 = all."""
        shares = [0.0]
        if self.seconds is not None:
            shares.append(self.spent_s / max(self.seconds, 1e-9))
        if self.iterations is not None:
            shares.append(done / self.iterations if self.iterations else 1.0)
        return max(shares)


class _Run:
    """One search, with the best plan so far."""

    def __init__(
        self, problem: PeriodicProblem, clock: _Clock, stop: Stop | None, on_better: OnBetter | None
    ) -> None:
        self.problem, self.clock, self.stop, self.on_better = problem, clock, stop, on_better
        self.tables = tables_of(problem)
        self.near = tables_of(problem, _NEAR)
        self.xy = _directions(problem)
        self.done = 0
        self.stopped = False
        self.best: KeptPlan | None = None

    @property
    def progress(self) -> float:
        """Share of the time that is over."""
        return self.clock.progress(self.done)

    def count(self) -> None:
        """Count an iteration, and ask the caller whether to stop."""
        self.done += 1
        if self.stop is not None:
            self.stopped |= self.stop(self.best.cost if self.best else np.inf)

    def over(self, share: float = 1.0) -> bool:
        """Return whether a share of the time is over, or the caller wants to stop."""
        return self.stopped or self.progress >= share

    def take(self, plan: KeptPlan | None) -> None:
        """Remember a plan if it is the best one within the limits."""
        if plan is None or not plan.feasible:
            return
        if self.best is None or plan.cost < self.best.cost - 1e-7:
            self.best = plan
            if self.on_better is not None:
                self.on_better(self.clock.spent_s, plan.cost)


def solve_periodic(
    problem: PeriodicProblem,
    *,
    seed: int,
    seconds: float | None = None,
    iterations: int | None = None,
    method: Method = "portfolio",
    stop: Stop | None = None,
    on_better: OnBetter | None = None,
    first: Shifts = (),
) -> PeriodicPlan | None:
    """Choose pattern, route and place in the route of all visits together.

    Parameters
    ----------
    problem
        What to solve.
    seed
        Of all random choices.
    seconds
        CPU seconds of this process to search for.
    iterations
        Iterations to search for; with these alone the same seed gives the same plan.
    method
        ``ruin`` = ruin and recreate alone, ``genetic`` = hybrid genetic search alone.
    stop
        May end the search earlier; asked between iterations with the best cost.
    on_better
        Gets CPU seconds and cost of every new best plan.
    first
        A plan to go on from, such as the last one. Places whose days in it are no pattern of
        theirs find new ones. If it is within the limits, the result costs at most as much.

    Returns
    -------
    PeriodicPlan or None
        The best plan within all limits; None if none was found.

    Raises
    ------
    ValueError
        If neither seconds nor iterations say when to end.
    """
    if seconds is None and iterations is None:
        raise ValueError("Expected seconds or iterations.")
    compile_loops()
    clock = _Clock(seconds, iterations, time.process_time())
    run = _Run(problem, clock, stop, on_better)
    given = _plan_from(run, first) if any(route for day in first for route in day) else None
    return _search(run, seed, method, given)


@cache
def compile_loops() -> None:
    """Compile the loops of the engine, or load what was compiled earlier on this machine.

    Done once a process, before the clock of the first search starts; call it earlier where the
    half minute of the very first time shall be announced.
    """
    for timed, method in product((False, True), _PARTS):
        clock = _Clock(None, _TO_COMPILE, time.process_time())
        _search(_Run(tiny_problem(timed=timed), clock, None, None), 0, method)


def _search(
    run: _Run, seed: int, method: Method, first: KeptPlan | None = None
) -> PeriodicPlan | None:
    problem = run.problem
    if run.tables.near.shape[1] == 0 and not (problem.last_pattern > problem.first_pattern).any():
        return _nothing_to_visit(problem)
    prices = _first_prices(problem)
    if first is not None:
        seed_kernels(seed)
        run.take(first)
        _ruin(run, prices.copy(), 0.0, 1.0, first)
    elif method == "genetic":
        seed_kernels(seed)
        _breed(run, prices, seed, 1.0)
    elif method == "ruin":
        _seek_first(run, prices, seed)
        _ruin(run, prices, 0.0, 1.0)
    else:
        _seek_first(run, prices, seed)
        _ruin(run, prices.copy(), 0.0, 1.0 if _too_large_to_breed(problem) else _FIRST)
        if not run.over():
            _breed(run, prices, seed, _LAST)
        if not run.over():
            _ruin(run, prices, _LAST, 1.0)
    _polish(run, prices)
    return _plan_of(run.tables, run.best) if run.best else None


def _seek_first(run: _Run, prices: Floats, seed: int) -> None:
    """Find some plan within the limits, so that a hot search is not the first to look for one.

    Where days have to be nearly alike, what is put together one by one breaks a limit, and a plan
    that is educated soon does not. The choices of the search that follows do not depend on it.
    """
    seed_kernels(seed)
    run.take(RuinSearch(run.tables, prices.copy()).now(run.xy))
    genetic = Genetic(run.near, run.xy, seed, GeneticParams(), prices.copy())
    tries = iter(range(_TRIES))

    def go_on() -> bool:
        run.take(genetic.best)
        return run.best is None and not run.over(_FIRST) and next(tries, None) is not None

    genetic.start(go_on)
    seed_kernels(seed)


def _plan_from(run: _Run, shifts: Shifts) -> KeptPlan:
    """Return a plan with given routes, without the places whose days are no pattern of theirs."""
    problem, tables = run.problem, run.tables
    days = np.zeros((problem.n_places, problem.n_days), dtype=bool)
    for day, routes in enumerate(shifts):
        for route in routes:
            days[list(route), day] = True
    chosen = np.full(problem.n_places, -1, dtype=np.int64)
    fits = np.zeros(problem.n_places, dtype=bool)
    for place in range(problem.n_places):
        begin, end = int(problem.first_pattern[place]), int(problem.last_pattern[place])
        if end == begin:
            continue
        same = (problem.patterns[begin:end] == days[place]).all(axis=1)
        price = np.where(same, problem.pattern_price[begin:end], np.inf)
        fits[place] = np.isfinite(price).any()
        chosen[place] = begin + int(price.argmin()) if fits[place] else end - 1
    work = work_of(tables)
    row, size = work.row.copy(), np.zeros_like(work.size)
    for day, routes in enumerate(shifts):
        for manager, route in enumerate(routes):
            k = day * tables.n_managers + manager
            stops = [place for place in route if fits[place]]
            row[k, 0] = tables.start[k]
            row[k, 1 : len(stops) + 1] = stops
            row[k, len(stops) + 1] = tables.end[k]
            size[k] = len(stops)
    load_plan(tables, work, row, size, chosen)
    return keep(tables, work, run.xy[:0])


def _ruin(
    run: _Run, prices: Floats, begin: float, end: float, first: KeptPlan | None = None
) -> None:
    """Ruin and recreate from a share of the time to another; late, the best plan is warmed.

    So is the plan `first` where one is given; what it lacks comes in on the way.
    """
    search = RuinSearch(run.tables, prices, run.best if begin else first)
    run.take(search.now(run.xy))
    least = run.best.cost if run.best else np.inf
    # What the hot search has not found by now, it finds too late.
    vain = begin + _VAIN * (end - begin) if run.best and not begin and not first else end
    while not run.over(end if search.found else vain):
        search.go_on((run.progress - begin) / (end - begin), STEPS)
        if search.best < least - 1e-7:
            least = search.best
            run.take(search.best_plan(run.xy))
        run.count()


def _breed(run: _Run, prices: Floats, seed: int, end: float) -> None:
    """Let a population of random plans get better; the best plan so far joins it later.

    Were it there from the beginning, all would soon be its kin.
    """
    params = GeneticParams.for_visits(_n_visits(run.problem))
    genetic = Genetic(run.near, run.xy, seed, params, prices)
    guest, begin = run.best, run.progress

    def go_on() -> bool:
        run.take(genetic.best)
        run.count()
        return not run.over(end)

    genetic.start(go_on)
    while not run.over(end):
        if guest is not None and run.over(begin + _JOIN * (end - begin)):
            genetic.adopt(guest)
            guest = None
        if genetic.step():
            genetic.start(go_on)
        go_on()


def _polish(run: _Run, prices: Floats) -> None:
    """Let the best plan learn what is left to learn without breaking a limit."""
    if run.best is not None:
        genetic = Genetic(run.near, run.xy, 0, GeneticParams(), np.maximum(prices, 1.0) * 1e6)
        genetic.adopt(run.best)
        run.take(genetic.best)


def _too_large_to_breed(problem: PeriodicProblem) -> bool:
    """Return whether a population would take longer to get better than the time allows."""
    return problem.n_managers > 1 and _n_visits(problem) > _MOST_TO_BREED


def _n_visits(problem: PeriodicProblem) -> float:
    """Return the visits of a cycle, each place taken at its most."""
    most = [
        problem.patterns[first:last].sum(axis=1).max()
        for first, last in zip(problem.first_pattern, problem.last_pattern, strict=True)
        if last > first
    ]
    return float(sum(most))


def _first_prices(problem: PeriodicProblem) -> Floats:
    """Return what a unit of load, of duration and of lateness beyond the limits costs at first.

    Where places may be left out, breaking a limit starts dearer than that.
    """
    ways = problem.travel[np.isfinite(problem.travel)]
    prices = np.array([2.0 * ways.mean() / max(float(problem.load.max()), 1e-9), 1.0, 1.0])
    dear = 10.0 * float(problem.pattern_price.max(initial=0.0))
    return np.asarray(np.maximum(prices, dear), dtype=np.float64)


def _directions(problem: PeriodicProblem) -> Floats:
    """Return places as seen from the first depot, from their ways alone. Shape (n_places, 2).

    Classical multidimensional scaling (Torgerson 1952); routes of a day are joined in the turn of
    their directions. Empty if there is one manager, or managers differ.
    """
    alike = (
        (problem.most_load == problem.most_load[:, :1]).all()
        and (problem.least_load == problem.least_load[:, :1]).all()
        and (problem.most_duration == problem.most_duration[:, :1]).all()
        and problem.may_visit.all()
    )
    if problem.n_managers == 1 or not alike:
        return np.empty((0, 2))
    way = np.nan_to_num(problem.travel, nan=0.0, posinf=0.0)
    square = ((way + way.T) / 2.0) ** 2
    centred = square - square.mean(axis=0) - square.mean(axis=1)[:, None] + square.mean()
    values, vectors = np.linalg.eigh(-0.5 * centred)
    xy = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0.0))
    seen: Floats = np.ascontiguousarray(xy - xy[problem.start[0]], dtype=np.float64)
    return seen


def _plan_of(tables: Tables, best: KeptPlan) -> PeriodicPlan:
    days = []
    travel = 0.0
    for day in range(tables.n_days):
        routes = []
        for manager in range(tables.n_managers):
            k = day * tables.n_managers + manager
            stops = best.row[k, 1 : best.size[k] + 1].tolist()
            routes.append(tuple(stops))
            way = [int(tables.start[k]), *stops, int(tables.end[k])]
            if stops:
                travel += float(tables.travel[way[:-1], way[1:]].sum())
        days.append(tuple(routes))
    return PeriodicPlan(tuple(days), best.chosen, travel, best.cost)


def _nothing_to_visit(problem: PeriodicProblem) -> PeriodicPlan:
    days = tuple(((),) * problem.n_managers for _ in range(problem.n_days))
    return PeriodicPlan(days, np.full(problem.n_places, -1), 0.0, 0.0)
