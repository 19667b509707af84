"""What is proven about balance, against graphs made by hand and against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from gridmap.partition.blocks import block_forest
from gridmap.partition.certificate import Certificate, bands, certify, simple_bound
from gridmap.partition.objective import broken_cells, loads
from gridmap.partition.pocket import Pocket
from gridmap.partition.problem import PartitionProblem
from tests.partition_graphs import from_edges, grid_edges, grid_problem, random_planar


def least_worst_deviation(problem: PartitionProblem) -> float:
    """Try all plans without broken cells."""
    free = np.flatnonzero(problem.fixed < 0)
    best = np.inf
    label = problem.fixed.copy()
    for chosen in product(range(problem.n_cells), repeat=len(free)):
        label[free] = chosen
        if np.isfinite(problem.travel_s[free, label[free]]).all() and not broken_cells(
            problem, label
        ):
            deviation = loads(problem, label)[:, 0] / problem.target[0] - 1.0
            best = min(best, float(np.abs(deviation).max()))
    return best


def neck_problem() -> PartitionProblem:
    """Two centres (0, 1) in a pocket of units 2, 3 behind neck 4; centre 7 has the rest.

    Either of the two passes the neck, the other has at most its own unit, 2 and 3.
    """
    edges = [(0, 2), (1, 3), (2, 3), (2, 4), (3, 4), (4, 5), (5, 6), (5, 7), (6, 7), (6, 8), (7, 8)]
    return from_edges(edges, [1, 1, 1, 1, 1, 10, 10, 1, 10], [0, 1, 7])


def test_bound_of_the_neck() -> None:
    """Mean 12: whoever stays inside has at most 1 + 1 + 1 of 12, so 75 % too little."""
    problem = neck_problem()
    found = certify(problem, 0.05)
    assert found.bound == pytest.approx(0.75, abs=1e-3)
    assert least_worst_deviation(problem) >= found.bound - 1e-6


def test_neck_and_hemmed_in_cell_are_named() -> None:
    """An 8 x 8 grid with four centres, and two more in a pocket behind unit 68 at its corner.

    Mean 69 / 6 = 11.5, the one that stays inside has at most 3; the others share the rest well.
    """
    pocket = [(64, 66), (65, 67), (66, 67), (66, 68), (67, 68), (68, 0)]
    problem = from_edges([*grid_edges(8, 8), *pocket], [1.0] * 69, [18, 21, 42, 45, 64, 65])
    found = certify(problem, 0.2)
    assert found.bound == pytest.approx(1.0 - 3.0 / 11.5, abs=1e-3)
    (hemmed,) = found.pockets
    assert hemmed.cell in {4, 5}
    assert hemmed.necks == (68,)
    assert hemmed.load_share == pytest.approx(3.0 / 11.5, abs=2e-3)


def test_wide_tolerance_makes_the_same_neck_no_matter() -> None:
    """Nothing beyond 80 % is proven."""
    assert certify(neck_problem(), 0.8) == Certificate(0.0)


def test_grid_is_not_accused() -> None:
    """A grid of equal squares is not hemmed in."""
    assert certify(grid_problem(12, 12, [13, 40, 100, 130]), 0.05) == Certificate(0.0)


def test_outlet_hemmed_in_by_others_is_proven() -> None:
    """A star: centre 0 in the middle touches only the centres 1, 2, 3, so it keeps its 1 of 10.

    The others then have 13 of 10 each.
    """
    edges = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 5), (3, 6), (4, 5), (5, 6)]
    problem = from_edges(edges, [1, 3, 3, 3, 10, 10, 10], [0, 1, 2, 3])
    found = certify(problem, 0.35)
    assert found.bound == pytest.approx(0.9, abs=1e-3)
    assert [(pocket.cell, pocket.necks) for pocket in found.pockets] == [(0, ())]
    assert found.pockets[0].load_share == pytest.approx(0.1, abs=1e-3)


def test_heavy_unit_is_proven_and_named_for_its_nearest_cell() -> None:
    """Row of seven, mean 15: the unit of 20, and 1 + 3 on the way to it, make 24 of 15."""
    problem = grid_problem(1, 7, [0, 6], [1, 3, 20, 1, 1, 3, 1])
    found = certify(problem, 0.05)
    assert found.bound == pytest.approx(0.6, abs=1e-3)
    assert any(pocket.cell == 0 and 2 in pocket.necks for pocket in found.pockets)
    assert least_worst_deviation(problem) >= found.bound - 1e-6


def test_dead_end_behind_a_unit_counts_with_it() -> None:
    """A 3 x 3 grid of ones with a tail of 6 + 6 at its corner: 12 of a mean of 7 in one cell."""
    edges = [*grid_edges(3, 3), (0, 9), (9, 10)]
    problem = from_edges(edges, [1.0] * 9 + [6.0, 6.0], [2, 4, 8])
    found = certify(problem, 0.05)
    assert found.bound >= 12.0 / 7.0 - 1.0 - 1e-6
    assert least_worst_deviation(problem) >= found.bound - 1e-6


def test_simple_bound_of_a_centre_unit() -> None:
    """The centre's 8 of a mean of 5."""
    assert simple_bound(from_edges([(0, 1)], [8, 2], [0, 1])) == pytest.approx(0.6)


