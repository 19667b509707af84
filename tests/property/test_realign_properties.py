"""What holds for every realignment and every set of Pareto plans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.partition.objective import Bands, broken_cells, loads
from gridmap.partition.pareto import pareto_plans
from gridmap.partition.realign import realign
from gridmap.partition.solve import solve
from tests.partition_graphs import random_planar


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_cells=st.integers(2, 5),
    noise=st.sampled_from([0.0, 0.1, 0.4]),
    parts=st.integers(1, 2),
)
def test_realign_moves_no_less_than_the_bound(
    seed: int, n_cells: int, noise: float, parts: int
) -> None:
    before = random_planar(60, n_cells, seed, parts=parts)
    wide = Bands.around_mean(before, [0.3])
    former = solve(before, wide, iterations=1, seed=1).label
    drift = np.random.default_rng(seed).lognormal(0.0, noise, (60, 1))
    today = replace(before, weights=before.weights * drift)
    bands = Bands.around_mean(today, [0.3])
    found = realign(today, former, bands, iterations=1)
    assert not found.broken_cells or broken_cells(before, former)
    least = found.least
    assert 0.0 <= least.proven[0] <= least.neighbour_flow[0]
    if found.worst_excess == 0.0:
        assert bands.excess(today, loads(today, found.label)).max() == 0.0
        assert found.moved_load[0] >= least.proven[0] - 1e-9
        if found.beyond_load[0] == 0.0:
            assert found.moved_load[0] >= least.neighbour_flow[0] - 1e-9
    if noise == 0.0 and wide.excess(before, loads(before, former)).max() == 0.0:
        assert not broken_cells(before, former)
        assert found.moved_units.size == 0


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_plan_of_a_set_is_beaten(seed: int) -> None:
    problem = random_planar(60, 3, seed)
    former = solve(problem, Bands.around_mean(problem, [0.2]), iterations=1, seed=2).label
    problem = replace(problem, former=former)
    plans = pareto_plans(problem, Bands.around_mean(problem, [0.3]), iterations=1)
    for one in plans:
        for other in plans:
            no_worse = all(a <= b for a, b in zip(other.figures, one.figures, strict=True))
            assert other is one or not no_worse
