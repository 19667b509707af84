"""Old jobs and their files go; what is open, young or named by an open job stays."""

import datetime as dt
import os
from pathlib import Path

import sqlalchemy as sa
from job_kinds import KINDS

from gridmap.jobs.job import State
from gridmap.jobs.purge import Purged, purge
from gridmap.jobs.queue import Queue
from gridmap.jobs.worker import Pace, Worker
from gridmap.store import tables
from gridmap.store.repository import Store
from gridmap.store.scope import Scope

EVERYTHING = Scope.everything()
DAY = dt.timedelta(days=1)


def age(path: Path, days: float) -> None:
    time = dt.datetime.now(dt.UTC).timestamp() - days * DAY.total_seconds()
    os.utime(path, (time, time))


def ended(store: Store, queue: Queue, days: float, state: State = State.DONE) -> int:
    """A job that ended so many days ago."""
    number = queue.ask(EVERYTHING, "mark", "Grid Town", {"name": "one"})
    then = dt.datetime.now(dt.UTC) - days * DAY
    with store.engine.begin() as connection:
        mine = tables.job.c.job_id == number
        connection.execute(sa.update(tables.job).where(mine).values(state=state, ended=then))
    return number


def handed_in(files: Path, name: str, days: float) -> Path:
    (files / "inbox").mkdir(parents=True, exist_ok=True)
    file = files / "inbox" / name
    file.write_text("id")
    age(file, days)
    return file


def test_what_is_old_goes_and_all_else_stays(store: Store, tmp_path: Path) -> None:
    queue = Queue(store.engine, KINDS)
    old = [ended(store, queue, 31, state) for state in (State.DONE, State.FAILED, State.CANCELLED)]
    young = ended(store, queue, 29)
    waits = queue.ask(EVERYTHING, "mark", "Grid Town", {"file": "waited-for.csv"})
    folders = {number: tmp_path / "jobs" / f"{number}-1" for number in [*old, young, waits]}
    for folder in folders.values():
        folder.mkdir(parents=True)
        (folder / "made.csv").write_text("id")
    gone = [handed_in(tmp_path, name, 31) for name in ("old.csv", ".interrupted")]
    kept = [handed_in(tmp_path, "young.csv", 29), handed_in(tmp_path, "waited-for.csv", 31)]
    assert purge(store.engine, tmp_path, keep=30 * DAY) == Purged(jobs=3, inbox=2)
    assert {one.job_id for one in queue.jobs(EVERYTHING)} == {young, waits}
    assert [folders[one].exists() for one in (*old, young, waits)] == [False] * 3 + [True] * 2
    assert not any(one.exists() for one in gone) and all(one.exists() for one in kept)
    assert purge(store.engine, tmp_path, keep=30 * DAY) == Purged(0, 0)


def test_a_worker_clears_away_if_it_is_told_how_long_to_keep(store: Store, tmp_path: Path) -> None:
    queue = Queue(store.engine, KINDS)
    number = ended(store, queue, 31)
    url = store.engine.url.render_as_string(hide_password=False)
    for keep, left in ((None, 1), (30 * DAY, 0)):
        worker = Worker(
            url, KINDS, name="w", files=tmp_path, pace=Pace(poll_s=0.01), preload=(), keep=keep
        )
        worker._purge()
        worker.close()
        assert [one.job_id for one in queue.jobs(EVERYTHING)] == [number] * left
