"""A person at a draft, played: redraws a random border unit, again and again."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext

import numpy as np
import sqlalchemy as sa

from benchmarks.store_case import OPERATOR
from gridmap.errors import InputError
from gridmap.partition.edit import Redrawn, redraw
from gridmap.partition.edits import Move
from gridmap.partition.redraw import DrawnPlan
from gridmap.store import audit
from gridmap.store.change_codec import decode_change
from gridmap.store.draft_tables import edit
from gridmap.store.drafts import Drafts
from gridmap.store.engine import reading
from gridmap.store.repository import Store
from gridmap.store.scope import Scope


def processes() -> ForkServerContext:
    """Return a way to start processes quickly and without anything of ours open in them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.store_warm"])
    return context


def random_edit(
    rng: np.random.Generator, plan: DrawnPlan, cells: Sequence[int] | None = None
) -> Redrawn:
    """Return a random border unit moved to a neighbouring cell, all of it among some cells."""
    allowed = np.array(plan.cells if cells is None else cells)
    while True:
        to = int(rng.choice(allowed))
        rim = np.setdiff1d(plan.ground.neighbourhood(plan.members(to)), plan.members(to))
        rim = rim[np.isin(plan.label[rim], allowed)]
        if not len(rim):
            continue
        try:
            return redraw(plan, Move((int(rng.choice(rim)),), to))
        except InputError:
            continue


def faults_of(store: Store, draft: int) -> list[str]:
    """Return what is wrong with a draft: counts, the replay from its beginning, the audit."""
    drafts = Drafts(store.engine)
    head = drafts.head(OPERATOR, draft)
    with reading(store.engine, Scope.everything()) as connection:
        rows = connection.execute(
            sa.select(edit).where(edit.c.scenario_id == draft).order_by(edit.c.sequence)
        ).all()
    found = []
    if [row.sequence for row in rows] != list(range(1, head.version.head + 1)):
        found.append(f"head {head.version.head}, but {len(rows)} edits")
    replayed = drafts.state(OPERATOR, draft, sequence=0)
    counts = dict.fromkeys(replayed.centre, 1)
    for row in rows:
        units, before = decode_change(row.inverse).moved()
        if (replayed.label[units] != before).any():
            found.append(f"edit {row.sequence} was made on other cells")
        replayed = replayed.after([decode_change(row.change)])
        for cell, number in row.cells:
            counts[cell] = counts.get(cell, 0) + 1
            if counts[cell] != number:
                found.append(f"edit {row.sequence} skips a version of cell {cell}")
    if not np.array_equal(replayed.label, head.state.label):
        found.append("the snapshot is not what the log gives")
    if counts != head.versions:
        found.append("versions of cells are not counted by the log")
    found += [one.text() for one in audit.verify_audit(store.engine, OPERATOR)]
    told = audit.entries(store.engine, OPERATOR, subject=f"scenario/{draft}", most=10**6)
    if sum(one.action == "edited" for one in told) != len(rows):
        found.append("the audit does not have every edit once")
    if store.engine.dialect.name == "sqlite":
        with reading(store.engine, Scope.everything()) as connection:
            if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                found.append("the file is damaged")
    return found
