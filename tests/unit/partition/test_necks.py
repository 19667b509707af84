"""Pockets behind necks of several units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.partition.certificate import certify
from gridmap.partition.exact import solve_exact
from gridmap.partition.necks import narrow_pockets
from gridmap.partition.problem import PartitionProblem
from tests.partition_graphs import from_edges, grid_edges, grid_problem, random_planar


def two_wide() -> PartitionProblem:
    """An 8 x 8 grid of ones; below its corner a pocket of units 64-68 with three centres.

    66 and 67 join it to the units 0 and 8 of the grid, which are the neck.
    """
    pocket = [(64, 67), (65, 67), (65, 68), (66, 68), (67, 68), (67, 0), (68, 8)]
    return from_edges([*grid_edges(8, 8), *pocket], [1.0] * 69, [18, 21, 42, 45, 64, 65, 66])


def test_neck_of_two_units_is_proven() -> None:
    """Behind 67 and 68 there are only three centres; one stays, with its own 1 of 69 / 7."""
    (worst, *_) = narrow_pockets(two_wide(), 0.05)
    assert worst.cut == (67, 68)
    assert worst.cells == (4, 5, 6)
    assert worst.staying == 1
    assert worst.load_share == pytest.approx(7.0 / 69.0)
    assert certify(two_wide(), 0.05).bound >= worst.bound - 1e-9


def test_pocket_with_too_much_is_proven() -> None:
    """A 5 x 5 grid of ones with a tail of 10 + 10 behind units 0 and 1: 2 cells for over 20."""
    edges = [*grid_edges(5, 5), (0, 25), (1, 26), (25, 26)]
    weight = [1.0] * 25 + [30.0, 30.0]
    found = narrow_pockets(from_edges(edges, weight, [4, 12, 20, 24]), 0.05)
    assert any(one.staying == 0 and one.load_share > 1.4 for one in found)


def test_grid_has_no_pocket() -> None:
    """Equal squares, four centres."""
    assert narrow_pockets(grid_problem(12, 12, [13, 40, 100, 130]), 0.05) == ()


def test_nothing_without_load_or_with_one_cell() -> None:
    """Neither has a deviation."""
    assert narrow_pockets(grid_problem(1, 3, [0]), 0.05) == ()
    assert narrow_pockets(grid_problem(1, 3, [0, 2], [0, 0, 0]), 0.05) == ()


@pytest.mark.parametrize("seed", range(40))
def test_never_refuses_what_the_exact_mode_finds(seed: int) -> None:
    """Just above and below each bound: below it, the exact mode proves there is no plan."""
    problem = random_planar(24, 2 + seed % 5, seed)
    for neck in narrow_pockets(problem, 0.05)[:1]:
        mean = np.tile(problem.target, (problem.n_cells, 1))
        within = max(neck.bound - 1e-3, 0.0)
        found = solve_exact(problem, mean * (1.0 - within), mean * (1.0 + within))
        assert found.status == "infeasible"


def test_random_graphs_have_pockets_of_both_kinds() -> None:
    """Otherwise the test above proves nothing."""
    found = [
        one
        for seed in range(40)
        for one in narrow_pockets(random_planar(24, 2 + seed % 5, seed), 0.05)[:1]
    ]
    assert {one.staying == 0 for one in found} == {True, False}
    assert any(len(one.cut) >= 2 for one in found)


def test_other_workloads_are_not_read() -> None:
    """Only the first column."""
    problem = two_wide()
    more = replace(problem, weights=np.column_stack([problem.weights, np.arange(69.0)]))
    assert narrow_pockets(more, 0.05) == narrow_pockets(problem, 0.05)
