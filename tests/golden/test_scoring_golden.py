"""Published worked examples of the formulae."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scoring_inputs import all_own

from gridmap.scoring.accessibility import (
    Catchment,
    accessibility,
    even_catchment,
    zoned_catchment,
)
from gridmap.scoring.clusters import getis_ord, neighbour_weights
from gridmap.scoring.composite import geometric_mean, normalise, weighted_mean
from gridmap.scoring.equity import gini
from gridmap.scoring.field_work import (
    kept_visits,
    managers_needed,
    numeric_distribution,
    weighted_distribution,
)
from gridmap.scoring.huff import HuffModel, huff_shares
from gridmap.scoring.market import port_balance
from gridmap.scoring.position import concentration, relative_share, shares


def test_hhi_of_the_department_of_justice():
    """US DOJ, Herfindahl-Hirschman Index: four firms of 30, 30, 20 and 20 % give 2,600."""
    hhi, n_eq, _ = concentration(shares(np.array([[30.0, 30.0, 20.0, 20.0]])))
    assert hhi == pytest.approx([2600.0])
    assert n_eq == pytest.approx([1 / 0.26])


def test_hhi_of_doersam():
    """Doersam 2004, as in R REAT herf(): 20, 50, 20, 10 give 0.34 and 0.12 normalised."""
    hhi, n_eq, hhi_norm = concentration(shares(np.array([[20.0, 50.0, 20.0, 10.0]])))
    assert hhi == pytest.approx([3400.0])
    assert hhi_norm == pytest.approx([0.12])
    assert n_eq == pytest.approx([2.9411764705882355])


@pytest.mark.parametrize(("own", "rival", "expected"), [(20, 40, 0.5), (30, 20, 1.5)])
def test_relative_share_of_the_growth_share_matrix(own, rival, expected):
    """Boston Consulting Group: own share over the largest rival's."""
    counts = np.array([[own, rival, rival / 2]], dtype=float)
    assert relative_share(counts) == pytest.approx([expected])


def test_huff_of_levy_and_weitz():
    """Levy & Weitz, Retailing Management, as in R REAT huff(): published 0.889 and 0.182.

    Rock Creek: 10,000/5² against 5,000/10²; Oak Hammock: 10,000/15² against 5,000/5².
    """
    minutes = all_own([[10.0, 5.0], [5.0, 15.0]])
    size = np.array([5000.0, 10000.0])
    share = huff_shares(minutes, size, np.array([0, 1]), 2, HuffModel(beta=2.0))
    assert share[:, 1] == pytest.approx([0.8888888888888888, 0.18181818181818182])
    assert np.array([5e6, 3e6]) @ share[:, 1] == pytest.approx(4989898.98989899)


def test_human_development_index():
    """UNDP HDR technical notes: geometric mean of three dimensions, income between goalposts."""
    dimensions = np.array([[0.6971, 0.3447, 0.5506]])
    assert geometric_mean(dimensions, np.ones(3)) == pytest.approx([0.510], abs=5e-4)
    income = normalise(np.log([3829.0]), np.log(100.0), np.log(75000.0))
    assert income == pytest.approx([55.06], abs=5e-3)


def test_data_threshold_of_coinr():
    """COINr, aggregate vignette: threshold 2/3 gives 1.67, nothing and 2."""
    nan = np.nan
    rows = np.array([[1.0, 3.0, 1.0], [2.0, nan, nan], [3.0, nan, 1.0]])
    mean = weighted_mean(rows, np.ones(3), threshold=0.6666667)
    np.testing.assert_allclose(mean, [1.6666667, nan, 2.0], rtol=1e-7)


def test_ported_numbers_of_five_provinces():
    """MIIT to June 2016, in 10,000s: the balances of all operators sum to 0."""
    balance = port_balance(np.array([[16.8, 16.2, 14.7]]), np.array([[6.6, 25.0, 16.1]]))
    assert balance[0] == pytest.approx([10.2, -8.8, -1.4])
    assert balance.sum() == pytest.approx(0.0)


def test_two_steps_of_the_toy_town():
    """R package fca, test suite of spai_2sfca: everybody reaches all, 21 over 10 each."""
    weight, supply = np.array([1.0, 2.0, 3.0, 4.0]), np.arange(1.0, 7.0)
    town = all_own(np.ones((4, 6)))
    found = accessibility(town, weight, supply, even_catchment(5.0), method="2sfca")
    assert found.value == pytest.approx([2.1, 2.1, 2.1, 2.1])


