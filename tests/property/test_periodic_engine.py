"""What holds for every plan of the periodic engine, and for every step on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from periodic_cases import HOUR, cost_of, faults_of, lateness_of, random_problem, travel_of

from gridmap.routing.engine import insertion_kernels, move_kernels, walk_kernels
from gridmap.routing.engine.tables import Tables, Work, tables_of, work_of
from gridmap.routing.periodic import Lunch, PeriodicProblem
from gridmap.routing.portfolio import solve_periodic

KINDS = {
    "plain": {},
    "one way streets": {"symmetric": False},
    "even": {"even": 20.0 * HOUR},
    "two managers": {"n_managers": 2, "most_load": 6.0, "most_duration": 6.0 * HOUR},
    "windows": {"windows": True, "symmetric": False},
    "two managers with windows": {"n_managers": 2, "windows": True, "most_load": 6.0},
    "lunch": {"windows": True, "lunch": Lunch(HOUR, 12.0 * HOUR, 14.0 * HOUR)},
    "waiting counts": {"windows": True, "wait_counts": True, "n_managers": 2},
}
PRICES = np.array([2000.0, 2.0, 3.0])
kinds = st.sampled_from(sorted(KINDS))
seeds = st.integers(0, 10_000)


def price_by_definition(problem: PeriodicProblem, work: Work) -> float:
    """Price of all routes, from their stops alone."""
    total, even = 0.0, problem.evenness
    for k, size in enumerate(work.size.tolist()):
        day, manager = divmod(k, problem.n_managers)
        stops = tuple(work.row[k, 1 : size + 1].tolist())
        travel = travel_of(problem, stops)
        service = sum(problem.service[one] for one in stops)
        total += travel + PRICES[0] * max(0.0, len(stops) - problem.most_load[day, manager])
        total += PRICES[1] * max(0.0, travel + service - problem.most_duration[day, manager])
        total += PRICES[2] * lateness_of(problem, day, stops)
        if even.price:
            uneven = ((travel + service) / even.mean_work_s - 1.0) ** 2
            total += even.price * (uneven + (len(stops) / even.mean_load - 1.0) ** 2)
    return float(total)


def price_by_sums(tables: Tables, work: Work) -> float:
    return sum(walk_kernels.route_price(tables, work, k, PRICES) for k in range(len(work.size)))


def started(problem: PeriodicProblem, seed: int) -> tuple[Tables, Work]:
    tables = tables_of(problem)
    work = work_of(tables)
    walk_kernels.seed_kernels(seed)
    insertion_kernels.random_plan(tables, work, PRICES)
    return tables, work


@settings(max_examples=60, deadline=None)
@given(kinds.filter(lambda kind: kind != "waiting counts"), seeds)
def test_sums_along_a_route_are_those_of_the_definition(kind: str, seed: int) -> None:
    problem = random_problem(14, seed, **KINDS[kind])
    tables, work = started(problem, seed)
    assert price_by_sums(tables, work) == pytest.approx(price_by_definition(problem, work))


@settings(max_examples=60, deadline=None)
@given(kinds, seeds)
def test_moves_and_changes_of_pattern_only_gain(kind: str, seed: int) -> None:
    problem = random_problem(14, seed, **KINDS[kind])
    tables, work = started(problem, seed)
    touched = np.ones(problem.n_days, dtype=bool)
    price = price_by_sums(tables, work)
    for _ in range(4):
        for day in range(problem.n_days):
            move_kernels.improve_day(tables, work, day, 10, 1.0, PRICES)
            now = price_by_sums(tables, work)
            assert now <= price + 1e-6
            price = now
        changes = insertion_kernels.improve_patterns(tables, work, PRICES, touched)
        now = price_by_sums(tables, work)
        assert now <= price - 1e-5 * changes + 1e-6
        price = now
    visits = [int(problem.patterns[work.chosen[one]].sum()) for one in range(1, 15)]
    assert [(work.route_of[:, one] >= 0).sum() for one in range(1, 15)] == visits


@settings(max_examples=40, deadline=None)
@given(kinds, seeds)
def test_price_of_an_insertion_is_what_it_then_costs(kind: str, seed: int) -> None:
    problem = random_problem(12, seed, **KINDS[kind])
    tables, work = started(problem, seed)
    place = 1 + seed % 12
    insertion_kernels.withdraw(tables, work, place)
    before = price_by_sums(tables, work)
    for day in range(problem.n_days):
        price, k, at = insertion_kernels.best_insertion(tables, work, day, place, PRICES, 0.0)
        walk_kernels.put(tables, work, k, at, place)
        assert price_by_sums(tables, work) == pytest.approx(before + price)
        assert insertion_kernels.price_of_visit(tables, work, day, place, PRICES) == pytest.approx(
            price, abs=1e-6
        )
        walk_kernels.take(tables, work, k, at)


@settings(max_examples=25, deadline=None)
@given(kinds, seeds, st.sampled_from(["portfolio", "genetic", "ruin"]))
def test_plans_keep_every_rule_and_say_their_cost(kind: str, seed: int, method: str) -> None:
    problem = random_problem(12, seed, loss=1e6, **KINDS[kind])
    plan = solve_periodic(problem, seed=seed, iterations=60, method=method)
    assert plan is not None
    assert faults_of(problem, plan) == []
    assert plan.cost == pytest.approx(cost_of(problem, plan))
    travel = sum(travel_of(problem, stops) for day in plan.days for stops in day)
    assert plan.travel == pytest.approx(travel)
