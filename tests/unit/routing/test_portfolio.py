"""The periodic engine against exhaustive search, PyVRP, itself and impossible problems."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvrp
from periodic_cases import HOUR, cost_of, faults_of, least_cost, random_problem

from gridmap.progress import MaxIterations
from gridmap.routing import portfolio
from gridmap.routing.engine.renaming import day_renamings
from gridmap.routing.engine.tables import tables_of
from gridmap.routing.periodic import Lunch
from gridmap.routing.portfolio import solve_periodic


@pytest.mark.parametrize("method", ["portfolio", "genetic", "ruin"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"symmetric": False},
        {"most_load": 3.0},
        {"windows": True, "symmetric": False},
        {"windows": True, "lunch": Lunch(HOUR, 12.0 * HOUR, 13.0 * HOUR)},
        {"most_load": 2.0, "loss": 40_000.0},
    ],
)
def test_small_problems_are_solved_to_the_optimum(method: str, more: dict[str, object]) -> None:
    for seed in range(3):
        problem = random_problem(6, seed, **more)
        plan = solve_periodic(problem, seed=1, iterations=80, method=method)
        least = least_cost(problem)
        if np.isinf(least):
            assert plan is None
        else:
            assert plan is not None
            assert plan.cost == pytest.approx(least)


def test_a_single_day_is_as_good_as_pyvrp() -> None:
    """One day, four managers with a limit on calls: within 1 % of PyVRP."""
    problem = random_problem(40, 5, n_days=1, n_managers=4, most_load=11.0)
    problem = replace(
        problem, patterns=np.ones((40, 1), dtype=bool), pattern_price=np.zeros(40),
        first_pattern=np.append(0, np.arange(40)), last_pattern=np.append(0, np.arange(1, 41)),
    )  # fmt: skip
    plan = solve_periodic(problem, seed=1, iterations=1500)
    assert plan is not None
    assert faults_of(problem, plan) == []
    scaled = np.rint(problem.travel * 100.0).astype(np.int64)
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(41)],
        clients=[pyvrp.Client(location=number, delivery=[1]) for number in range(1, 41)],
        depots=[pyvrp.Depot(location=0)],
        vehicle_types=[pyvrp.VehicleType(num_available=4, capacity=[11])],
        distance_matrices=[scaled],
        duration_matrices=[np.zeros_like(scaled)],
    )
    oracle = pyvrp.solve(data, stop=pyvrp.stop.MaxIterations(1500), seed=1, display=False).cost()
    assert plan.travel <= 1.01 * oracle / 100.0


def test_same_seed_and_iterations_same_plan() -> None:
    problem = random_problem(25, 3, n_managers=2, most_load=8.0)
    one, other = (solve_periodic(problem, seed=4, iterations=120) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.days == other.days
    assert one.cost == other.cost


def test_no_plan_where_there_is_none() -> None:
    """Six outlets want at least six calls; four days of one call each have no room."""
    assert solve_periodic(random_problem(6, 1, most_load=1.0), seed=1, iterations=50) is None


def test_the_least_is_left_out() -> None:
    """Each day has room for two calls: the outlets left out are as few as can be."""
    problem = random_problem(12, 2, most_load=2.0, loss=1e6)
    plan = solve_periodic(problem, seed=1, iterations=300)
    assert plan is not None
    visits = sum(len(stops) for day in plan.days for stops in day)
    left_out = int((problem.pattern_price[plan.pattern[1:]] > 0.0).sum())
    once = sum(problem.patterns[problem.first_pattern[one]].sum() == 1 for one in range(1, 13))
    assert visits <= 8
    # Outlets that want one visit come first; the others take two of what room is left.
    assert left_out == 12 - min(once, 8) - max(8 - once, 0) // 2


def test_managers_without_the_skill_and_off_days_are_respected() -> None:
    problem = random_problem(10, 7, n_managers=2)
    may = problem.may_visit.copy()
    may[0, 1:6] = False
    most = problem.most_load.copy()
    most[0, 1] = 0.0
    problem = replace(problem, may_visit=may, most_load=most)
    plan = solve_periodic(problem, seed=1, iterations=200)
    assert plan is not None
    assert faults_of(problem, plan) == []
    assert plan.days[0][1] == ()


def test_even_days_cost_travel_and_empty_days_go() -> None:
    lazy = random_problem(24, 9)
    even = random_problem(24, 9, even=50.0 * HOUR)
    spread = []
    for problem in (lazy, even):
        plan = solve_periodic(problem, seed=1, iterations=200)
        assert plan is not None
        calls = [len(day[0]) for day in plan.days]
        spread.append(max(calls) - min(calls))
    assert spread[1] <= 2 < spread[0]


def test_a_callers_stop_ends_the_search_with_a_plan() -> None:
    problem = random_problem(12, 1)
    plan = solve_periodic(problem, seed=1, iterations=10_000, stop=MaxIterations(5))
    assert plan is not None
    assert plan.cost == pytest.approx(cost_of(problem, plan))


def test_better_plans_are_told_as_they_come() -> None:
    told: list[tuple[float, float]] = []
    plan = solve_periodic(
        random_problem(20, 4), seed=1, iterations=60, on_better=lambda *one: told.append(one)
    )
    assert plan is not None
    costs = [cost for _, cost in told]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == plan.cost


def test_the_clock_starts_after_the_loops_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly() -> None:
        began = time.process_time()
        while time.process_time() < began + 0.5:
            pass

    portfolio.compile_loops()
    monkeypatch.setattr(portfolio, "compile_loops", slowly)
    told: list[float] = []
    plan = portfolio.solve_periodic(
        random_problem(8, 4), seed=1, seconds=0.4, on_better=lambda spent_s, _: told.append(spent_s)
    )
    assert plan is not None
    assert told[0] < 0.4


def test_an_end_must_be_named() -> None:
    with pytest.raises(ValueError, match="seconds or iterations"):
        solve_periodic(random_problem(3, 1), seed=1)


def test_nothing_to_visit() -> None:
    problem = replace(
        random_problem(2, 1), first_pattern=np.zeros(3, dtype=np.int64),
        last_pattern=np.zeros(3, dtype=np.int64),
    )  # fmt: skip
    plan = solve_periodic(problem, seed=1, iterations=5)
    assert plan is not None
    assert plan.days == (((),),) * 4


def test_days_that_may_change_names() -> None:
    """Visits every second day: the halves of the cycle may swap, and so may days within each."""
    tables = tables_of(random_problem(10, 1))
    renamings = day_renamings(tables).tolist()
    assert renamings[0] == [0, 1, 2, 3]
    assert sorted(renamings) == sorted(
        [[0, 1, 2, 3], [1, 0, 3, 2], [2, 1, 0, 3], [0, 3, 2, 1],
         [2, 3, 0, 1], [3, 2, 1, 0], [1, 2, 3, 0], [3, 0, 1, 2]]
    )  # fmt: skip
    uneven = random_problem(10, 1)
    most = uneven.most_load.copy()
    most[1] = 5.0
    fewer = day_renamings(tables_of(replace(uneven, most_load=most))).tolist()
    assert sorted(fewer) == [[0, 1, 2, 3], [2, 1, 0, 3]]


@pytest.mark.deep
def test_nothing_is_compiled_once_the_clock_runs() -> None:
    """In a process of its own; loading what an earlier process compiled counts, too."""
    program = """
