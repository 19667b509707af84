"""Tables as text: CSV and Excel files with their headers, encodings and row numbers."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.archives import unpacked
from geodata.headers import Header, Names, find_header, match_columns
from geodata.isolation import untrusted
from geodata.text_files import decode, read_text
from geodata.vectors import PACKED, lonlat_of, read_vectors, reference_missing
from geodata.vectors import SUFFIXES as VECTOR_SUFFIXES
from geodata.workbooks import Merge, as_text, content_of, filled_down, open_workbook
from gridmap.errors import Fault, InputError, fault

__all__ = ["Layout", "Table", "decode", "find_columns", "read_table"]

Ints = NDArray[np.int64]

EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
CSV_SUFFIXES = (".csv", ".csv.gz", ".txt", ".tsv")
#: Blanks and signs without width that stand around values.
BLANKS = string.whitespace + "\u00a0\u3000\u2002\u2003\u2009\u202f\ufeff\u200b\u200e\u200f\u2060"
#: ``="0012"``, by which some programs keep the zeros of a code in CSV.
QUOTED = re.compile(r'="([^"]*)"')
#: What begins a formula; an apostrophe before it says that it is text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Excel's own limit; what has more is no table of outlets.
MOST_COLUMNS = 16_384
#: So many names of a header must be known to prefer a sheet.
FEW = 2


@dataclass(frozen=True)
class Layout:
    """How a table stands in its file, so that it can be given back the same way.

    Attributes
    ----------
    lead
        Rows up to the end of the header, as they are.
    cells
        Cells of each row of the table as they are, but merged areas filled down.
    sheet
        Name of the sheet; empty for text.
    merges
        Merged areas of the sheet.
    encoding, mark, separator
        Of text: encoding, whether it begins with a byte-order mark, sign between cells.
    header_row
        Number of the first row of the header.
    """

    lead: list[list[str]]
    cells: list[list[str]] = field(default_factory=list)
    sheet: str = ""
    merges: tuple[Merge, ...] = ()
    encoding: str = ""
    mark: bool = False
    separator: str = ""
    header_row: int = 1


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in its file.

    Attributes
    ----------
    name
        Name of the file.
    text
        Every value as text without blanks around it; an empty cell is the empty text.
    row
        Number of each row as a spreadsheet shows it. Shape (n_rows,).
    layout
        How it stands in the file; None for vector files.
    notices
        What the user should know about the reading.
    overlong
        Positions of rows with more cells than the header has columns: a separator within a
        value has moved the others.
    """

    name: str
    text: pd.DataFrame
    row: Ints
    layout: Layout | None = None
    notices: tuple[Fault, ...] = ()
    overlong: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.row)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [str(column) for column in self.text.columns]

    def values(self, columns: Sequence[str]) -> pd.Series[str]:
        """Return for each row the first value that is not empty among some columns."""
        found = pd.Series("", index=self.text.index, dtype=object)
        for column in columns:
            found = found.where(found != "", self.text[column])
        return found


