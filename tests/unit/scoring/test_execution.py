"""The execution gap, its interval, and the four readings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta as beta_distribution
from scoring_inputs import inputs_of

from gridmap.catalogue import LANGUAGES
from gridmap.policies import ScoringPolicy
from gridmap.scoring import execution
from gridmap.scoring.inputs import MarketCounts
from gridmap.scoring.market import empirical_bayes_share
from gridmap.scoring.metrics import note_text
from gridmap.scoring.scorecard import score_cells

NAN = float("nan")


def test_the_error_of_a_shrunk_share_is_that_of_the_beta_distribution():
    """30 of 100 with κ = 50 at a region of 0.4 is Beta(30 + 20, 70 + 30)."""
    ours, total = np.array([30.0, 50.0]), np.array([100.0, 100.0])
    shrunk = (ours + 50.0 * 0.4) / 150.0
    found = execution.share_error(shrunk, ours, total, 50.0)
    expected = beta_distribution(ours + 20.0, total - ours + 30.0).std()
    np.testing.assert_allclose(found, expected)


def test_cells_alike_lend_each_other_all_their_subscribers():
    ours, total = np.array([20.0, 20.0]), np.array([100.0, 100.0])
    found = execution.share_error(empirical_bayes_share(ours, total), ours, total, None)
    np.testing.assert_allclose(found, np.sqrt(0.2 * 0.8 / 201.0))


def test_larger_cells_are_surer():
    ours = np.array([50.0, 500.0, 1400.0, NAN])
    total = np.array([100.0, 1500.0, 1500.0, NAN])
    found = execution.share_error(empirical_bayes_share(ours, total), ours, total, None)
    assert found[0] > found[1]
    assert np.isnan(found[3])


def test_each_reading_has_its_cell_and_its_sentence():
    expected = np.array([0.6, 0.6, 0.2, 0.2, 0.6, 0.2, NAN])
    low = np.array([0.1, -0.3, 0.1, -0.3, -0.1, -0.1, 0.1])
    high = np.array([0.3, -0.1, 0.3, -0.1, 0.1, 0.1, 0.3])
    code = execution.reading_codes(expected, low, high, 0.4)
    values = execution.reading_values(code, np.full(7, "rests_on_subscribers", dtype=object))
    assert values.note.tolist() == [
        *(f"reading_{one}" for one in execution.READINGS),
        "no_execution_gap",
    ]
    invented = execution.reading_values(code, np.full(7, "rests_on_invented", dtype=object))
    for language in LANGUAGES:
        said = {note_text(one, language) for one in [*values.note, *invented.note]}
        assert len(said) == 13
        assert not said & {*values.note, *invented.note}


def scores_of(subscribers: list[float], *, draws: int = 300, **policy: object):
    """Two cells; ours is near in the first and far in the second: 0.8 and 0.2 expected."""
    inputs = inputs_of(
        [[2.0, 4.0]] * 40 + [[4.0, 2.0]] * 40,
        ["own", "rival"],
        demand_cell=[0] * 40 + [1] * 40,
        outlet_cell=[0, 1],
        n_cells=2,
        market=MarketCounts(("we", "they"), np.array(subscribers).reshape(2, 2)),
    )
    chosen = ScoringPolicy(draws=draws, kappa=0.0, **policy)
    found = score_cells(inputs, chosen, seed=1)
    return found.set_index(["metric", "cell_id"])


def test_people_are_coached_where_the_place_is_good_and_the_share_is_low():
    found = scores_of([600.0, 400.0, 300.0, 700.0])
    assert found.loc[("execution_gap", 0), "value"] == pytest.approx(-0.2)
    assert found.loc[("execution", 0), "note"] == "reading_good_bad"
    assert found.loc[("execution", 1), "note"] == "reading_bad_good"
    low, high = found.loc[("execution_gap", 0), ["p05", "p95"]]
    assert low < -0.2 < high < 0.0


def test_few_subscribers_leave_the_reading_open():
    found = scores_of([6.0, 4.0, 3.0, 7.0])
    assert found.loc[("execution", 0), "note"] == "reading_good_unclear"
    assert found.loc[("execution", 1), "note"] == "reading_bad_unclear"


def test_an_unsure_decay_widens_the_interval():
    """dE/dβ: with β ± 1 the expected share of cell 0 is 0.67 to 0.89."""
    sure = scores_of([6e5, 4e5, 3e5, 7e5], huff_beta_error=0.0)
    unsure = scores_of([6e5, 4e5, 3e5, 7e5], huff_beta_error=1.0)
    width = [
        float(np.subtract(*one.loc[("execution_gap", 0), ["p95", "p05"]])) for one in (sure, unsure)
    ]
    assert width[0] < 0.01
    assert 0.2 < width[1] < 0.4


def test_without_bands_there_is_an_interval_all_the_same():
    found = scores_of([600.0, 400.0, 300.0, 700.0], draws=0)
    assert found.loc[("execution", 0), "note"] == "reading_good_bad"


def test_the_territory_or_the_setting_says_what_a_good_location_is():
    """Expected are 0.8 and 0.2 and the territory's 0.5; at 0.9 neither is good."""
    found = scores_of([600.0, 400.0, 300.0, 700.0], location=0.9)
    assert found.loc[("execution", 0), "note"] == "reading_bad_bad"


def test_only_our_figures_give_no_gap():
    inputs = inputs_of(
        [[2.0, 4.0]], ["own", "rival"], market=MarketCounts(("we",), np.array([[5.0]]))
    )
    found = score_cells(inputs, ScoringPolicy(draws=0), seed=1).set_index("metric")
    assert found.loc["execution_gap", "note"] == "no_rival_figures"
    assert found.loc["share", "note"] == "no_rival_figures"
    # Position then rests on outlets.
    assert found.loc["relative_share", "note"] == "rests_on_outlets"