from numba.core.dispatcher import Dispatcher
from periodic_cases import random_problem
from gridmap.routing.periodic import Lunch
from gridmap.routing.portfolio import compile_loops, solve_periodic

compile_loops()
added = Dispatcher.add_overload


def told(dispatcher, compiled):
    print(dispatcher.__name__)
    added(dispatcher, compiled)


Dispatcher.add_overload = told
for more in ({}, {"n_managers": 2}, {"windows": True, "lunch": Lunch(3600.0, 43200.0, 46800.0)}):
    solve_periodic(random_problem(20, 1, **more), seed=1, iterations=300)
"""
    support = Path(__file__).parents[2] / "support"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(support), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""


@pytest.mark.parametrize("seed", range(4))
def test_days_that_have_to_be_alike_have_a_plan_at_once(seed: int) -> None:
    """Each of four days has the same number of calls, one more or one less."""
    problem = random_problem(60, seed, n_days=4)
    a_day = problem.patterns[problem.first_pattern[1:]].sum() / 4.0
    alike = replace(
        problem,
        least_load=np.full_like(problem.least_load, np.ceil(a_day) - 1.0),
        most_load=np.full_like(problem.most_load, np.floor(a_day) + 1.0),
    )
    plan = solve_periodic(alike, seed=1, iterations=1)
    assert plan is not None
    assert faults_of(alike, plan) == []
