"""The worker of a service, at work while a test looks at its pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gridmap.job_kinds import job_kinds
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.rebalance_job import REBALANCE, STAGE, rebalance_draft
from gridmap.jobs.worker import Pace, Worker
from gridmap.progress import Progress

#: Looks into an empty queue and tells progress more often than one that serves people.
_PACE = Pace(poll_s=0.1, beat_s=0.4, leave_s=0.0)
_HELD = "held"


@contextmanager
def worker_at(url: str, files: Path, kinds: Mapping[str, Kind] | None = None) -> Iterator[None]:
    """Do the jobs of a database, each in a process of its own as in service."""
    worker = Worker(url, kinds or job_kinds(), name="tester", files=files, pace=_PACE)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.leave()
        thread.join()


def kinds_with_held_balancing() -> dict[str, Kind]:
    """Return the kinds of jobs, of which the balancing of a draft can be held up."""
    return {**job_kinds(), REBALANCE.name: replace(REBALANCE, run=held_balancing)}


@contextmanager
def balancing_held(files: Path) -> Iterator[None]:
    """Let no balancing come further than to its progress."""
    mark = files / _HELD
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        yield
    finally:
        mark.unlink()


def held_balancing(task: Task) -> Write:
    """Tell progress and come no further while it is held up; then balance the draft."""
    told = 0
    while (task.folder.parents[1] / _HELD).exists():
        told += 1
        task.report(Progress(STAGE, min(0.05 * told, 0.8)))
        time.sleep(0.1)
    return rebalance_draft(task)
