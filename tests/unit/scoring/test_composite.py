"""Composite scores: goalposts, thresholds of data, means and bands."""

from __future__ import annotations

import numpy as np
import pytest
from scoring_inputs import NAN, inputs_of

from gridmap.scoring.composite import (
    CompositeRules,
    Indicator,
    aggregate,
    normalise,
    ranks,
    score_composite,
    weighted_mean,
)
from gridmap.scoring.indicators import coverage_indicators, main_threshold, position_indicators
from gridmap.scoring.measures import DemandRate
from gridmap.scoring.sampling import band, resample

PLAIN = (
    Indicator("a", "one", 0.0, 1.0),
    Indicator("b", "one", 0.0, 1.0),
    Indicator("c", "two", 0.0, 1.0),
)


def score(central, *, indicators=PLAIN, sampled=None, draws=0, seed=1):
    values = {key: np.asarray(one, dtype=float) for key, one in central.items()}
    return score_composite(
        indicators,
        values,
        sampled or {},
        CompositeRules(),
        draws=draws,
        rng=np.random.default_rng(seed),
    )


def test_goalposts_cut_off_and_turn_round():
    value = np.array([-1.0, 5.0, 12.0, NAN, np.inf])
    np.testing.assert_allclose(normalise(value, 0.0, 10.0), [0, 50, 100, NAN, 100])
    np.testing.assert_allclose(normalise(value, 0.0, 10.0, -1), [100, 50, 0, NAN, 0])


def test_a_relative_share_is_scored_by_its_odds():
    """1 against 1 is half; without a rival it is everything."""
    one = Indicator("r", "d", 0.0, 1.0, scale="odds")
    found = one.points(np.array([1.0, 3.0, np.inf, 0.0, NAN]))
    np.testing.assert_allclose(found, [50.0, 75.0, 100.0, 0.0, NAN])


def test_arithmetic_within_and_geometric_across_dimensions():
    """(0.2 + 0.6)/2 = 0.4 and 0.9: √(40·90) = 60."""
    found = score({"a": [0.2], "b": [0.6], "c": [0.9]})
    assert found.value == pytest.approx([60.0])
    assert (found.available[0], found.planned) == (3, 3)


def test_a_zero_is_lifted_to_the_floor():
    """√(1·100) = 10."""
    found = score({"a": [0.0], "b": [0.0], "c": [1.0]})
    assert found.value == pytest.approx([10.0])


def test_a_missing_indicator_is_left_out_and_never_0():
    """Two of three are there: the other of the dimension stands alone, √(40·90)."""
    found = score({"a": [NAN, 0.4, 0.4], "b": [0.4] * 3, "c": [0.9] * 3})
    assert found.value == pytest.approx([60.0, 60.0, 60.0])
    assert found.available.tolist() == [2, 3, 3]


def test_a_cell_below_the_threshold_has_no_score_and_says_why():
    found = score({"a": [NAN, 0.4, 0.4], "b": [NAN, 0.4, 0.4], "c": [0.9] * 3}, draws=20)
    assert np.isnan(found.value[0])
    assert np.isnan([found.p05[0], found.p95[0], found.rank_low[0], found.rank_high[0]]).all()
    assert found.note.tolist() == ["too_little_data", "", ""]
    # The two others are ranked without it.
    assert found.rank_low[1:].tolist() == [1.0, 1.0]
    assert found.rank_high[1:].tolist() == [2.0, 2.0]


def test_an_indicator_that_few_cells_have_is_left_out_for_all():
    found = score({"a": [0.9, NAN], "b": [0.4, 0.4], "c": [0.9, 0.9]})
    assert found.left_out == ("a",)
    assert score({"a": [NAN, NAN], "b": [0.4, 0.4], "c": [0.9, 0.9]}).left_out == ()
    assert found.value == pytest.approx([60.0, 60.0])


def test_weights_of_what_is_there_are_scaled_up():
    found = weighted_mean(np.array([[1.0, NAN, 4.0]]), np.array([2.0, 5.0, 1.0]))
    assert found == pytest.approx([2.0])
    assert np.isnan(weighted_mean(np.full((1, 2), NAN), np.ones(2))).all()


def test_weights_of_dimensions_count():
    """100 with weight 3 and 1 with weight 1: 100^(3/4) = 31.6."""
    points = np.array([[100.0, 1.0]])
    found = aggregate(points, np.array([0, 1]), np.ones(2), np.array([3.0, 1.0]))
    assert found == pytest.approx([100.0**0.75])


def test_ranks_of_equal_scores():
    value = np.array([5.0, 9.0, 5.0, NAN])
    np.testing.assert_array_equal(ranks(value, "min"), [2, 1, 2, NAN])
    np.testing.assert_array_equal(ranks(value, "max"), [3, 1, 3, NAN])


def test_bands_without_draws_are_the_value():
    found = score({"a": [0.2, 0.5], "b": [0.6, 0.5], "c": [0.9, 0.5]})
    np.testing.assert_array_equal(found.p05, found.value)
    np.testing.assert_array_equal(found.rank_high, found.rank_low)


def test_varied_weights_make_a_band_and_equal_indicators_none():
    found = score({"a": [0.2, 0.5], "b": [0.6, 0.5], "c": [0.9, 0.5]}, draws=200)
    assert found.p05[0] < found.value[0] < found.p95[0]
    assert found.p05[1] == pytest.approx(found.p95[1])


