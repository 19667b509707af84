"""Do the jobs that wait in this process, one after the other, as a worker does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gridmap.errors import GridmapError
from gridmap.jobs.kinds import Kind, Task
from gridmap.jobs.queue import Queue
from gridmap.progress import Report, silent
from gridmap.store.repository import Store


def run_waiting(
    store: Store, kinds: Mapping[str, Kind], files: Path, *, report: Report = silent
) -> list[int]:
    """Run what waits and return the numbers of the jobs."""
    queue, done = Queue(store.engine, kinds), []
    while (claim := queue.take("here", lease_s=60.0)) is not None:
        folder = files / "jobs" / f"{claim.job_id}-{claim.fence}"
        task = Task(
            store, claim.scope, claim.territory, claim.arguments, folder, files / "inbox", report
        )
        try:
            queue.finish(claim, kinds[claim.kind].run(task))
        except GridmapError as error:
            queue.failed(claim, error.faults, again=False)
        done.append(claim.job_id)
    return done
