"""The league table of a workbook: scores with bands, ranks with bands, and a chart of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_range_abs

from gridmap.catalogue import Language, text
from gridmap.export.score_sheets import Book, heading
from gridmap.export.sheet_column import Column
from gridmap.scenario import Scenario
from gridmap.scoring.metrics import METRICS

SCORES = ("position_score", "coverage_score")
FIGURES = ("value", "p05", "p95", "rank_low", "rank_high")
#: Columns before the first score.
BEFORE = 2
#: Columns of one score: its figures, and the lengths of its band to both sides.
WIDTH = len(FIGURES) + 2
ROW_PX, FRAME_PX, CHART_PX = 18, 110, 420
#: Height of the headings, which take three lines.
HEAD_POINTS = 42


def league(scenario: Scenario) -> pd.DataFrame:
    """Return one row a cell in the order of the position score, those without it last.

    Columns code and name; of each score value, p05, p95, rank_low, rank_high, below and above:
    how far its band reaches to both sides. What is missing is NaN.
    """
    cells = scenario.cells
    table = pd.DataFrame(
        {
            "cell_id": cells["cell_id"].to_numpy(),
            "code": cells["code"].astype(str).to_numpy() if "code" in cells else "",
            "name": cells["name"].fillna("").astype(str).to_numpy() if "name" in cells else "",
        }
    )
    for score in SCORES:
        rows = scenario.scores[scenario.scores["metric"] == score].set_index("cell_id")
        rows = rows.reindex(table["cell_id"])
        for figure in FIGURES:
            table[f"{score}_{figure}"] = rows[figure].to_numpy(np.float64)
        value = table[f"{score}_value"]
        table[f"{score}_below"] = (value - table[f"{score}_p05"]).clip(lower=0.0)
        table[f"{score}_above"] = (table[f"{score}_p95"] - value).clip(lower=0.0)
    return table.sort_values(
        [f"{SCORES[0]}_value", "code"], ascending=[False, True], na_position="last"
    ).reset_index(drop=True)


def write_league(book: Book, scenario: Scenario, language: Language) -> None:
    """Write the league table with a chart of the bands of each score."""
    table = league(scenario)
    columns = [
        Column(heading("code", language), table["code"].tolist(), width=10),
        Column(heading("name", language), table["name"].tolist(), width=24),
    ]
    for score in SCORES:
        label = METRICS[score].label(language)
        columns.append(Column(label, table[f"{score}_value"].tolist(), "score", 11))
        for figure in (*FIGURES[1:], "below", "above"):
            style = "count" if figure.startswith("rank") else "score"
            title = f"{label}: {heading(figure, language)}"
            columns.append(Column(title, table[f"{score}_{figure}"].tolist(), style, 10))
    sheet = book.sheet("league", columns, frozen=BEFORE)
    if not len(table):
        return
    sheet.set_row(0, HEAD_POINTS)
    height = FRAME_PX + ROW_PX * len(table)
    for place, score in enumerate(SCORES):
        chart = _band_chart(book, sheet.get_name(), len(table), place, language)
        chart.set_title({"name": METRICS[score].label(language), "name_font": {"size": 12}})
        chart.set_size({"width": CHART_PX, "height": height})
        offset = {"x_offset": 10 + place * (CHART_PX + 10)}
        sheet.insert_chart(1, BEFORE + WIDTH * len(SCORES), chart, offset)


def _band_chart(book: Book, sheet: str, rows: int, place: int, language: Language) -> Any:
    """Return a chart of bars, one a cell, with the band of its score as a line over its end."""
    first = BEFORE + WIDTH * place

    def column(at: int) -> list[Any]:
        return [sheet, 1, at, rows, at]

    chart = book.chart("bar")
    chart.add_series(
        {
            "categories": column(0),
            "values": column(first),
            "fill": {"color": "#C9CED6"},
            "border": {"color": "#5B6770", "width": 0.5},
            "gap": 60,
            "y_error_bars": {
                "type": "custom",
                "plus_values": _reference(sheet, rows, first + WIDTH - 1),
                "minus_values": _reference(sheet, rows, first + WIDTH - 2),
                "line": {"color": "#000000", "width": 1.5},
            },
        }
    )
    chart.set_legend({"none": True})
    chart.set_x_axis(
        {"min": 0, "max": 100, "name": text("scoring.sheet.league_axis", language),
         "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}},
         "num_format": "0"}
    )  # fmt: skip
    chart.set_y_axis({"reverse": True, "num_font": {"size": 8}, "interval_unit": 1})
    return chart


def _reference(sheet: str, rows: int, column: int) -> str:
    quoted = sheet.replace("'", "''")
    return f"='{quoted}'!{xl_range_abs(1, column, rows, column)}"
