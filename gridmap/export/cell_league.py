"""The league table of all cells: scores with their bands, and the bands of their ranks."""

from __future__ import annotations

from gridmap.catalogue import Language, text
from gridmap.export.cell_facts import CellFacts, ReportBook, ScoreFigure
from gridmap.export.cell_words import column_names, say
from gridmap.export.pen import Pen, wrapped
from gridmap.export.sheet_page import INNER_MM, LEFT_MM, RIGHT_MM, TOP_MM, in_groups

ROWS, ROW_MM = 52, 4.7
#: Left ends of both charts, and their width.
CHARTS_MM, CHART_MM = (70.0, 140.0), 42.0


def league_pages(pen: Pen, book: ReportBook, language: Language) -> None:
    """Draw the league table, as many pages as it needs."""
    every = sorted((book.facts(int(one)) for one in book.plan.cells["cell_id"]), key=_place)
    for group in in_groups(every, ROWS):
        top = _head(pen, book, language)
        for number, facts in enumerate(group):
            _row(pen, facts, top - ROW_MM * (number + 1), language)
        pen.text(LEFT_MM, 6.0, book.plan.attribution, 6.0, grey=0.25, width_mm=120.0)
        pen.end_page()


def _place(facts: CellFacts) -> tuple[bool, float, str]:
    score = facts.position.value
    return score is None, -(score or 0.0), facts.code


def _head(pen: Pen, book: ReportBook, language: Language) -> float:
    title = f"{book.plan.territory} · {say('league', language)}"
    pen.text(LEFT_MM, TOP_MM - 6.0, title, 15, bold=True, width_mm=INNER_MM)
    y = TOP_MM - 8.0
    for line in wrapped(say("league_note", language), 8, INNER_MM):
        y -= 3.8
        pen.text(LEFT_MM, y, line, 8)
    if book.plan.invented:
        columns = column_names(book.plan.invented, language)
        y -= 4.2
        words = text("sheets.invented", language, columns=columns)
        pen.text(LEFT_MM, y, words, 8, bold=True, width_mm=INNER_MM)
    y -= 6.5
    for left, key in zip(CHARTS_MM, ("position", "coverage"), strict=True):
        pen.text(left, y + 1.0, say(key, language), 9, bold=True)
        pen.text(left, y - 2.6, "0", 6.5, grey=0.25)
        pen.text(left + CHART_MM, y - 2.6, "100", 6.5, grey=0.25, anchor="right")
        pen.text(left + CHART_MM + 3.0, y - 2.6, say("score_rank", language), 6.5, grey=0.25)
    return y - 3.0


def _row(pen: Pen, facts: CellFacts, y: float, language: Language) -> None:
    pen.rule(LEFT_MM, y - 0.4, RIGHT_MM, y - 0.4, line_mm=0.08, grey=0.6)
    pen.text(LEFT_MM, y + 0.9, facts.code, 8, bold=True, width_mm=18.0)
    pen.text(LEFT_MM + 19.0, y + 0.9, facts.name, 7.5, width_mm=40.0)
    for left, score in zip(CHARTS_MM, (facts.position, facts.coverage), strict=True):
        _bar(pen, left, y + 1.8, score, language)


def _bar(pen: Pen, left: float, y: float, score: ScoreFigure, language: Language) -> None:
    if score.value is None:
        pen.text(left, y - 0.9, say("no_score", language), 7)
        return
    for tick in (0, 50, 100):
        at = left + CHART_MM * tick / 100.0
        pen.rule(at, y - 2.2, at, y + 2.2, line_mm=0.08, grey=0.6)
    if score.p05 is not None and score.p95 is not None:
        ends = [left + CHART_MM * one / 100.0 for one in (score.p05, score.p95)]
        pen.rule(ends[0], y, ends[1], y, line_mm=0.9, grey=0.6)
    at = left + CHART_MM * score.value / 100.0
    pen.box(at - 0.6, y - 0.9, 1.2, 1.8, line_mm=None, fill=0.0)
    words = f"{score.value:.0f}"
    if score.rank_low is not None and score.rank_high is not None:
        words += f"   {score.rank_low}–{score.rank_high}"
    pen.text(left + CHART_MM + 3.0, y - 0.9, words, 8)
