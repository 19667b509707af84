"""Published composite indices made again by the whole pipeline of a score.

Scaling between fixed goalposts with the ends cut off, means within dimensions, geometric mean
across them, weights of both, ranks: each step is seen to matter by `test_no_step_is_idle`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.scoring.aggregation import CompositeRules, Indicator
from gridmap.scoring.composite import Score, score_composite

#: UNDP, Human Development Report 2015, table 1: HDI, life expectancy, expected and mean years of
#: schooling, GNI per head in 2011 PPP $, all of 2014.
HDR_2015 = {
    "Norway": (0.944, 81.6, 17.5, 12.6, 64_992),
    "Australia": (0.935, 82.4, 20.2, 13.0, 42_261),  # schooling above the goalpost of 18
    "Singapore": (0.912, 83.0, 15.4, 10.6, 76_628),  # income above the goalpost of 75,000
    "Sweden": (0.907, 82.2, 15.8, 12.1, 45_636),
    "Luxembourg": (0.892, 81.7, 13.9, 11.7, 58_711),
    "Qatar": (0.850, 78.2, 13.8, 9.1, 123_124),  # income far above it
    "Kuwait": (0.816, 74.4, 14.7, 7.2, 83_961),
    "China": (0.727, 75.8, 13.1, 7.5, 12_547),
    "India": (0.609, 68.0, 11.7, 5.4, 5_497),
    "Burundi": (0.400, 56.7, 10.1, 2.7, 758),
    "Chad": (0.392, 51.6, 7.4, 1.9, 2_085),
    "Central African Republic": (0.350, 50.7, 7.2, 4.2, 581),
    "Niger": (0.348, 61.4, 5.4, 1.5, 908),
}
#: UNDP, HDR 2014 and 2015, technical note 1: goalposts; income by its logarithm.
HDI = (
    Indicator("life", "health", 20.0, 85.0),
    Indicator("expected_years", "education", 0.0, 18.0),
    Indicator("mean_years", "education", 0.0, 15.0),
    Indicator("income", "income", np.log(100.0), np.log(75_000.0)),
)
RULES = CompositeRules()


def scored(indicators, columns, **more) -> Score:
    values = {
        one.metric: np.asarray(column, dtype=np.float64)
        for one, column in zip(indicators, columns, strict=True)
    }
    rng = np.random.default_rng(1)
    return score_composite(indicators, values, {}, RULES, draws=0, rng=rng, **more)


def hdr_2015() -> tuple[np.ndarray, list[np.ndarray]]:
    hdi, life, expected, mean, income = np.array(list(HDR_2015.values())).T
    return hdi, [life, expected, mean, np.log(income)]


def test_human_development_index_of_2014():
    """Printed inputs have one decimal: 0.05 years are up to 0.0005 of the index each."""
    hdi, columns = hdr_2015()
    found = scored(HDI, columns)
    np.testing.assert_allclose(found.value / 100.0, hdi, atol=1e-3)
    assert found.rank_low.tolist() == list(range(1, len(HDR_2015) + 1))
    assert found.available.tolist() == [4] * len(HDR_2015)


@pytest.mark.parametrize(
    ("step", "indicators", "weights"),
    [
        ("goalpost", (*HDI[:3], replace(HDI[3], high=np.log(130_000.0))), None),
        ("geometric", tuple(replace(one, dimension="all") for one in HDI), None),
        ("within", (*HDI[:2], replace(HDI[2], dimension="years"), HDI[3]), None),
        ("weight", (HDI[0], replace(HDI[1], weight=2.0), *HDI[2:]), None),
        ("dimension", HDI, {"income": 2.0}),
    ],
)
def test_no_step_is_idle(step, indicators, weights):
    """With any step done otherwise the published table is missed by far."""
    hdi, columns = hdr_2015()
    found = scored(indicators, columns, dimension_weights=weights)
    assert np.abs(found.value / 100.0 - hdi).max() > 0.01, step


def test_human_development_index_of_1997_with_unequal_weights():
    """UNDP, HDR 1999, technical note: literacy weighs 2/3 of education, enrolment 1/3.

    The index was an arithmetic mean: all indicators stand in one dimension, weights 3 : 2 : 1 : 3.
    Countries are Germany, China, Mozambique.
    """
    literacy, enrolment = [99.0, 82.9, 39.5], [88.1, 68.9, 32.0]
    two = (
        Indicator("literacy", "education", 0.0, 100.0, weight=2.0),
        Indicator("enrolment", "education", 0.0, 100.0),
    )
    education = scored(two, [literacy, enrolment]).value
    np.testing.assert_allclose(education / 100.0, [0.954, 0.782, 0.370], atol=5.1e-4)
    all_in_one = (
        Indicator("life", "all", 25.0, 85.0, weight=3.0),
        Indicator("literacy", "all", 0.0, 100.0, weight=2.0),
        Indicator("enrolment", "all", 0.0, 100.0),
        Indicator("income", "all", np.log(100.0), np.log(40_000.0), weight=3.0),
    )
    columns = [[77.2, 69.8, 42.3], literacy, enrolment, np.log([21_260.0, 3_130.0, 740.0])]
    found = scored(all_in_one, columns).value
    np.testing.assert_allclose(found / 100.0, [0.906, 0.701, 0.331], atol=5.1e-4)


def test_human_development_index_of_2010_with_weights_of_dimensions():
    """UNDP, HDR 2010, technical note 1: China, 0.663.

    Education was the root of two products over 0.951, the index the cube root of three: a
    geometric mean of four with weights 2 : 1 : 1 : 2.
    """
    parts = (
        Indicator("life", "life", 20.0, 83.2),
        Indicator("mean_years", "mean_years", 0.0, 0.951 * 13.2),
        Indicator("expected_years", "expected_years", 0.0, 0.951 * 20.6),
        Indicator("income", "income", np.log(163.0), np.log(108_211.0)),
    )
    columns = [[73.5], [7.5], [11.4], np.log([7_263.0])]
    found = scored(parts, columns, dimension_weights={"life": 2.0, "income": 2.0})
    assert found.value / 100.0 == pytest.approx([0.663], abs=5e-4)
