"""Cells grown from their centres."""

from __future__ import annotations

import numpy as np

from gridmap.partition.objective import broken_cells
from gridmap.partition.regrow import assign_and_regrow, regrow
from tests.partition_graphs import from_edges, grid_problem


def test_pieces_with_their_centre_are_kept() -> None:
    """A good plan stays as it is."""
    problem = grid_problem(2, 3, [0, 5])
    label = np.array([0, 0, 1, 0, 1, 1])
    assert regrow(problem, label, problem.travel_s).tolist() == label.tolist()


def test_stray_unit_goes_to_the_cheapest_neighbour() -> None:
    """Row 0 1 2 3 4 with centres 0 and 4; unit 2 astray with label 0, cell 1 is cheaper."""
    problem = grid_problem(1, 5, [0, 4])
    cost = problem.travel_s.copy()
    cost[2] = (5.0, 1.0)
    # Unit 1 belongs to cell 1 without being linked to it; unit 2 strays from cell 0.
    assert regrow(problem, np.array([0, 1, 0, 1, 1]), cost).tolist() == [0, 0, 1, 1, 1]


def test_no_cell_grows_through_another_centre() -> None:
    """Row 0 1 2: the last unit is cheapest from cell 0 but lies behind centre 1."""
    problem = from_edges([(0, 1), (1, 2)], [1, 1, 1], [0, 1])
    cost = np.array([[0.0, 9.0], [0.0, 9.0], [0.0, 9.0]])
    assert assign_and_regrow(problem, cost).tolist() == [0, 1, 1]


def test_cells_stay_in_their_part_of_the_graph() -> None:
    """Two parts: the cheaper cell of the other part is out of reach."""
    problem = from_edges([(0, 1), (2, 3)], [1, 1, 1, 1], [0, 2])
    cost = np.array([[9.0, 0.0]] * 2 + [[0.0, 9.0]] * 2)
    assert assign_and_regrow(problem, cost).tolist() == [0, 0, 1, 1]


def test_attached_part_keeps_its_cell() -> None:
    """Unit 3 is alone and nearest to cell 1, whatever the cost says."""
    travel = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0], [9.0, 5.0]])
    problem = from_edges([(0, 1), (1, 2)], [1, 1, 1, 1], [0, 2], travel_s=travel)
    label = assign_and_regrow(problem, np.array([[0.0, 9.0]] * 4))
    assert label.tolist() == [0, 0, 1, 1]
    assert broken_cells(problem, label) == ()
