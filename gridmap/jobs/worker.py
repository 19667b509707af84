"""Take one job after the other and run each in a process of its own."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gridmap.errors import Fault, GridmapError, fault
from gridmap.jobs.child import CANCEL, Done, End, Failed, Lost, Stopped, Work, idle, run_job
from gridmap.jobs.estimate import left_s, whole_fraction
from gridmap.jobs.job import Claim, LostLease, Standing, State
from gridmap.jobs.kinds import Kind
from gridmap.jobs.purge import purge
from gridmap.jobs.queue import Queue
from gridmap.progress import Progress
from gridmap.store.engine import open_engine
from gridmap.store.scope import Scope

_log = logging.getLogger(__name__)

#: Seconds between two looks for what can be cleared away.
PURGE_EVERY_S = 3600.0

#: Returns how far an account may reach now, given how far it did when it asked.
PresentScope = Callable[[Scope], Scope]


@dataclass(frozen=True)
class Pace:
    """How often a worker does what. All in seconds.

    Attributes
    ----------
    lease_s
        How long a job stays its worker's without a word from it.
    poll_s
        Between two looks into an empty queue.
    look_s
        Between two looks whether the job shall end.
    beat_s
        Between two signs of life.
    cancel_s
        How long a job may take to end itself; then its process is killed.
    leave_s
        How long a job may go on when the worker is to leave; then it is given back.
    """

    lease_s: float = 30.0
    poll_s: float = 0.5
    look_s: float = 0.4
    beat_s: float = 2.0
    cancel_s: float = 0.6
    leave_s: float = 30.0


class Worker:
    """Runs the jobs of a database, one at a time.

    Parameters
    ----------
    url
        Address of the database.
    kinds
        What it can do.
    name
        Name by which it is shown.
    files
        Folder with ``inbox`` (files handed in) and ``jobs`` (files made).
    pace
        See `Pace`.
    present_scope
        How far who asked may reach by now; raises `PermissionDenied` if the account is gone.
    executor
        Where the parts of a job are worked on, see `gridmap.jobs.executor.open_executor`.
    preload
        Modules that are read once for all jobs instead of once a job.
    keep
        Age from which jobs that ended, and their files, are cleared away; None = never.
    say
        Takes what a person at the terminal may read.
    """

    def __init__(
        self,
        url: str,
        kinds: Mapping[str, Kind],
        *,
        name: str,
        files: Path,
        pace: Pace = Pace(),
        present_scope: PresentScope = lambda asked: asked,
        executor: str = "threads",
        preload: Sequence[str] = ("gridmap.planning",),
        keep: dt.timedelta | None = None,
        say: Callable[[Fault], None] = lambda _: None,
    ) -> None:
        self._url = url
        self._kinds = kinds
        self._name = name
        self._files = files
        self._pace = pace
        self._present_scope = present_scope
        self._executor = executor
        self._context = _context(preload)
        self._keep = keep
        self._purged = -PURGE_EVERY_S
        self._say = say
        self._engine = open_engine(url)
        self._queue = Queue(self._engine, kinds)
        self._left: float | None = None

    def leave(self) -> None:
        """Take no more jobs; the one that runs has `Pace.leave_s` to end, asked twice none."""
        self._left = time.monotonic() - (0.0 if self._left is None else self._pace.leave_s)

    def run(self, *, until_empty: bool = False) -> int:
        """Run jobs until `leave` is called, and return how many were taken.

        Parameters
        ----------
        until_empty
            End when no job is ready.
        """
        taken = 0
        self._warm_up()
        while self._left is None:
            self._purge()
            claim = self._take()
            if claim is not None:
                taken += 1
                self.run_one(claim)
            elif until_empty:
                break
            else:
                time.sleep(self._pace.poll_s)
        self.close()
        return taken

    def close(self) -> None:
        """Give the connections back; `run` does so at its end."""
        self._engine.dispose()

    def _warm_up(self) -> None:
        """Let the server of processes read its modules before a lease is running."""
        first = self._context.Process(target=idle)  # type: ignore[attr-defined]
        first.start()
        first.join()

    def _purge(self) -> None:
        """Clear away what is old, once in a while."""
        now = time.monotonic()
        if self._keep is None or now - self._purged < PURGE_EVERY_S:
            return
        self._purged = now
        try:
            gone = purge(self._engine, self._files, keep=self._keep)
        except (sa.exc.SQLAlchemyError, OSError):
            _log.exception("old jobs cannot be cleared away")
        else:
            _log.info("%s old jobs and %s files handed in are gone", gone.jobs, gone.inbox)

    def _take(self) -> Claim | None:
        try:
            return self._queue.take(self._name, lease_s=self._pace.lease_s)
        except sa.exc.SQLAlchemyError:
            _log.exception("the queue cannot be read")
            return None

    def run_one(self, claim: Claim) -> None:
        """Run a job that was taken and write down how it ended."""
        self._say(
            fault("jobs.took", job=claim.job_id, kind=claim.kind, territory=claim.territory,
                  attempt=claim.attempt)
        )  # fmt: skip
        folder = self._files / "jobs" / f"{claim.job_id}-{claim.fence}"
        state: State | None = None  # not known: what was made may be a result, and stays
        try:
            state = self._settle(claim, self._run_checked(claim, folder))
        except LostLease:
            _log.warning("job %s was lost to another worker", claim.job_id)
        except sa.exc.SQLAlchemyError:
            _log.exception(
                "how job %s ended cannot be written; its lease will run out", claim.job_id
            )
        if state not in (None, State.DONE):
            shutil.rmtree(folder, ignore_errors=True)
        self._say(fault("jobs.ended", job=claim.job_id, state=state or "?"))

    def _run_checked(self, claim: Claim, folder: Path) -> End | None:
        """Run a job if who asked may still do so; None = the worker left before it ended."""
        kind = self._kinds.get(claim.kind)
        if kind is None:
            known = ", ".join(sorted(self._kinds))
            return Failed((fault("jobs.unknown_kind", claim.kind, known=known),), again=False)
        try:
            scope = self._present_scope(claim.scope)
            scope.demand(claim.territory, kind.permission)
        except GridmapError as error:
            return Failed(error.faults, again=False)
        mine = replace(claim, scope=scope)
        work = Work(self._url, kind, mine, folder, self._files / "inbox", self._executor)
        with _Child(work, self._context) as child:
            return self._watch(child, kind, claim)

    def _watch(self, child: _Child, kind: Kind, claim: Claim) -> End | None:
        """Keep the lease and pass on progress until the job ends, however it does."""
        pace, begun = self._pace, time.monotonic()
        looked = beaten = begun
        cancelled: float | None = None
        told: dict[str, Any] | None = None
        while True:
            message = child.hear(min(pace.look_s / 2, 0.1))
            now = time.monotonic()
            if isinstance(message, Progress):
                told = _told(kind, message, now - begun)
            elif message is not None:
                return message
            if cancelled is not None and now - cancelled >= pace.cancel_s:
                return Stopped()
            if self._left is not None and now - self._left >= pace.leave_s:
                return None
            due = now - beaten >= pace.beat_s
            if not due and now - looked < pace.look_s:
                continue
            looked = now
            try:
                if due:
                    standing = self._queue.beat(claim, lease_s=pace.lease_s, told=told)
                    beaten, told = now, None
                else:
                    standing = self._queue.standing(claim)
            except sa.exc.SQLAlchemyError:
                _log.exception("no sign of life can be given for job %s", claim.job_id)
                standing = Standing.LOST if now - beaten >= pace.lease_s else Standing.GO
            if standing is Standing.LOST:
                # Or it ended a moment ago, and its word is under way.
                last_word = child.hear(1.0)
                return Lost() if isinstance(last_word, Progress | None) else last_word
            if standing is Standing.CANCEL and cancelled is None:
                cancelled = now
                child.cancel()

    def _settle(self, claim: Claim, end: End | None) -> State:
        match end:
            case Done():
                return State.DONE
            case Stopped():
                self._queue.cancelled(claim)
                return State.CANCELLED
            case Failed(faults, again):
                self._queue.failed(claim, faults, again=again)
                return State.FAILED
            case Lost():
                raise LostLease(fault("jobs.lost_lease", claim.job_id))
            case None:
                self._queue.give_back(claim)
                return State.QUEUED


class _Child:
    """The process of a job; it does not outlive the block."""

    def __init__(self, work: Work, context: BaseContext) -> None:
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=run_job, args=(theirs, work), name=f"job-{work.claim.job_id}"
        )
        self._job_id = work.claim.job_id
        self._process.start()
        theirs.close()

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.pid is not None:
            _kill(self._process)
        self._process.join()
        self._process.close()
        self._pipe.close()

    def hear(self, wait_s: float) -> Progress | End | None:
        """Return the newest progress, or how the job ended; None = nothing new."""
        newest: Progress | None = None
        try:
            while self._pipe.poll(wait_s if newest is None else 0.0):
                message = self._pipe.recv()
                if not isinstance(message, Progress):
                    return _as_end(message)
                newest = message
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            return Failed((fault("jobs.died", self._job_id, code=code),), again=True)
        return newest

    def cancel(self) -> None:
        """Ask the job to end itself."""
        with contextlib.suppress(OSError):
            self._pipe.send(CANCEL)


def _as_end(message: object) -> End:
    if not isinstance(message, Done | Stopped | Lost | Failed):
        raise TypeError(f"Expected the end of a job, found {message!r}.")
    return message


def _kill(process: BaseProcess) -> None:
    """End a process and all that it started."""
    if hasattr(os, "killpg") and process.pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _told(kind: Kind, progress: Progress, elapsed_s: float) -> dict[str, Any]:
    whole = whole_fraction(kind.stages, progress)
    return {
        "stage": progress.stage,
        "fraction": whole,
        "detail": progress.detail,
        "left_s": left_s(elapsed_s, whole),
    }


def _context(preload: Sequence[str]) -> BaseContext:
    """Return how processes are started: from one that has all imported, where there is such."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gridmap.jobs.child", *preload])
    return context
