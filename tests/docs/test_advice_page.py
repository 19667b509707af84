"""The page of advice is what the rules say, and no rule lacks anything."""

import re
import tomllib
from pathlib import Path

import pytest

from gridmap.catalogue import LANGUAGES, sentences
from gridmap.policies import ScoringPolicy
from gridmap.scoring.advice_page import PAGE_NAMES, advice_page
from gridmap.scoring.advice_rules import RULES, advice_faults, changed_limits
from gridmap.scoring.metrics import METRICS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_committed_page_is_the_generated_one(language):
    committed = (DOCS / PAGE_NAMES[language]).read_text(encoding="utf-8")
    assert committed == advice_page(language), "run `make docs` and commit the pages"


@pytest.mark.parametrize("rule", RULES, ids=[one.key for one in RULES])
def test_a_rule_has_evidence_source_and_words_in_each_language(rule):
    assert rule.source.strip()
    assert rule.conditions
    for name in (*(one.metric for one in rule.conditions), *rule.evidence):
        assert name.rstrip("@~") in METRICS
    wanted = [f"scoring.advice.{rule.key}", f"scoring.advice_name.{rule.key}"]
    wanted += [f"scoring.advice_yields.{rule.key}"] if rule.yields_to else []
    for language in LANGUAGES:
        for key in wanted:
            assert sentences(language).get(key, "").strip(), (language, key)


def test_the_limits_of_the_page_are_a_project_file_that_changes_nothing():
    block = re.search("```toml\n(.*?)```", advice_page("en"), re.DOTALL)
    assert block is not None
    policy = ScoringPolicy(advice=tomllib.loads(block[1])["scoring"]["advice"])
    assert advice_faults(policy) == []
    assert changed_limits(policy) == []
    assert set(policy.advice) == {one.key for one in RULES if one.conditions[0].test != "missing"}
