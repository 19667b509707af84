"""Outliers, doubles, weights, importance and the Monte Carlo over choices."""

from __future__ import annotations

import numpy as np
import pytest
from scoring_inputs import NAN, random_inputs

from gridmap.errors import InputError
from gridmap.policies import ScoringPolicy
from gridmap.scoring.aggregation import CompositeRules, Indicator, aggregate
from gridmap.scoring.composite import (
    effective_importance,
    panel_of,
    period_ranking,
    score_composite,
)
from gridmap.scoring.indicators import score_plans, scoring_faults
from gridmap.scoring.outliers import has_outliers, treat
from gridmap.scoring.robustness import FACTORS, draw_scores, minmax_points, rank_shifts
from gridmap.scoring.scorecard import score_cells

RULES = CompositeRules()
TWO = (Indicator("a", "one", 0.0, 1.0), Indicator("b", "two", 0.0, 1.0))
THREE = (*TWO, Indicator("c", "two", 0.0, 1.0))


def values_of(count=40, seed=4, names="abc"):
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(0.1, 0.9, count) for name in names}


def test_few_outliers_are_drawn_in_to_the_next_value():
    """0 … 29 and one of 500: the one becomes 29."""
    value = np.append(np.arange(30.0), 500.0)
    assert has_outliers(value)
    found = treat(value)
    assert (found.kind, found.high, found.changed) == ("winsorised", 29.0, 1)
    assert found.apply(value).max() == 29.0
    below = treat(-value)
    assert (below.kind, below.low, below.changed) == ("winsorised", -29.0, 1)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_many_outliers_call_for_a_logarithm_that_keeps_the_order(sign):
    value = sign * np.exp(np.linspace(0.0, 12.0, 200))
    found = treat(value)
    assert found.kind == "log"
    logged = found.apply(value)
    assert (np.diff(logged) * sign > 0.0).all()
    assert not has_outliers(logged)


def test_values_without_outliers_and_nothing_at_all_stay():
    assert treat(np.arange(30.0)).kind == "none"
    assert treat(np.array([NAN, NAN])).kind == "none"
    assert np.isnan(treat(np.array([1.0, NAN])).apply(np.array([NAN]))).all()


def test_min_max_goes_from_0_to_100_by_direction():
    value = np.array([[2.0, 4.0, NAN, 3.0]])
    up, down = (Indicator("a", "one", 0.0, 10.0, sign) for sign in (1, -1))
    np.testing.assert_allclose(minmax_points(up, value, treat(value[0])), [[0, 100, NAN, 50]])
    np.testing.assert_allclose(minmax_points(down, value, treat(value[0])), [[100, 0, NAN, 50]])
    same = np.full((1, 3), 2.0)
    np.testing.assert_allclose(minmax_points(up, same, treat(same[0])), [[20, 20, 20]])


def test_of_two_that_say_the_same_the_later_goes_and_is_reported():
    value = values_of()
    value["c"] = 1.0 - value["b"]
    panel, _, doubles = panel_of(THREE, value, RULES)
    assert [one.metric for one in panel.indicators] == ["a", "b"]
    assert [(one.left_out, one.kept) for one in doubles] == [("c", "b")]
    assert doubles[0].correlation == pytest.approx(-1.0)
    few = {name: one[:29] for name, one in value.items()}
    assert panel_of(THREE, few, RULES)[2] == ()


def test_the_last_of_a_dimension_does_not_go():
    value = values_of()
    value["b"] = value["a"]
    assert panel_of(TWO, value, RULES)[2] == ()
    order = (THREE[1], THREE[2], THREE[0])
    assert [one.left_out for one in panel_of(order, value, RULES)[2]] == ["b"]


def test_own_weights_of_indicators_and_dimensions_count():
    """(3·80 + 1·40)/4 = 70 and 20 with weight 1 : 3 is 70^(1/4)·20^(3/4)."""
    parts = (
        Indicator("a", "one", 0.0, 1.0, weight=3.0),
        Indicator("b", "one", 0.0, 1.0),
        Indicator("c", "two", 0.0, 1.0),
    )
    value = {name: np.array([one]) for name, one in zip("abc", (0.8, 0.4, 0.2), strict=True)}
    found = score_composite(
        parts,
        value,
        {},
        RULES,
        draws=0,
        rng=np.random.default_rng(1),
        dimension_weights={"two": 3.0},
    )
    assert found.value == pytest.approx([70.0**0.25 * 20.0**0.75])


