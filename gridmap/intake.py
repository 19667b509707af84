"""A table that comes in for a territory, as it is looked at before it is imported.

`gridmap.job_kinds.table_intake` gives the function that looks; it lives outside of this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from gridmap.catalogue import Language
from gridmap.errors import Fault
from gridmap.policies import PlanRequest
from gridmap.territory import Territory

#: What the rows of a table are that a territory can take over.
RowKind = Literal["outlets", "demand", "visit_log", "market"]
ROW_KINDS: tuple[RowKind, ...] = ("outlets", "demand", "visit_log", "market")


@dataclass(frozen=True, eq=False)
class Incoming:
    """What is asked.

    Attributes
    ----------
    file
        The table, under whatever name it is kept.
    name
        Its name as it was handed in.
    rows
        What its rows are.
    settings
        How it is read, see `geodata.mapping.TableMapping`; whatever is not said is found out.
    territory, request
        The state of the territory that it comes in for, and what its plans are asked.
    """

    file: Path
    name: str
    rows: RowKind
    settings: Mapping[str, Any]
    territory: Territory
    request: PlanRequest


@dataclass(frozen=True)
class RowFault:
    """One thing wrong with one row.

    Attributes
    ----------
    row
        Number as a spreadsheet shows it.
    name
        Id of the row as it is named to the user.
    column, found
        Where in the row, and what stands there; may be empty.
    what
        What is wrong and how to mend it, as a fault.
    weight
        ``out`` = the row is left out, ``mended`` = read otherwise than it is written,
        ``doubt`` = taken as it is.
    """

    row: int
    name: str
    column: str
    found: str
    what: Fault
    weight: Literal["out", "mended", "doubt"]


@dataclass(frozen=True)
class Seen:
    """What a table looks like.

    Attributes
    ----------
    columns
        Names of its columns; empty if it cannot be read at all.
    fields, required
        What a column can hold, and which of these are needed (one alternative each).
    mapping
        The column of each field that has one.
    datum
        Datum as which its places are read.
    datum_fit_m
        Median metres to the nearest street in each datum; empty where nothing can be said.
    datum_best
        The datum that fits clearly better, else `datum`.
    sheet, encoding, header_row
        How it was found in the file.
    faults
        What is wrong with the file as a whole: nothing can be imported before it is mended.
    rows
        What is wrong with single rows, in their order.
    notices
        What else the user should know.
    counts
        Rows ``accepted``, of these ``repaired``, and ``rejected``.
    preview
        The first rows as they stand in the file, with the number of each under the empty name.
    points
        Longitude and latitude (WGS-84) of accepted rows, and the name of each.
    """

    columns: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    required: tuple[tuple[str, ...], ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    datum: str = "wgs84"
    datum_fit_m: Mapping[str, float] = field(default_factory=dict)
    datum_best: str = "wgs84"
    sheet: str = ""
    encoding: str = ""
    header_row: int = 1
    faults: tuple[Fault, ...] = ()
    rows: tuple[RowFault, ...] = ()
    notices: tuple[Fault, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    preview: Sequence[Mapping[str, str]] = ()
    points: Sequence[tuple[float, float, str]] = ()


class Intake(Protocol):
    """Looks at tables from outside, and opens none of them in this process."""

    def look(self, asked: Incoming) -> Seen:
        """Return what a table looks like; what is wrong with it is part of the answer."""
        ...

    def report(self, asked: Incoming, target: Path, language: Language) -> None:
        """Write the fault report of a table as a workbook.

        Raises
        ------
        InputError
            If the table cannot be read at all.
        """
        ...

    def territory_of(self, file: Path, name: str) -> str:
        """Return the name of the territory of a whole project in a zip archive.

        Raises
        ------
        InputError
            If that is no such archive; `name` stands for the file in the sentences.
        """
        ...
