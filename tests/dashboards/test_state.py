"""The selection in the address: read, written, and never trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.state import Page, Selection


def test_an_address_is_read_back_as_it_was_written() -> None:
    chosen = Selection(Page.ROUTES, "zh", 3, 14, 2, 5)
    path, query = chosen.address().split("?")
    assert chosen.address() == "/routes?scenario=3&cell=14&day=2-5&lang=zh"
    assert Selection.of_address(path, query, language="en") == chosen


def test_the_figure_of_the_colours_stands_in_the_address() -> None:
    chosen = Selection(Page.CELLS, "en", 3, shade="coverage_own_walk_5")
    path, query = chosen.address().split("?")
    assert "by=coverage_own_walk_5" in query
    assert Selection.of_address(path, query, language="en") == chosen


def test_data_is_read_back_as_it_was_written() -> None:
    chosen = Selection(Page.CARD, "en", 3, 14)
    assert Selection.of_data(chosen.data()) == chosen


def test_a_change_of_language_keeps_the_rest() -> None:
    chosen = Selection(Page.CARD, "en", 3, 14)
    assert chosen.address(language="zh") == "/cell?scenario=3&cell=14&lang=zh"


@pytest.mark.parametrize(
    "query",
    [
        "?cell=-1",
        "?cell=1e3",
        "?cell=٣",
        "?cell=12345678901",
        "?cell=../../etc/passwd",
        "?by=<script>",
        "?day=0",
        "?day=1-8",
        "?day=1-1-1",
        "?lang=fr",
        "",
        None,
    ],
)
def test_what_cannot_be_read_is_not_chosen(query: str | None) -> None:
    assert Selection.of_address("/nowhere", query, language="zh") == Selection(language="zh")


def test_the_last_of_several_values_counts() -> None:
    assert Selection.of_address("/", "?cell=1&cell=2", language="en").cell == 2


@given(st.text(max_size=30), st.text(max_size=80))
def test_any_address_is_survived(path: str, query: str) -> None:
    chosen = Selection.of_address(path, query, language="en")
    assert chosen.page in Page
