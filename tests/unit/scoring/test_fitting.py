"""A territory's own figures calibrate its Huff model, and a plan says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from grid_town import grid_territory

from gridmap import schemas
from gridmap.catalogue import LANGUAGES
from gridmap.errors import InputError
from gridmap.planning import make_plan
from gridmap.policies import PartitionPolicy, PlanRequest, RoutingPolicy, ScoringPolicy
from gridmap.scoring.fitting import fit_huff, fit_notice
from gridmap.scoring.huff import HuffModel, huff_shares, kind_attraction
from gridmap.scoring.travel_times import full_times
from gridmap.territory import Territory
from gridmap.travel.engines import open_engine

TOWN = grid_territory(8, 6)
ENGINE = open_engine(TOWN.networks["walk"])
TRUTH = HuffModel(1.4, 0.7)
KINDS = ["shop", "hall"]
POLICY = ScoringPolicy(kind_attraction={"hall": 3.0}, draws=0)


def figures(*, by_zone: bool, source: str = "m.csv") -> Territory:
    """Return the town with what its units buy by the true model, by unit or in total."""
    scored = TOWN.outlets["ownership"] != "other"
    kind = np.where(np.arange(len(TOWN.outlets)) % 3 == 0, KINDS[1], KINDS[0])
    outlets = TOWN.outlets.assign(kind=kind)[scored.to_numpy()]
    xy = outlets[["x", "y"]].to_numpy(float)
    minutes = ENGINE.matrix(ENGINE.snap(xy), ENGINE.snap(TOWN.units.inner_xy)).T / 60.0
    utility = TRUTH.utilities(minutes, kind_attraction(outlets["kind"], POLICY))
    amount = 1000.0 * utility / utility.sum(axis=1, keepdims=True)
    unit, outlet = np.nonzero(np.ones_like(amount))
    ids = outlets["outlet_id"].to_numpy()
    rows = pd.DataFrame(
        {
            "source": source,
            "place": [f"z{one}" for one in unit],
            "unit": unit,
            "part": 1.0,
            "outlet_id": ids[outlet],
            "operator": outlets["operator"].to_numpy()[outlet],
            "ours": outlets["ownership"].isin(["own", "partner"]).to_numpy()[outlet],
            "period": "2024-06",
            **dict.fromkeys(schemas.MARKET_AMOUNTS, np.nan),
            "sales": amount.ravel(),
        }
    )
    if not by_zone:
        totals = rows.groupby("outlet_id")["sales"].sum()
        rows = rows.drop_duplicates("outlet_id").assign(place=lambda one: one["outlet_id"])
        rows["sales"] = rows["outlet_id"].map(totals)
        rows["unit"] = rows["outlet_id"].map(outlets.set_index("outlet_id")["unit"])
    market = schemas.MARKET.validate(rows.reset_index(drop=True))
    return replace(TOWN, outlets=TOWN.outlets.assign(kind=kind), market=market)


@pytest.mark.parametrize("by_zone", [True, False])
def test_exact_figures_give_the_true_exponents(by_zone):
    fit = fit_huff(figures(by_zone=by_zone), POLICY, ENGINE)
    assert fit.model.beta == pytest.approx(1.4, rel=1e-3)
    assert fit.model.alpha == pytest.approx(0.7, rel=1e-3)
    assert (fit.n_zones == 48) == by_zone
    for language in LANGUAGES:
        assert "1.400" in fit_notice(fit).text(language)


@pytest.mark.parametrize("land", [TOWN, figures(by_zone=True, source="invented")])
def test_without_figures_or_with_invented_ones_it_is_refused(land):
    with pytest.raises(InputError) as caught:
        fit_huff(land, POLICY, ENGINE)
    assert [one.key for one in caught.value.faults] == ["scoring.fault.nothing_to_calibrate"]


def test_a_plan_scores_with_the_calibrated_model_and_says_so():
    request = PlanRequest(
        partition=PartitionPolicy(iterations=2, tolerance=0.9),
        routing=RoutingPolicy(iterations=10),
        scoring=POLICY.model_copy(update={"huff": "calibrated"}),
    )
    land = figures(by_zone=True)
    plan = make_plan(land, request)
    assert plan.report["huff"]["beta"] == pytest.approx(1.4, rel=1e-3)
    assert "scoring.notice.huff_calibrated" in [one.key for one in plan.notices]
    by_hand = request.model_copy(
        update={"scoring": POLICY.model_copy(update={"huff_beta": 1.4, "huff_alpha": 0.7})}
    )
    other = make_plan(land, by_hand)
    assert "huff" not in other.report
    for one, two in zip(expected_shares(plan), expected_shares(other), strict=True):
        assert one == pytest.approx(two, rel=1e-3)


def expected_shares(plan) -> list[float]:
    scores = plan.scores
    return scores.loc[scores["metric"] == "expected_share", "value"].tolist()


@pytest.mark.parametrize(
    ("model", "decay"),
    [
        # max(t, 2)^-2 at 1 and 4 minutes.
        (HuffModel(2.0, least_min=2.0), [1 / 4, 1 / 16]),
        (HuffModel(0.5, kernel="exponential"), [np.exp(-0.5), np.exp(-2.0)]),
        # A spread of 2 minutes: e^-(1/2)²/2 and e^-(4/2)²/2.
        (HuffModel(0.5, kernel="gaussian"), [np.exp(-0.125), np.exp(-2.0)]),
    ],
)
def test_each_kernel_by_hand(model, decay):
    np.testing.assert_allclose(model.decay(np.array([1.0, 4.0, np.inf])), [*decay, 0.0])


def test_a_lone_outlet_far_away_has_all_the_demand():
    """e^-1000 is no number above 0, yet whoever can reach only one outlet buys there."""
    model = HuffModel(10.0, kernel="exponential")
    times = full_times(np.array([[100.0, np.nan]]), np.array(["own", "rival"]))
    share = huff_shares(times, np.ones(2), np.array([0, 1]), 2, model)
    assert share.tolist() == [[1.0, 0.0]]


def test_the_policy_has_a_usual_decay_for_each_kernel():
    kernels = ("power", "exponential", "gaussian")
    assert [ScoringPolicy(huff_kernel=one).beta for one in kernels] == [2.0, 0.1, 0.1]
    assert ScoringPolicy(huff_beta=3.0).beta_error == pytest.approx(0.3)
    assert ScoringPolicy(huff_beta=3.0, huff_beta_error=0.0).beta_error == 0.0
    policy = ScoringPolicy(huff_kernel="gaussian", huff_outside=2.0, huff_alpha=0.5)
    assert HuffModel.of(policy) == HuffModel(0.1, 0.5, 1.0, 2.0, "gaussian")
