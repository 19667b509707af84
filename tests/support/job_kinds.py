"""Small kinds of jobs for the tests of workers; each writes one row that can be counted."""

from __future__ import annotations

import ctypes
import os
import signal
import time

import sqlalchemy as sa

from gridmap.errors import EngineError, InputError, fault
from gridmap.jobs.kinds import Kind, Task, Write, by_name
from gridmap.progress import Progress
from gridmap.store import tables
from gridmap.store.roles import Permission
from gridmap.store.rows import now

STAGE = "jobs.stage.export"


def mark(task: Task) -> Write:
    """Take a while, then write one row of `plan_run` named after the job."""
    steps, seconds = int(task.arguments.get("steps", 1)), float(task.arguments.get("seconds", 0.0))
    for step in range(steps):
        task.report(Progress(STAGE, step / steps, f"step {step}"))
        time.sleep(seconds / steps)
    name = str(task.arguments["name"])

    def write(connection: sa.Connection) -> dict[str, object]:
        time.sleep(float(task.arguments.get("writing", 0.0)))
        connection.execute(
            sa.insert(tables.plan_run).values(
                name=name, stage="", fraction=1.0, detail="", started=now(), updated=now()
            )
        )
        return {"name": name}

    return write


def stuck(task: Task) -> Write:
    """Sleep in C with Python's lock held: nothing that is written in Python can end it."""
    task.report(Progress(STAGE, 0.5))
    ctypes.PyDLL(None).sleep(60)
    raise AssertionError


def dies(_: Task) -> Write:
    """Vanish like a process that the system ended for its memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def refuses(_: Task) -> Write:
    raise InputError(fault("jobs.lacking", name="x"))


def server_down(_: Task) -> Write:
    raise EngineError(fault("jobs.broke", error="down"))


def broken(_: Task) -> Write:
    raise ZeroDivisionError("oh")


def folder_left(task: Task) -> Write:
    task.folder.mkdir(parents=True)
    (task.folder / "half.csv").write_text("x")
    raise InputError(fault("jobs.lacking", name="x"))


KINDS = by_name(
    *(
        Kind(one.__name__, Permission.EXPORT, one, {STAGE: 1.0})
        for one in (mark, stuck, dies, refuses, server_down, broken, folder_left)
    )
)
