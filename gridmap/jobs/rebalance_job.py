"""The job that balances the rest of a draft; its result is one edit that can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic
import sqlalchemy as sa

from gridmap.errors import InputError, fault
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import read_arguments
from gridmap.partition.edit import redraw
from gridmap.partition.realign import TRIES
from gridmap.partition.rebalance import rebalance
from gridmap.progress import MaxRuntime, Progress
from gridmap.store.drawing import DrawingTable
from gridmap.store.roles import Permission

STAGE = "jobs.stage.rebalance"
#: Rounds of each try: so near to a plan that somebody drew, few are needed.
ROUNDS = 5
#: Reading the draft takes about this share of the time.
_READ = 0.1


class RebalanceArguments(pydantic.BaseModel):
    """Arguments: a draft, the seed of the search, and how long it may take, in seconds."""

    model_config = pydantic.ConfigDict(extra="forbid")

    scenario_id: int
    seed: int = pydantic.Field(default=1, ge=0)
    max_seconds: float | None = pydantic.Field(default=None, gt=0.0, le=3600.0)


def rebalance_draft(task: Task) -> Write:
    """Bring the cells of a draft that are not locked into balance, as one edit.

    Whoever edits the draft meanwhile is not overrun: the edit is written only if the cells that
    it touches are still as they were read.
    """
    asked = read_arguments(RebalanceArguments, task.arguments)
    table = DrawingTable(task.store.engine)
    task.report(Progress(STAGE, 0.0))
    opened = table.opened(task.scope, asked.scenario_id)
    if opened.version.territory_name != task.territory:
        name = opened.version.territory_name
        raise InputError(fault("jobs.other_place", asked.scenario_id, found=name))
    plan = opened.canvas.plan
    task.report(Progress(STAGE, _READ))

    def tell(rounds: int) -> None:
        share = min(rounds / (ROUNDS * TRIES), 1.0)
        task.report(Progress(STAGE, _READ + (1.0 - _READ) * share))

    found = rebalance(
        plan,
        opened.canvas.base.request.partition.tolerances,
        iterations=ROUNDS,
        seed=asked.seed,
        stop=None if asked.max_seconds is None else MaxRuntime(asked.max_seconds),
        on_round=tell,
    )
    figures = {
        "scenario_id": asked.scenario_id,
        "moved": len(found.change.labels),
        "before": found.before,
        "after": found.after,
    }
    if not found.change.labels:
        return lambda _: figures
    done = redraw(plan, found.change)
    key = f"job {task.folder.name}"

    def write(connection: sa.Connection) -> Mapping[str, Any]:
        committed = table.drafts.commit_on(
            connection,
            task.scope,
            asked.scenario_id,
            plan,
            done,
            key=key,
            versions=opened.versions,
            kind=REBALANCE.name,
        )
        return {**figures, "sequence": committed.sequence}

    return write


REBALANCE = Kind("rebalance", Permission.EDIT, rebalance_draft, {STAGE: 1.0})
