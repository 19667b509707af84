"""Serve the dashboard on one port by waitress, a threaded server that runs on every platform."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from gridmap.errors import EngineError, fault


def run_server(
    application: Any, *, host: str, port: int, ready: Callable[[str], None], threads: int = 8
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    application
        WSGI application.
    host, port
        Address to listen on.
    ready
        Told the address once the port is ours.
    threads
        Requests answered at the same time.

    Raises
    ------
    EngineError
        If the port is taken.
    """
    from waitress.server import create_server

    try:
        server = create_server(application, host=host, port=port, threads=threads, ident=None)
    except OSError as error:
        raise EngineError(fault("cli.port_taken", f"{host}:{port}", reason=error)) from error
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{port}/")
    try:
        server.run()
    finally:
        server.close()


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
