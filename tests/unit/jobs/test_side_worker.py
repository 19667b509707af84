"""A worker beside a server: it comes by itself on one machine only, and ends with the server."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gridmap.jobs.queue import Queue
from gridmap.jobs.standard import STANDARD
from gridmap.side_worker import starts_by_itself, until_work, worker_beside
from gridmap.store.repository import Store
from gridmap.store.scope import Scope


@pytest.mark.parametrize(
    ("url", "host", "comes"),
    [
        ("sqlite:///gridmap.db", "127.0.0.1", True),
        ("sqlite:///gridmap.db", "10.0.0.5", False),
        ("postgresql+psycopg://db/plans", "127.0.0.1", False),
    ],
)
def test_it_comes_by_itself_with_a_file_on_this_machine(
    url: str, host: str, *, comes: bool
) -> None:
    assert starts_by_itself(url, host) == comes


def test_it_ends_once_the_server_is_gone_however_that_ended(tmp_path: Path) -> None:
    """A server that is killed closes nothing itself: the system closes its end of the pipe."""
    url = f"sqlite:///{(tmp_path / 'plans.db').as_posix()}"
    Store(url).close()
    with worker_beside(url, tmp_path / "files") as process:
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30.0)
    assert process.poll() is not None


def test_nothing_is_read_before_a_job_waits(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{(tmp_path / 'plans.db').as_posix()}")
    gone = threading.Event()
    gone.set()
    assert not until_work(store.engine, gone)
    Queue(store.engine, STANDARD).ask(Scope.everything(), "export", "Town", {})
    assert until_work(store.engine, threading.Event())
