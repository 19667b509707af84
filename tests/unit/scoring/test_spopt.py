"""Coverage, nearest times and the best new site, beside the solvers of PySAL `spopt`.

Deviations of `spopt` 0.7 and 0.8, none of which is an error of ours:

* it takes no NaN and no infinite cost: what is unreachable is `FAR` minutes away there;
* where nothing is in reach of a place it still counts its cost in the p-median, so there only
  the reachable demand is compared; in our mean such demand counts as the cap;
* the set cover (LSCP) asks that all demand be covered and has no answer where some is out of
  reach of every site; we say what share is covered instead;
* it has no means of travel, cells or owners: the same town in one cell is compared.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import combinations

import numpy as np
import pulp
import pytest
from scoring_inputs import NAN, inputs_of
from scoring_town import POLICY, scored_town

from gridmap.policies import ScoringPolicy
from gridmap.scoring.scorecard import score_cells
from gridmap.scoring.what_if import Change, NewOutlet, WhatIf

with warnings.catch_warnings():
    # `spaghetti`, which it imports, announces its next release.
    warnings.simplefilter("ignore")
    from spopt.locate import LSCP, MCLP, PMedian

#: PuLP 3, the modeller beneath, announces its next release.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LIMIT_MIN = 12.0
FAR = 1e4


def town(seed: int, n_demand: int = 40, n_outlets: int = 6):
    """Return minutes and weights; whole minutes, so that some are at the limit."""
    rng = np.random.default_rng(seed)
    minutes = rng.integers(1, 40, (n_demand, n_outlets)).astype(float)
    minutes[rng.random(minutes.shape) < 0.2] = NAN
    minutes[3] = NAN
    return minutes, rng.integers(1, 9, n_demand) * 1.0


def solved(model):
    return model.solve(pulp.PULP_CBC_CMD(msg=False))


def chosen(model) -> tuple[int, ...]:
    """Return the sites of a solution."""
    return tuple(at for at, served in enumerate(model.fac2cli) if served)


def most_covered(minutes, weight, sites: int, **more):
    cost = np.nan_to_num(minutes, nan=FAR, posinf=FAR)
    return solved(MCLP.from_cost_matrix(cost, weight, LIMIT_MIN, sites, **more))


def figures(minutes, weight, open_sites) -> dict[str, float]:
    """Return our metrics of a town of one cell in which only some sites are open, all our own."""
    ownership = ["own" if at in open_sites else "rival" for at in range(minutes.shape[1])]
    inputs = inputs_of(minutes, ownership, weight=weight.tolist())
    policy = ScoringPolicy(modes={"walk": (LIMIT_MIN,)}, draws=0)
    scores = score_cells(inputs, policy, seed=1)
    return dict(zip(scores["metric"], scores["value"], strict=True))


@pytest.mark.parametrize("seed", range(2))
def test_no_two_sites_cover_more_than_those_of_the_location_problem(seed):
    """MCLP: its demand covered is our coverage with its sites, and the most of all pairs."""
    minutes, weight = town(seed)
    best = most_covered(minutes, weight, 2)
    covered = best.problem.objective.value() / weight.sum()
    ours = {
        pair: figures(minutes, weight, pair)["coverage_own_walk_12"]
        for pair in combinations(range(minutes.shape[1]), 2)
    }
    assert ours[chosen(best)] == pytest.approx(covered)
    assert max(ours.values()) == pytest.approx(covered)


@pytest.mark.parametrize("seed", range(2))
def test_mean_time_to_the_nearest_is_the_objective_of_the_median_problem(seed):
    """p-median with all sites open: Σw·min t of the demand that reaches any."""
    minutes, weight = town(seed)
    some = ~np.isnan(minutes).all(axis=1)
    sites = minutes.shape[1]
    cost = np.nan_to_num(minutes[some], nan=FAR)
    median = solved(PMedian.from_cost_matrix(cost, weight[some], sites))
    ours = figures(minutes[some], weight[some], range(sites))["nearest_own_mean_walk"]
    assert ours == pytest.approx(median.problem.objective.value() / weight[some].sum())


def test_a_set_cover_leaves_nothing_blind_and_fewer_sites_leave_some():
    """LSCP: its sites cover everything that any site covers, and none of them may close."""
    minutes, weight = town(5)
    coverable = np.nanmin(np.where(np.isnan(minutes), FAR, minutes), axis=1) <= LIMIT_MIN
    minutes, weight = minutes[coverable], weight[coverable]
    cover = solved(LSCP.from_cost_matrix(np.nan_to_num(minutes, nan=FAR), LIMIT_MIN))
    sites = chosen(cover)
    assert figures(minutes, weight, sites)["blind_share_walk_12"] == 0.0
    for closed in sites:
        fewer = [one for one in sites if one != closed]
        assert figures(minutes, weight, fewer)["blind_share_walk_12"] > 0.0


def test_the_best_new_site_along_the_streets_is_that_of_the_location_problem():
    """MCLP with our outlets standing: the most that one outlet more can cover, by what-if."""
    seeded = scored_town(2, cut=False, n_demand=40, n_outlets=10)
    policy = POLICY.model_copy(update={"modes": {"walk": (2.0,)}})
    walk = {"walk": seeded.inputs.travel_min["walk"]}
    session = WhatIf(
        replace(seeded.inputs, travel_min=walk), seeded.outlet_xy, seeded.search(), policy, seed=1
    )
    ours = np.flatnonzero(session.inputs.ours)
    sites = seeded.demand_xy[5:21]
    minutes = np.concatenate(
        [session.minutes("walk", seeded.outlet_xy[ours]), session.minutes("walk", sites)]
    ).T
    standing = np.arange(len(ours) + len(sites)) < len(ours)
    cost = np.nan_to_num(minutes, nan=FAR, posinf=FAR)
    weight = session.inputs.demand_weight
    model = MCLP.from_cost_matrix(
        cost, weight, 2.0, len(ours) + 1, predefined_facilities_arr=standing.astype(int)
    )
    best = solved(model).problem.objective.value()

    def covered(scores) -> float:
        return scores.loc[scores["metric"] == "coverage_ours_walk_2", "numerator"].sum()

    def with_site(x: float, y: float) -> float:
        found = session.outcome(Change(open=(NewOutlet(x, y, 0),)))
        return covered(session.scores) + covered(found.after) - covered(found.before)

    assert max(with_site(x, y) for x, y in sites.tolist()) == pytest.approx(best)
    assert best > covered(session.scores) + 1.0
