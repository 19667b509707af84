"""The sheet of a workbook that says how the scores are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridmap.catalogue import Language, text
from gridmap.export.league_sheet import HEAD_POINTS
from gridmap.export.score_sheets import Book
from gridmap.export.sheet_column import Column
from gridmap.scenario import Scenario
from gridmap.scoring.aggregation import CompositeRules
from gridmap.scoring.making import MAKING
from gridmap.scoring.metrics import METRICS, named

#: Fewer cells, and it is not judged whether two indicators say the same.
CORRELATION_CELLS = CompositeRules().correlation_cells
#: Columns of the sheet: style and width.
COLUMNS = {
    "score": ("text", 20), "indicator": ("text", 50), "dimension": ("text", 22),
    "state": ("text", 32), "weight": ("share", 10), "importance": ("share", 13),
    "known": ("share", 10), "low": ("ratio", 10), "high": ("ratio", 10), "better": ("text", 14),
    "outliers": ("text", 36),
}  # fmt: skip


def write_making(book: Book, scenario: Scenario, language: Language) -> None:
    """Write the indicators with their weights and importance, then what moves the ranks.

    A plan of an older version says nothing of it and gets no sheet.
    """
    made = scenario.report.get(MAKING, {})
    if not made:
        return
    rows: list[dict[str, Any]] = []
    for key, record in made.items():
        score = METRICS[f"{key}_score"].label(language)
        rows += [_indicator_row(score, one, record, language) for one in record["indicators"]]
    title = text("making.sheet.indicators", language)
    columns = [
        Column(text(f"making.column.{key}", language), [row.get(key) for row in rows], style, width)
        for key, (style, width) in COLUMNS.items()
    ]
    book.sheet("making", columns, frozen=2, title=title).set_row(0, HEAD_POINTS)
    _write_shifts(book, made, language)


def sentences(made: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """Return what to know of each score in words: label of the score and sentence."""
    lines = []
    for key, record in made.items():
        score = METRICS[f"{key}_score"].label(language)
        lines += [(score, text(f"making.rule.{key}", language))]
        lines += [
            (
                score,
                text(
                    "making.double",
                    language,
                    left_out=named(one["left_out"]).label(language),
                    kept=named(one["kept"]).label(language),
                    r=one["correlation"],
                ),
            )
            for one in record["doubles"]
        ]
        if record["cells"] < CORRELATION_CELLS:
            lines.append(
                (
                    score,
                    text(
                        "making.few_cells", language, cells=record["cells"], least=CORRELATION_CELLS
                    ),
                )
            )
        if record["shifts"]:
            moved = text("making.join", language).join(
                text(
                    "making.moved",
                    language,
                    choice=text(f"making.factor.{one}", language),
                    places=places,
                )
                for one, places in record["shifts"].items()
            )
            lines.append(
                (score, text("making.moves", language, draws=record["draws"], moved=moved))
            )
    return lines


def _indicator_row(
    score: str, one: dict[str, Any], record: dict[str, Any], language: Language
) -> dict[str, Any]:
    kept = {each["left_out"]: each for each in record["doubles"]}.get(one["metric"])
    state = text(f"making.state.{one['state']}", language)
    if kept is not None:
        state = text(
            "making.double_of", language, kept=named(kept["kept"]).label(language),
            r=kept["correlation"],
        )  # fmt: skip
    used = one["state"] == "used"
    low, high = one["goalposts"]
    return {
        "score": score,
        "indicator": named(one["metric"]).label(language),
        "dimension": text(f"scoring.dimension.{one['dimension']}", language),
        "state": state,
        "weight": one["weight"] if used else None,
        "importance": one["importance"] if used else None,
        "known": one["known"],
        "low": low,
        "high": high,
        "better": text(f"making.better.{'up' if one['direction'] > 0 else 'down'}", language),
        "outliers": text(
            f"making.treatment.{one['treatment']}", language, changed=one["changed"]
        ) if used else "",
    }  # fmt: skip


def _write_shifts(book: Book, made: Mapping[str, Any], language: Language) -> None:
    """Write a row a score and choice with the places it moves a cell, and a chart of them."""
    rows = [
        (METRICS[f"{key}_score"].label(language), factor, places)
        for key, record in made.items()
        for factor, places in record["shifts"].items()
    ]
    if not rows:
        return

    def head(key: str) -> str:
        return text(f"making.column.{key}", language)

    columns = [
        Column(head("score"), [one[0] for one in rows], width=20),
        Column(head("choice"), [text(f"making.factor.{one[1]}", language) for one in rows],
               width=22),
        Column(head("places"), [one[2] for one in rows], "ratio", 14),
        Column(head("meaning"), [text(f"making.factor_meaning.{one[1]}", language)
                                 for one in rows], width=70),
    ]  # fmt: skip
    sheet = book.sheet("shifts", columns, frozen=1, title=text("making.sheet.shifts", language))
    sheet.set_row(0, HEAD_POINTS)
    chart = book.chart("bar")
    name = sheet.get_name()
    chart.add_series(
        {
            "categories": [name, 1, 0, len(rows), 1],
            "values": [name, 1, 2, len(rows), 2],
            "fill": {"color": "#0072B2"},
            "gap": 50,
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": text("making.sheet.shifts", language), "name_font": {"size": 12}})
    chart.set_x_axis({"min": 0, "name": head("places"), "num_format": "0.0"})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
    chart.set_size({"width": 760, "height": 120 + 26 * len(rows)})
    sheet.insert_chart(len(rows) + 2, 0, chart)
