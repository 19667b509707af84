"""Each term and each rule, kept and broken."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.partition.objective import (
    Importance,
    barrier_reach_m,
    border_m,
    broken_cells,
    further_excess,
    loads,
    objective,
    pieces,
    travel_cost,
    violation,
)
from tests.partition_graphs import from_edges, grid_problem

# Units 0 1 2 / 3 4 5, centres 0 and 5.
HALVES = np.array([0, 0, 1, 0, 1, 1])


def test_loads_add_up_each_workload() -> None:
    """Cell 0 has units 0 and 1."""
    problem = from_edges([(0, 1), (1, 2)], [1, 2, 4], [0, 2], further=np.array([10.0, 0.0, 5.0]))
    assert loads(problem, np.array([0, 0, 1])).tolist() == [[3.0, 10.0], [4.0, 5.0]]


def test_travel_cost_weighs_the_first_workload() -> None:
    """Row of three, cut after the second: 1·0 + 3·100 + 5·0."""
    problem = grid_problem(1, 3, [0, 2], [1, 3, 5])
    assert travel_cost(problem, np.array([0, 0, 1])) == 300.0


def test_border_counts_each_shared_line_once() -> None:
    """Cut lines: 1-2, 1-4, 3-4."""
    assert border_m(grid_problem(2, 3, [0, 5]), HALVES) == 300.0


def test_barrier_inside_a_cell_costs_and_on_its_border_does_not() -> None:
    """A river between 1 and 2."""
    problem = from_edges([(0, 1), (1, 2)], [1, 1, 1], [0, 2], barrier=[0.0, 80.0])
    assert barrier_reach_m(problem, np.array([0, 1, 1])) == 80.0
    assert barrier_reach_m(problem, np.array([0, 0, 1])) == 0.0


def test_further_workload_costs_only_beyond_the_tolerance() -> None:
    """Loads 12 and 8 of a mean of 10 deviate by 20 %: half of 2 · 0.1² beyond 10 %."""
    problem = from_edges([(0, 1)], [1, 1], [0, 1], further=np.array([12.0, 8.0]))
    label = np.array([0, 1])
    assert further_excess(problem, label, 0.25) == 0.0
    assert further_excess(problem, label, 0.1) == pytest.approx(0.01)


def test_further_workload_that_is_nowhere_costs_nothing() -> None:
    """A column of zeros has no mean to deviate from."""
    problem = from_edges([(0, 1)], [1, 1], [0, 1], further=np.zeros(2))
    assert further_excess(problem, np.array([0, 1]), 0.1) == 0.0


def test_objective_is_the_weighted_sum() -> None:
    """Row of three with a river of 60 m inside cell 0; second workload 12 and 8.

    Travel 2 s of a mean load of 1.5 and a mean travel of 1/3 s (only unit 1 is 1 s away).
    """
    travel = np.array([[0.0, 5.0], [2.0, 1.0], [5.0, 0.0]])
    problem = from_edges(
        [(0, 1), (1, 2)],
        [1, 1, 1],
        [0, 2],
        travel_s=travel,
        barrier=[60.0, 0.0],
        further=np.array([12.0, 0.0, 8.0]),
    )
    label = np.array([0, 0, 1])
    lines_m = 100.0 + 2.0 * 60.0
    expected = 2.0 / (1.5 / 3.0) + 0.1 * lines_m / np.sqrt(1.5e4) + 7.0 * 0.01
    weighed = Importance(compactness=0.1, barrier=2.0, further=7.0)
    assert objective(problem, label, 0.1, weighed) == pytest.approx(expected)


def test_violation_is_the_distance_to_the_band() -> None:
    """Below, inside, above."""
    found = violation(np.array([1.0, 5.0, 9.0]), np.full(3, 4.0), np.full(3, 6.0))
    assert found.tolist() == [3.0, 0.0, 3.0]


def test_pieces_tell_apart_what_does_not_hang_together() -> None:
    """0 | 1 | 0: both ends have one label but are two pieces."""
    assert len(set(pieces(grid_problem(1, 3, [0]), np.array([0, 1, 0])).tolist())) == 3


def test_rules_kept_and_broken() -> None:
    """A stray unit, a centre in another's cell, and a good plan."""
    problem = grid_problem(1, 4, [0, 3])
    assert broken_cells(problem, np.array([0, 0, 1, 1])) == ()
    assert broken_cells(problem, np.array([0, 1, 0, 1])) == (0, 1)
    assert broken_cells(problem, np.array([0, 0, 0, 0])) == (0, 1)
