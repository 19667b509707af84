"""The changes of two plans: only cells of the same borders, and what touched cells gained."""

import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.export.plan_changes import told_effects

TABLE = pd.DataFrame(
    {
        "code": ["C01", "C02", "C03", "C04", "C05", "C06"] * 2,
        "metric": ["position_score"] * 6 + ["coverage_score"] * 6,
        "before": [50.0] * 12,
        "after": [54.0, 55.0, 56.0, 51.0, 50.0, 52.0] + [50.0] * 6,
    }
)


def test_the_effect_is_told_for_both_scores():
    """Touched gain 5, the others 1: 4."""
    position, coverage = told_effects(TABLE, ["C01", "C02", "C03"])
    assert "+4.000" in position
    assert "+0.000" in coverage


def test_all_unknown_cells_are_named_at_once():
    with pytest.raises(InputError) as caught:
        told_effects(TABLE, ["C01", "X", "Y"])
    assert [one.where for one in caught.value.faults] == ["X", "Y"]