@untrusted
def read_table(
    path: Path, *, sheet: str = "", encoding: str = "", names: Iterable[str] = ()
) -> Table:
    """Read a table; vector files become tables with the columns lon and lat (WGS-84).

    Titles above the header are passed over, merged areas are filled down, and a file is read as
    what it is when it is text that is named .xls.

    Parameters
    ----------
    path
        File in .csv, .csv.gz, .tsv, .txt, .xlsx (or another Excel or ODS format), a vector format
        of `geodata.vectors`, or a zip archive with one of these.
    sheet
        Sheet of a workbook, or layer of a vector file. By default the first visible sheet; if no
        name in its header is known, the first one with names that are.
    encoding
        Encoding of text; found out by default.
    names
        Names the user gave to columns: they help to find the header.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another format or empty, or there is no such sheet.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(fault("world.file_missing", path))
    asked = [one for one in names if one]
    if path.suffix.lower() in PACKED:
        with unpacked(path, (*CSV_SUFFIXES, *EXCEL_SUFFIXES, *VECTOR_SUFFIXES)) as inner:
            return replace(_read(inner, sheet, encoding, asked), name=path.name)
    return _read(path, sheet, encoding, asked)


def _read(path: Path, sheet: str, encoding: str, asked: list[str]) -> Table:
    name = path.name.lower()
    if name.endswith(CSV_SUFFIXES):
        packed = name.endswith(".gz")
        if not packed and content_of(path) in {"workbook", "locked"}:
            return _workbook_table(path, sheet, asked)
        return _text_table(path, encoding, asked)
    if name.endswith(EXCEL_SUFFIXES):
        if name.endswith(".xls") and content_of(path) == "text":
            return _text_table(path, encoding, asked)
        return _workbook_table(path, sheet, asked)
    if name.endswith(VECTOR_SUFFIXES):
        return _vector_table(path, sheet)
    known = ", ".join((*CSV_SUFFIXES, *EXCEL_SUFFIXES, *VECTOR_SUFFIXES, *PACKED))
    raise InputError(fault("world.format_unknown", path, known=known))


def find_columns(
    table: Table,
    given: Mapping[str, str | Sequence[str] | None],
    usual: Mapping[str, Names],
    required: Iterable[str],
) -> tuple[dict[str, list[str]], list[Fault]]:
    """Return the columns of the table that hold each field, and what is wrong with the mapping.

    Parameters
    ----------
    given
        Columns named by the user; several = the first that is not empty. An empty text says that
        the table has none, None that the usual names are to be tried.
    usual
        Usual names of each field. Names in a tuple are equally good: two columns that fit them
        are a fault that asks which one is meant; otherwise the earlier name wins.
    required
        Fields that must be there.
    """
    return match_columns(table.name, table.columns, given, usual, required)


def clean(cell: str) -> str:
    """Return a cell without the blanks around it and the signs that only say it is text."""
    cell = cell.strip(BLANKS)
    if cell.startswith("'") and cell[1:2] in FORMULA:
        return cell[1:]
    if cell.startswith('="'):
        quoted = QUOTED.fullmatch(cell)
        return quoted[1].strip(BLANKS) if quoted else cell
    return cell


def _text_table(path: Path, encoding: str, names: Sequence[str]) -> Table:
    found = read_text(path, encoding=encoding)
    header = _header_of(path, found.records, (), names)[0]
    notices = []
    if path.name.lower().endswith(EXCEL_SUFFIXES):
        notices.append(fault("tables.text_named_xls", path.name, encoding=found.encoding))
    layout = Layout(
        lead=found.records[: header.last + 1],
        encoding=found.encoding,
        mark=found.mark,
        separator=found.separator,
        header_row=header.first + 1,
    )
    return _table(path, header, found.records, layout, notices, wide=False)


def _workbook_table(path: Path, sheet: str, names: Sequence[str]) -> Table:
    book = open_workbook(path, sheet=sheet)
    found = book.read(sheet or book.visible[0])
    empty = not any(cell.strip(BLANKS) for row in found.records for cell in row)
    known = 0 if empty else _header_of(path, found.records, found.merges, names)[1]
    if not sheet and known < FEW:
        for other in book.visible[1:]:
            tried = book.read(other)
            if any(cell.strip(BLANKS) for row in tried.records for cell in row):
                fits = _header_of(path, tried.records, tried.merges, names)[1]
                if fits >= FEW or empty:
                    found, empty = tried, False
                    break
    notices = []
    if book.hidden:
        hidden = ", ".join(book.hidden)
        notices.append(fault("tables.sheets_hidden", path.name, sheets=hidden))
    others = [one for one in book.visible if one != found.name]
    if others:
        values = {"sheet": found.name, "others": ", ".join(others)}
        notices.append(fault("tables.sheet_chosen", path.name, **values))
    header, _ = _header_of(path, found.records, found.merges, names)
    layout = Layout(
        lead=found.records[: header.last + 1],
        sheet=found.name,
        merges=found.merges,
        header_row=header.first + 1,
    )
    records = filled_down(found.records, found.merges, first=header.last + 1)
    return _table(path, header, records, layout, notices, wide=True)


def _vector_table(path: Path, layer: str) -> Table:
    frame = read_vectors(path, layer=layer)
    lonlat = lonlat_of(path, frame)
    attributes = frame.drop(columns=frame.geometry.name)
    attributes = attributes.drop(columns=["lon", "lat"], errors="ignore")
    records = [[*(str(column) for column in attributes.columns), "lon", "lat"]]
    for values, (lon, lat) in zip(attributes.itertuples(index=False), lonlat, strict=True):
        texts = ["" if pd.isna(value) else as_text(value) for value in values]
        records.append([*texts, *("" if np.isnan(one) else repr(float(one)) for one in (lon, lat))])
    header = Header(tuple(records[0]), 0, 0)
    notices = [fault("sandbox.crs_assumed", path.name)] if reference_missing(path) else []
    return _table(path, header, records, None, notices, wide=False)


def _header_of(
    path: Path, records: Sequence[list[str]], merges: Sequence[Merge], names: Sequence[str]
) -> tuple[Header, int]:
    if not any(cell.strip(BLANKS) for row in records for cell in row):
        raise InputError(fault("world.table_empty", path))
    widest = max(map(len, records))
    if widest > MOST_COLUMNS:
        raise InputError(fault("tables.columns_many", path, count=widest, most=MOST_COLUMNS))
    return find_header(records, merges, names=names)


def _table(
    path: Path,
    header: Header,
    records: Sequence[list[str]],
    layout: Layout | None,
    notices: Sequence[Fault],
    *,
    wide: bool,
) -> Table:
    """Return the table below a header; `wide` = cells beyond the header are unnamed columns."""
    columns = list(header.columns)
    kept = [
        (at, row)
        for at, row in enumerate(records[header.last + 1 :], header.last + 2)
        if any(cell.strip(BLANKS) for cell in row)
    ]
    if wide:
        width = max((len(row) for _, row in kept), default=0)
        columns += [f"#{at}" for at in range(len(columns) + 1, width + 1)]
    width = len(columns)
    cleaned = [[clean(cell) for cell in row] for _, row in kept]
    overlong = tuple(at for at, row in enumerate(cleaned) if any(row[width:]))
    text = pd.DataFrame(
        [row[:width] + [""] * (width - len(row)) for row in cleaned], columns=columns, dtype=object
    )
    # A column without a name and without a value is only a gap in the sheet.
    gaps = [one for one in columns if re.fullmatch(r"#\d+", one) and not (text[one] != "").any()]
    if layout is not None:
        layout = replace(layout, cells=[row for _, row in kept])
    return Table(
        name=path.name,
        text=text.drop(columns=gaps),
        row=np.array([at for at, _ in kept], dtype=np.int64),
        layout=layout,
        notices=tuple(notices),
        overlong=overlong,
    )
