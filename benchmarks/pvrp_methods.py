"""The methods of the periodic routing benchmark: the engine in its three forms, and the peers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from benchmarks.cordeau import Days, Instance, problem_of
from benchmarks.pvrp_peers import days_then_pyvrp
from gridmap.routing.periodic import PeriodicProblem


@dataclass(frozen=True, eq=False)
class Run:
    """What a method came to.

    Attributes
    ----------
    days
        The plan, or None.
    better
        CPU seconds and cost of each plan that was better than those before.
    cpu_s
        CPU seconds of the whole run, compilation apart.
    """

    days: Days | None
    better: tuple[tuple[float, float], ...]
    cpu_s: float

    def cost_at(self, mark_s: float) -> float:
        """Return the best cost after so many CPU seconds, NaN = no plan yet."""
        return min((cost for when, cost in self.better if when <= mark_s), default=float("nan"))


#: Iterations that bring all of the engine to work; genetic search begins with its population.
WARM_UP = 100
#: Instance, seed, CPU seconds or None, iterations or None.
Method = Callable[[Instance, int, float | None, int | None], Run]


def engine(
    instance: Instance,
    seed: int,
    seconds: float | None,
    iterations: int | None = None,
    *,
    method: str,
    problem: PeriodicProblem | None = None,
) -> Run:
    """Run gridmap's engine; its code is compiled, or loaded, before the clock starts.

    Parameters
    ----------
    problem
        That of the instance by default.
    """
    from gridmap.routing.portfolio import solve_periodic

    _warm_up(method, instance.windows is not None)
    better: list[tuple[float, float]] = []
    began = time.process_time()
    plan = solve_periodic(
        problem_of(instance) if problem is None else problem,
        seed=seed,
        seconds=seconds,
        iterations=iterations,
        method=method,
        on_better=lambda cpu_s, cost: better.append((cpu_s, cost)),
    )
    days = None if plan is None else plan.days
    return Run(days, tuple(better), time.process_time() - began)


def pyvrp(
    instance: Instance, seed: int, seconds: float | None, _iterations: int | None = None
) -> Run:
    """Choose days by greedy rules and solve each day with PyVRP."""
    if seconds is None:
        raise ValueError("PyVRP a day needs --seconds")
    began = time.process_time()
    days, better = days_then_pyvrp(instance, seed, seconds)
    return Run(days, better, time.process_time() - began)


METHODS: dict[str, Method] = {
    **{one: partial(engine, method=one) for one in ("portfolio", "genetic", "ruin")},
    "pyvrp": pyvrp,
}


@cache
def _warm_up(method: str, timed: bool) -> None:
    """Compile, or load, by some iterations on a tiny instance of the same kind."""
    from gridmap.routing.portfolio import solve_periodic

    for one in ("ruin", "genetic") if method == "portfolio" else (method,):
        solve_periodic(problem_of(_tiny(timed)), seed=0, iterations=WARM_UP, method=one)


def _tiny(timed: bool) -> Instance:
    import numpy as np

    n_days, customers = 2, 6
    turn = np.linspace(0.0, 2.0 * np.pi, customers, endpoint=False)
    either = tuple(frozenset({day}) for day in range(n_days))
    return Instance(
        name="tiny",
        managers=2,
        xy=np.vstack([[0.0, 0.0], np.column_stack([np.cos(turn), np.sin(turn)])]),
        service=np.zeros(customers + 1),
        demand=np.r_[0.0, np.ones(customers)],
        patterns=((), *[either] * customers),
        most_duration=np.full(n_days, np.inf),
        most_load=np.full(n_days, 4.0),
        windows=np.tile([0.0, 100.0], (customers + 1, 1)) if timed else None,
    )
