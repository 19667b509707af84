"""Kill workers while they work: no job may be lost or done twice; then measure cancelling.

    python -m benchmarks.job_kills --engine sqlite --kills 50 --out benchmarks/results/job_kills.csv
    python -m benchmarks.job_kills --engine postgresql --kills 50 --out …

Each job writes one row with its number, in the transaction that says it is done. At the end every
job must be done, and there must be exactly one row of each. Workers are killed with SIGKILL at
random times; every third kill hits the process of the job instead of the worker's own.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.postgres import postgres_server
from gridmap.jobs import queue as queues
from gridmap.jobs.job import State
from gridmap.jobs.kinds import Kind, Task, Write, by_name
from gridmap.jobs.queue import Queue
from gridmap.jobs.worker import Pace, Worker
from gridmap.progress import Progress
from gridmap.store import tables
from gridmap.store.engine import open_engine, writing
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope

STAGE = "jobs.stage.export"
SCOPE = Scope.everything()
PACE = Pace(lease_s=4.0, poll_s=0.05, look_s=0.2, beat_s=0.5)
#: Attempts of a job, so that no bad luck of the campaign gives one up.
ATTEMPTS = 100


def mark(task: Task) -> Write:
    """Work for a while, tell how far, and write one row."""
    steps, seconds = 5, float(task.arguments["seconds"])
    (task.folder).mkdir(parents=True, exist_ok=True)
    for step in range(steps):
        task.report(Progress(STAGE, step / steps))
        time.sleep(seconds / steps)

    def write(connection: sa.Connection) -> dict[str, Any]:
        time.sleep(0.05)  # so that kills also hit open transactions
        name = str(task.arguments["number"])
        values = {"name": name, "stage": "", "fraction": 1.0, "detail": ""}
        connection.execute(
            sa.insert(tables.plan_run).values(**values, started=now(), updated=now())
        )
        return {"number": name}

    return write


def stuck(task: Task) -> Write:
    """Sleep in C with Python's lock held."""
    task.report(Progress(STAGE, 0.5))
    ctypes.PyDLL(None).sleep(600)
    raise AssertionError


KINDS = by_name(
    *(Kind(one.__name__, Permission.EXPORT, one, {STAGE: 1.0}) for one in (mark, stuck))
)


def work(url: str, folder: Path) -> None:
    """Be a worker until killed; a job that failed is tried again soon, however often it did."""
    queues.BACKOFF_S = 0.0
    Worker(url, KINDS, name=str(os.getpid()), files=folder, pace=PACE, preload=()).run()


def start_worker(url: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.job_kills", "--work", url, "--files", str(folder)]
    return subprocess.Popen(command)


def children_of_jobs(workers: list[subprocess.Popen[bytes]]) -> list[int]:
    """Return the processes in which jobs run: leaders of a session that are no workers."""
    own = {one.pid for one in workers}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
        except (OSError, ValueError):
            continue
        pid = int(folder.name)
        if b"forkserver" in line and session == pid and pid not in own:
            found.append(pid)
    return found


def at_work(engine: sa.Engine) -> set[str]:
    """Return the names of the workers that hold a job."""
    with engine.connect() as connection:
        held = sa.select(tables.job.c.worker).where(tables.job.c.state == State.RUNNING)
        return set(connection.execute(held).scalars())


def kill_campaign(url: str, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Run jobs on workers that are killed, and count."""
    rng = random.Random(asked.seed)  # noqa: S311
    engine = open_engine(url)
    queue = Queue(engine, KINDS)
    numbers = [
        queue.ask(SCOPE, "mark", "Town", {"number": one, "seconds": rng.uniform(0.1, 0.8)})
        for one in range(asked.jobs)
    ]
    with writing(engine, Scope.everything()) as connection:
        connection.execute(sa.update(tables.job).values(most_attempts=ATTEMPTS))
    workers = [start_worker(url, folder) for _ in range(asked.workers)]
    kills, of_jobs, begun = 0, 0, time.monotonic()
    while True:
        time.sleep(rng.uniform(0.2, 1.0))
        states = Counter(one.state for one in queue.jobs(SCOPE, most=asked.jobs))
        if states[State.DONE] + states[State.FAILED] == asked.jobs:
            break
        if time.monotonic() - begun > asked.most_seconds:
            break
        busy = [place for place, one in enumerate(workers) if str(one.pid) in at_work(engine)]
        if kills < asked.kills and busy:
            running = children_of_jobs(workers) if kills % 3 == 2 else []
            if running:
                os.kill(rng.choice(running), signal.SIGKILL)
                of_jobs += 1
            else:
                place = rng.choice(busy)
                workers[place].kill()
                workers[place].wait()
                workers[place] = start_worker(url, folder)
            kills += 1
    seconds = time.monotonic() - begun
    stop(workers)
    with engine.connect() as connection:
        rows = Counter(connection.execute(sa.select(tables.plan_run.c.name)).scalars())
        attempts = connection.execute(sa.select(sa.func.sum(tables.job.c.attempts))).scalar_one()
    found = [queue.job(SCOPE, one) for one in numbers]
    engine.dispose()
    return {
        "jobs": asked.jobs,
        "kills": kills,
        "of_job_processes": of_jobs,
        "attempts": attempts,
        "done": sum(one.state is State.DONE for one in found),
        "lost": sum(rows[str(one)] == 0 for one in range(asked.jobs)),
        "doubled": sum(count > 1 for count in rows.values()),
        "seconds": round(seconds, 1),
    }


def cancel_campaign(url: str, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Return how long it takes from the wish to cancel to the end, half of the jobs stuck in C."""
    rng = random.Random(asked.seed)  # noqa: S311
    queue = Queue(open_engine(url), KINDS)
    workers = [start_worker(url, folder) for _ in range(2)]
    took = []
    for number in range(asked.cancels):
        kind = ("mark", "stuck")[number % 2]
        job = queue.ask(SCOPE, kind, "Town", {"number": -number, "seconds": 600.0})
        while not queue.job(SCOPE, job).stage:
            time.sleep(0.05)
        time.sleep(rng.uniform(0.0, 0.5))
        wished = time.monotonic()
        queue.cancel(SCOPE, job)
        while queue.job(SCOPE, job).state is not State.CANCELLED:
            time.sleep(0.01)
        took.append(time.monotonic() - wished)
    stop(workers)
    return {
        "cancels": asked.cancels,
        "cancel_median_s": round(statistics.median(took), 2),
        "cancel_most_s": round(max(took), 2),
    }


def stop(workers: list[subprocess.Popen[bytes]]) -> None:
    for one in workers:
        one.kill()
        one.wait()


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'gridmap.db'}"
    else:
        with postgres_server(fsync=True) as url:
            yield url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=150)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--cancels", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-seconds", type=float, default=900.0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.files)
        return
    with tempfile.TemporaryDirectory() as name, database(asked.engine, Path(name)) as url:
        row = {"engine": asked.engine, **kill_campaign(url, Path(name) / "files", asked)}
        row |= cancel_campaign(url, Path(name) / "files", asked)
    print(row)
    if asked.out:
        new = not asked.out.exists()
        with asked.out.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)


if __name__ == "__main__":
    main()
