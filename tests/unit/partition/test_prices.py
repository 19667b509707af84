"""Prices and lower bound against an exact solver and against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from gridmap.partition.objective import broken_cells, loads, travel_cost
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import PartitionProblem
from tests.partition_graphs import from_edges, grid_problem, random_planar


def band(problem: PartitionProblem, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    mean = np.full(problem.n_cells, problem.target[0])
    return mean * (1 - tolerance), mean * (1 + tolerance)


def exact_optimum(problem: PartitionProblem, low: np.ndarray, high: np.ndarray) -> float:
    """Optimum of the transport problem with split units, by the simplex of HiGHS."""
    n, k = problem.travel_s.shape
    weight = problem.weights[:, 0]
    allowed = np.isfinite(problem.travel_s)
    for unit in np.flatnonzero(problem.fixed >= 0):
        allowed[unit] = np.arange(k) == problem.fixed[unit]
    cost = (weight[:, None] * np.where(allowed, problem.travel_s, 0.0)).ravel()
    share = np.kron(np.eye(n), np.ones(k))
    load = np.kron(weight, np.eye(k))
    found = linprog(
        cost,
        A_ub=np.concatenate([load, -load]),
        b_ub=np.concatenate([high, -low]),
        A_eq=share,
        b_eq=np.ones(n),
        bounds=[(0.0, float(one)) for one in allowed.ravel()],
        method="highs",
    )
    assert found.status == 0
    return float(found.fun)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("tolerance", [0.02, 0.2])
def test_bound_is_just_below_the_optimum(seed: int, tolerance: float) -> None:
    """Never above it, and within 0.5 %."""
    problem = random_planar(60, 4, seed)
    low, high = band(problem, tolerance)
    optimum = exact_optimum(problem, low, high)
    bound = cell_prices(problem, low, high).bound
    assert optimum * 0.995 <= bound <= optimum * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_bound_holds_for_every_plan_of_a_tiny_instance(seed: int) -> None:
    """All labellings of a 3 x 3 grid: none within the band and in one piece travels less."""
    rng = np.random.default_rng(seed)
    problem = grid_problem(3, 3, [0, 8], rng.integers(1, 9, 9).tolist())
    low, high = band(problem, 0.15)
    bound = cell_prices(problem, low, high).bound
    within = []
    for ones in product((0, 1), repeat=7):
        label = np.array([0, *ones, 1])
        load = loads(problem, label)[:, 0]
        if not broken_cells(problem, label) and (load >= low).all() and (load <= high).all():
            within.append(travel_cost(problem, label))
    assert within
    assert bound <= min(within)


def test_crowded_cell_becomes_dear() -> None:
    """Row of six with the demand on the left: the left cell must shed, so it costs more."""
    problem = grid_problem(1, 6, [0, 5], [1, 4, 4, 1, 1, 1])
    prices = cell_prices(problem, *band(problem, 0.05))
    assert prices.price_s[0] > prices.price_s[1]


def test_wide_band_needs_no_prices() -> None:
    """With bands that hold anything the bound is the travel to the nearest centre."""
    problem = random_planar(50, 3, 1)
    prices = cell_prices(problem, np.zeros(3), np.full(3, 1e9))
    free = problem.travel_s.min(axis=1)
    free[problem.centre_unit] = 0.0
    assert prices.bound == pytest.approx(problem.weights[:, 0] @ free, rel=1e-6)
    assert np.abs(prices.price_s).max() < 1e-3 * problem.mean_nearest_s


def test_bound_stays_finite_when_no_sharing_fits() -> None:
    """A part with too much load for its one centre: every price is valid, none unbounded."""
    problem = from_edges([(0, 1), (2, 3)], [1, 1, 9, 9], [0, 2])
    assert np.isfinite(cell_prices(problem, *band(problem, 0.05)).bound)


def test_processors_do_not_change_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: the pieces that are summed are always the same."""
    problem = random_planar(50, 3, 1)
    low, high = band(problem, 0.05)
    found = []
    for processors in (1, 4):
        monkeypatch.setattr("os.cpu_count", lambda count=processors: count)
        found.append(cell_prices(problem, low, high))
    assert found[0].bound == found[1].bound
    assert (found[0].price_s == found[1].price_s).all()


def test_pieces_change_the_bound_only_by_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven units at a time."""
    problem = random_planar(50, 3, 1)
    low, high = band(problem, 0.05)
    whole = cell_prices(problem, low, high).bound
    monkeypatch.setattr("gridmap.partition.prices.PIECES", 7)
    assert cell_prices(problem, low, high).bound == pytest.approx(whole, rel=1e-4)
