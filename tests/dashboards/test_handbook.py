"""The page of help: every figure and word is there, in both languages, and links find them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

import dashboards
from dashboards.access import Plans
from dashboards.components.help import help_button, metric_help
from dashboards.pages import Desk, handbook
from dashboards.state import Page, Selection
from dashboards.tiles import Basemaps
from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.scoring.metrics import METRICS
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore
from tests.dashboards.test_wiring import ids_in


def page_for(role: Role, language: Language) -> Component:
    desk = Desk(Plans(MemoryStore()), Basemaps(None), lambda: Scope(role=role))
    return handbook.layout(desk, Selection(page=Page.HELP, language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_and_word_is_there(language: Language) -> None:
    page = page_for(Role.VIEWER, language)
    assert {f"term-{key}" for key in [*METRICS, *handbook.term_keys()]} <= ids_in(page)
    shown = str(page)
    for key in METRICS:
        assert text(f"scoring.meaning.{key}", language) in shown or "'" in text(
            f"scoring.meaning.{key}", language
        )


def test_a_word_has_one_place() -> None:
    """No word of ours has the key of a figure: a link would lead to either."""
    assert not set(METRICS) & set(handbook.term_keys())


def test_every_explanation_leads_to_a_word_that_is_there() -> None:
    known = {*METRICS, *handbook.term_keys()}
    folder = Path(dashboards.__file__).parent
    used = {
        term
        for path in folder.rglob("*.py")
        for term in re.findall(r'term="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert len(used) >= 5
    assert used <= known


def hrefs(tree: Any) -> list[str]:
    return re.findall(r"href='([^']+)'", str(tree))


def test_an_explanation_links_to_the_help() -> None:
    assert hrefs(metric_help("coverage_own", language="zh")) == ["/help?term=coverage_own&lang=zh"]
    assert hrefs(help_button("a", "b", "", language="en")) == []


def test_own_tasks_come_first_and_lead_to_their_pages() -> None:
    viewer = str(page_for(Role.VIEWER, "en"))
    assert "/cell?" in viewer
    assert "/routes?" in viewer
    assert "/scenarios?" not in viewer
    assert viewer.index("Read the cell card") < viewer.index("Review and publish")
