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

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise EngineError(fault("cli.port_taken", f"{host}:{port}", reason=error)) from error
    server = create_server(application, sockets=[listening], threads=threads, ident=None)
    shown, port = (f"[{host}]" if ":" in host else host), listening.getsockname()[1]
    ready(f"http://{shown}:{port}/")
    try:
        server.run()
    finally:
        server.close()
