"""The Huff model is found again in shares that it made, and refuses what cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_inputs import NAN

from gridmap.catalogue import LANGUAGES
from gridmap.errors import InputError
from gridmap.scoring.calibrate import HuffFit, fit_outlet_totals, fit_zone_shares
from gridmap.scoring.huff import HuffModel

TRUTH = {
    "power": HuffModel(1.7, 0.8),
    "exponential": HuffModel(0.12, 0.8, kernel="exponential"),
    "gaussian": HuffModel(0.11, 0.8, kernel="gaussian"),
}


def town(seed: int, *, n_zones: int = 40, n_outlets: int = 8):
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(2.0, 30.0, (n_zones, n_outlets))
    return minutes, rng.uniform(0.5, 4.0, n_outlets), rng


def shares_of(model: HuffModel, minutes, attraction):
    utility = model.utilities(minutes, attraction)
    return utility / (model.outside + utility.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("kernel", TRUTH)
@pytest.mark.parametrize("outside", [0.0, 3.0])
def test_exact_shares_give_their_exponents_back(kernel, outside):
    """Dividing by the geometric mean takes the outside option and the size of the zone out."""
    minutes, attraction, rng = town(1)
    truth = replace(TRUTH[kernel], outside=outside)
    amount = shares_of(truth, minutes, attraction) * rng.uniform(10.0, 900.0, (40, 1))
    fit = fit_zone_shares(amount, minutes, attraction, replace(truth, beta=0.5, alpha=0.3))
    assert fit.model.beta == pytest.approx(truth.beta)
    assert fit.model.alpha == pytest.approx(truth.alpha)
    assert fit.r_squared == pytest.approx(1.0)
    assert fit.beta_error == pytest.approx(0.0, abs=1e-6)
    assert (fit.n_pairs, fit.n_zones, fit.n_zeros) == (320, 40, 0)


def test_the_slopes_and_errors_are_those_of_ordinary_least_squares_with_zone_dummies():
    """Log-centring and a dummy for each zone are the same regression (Nakanishi & Cooper 1982)."""
    minutes, attraction, rng = town(2)
    amount = shares_of(TRUTH["power"], minutes, attraction)
    amount *= np.exp(rng.normal(0.0, 0.3, amount.shape))
    fit = fit_zone_shares(amount, minutes, attraction, HuffModel())
    n_zones, n_outlets = amount.shape
    x = np.column_stack(
        [
            np.log(minutes).ravel(),
            np.tile(np.log(attraction), n_zones),
            np.repeat(np.eye(n_zones), n_outlets, axis=0),
        ]
    )
    slope, left, *_ = np.linalg.lstsq(x, np.log(amount).ravel(), rcond=None)
    error = np.sqrt(left[0] / (len(x) - x.shape[1]) * np.diag(np.linalg.inv(x.T @ x)))
    assert fit.model.beta == pytest.approx(-slope[0])
    assert fit.model.alpha == pytest.approx(slope[1])
    assert fit.beta_error == pytest.approx(error[0])
    assert fit.alpha_error == pytest.approx(error[1])


def test_the_truth_lies_within_two_standard_errors_nearly_always():
    inside = []
    for seed in range(60):
        minutes, attraction, rng = town(seed)
        amount = shares_of(TRUTH["power"], minutes, attraction)
        amount *= np.exp(rng.normal(0.0, 0.4, amount.shape))
        fit = fit_zone_shares(amount, minutes, attraction, HuffModel())
        inside.append(abs(fit.model.beta - 1.7) < 1.96 * fit.beta_error)
    assert 0.85 <= np.mean(inside) <= 1.0


def test_shares_of_0_are_dropped_or_halved_as_the_rule_says():
    minutes, attraction, _ = town(3)
    amount = shares_of(TRUTH["power"], minutes, attraction)
    amount[0, 0] = 0.0
    drop = fit_zone_shares(amount, minutes, attraction, HuffModel())
    assert (drop.n_zeros, drop.n_pairs) == (1, 319)
    assert drop.model.beta == pytest.approx(1.7)
    half = fit_zone_shares(amount, minutes, attraction, HuffModel(), zero_shares="half")
    assert (half.n_zeros, half.n_pairs) == (1, 320)
    filled = amount.copy()
    filled[0, 0] = amount[0, 1:].min() / 2.0
    same = fit_zone_shares(filled, minutes, attraction, HuffModel())
    assert half.model == same.model


def test_equal_attractions_leave_alpha_as_it_is():
    minutes, _, _ = town(4)
    amount = shares_of(HuffModel(1.7), minutes, np.ones(8))
    fit = fit_zone_shares(amount, minutes, np.ones(8), HuffModel(alpha=1.3))
    assert (fit.model.alpha, fit.model.beta) == (1.3, pytest.approx(1.7))
    assert np.isnan(fit.alpha_error)
    assert fit.report()["alpha_error"] is None


def refusal(call) -> str:
    with pytest.raises(InputError) as caught:
        call()
    for language in LANGUAGES:
        assert any(one.isdigit() for one in caught.value.text(language))
    return caught.value.faults[0].key.removeprefix("scoring.fault.")


def test_too_few_or_indistinct_shares_are_refused_with_their_numbers():
    minutes, attraction, _ = town(5)
    amount = shares_of(HuffModel(), minutes, attraction)
    fit = fit_zone_shares
    few = refusal(lambda: fit(amount[:4], minutes[:4], attraction, HuffModel()))
    assert few == "too_few_shares"
    unknown = np.full_like(amount, NAN)
    assert refusal(lambda: fit(unknown, minutes, attraction, HuffModel())) == "too_few_shares"
    flat = np.full_like(minutes, 5.0)
    assert refusal(lambda: fit(amount, flat, attraction, HuffModel())) == "cannot_tell"
    rising = refusal(lambda: fit(1.0 / amount, minutes, np.ones(8), HuffModel()))
    assert rising == "beta_not_positive"


def totals(kernel: str, seed: int, noise: float) -> HuffFit:
    minutes, attraction, rng = town(seed, n_zones=80, n_outlets=25)
    weight = rng.uniform(1.0, 9.0, 80)
    total = weight @ shares_of(TRUTH[kernel], minutes, attraction)
    total *= np.exp(rng.normal(0.0, noise, 25))
    total[3] = NAN
    usual = {"power": 2.0, "exponential": 0.1, "gaussian": 0.1}[kernel]
    return fit_outlet_totals(total, weight, minutes, attraction, HuffModel(usual, kernel=kernel))


@pytest.mark.parametrize("kernel", TRUTH)
def test_exact_totals_give_their_exponents_back(kernel):
    """One outlet does not report; it competes all the same."""
    fit = totals(kernel, 6, 0.0)
    assert fit.model.beta == pytest.approx(TRUTH[kernel].beta, rel=1e-4)
    assert fit.model.alpha == pytest.approx(0.8, rel=1e-4)
    assert fit.n_pairs == 24


def test_noisy_totals_tell_their_error():
    fit = totals("power", 7, 0.1)
    assert abs(fit.model.beta - 1.7) < 3.0 * fit.beta_error
    assert 0.0 < fit.alpha_error < 0.3


def test_too_few_totals_are_refused():
    minutes, attraction, _ = town(8)
    few = refusal(
        lambda: fit_outlet_totals(np.ones(8), np.ones(40), minutes, attraction, HuffModel())
    )
    assert few == "too_few_totals"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100.0))
def test_units_of_amounts_and_attractions_do_not_matter(seed, factor):
    minutes, attraction, rng = town(seed)
    amount = shares_of(TRUTH["power"], minutes, attraction)
    amount *= np.exp(rng.normal(0.0, 0.2, amount.shape))
    first = fit_zone_shares(amount, minutes, attraction, HuffModel())
    then = fit_zone_shares(factor * amount, minutes, factor * attraction, HuffModel())
    assert then.model.beta == pytest.approx(first.model.beta)
    assert then.beta_error == pytest.approx(first.beta_error)
