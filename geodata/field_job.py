"""``gridmap import`` for what comes back from the field: filled route sheets and field tables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast, get_args

import pandas as pd

from geodata.fault_report import guarded
from geodata.field_tables import import_field_table, tables_of
from geodata.filled_sheets import is_filled_sheets, read_filled_sheets
from geodata.headers import FieldKind
from geodata.safe_files import written
from gridmap.catalogue import Language, text
from gridmap.errors import Fault, InputError, fault

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@dataclass(frozen=True)
class FieldJob:
    """What is asked of an import from the field.

    Attributes
    ----------
    file
        Filled route sheets (kind ``visits``) or a list.
    kind
        ``visits``, ``steps``, ``complaints`` or ``sightings``.
    known
        Numbers of the outlets that may stand in it; any by default.
    start
        A day of the first week of the cycle.
    out
        File for the rows, .csv; beside the table by default.
    preview
        Write nothing.
    sheet, encoding
        How a list is read.
    """

    file: Path
    kind: str
    known: Collection[str] | None = None
    start: date | None = None
    out: Path | None = None
    preview: bool = False
    sheet: str = ""
    encoding: str = ""


@dataclass(frozen=True, eq=False)
class FieldResult:
    """What was read and written."""

    tables: Mapping[str, pd.DataFrame]
    written: tuple[Path, ...]
    notices: tuple[Fault, ...]

    def lines(self, language: Language) -> list[str]:
        """Return what a person reads."""
        lines = [one.text(language) for one in self.notices]
        for name, frame in self.tables.items():
            lines.append(text("fieldwork.rows", language, table=name, count=len(frame)))
        files = ", ".join(str(one) for one in self.written)
        key = "tables.wrote" if self.written else "tables.preview_only"
        return [*lines, text(key, language, files=files)]

    def as_json(self) -> str:
        """Return what a machine reads."""
        counts = {name: len(frame) for name, frame in self.tables.items()}
        return json.dumps({"counts": counts, "files": [str(one) for one in self.written]})


def is_field_job(file: Path, kind: str) -> bool:
    """Return whether an import is one of this module."""
    if kind in get_args(FieldKind):
        return True
    return kind == "visits" and file.suffix.lower() in WORKBOOKS and is_filled_sheets(file)


def run_field_job(job: FieldJob) -> FieldResult:
    """Read what comes from the field and write it as CSV, whole or not at all.

    Filled sheets give three files: visits, results of their steps, and complaints.

    Raises
    ------
    InputError
        If the file cannot be used, or with every cell that makes no sense.
    """
    out = job.out or job.file.with_name(f"{job.file.stem}.clean.csv")
    if out.suffix.lower() != ".csv":
        raise InputError(fault("tables.out_unknown", out, known=".csv"))
    notices: list[Fault] = []
    tables: dict[str, pd.DataFrame]
    if job.kind == "visits":
        read = read_filled_sheets(job.file, known=job.known)
        visited = sum(one.visited for one in read.records)
        notices.append(
            fault("fieldwork.read", file=job.file.name, sheets=read.sheets, visits=visited,
                  not_visited=len(read.records) - visited, empty=read.empty)
        )  # fmt: skip
        if job.start is None:
            notices.append(fault("fieldwork.no_dates"))
        found = tables_of(read.records, start=job.start)
        tables = {"visits": found.visits, "steps": found.steps, "complaints": found.complaints}
    else:
        kind = cast(FieldKind, job.kind)
        frame = import_field_table(job.file, kind, sheet=job.sheet, encoding=job.encoding)
        tables = {job.kind: frame}
    paths = {
        name: out if name == job.kind else out.with_name(f"{out.stem}.{name}.csv")
        for name in tables
    }
    clash = [path for path in paths.values() if path.resolve() == job.file.resolve()]
    if clash:
        raise InputError(*(fault("tables.same_file", path) for path in clash))
    if job.preview:
        return FieldResult(tables, (), tuple(notices))
    for name, path in paths.items():
        frame = tables[name]
        words = [str(one) for one in frame if not pd.api.types.is_numeric_dtype(frame[one].dtype)]
        safe = frame.assign(**{one: frame[one].map(guarded) for one in words})
        with written(path) as temporary:
            safe.to_csv(temporary, index=False, encoding="utf-8-sig")
    return FieldResult(tables, tuple(paths.values()), tuple(notices))
