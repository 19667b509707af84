"""The dashboard is served on the port asked for, and the bars are drawn on a terminal."""

import io
import threading
import urllib.request

import pytest
from rich.console import Console

from gridmap import console
from gridmap.progress import Progress
from gridmap.server import run_server


def test_a_page_is_served_until_the_server_is_told_to_end() -> None:
    """Port 0 lets the system choose; the address is told once the port is ours."""
    told = threading.Event()
    where: list[str] = []

    def application(_environ: object, start: object) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])  # type: ignore[operator]
        return [b"here"]

    def ready(address: str) -> None:
        where.append(address)
        told.set()

    thread = threading.Thread(
        target=run_server,
        args=(application,),
        kwargs={"host": "127.0.0.1", "port": 0, "ready": ready},
        daemon=True,
    )
    thread.start()
    assert told.wait(10.0)
    with urllib.request.urlopen(where[0], timeout=10.0) as answer:  # noqa: S310
        assert answer.read() == b"here"


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(console, "Console", lambda **_: terminal)
    with console.progress_report("zh") as report:
        report(Progress("planning.stage.partition", 0.0))
        report(Progress("planning.stage.partition", 0.5, "C01"))
        report(Progress("planning.stage.partition", 1.0))
    assert "划分网格" in screen.getvalue()
    assert "100 %" in screen.getvalue()
