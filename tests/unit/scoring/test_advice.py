"""Advice: what speaks, with which figures, and what yields to what."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from scoring_inputs import NAN, random_inputs

from gridmap.catalogue import LANGUAGES, sentences
from gridmap.policies import ScoringPolicy
from gridmap.scoring.advice import RULES, advice_table, cell_advice
from gridmap.scoring.advice_rules import changed_limits
from gridmap.scoring.indicators import scoring_faults
from gridmap.scoring.metrics import METRICS
from gridmap.scoring.scorecard import score_cells

POLICY = ScoringPolicy()


def advice_for(**values):
    figures = {"position_score": 50.0, "coverage_score": 50.0, **values}
    rows = [(1, name, value, value - 0.1, value + 0.1) for name, value in figures.items()]
    scores = pd.DataFrame(rows, columns=["cell_id", "metric", "value", "p05", "p95"])
    return cell_advice(scores, 1, POLICY)


def keys(found):
    return [one.rule.key for one in found]


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"execution_gap": -0.2}, "coach"),
        ({"rival_only_walk_10": 0.3}, "rival_area"),
        ({"managed_partner_share": 0.5}, "manage"),
        ({"frequency_attainment": 0.5}, "visit"),
        ({"duplicate_share_covered_walk_10": 0.7, "active_outlet_rate": 0.3}, "close"),
        ({"duplicate_share_covered_walk_10": 0.7, "blind_share_walk_10": 0.1}, "merge"),
        ({"duplicate_share_covered_walk_10": 0.4, "blind_share_walk_10": 0.4}, "move"),
        ({"blind_share_walk_10": 0.1, "first_arrival_share": 0.2}, "extend"),
        ({"blind_share_walk_10": 0.6, "rival_only_walk_10": 0.0}, "white_space"),
        (
            {
                "blind_share_walk_10": 0.6,
                "rival_only_walk_10": 0.15,
                "duplicate_share_covered_walk_10": 0.0,
            },
            "open",
        ),
        ({"position_score": NAN}, "data"),
        ({"coverage_score": NAN}, "data_coverage"),
    ],
)
def test_each_rule_speaks_where_its_conditions_hold(values, key):
    assert keys(advice_for(**values)) == [key]


def test_a_missing_figure_is_no_reason():
    assert advice_for() == []
    assert advice_for(execution_gap=NAN) == []


def test_a_sentence_names_its_figures_with_their_bands():
    said = advice_for(execution_gap=-0.2, expected_share=0.5)[0].text("en")
    assert "Execution gap -20\u00a0%, between -30\u00a0% and -10\u00a0%" in said
    assert "Expected share 50\u00a0%, between 40\u00a0% and 60\u00a0%" in said
    assert "is missing" in said


def test_what_yields_comes_last_and_says_to_what_and_why():
    found = advice_for(
        execution_gap=-0.2, duplicate_share_covered_walk_10=0.4, blind_share_walk_10=0.4
    )
    assert [(one.rule.key, one.priority, one.yields_to) for one in found] == [
        ("coach", 1, ""),
        ("move", 2, "coach"),
    ]
    assert "yields to coaching: a better place does not mend poor execution" in found[1].text()


def test_rules_name_metrics_and_sentences_that_exist():
    known = {one.key for one in RULES}
    for one in RULES:
        assert one.source
        for name in (*(each.metric for each in one.conditions), *one.evidence):
            assert re.sub("[@~]$", "", name) in METRICS
        assert set(one.yields_to) <= known
        for language in LANGUAGES:
            assert f"scoring.advice.{one.key}" in sentences(language)
            assert f"scoring.advice_name.{one.key}" in sentences(language)
            if one.yields_to:
                assert f"scoring.advice_yields.{one.key}" in sentences(language)


def test_limits_of_the_settings_go_before_the_usual_ones():
    """A gap of -0.06 speaks at the usual -0.05 and not at -0.08."""
    scores = pd.DataFrame(
        [(1, name, value, value, value) for name, value in
         {"execution_gap": -0.06, "position_score": 1.0, "coverage_score": 1.0}.items()],
        columns=["cell_id", "metric", "value", "p05", "p95"],
    )  # fmt: skip
    stricter = ScoringPolicy(advice={"coach": {"execution_gap": -0.08}})
    assert keys(cell_advice(scores, 1, POLICY)) == ["coach"]
    assert cell_advice(scores, 1, stricter) == []
    ((rule, condition, usual),) = changed_limits(stricter)
    assert (rule.key, condition.name, condition.limit, usual) == (
        "coach", "execution_gap", -0.08, -0.05
    )  # fmt: skip
    assert changed_limits(POLICY) == []
    assert ScoringPolicy.model_validate_json(stricter.model_dump_json()) == stricter


def test_all_faults_of_the_limits_are_told_at_once():
    policy = ScoringPolicy(
        advice={
            "nobody": {"share": 0.1},
            "coach": {"share": 0.1},
            "visit": {"frequency_attainment": 95.0},
            "data": {"position_score": 1.0},
        }
    )
    found = scoring_faults(policy)
    assert [one.where for one in found] == [
        "scoring.advice.nobody",
        "scoring.advice.coach.share",
        "scoring.advice.visit.frequency_attainment",
        "scoring.advice.data.position_score",
    ]
    told = [one.text() for one in found]
    assert "close, open, rival_area" in told[0]
    assert "execution_gap" in told[1]
    assert "0.35 for 35 %" in told[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_table_of_scores_gives_a_table_of_advice(language):
    scores = score_cells(random_inputs(1), POLICY, seed=1)
    table = advice_table(scores, POLICY, language)
    assert len(table)
    assert set(table["cell_id"]) <= set(scores["cell_id"])
