"""The job that balances a draft: one edit, undone as any other, and nobody is overrun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_town import BOSS, PLANNER, Desk, desk

from gridmap.errors import Cancelled, ConflictError, InputError, PermissionDenied
from gridmap.jobs.kinds import Task
from gridmap.jobs.queue import Queue
from gridmap.jobs.rebalance_job import REBALANCE
from gridmap.partition.edits import Lock, Move
from gridmap.progress import Progress
from gridmap.store.engine import writing
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope


@pytest.fixture
def at(tmp_path: Path) -> tuple[Store, Desk]:
    """A draft of two cells with 14 and 10 of 24 equal units."""
    store = Store(f"sqlite:///{(tmp_path / 'plans.db').as_posix()}")
    here = desk(store)
    here.commit(Move((3, 9), 0), "uneven")
    return store, here


def run(
    store: Store,
    draft: int,
    folder: Path,
    report: Callable[[Progress], None] = lambda _: None,
    *,
    territory: str = "Grid Town",
    scope: Scope = BOSS,
) -> Any:
    task = Task(store, scope, territory, {"scenario_id": draft}, folder / "7", folder, report)
    return REBALANCE.run(task)


def test_the_rest_is_balanced_as_one_edit(at: tuple[Store, Desk], tmp_path: Path) -> None:
    store, here = at
    told: list[float] = []
    write = run(store, here.draft, tmp_path, lambda one: told.append(one.fraction or 0.0))
    with writing(store.engine, BOSS) as connection:
        result = write(connection)
    label = here.drafts.head(PLANNER, here.draft).state.label
    assert np.bincount(label).tolist() == [12, 12]
    assert (result["moved"], result["sequence"]) == (2, 2)
    assert result["before"] == pytest.approx(2 / 12)
    assert result["after"] == 0.0
    last = here.drafts.history(PLANNER, here.draft)[-1]
    assert (last.kind, last.author) == ("rebalance", BOSS.user)
    assert told == sorted(told)
    here.drafts.undo(BOSS, here.draft, key="back")
    assert np.bincount(here.drafts.head(PLANNER, here.draft).state.label).tolist() == [14, 10]


def test_what_somebody_did_meanwhile_is_not_overrun(at: tuple[Store, Desk], tmp_path: Path) -> None:
    store, here = at
    write = run(store, here.draft, tmp_path)
    here.commit(Move((15,), 0), "meanwhile")
    with pytest.raises(ConflictError), writing(store.engine, BOSS) as connection:
        write(connection)
    assert here.drafts.head(PLANNER, here.draft).version.head == 2


def test_with_all_locked_nothing_is_written(at: tuple[Store, Desk], tmp_path: Path) -> None:
    store, here = at
    here.commit(Lock((0, 1)), "locked")
    with writing(store.engine, BOSS) as connection:
        result = run(store, here.draft, tmp_path)(connection)
    assert result["moved"] == 0
    assert here.drafts.head(PLANNER, here.draft).version.head == 2


def test_it_ends_when_it_is_cancelled(at: tuple[Store, Desk], tmp_path: Path) -> None:
    store, here = at

    def end(progress: Progress) -> None:
        if progress.fraction:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(store, here.draft, tmp_path, end)


def test_only_editors_of_the_territory_may_ask(at: tuple[Store, Desk], tmp_path: Path) -> None:
    store, here = at
    queue = Queue(store.engine, {REBALANCE.name: REBALANCE})
    with pytest.raises(PermissionDenied):
        queue.ask(Scope(role=Role.VIEWER), "rebalance", "Grid Town", {})
    with pytest.raises(InputError):
        run(store, here.draft, tmp_path, territory="Elsewhere")
    with pytest.raises(PermissionDenied):
        run(store, here.draft, tmp_path, scope=Scope(frozenset({"Elsewhere"})))
