"""Whatever the graph, cells are in one piece, hold their centre, and leave out no unit."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.partition.certificate import bands, certify
from gridmap.partition.objective import Bands, pieces, travel_cost
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.refine import RefineParams, refine
from gridmap.partition.regrow import assign_and_regrow
from gridmap.partition.solve import solve
from tests.partition_graphs import random_planar


def around(problem: PartitionProblem, tolerance: float) -> Bands:
    """The bands a plan is held to, wider for proven pockets."""
    certificate = certify(problem, tolerance)
    low, high = bands(problem, tolerance, certificate)
    return Bands(low[:, None], high[:, None])


QUICK = RefineParams(sweeps=40, release_sweeps=20, polish_sweeps=20, repair_sweeps=20)


@settings(max_examples=40, deadline=None)
@given(
    n_units=st.integers(6, 60),
    n_cells=st.integers(1, 6),
    parts=st.integers(1, 3),
    seed=st.integers(0, 10**6),
    tolerance=st.sampled_from([0.02, 0.1, 0.5]),
)
def test_cells_are_whole_and_repeatable(
    n_units: int, n_cells: int, parts: int, seed: int, tolerance: float
) -> None:
    """One label a unit, one piece a cell, and the same again from the same seed."""
    problem = random_planar(n_units, n_cells, seed, parts=parts)
    held = around(problem, tolerance)
    first, again = (solve(problem, held, iterations=5, seed=seed, params=QUICK) for _ in range(2))
    assert (first.label == again.label).all()
    assert first.label.shape == (n_units,)
    assert (first.label[problem.centre_unit] == np.arange(n_cells)).all()
    assert len(set(pieces(problem, first.label).tolist())) == n_cells
    for part in problem.attached:
        assert set(first.label[list(part.units)].tolist()) == {part.cell}
    if first.worst_excess <= 0.0:
        assert travel_cost(problem, first.label) >= first.lower_bound - 1e-6


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_rounds_never_lead_further_outside(seed: int) -> None:
    """The first part of both searches is the same; then the best plan so far is kept."""
    problem = random_planar(40, 4, seed)
    held = around(problem, 0.1)
    prices = cell_prices(problem, held.low[:, 0], held.high[:, 0])
    start = assign_and_regrow(problem, problem.travel_s + prices.price_s)
    options = {"seed": seed, "params": QUICK}
    few, more = (
        refine(problem, start, prices.price_s[:, None], held, iterations=rounds, **options)  # type: ignore[arg-type]
        for rounds in (0, 8)
    )
    assert more.worst_excess <= few.worst_excess + 1e-3 * problem.n_cells
