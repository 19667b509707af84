"""Before and after, with untouched cells as control."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from gridmap.scoring.comparison import changes, difference_in_differences, on_borders


def test_what_all_cells_share_is_no_effect():
    """Touched cells gain 3, untouched 1: the effect is 2."""
    before = np.zeros(8)
    after = np.array([2.0, 3.0, 4.0, 3.0, 0.0, 1.0, 2.0, 1.0])
    touched = np.array([True] * 4 + [False] * 4)
    found = difference_in_differences(before, after, touched)
    assert found.effect == pytest.approx(2.0)
    # Both variances are 2/3: √(2·(2/3)/4) = 0.577.
    assert found.standard_error == pytest.approx(np.sqrt(1 / 3))
    assert 0.0 < found.p_value < 0.1
    assert "+2.00 more" in found.text("Share")
    assert "+200.0 percentage points" in found.text("Share", share=True)
    assert "can't tell a cause" in found.text("Share")


def test_the_interval_is_what_shifted_permutation_tests_do_not_contradict():
    """Checked by its definition: an effect is inside where neither one-sided test rejects it."""
    rng = np.random.default_rng(7)
    touched = np.array([True] * 4 + [False] * 5)
    after = rng.normal(size=9) + 3.0 * touched
    found = difference_in_differences(np.zeros(9), after, touched)
    assert found.ways == 126
    assert found.low < found.effect < found.high

    def contradicted(effect: float) -> bool:
        without = after - effect * touched
        shown = [
            without[list(chosen)].mean() - np.delete(without, chosen).mean()
            for chosen in combinations(range(9), 4)
        ]
        true = without[touched].mean() - without[~touched].mean()
        reach = [np.mean(np.array(shown) >= true - 1e-9), np.mean(np.array(shown) <= true + 1e-9)]
        return min(reach) <= 0.025

    for end, inwards in ((found.low, 1e-6), (found.high, -1e-6)):
        assert not contradicted(end + inwards)
        assert contradicted(end - inwards)


def test_the_interval_covers_a_true_effect_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    touched = np.arange(24) < 10
    hits = 0
    for _ in range(100):
        after = rng.normal(size=24) + 1.0 * touched
        found = difference_in_differences(np.zeros(24), after, touched, permutations=400)
        hits += found.low <= 1.0 <= found.high
    assert 88 <= hits <= 100


def test_the_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(3)
    before, after, touched = rng.normal(size=30), rng.normal(size=30), np.arange(30) % 3 == 0
    first, again = (difference_in_differences(before, after, touched, seed=5) for _ in "ab")
    assert first == again
    other = difference_in_differences(before, after, touched, seed=6)
    assert (first.low, first.p_value) != (other.low, other.p_value)


def test_three_cells_on_each_side_are_too_few_for_an_interval():
    """C(6, 3) = 20 ways: the least two-sided p is 1/20 each way, so 95 % can't be had."""
    touched = np.arange(6) < 3
    found = difference_in_differences(np.zeros(6), np.array([9.0, 9, 8, 0, 1, 0]), touched)
    assert np.isnan(found.low)
    assert np.isnan(found.high)
    assert found.ways == 20
    assert "only 20 ways" in found.text("Share")


def test_without_an_effect_chance_explains_it():
    rng = np.random.default_rng(1)
    after = rng.normal(size=40)
    found = difference_in_differences(np.zeros(40), after, np.arange(40) % 2 == 0)
    assert found.p_value > 0.05


def test_missing_cells_and_too_few_are_said():
    before, after = np.zeros(3), np.array([1.0, np.nan, 0.0])
    one = difference_in_differences(before, after, np.array([True, True, False]))
    assert (one.touched, one.untouched) == (1, 1)
    assert np.isnan(one.standard_error)
    assert "too few cells" in one.text("Share")
    none = difference_in_differences(before, after, np.array([True, True, True]))
    assert "nothing can be told" in none.text("Share")


def test_old_points_on_new_borders_are_sums_over_sums():
    """(1 + 0)/(1 + 3) = 1/4, not the mean of 1 and 0; what lies outside is left out."""
    found = on_borders(
        np.array([1.0, 0.0, 5.0]), np.array([1.0, 3.0, 5.0]), np.array([0, 0, -1]), 2
    )
    np.testing.assert_array_equal(found, [0.25, np.nan])


def test_changes_beyond_their_bands_come_first():
    columns = ["cell_id", "metric", "value", "p05", "p95"]
    old = pd.DataFrame([(1, "a", 5.0, 1.0, 9.0), (2, "a", 5.0, 4.9, 5.1)], columns=columns)
    new = pd.DataFrame([(1, "a", 8.0, 4.0, 9.0), (2, "a", 6.0, 5.9, 6.1)], columns=columns)
    found = changes(old, new)
    assert found["cell_id"].tolist() == [2, 1]
    assert found["beyond_bands"].tolist() == [True, False]
    assert found["change"].tolist() == [1.0, 3.0]
