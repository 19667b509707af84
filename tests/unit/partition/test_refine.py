"""The search: what it keeps to, what it betters, how it stops."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.partition.kernels import Schedule, World, anneal, lost_pieces, new_state, steal
from gridmap.partition.objective import (
    barrier_reach_m,
    broken_cells,
    loads,
    objective,
)
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.refine import IMPORTANCE, Refined, RefineParams, refine
from gridmap.partition.regrow import assign_and_regrow
from gridmap.progress import MaxIterations
from tests.partition_graphs import from_edges, grid_edges, grid_problem, grid_xy, straight_s


def uneven_grid(seed: int = 3) -> PartitionProblem:
    weight = np.random.default_rng(seed).gamma(2.0, 5.0, 400)
    return grid_problem(20, 20, [21, 35, 190, 250, 390], weight.tolist())


def search(problem: PartitionProblem, tolerance: float = 0.05, **options: object) -> Refined:
    mean = np.full(problem.n_cells, problem.target[0])
    low, high = mean * (1 - tolerance), mean * (1 + tolerance)
    price_s = cell_prices(problem, low, high).price_s
    start = assign_and_regrow(problem, problem.travel_s + price_s)
    given = {"iterations": 6, "seed": 1, **options}
    return refine(problem, start, price_s, low, high, tolerance=tolerance, **given)  # type: ignore[arg-type]


def world_of(problem: PartitionProblem, low: float, high: float) -> World:
    n_cells = problem.n_cells
    return World(
        problem.indptr,
        problem.indices,
        np.zeros(len(problem.indices)),
        problem.weights,
        problem.travel_s,
        np.full((n_cells, 1), low),
        np.full((n_cells, 1), high),
        np.flatnonzero(problem.fixed < 0),
        problem.fixed >= 0,
        np.ones(n_cells, dtype=bool),
        problem.centre_unit,
    )


def state_of(problem: PartitionProblem, label: np.ndarray):  # type: ignore[no-untyped-def]
    load = np.ascontiguousarray(loads(problem, label))
    return new_state(label.copy(), load, np.zeros_like(load), np.ones(1))


def test_every_cell_comes_within_the_tolerance_in_one_piece() -> None:
    """Five uneven cells of a grid."""
    problem = uneven_grid()
    found = search(problem)
    deviation = loads(problem, found.label)[:, 0] / problem.target[0] - 1.0
    assert found.worst_excess == 0.0
    assert np.abs(deviation).max() <= 0.05
    assert broken_cells(problem, found.label) == ()


def test_one_seed_one_answer() -> None:
    """And another seed another one."""
    first, again, other = (search(uneven_grid(), seed=seed).label for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_rounds_never_make_the_plan_worse() -> None:
    """The first part of the search is the same, so more rounds can only gain."""
    few, many = search(uneven_grid(), iterations=0), search(uneven_grid(), iterations=14)
    assert (few.rounds, many.rounds) == (0, 14)
    assert many.cost <= few.cost


def test_stop_is_asked_between_rounds() -> None:
    """Three answers of no, then stop; and the caller is told of each round."""
    told: list[int] = []
    found = search(uneven_grid(), iterations=14, stop=MaxIterations(3), on_round=told.append)
    assert (found.rounds, told) == (3, [1, 2, 3])


def test_stop_sees_the_best_so_far_and_that_is_returned() -> None:
    """The number never rises, and no later round spoils the plan kept."""
    seen: list[float] = []

    def watch(best: float) -> bool:
        seen.append(best)
        return False

    found = search(uneven_grid(), iterations=12, stop=watch)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 12
    assert found.cost <= seen[-1]


def test_stop_is_asked_before_each_further_start() -> None:
    """Thirty rounds asked for would make three starts; after the first it is enough."""
    found = search(uneven_grid(), iterations=30, stop=MaxIterations(0))
    assert (found.rounds, found.worst_excess) == (0, 0.0)


def test_further_starts_only_better_the_plan() -> None:
    """The best of three beginnings, then the same number of rounds refused by the stop."""
    params = RefineParams(sweeps=100, release_sweeps=50, polish_sweeps=50)
    one = search(uneven_grid(), iterations=0, params=params)
    three = search(uneven_grid(), iterations=30, params=params, stop=MaxIterations(2))
    assert three.rounds == 0
    assert three.cost <= one.cost


def test_borders_follow_a_barrier() -> None:
    """A river between columns 4 and 5 of ten; equal demand; without it the border is anywhere."""
    edges = grid_edges(10, 10)
    centres = [43, 47]
    river = [100.0 if {a % 10, b % 10} == {4, 5} else 0.0 for a, b in edges]
    travel = straight_s(grid_xy(10, 10), [45, 46])
    dry = from_edges(edges, [1.0] * 100, centres, travel_s=travel)
    wet = from_edges(edges, [1.0] * 100, centres, travel_s=travel, barrier=river)
    label = search(wet, tolerance=0.3).label
    assert barrier_reach_m(wet, label) == 0.0
    assert barrier_reach_m(wet, search(dry, tolerance=0.3).label) > 0.0


def test_further_workload_is_evened_out_as_well() -> None:
    """Demand is even, the second workload lies on the left two thirds."""
    rows, columns, centres = 12, 12, [62, 69]
    second = np.array([1.0 if u % columns < 8 else 0.0 for u in range(rows * columns)])
    travel = straight_s(grid_xy(rows, columns), centres)
    edges, even = grid_edges(rows, columns), [1.0] * (rows * columns)
    alone = from_edges(edges, even, centres, travel_s=travel)
    both = from_edges(edges, even, centres, travel_s=travel, further=second)
    worst = {}
    for name, problem in (("alone", alone), ("both", both)):
        load = loads(both, search(problem).label)
        worst[name] = np.abs(load / both.target - 1.0).max(axis=0)
    assert worst["both"][0] <= 0.05
    assert worst["both"][1] < 0.7 * worst["alone"][1]


def test_least_violation_is_kept_when_nothing_fits() -> None:
    """Row of four with 1 1 | 1 9: at best 2 and 10; the search restarts, then gives that."""
    problem = grid_problem(1, 4, [0, 3], [1, 1, 1, 9])
    found = search(problem, iterations=30, params=RefineParams(sweeps=20, repair_sweeps=10))
    assert found.label.tolist() == [0, 0, 0, 1]
    assert found.worst_excess == pytest.approx(0.5 - 0.05)
    assert found.restarts == 2


def test_nothing_to_search() -> None:
    """One cell, or only units of centres."""
    assert search(grid_problem(2, 2, [0])).label.tolist() == [0] * 4
    assert search(grid_problem(1, 2, [0, 1])).rounds == 0


def test_cost_is_that_of_the_label() -> None:
    """As the objective says, from the label alone."""
    problem = uneven_grid()
    found = search(problem, iterations=2)
    assert found.cost == objective(problem, found.label, 0.05, IMPORTANCE)


def test_inner_loop_keeps_loads_and_pieces_true() -> None:
    """Even very hot, loads add up and no cell breaks; the hard band is never left."""
    problem = uneven_grid()
    mean = problem.target[0]
    label = search(problem, iterations=0).label
    world = world_of(problem, mean * 0.95, mean * 1.05)
    for hard in (False, True):
        state = state_of(problem, label)
        plan = Schedule(
            sweeps=30,
            hot=1e9,
            cold=1e3,
            soft=1e-3,
            stiff=1.0,
            steal_share=0.5,
            anchor=np.zeros(5),
            price_reach=1.0,
            price_rate=0.1,
            price_stiffness=1.0,
            hard=hard,
        )
        best = anneal(plan, world, state, 7)
        assert (state.label != label).sum() > 50
        assert np.allclose(state.load, loads(problem, state.label))
        for one in (state.label, best):
            assert broken_cells(problem, one) == ()
        if hard:
            assert np.abs(state.load[:, 0] / mean - 1.0).max() <= 0.05 + 1e-9


def corridor() -> tuple[PartitionProblem, np.ndarray]:
    """Row 0 1 2 3 4 with cell 0 up to unit 3 and cell 1 beside each unit by a row below."""
    edges = [*grid_edges(2, 5)]
    problem = from_edges(edges, [1.0] * 10, [0, 9])
    return problem, np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])


def test_lost_pieces_are_those_without_the_centre() -> None:
    """Without unit 1 cell 0 loses 2 and 3; without unit 3 nothing."""
    problem, label = corridor()
    state, world = state_of(problem, label), world_of(problem, 0.0, 10.0)
    assert lost_pieces(1, 1, world, state) == 1
    assert sorted(state.queue[: state.cut[1]].tolist()) == [2, 3]
    assert lost_pieces(3, 2, world, state) == 0


def test_steal_takes_the_lost_piece_along() -> None:
    """At great heat unit 1 goes to cell 1 with 2 and 3."""
    problem, label = corridor()
    state, world = state_of(problem, label), world_of(problem, 0.0, 10.0)
    lost = lost_pieces(1, 1, world, state)
    assert steal(1, 1, lost, 1.0, world, state)
    assert state.label.tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert state.load[:, 0].tolist() == [1.0, 9.0]


def test_refused_steal_leaves_everything_as_it_was() -> None:
    """A narrow stiff band makes it dear, and there is no heat."""
    problem, label = corridor()
    state, world = state_of(problem, label), world_of(problem, 4.0, 6.0)
    lost = lost_pieces(1, 1, world, state)
    assert not steal(1, 1, lost, 1e-9, world, state)
    assert state.label.tolist() == label.tolist()
    assert state.load[:, 0].tolist() == [4.0, 6.0]


def test_unit_that_breaks_its_cell_in_too_many_pieces_stays() -> None:
    """A star of twenty arms around unit 1."""
    edges = [(0, 1), *((1, arm) for arm in range(2, 22)), *((arm, 22) for arm in range(2, 22))]
    problem = from_edges(edges, [1.0] * 23, [0, 22])
    label = np.array([0] * 22 + [1])
    assert lost_pieces(1, 1, world_of(problem, 0.0, 99.0), state_of(problem, label)) == -1
