"""Before and after, with untouched cells as control."""

from __future__ import annotations

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
    assert "+2.000" in found.text("Share")
    assert "can't tell a cause" in found.text("Share")


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
