"""New centres: what the nearest centre promises and what the balance allows."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from gridmap.errors import InputError
from gridmap.partition.locate import max_cover, p_median
from gridmap.partition.objective import Bands, loads, travel_cost
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.siting import _Scores, _singles, rank_sites, with_centres
from gridmap.partition.solve import solve
from gridmap.progress import MaxIterations
from tests.partition_graphs import from_edges, grid_problem, grid_xy, straight_s


def test_the_nearest_gain_misleads_and_the_balanced_bound_does_not() -> None:
    """A city of ten units at 0 … 90 m, a village of one at 1000 m, one centre in the city.

    A centre in the village saves its 1000 m walk and so promises most. But it has to take half of
    all demand, city units a kilometre off. A second centre in the city costs the village its walk
    only.
    """
    xy = np.array([(10.0 * one, 0.0) for one in range(10)] + [(1000.0, 0.0)])
    edges = [(one, one + 1) for one in range(10)]
    problem = from_edges(edges, [1.0] * 11, [0], travel_s=straight_s(xy, [0]))
    units = np.array([7, 10])
    seconds = straight_s(xy, units.tolist())
    found = rank_sites(problem, units, seconds, tolerance=0.1, within_s=35.0)
    city, village = found.ranked
    assert (city.units, village.units) == ((7,), (10,))
    assert village.nearest_gain > city.nearest_gain and found.median == (1,)
    assert found.exact and found.scored == 2
    # Within 35 m of unit 0 are four; unit 7 covers 4 … 9, the village itself only.
    assert (city.covered, village.covered) == (10.0, 5.0) and found.cover == (0,)
    costs = {}
    for site in found.ranked:
        wider = with_centres(problem, site.units, seconds[:, list(site.candidates)])
        bands = Bands.around_mean(wider, [0.1])
        plan = solve(wider, bands, iterations=3, seed=1)
        assert plan.worst_excess == 0.0
        costs[site.units[0]] = travel_cost(wider, plan.label)
        assert costs[site.units[0]] >= site.balanced_bound
    assert costs[7] < costs[10]
    assert "unit 7" in city.text() and "基本单元 7" in city.text("zh")


def some_grid(seed: int) -> tuple[PartitionProblem, np.ndarray, np.ndarray]:
    weight = np.random.default_rng(seed).gamma(1.0, 5.0, 64)
    problem = grid_problem(8, 8, [9, 54], weight.tolist())
    units = np.setdiff1d(np.arange(64), [9, 54])
    return problem, units, straight_s(grid_xy(8, 8), units.tolist())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_candidate_left_out_is_better(seed: int) -> None:
    problem, units, seconds = some_grid(seed)
    found = rank_sites(problem, units, seconds, tolerance=0.05, within_s=200.0, most=3)
    scores = _Scores(problem, units, seconds, tolerance=0.05, within_s=200.0)
    screen = scores.screen
    every = []
    for number in range(len(units)):
        site = scores._score((number,))
        assert screen[number] <= site.balanced_bound + 1e-6 * abs(site.balanced_bound)
        every.append(site)
    assert found.exact and found.scored < len(units)
    assert found.ranked == tuple(sorted(every, key=scores.key)[:3])


def test_candidates_are_scored_until_the_next_cannot_be_better() -> None:
    """With screens in the wrong order, though below the bounds, the best is found all the same."""
    problem, units, seconds = some_grid(1)
    few = np.arange(0, 62, 6)
    scores = _Scores(problem, units[few], seconds[:, few], tolerance=0.05, within_s=200.0)
    every = [scores.of((number,)) for number in range(len(few))]
    bounds = np.array([one.balanced_bound for one in every])
    scores.sites = {}
    scores.__dict__["screen"] = bounds.min() * 0.99 - 1e-3 * bounds
    assert _singles(scores, 1)
    assert scores.ranked(1)[0].candidates == min(every, key=scores.key).candidates


def test_two_new_centres_are_chosen_together() -> None:
    problem, units, seconds = some_grid(4)
    few = np.arange(0, 62, 6)
    units, seconds = units[few], seconds[:, few]
    counts: list[int] = []
    found = rank_sites(
        problem, units, seconds, tolerance=0.05, within_s=200.0, n_new=2, on_scored=counts.append
    )
    assert not found.exact and counts == list(range(1, found.scored + 1))
    bounds = [one.balanced_bound for one in found.ranked]
    assert bounds == sorted(bounds) and len(found.ranked) == 10
    scores = _Scores(problem, units, seconds, tolerance=0.05, within_s=200.0)
    every = [scores.of(pair) for pair in combinations(range(len(units)), 2)]
    assert found.ranked[0] == min(every, key=scores.key)


def test_stop_ends_the_scores() -> None:
    problem, units, seconds = some_grid(1)
    stop = MaxIterations(0)
    found = rank_sites(problem, units, seconds, tolerance=0.05, within_s=200.0, stop=stop)
    assert found.scored == 1 and not found.exact


def test_a_centre_whose_balance_is_out_of_reach_comes_last() -> None:
    """At the end of a strip a new centre beside an old one is hemmed in."""
    xy = np.array([(100.0 * one, 0.0) for one in range(9)])
    edges = [(one, one + 1) for one in range(8)]
    problem = from_edges(edges, [1.0] * 9, [1], travel_s=straight_s(xy, [1]))
    units = np.array([0, 6])
    seconds = straight_s(xy, [0, 6])
    seconds[:, 0] = 0.0  # travel of the hemmed in one looks best
    found = rank_sites(problem, units, seconds, tolerance=0.2, within_s=100.0)
    assert [one.units for one in found.ranked] == [(6,), (0,)]
    assert found.ranked[1].attainable > 0.2 and found.ranked[0].attainable == 0.0
    assert "off the mean" in found.ranked[1].text()


def test_new_cells_are_added_at_the_end() -> None:
    problem = grid_problem(3, 3, [0])
    wider = with_centres(problem, [8], straight_s(grid_xy(3, 3), [8]))
    assert wider.n_cells == 2 and wider.fixed[8] == 1
    assert np.isinf(wider.travel_s[8, 0]) and np.isinf(wider.travel_s[0, 1])
    plan = solve(wider, Bands.around_mean(wider, [0.2]), iterations=2, seed=1)
    assert sorted(loads(wider, plan.label)[:, 0]) == [4.0, 5.0]


@pytest.mark.parametrize("pairs", [0, 10**6])
def test_location_models_against_brute_force(monkeypatch: pytest.MonkeyPatch, pairs: int) -> None:
    monkeypatch.setattr("gridmap.partition.locate.MOST_PAIRS", pairs)
    rng = np.random.default_rng(5)
    for _ in range(8):
        demand = rng.integers(0, 5, 15).astype(float)
        away = rng.integers(1, 100, (15, 6)).astype(float)
        near = rng.integers(20, 100, 15).astype(float)
        near[:2] = np.inf
        every = list(combinations(range(6), 2))
        least = min(demand @ np.minimum(near, away[:, list(one)].min(axis=1)) for one in every)
        most = max(
            demand[(near <= 40) | (away[:, list(one)] <= 40).any(axis=1)].sum() for one in every
        )
        median = p_median(demand, near, away, 2)
        cover = max_cover(demand, near, away, 2, within_s=40.0)
        if pairs:
            assert median.proven and median.value == pytest.approx(least)
            assert cover.proven and cover.value == pytest.approx(most)
        else:
            # Exchanges: never better than the best, here within a tenth of it.
            assert least - 1e-9 <= median.value <= 1.1 * least and not median.proven
            assert 0.9 * most <= cover.value <= most + 1e-9
    assert max_cover(demand, np.zeros(15), away, 1, within_s=40.0).proven


def test_all_faults_come_at_once() -> None:
    problem = grid_problem(3, 3, [0])
    seconds = np.ones((9, 4))
    with pytest.raises(InputError) as caught:
        rank_sites(problem, np.array([0, 9, 4, 4]), seconds, tolerance=0.1, within_s=1.0, n_new=5)
    assert [one.key for one in caught.value.faults] == [
        "realign.site_unknown",
        "realign.site_held",
        "realign.site_twice",
        "realign.site_number",
    ]
    with pytest.raises(ValueError, match="shape"):
        rank_sites(problem, np.array([4]), seconds, tolerance=0.1, within_s=1.0)