def test_simple_bound_of_a_part_of_the_graph() -> None:
    """Parts with 2 and 8 of a mean of 5."""
    problem = from_edges([(0, 1), (2, 3)], [1, 1, 4, 4], [0, 2])
    assert simple_bound(problem) == pytest.approx(0.6)
    assert certify(problem, 0.05).bound == pytest.approx(0.6)


def test_simple_bound_counts_attached_parts_with_their_cell() -> None:
    """Unit 2 stands alone and goes to cell 0: 1 + 7 of a mean of 4.5."""
    travel = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 2.0]])
    problem = from_edges([(0, 1)], [1, 1, 7], [0, 1], travel_s=travel)
    assert simple_bound(problem) == pytest.approx(8.0 / 4.5 - 1.0)


def test_nothing_to_prove_for_one_cell_or_no_load() -> None:
    """Neither has a deviation."""
    assert certify(grid_problem(1, 3, [0]), 0.05) == Certificate(0.0)
    assert certify(grid_problem(1, 3, [0, 2], [0, 0, 0]), 0.05) == Certificate(0.0)


def test_too_many_decisions_leave_the_necks_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then only whole parts and heavy units count, which is still valid."""
    monkeypatch.setattr("gridmap.partition.certificate.MOST_DECISIONS", 0)
    assert certify(neck_problem(), 0.05).bound <= least_worst_deviation(neck_problem())


def test_stopping_early_proves_less_but_nothing_wrong() -> None:
    """With no nodes to spare the bound is at most the true one."""
    problem = neck_problem()
    assert certify(problem, 0.05, node_limit=0).bound <= least_worst_deviation(problem) + 1e-9


def test_blocks_of_the_neck() -> None:
    """Units 2, 3 inside; 4 and 5 are necks; 6, 8 outside."""
    blocks = block_forest(neck_problem())
    assert {frozenset(block.units) for block in blocks if block.whole} >= {frozenset({4})}
    assert sorted(unit for block in blocks for unit in block.units) == [2, 3, 4, 5, 6, 8]


def test_bands_widen_only_for_pockets() -> None:
    """Mean 10, ± 10 %; one pocket below, one above."""
    problem = grid_problem(1, 6, [0, 2, 5], [5.0] * 6)
    pockets = (Pocket(0, 0.5, ()), Pocket(2, 1.3, ()))
    low, high = bands(problem, 0.1, Certificate(0.5, pockets))
    assert low.tolist() == pytest.approx([4.7, 9.0, 9.0])
    assert high.tolist() == pytest.approx([11.0, 11.0, 13.3])


@pytest.mark.parametrize("seed", range(12))
def test_bound_holds_for_every_plan_of_random_graphs(seed: int) -> None:
    """No plan of eleven units is more even than what is proven impossible."""
    problem = random_planar(11, 3, seed, parts=1 + seed % 2)
    assert certify(problem, 0.02).bound <= least_worst_deviation(problem) + 1e-6


def test_nested_pockets_name_inner_and_outer_cells() -> None:
    """Cells 3, 4 behind neck 38; they and cell 5 behind neck 40: mean 42 / 6 = 7.

    Behind 38 one keeps its 1. Behind 40 two of the three stay and share 36 - 39 and 41 without
    the own unit of the one that leaves: 4, so the second has 3 of 7.
    """
    hung = [(36, 38), (37, 38), (38, 41), (39, 41), (41, 40), (40, 0)]
    problem = from_edges([*grid_edges(6, 6), *hung], [1.0] * 42, [8, 21, 34, 36, 37, 39])
    found = certify(problem, 0.1)
    assert 1.0 - 2.0 / 7.0 <= found.bound <= 1.0 - 1.0 / 7.0 + 1e-6
    named = {pocket.cell for pocket in found.pockets}
    assert len(named & {3, 4}) >= 1
    assert len(named & {3, 4, 5}) == 2
    hemmed = [pocket.load_share for pocket in found.pockets if pocket.cell in {3, 4, 5}]
    assert sum(hemmed) * 7.0 <= 4.0 + 0.1
