"""Tables as text: CSV and Excel files with their headers, encodings and row numbers.

Nothing is guessed statistically: an encoding is a byte-order mark, strict UTF-8 or strict GB18030,
in this order, and a separator is the one that the header has most of.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from geodata.isolation import untrusted
from geodata.vectors import SUFFIXES as VECTOR_SUFFIXES
from geodata.vectors import lonlat_of, read_vectors
from gridmap.errors import Fault, InputError, fault

Ints = NDArray[np.int64]

EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
CSV_SUFFIXES = (".csv", ".csv.gz", ".txt", ".tsv")
SEPARATORS = ",;\t|"
#: A decompressed table larger than this is refused. Bytes.
MOST_BYTES = 2 * 1024**3
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


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
        Number of each row as a spreadsheet shows it, the header being row 1. Shape (n_rows,).
    """

    name: str
    text: pd.DataFrame
    row: Ints

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
def read_table(path: Path, *, sheet: str = "") -> Table:
    """Read a table; vector files become tables with the columns lon and lat (WGS-84).

    Parameters
    ----------
    path
        File in .csv, .csv.gz, .tsv, .txt, .xlsx (or another Excel or ODS format) or a vector
        format of `geodata.vectors`.
    sheet
        Sheet of a workbook, or layer of a vector file; the first visible one by default.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another format or empty, or there is no such sheet.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(fault("world.file_missing", path))
    name = path.name.lower()
    if name.endswith(CSV_SUFFIXES):
        records = list(_csv_records(path))
    elif name.endswith(EXCEL_SUFFIXES):
        records = list(_excel_records(path, sheet))
    elif name.endswith(VECTOR_SUFFIXES):
        records = list(_vector_records(path, sheet))
    else:
        known = ", ".join((*CSV_SUFFIXES, *EXCEL_SUFFIXES, *VECTOR_SUFFIXES))
        raise InputError(fault("world.format_unknown", path, known=known))
    return _table(path, records)


def find_columns(
    table: Table,
    given: Mapping[str, str | Sequence[str] | None],
    usual: Mapping[str, Sequence[str]],
    required: Iterable[str],
) -> tuple[dict[str, list[str]], list[Fault]]:
    """Return the columns of the table that hold each field, and what is wrong with the mapping.

    Parameters
    ----------
    given
        Columns named by the user; several = the first that is not empty. An empty text says that
        the table has none, None that the usual names are to be tried.
    usual
        Usual names of each field.
    required
        Fields that must be there.
    """
    by_name = {_plain(column): column for column in reversed(table.columns)}
    have = ", ".join(table.columns)
    found: dict[str, list[str]] = {}
    faults: list[Fault] = []
    for field, names in usual.items():
        asked = given.get(field)
        if asked is None:
            match = next((by_name[_plain(one)] for one in names if _plain(one) in by_name), None)
            found[field] = [match] if match else []
        else:
            listed = [one for one in ([asked] if isinstance(asked, str) else asked) if one]
            lacking = [one for one in listed if _plain(one) not in by_name]
            found[field] = [by_name[_plain(one)] for one in listed if _plain(one) in by_name]
            faults += [
                fault("world.column_missing", table.name, field=field, column=one, have=have)
                for one in lacking
            ]
            if lacking:
                continue
        if field in required and not found[field]:
            faults.append(fault("world.column_needed", table.name, field=field, have=have))
    return found, faults


def decode(data: bytes) -> str:
    """Return the text of bytes: byte-order mark, else strict UTF-8, else strict GB18030.

    Raises
    ------
    UnicodeDecodeError
        If they are none of these.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _plain(column: str) -> str:
    """Return a column's name as it is compared: full-width, case and blanks do not matter."""
    return unicodedata.normalize("NFKC", column).strip().casefold()


def _csv_records(path: Path) -> Iterator[list[str]]:
    try:
        data = _unpacked(path) if path.name.lower().endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error
    try:
        text = decode(data)
    except UnicodeDecodeError as error:
        raise InputError(fault("world.encoding_unknown", path, byte=error.start + 1)) from error
    header = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=header.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error


def _unpacked(path: Path) -> bytes:
    with gzip.open(path) as packed:
        data = packed.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(f"more than {MOST_BYTES} bytes when unpacked")
    return data


def _excel_records(path: Path, sheet: str) -> Iterator[list[str]]:
    try:
        workbook = CalamineWorkbook.from_path(path)
        visible = [
            one.name for one in workbook.sheets_metadata if one.visible == SheetVisibleEnum.Visible
        ]
        if (sheet and sheet not in workbook.sheet_names) or not (sheet or visible):
            have = ", ".join(workbook.sheet_names)
            raise InputError(fault("world.sheet_missing", path, sheet=sheet, have=have))
        rows = workbook.get_sheet_by_name(sheet or visible[0]).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error
    for row in rows:
        yield [_as_text(value) for value in row]


def _as_text(value: object) -> str:
    # Excel keeps every number as a float, codes such as 1001 too.
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _vector_records(path: Path, layer: str) -> Iterator[list[str]]:
    frame = read_vectors(path, layer=layer)
    lonlat = lonlat_of(path, frame)
    attributes = frame.drop(columns=frame.geometry.name)
    attributes = attributes.drop(columns=["lon", "lat"], errors="ignore")
    yield [*(str(column) for column in attributes.columns), "lon", "lat"]
    for values, (lon, lat) in zip(attributes.itertuples(index=False), lonlat, strict=True):
        texts = ["" if pd.isna(value) else _as_text(value) for value in values]
        yield [*texts, *("" if np.isnan(one) else repr(float(one)) for one in (lon, lat))]


def _table(path: Path, records: Sequence[list[str]]) -> Table:
    filled = [(at, row) for at, row in enumerate(records, 1) if any(cell.strip() for cell in row)]
    if not filled:
        raise InputError(fault("world.table_empty", path))
    columns: list[str] = []
    for at, cell in enumerate(filled[0][1], 1):
        name = cell.strip() or f"#{at}"
        columns.append(name if name not in columns else f"{name} #{at}")
    width = len(columns)
    rows = [
        [*(cell.strip() for cell in row[:width]), *[""] * (width - len(row))]
        for _, row in filled[1:]
    ]
    return Table(
        name=path.name,
        text=pd.DataFrame(rows, columns=columns, dtype=object),
        row=np.array([at for at, _ in filled[1:]], dtype=np.int64),
    )
