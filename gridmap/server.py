"""Serve the dashboard on one port: gunicorn where it runs, waitress elsewhere."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gridmap.errors import EngineError, fault

#: Makes the WSGI application; called once in each worker, so that none shares a connection.
Make = Callable[[], Any]


@dataclass(frozen=True)
class Listening:
    """Where and with how many hands a server listens.

    Attributes
    ----------
    host, port
        Address; port 0 lets the system choose.
    workers
        Processes; more than one only with gunicorn.
    threads
        Requests answered at the same time by each process.
    """

    host: str
    port: int
    workers: int = 1
    threads: int = 8


def run_server(make: Make, listening: Listening, ready: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    make
        Makes the WSGI application.
    listening
        Where to listen.
    ready
        Told the address once the port is ours.

    Raises
    ------
    EngineError
        If the port is taken, or several workers are asked for where there can be one only.
    """
    if listening.workers > 1 and sys.platform == "win32":
        raise EngineError(fault("cli.one_worker", workers=listening.workers))
    bound = _bound(listening)
    if sys.platform == "win32":
        run_waitress(make(), bound, listening.threads, ready)
    else:
        _run_gunicorn(make, bound, listening, ready)


def run_waitress(
    application: Any, bound: socket.socket, threads: int, ready: Callable[[str], None]
) -> None:
    """Serve by waitress, in threads of this process."""
    from waitress.server import create_server

    server = create_server(application, sockets=[bound], threads=threads, ident=None)
    ready(_address(bound))
    try:
        server.run()
    finally:
        server.close()


def _run_gunicorn(
    make: Make, bound: socket.socket, listening: Listening, ready: Callable[[str], None]
) -> None:
    from gunicorn.app.base import BaseApplication

    address = _address(bound)
    if listening.workers > 1:
        # the measures of all workers are added up in files there
        folder = tempfile.mkdtemp(prefix="gridmap-measures-")
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
    chosen = {
        "bind": f"fd://{bound.detach()}",
        "workers": listening.workers,
        "threads": listening.threads,
        "worker_class": "gthread",
        "graceful_timeout": 30,
        "timeout": 120,
        "keepalive": 65,  # longer than people think between two pages
        "control_socket_disable": True,
        "loglevel": "warning",
        "when_ready": lambda _: ready(address),
        "child_exit": lambda _, worker: _forget_worker(worker.pid),
    }

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in chosen.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return make()

    Application().run()


def _forget_worker(process: int) -> None:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(process)  # type: ignore[no-untyped-call]


def _bound(listening: Listening) -> socket.socket:
    host, port = listening.host, listening.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise EngineError(fault("cli.port_taken", f"{host}:{port}", reason=error)) from error


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return (
        f"http://[{host}]:{port}/" if bound.family == socket.AF_INET6 else f"http://{host}:{port}/"
    )
