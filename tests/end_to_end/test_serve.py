"""The service on a port: pages, health, log, measures; and bars on a terminal."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from gridmap import console
from gridmap.progress import Progress
from gridmap.server import run_waitress


def test_waitress_serves_where_there_is_no_gunicorn() -> None:
    """The address is told once the port is ours."""
    told = threading.Event()
    where: list[str] = []

    def application(_environ: object, start: object) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])  # type: ignore[operator]
        return [b"here"]

    def ready(address: str) -> None:
        where.append(address)
        told.set()

    bound = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=run_waitress, args=(application, bound, 4, ready), daemon=True)
    thread.start()
    assert told.wait(10.0)
    with urllib.request.urlopen(where[0], timeout=10.0) as answer:  # noqa: S310
        assert answer.read() == b"here"


class Service:
    """`gridmap serve` as a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.database = folder / "plans.db"
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from gridmap.cli import main; main()", "serve",
             "--port", str(port), "--db", f"sqlite:///{self.database}", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        asked = urllib.request.Request(self.address + path, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=20.0) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def end(self) -> tuple[int, list[dict[str, object]]]:
        """End it as a supervisor does; return its exit code and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=30.0)
        return self.process.returncode, [json.loads(line) for line in log.splitlines()]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    running = Service(tmp_path, "--workers", "2", "--threads", "2", "--no-worker")
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.communicate()


def test_the_service_says_how_it_is(service: Service) -> None:
    """Two workers: their requests are counted together, each has its line in the log."""
    assert service.address in service.said
    assert "no accounts" in service.process.stdout.readline()
    assert service.get("/healthz")[0] == 200
    assert service.get("/readyz")[0] == 200
    status, headers, _ = service.get("/cells?secret=1", **{"X-Request-ID": "asked-by-proxy-1"})
    assert (status, headers["X-Request-ID"]) == (200, "asked-by-proxy-1")
    # what is no number of a request is not repeated into header and log
    _, headers, _ = service.get("/cells", **{"X-Request-ID": 'x" injected'})
    assert len(headers["X-Request-ID"]) == 32
    counted = service.get("/metrics")[2].decode()
    assert 'gridmap_requests_total{method="GET",rule="/<path:path>",status="200"} 2.0' in counted
    code, log = service.end()
    assert code == 0
    lines = [line for line in log if line["message"] == "request"]
    asked = next(line for line in lines if line["request_id"] == "asked-by-proxy-1")
    assert (asked["path"], asked["status"], asked["method"]) == ("/cells", 200, "GET")
    assert not any("secret" in json.dumps(line) for line in log)


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
