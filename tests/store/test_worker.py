"""Workers: a job runs in a process of its own, ends when it shall, and is never lost."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from job_kinds import KINDS

from gridmap.errors import PermissionDenied, fault
from gridmap.jobs.child import Stopped
from gridmap.jobs.job import State
from gridmap.jobs.queue import Queue
from gridmap.jobs.worker import Pace, Worker
from gridmap.store import tables
from gridmap.store.repository import Store
from gridmap.store.scope import Scope

EVERYTHING = Scope.everything()
TOWN = "Grid Town"
QUICK = Pace(lease_s=5.0, poll_s=0.05, look_s=0.1, beat_s=0.2, cancel_s=0.3, leave_s=0.2)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture
def queue(store: Store) -> Queue:
    return Queue(store.engine, KINDS)


def address(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def worker_of(store: Store, folder: Path, **options: Any) -> Worker:
    given = {"name": "w", "files": folder, "pace": QUICK, "preload": ()} | options
    return Worker(address(store), KINDS, **given)


def ask(queue: Queue, kind: str = "mark", **arguments: Any) -> int:
    return queue.ask(EVERYTHING, kind, TOWN, {"name": "one", **arguments})


def marks(store: Store) -> list[str]:
    with store.engine.connect() as connection:
        return sorted(connection.execute(sa.select(tables.plan_run.c.name)).scalars())


def wait_until(true: Callable[[], bool], most_s: float = 20.0) -> float:
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < most_s
        time.sleep(0.02)
    return time.monotonic() - begun


def test_jobs_end_as_they_should(store: Store, queue: Queue, tmp_path: Path) -> None:
    """Done, refused, and what may be tried again; a half-made file is removed."""
    numbers = {
        kind: ask(queue, kind)
        for kind in ("mark", "refuses", "folder_left", "server_down", "broken", "dies")
    }
    said: list[str] = []
    worker = worker_of(store, tmp_path, say=lambda told: said.append(told.text()))
    assert worker.run(until_empty=True) == 6
    found = {kind: queue.job(EVERYTHING, number) for kind, number in numbers.items()}
    assert found["mark"].state is State.DONE
    assert found["mark"].result == {"name": "one"}
    assert marks(store) == ["one"]
    for kind in ("refuses", "folder_left"):
        assert (found[kind].state, found[kind].attempts) == (State.FAILED, 1)
        assert found[kind].faults == (fault("jobs.lacking", name="x"),)
    for kind, key in (("server_down", "broke"), ("broken", "broke"), ("dies", "died")):
        assert found[kind].state is State.QUEUED, "it is tried again later"
        assert [one.key for one in found[kind].faults] == [f"jobs.{key}"]
    assert "ZeroDivisionError" in found["broken"].faults[0].text()
    assert list((tmp_path / "jobs").iterdir()) == []
    assert len(said) == 12


def test_progress_is_written_and_the_lease_kept(store: Store, queue: Queue, tmp_path: Path) -> None:
    """A job that takes longer than a lease keeps it, and tells how far it is."""
    number = ask(queue, steps=12, seconds=2.6)
    worker = worker_of(store, tmp_path, pace=dataclasses.replace(QUICK, lease_s=0.8))
    thread = threading.Thread(target=worker.run, kwargs={"until_empty": True})
    thread.start()
    wait_until(lambda: queue.job(EVERYTHING, number).fraction > 0.4)
    seen = queue.job(EVERYTHING, number)
    assert (seen.stage, seen.attempts) == ("jobs.stage.export", 1)
    assert seen.detail.startswith("step")
    assert queue.take("other", lease_s=1.0) is None
    thread.join()
    assert queue.job(EVERYTHING, number).state is State.DONE
    assert marks(store) == ["one"]


@pytest.mark.parametrize("kind", ["mark", "stuck"])
def test_a_running_job_is_cancelled_in_time(
    store: Store, queue: Queue, tmp_path: Path, kind: str
) -> None:
    """One that reports ends itself; one that is stuck in C is ended. Both within 2 seconds."""
    number = ask(queue, kind, steps=600, seconds=60.0)
    worker = worker_of(store, tmp_path, pace=Pace(beat_s=0.2))
    thread = threading.Thread(target=worker.run, kwargs={"until_empty": True})
    thread.start()
    wait_until(lambda: queue.job(EVERYTHING, number).stage != "")
    queue.cancel(EVERYTHING, number)
    took = wait_until(lambda: queue.job(EVERYTHING, number).state is State.CANCELLED)
    thread.join()
    assert took <= 2.0
    assert marks(store) == []


def test_a_worker_that_leaves_gives_its_job_back(
    store: Store, queue: Queue, tmp_path: Path
) -> None:
    number = ask(queue, steps=600, seconds=60.0)
    worker = worker_of(store, tmp_path)
    thread = threading.Thread(target=worker.run)
    thread.start()
    wait_until(lambda: queue.job(EVERYTHING, number).state is State.RUNNING)
    worker.leave()
    thread.join(timeout=10.0)
    assert not thread.is_alive()
    job = queue.job(EVERYTHING, number)
    assert (job.state, job.attempts) == (State.QUEUED, 0)


def test_the_scope_is_asked_again_when_a_job_runs(
    store: Store, queue: Queue, tmp_path: Path
) -> None:
    """Who has lost the territory, or the account, since asking gets nothing."""

    def gone(asked: Scope) -> Scope:
        raise PermissionDenied(fault("store.out_of_scope", asked.user))

    for scope_now in (lambda _: Scope(frozenset({"Other Town"})), gone):
        number = ask(queue)
        worker_of(store, tmp_path, present_scope=scope_now).run(until_empty=True)
        job = queue.job(EVERYTHING, number)
        assert job.state is State.FAILED
        assert [one.key for one in job.faults] == ["store.out_of_scope"]
    assert marks(store) == []


def test_a_killed_worker_loses_no_job(store: Store, queue: Queue, tmp_path: Path) -> None:
    """Kill -9 while one of its jobs runs: the job's process goes, too, and another has the job."""
    numbers = [ask(queue, name=f"n{one}", steps=5, seconds=0.5) for one in range(4)]
    script = (
        "import sys; from pathlib import Path; from job_kinds import KINDS\n"
        "from gridmap.jobs.worker import Pace, Worker\n"
        "pace = Pace(lease_s=1.0, poll_s=0.05, look_s=0.1, beat_s=0.2)\n"
        "if __name__ == '__main__':\n"
        "    Worker(sys.argv[1], KINDS, name='w', files=Path(sys.argv[2]),\n"
        "        pace=pace, preload=()).run()\n"
    )
    (tmp_path / "start.py").write_text(script)
    support = str(Path(__file__).parents[1] / "support")
    path = os.pathsep.join([support, str(Path(__file__).parents[2])])

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(tmp_path / "start.py"), address(store), str(tmp_path)],
            env={**os.environ, "PYTHONPATH": path},
        )

    killed = start()
    wait_until(lambda: queue.job(EVERYTHING, numbers[1]).state is State.RUNNING, 60.0)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    second = start()
    wait_until(lambda: all(one.state is State.DONE for one in queue.jobs(EVERYTHING)), 60.0)
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert marks(store) == ["n0", "n1", "n2", "n3"]
    assert queue.job(EVERYTHING, numbers[1]).attempts == 2


def test_files_of_a_job_done_in_the_last_moment_stay(
    store: Store, queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was done while it was being cancelled: the result stands, and so do its files."""
    number = ask(queue)
    claim = queue.take("w", lease_s=30.0)
    assert claim is not None
    folder = tmp_path / "jobs" / f"{number}-{claim.fence}"
    folder.mkdir(parents=True)
    worker = worker_of(store, tmp_path)

    def done_but_not_heard(*_: object) -> Stopped:
        queue.finish(claim, lambda _: {"folder": folder.name})
        return Stopped()

    monkeypatch.setattr(worker, "_run_checked", done_but_not_heard)
    worker.run_one(claim)
    worker.close()
    assert queue.job(EVERYTHING, number).state is State.DONE
    assert folder.is_dir()