def test_importance_is_the_share_of_the_squared_correlation():
    """The score is a almost alone, though both weigh the same: b hardly differs."""
    value = values_of(names="ab")
    value["b"] = 0.5 + 0.001 * value["b"]
    panel, _, _ = panel_of(TWO, value, RULES)
    score = aggregate(100.0 * panel.value, panel.dimension, np.ones(2), np.ones(2))
    found = effective_importance(panel, score)
    assert found["a"] > 0.9
    assert sum(found.values()) == pytest.approx(1.0)


def test_draws_without_variation_are_the_central_score():
    """The fast means of the draws are those of `aggregate`, gaps included."""
    value = values_of()
    value["b"][3] = NAN
    panel, _, _ = panel_of(THREE, value, RULES)
    drawn = draw_scores(panel, {}, RULES, draws=150, rng=np.random.default_rng(1), vary=())
    central = aggregate(100.0 * panel.value, panel.dimension, np.ones(3), np.ones(2))
    np.testing.assert_allclose(drawn.score, np.tile(central, (150, 1)))
    assert drawn.on_goalposts.all()


@pytest.mark.parametrize("factor", FACTORS)
def test_each_factor_moves_scores(factor):
    value = values_of()
    value["b"][3], value["c"][3] = NAN, 0.05
    panel, _, _ = panel_of(THREE, value, RULES)
    sampled = {"a": value["a"] + np.random.default_rng(3).normal(0.0, 0.1, (60, 40))}
    rng = np.random.default_rng(1)
    drawn = draw_scores(panel, sampled, RULES, draws=60, rng=rng, vary=(factor,))
    assert np.ptp(drawn.score, axis=0).max() > 1.0
    assert drawn.on_goalposts.all() == (factor != "normalisation")


def test_the_factor_that_moves_ranks_most_comes_first():
    value = values_of()
    panel, _, _ = panel_of(THREE, value, RULES)
    central = aggregate(100.0 * panel.value, panel.dimension, np.ones(3), np.ones(2))
    sampled = {"a": np.random.default_rng(3).uniform(0.1, 0.9, (60, 40))}
    found = rank_shifts(panel, central, sampled, RULES, draws=60, seed=1)
    assert next(iter(found)) == "sampling"
    assert found["imputation"] == 0.0
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_a_ranking_of_one_period_is_no_score():
    value = values_of()
    value["a"][0] = 1e6
    panel, _, _ = panel_of(TWO, value, RULES)
    place, treated = period_ranking(panel, RULES)
    assert treated["a"].kind == "winsorised"
    assert sorted(place.tolist()) == list(range(1, 41))


def test_all_faults_of_weights_and_goalposts_come_at_once():
    policy = ScoringPolicy(
        weights={"reach": 0.0, "nothing": 1.0, "time": 0.0, "economy": 0.0, "service": 0.0},
        goalposts={"expected_share": (0.9, 0.1), "nowhere": (0.0, 1.0)},
    )
    assert [one.where for one in scoring_faults(policy)] == [
        "scoring.weights.nothing",
        "scoring.goalposts.nowhere",
        "scoring.goalposts.expected_share",
        "scoring.weights",
    ]
    with pytest.raises(InputError):
        score_cells(random_inputs(1), policy, seed=1)
    assert scoring_faults(ScoringPolicy()) == []


def test_settings_reach_the_scores():
    policy = ScoringPolicy(
        weights={"presence": 2.0, "relative_share": 0.0},
        goalposts={"expected_share": (0.0, 0.5)},
    )
    plan = score_plans(policy, subscribers=False)["position"]
    assert plan.dimension_weights["presence"] == 2.0
    by_name = {one.metric: one for one in plan.indicators}
    assert "relative_share" not in by_name
    assert by_name["expected_share"].high == 0.5
