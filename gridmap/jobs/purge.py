"""Clear away what nobody asks for any more: jobs that ended long ago, and their files."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from gridmap.jobs.job import State
from gridmap.store import tables
from gridmap.store.engine import reading, writing
from gridmap.store.rows import now
from gridmap.store.scope import Scope

_OPEN = (State.QUEUED, State.RUNNING)
_JOB = tables.job


@dataclass(frozen=True)
class Purged:
    """How many jobs, and files that were handed in, are gone."""

    jobs: int
    inbox: int


def purge(engine: sa.Engine, files: Path, *, keep: dt.timedelta) -> Purged:
    """Delete jobs that ended longer ago than `keep`, what they made, and what was handed in.

    Files go before rows: who is interrupted goes on next time. A file of the inbox stays as long
    as an open job names it. A job that is gone can be asked again under its key.

    Parameters
    ----------
    engine
        The database.
    files
        Folder with ``inbox`` and ``jobs``; of this database alone.
    keep
        Age from which jobs and files go.
    """
    before = now() - keep
    with reading(engine, Scope.everything()) as connection:
        over = connection.execute(
            sa.select(_JOB.c.job_id).where(_JOB.c.state.not_in(_OPEN), _JOB.c.ended < before)
        ).scalars()
        old = list(over)
        waiting = connection.execute(
            sa.select(_JOB.c.arguments).where(_JOB.c.state.in_(_OPEN))
        ).scalars()
        named = {str(one.get("file", "")) for one in waiting}
    for number in old:
        for folder in (files / "jobs").glob(f"{number}-*"):
            shutil.rmtree(folder, ignore_errors=True)
    with writing(engine, Scope.everything()) as connection:
        gone = connection.execute(sa.delete(_JOB).where(_JOB.c.job_id.in_(old)))
    return Purged(gone.rowcount, _empty(files / "inbox", before, named))


def _empty(inbox: Path, before: dt.datetime, named: set[str]) -> int:
    """Delete the old files of the inbox that no job names, and return how many."""
    gone = 0
    for file in inbox.iterdir() if inbox.is_dir() else ():
        if file.name not in named and file.lstat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
            gone += 1
    return gone
