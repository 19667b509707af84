"""The exact mode against brute force, proofs of infeasibility, and its cuts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from gridmap.partition.exact import Exact, solve_exact
from gridmap.partition.objective import broken_cells, loads, travel_cost
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.relaxation import reachable_pairs, separator
from tests.partition_graphs import from_edges, grid_edges, grid_problem, random_planar, straight_s


def around_mean(problem: PartitionProblem, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the bands of all workloads."""
    mean = np.tile(problem.target, (problem.n_cells, 1))
    return mean * (1.0 - tolerance), mean * (1.0 + tolerance)


def by_force(problem: PartitionProblem, low: np.ndarray, high: np.ndarray) -> float:
    """Return the least travel of all plans, infinite if none keeps the rules."""
    free = np.flatnonzero(problem.fixed < 0)
    label = problem.fixed.copy()
    best = np.inf
    for chosen in product(range(problem.n_cells), repeat=len(free)):
        label[free] = chosen
        load = loads(problem, label)
        cost = travel_cost(problem, label)
        kept = (load >= low).all() and (load <= high).all()
        if kept and cost < best and not broken_cells(problem, label):
            best = cost
    return best


def check(problem: PartitionProblem, found: Exact, low: np.ndarray, high: np.ndarray) -> None:
    """Assert that the plan keeps the rules and costs what it says."""
    assert found.label is not None
    load = loads(problem, found.label)
    assert not broken_cells(problem, found.label)
    assert (load >= low - 1e-5 * problem.target).all()
    assert (load <= high + 1e-5 * problem.target).all()
    assert travel_cost(problem, found.label) == pytest.approx(found.cost)
    assert found.bound <= found.cost


@pytest.mark.parametrize("seed", range(1, 13))
def test_equals_brute_force(seed: int) -> None:
    """All plans of 10 units and 3 cells, two workloads, at a band some seeds cannot keep."""
    problem = random_planar(10, 3, seed)
    other = np.random.default_rng(seed).integers(1, 4, problem.n_units)
    problem = replace(problem, weights=np.column_stack([problem.weights, other.astype(float)]))
    low, high = around_mean(problem, 0.45)
    best = by_force(problem, low, high)
    found = solve_exact(problem, low, high)
    if np.isinf(best):
        assert found.status == "infeasible"
        assert found.label is None
        return
    assert found.status == "optimal"
    assert found.cost == pytest.approx(best, rel=1e-4)
    check(problem, found, low, high)


def test_brute_force_cases_are_of_both_kinds() -> None:
    """Otherwise the test above would not see a wrong proof."""
    known = []
    for seed in range(1, 13):
        problem = random_planar(10, 3, seed)
        other = np.random.default_rng(seed).integers(1, 4, problem.n_units)
        problem = replace(problem, weights=np.column_stack([problem.weights, other.astype(float)]))
        known.append(np.isinf(by_force(problem, *around_mean(problem, 0.45))))
    assert 0 < sum(known) < 12


def ring_problem() -> PartitionProblem:
    """A row 0..5 with centres 0 and 5; unit 2 is at cell 1's centre by time, but not by ground.

    By travel alone unit 2 goes to cell 1 and unit 3 to cell 0: both stray.
    """
    travel = np.array([[0, 9], [1, 9], [9, 1], [1, 9], [9, 1], [9, 0]], dtype=float)
    return from_edges([(i, i + 1) for i in range(5)], [1.0] * 6, [0, 5], travel_s=travel)


def test_contiguity_needs_cuts() -> None:
    """Without contiguity 2 and 3 swap sides at a travel of 4; in one piece each it is 20.

    Loads 3 and 3: 0 + 1 + 9 for units 0-2 and 9 + 1 + 0 for units 3-5.
    """
    problem = ring_problem()
    low, high = around_mean(problem, 0.1)
    found = solve_exact(problem, low, high)
    assert found.status == "optimal"
    assert found.cost == pytest.approx(20.0)
    assert found.label is not None
    assert found.label.tolist() == [0, 0, 0, 1, 1, 1]


