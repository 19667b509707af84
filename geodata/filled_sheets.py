"""Route sheets that were filled in as a workbook, read back as records of visits.

Rows are known by the outlet's number and columns by their heading in either language, so that
both may be moved, and rows inserted, deleted or doubled. What makes no sense is a fault that names
its cell; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from xlsxwriter.utility import xl_rowcol_to_cell

from geodata.headers import SAMPLE, plain
from geodata.sheet_entries import Value, plain_entry, read_entry
from geodata.workbooks import read_visible_sheets
from gridmap.catalogue import LANGUAGES, text
from gridmap.errors import Fault, InputError, fault
from gridmap.export.visit_steps import CHECKS, ENOUGH_STOCK, REMARK, Field, entry_columns

Rows = Sequence[Sequence[str]]

#: The code of a sheet: cell, route, week and weekday, see `visit_steps.sheet_code`.
CODE = re.compile(r"(?P<cell>[^/\s::]+)/(?P<route>[^/\s]+)/(?P<week>\d{1,2})-(?P<weekday>[1-7])\b")
OUTLET = "outlet_id"


@dataclass(frozen=True)
class VisitRecord:
    """What was written down at one outlet.

    Attributes
    ----------
    route
        Number of the route.
    outlet_id
        The outlet.
    values
        What was filled in by key of its field, see `gridmap.export.visit_steps`; times are
        seconds after midnight.
    cell, week, weekday
        From the code of the sheet; empty and 0 where it is gone.
    seq
        Printed number of the stop on its route; 0 where it is gone.
    where
        File, sheet and row, for people.
    """

    route: str
    outlet_id: str
    values: Mapping[str, Value] = field(hash=False)
    cell: str = ""
    week: int = 0
    weekday: int = 0
    seq: int = field(default=0, compare=False)
    where: str = field(default="", compare=False)

    @property
    def visited(self) -> bool:
        """Whether anything but a remark was filled in: a lone remark says why not."""
        return any(key != REMARK.key for key in self.values)

    def day(self, start: date | None) -> str:
        """Return the date of the visit in a cycle that starts in the week of `start`."""
        if start is None or not self.week:
            return ""
        monday = start - timedelta(days=start.weekday())
        return (monday + timedelta(weeks=self.week - 1, days=self.weekday - 1)).isoformat()


@dataclass(frozen=True)
class FilledSheets:
    """The records of a workbook, and how many stops of its sheets were left empty.

    `left` are the stops of which no copy of a sheet says anything.
    """

    records: tuple[VisitRecord, ...]
    empty: int
    sheets: int
    left: tuple[VisitRecord, ...] = ()


@dataclass(frozen=True)
class _Sheet:
    """One sheet with its header found; `columns` by key of the field, `head` counts from 0."""

    name: str
    where: str
    rows: Rows
    head: int
    outlet: int
    columns: Mapping[str, int]
    seq: int = -1

    def cell(self, row: int, column: int) -> str:
        cells = self.rows[row]
        return cells[column].strip() if column < len(cells) else ""

    def at(self, row: int, column: int) -> str:
        """Return file, sheet and cell."""
        return f"{self.where}!{xl_rowcol_to_cell(row, column)}"


@dataclass(frozen=True)
class _Entry:
    """A filled cell: its value, and where it stands."""

    value: Value
    at: str


def is_filled_sheets(path: Path) -> bool:
    """Return whether a file is a workbook of route sheets, filled in or not."""
    try:
        sheets = read_visible_sheets(path)
    except InputError:
        return False
    return any(_header(rows) is not None for _, rows in sheets)


def read_filled_sheets(path: Path, *, known: Collection[str] | None = None) -> FilledSheets:
    """Return the visits that were written down in a workbook of route sheets.

    Parameters
    ----------
    path
        The workbook.
    known
        Numbers of the outlets that may stand in it; any by default.

    Raises
    ------
    InputError
        If it cannot be read or is no workbook of route sheets, or with all entries that make no
        sense, each with file, sheet and cell.
    """
    path = Path(path)
    return records_of_sheets(path.name, read_visible_sheets(path), known=known)


def records_of_sheets(
    name: str, sheets: Iterable[tuple[str, Rows]], *, known: Collection[str] | None = None
) -> FilledSheets:
    """Return the records in sheets given as text; see `read_filled_sheets`."""
    faults: list[Fault] = []
    records: list[VisitRecord] = []
    left: list[VisitRecord] = []
    found = 0
    for title, rows in sheets:
        head = _header(rows)
        if head is None:
            continue
        found += 1
        where = f"{name}, {title}"
        sheet, wrong = _columns(title, where, rows, head)
        faults += wrong
        if sheet is None:
            continue
        mine, blank, wrong = _records(sheet, known)
        records += mine
        left += blank
        faults += wrong
    if not found:
        raise InputError(
            fault("fieldwork.no_sheet", name, heading=_word("sheets.column.outlet_id"))
        )
    once, wrong = _each_once(records)
    faults += wrong
    if faults:
        raise InputError(*faults)
    told = {(one.route, one.outlet_id) for one in once}
    silent = {(one.route, one.outlet_id): one for one in left}
    never = tuple(one for key, one in silent.items() if key not in told)
    return FilledSheets(tuple(once), len(left), found, never)


@cache
def _fields() -> Mapping[str, Field]:
    """Return each field by its headings as they are compared, in all languages.

    A field's own words count without its step, too, where no other field has the same.
    """
    whole: dict[str, Field] = {}
    short: dict[str, set[Field]] = {}
    for language in LANGUAGES:
        for one, heading in entry_columns(language):
            whole[plain(heading)] = one
            short.setdefault(plain(one.label(language)), set()).add(one)
    alone = {words: next(iter(ones)) for words, ones in short.items() if len(ones) == 1}
    return {**alone, **whole}


@cache
def _outlet_headings() -> frozenset[str]:
    return frozenset(plain(text("sheets.column.outlet_id", one)) for one in LANGUAGES)


@cache
def _seq_headings() -> frozenset[str]:
    return frozenset(plain(text("sheets.column.seq", one)) for one in LANGUAGES)


@cache
def _check_words() -> frozenset[str]:
    """Return the words by which the rows of the five checks below the stops are known."""
    keys = ("sheets.checks", *(f"sheets.check.{one}" for one in CHECKS))
    return frozenset(plain(text(key, language)) for key in keys for language in LANGUAGES)


def _word(key: str) -> str:
    return " / ".join(text(key, language) for language in LANGUAGES)


def _header(rows: Rows) -> int | None:
    """Return the row with the headings of fields, from 0, or None if the sheet has none."""
    for at, row in enumerate(rows[:SAMPLE]):
        words = [plain(cell) for cell in row]
        fields = sum(word in _fields() for word in words)
        if fields >= 3 or (fields and any(word in _outlet_headings() for word in words)):
            return at
    return None


def _columns(title: str, where: str, rows: Rows, head: int) -> tuple[_Sheet | None, list[Fault]]:
    """Find the columns of a sheet by their headings; a heading may stand there only once."""
    columns: dict[str, int] = {}
    faults: list[Fault] = []
    seq = -1
    for column, heading in enumerate(rows[head]):
        word = plain(heading)
        if word in _seq_headings():
            seq = column
        found = _fields().get(word)
        key = OUTLET if word in _outlet_headings() else found.key if found else ""
        if not key:
            continue
        if key in columns:
            first, again = (xl_rowcol_to_cell(head, one) for one in (columns[key], column))
            values = {"heading": " ".join(heading.split()), "first": first}
            faults.append(fault("fieldwork.heading_twice", f"{where}!{again}", **values))
            continue
        columns[key] = column
    if OUTLET not in columns:
        said = fault(
            "fieldwork.outlet_column_missing",
            f"{where}!{xl_rowcol_to_cell(head, 0)}",
            heading=_word("sheets.column.outlet_id"),
        )
        return None, [*faults, said]
    outlet = columns.pop(OUTLET)
    return (None if faults else _Sheet(title, where, rows, head, outlet, columns, seq)), faults


def _records(
    sheet: _Sheet, known: Collection[str] | None
) -> tuple[list[VisitRecord], list[VisitRecord], list[Fault]]:
    """Return the records of a sheet, the stops that are empty, and all its faults."""
    faults: list[Fault] = []
    entries: dict[str, dict[str, _Entry]] = {}
    row_of: dict[str, int] = {}
    for row in range(sheet.head + 1, len(sheet.rows)):
        outlet = sheet.cell(row, sheet.outlet)
        if not outlet and _is_check(sheet.rows[row]):
            continue
        if plain(outlet) in _outlet_headings():  # the heading again, as after a page break
            continue
        filled, wrong = _entries(sheet, row)
        faults += wrong
        if not outlet:
            if filled:
                at = sheet.at(row, sheet.outlet)
                cells = ", ".join(one.at.rpartition("!")[2] for one in filled.values())
                faults.append(fault("fieldwork.outlet_missing", at, cells=cells))
            continue
        if known is not None and outlet not in known:
            at = sheet.at(row, sheet.outlet)
            faults.append(fault("fieldwork.outlet_unknown", at, outlet=outlet))
            continue
        row_of.setdefault(outlet, row)
        faults += _join(entries.setdefault(outlet, {}), filled, outlet)
    for one in entries.values():
        faults += _impossible(one)
    route, code = _route(sheet)
    stops = [
        VisitRecord(
            route=route,
            outlet_id=outlet,
            values=_with_stock({key: one.value for key, one in filled.items()}),
            seq=_seq(sheet, row_of[outlet]),
            where=f"{sheet.where}, {row_of[outlet] + 1}",
            **code,  # type: ignore[arg-type]
        )
        for outlet, filled in entries.items()
    ]
    return [one for one in stops if one.values], [one for one in stops if not one.values], faults


def _seq(sheet: _Sheet, row: int) -> int:
    """Return the printed number of a stop, 0 where it is gone."""
    words = plain_entry(sheet.cell(row, sheet.seq)) if sheet.seq >= 0 else ""
    return int(words) if re.fullmatch(r"[0-9]{1,4}", words) else 0


def _entries(sheet: _Sheet, row: int) -> tuple[dict[str, _Entry], list[Fault]]:
    """Return the filled cells of a row by key of their field, and those that make no sense."""
    filled: dict[str, _Entry] = {}
    faults: list[Fault] = []
    kinds = {one.key: one.entry for one in _fields().values()}
    for key, column in sheet.columns.items():
        words = sheet.cell(row, column)
        if not plain_entry(words):
            continue
        at, value = sheet.at(row, column), read_entry(words, kinds[key])
        if value is None:
            faults.append(fault(f"fieldwork.{kinds[key].value}_unread", at, found=words))
        else:
            filled[key] = _Entry(value, at)
    return filled, faults


def _join(first: dict[str, _Entry], again: Mapping[str, _Entry], outlet: str) -> list[Fault]:
    """Add the entries of another row of the same outlet; two that differ are faults."""
    faults = []
    for key, one in again.items():
        other = first.setdefault(key, one)
        if other.value != one.value:
            cell = other.at.rpartition("!")[2]
            faults.append(fault("fieldwork.row_differs", one.at, outlet=outlet, other=cell))
    return faults


def _impossible(filled: Mapping[str, _Entry]) -> Iterator[Fault]:
    came, left = filled.get("came"), filled.get("left")
    if came and left and float(left.value) < float(came.value):
        yield fault("fieldwork.left_before", left.at, came=came.at.rpartition("!")[2])


def _with_stock(values: dict[str, Value]) -> dict[str, Value]:
    """Work out whether the stock is enough where it was left to the sheet's formula."""
    sold, stock = values.get("sold"), values.get("stock")
    if "stock_enough" not in values and sold is not None and stock is not None:
        values["stock_enough"] = float(stock) >= ENOUGH_STOCK * float(sold)
    return values


def _route(sheet: _Sheet) -> tuple[str, dict[str, object]]:
    """Return the route of a sheet, from its code if this stands above the header, else its name."""
    for row in sheet.rows[: sheet.head]:
        for words in row:
            found = CODE.search(words)
            if found:
                numbers = {key: int(found[key]) for key in ("week", "weekday")}
                return found["route"], {"cell": found["cell"], **numbers}
    return sheet.name, {}


def _is_check(row: Sequence[str]) -> bool:
    return any(plain(cell) in _check_words() for cell in row if cell)


def _each_once(records: Sequence[VisitRecord]) -> tuple[list[VisitRecord], list[Fault]]:
    """Return the records without those of a copied sheet, and where a copy says another thing."""
    first: dict[tuple[str, str], VisitRecord] = {}
    faults = []
    for one in records:
        other = first.setdefault((one.route, one.outlet_id), one)
        if other.values != one.values:
            values = {"outlet": one.outlet_id, "other": other.where}
            faults.append(fault("fieldwork.sheet_differs", one.where, **values))
    return list(first.values()), faults
