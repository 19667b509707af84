"""The process in which one job runs, so that a stuck one can be ended and a leak goes with it."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from gridmap.errors import Cancelled, EngineError, Fault, GridmapError, StoreError, fault
from gridmap.jobs.job import Claim, LostLease
from gridmap.jobs.kinds import Kind, Task
from gridmap.jobs.queue import Queue
from gridmap.progress import Progress
from gridmap.store.repository import Store

#: What a worker sends so that the job ends itself.
CANCEL = "cancel"
#: Seconds between two progress events of one stage.
INTERVAL_S = 0.2

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """What the process of a job is given."""

    url: str
    kind: Kind
    claim: Claim
    folder: Path
    inbox: Path
    executor: str


@dataclass(frozen=True)
class Done:
    """The result and the word "done" stand in the database."""


@dataclass(frozen=True)
class Stopped:
    """The job ended itself because it was asked to."""


@dataclass(frozen=True)
class Lost:
    """Another worker has the job; nothing was written."""


@dataclass(frozen=True)
class Failed:
    """The job failed; `again` if the cause may pass."""

    faults: tuple[Fault, ...]
    again: bool


End = Done | Stopped | Lost | Failed
Message = Progress | End


def idle() -> None:
    """Do nothing: once this has ended, the next process starts quickly."""


def run_job(pipe: Connection, work: Work) -> None:
    """Do a job, tell its progress through a pipe, write its result, and say how it ended."""
    if hasattr(os, "setsid"):
        os.setsid()  # what the job starts is ended together with it
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(pipe, cancelled), daemon=True).start()
    end = _outcome(work, _reporter(pipe.send, cancelled))
    with contextlib.suppress(OSError):
        pipe.send(end)


def _listen(pipe: Connection, cancelled: threading.Event) -> None:
    """Wait for the word to stop; a worker that is gone closes the pipe, and the job goes, too."""
    try:
        while pipe.recv() == CANCEL:
            cancelled.set()
    except (EOFError, OSError):
        os._exit(1)


def _reporter(
    send: Callable[[Progress], None], cancelled: threading.Event
) -> Callable[[Progress], None]:
    told = ("", 0.0)

    def report(progress: Progress) -> None:
        nonlocal told
        if cancelled.is_set():
            raise Cancelled(fault("cli.cancelled"))
        now = time.monotonic()
        if progress.stage != told[0] or progress.fraction >= 1.0 or now - told[1] >= INTERVAL_S:
            told = (progress.stage, now)
            with contextlib.suppress(OSError):
                send(progress)

    return report


def _outcome(work: Work, report: Callable[[Progress], None]) -> End:
    claim = work.claim
    try:
        with contextlib.closing(Store(work.url)) as store:
            write = work.kind.run(
                Task(
                    store=store,
                    scope=claim.scope,
                    territory=claim.territory,
                    arguments=claim.arguments,
                    folder=work.folder,
                    inbox=work.inbox,
                    report=report,
                    executor=work.executor,
                )
            )
            Queue(store.engine, {}).finish(claim, write)
    except Cancelled:
        return Stopped()
    except LostLease:
        return Lost()
    except GridmapError as error:
        return Failed(error.faults, again=isinstance(error, StoreError | EngineError))
    except Exception as error:
        _log.exception("job %s broke", claim.job_id)
        return Failed((fault("jobs.broke", claim.job_id, error=repr(error)),), again=True)
    return Done()
