"""The methods of the periodic routing benchmark: the engine in its three forms, and the peers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
    from gridmap.routing.portfolio import compile_loops, solve_periodic

    compile_loops()
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
