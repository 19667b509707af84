"""Rows that were left out, given back in the layout of the user's own file with the reasons."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter

from geodata.safe_files import written
from geodata.tables import FORMULA, Layout, Table
from gridmap.catalogue import Language, text

NEGATIVE = re.compile(r"-\d+([.,]\d+)?")
#: Signs that a name of a sheet cannot have, and how long it may be.
NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
LONGEST_SHEET_NAME = 31
#: A sheet of Excel has no more rows, and a cell no more signs.
MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767


def write(
    path: Path,
    table: Table,
    excluded: pd.DataFrame,
    repaired: pd.DataFrame,
    *,
    remarks: pd.DataFrame | None = None,
    language: Language = "en",
) -> list[Path]:
    """Write the fault report of a table; return the files that were written.

    The workbook has the user's sheet with all rows where they were and two more columns, the
    reason and what was repaired, and a sheet of the rejected rows only. All cells are text, so
    codes keep their zeros and nothing is a formula. For a table of text the rejected rows are
    written as text, too, in the same encoding and with the same separator.

    Parameters
    ----------
    path
        Workbook to write (.xlsx).
    table
        The table as it was read.
    excluded, repaired, remarks
        Reasons, repairs and doubts by row, see `geodata.sieve.EXCLUDED_COLUMNS`.
    language
        Language of the reasons.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    path = Path(path).with_suffix(".xlsx")
    layout = table.layout or Layout(lead=[table.columns], cells=table.text.to_numpy().tolist())
    notes = repaired if remarks is None else pd.concat([repaired, remarks])
    reasons, said = _sentences(excluded, language), _sentences(notes, language)
    titles = (text("tables.report_reason", language), text("tables.report_repaired", language))
    rows = [
        (row, cells, (reasons.get(row, ""), said.get(row, "")))
        for row, cells in zip(table.row.tolist(), layout.cells, strict=True)
    ]
    rejected = [one for one in rows if one[2][0]]
    with written(path) as temporary:
        own = NO_SHEET_NAME.sub(" ", layout.sheet)[:LONGEST_SHEET_NAME].strip()
        own = own or text("tables.report_all", language)
        only = text("tables.report_rejected", language)
        names = (own, only if only.casefold() != own.casefold() else f"{only} 2")
        _workbook(temporary, layout, titles, {names[0]: rows, names[1]: rejected})
    files = [path]
    if layout.encoding:
        files.append(path.with_suffix(".csv"))
        with written(files[-1]) as temporary:
            _text(temporary, layout, titles, rejected)
    return files


def guarded(cell: str) -> str:
    """Return a cell of text that no spreadsheet takes for a formula; `tables.clean` undoes it."""
    if cell.startswith(FORMULA) and not NEGATIVE.fullmatch(cell):
        return "'" + cell
    return cell


Row = tuple[int, list[str], tuple[str, str]]


def _sentences(frame: pd.DataFrame, language: Language) -> dict[int, str]:
    """Return for each row number its reasons as one text."""
    found: dict[int, list[str]] = {}
    for row, reason, value in zip(frame["row"], frame["reason"], frame["found"], strict=True):
        found.setdefault(int(row), []).append(text(reason, language, found=value))
    stop = "；" if language == "zh" else "; "
    return {row: stop.join(dict.fromkeys(sentences)) for row, sentences in found.items()}


def _workbook(
    path: Path, layout: Layout, titles: tuple[str, str], sheets: Mapping[str, Sequence[Row]]
) -> None:
    """Write the sheets: in the first rows stay where they were, in the others they move up."""
    width = _width(layout)
    options = {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(path, options) as book:
        bold = book.add_format({"bold": True})
        as_text = book.add_format({"num_format": "@"})
        for place, (name, chosen) in enumerate(sheets.items()):
            moved = place > 0
            sheet = book.add_worksheet(name)
            sheet.set_column(0, width - 1, 14, as_text)
            sheet.set_column(width, width + 1, 60)
            _merge(sheet, layout, all_rows=not moved)
            for at, cells in enumerate(layout.lead):
                _line(sheet, at, cells, bold)
                if at == len(layout.lead) - 1:
                    sheet.write_string(at, width, titles[0], bold)
                    sheet.write_string(at, width + 1, titles[1], bold)
            for at, (row, cells, notes) in enumerate(chosen, len(layout.lead)):
                line = at if moved else row - 1
                if line >= MOST_ROWS:
                    break
                _line(sheet, line, cells, as_text)
                for beside, note in enumerate(notes):
                    if note:
                        sheet.write_string(line, width + beside, note[:LONGEST_CELL])


def _line(
    sheet: xlsxwriter.worksheet.Worksheet, line: int, cells: Sequence[str], form: object
) -> None:
    write_string = sheet.write_string
    for at, cell in enumerate(cells):
        if cell:
            write_string(line, at, cell[:LONGEST_CELL], form)


def _merge(sheet: xlsxwriter.worksheet.Worksheet, layout: Layout, *, all_rows: bool) -> None:
    """Merge the areas of the header as they were; of the rows only if all of them are there.

    Only the ranges are noted: the cells are written later, as rows are.
    """
    for top, left, bottom, right in layout.merges:
        if bottom < len(layout.lead) or all_rows:
            sheet.merge.append([top, left, bottom, right])


def _width(layout: Layout) -> int:
    return max(len(one) for one in [*layout.lead, *layout.cells])


def _text(path: Path, layout: Layout, titles: tuple[str, str], rejected: Sequence[Row]) -> None:
    width = _width(layout)
    lead = [list(one) for one in layout.lead]
    if lead:
        lead[-1] += [""] * (width - len(lead[-1])) + list(titles)
    lines = lead + [[*cells, *[""] * (width - len(cells)), *notes] for _, cells, notes in rejected]
    encoding = layout.encoding
    try:
        "".join(cell for line in lines for cell in line).encode(encoding)
    except UnicodeEncodeError:  # the reasons are in letters that this encoding lacks
        encoding, mark = "utf-8", True
    else:
        mark = layout.mark
    with path.open("w", encoding=encoding, newline="") as file:
        if mark:
            file.write("\ufeff")
        writer = csv.writer(file, delimiter=layout.separator, lineterminator="\r\n")
        writer.writerows([guarded(cell) for cell in line] for line in lines)