def test_sampled_inputs_widen_the_band():
    central = {"a": [0.5, 0.4], "b": [0.5, 0.4], "c": [0.5, 0.4]}
    drawn = {"c": np.random.default_rng(2).uniform(0.2, 0.8, (200, 2))}
    still = score(central, draws=200)
    moved = score(central, draws=200, sampled=drawn)
    assert moved.p95[0] - moved.p05[0] > still.p95[0] - still.p05[0] + 5.0
    assert (moved.rank_low[0], moved.rank_high[0]) == (1.0, 2.0)
    assert (still.rank_low[0], still.rank_high[0]) == (1.0, 1.0)


@pytest.mark.parametrize("wrong", [{"data_threshold": 0.0}, {"floor": 0.0}, {"weight_spread": 1.0}])
def test_senseless_rules_are_refused(wrong):
    with pytest.raises(ValueError, match="Expected"):
        CompositeRules(**wrong)


def test_goalposts_must_be_apart():
    with pytest.raises(ValueError, match="low < high"):
        Indicator("a", "one", 1.0, 1.0)


def test_the_band_of_draws_holds_the_value_and_survives_infinity():
    low, high = band(np.array([[1.0], [np.inf], [np.inf]]), np.array([0.5]))
    assert (low[0], high[0]) == (0.5, np.inf)


def test_redrawn_demand_scatters_round_the_rate_and_is_repeatable():
    """Half of 40 equal points: standard error √(0.25/41) = 0.078 by the Bayesian bootstrap."""
    inputs = inputs_of([[1.0]] * 41, ["own"], demand_cell=[0] * 40 + [2], n_cells=3)
    part = np.array([1.0, 0.0] * 20 + [1.0])
    rates = {"half": DemandRate(part, np.ones(41))}
    times = {"p50": (np.arange(41.0), 0.5)}

    def draw():
        return resample(inputs, rates, times, draws=2000, rng=np.random.default_rng(3)).kept

    found = draw()
    assert found["half"].shape == (2000, 3)
    assert found["half"][:, 0].mean() == pytest.approx(0.5, abs=0.01)
    assert found["half"][:, 0].std() == pytest.approx(0.078, abs=0.006)
    assert np.isnan(found["half"][:, 1]).all()
    assert (found["half"][:, 2] == 1.0).all()
    assert found["p50"][:, 0].mean() == pytest.approx(19.5, abs=1.0)
    np.testing.assert_array_equal(found["p50"], draw()["p50"])


def test_a_cell_of_many_points_is_redrawn_in_groups_with_the_same_spread():
    """Exact Bayesian bootstrap of 3,000 points beside 100 random groups of them.

    A spread by groups is itself uncertain by 1/√200 = 7 %; 30 % are four times that.
    """
    rng = np.random.default_rng(5)
    weight, times = rng.uniform(0.5, 3.0, 3000), rng.gamma(2.0, 5.0, 3000)
    inputs = inputs_of(np.ones((3000, 1)), ["own"], weight=weight.tolist())
    near = DemandRate(np.where(times <= 8.0, weight, 0.0), weight)
    found = resample(
        inputs, {"near": near}, {"p90": (times, 0.9)}, draws=1000, rng=np.random.default_rng(3)
    )
    luck = rng.standard_exponential((1000, 3000)) * weight
    exact = {"near": luck[:, times <= 8.0].sum(axis=1) / luck.sum(axis=1)}
    order = np.argsort(times)
    upto = np.cumsum(luck[:, order], axis=1)
    exact["p90"] = times[order][np.argmax(upto >= 0.9 * upto[:, -1:], axis=1)]
    for name, drawn in exact.items():
        mine = found.kept[name][:, 0]
        assert mine.mean() == pytest.approx(drawn.mean(), abs=drawn.std() / 5)
        assert mine.std() == pytest.approx(drawn.std(), rel=0.3)
        low, high = np.quantile(mine, [0.05, 0.95], method="nearest")
        np.testing.assert_allclose(found.bands[name][:, 0], [low, high], rtol=0.01)


def test_draws_of_metrics_that_nobody_asks_for_are_not_kept():
    inputs = inputs_of([[1.0]] * 3, ["own"])
    rates = {name: DemandRate(np.array([1.0, 0.0, 1.0]), np.ones(3)) for name in ("a", "b")}
    rng = np.random.default_rng(1)
    found = resample(inputs, rates, {}, keep={"b"}, draws=20, rng=rng)
    assert set(found.kept) == {"b"}
    assert set(found.bands) == {"a", "b"}


def test_redrawing_demand_without_weight_gives_nothing():
    inputs = inputs_of([[1.0]], ["own"], weight=[0.0])
    rng = np.random.default_rng(1)
    found = resample(inputs, {}, {"p50": (np.ones(1), 0.5)}, draws=3, rng=rng).kept
    assert np.isnan(found["p50"]).all()
    nothing = resample(inputs, {}, {"p50": (np.ones(1), 0.5)}, draws=0, rng=rng).kept
    assert nothing["p50"].shape == (0, 1)


def test_the_middle_threshold_is_the_main_one():
    assert main_threshold((15.0, 5.0, 10.0)) == 10.0
    assert main_threshold((5.0, 10.0)) == 5.0


def test_expected_share_and_pressure_of_rivals_never_stand_together():
    for subscribers in (True, False):
        names = [one.metric for one in position_indicators(subscribers=subscribers)]
        assert "expected_share" in names
        assert "rival_pressure" not in names


def test_one_threshold_is_not_counted_twice():
    names = [one.metric for one in coverage_indicators("drive", (10.0,))]
    assert names.count("coverage_own_drive_10") == 1
