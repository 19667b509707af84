"""The table of scores: names, notes, summaries and regions."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from scoring_inputs import NAN, inputs_of, random_inputs

from gridmap.catalogue import LANGUAGES, sentences
from gridmap.errors import InputError
from gridmap.policies import ScoringPolicy
from gridmap.schemas import SCORES
from gridmap.scoring.inputs import MarketCounts, ScoringInputs
from gridmap.scoring.metrics import METRICS, named, note_text, threshold_name
from gridmap.scoring.position import QUADRANTS
from gridmap.scoring.score_table import cell_summary, pool_cells
from gridmap.scoring.scorecard import score_cells

POLICY = ScoringPolicy(draws=50)


def row(scores, metric, cell=0):
    found = scores[(scores["metric"] == metric) & (scores["cell_id"] == cell)]
    assert len(found) == 1
    return found.iloc[0]


def test_the_table_keeps_its_schema_and_names_are_in_the_registry():
    scores = score_cells(random_inputs(1), POLICY, seed=1)
    SCORES.validate(scores)
    names = set(scores["metric"])
    assert {
        "coverage_own_walk_10",
        "blind_share_walk_10",
        "quadrant",
        "nearest_ours_p90_walk",
        "frequency_attainment_A",
        "kind_share_kiosk",
        "position_score",
        "coverage_score",
        "position_data_coverage",
        "coverage_data_coverage",
    } <= names
    assert {named(name).metric.key for name in names} == set(METRICS)
    assert (scores.groupby("metric").size() == 6).all()


def test_missing_values_say_why():
    scores = score_cells(random_inputs(2), POLICY, seed=1)
    missing = scores[scores["value"].isna()]
    assert (missing["note"] != "").all()
    assert row(scores, "share")["note"] == "no_subscribers"
    for language in LANGUAGES:
        for note in scores["note"].unique():
            assert not note or note_text(note, language) != note


def test_numerator_over_denominator_is_the_value():
    scores = score_cells(random_inputs(3), POLICY, seed=1)
    rates = scores[scores["denominator"].notna() & scores["value"].notna()]
    assert len(rates) > 100
    np.testing.assert_allclose(rates["numerator"] / rates["denominator"], rates["value"])


def test_the_quadrant_row_holds_code_and_key():
    scores = score_cells(random_inputs(4), POLICY, seed=1)
    for _, one in scores[scores["metric"] == "quadrant"].iterrows():
        assert QUADRANTS[int(one["value"])] == one["note"]


def test_without_rivals_we_lead_and_the_relative_share_is_missing():
    scores = score_cells(inputs_of([[1.0]], ["own"]), POLICY, seed=1)
    assert math.isnan(row(scores, "relative_share")["value"])
    assert row(scores, "relative_share")["note"] == "no_rival"
    assert row(scores, "quadrant")["note"] == "leader"
    assert row(scores, "position_score")["value"] == pytest.approx(100.0)
    assert row(scores, "position_score")["note"] == "rests_on_outlets"


def test_unreachable_demand_scores_worst_and_is_not_missing():
    """All rates 0, p90 infinite: at the floor; nothing is covered twice: ³√(1·1·100)."""
    inputs = inputs_of([[NAN]], ["own"], due_visits=np.array([0]), planned_visits=np.array([0]))
    scores = score_cells(inputs, POLICY, seed=1)
    p90 = row(scores, "nearest_ours_p90_walk")
    assert math.isnan(p90["value"])
    assert p90["note"] == "unreachable"
    assert row(scores, "expected_share")["note"] == "no_outlet_reached"
    # 4 times coverage, p90 and duplicates are there of 8; visits and active outlets are missing.
    assert row(scores, "coverage_data_coverage")["numerator"] == 6.0
    assert row(scores, "coverage_score")["value"] == pytest.approx(100.0 ** (1 / 3))


def test_demand_left_out_of_the_expected_share_is_noted():
    inputs = inputs_of([[1.0], [NAN]], ["own"])
    found = row(score_cells(inputs, POLICY, seed=1), "expected_share")
    assert found["note"] == "unreached_left_out"
    assert found["denominator"] == 1.0
    assert found["p05"] == 1.0


def test_subscribers_replace_outlets_as_basis():
    table = np.array([[60.0, 40.0], [20.0, 80.0], [NAN, 50.0]])
    market = MarketCounts(
        ("we", "they"),
        table,
        additions=table / 10,
        departures=table / 20,
        ported_in=table / 50,
        ported_out=table / 60,
    )
    inputs = inputs_of(
        [[2.0, 4.0], [4.0, 2.0], [3.0, 3.0]],
        ["own", "rival"],
        demand_cell=[0, 1, 2],
        outlet_cell=[0, 1],
        n_cells=3,
        market=market,
    )
    scores = score_cells(inputs, ScoringPolicy(draws=50, kappa=0.0), seed=1)
    assert row(scores, "relative_share")["value"] == pytest.approx(1.5)
    assert row(scores, "relative_share")["note"] == "rests_on_subscribers"
    # Actual 0.6; expected 1/4 against 1/16: 0.8.
    assert row(scores, "execution_gap")["value"] == pytest.approx(-0.2)
    assert row(scores, "position_data_coverage")["value"] == 1.0
    assert row(scores, "position_data_coverage", 2)["value"] == pytest.approx(0.2)
    assert row(scores, "position_score", 2)["note"] == "too_little_data"
    assert row(scores, "position_score")["note"] == "rests_on_subscribers"
    summary = cell_summary(scores)
    assert summary["position_score"].isna().tolist() == [False, False, True]


def test_an_indicator_left_out_for_all_is_noted():
    """Only one of two cells has visits due: too few for an indicator of the coverage score."""
    inputs = inputs_of(
        [[1.0, 2.0], [2.0, 1.0]],
        ["own", "own"],
        demand_cell=[0, 1],
        outlet_cell=[0, 1],
        kind=["", "store"],
        n_cells=2,
        due_visits=np.array([0, 2]),
        planned_visits=np.array([0, 2]),
    )
    scores = score_cells(inputs, POLICY, seed=1)
    assert row(scores, "coverage_data_coverage")["note"] == "indicator_left_out"
    assert row(scores, "coverage_data_coverage", 1)["value"] == pytest.approx(6 / 8)
    assert row(scores, "position_data_coverage")["note"] == "rests_on_outlets"
    assert row(scores, "kind_share_-")["value"] == 1.0


def test_the_summary_has_a_row_a_cell():
    inputs = random_inputs(5)
    scores = score_cells(inputs, POLICY, seed=1)
    summary = cell_summary(scores)
    assert summary.columns.tolist() == ["cell_id", "position_score", "coverage_score", "quadrant"]
    assert summary["cell_id"].tolist() == list(range(6))
    assert set(summary["quadrant"]) <= set(QUADRANTS)
    assert summary.loc[2, "coverage_score"] == row(scores, "coverage_score", 2)["value"]


def test_cells_keep_the_ids_that_were_given():
    scores = score_cells(inputs_of([[1.0]], ["own"], cell_ids=np.array([17])), POLICY, seed=1)
    assert scores["cell_id"].unique().tolist() == [17]


def test_a_region_is_sums_over_sums():
    """Cell 0: 9 of 10 covered; cell 1: 0 of 90. The region: 9 %, not the mean 45 %."""
    inputs = inputs_of(
        [[5.0], [20.0], [20.0]],
        ["own"],
        weight=[9.0, 1.0, 90.0],
        demand_cell=[0, 0, 1],
        n_cells=2,
    )
    scores = score_cells(inputs, POLICY, seed=1)
    pooled = pool_cells(scores).set_index("metric")
    assert pooled.loc["coverage_own_walk_10", "value"] == pytest.approx(0.09)
    assert pooled.loc["demand", "value"] == pytest.approx(100.0)
    assert math.isnan(pooled.loc["demand", "denominator"])
    assert "hhi" not in pooled.index
    assert "share" not in pooled.index
    apart = pool_cells(scores, {0: 7, 1: 8}).set_index(["region", "metric"])["value"]
    assert apart[7, "coverage_own_walk_10"] == pytest.approx(0.9)
    assert apart[8, "coverage_own_walk_10"] == pytest.approx(0.0)
    only = pool_cells(scores, {1: 8})
    assert only["region"].unique().tolist() == [8]


def test_travel_times_that_are_not_there_are_named():
    policy = ScoringPolicy(modes={"drive": (10.0,), "walk": ()})
    with pytest.raises(InputError) as caught:
        score_cells(inputs_of([[1.0]], ["own"]), policy, seed=1)
    assert [one.key for one in caught.value.faults] == [
        "scoring.fault.mode",
        "scoring.fault.no_thresholds",
    ]
    assert "scoring.modes" in caught.value.text("zh")


def test_nothing_to_score_is_refused():
    with pytest.raises(InputError) as caught:
        score_cells(inputs_of([], [], n_cells=0), ScoringPolicy(modes={}), seed=1)
    assert [one.key for one in caught.value.faults] == [
        "scoring.fault.no_modes",
        "scoring.fault.no_cells",
    ]


@pytest.mark.parametrize(("minutes", "ownership"), [([], []), ([[]], []), ([], ["own"])])
def test_cells_without_demand_or_outlets_are_scored_as_far_as_it_goes(minutes, ownership):
    scores = score_cells(inputs_of(minutes, ownership), POLICY, seed=1)
    # Demand that nothing covers is known to be badly covered; without demand nothing is known.
    assert (row(scores, "coverage_score")["note"] == "too_little_data") == (minutes != [[]])
    assert (scores.loc[scores["value"].isna(), "note"] != "").all()


def test_several_means_of_travel_stand_side_by_side():
    one = random_inputs(6)
    both = ScoringInputs(
        **{name: getattr(one, name) for name in one.__dataclass_fields__ if name != "travel_min"},
        travel_min={"walk": one.travel_min["walk"], "drive": one.travel_min["walk"] / 4},
    )
    policy = ScoringPolicy(modes={"drive": (10.0,), "walk": (5.0, 10.0)}, draws=0)
    scores = score_cells(both, policy, seed=1)
    names = set(scores["metric"])
    assert {"coverage_own_drive_10", "coverage_own_walk_5", "nearest_own_p50_drive"} <= names
    # Position goes by the first means of travel: a quarter of the time, but not below 1 minute.
    alone = score_cells(
        ScoringInputs(
            **{n: getattr(both, n) for n in both.__dataclass_fields__ if n != "travel_min"},
            travel_min={"drive": both.travel_min["drive"]},
        ),
        ScoringPolicy(modes={"drive": (10.0,)}, draws=0),
        seed=1,
    )
    assert row(scores, "expected_share")["value"] == row(alone, "expected_share")["value"]


def test_single_precision_is_as_good():
    one = random_inputs(7)
    single = ScoringInputs(
        **{n: getattr(one, n) for n in one.__dataclass_fields__ if n != "travel_min"},
        travel_min={"walk": one.travel_min["walk"].astype(np.float32)},
    )
    a = score_cells(one, ScoringPolicy(draws=0), seed=1)
    b = score_cells(single, ScoringPolicy(draws=0), seed=1)
    np.testing.assert_allclose(a["value"], b["value"], rtol=1e-5)


def test_names_are_read_back():
    name = threshold_name("blind_share", "walk", 7.5)
    assert name == "blind_share_walk_7.5"
    found = named(name)
    assert (found.metric.key, found.mode, found.minutes) == ("blind_share", "walk", 7.5)
    assert found.label("en") == "Blind demand, walking 7.5 min"
    assert named("nearest_own_p90_ebike").label("zh") == "到自有网点时间(九成需求)(电动车)"
    # A kind of outlet may be called like a means of travel.
    assert named("kind_share_walk").item == "walk"
    assert named("kind_share_手机店").label("en") == "Share of kind: 手机店"
    assert named("frequency_attainment").label("en") == "Planned of due visits"
    for wrong in ("coverage_own", "nearest_own_p50", "hhi_walk", "nonsense"):
        with pytest.raises(KeyError):
            named(wrong)


def test_a_note_that_is_no_key_stays_as_it_is():
    assert note_text("seen on site", "zh") == "seen on site"
    assert note_text("", "en") == ""


def test_the_catalogue_is_complete_and_equal_in_both_languages():
    english, chinese = (
        {key: one for key, one in sentences(language).items() if key.startswith("scoring.")}
        for language in LANGUAGES
    )
    assert set(english) == set(chinese)
    for language in LANGUAGES:
        for metric in METRICS.values():
            assert metric.label(language)
            assert metric.meaning(language)
            assert f"scoring.unit.{metric.unit}" in english
            assert f"scoring.dimension.{metric.dimension}" in english
        for key in QUADRANTS:
            assert f"scoring.quadrant_meaning.{key}" in english


def test_three_hundred_cells_take_seconds():
    """300 cells, 20,000 demand points, 500 outlets, 500 draws: 1.5 s where this was written."""
    inputs = random_inputs(8, n_cells=300, n_demand=20_000, n_outlets=500)
    start = time.process_time()
    score_cells(inputs, ScoringPolicy(), seed=1)
    assert time.process_time() - start < 10.0
