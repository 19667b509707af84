"""Realignment: what moves, what has to, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from gridmap.errors import InputError
from gridmap.partition.least_change import least_change
from gridmap.partition.objective import Bands, broken_cells, loads
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.realign import realign
from gridmap.partition.solve import solve
from gridmap.progress import MaxIterations
from tests.partition_graphs import from_edges, grid_edges, grid_problem, grid_xy, straight_s


def even(problem: PartitionProblem, tolerance: float = 0.05) -> Bands:
    return Bands.around_mean(problem, [tolerance] * problem.weights.shape[1])


def drifted(seed: int = 3) -> tuple[PartitionProblem, np.ndarray]:
    """A grid whose weights have drifted since its former plan was solved."""
    rng = np.random.default_rng(seed)
    weight = rng.gamma(2.0, 5.0, 400)
    centres = [21, 35, 190, 250, 390]
    before = grid_problem(20, 20, centres, weight.tolist())
    former = solve(before, even(before), iterations=3, seed=1).label
    return grid_problem(20, 20, centres, (weight * rng.lognormal(0, 0.3, 400)).tolist()), former


def strip(weight: list[float], centres: list[int]) -> PartitionProblem:
    edges = [(one, one + 1) for one in range(len(weight) - 1)]
    xy = np.array([(100.0 * one, 0.0) for one in range(len(weight))])
    return from_edges(edges, weight, centres, travel_s=straight_s(xy, centres))


def test_a_former_plan_that_keeps_the_bands_is_returned() -> None:
    problem, _ = drifted()
    former = solve(problem, even(problem), iterations=2, seed=1).label
    found = realign(problem, former, even(problem))
    assert (found.label == former).all()
    assert found.moved_load == (0.0,) and found.touched_cells == () and found.change_price == 0.0
    assert found.least.proven == (0.0,) and found.ratio == 1.0


def test_little_moves_and_every_load_comes_into_its_band() -> None:
    problem, former = drifted()
    bands = even(problem)
    assert bands.excess(problem, loads(problem, former)).max() > 0.02
    found = realign(problem, former, bands)
    assert bands.excess(problem, loads(problem, found.label)).max() == 0.0
    assert found.broken_cells == broken_cells(problem, found.label) == ()
    moved = np.flatnonzero(found.label != former)
    assert found.moved_units.tolist() == moved.tolist()
    assert found.moved_load[0] == pytest.approx(problem.weights[moved, 0].sum())
    assert found.least.proven[0] <= found.least.neighbour_flow[0]
    assert found.least.proven[0] <= found.moved_load[0] <= 1.5 * found.least.neighbour_flow[0]
    again = realign(problem, former, bands)
    assert (again.label == found.label).all()


def test_customers_and_outlets_of_moved_units_are_named() -> None:
    # Twelve units of weight 1 in a strip, cells of 8 and 4: two units at least go over.
    problem = strip([1.0] * 12, [0, 11])
    former = np.repeat([0, 1], [8, 4])
    found = realign(
        problem,
        former,
        even(problem),
        customer_unit=np.array([7, 0, 6, 11]),
        outlet_unit=np.array([11, 7]),
    )
    assert found.moved_units.tolist() == [6, 7]
    assert found.moved_customers.tolist() == [0, 2]
    assert found.moved_outlets.tolist() == [1]
    assert found.least.proven[0] == pytest.approx(1.7, rel=1e-4)  # 8 - 6 · 1.05
    assert found.ratio == pytest.approx(2.0 / 1.7, rel=1e-4)
    assert "2 of 12 units" in found.lines()[0] and "2 个更换网格" in found.lines("zh")[0]


def test_a_chain_costs_each_of_its_steps() -> None:
    """Cells of 6, 4, 2 in a strip: two units go over each border; no corridor leads by."""
    problem = strip([1.0] * 12, [0, 7, 11])
    former = np.repeat([0, 1, 2], [6, 4, 2])
    least = least_change(problem, former, even(problem, 0.0))
    assert least.neighbour_flow[0] == pytest.approx(4.0, rel=1e-4)
    # The middle centre closes the way, so the proven bound knows it as well.
    assert least.proven[0] == pytest.approx(4.0, rel=1e-4)


def test_a_corridor_may_beat_the_neighbour_flow() -> None:
    """Two rows: the outer cells may meet along the light lower row, under the middle centre."""
    edges = grid_edges(2, 6)
    weight = [2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 0.0, 2.0, 0.25, 0.25, 0.0, 0.0]
    centres = [0, 3, 5]
    problem = from_edges(edges, weight, centres, travel_s=straight_s(grid_xy(2, 6), centres))
    former = np.array([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2])
    shape = (3, 1)
    bands = Bands(np.full(shape, 3.5), np.full(shape, 4.5))
    least = least_change(problem, former, bands)
    moved = least_by_force(problem, former, bands)
    assert least.proven[0] <= moved + 1e-6
    assert moved < least.neighbour_flow[0] - 0.1
    assert least.proven[0] > 1.5 + 0.4  # more than what the outer cells are outside


def least_by_force(problem: PartitionProblem, former: np.ndarray, bands: Bands) -> float:
    """Least moved load of all plans, by trying them all."""
    best = np.inf
    choices = [[int(cell)] if cell >= 0 else list(range(problem.n_cells)) for cell in problem.fixed]
    for plan in product(*choices):
        label = np.array(plan)
        if bands.excess(problem, loads(problem, label)).max() > 1e-9:
            continue
        moved = float(problem.weights[(label != former) & (former >= 0), 0].sum())
        if moved < best and not broken_cells(problem, label):
            best = moved
    return best


@pytest.mark.parametrize("seed", range(12))
def test_bounds_hold_for_every_plan_of_small_grids(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 4, 12).astype(float)
    centres = [0, 5, 10]
    weight[centres] += 1.0
    problem = grid_problem(3, 4, centres, weight.tolist())
    former = problem.travel_s.argmin(axis=1)
    former[problem.centre_unit] = [0, 1, 2]
    former[rng.integers(12)] = -1
    bands = even(problem, 0.25)
    least = least_change(problem, former, bands)
    forced = least_by_force(problem, former, bands)
    assert least.proven[0] <= forced + 1e-6
    found = realign(problem, former, bands, iterations=2)
    if found.worst_excess == 0.0:
        assert found.moved_load[0] >= max(forced, least.proven[0]) - 1e-9
        inside = sum(found.beyond_load) == 0.0
        assert not inside or found.moved_load[0] >= least.neighbour_flow[0] - 1e-6


def test_a_closed_cell_and_a_new_centre() -> None:
    """The last cell closed, a new centre in the first one."""
    problem, former = drifted()
    centres = [21, 35, 190, 250, 105]
    weight = problem.weights[:, 0].tolist()
    today = grid_problem(20, 20, centres, weight)
    closed = np.where(former == 4, -1, former)
    found = realign(today, closed, even(today), iterations=3)
    assert found.worst_excess == 0.0 and found.broken_cells == ()
    assert found.new_units.tolist() == np.flatnonzero(former == 4).tolist()
    assert (former[found.moved_units] != 4).all() and 4 in found.touched_cells
    assert found.least.proven[0] <= found.moved_load[0]
    # The unit of the new centre has to leave its cell.
    assert found.least.unavoidable[0] == pytest.approx(weight[105])


def test_bands_that_cannot_be_kept_are_said() -> None:
    problem = strip([1.0, 1.0, 5.0], [0, 2])
    found = realign(problem, np.array([0, 0, 1]), even(problem), iterations=1)
    assert found.worst_excess > 0.0
    assert "outside" in found.lines()[-1]


def test_stop_ends_all_tries() -> None:
    problem, former = drifted()
    rounds: list[int] = []
    found = realign(
        problem, former, even(problem, 0.001), stop=MaxIterations(1), on_round=rounds.append
    )
    assert len(rounds) <= 1 and not broken_cells(problem, found.label)


def test_progress_counts_on_over_tries() -> None:
    problem = strip([1.0, 1.0, 5.0, 1.0], [0, 2])
    rounds: list[int] = []
    realign(problem, np.array([0, 0, 1, 1]), even(problem), iterations=2, on_round=rounds.append)
    assert rounds == [1, 2, 3, 4, 5, 6]


def test_no_band_on_a_workload_asks_for_nothing() -> None:
    problem = strip([1.0] * 6, [0, 5])
    free = Bands.around_mean(problem, [None])
    least = least_change(problem, np.array([0, 0, 0, 0, 0, 1]), free)
    assert least.proven == (0.0,) and least.neighbour_flow == (0.0,)


def test_all_faults_come_at_once() -> None:
    problem = strip([1.0] * 6, [0, 5])
    with pytest.raises(InputError) as caught:
        realign(
            problem,
            np.array([0, 0, 0, 1, 1, 7]),
            even(problem),
            change_price=0.0,
            customer_unit=np.array([9]),
            outlet_unit=np.array([-1]),
        )
    assert [one.key for one in caught.value.faults] == [
        "realign.former_cell",
        "realign.change_price",
        "realign.customer_unit",
        "realign.outlet_unit",
    ]
    with pytest.raises(InputError, match="has 2 units, this territory 6"):
        realign(problem, np.array([0, 1]), even(problem))
    # The problem's own former plan is not read.
    other = replace(problem, former=np.full(6, 1))
    assert not realign(other, np.array([0, 0, 0, 1, 1, 1]), even(problem)).moved_units.size