#: PySAL access, test_hospital_example: minutes between the towns 1, 2 and 3, each with a hospital.
HOSPITALS = all_own([[1.0, 80.0, 40.0], [80.0, 1.0, 40.0], [40.0, 40.0, 1.0]])
PATIENTS, BEDS = np.array([100.0, 50.0, 10.0]), np.array([15.0, 20.0, 100.0])


def test_two_steps_of_the_hospital_example():
    """Within 30 minutes everybody has their own hospital only: 15/100, 20/50, 100/10."""
    found = accessibility(HOSPITALS, PATIENTS, BEDS, even_catchment(30.0), method="2sfca")
    assert found.value == pytest.approx([0.15, 0.4, 10.0])
    found = accessibility(HOSPITALS, PATIENTS, BEDS, zoned_catchment(30.0), method="e2sfca")
    assert found.value == pytest.approx([0.15, 0.4, 10.0])
    assert PATIENTS @ found.value == pytest.approx(135.0)


def test_two_steps_of_the_hospital_example_weighted_by_time():
    """PySAL access 1.1.10: weight 1/t up to 61 minutes; as zones, 1 to 1 and 1/40 to 61."""
    catchment = Catchment((1.0, 61.0), (1.0, 1.0 / 40.0))
    found = accessibility(HOSPITALS, PATIENTS, BEDS, catchment, method="e2sfca")
    assert found.value == pytest.approx([0.33144412, 0.57982813, 7.28641817])


def test_gini_of_doersam():
    """Doersam 2004, as in R REAT gini(): 20, 50, 20, 10 give 0.3."""
    assert gini(np.array([20.0, 50.0, 20.0, 10.0]), np.ones(4)) == pytest.approx(0.3)


def test_local_g_of_the_docstring_of_esda():
    """PySAL esda, docstring of G_Local: six points, binary weights within 15, z of Gi."""
    xy = np.array([[10, 10], [20, 10], [40, 10], [15, 20], [30, 20], [30, 30]], dtype=float)
    values = np.array([2.0, 3.0, 3.2, 5.0, 8.0, 7.0])
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    pairs = np.argwhere(np.triu((apart > 0.0) & (apart <= 15.0)))
    z = getis_ord(values, neighbour_weights(pairs, 6), star=False)
    published = [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
    np.testing.assert_allclose(z, published, atol=5e-9)


def test_visits_of_the_sales_gis_example():
    """salesgis.com, May 2025: 20 calls, 18 planned, 15 of them made, 9 in sequence.

    The nine best keep their order; the other six, planned 10th to 15th, were made first and
    backwards, so that no part in order is longer.
    """
    planned = pd.DataFrame({"planned": 1.0, "seq": np.arange(1.0, 19.0)})
    planned["done"] = planned["seq"] <= 15
    planned["came"] = np.where(planned["seq"] <= 9, planned["seq"] + 10.0, 16.0 - planned["seq"])
    beside = pd.DataFrame({"planned": 0.0, "done": [True] * 5, "seq": np.nan, "came": np.nan})
    log = pd.concat([planned, beside], ignore_index=True).assign(route="R1", date="2025-05-01")
    log["outlet_id"] = [f"o{row}" for row in range(23)]
    found = {name: part.sum() / whole.sum() for name, (part, whole) in kept_visits(log).items()}
    assert log["done"].sum() == 20
    assert found == pytest.approx(
        {"plan_rate": 0.8333333333, "call_compliance": 0.75, "route_compliance": 0.6}
    )


@pytest.mark.parametrize(("stocking", "universe", "published"), [(350, 500, 70), (8000, 10000, 80)])
def test_numeric_distribution_of_the_textbook(stocking, universe, published):
    """Worked example of numeric distribution: outlets that stock over all, in percent."""
    part, whole = numeric_distribution(np.arange(universe) < stocking)
    assert 100.0 * part.sum() / whole.sum() == pytest.approx(published)


def test_weighted_distribution_of_the_textbook():
    """600 of 1,000 outlets with 85 % of the category's sales: 60 % numeric, 85 % weighted."""
    stocks = (np.arange(1000) < 600).astype(float)
    sales = np.where(stocks == 1.0, 85.0 / 600, 15.0 / 400)
    part, whole = numeric_distribution(stocks)
    assert 100.0 * part.sum() / whole.sum() == pytest.approx(60.0)
    part, whole = weighted_distribution(stocks, sales)
    assert 100.0 * part.sum() / whole.sum() == pytest.approx(85.0)


def test_workload_of_kotler():
    """Kotler, Marketing Management: 1,000 A × 36 + 2,000 B × 12 calls a year at 1,000 a head."""
    calls = np.array([1000 * 36, 2000 * 12], dtype=float)
    assert calls.sum() == 60_000
    assert managers_needed(calls, 1000.0).sum() == pytest.approx(60.0)
