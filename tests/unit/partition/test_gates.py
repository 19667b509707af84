"""Groups of short cells and the gates around them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from gridmap.partition.certificate import Certificate, certify_after
from gridmap.partition.gates import hemmed_groups
from gridmap.partition.objective import broken_cells, loads
from gridmap.partition.regrow import assign_and_regrow
from tests.partition_graphs import from_edges, grid_edges


def test_a_cell_behind_another_centre_is_proven_short() -> None:
    """On the path 0-1-2-…-5 with centres 0 and 1 the first cell is its own unit: 1 of 3."""
    problem = from_edges([(i, i + 1) for i in range(5)], [1.0] * 6, [0, 1])
    label = np.array([0, 1, 1, 1, 1, 1])
    found = certify_after(problem, 0.05, Certificate(0.0), label)
    # The least deviation is 2/3; the program tells deviations up to 0.16 beyond apart.
    assert 0.05 < found.bound <= 2.0 / 3.0
    assert [one.cell for one in found.pockets] == [0]


def test_nothing_is_proven_where_a_plan_exists() -> None:
    """A bad plan of a 4 x 4 grid proves nothing."""
    problem = from_edges(grid_edges(4, 4), [1.0] * 16, [0, 15])
    label = np.ones(16, dtype=np.int64)
    label[:4] = 0
    assert certify_after(problem, 0.05, Certificate(0.0), label) == Certificate(0.0)


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_is_better_than_the_bound(seed: int) -> None:
    """Against all plans of small thinned grids."""
    rng = np.random.default_rng(seed)
    edges = [one for one in grid_edges(3, 3) if rng.random() < 0.85]
    weight = rng.integers(0, 4, 9).astype(float) + 0.1
    centres = np.sort(rng.choice(9, 3, replace=False)).tolist()
    problem = from_edges(edges, weight.tolist(), centres)
    label = assign_and_regrow(problem, problem.travel_s)
    share = loads(problem, label)[:, 0] / problem.target[0]
    short = tuple(np.flatnonzero(share < 0.95).tolist())
    bound = max((one.bound for one in hemmed_groups(problem, 0.05, label, short)), default=0.0)
    best = np.inf
    for plan in product(range(3), repeat=9):
        tried = np.array(plan, dtype=np.int64)
        if (tried[centres] != np.arange(3)).any() or broken_cells(problem, tried):
            continue
        load = loads(problem, tried)[:, 0] / problem.target[0]
        best = min(best, float(np.abs(load - 1.0).max()))
    assert bound <= best + 1e-6
