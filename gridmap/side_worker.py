"""A worker beside a server, so that one command is enough on one machine.

It is another process: what a job does can neither slow down nor end the server. It ends with the
server, however that ends: its standard input is a pipe that the server holds open.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gridmap.admission import LOOPBACK

if TYPE_CHECKING:
    import sqlalchemy as sa

#: Seconds that a worker has to give its job back when the server ends.
LEAVE_S = 10.0
#: Seconds between two looks whether a job waits.
LOOK_S = 1.0


def starts_by_itself(url: str, host: str) -> bool:
    """Return whether a server brings its own worker: a database file, and this machine alone."""
    return url.startswith("sqlite") and host in LOOPBACK


@contextlib.contextmanager
def worker_beside(url: str, files: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for the jobs of a database as long as the block lasts.

    Parameters
    ----------
    url
        Address of the database.
    files
        Folder of the files of jobs.
    """
    command = "from gridmap.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "worker", "--db", url, "--files", str(files), "--beside"],
        stdin=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def when_closed(stream: IO[bytes], leave: Callable[[], None]) -> None:
    """Call a function once a stream ends, in a thread of its own."""

    def wait() -> None:
        while stream.read(4096):
            pass
        leave()

    threading.Thread(target=wait, daemon=True).start()


def until_work(engine: sa.Engine, left: threading.Event) -> bool:
    """Wait until a job waits, with nothing read that a job needs; return whether there is one.

    A server that nobody asks for a job costs next to nothing this way.
    """
    # here, so that commands that need none of it start soon
    from sqlalchemy.exc import SQLAlchemyError

    from gridmap.jobs.queue import Queue

    queue = Queue(engine, {})
    while not left.is_set():
        with contextlib.suppress(SQLAlchemyError):
            if queue.idle_s() is not None:
                return True
        left.wait(LOOK_S)
    return False
