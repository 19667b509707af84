"""The page of metrics is what the registry says, and the registry leaves nothing out."""

from pathlib import Path

import pytest

from gridmap.catalogue import LANGUAGES, sentences
from gridmap.scoring.metric_page import PAGE_NAMES, metric_page
from gridmap.scoring.metrics import DIRECTIONS, METRICS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_committed_page_is_the_generated_one(language):
    committed = (DOCS / PAGE_NAMES[language]).read_text(encoding="utf-8")
    assert committed == metric_page(language), "run `make docs` and commit the pages"


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_has_formula_unit_direction_source_and_words_in_each_language(metric):
    assert metric.formula.strip()
    assert metric.source.strip()
    assert metric.bounds.strip()
    for language in LANGUAGES:
        listed = sentences(language)
        for key in (
            f"metric.{metric.key}",
            f"meaning.{metric.key}",
            f"unit.{metric.unit}",
            f"dimension.{metric.dimension}",
            f"direction.{DIRECTIONS[metric.direction]}",
        ):
            assert listed.get(f"scoring.{key}", "").strip(), (language, key)