def test_strays_in_the_tree_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With neither linear cuts nor cuts of lone units, rounds of trees find the same plan."""
    monkeypatch.setattr("gridmap.partition.exact.LINEAR_ROUNDS", 0)
    monkeypatch.setattr("gridmap.partition.exact.FEW_PAIRS", -1)
    problem = ring_problem()
    found = solve_exact(problem, *around_mean(problem, 0.1))
    assert found.cost == pytest.approx(20.0)
    assert found.rounds > 1


def test_infeasible_by_load_is_proven() -> None:
    """A unit of 20 of a mean of 15 cannot be within 5 %."""
    problem = grid_problem(1, 7, [0, 6], [1, 3, 20, 1, 1, 3, 1])
    found = solve_exact(problem, *around_mean(problem, 0.05))
    assert (found.status, found.label, found.rounds) == ("infeasible", None, 0) or (
        found.status == "infeasible" and found.label is None
    )
    assert np.isinf(found.bound)
    assert np.isinf(found.gap)


def test_infeasible_by_contiguity_alone_is_proven() -> None:
    """A row 1 1 4 1 1 with centres at 0 and 1: cell 0 has no other unit to reach."""
    problem = grid_problem(1, 5, [0, 1], [3, 1, 1, 2, 1])
    feasible = solve_exact(problem, *around_mean(problem, 0.3))
    assert feasible.status == "optimal"
    problem = grid_problem(1, 5, [0, 1], [1, 1, 4, 1, 1])
    assert solve_exact(problem, *around_mean(problem, 0.3)).status == "infeasible"


def test_forbidden_pairs_are_kept_out() -> None:
    """The 4 x 4 grid: unit 5 may not be in the cell that would have it."""
    problem = grid_problem(4, 4, [0, 15])
    low, high = around_mean(problem, 0.2)
    free = solve_exact(problem, low, high)
    assert free.label is not None
    assert free.label[5] == 0
    travel = problem.travel_s.copy()
    travel[5, 0] = np.inf
    barred = replace(problem, travel_s=travel)
    found = solve_exact(barred, low, high)
    assert found.label is not None
    assert found.label[5] == 1
    assert found.cost > free.cost
    check(barred, found, low, high)


def test_unit_no_cell_may_have_is_infeasible() -> None:
    """All pairs of unit 5 forbidden."""
    problem = grid_problem(4, 4, [0, 15])
    travel = problem.travel_s.copy()
    travel[5] = np.inf
    found = solve_exact(replace(problem, travel_s=travel), *around_mean(problem, 0.5))
    assert found.status == "infeasible"


def test_fixed_units_stay() -> None:
    """Unit 3, far from centre 0 at the other corner of the row, is held by its cell."""
    problem = grid_problem(2, 6, [0, 5])
    fixed = problem.fixed.copy()
    fixed[4] = 0
    low, high = around_mean(problem, 0.5)
    found = solve_exact(replace(problem, fixed=fixed), low, high)
    assert found.label is not None
    assert found.label[4] == 0
    assert not broken_cells(replace(problem, fixed=fixed), found.label)


def test_without_bands_every_unit_goes_to_the_nearest() -> None:
    """Infinite bands leave nothing but contiguity, which nearest cells of a grid keep."""
    problem = grid_problem(5, 5, [0, 24])
    unbound = np.full((2, 1), np.inf)
    found = solve_exact(problem, -unbound, unbound)
    assert found.status == "optimal"
    assert found.cost == pytest.approx(float(problem.travel_s.min(axis=1).sum()))


def test_a_first_plan_is_taken_up_or_left() -> None:
    """The optimum given as first plan is kept; one that breaks a rule is no plan."""
    problem = grid_problem(5, 5, [0, 24])
    low, high = around_mean(problem, 0.1)
    alone = solve_exact(problem, low, high)
    assert solve_exact(problem, low, high, first=alone.label).cost == pytest.approx(alone.cost)
    wrong = np.zeros(25, dtype=np.int64)
    assert solve_exact(problem, low, high, first=wrong).cost == pytest.approx(alone.cost)


def test_stops_when_asked() -> None:
    """Stopped before the first tree, with the bound of the linear program."""
    problem = random_planar(60, 4, 3)
    low, high = around_mean(problem, 0.05)
    found = solve_exact(problem, low, high, stop=lambda _: True)
    best = solve_exact(problem, low, high)
    assert found.status == "stopped"
    assert found.rounds == 0
    assert best.status == "optimal"
    assert 0.0 < found.bound <= best.cost
    none = solve_exact(problem, low, high, node_limit=0)
    assert none.status == "stopped"


def test_same_answer_twice() -> None:
    """No clock, no chance."""
    problem = random_planar(60, 4, 3)
    one, other = (solve_exact(problem, *around_mean(problem, 0.05)) for _ in range(2))
    assert one.label is not None
    assert other.label is not None
    assert one.label.tolist() == other.label.tolist()
    assert (one.bound, one.rounds, one.nodes) == (other.bound, other.rounds, other.nodes)


def test_nothing_to_travel_is_optimal() -> None:
    """All travel 0: gap 0."""
    problem = from_edges(grid_edges(3, 3), [1.0] * 9, [0, 8])
    found = solve_exact(problem, *around_mean(problem, 0.2))
    assert found.status == "optimal"
    assert found.gap == 0.0


@pytest.mark.parametrize("shape", [(2, 2), (1, 1)])
def test_bands_of_another_shape_are_refused(shape: tuple[int, int]) -> None:
    """One row a cell, one column a workload."""
    problem = grid_problem(3, 3, [0, 8])
    with pytest.raises(ValueError, match="Expected bands of shape"):
        solve_exact(problem, np.zeros(shape), np.ones(shape))


def test_empty_band_is_refused() -> None:
    """A band with low above high."""
    problem = grid_problem(3, 3, [0, 8])
    with pytest.raises(ValueError, match="low <= high"):
        solve_exact(problem, np.ones((2, 1)), np.zeros((2, 1)))


def test_separator_is_minimal() -> None:
    """A 3 x 5 grid, centre 0: the column beside unit 9 is its wall, unit 14 is not in it."""
    problem = grid_problem(3, 5, [0, 14])
    may = np.ones(15, dtype=bool)
    may[14] = False
    assert separator(problem, may, np.array([9]), 0).tolist() == [4, 8]


def test_reach_ends_at_pairs_that_may_not_be() -> None:
    """A row cut at unit 2 for cell 0."""
    problem = grid_problem(1, 5, [0, 4])
    may = np.ones((5, 2), dtype=bool)
    may[2, 0] = False
    assert reachable_pairs(problem, may)[:, 0].tolist() == [True, True, False, False, False]


def test_straight_travel_of_the_helpers() -> None:
    """The helper's travel is in metres, so the grid tests above compare lengths."""
    assert straight_s(np.array([[0.0, 0.0], [3.0, 4.0]]), [0])[1, 0] == pytest.approx(5.0)
