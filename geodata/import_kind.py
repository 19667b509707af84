"""The import of a table as a job in the background."""

from __future__ import annotations

from pathlib import Path

import pydantic

from geodata.headers import Kind as RowKind
from geodata.import_job import ImportJob, run_import
from geodata.isolation import reading_by
from geodata.mapping import TableMapping
from geodata.sandbox import Sandbox
from gridmap.catalogue import Language
from gridmap.errors import InputError, fault
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import read_arguments
from gridmap.progress import Progress
from gridmap.store.roles import Permission

STAGE = "jobs.stage.import"


class ImportArguments(pydantic.BaseModel):
    """Arguments of an import: a file of the inbox by its bare name, and how it is read."""

    model_config = pydantic.ConfigDict(extra="forbid")

    file: str
    rows: RowKind = "outlets"
    settings: TableMapping | None = None
    preview: bool = False
    language: Language = "en"


def import_table(task: Task) -> Write:
    """Clean a table; accepted rows and fault report go into the folder of the job."""
    asked = read_arguments(ImportArguments, task.arguments)
    file = task.inbox / asked.file
    if Path(asked.file).name != asked.file or not file.is_file() or file.is_symlink():
        raise InputError(fault("jobs.bad_file", asked.file))
    task.report(Progress(STAGE, 0.0))
    task.folder.mkdir(parents=True, exist_ok=True)
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
