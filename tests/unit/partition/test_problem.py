"""The problem as arrays: neighbours, parts without a centre, what may not be given."""

from __future__ import annotations

import numpy as np
import pytest

from tests.partition_graphs import from_edges, grid_problem


def test_each_pair_is_listed_in_both_directions() -> None:
    """A path 0-1-2: unit 1 has both neighbours."""
    problem = from_edges([(0, 1), (1, 2)], [1, 1, 1], [0])
    assert problem.indices[problem.indptr[1] : problem.indptr[2]].tolist() == [0, 2]
    assert problem.arc_from.tolist() == [0, 1, 1, 2]
    assert problem.shared_m.tolist() == [100.0] * 4


def test_part_without_centre_goes_whole_to_the_cell_of_least_travel() -> None:
    """Units 4 and 5 hang together alone; weighted by demand cell 1 is nearer.

    Cell 0: 9·10 + 1·2 = 92 s, cell 1: 9·8 + 1·9 = 81 s.
    """
    travel = np.zeros((6, 2))
    travel[4], travel[5] = (10.0, 8.0), (2.0, 9.0)
    problem = from_edges(
        [(0, 1), (1, 2), (2, 3), (4, 5)], [1, 1, 1, 1, 9, 1], [0, 3], travel_s=travel
    )
    (attached,) = problem.attached
    assert (attached.units, attached.cell) == ((4, 5), 1)
    assert problem.fixed.tolist() == [0, -1, -1, 1, 1, 1]
    assert len(np.unique(problem.component)) == 1
    assert np.isinf(problem.travel_s[4, 0])


def test_part_without_centre_and_demand_counts_its_units_evenly() -> None:
    """Cell 0 is 1 + 5 s away, cell 1 is 4 + 4 s."""
    travel = np.array([[0.0, 9.0], [9.0, 0.0], [1.0, 4.0], [5.0, 4.0]])
    problem = from_edges([(0, 1), (2, 3)], [1, 1, 0, 0], [0, 1], travel_s=travel)
    assert problem.attached[0].cell == 0


def test_cells_do_not_come_into_parts_of_other_centres() -> None:
    """Two separate pairs, one centre each."""
    problem = from_edges([(0, 1), (2, 3)], [1, 1, 1, 1], [0, 2])
    assert np.isfinite(problem.travel_s).tolist() == [[True, False]] * 2 + [[False, True]] * 2
    assert problem.attached == ()


def test_yardstick_of_travel_is_never_zero() -> None:
    """All demand on the centres: 1 s instead of 0."""
    assert from_edges([(0, 1)], [1, 1], [0, 1]).mean_nearest_s == 1.0
    assert from_edges([(0, 1)], [0, 0], [0]).mean_nearest_s == 1.0


def test_mean_travel_is_weighted() -> None:
    """Row of three, centre on the left: (0·1 + 100·1 + 200·2) / 4 = 125."""
    assert grid_problem(1, 3, [0], [1, 1, 2]).mean_nearest_s == 125.0


@pytest.mark.parametrize(
    ("weight", "centres", "travel"),
    [
        ([1, 1], [0, 0], np.zeros((2, 2))),
        ([1, 1], [], np.zeros((2, 0))),
        ([1, -1], [0], np.zeros((2, 1))),
        ([1, 1], [0], np.array([[0.0], [np.nan]])),
        ([1, 1], [0], np.zeros((3, 1))),
    ],
)
def test_impossible_arrays_are_refused(
    weight: list[float], centres: list[int], travel: np.ndarray
) -> None:
    """Shared centres, none, negative weights, missing travel, wrong shapes."""
    with pytest.raises(ValueError, match="Expected"):
        from_edges([(0, 1)], weight, centres, travel_s=travel)
