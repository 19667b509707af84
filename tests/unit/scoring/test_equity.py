"""Measures of equity, by hand and beside PySAL `inequality`."""

from __future__ import annotations

import numpy as np
import pytest
from inequality.gini import Gini
from inequality.theil import Theil

from gridmap.scoring.equity import gini, palma, theil_l, theil_t

ONES = np.ones(4)


def test_where_all_have_the_same():
    same = np.full(4, 3.0)
    assert gini(same, ONES) == pytest.approx(0.0)
    assert theil_t(same, ONES) == pytest.approx(0.0)
    assert theil_l(same, ONES) == pytest.approx(0.0)
    assert palma(same, ONES) == pytest.approx(0.25)


def test_where_one_has_everything():
    one = np.array([0.0, 0.0, 0.0, 8.0])
    assert gini(one, ONES) == pytest.approx(0.75)
    assert theil_t(one, ONES) == pytest.approx(np.log(4.0))
    assert theil_l(one, ONES) == np.inf
    assert palma(one, ONES) == np.inf


def test_by_hand_with_weights():
    """1 with weight 3, 5 with weight 1: μ = 2, Lorenz by (0.75, 3/8)."""
    values, weight = np.array([5.0, 1.0]), np.array([1.0, 3.0])
    assert gini(values, weight) == pytest.approx(0.75 - 3 / 8)
    t = (3 * 0.5 * np.log(0.5) + 2.5 * np.log(2.5)) / 4
    assert theil_t(values, weight) == pytest.approx(t)
    assert theil_l(values, weight) == pytest.approx((3 * np.log(2) - np.log(2.5)) / 4)
    # The worst served 40 % have 0.4 · 1/2; the best served tenth 0.1 · 5/2.
    assert palma(values, weight) == pytest.approx(0.25 / 0.2)


def test_nothing_to_share_is_no_equality():
    for measure in (gini, theil_t, theil_l, palma):
        assert np.isnan(measure(np.zeros(3), np.ones(3)))
        assert np.isnan(measure(np.empty(0), np.empty(0)))
        assert np.isnan(measure(np.ones(3), np.zeros(3)))
        with pytest.raises(ValueError, match="negative"):
            measure(np.array([-1.0]), np.ones(1))


@pytest.mark.parametrize("seed", range(5))
def test_whole_weights_are_repeated_points(seed):
    """`inequality` takes no weights: a weight of 3 is three points there."""
    rng = np.random.default_rng(seed)
    values, weight = rng.uniform(0.1, 9.0, 30), rng.integers(0, 5, 30)
    repeated = np.repeat(values, weight)
    assert gini(values, weight * 1.0) == pytest.approx(Gini(repeated).g)
    assert theil_t(values, weight * 1.0) == pytest.approx(Theil(repeated).T)
