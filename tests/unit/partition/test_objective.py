"""Each term and each rule, kept and broken."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.partition.objective import (
    Bands,
    Importance,
    admin_reach_m,
    barrier_reach_m,
    border_m,
    broken_cells,
    changed_weight,
    loads,
    objective,
    pieces,
    travel_cost,
)
from gridmap.partition.problem import PartitionProblem
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


def terms_problem() -> PartitionProblem:
    """Row of three: 60 m of barrier and 40 m of administrative line between 0 and 1."""
    return PartitionProblem.from_pairs(
        np.array([0, 1]),
        np.array([1, 2]),
        shared_m=np.full(2, 100.0),
        barrier_m=np.array([60.0, 0.0]),
        admin_m=np.array([40.0, 0.0]),
        weights=np.ones((3, 1)),
        travel_s=np.array([[0.0, 5.0], [2.0, 1.0], [5.0, 0.0]]),
        centre_unit=np.array([0, 2]),
        area_m2=3e4,
        former=np.array([0, 1, 1]),
        former_weight=np.array([1.0, 4.0, 1.0]),
    )


def test_administrative_line_inside_a_cell_costs() -> None:
    """Between 0 and 1."""
    assert admin_reach_m(terms_problem(), np.array([0, 0, 1])) == 40.0
    assert admin_reach_m(terms_problem(), np.array([0, 1, 1])) == 0.0


def test_change_is_the_former_weight_of_what_moved() -> None:
    """Unit 1 was in cell 1; units that are new count for nothing."""
    problem = terms_problem()
    assert changed_weight(problem, np.array([0, 0, 1])) == 4.0
    assert changed_weight(problem, np.array([0, 1, 1])) == 0.0
    assert changed_weight(grid_problem(1, 3, [0, 2]), np.array([0, 0, 1])) == 0.0


def test_objective_is_the_weighted_sum() -> None:
    """Travel 2 s of a mean load of 1.5 and a mean travel of 1/3 s (only unit 1 is 1 s away).

    Border 100 m, barrier 60 m and administrative line 40 m inside cell 0; a former weight of 4
    leaves, of a mean of 3 a cell.
    """
    lines_m = 100.0 + 2.0 * 60.0 + 0.5 * 40.0
    expected = 2.0 / (1.5 / 3.0) + 0.1 * lines_m / np.sqrt(1.5e4) + 7.0 * 4.0 / 3.0
    weighed = Importance(compactness=0.1, barrier=2.0, admin=0.5, change=7.0)
    assert objective(terms_problem(), np.array([0, 0, 1]), weighed) == pytest.approx(expected)


def test_bands_are_around_the_mean_where_a_tolerance_is_set() -> None:
    """The second workload has none, the third is nowhere."""
    further = np.array([[12.0, 0.0], [8.0, 0.0]])
    problem = from_edges([(0, 1)], [1, 3], [0, 1], further=further)
    bands = Bands.around_mean(problem, [0.1, None, 0.1])
    assert bands.low.tolist() == [[1.8, -np.inf, -np.inf]] * 2
    assert bands.high[0] == pytest.approx([2.2, np.inf, np.inf])


def test_excess_is_the_distance_to_the_band_in_mean_loads() -> None:
    """Loads 1 and 3 of a mean of 2, ± 10 %."""
    problem = from_edges([(0, 1)], [1, 3], [0, 1])
    excess = Bands.around_mean(problem, [0.1]).excess(problem, np.array([[1.0], [3.0]]))
    assert excess[:, 0] == pytest.approx([0.4, 0.4])


def test_pieces_tell_apart_what_does_not_hang_together() -> None:
    """0 | 1 | 0: both ends have one label but are two pieces."""
    assert len(set(pieces(grid_problem(1, 3, [0]), np.array([0, 1, 0])).tolist())) == 3


def test_rules_kept_and_broken() -> None:
    """A stray unit, a centre in another's cell, and a good plan."""
    problem = grid_problem(1, 4, [0, 3])
    assert broken_cells(problem, np.array([0, 0, 1, 1])) == ()
    assert broken_cells(problem, np.array([0, 1, 0, 1])) == (0, 1)
    assert broken_cells(problem, np.array([0, 0, 0, 0])) == (0, 1)
