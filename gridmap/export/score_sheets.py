"""Sheets of columns with one look, for workbooks of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gridmap.catalogue import Language, text
from gridmap.export.sheet_column import Column

MAX_ROWS = 1_000_000
MAX_TEXT = 32_767
GOOD, MIDDLE, BAD = "#6BAED6", "#FFFFFF", "#FDAE6B"
FORMATS = {
    "share": "0.0%",
    "score": "0.0",
    "minutes": "0.0",
    "ratio": "0.00",
    "weight": "#,##0",
    "text": "@",
    "count": "#,##0",
    "number": "0.000",
    "degrees": "0.000000",
}


class Book:
    """Writes sheets of columns with one look."""

    def __init__(self, workbook: Any, language: Language) -> None:
        font = "Microsoft YaHei" if language == "zh" else "Calibri"
        base = {"font_name": font, "font_size": 10, "valign": "top"}
        self._workbook = workbook
        self._language = language
        self._head = workbook.add_format(
            {**base, "bold": True, "text_wrap": True, "bg_color": "#DDDDDD", "bottom": 1}
        )
        wrap = {"text": {"text_wrap": True}}
        self._plain = {
            key: workbook.add_format({**base, "num_format": shape, **wrap.get(key, {})})
            for key, shape in FORMATS.items()
        }
        self._total = {
            key: workbook.add_format({**base, "num_format": shape, "bold": True, "top": 1})
            for key, shape in FORMATS.items()
        }

    def chart(self, kind: str) -> Any:
        """Return a new chart of the workbook."""
        return self._workbook.add_chart({"type": kind})

    def sheet(
        self, key: str, columns: Sequence[Column], *, frozen: int = 0, title: str = ""
    ) -> Any:
        """Write a sheet, or several where it has more rows than a sheet may have.

        Its title is that of the key in the catalogue, if none is given. Returns the last one, for
        charts.
        """
        rows = len(columns[0].cells)
        title = title or text(f"scoring.sheet.{key}", self._language)
        for number, first in enumerate(range(0, max(rows, 1), MAX_ROWS), start=1):
            last = min(first + MAX_ROWS, rows)
            sheet = self._workbook.add_worksheet(title if number == 1 else f"{title} {number}")
            sheet.freeze_panes(1, frozen)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            for at, column in enumerate(columns):
                self._write_column(sheet, at, column, first, last)
            sheet.autofilter(0, 0, last - first, len(columns) - 1)
        return sheet

    def _write_column(self, sheet: Any, at: int, column: Column, first: int, last: int) -> None:
        styles = column.styles or [column.style] * len(column.cells)
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.heading, self._head)
        for row, cell in enumerate(column.cells[first:last], start=1):
            _write(sheet, row, at, cell, self._plain[styles[first + row - 1]])
        count = last - first
        if column.total is not None:
            _write(sheet, count + 1, at, column.total, self._total[column.style])
        if column.direction and count:
            colours = (BAD, GOOD) if column.direction > 0 else (GOOD, BAD)
            scale = {"type": "3_color_scale", "mid_color": MIDDLE}
            scale |= {"min_color": colours[0], "max_color": colours[1]}
            sheet.conditional_format(1, at, count, at, scale)


def _write(sheet: Any, row: int, at: int, cell: object, style: Any) -> None:
    # Never `write`, which would make formulas and links of what users call their outlets.
    if isinstance(cell, str) and cell:
        sheet.write_string(row, at, cell[:MAX_TEXT], style)
    elif isinstance(cell, (int, float, np.integer, np.floating)) and np.isfinite(cell):
        sheet.write_number(row, at, float(cell), style)


def heading(key: str, language: Language) -> str:
    """Return what stands above a column."""
    return text(f"scoring.column.{key}", language)
