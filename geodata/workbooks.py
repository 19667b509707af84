"""Workbooks: their visible sheets with merged areas, and files that are none whatever their name.

A file is read as what its first bytes say. Reports of web applications are often text or web
pages that are merely named .xls; text is read as such, for web pages the message says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from geodata.isolation import untrusted
from gridmap.errors import InputError, fault

ZIP = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Name of the stream that holds a workbook with a password, as it stands in the directory.
LOCKED = "EncryptedPackage".encode("utf-16-le")
#: Excel keeps 15 digits of a number; the others of a longer code are lost.
LONGEST_CODE = 10**15

#: Merged area: `(first_row, first_column, last_row, last_column)`, from 0.
Merge = tuple[int, int, int, int]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Attributes
    ----------
    name
        Its name.
    records
        Cells of each row as text, the first being row 1.
    merges
        Merged areas; only their first cell has a value.
    """

    name: str
    records: list[list[str]]
    merges: tuple[Merge, ...]


@dataclass(frozen=True)
class Sheets:
    """The visible sheets of a workbook; `hidden` are the names of the others."""

    visible: tuple[str, ...]
    hidden: tuple[str, ...]
    book: CalamineWorkbook
    path: Path

    def read(self, name: str) -> Sheet:
        """Return a sheet.

        Raises
        ------
        InputError
            If it is damaged.
        """
        try:
            sheet = self.book.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=False)
            areas = sheet.merged_cell_ranges or []
        except (CalamineError, OSError) as error:
            raise InputError(fault("world.file_unreadable", self.path, reason=error)) from error
        merges = tuple(sorted((*first, *last) for first, last in areas))
        return Sheet(name, [[as_text(value) for value in row] for row in rows], merges)


def content_of(path: Path) -> str:
    """Return what the first bytes of a file say: ``workbook``, ``page``, ``locked`` or ``text``."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(COMPOUND):
        return "locked" if LOCKED in path.read_bytes() else "workbook"
    if head.startswith(ZIP):
        return "workbook"
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta", b"<head", b"<div")):
        return "page"
    return "text"


def open_workbook(path: Path, *, sheet: str = "") -> Sheets:
    """Open a workbook, whatever its name.

    Parameters
    ----------
    path
        The file.
    sheet
        Sheet that is wanted, which may be hidden.

    Raises
    ------
    InputError
        If the file is no workbook, is damaged or has a password, or has no such sheet.
    """
    content = content_of(path)
    if content == "locked":
        raise InputError(fault("tables.workbook_locked", path))
    if content == "page":
        raise InputError(fault("tables.workbook_page", path))
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
        listed = [(one.name, one.visible) for one in book.sheets_metadata]
    except (CalamineError, OSError) as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error
    shown = tuple(name for name, state in listed if state == SheetVisibleEnum.Visible)
    hidden = tuple(name for name, _ in listed if name not in shown)
    if sheet and sheet in hidden:
        shown, hidden = (*shown, sheet), tuple(one for one in hidden if one != sheet)
    if (sheet and sheet not in shown) or not shown:
        have = ", ".join(name for name, _ in listed)
        raise InputError(fault("world.sheet_missing", path, sheet=sheet, have=have))
    return Sheets(shown, hidden, book, path)


@untrusted
def read_visible_sheets(path: Path) -> list[tuple[str, list[list[str]]]]:
    """Return name and cells of each visible sheet of a workbook; the first row is row 1.

    Raises
    ------
    InputError
        If the file is missing or no workbook that can be read.
    """
    if not path.is_file():
        raise InputError(fault("world.file_missing", path))
    if content_of(path) == "text":
        raise InputError(fault("fieldwork.no_workbook", path))
    book = open_workbook(path)
    return [(name, book.read(name).records) for name in book.visible]


def as_text(value: object) -> str:
    """Return a cell's value as text.

    Excel keeps every number as a float, codes such as 1001 too; a code too long for it is shown
    as a power of ten, so that it is recognised as damaged.
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < LONGEST_CODE else f"{value:.14E}"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def filled_down(
    records: Sequence[list[str]], merges: Sequence[Merge], *, first: int
) -> list[list[str]]:
    """Return rows in which each cell of a merged area that spans rows has the area's value.

    Above row `first`, in the header, areas are filled to the right, too; below it only their
    first column is, since a total that is merged over columns is no value of all of these.
    """
    rows = list(records)
    for top, left, bottom, right in merges:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        last = right if top < first else left
        for at in range(top, min(bottom + 1, len(rows))):
            row = list(rows[at])
            row += [""] * (last + 1 - len(row))
            row[left : last + 1] = [value] * (last + 1 - left)
            rows[at] = row
    return rows
