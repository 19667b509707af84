"""The job that plans a cell of a draft anew around what a planner keeps fixed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pydantic
import sqlalchemy as sa

from gridmap.cell_cycle import CellCycle
from gridmap.errors import InputError, fault
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import read_arguments
from gridmap.progress import Progress
from gridmap.routing.portfolio import compile_loops
from gridmap.routing.rest import replan_rest
from gridmap.store.cycle_log import CycleEntry, digest_of
from gridmap.store.cycle_table import CycleTable, change_to, writer_of
from gridmap.store.roles import Permission

STAGE = "jobs.stage.replan_cell"
#: So often, in seconds, a search tells how far it is and asks whether it shall end.
_TELL_EVERY_S = 0.25


class CellArguments(pydantic.BaseModel):
    """Arguments: a draft, one of its cells, and how long is searched, in seconds."""

    model_config = pydantic.ConfigDict(extra="forbid")

    scenario_id: int
    cell_id: int
    seed: int = pydantic.Field(default=0, ge=0)
    max_seconds: float = pydantic.Field(default=20.0, gt=0.0, le=3600.0)


def replan_cell(task: Task) -> Write:
    """Plan the visits of a cell anew but for what is pinned; the result is one more edit."""
    asked = read_arguments(CellArguments, task.arguments)
    seen = CycleTable(task.store.engine).seen(task.scope, asked.scenario_id, asked.cell_id)
    if seen.territory.name != task.territory:
        raise InputError(fault("jobs.other_place", asked.scenario_id, found=seen.territory.name))
    task.report(Progress(STAGE, 0.0))
    compile_loops()
    cycle = seen.cycle
    shifts = replan_rest(
        cycle.visits,
        cycle.policy,
        cycle.shifts,
        seen.head.pins,
        seed=asked.seed,
        stop=_Told(task, asked.max_seconds),
    )
    new = cycle.with_shifts(shifts)
    entry = CycleEntry(
        asked.cell_id,
        key=f"job {task.folder.name}",
        asked=digest_of("replan", task.folder.name),
        kind="replan",
        change=change_to(seen, new.days),
    )
    write = writer_of(task.scope, asked.scenario_id, seen, entry)
    figures = {
        "before": cycle_figures(cycle),
        "after": cycle_figures(new),
        "moved": sum(len(set(old) - set(entry.change.after[slot]))
                     for slot, old in entry.change.before.items()),
    }  # fmt: skip
    task.report(Progress(STAGE, 1.0))

    def written(connection: sa.Connection) -> Mapping[str, Any]:
        done, _ = write(connection)
        place = {"scenario_id": asked.scenario_id, "cell_id": asked.cell_id}
        return {**place, "sequence": done.sequence, **figures}

    return written


def cycle_figures(cycle: CellCycle) -> dict[str, float]:
    """Return minutes of travel of a cycle, and of its longest and its shortest day of work."""
    place = {outlet: at for at, outlet in enumerate(cycle.visits.outlet_ids, 1)}
    service_s = cycle.visits.service_s(cycle.policy)
    travel, work = [0.0], []
    for (_, manager), outlets in cycle.days.items():
        places = [place[one] for one in outlets]
        start, end = cycle.visits.base(manager)
        way = np.array([start, *places, end])
        travel.append(float(cycle.visits.travel_s[way[:-1], way[1:]].sum()) / 60.0)
        work.append(travel[-1] + float(service_s[np.array(places) - 1].sum()) / 60.0)
    return {
        "travel_min": sum(travel),
        "longest_min": max(work, default=0.0),
        "shortest_min": min(work, default=0.0),
    }


class _Told:
    """Stops a search after some seconds, and tells of its progress meanwhile."""

    def __init__(self, task: Task, max_seconds: float) -> None:
        self._task, self._max_s = task, max_seconds
        self._start = self._last = time.monotonic()

    def __call__(self, _: float, /) -> bool:
        now = time.monotonic()
        share = (now - self._start) / self._max_s
        if now - self._last >= _TELL_EVERY_S:
            self._last = now
            self._task.report(Progress(STAGE, min(share, 0.99)))
        return share >= 1.0


REPLAN_CELL = Kind("replan_cell", Permission.PLAN, replan_cell, {STAGE: 1.0})
