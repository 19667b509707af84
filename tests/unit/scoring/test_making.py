"""How a score was made: importance, what is left out, what is changed, and what moves it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scoring_inputs import NAN, random_inputs

from gridmap.policies import ScoringPolicy
from gridmap.scoring.aggregation import CompositeRules, Indicator
from gridmap.scoring.composite import score_composite
from gridmap.scoring.indicators import ScorePlan
from gridmap.scoring.making import ScoreParts, score_making
from gridmap.scoring.robustness import FACTORS
from gridmap.scoring.scorecard import score_cells, score_with_parts

RULES = CompositeRules()
#: c says the same as b; d is scarce; e has an outlier; nobody has f.
INDICATORS = (
    Indicator("a", "one", 0.0, 1.0, weight=3.0),
    Indicator("e", "one", 0.0, 9.0),
    Indicator("b", "two", 0.0, 1.0),
    Indicator("c", "two", 0.0, 2.0),
    Indicator("d", "two", 0.0, 1.0),
    Indicator("f", "two", 0.0, 1.0),
)


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(5)
    value = {name: rng.uniform(0.1, 0.9, 40) for name in "abde"}
    value["c"] = 2.0 * value["b"]
    value["d"][:30] = NAN
    value["e"][0] = 500.0
    value["f"] = np.full(40, NAN)
    rules = CompositeRules(data_threshold=0.5)
    score = score_composite(
        INDICATORS, value, {}, rules, draws=0, rng=rng, dimension_weights={"one": 1.0, "two": 3.0}
    )
    plan = ScorePlan(INDICATORS, {"one": 1.0, "two": 3.0})
    return score_making(ScoreParts(plan, value, {}, score.value, rules), seed=1)


def test_each_indicator_has_its_state(made):
    states = {one["metric"]: one["state"] for one in made["indicators"]}
    assert states == {
        "a": "used", "e": "used", "b": "used", "c": "double", "d": "scarce", "f": "absent"
    }  # fmt: skip
    (double,) = made["doubles"]
    assert (double["left_out"], double["kept"]) == ("c", "b")
    assert double["correlation"] == pytest.approx(1.0)


def test_weights_meant_are_shares_of_what_takes_part(made):
    """One of four goes to dimension one, three quarters of that to a; the rest all to b."""
    weight = {one["metric"]: one["weight"] for one in made["indicators"]}
    assert weight["a"] == pytest.approx(0.75 / 4)
    assert weight["e"] == pytest.approx(0.25 / 4)
    assert weight["b"] == pytest.approx(0.75)
    importance = [one["importance"] or 0.0 for one in made["indicators"]]
    assert sum(importance) == pytest.approx(1.0)


def test_treated_outliers_are_told(made):
    treated = {one["metric"]: (one["treatment"], one["changed"]) for one in made["indicators"]}
    assert treated["e"] == ("winsorised", 1)
    assert treated["a"] == ("none", 0)


def test_every_choice_has_its_shift_and_those_that_change_nothing_have_none(made):
    assert set(made["shifts"]) == set(FACTORS)
    assert made["shifts"]["weights"] > 0.0
    # No cell lacks an indicator in use that others have, and no input was redrawn.
    assert made["shifts"]["sampling"] == 0.0


def test_a_whole_scoring_says_how_its_scores_were_made():
    inputs, policy = random_inputs(3), ScoringPolicy(draws=30)
    scores, parts = score_with_parts(inputs, policy, seed=2)
    assert scores.equals(score_cells(inputs, policy, seed=2))
    made = {key: score_making(one, seed=2) for key, one in parts.items()}
    assert set(made) == {"position", "coverage"}
    assert made["coverage"]["draws"] == 30
    assert made["coverage"]["shifts"]["sampling"] > 0.0
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made == {key: score_making(one, seed=2) for key, one in parts.items()}
