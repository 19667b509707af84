"""The import of a table as a job in the background."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pydantic
import sqlalchemy as sa

from geodata import fault_report
from geodata.fault_report import guarded
from geodata.headers import Kind as TableKind
from geodata.import_job import ImportJob, run_import
from geodata.incoming import Read, read_rows
from geodata.isolation import reading_by
from geodata.mapping import TableMapping
from geodata.renewal import renewed
from geodata.safe_files import written
from geodata.sandbox import Sandbox
from gridmap.catalogue import Language
from gridmap.errors import InputError, fault
from gridmap.intake import RowKind
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import read_arguments
from gridmap.policies import PlanRequest
from gridmap.progress import Progress
from gridmap.store.roles import Permission
from gridmap.store.states import load_state, newest_request, save_state, states_of

STAGE = "jobs.stage.import"


class ImportArguments(pydantic.BaseModel):
    """Arguments of an import.

    Attributes
    ----------
    file
        A file of the inbox by its bare name.
    name
        Its name as it was handed in, for people.
    rows
        What its rows are. Outlets, demand, a log of visits and market figures become a new state
        of the territory, of which plans can be made; other rows only files.
    settings
        How it is read.
    preview
        Write nothing but the fault report.
    language
        Language of the report.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    file: str
    name: str = pydantic.Field(default="", max_length=200)
    rows: TableKind = "outlets"
    settings: TableMapping | None = None
    preview: bool = False
    language: Language = "en"


def import_table(task: Task) -> Write:
    """Clean a table, and make a new state of the territory with its rows.

    Accepted rows and fault report go into the folder of the job. A territory of which there is
    no plan yet has no ground to bind rows to; then there are these files only.
    """
    asked = read_arguments(ImportArguments, task.arguments)
    file = task.inbox / asked.file
    if Path(asked.file).name != asked.file or not file.is_file() or file.is_symlink():
        raise InputError(fault("jobs.bad_file", asked.name or asked.file))
    task.report(Progress(STAGE, 0.0))
    task.folder.mkdir(parents=True, exist_ok=True)
    states = states_of(task.store.engine, task.scope, task.territory)
    request = newest_request(task.store.engine, task.scope, task.territory)
    rows: RowKind | None = next((one for one in get_args(RowKind) if one == asked.rows), None)
    if rows is None or not states or request is None:
        return _cleaned(task, asked, file)
    return _renewed(task, asked, file, rows, request, base=states[0].territory_hash)


def _renewed(
    task: Task,
    asked: ImportArguments,
    file: Path,
    rows: RowKind,
    request: PlanRequest,
    *,
    base: str,
) -> Write:
    """Read the table for the newest state of its territory, and return how the next is written."""
    name = asked.name or file.name
    territory = load_state(task.store.engine, task.scope, base)
    task.report(Progress(STAGE, 0.2, name))
    with Sandbox() as reader, reading_by(reader):
        read = read_rows(file, rows, asked.settings or TableMapping(), territory, request)
    task.report(Progress(STAGE, 0.5, name))
    files = _report_files(task, read, asked)
    result: dict[str, Any] = {"folder": task.folder.name, "files": files, "counts": read.counts}
    if asked.preview:
        return lambda _: result
    made = renewed(
        territory, read, rows, request, file=name,
        file_hash=hashlib.sha256(file.read_bytes()).hexdigest(),
    )  # fmt: skip
    task.report(Progress(STAGE, 0.9, name))
    changed = made.content_hash != base

    def write(connection: sa.Connection) -> Mapping[str, Any]:
        if changed:
            save_state(connection, task.scope, made, base=base, file=name)
        return {**result, "territory_hash": made.content_hash, "rows": rows}

    return write


def _report_files(task: Task, read: Read, asked: ImportArguments) -> list[str]:
    """Write the accepted rows and, if there is anything to say, the fault report."""
    written_files = []
    if len(read.excluded) or len(read.repaired) or len(read.remarks):
        written_files += fault_report.write(
            task.folder / "faults.xlsx", read.table, read.excluded, read.repaired,
            remarks=read.remarks, language=asked.language,
        )  # fmt: skip
    accepted = task.folder / "accepted.csv"
    frame = read.frame.drop(columns=["x", "y", "unit"], errors="ignore")
    texts = [str(one) for one in frame if not pd.api.types.is_numeric_dtype(frame[one].dtype)]
    safe = frame.assign(**{one: frame[one].astype(str).map(guarded) for one in texts})
    with written(accepted) as temporary:
        safe.to_csv(temporary, index=False, encoding="utf-8-sig")
    return sorted(one.name for one in (accepted, *written_files))


def _cleaned(task: Task, asked: ImportArguments, file: Path) -> Write:
    """Clean a table that no territory is there for yet."""
    if asked.rows not in ("outlets", "demand", "visits"):
        raise InputError(fault("data.no_ground", task.territory))
    with Sandbox() as reader, reading_by(reader):
        done = run_import(
            ImportJob(
                file,
                kind=asked.rows,
                settings=asked.settings,
                preview=asked.preview,
                out=task.folder / "accepted.csv",
                faults=task.folder / "faults.xlsx",
                language=asked.language,
            )
        )
    task.report(Progress(STAGE, 1.0))
    files = sorted(one.name for one in done.written)
    counts = done.imported.counts
    return lambda _: {"folder": task.folder.name, "files": files, "counts": counts}


IMPORT = Kind("import", Permission.IMPORT, import_table, {STAGE: 1.0})
