"""Reading back a filled workbook of route sheets as a job in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic

from geodata.filled_sheets import VisitRecord, read_filled_sheets
from geodata.isolation import reading_by
from geodata.sandbox import Sandbox
from gridmap.catalogue import Language
from gridmap.errors import InputError, fault
from gridmap.export.visit_steps import entry_columns
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import read_arguments
from gridmap.progress import Progress
from gridmap.store.roles import Permission

STAGE = "jobs.stage.read_sheet"
#: Rows that the answer has at most.
MOST_ROWS = 500


class SheetArguments(pydantic.BaseModel):
    """Arguments: a file of the inbox, how its sender calls it, and the plan that it is of."""

    model_config = pydantic.ConfigDict(extra="forbid")

    file: str
    scenario_id: int
    named: str = ""
    language: Language = "en"


def read_sheet(task: Task) -> Write:
    """Read what was filled in; nothing of it is stored.

    Entries that make no sense, and outlets that the plan does not have, are faults with their
    file, sheet and cell, all at once.
    """
    asked = read_arguments(SheetArguments, task.arguments)
    file = task.inbox / asked.file
    if Path(asked.file).name != asked.file or not file.is_file() or file.is_symlink():
        raise InputError(fault("jobs.bad_file", asked.file))
    task.report(Progress(STAGE, 0.0))
    territory, _ = task.store.load(task.scope, asked.scenario_id)
    if territory.name != task.territory:
        raise InputError(fault("jobs.other_place", asked.scenario_id, found=territory.name))
    known = set(territory.outlets["outlet_id"].astype(str))
    with Sandbox() as reader, reading_by(reader):
        found = read_filled_sheets(file, known=known)
    labels = {one.key: one.label(asked.language) for one, _ in entry_columns(asked.language)}
    told = {
        "named": asked.named or asked.file,
        "sheets": found.sheets,
        "visited": sum(one.visited for one in found.records),
        "missed": sum(not one.visited for one in found.records),
        "empty": found.empty,
        "rows": [_row(one, labels) for one in found.records[:MOST_ROWS]],
    }
    task.report(Progress(STAGE, 1.0))
    return lambda _: told


def _row(one: VisitRecord, labels: dict[str, str]) -> dict[str, Any]:
    filled = "; ".join(
        f"{labels.get(key, key)}: {_told(value)}" for key, value in one.values.items()
    )
    return {
        "where": one.where,
        "route": one.route,
        "outlet": one.outlet_id,
        "visited": one.visited,
        "filled": filled,
    }


def _told(value: object) -> str:
    return "✓" if value is True else str(value)


READ_SHEET = Kind("read_sheet", Permission.IMPORT, read_sheet, {STAGE: 1.0})
