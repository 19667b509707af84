"""Reading back a filled workbook of route sheets, as a job in the background; visits are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import sqlalchemy as sa

from geodata.filled_sheets import FilledSheets, VisitRecord, read_filled_sheets
from geodata.isolation import reading_by
from geodata.sandbox import Sandbox
from gridmap import schemas
from gridmap.catalogue import Language
from gridmap.errors import InputError, fault
from gridmap.export.visit_steps import entry_columns
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import read_arguments
from gridmap.progress import Progress
from gridmap.store.roles import Permission
from gridmap.store.sheet_visits import keep_visits

STAGE = "jobs.stage.read_sheet"
#: Rows that the answer has at most.
MOST_ROWS = 500


class SheetArguments(pydantic.BaseModel):
    """Arguments of reading back.

    Attributes
    ----------
    file, named
        A file of the inbox, and how its sender calls it.
    scenario_id
        The plan that it is of.
    start
        First day of the cycle that was worked; None = that of the plan. Where neither says it,
        visits have no day and are shown, not kept.
    language
        Language of what was filled in, as it is told.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    file: str
    scenario_id: int
    start: date | None = None
    named: str = ""
    language: Language = "en"


def read_sheet(task: Task) -> Write:
    """Read what was filled in, and keep the visits of the days on which anything was.

    A visit is kept once, however often its sheet is handed in. Entries that make no sense, and
    outlets that the plan does not have, are faults with their file, sheet and cell, all at once.
    """
    asked = read_arguments(SheetArguments, task.arguments)
    file = task.inbox / asked.file
    if Path(asked.file).name != asked.file or not file.is_file() or file.is_symlink():
        raise InputError(fault("jobs.bad_file", asked.file))
    task.report(Progress(STAGE, 0.0))
    territory, scenario = task.store.load(task.scope, asked.scenario_id)
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
    log = visit_log(found, asked.start or scenario.request.routing.cycle_start)
    task.report(Progress(STAGE, 1.0))
    if log is None:
        return lambda _: told
    first, last = log["date"].min(), log["date"].max()

    def write(connection: sa.Connection) -> Mapping[str, Any]:
        kept = keep_visits(connection, task.scope, task.territory, log)
        return {**told, "kept": {**asdict(kept), "first": first, "last": last}}

    return write


def visit_log(found: FilledSheets, start: date | None) -> pd.DataFrame | None:
    """Return the visits of the days on which anything was filled in; None without their dates.

    Every stop of such a day was planned; one of which nothing is said was not made.
    """
    worked = {(one.route, one.week, one.weekday) for one in found.records}
    stops = [
        one
        for one in (*found.records, *found.left)
        if (one.route, one.week, one.weekday) in worked and one.day(start)
    ]
    if not stops:
        return None
    frame = pd.DataFrame(
        {
            "outlet_id": [one.outlet_id for one in stops],
            "date": [one.day(start) for one in stops],
            "route": [one.route for one in stops],
            "planned": 1.0,
            "done": [one.visited for one in stops],
            "seq": [float(one.seq) or np.nan for one in stops],
            "came": [float(one.values.get("came", np.nan)) for one in stops],
        }
    )
    return schemas.VISIT_LOG.validate(frame)


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
