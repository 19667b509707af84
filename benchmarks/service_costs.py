"""What each request of `benchmarks.service_load` costs a worker, beside those of the static page.

    python -m benchmarks.service_costs --db sqlite:///demo/gridmap.db [--rounds 40] [--strangers]
        [--profile]

The applications are called in this very process, without a server and one request at a time:
processor time is what counts, and other work on the machine does not. Each round asks for
everything once, so that what disturbs one request disturbs all. Prints the medians of processor
time, and how many statements a request sends to the database. With --strangers nothing of the
caller is remembered from one request to the next; --profile adds where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import gzip
import io
import pstats
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.util import setup_testing_defaults

import sqlalchemy as sa
from dash import Dash, html

from benchmarks.service_load import Request, show, tokens_of
from dashboards.app import create_app
from dashboards.security import LOCAL_HOSTS
from gridmap.service_log import logged_to_stderr
from gridmap.store.known_callers import changes_of
from gridmap.store.repository import Store

#: What a browser asks for on the three pages, and again with what it has in its hands.
ASKED: dict[str, Request] = {
    "page of all cells": ("POST", "/_dash-update-component", show("/cells", "")),
    "page of a cell": ("POST", "/_dash-update-component", show("/cell", "?cell=2")),
    "page of routes": ("POST", "/_dash-update-component", show("/routes", "?cell=2")),
    "cells.geojson": ("GET", "/data/1/cells.geojson", None),
    "outlets.geojson": ("GET", "/data/1/outlets.geojson", None),
    "a cell's routes": ("GET", "/data/1/routes/2.geojson", None),
}
STATIC: dict[str, Request] = {
    f"static {path}": ("GET", path, None) for path in ("/", "/_dash-layout", "/_dash-dependencies")
}


class Caller:
    """Asks a WSGI application as the server does."""

    def __init__(self, application: Any, token: str = "") -> None:
        self.application = application
        self.token = token
        self.tags: dict[str, str] = {}

    def ask(self, request: Request) -> bytes:
        """Return the content of the answer."""
        method, path, body = request
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "HTTP_ACCEPT_ENCODING": "gzip",
            "HTTP_HOST": "127.0.0.1",
            "wsgi.input": io.BytesIO(body or b""),
        }
        if body:
            environ |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
        if self.token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        if path in self.tags:
            environ["HTTP_IF_NONE_MATCH"] = self.tags[path]
        setup_testing_defaults(environ)
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
            told.update(status=int(status[:3]), headers=dict(headers))

        answer = self.application(environ, start)
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        if told["status"] not in (200, 304):
            raise SystemExit(f"{path}: {told['status']}")
        if told["headers"].get("ETag"):
            self.tags[path] = told["headers"]["ETag"]
        packed = told["headers"].get("Content-Encoding") == "gzip"
        return gzip.decompress(content) if packed and content else content


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    """Collect the statements that the database is asked while the block runs."""
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def processor_ms(run: Callable[[], object]) -> float:
    """Return the processor time of a call."""
    began = time.process_time_ns()
    run()
    return (time.process_time_ns() - began) / 1e6


def static_application() -> Any:
    """Return the page of Dash that computes nothing."""
    app = Dash("static")
    app.layout = html.H1("static")
    return app.server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", required=True, help="database whose plan 1 is shown; a copy")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--strangers", action="store_true", help="forget callers at once")
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    token = tokens_of(asked.db)[0]
    store = Store(asked.db)
    app = create_app(store, hosts=LOCAL_HOSTS, people=store.people()).server
    ours, plain = Caller(app, token), Caller(static_application())
    if asked.strangers:
        app.before_request_funcs[None].insert(0, changes_of(store.engine).another)
    with logged_to_stderr():
        cold = {name: processor_ms(lambda one=one: ours.ask(one)) for name, one in ASKED.items()}
        statements = {}
        for name, one in ASKED.items():
            with counted(store.engine) as seen:
                ours.ask(one)
            statements[name] = len(seen)
        taken: dict[str, list[float]] = {}
        for _ in range(asked.rounds):
            for caller, requests in ((ours, ASKED), (plain, STATIC)):
                for name, one in requests.items():
                    used = processor_ms(lambda one=one, caller=caller: caller.ask(one))
                    taken.setdefault(name, []).append(used)
        if asked.profile:
            profile = cProfile.Profile()
            for _ in range(asked.rounds):
                for one in ASKED.values():
                    profile.runcall(ours.ask, one)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
    print(f"{'request':20} {'median ms':>9} {'first ms':>9} {'statements':>10}")
    for name, values in taken.items():
        first = f"{cold[name]:9.1f}" if name in cold else " " * 9
        print(f"{name:20} {statistics.median(values):9.2f} {first} {statements.get(name, 0):10d}")
    print(
        f"mean of ours ÷ mean of the static page:"
        f" {mean_of(taken, ASKED) / mean_of(taken, STATIC):.2f}"
    )


def mean_of(taken: dict[str, list[float]], requests: dict[str, Request]) -> float:
    """Return the mean of the medians of some requests."""
    return statistics.mean(statistics.median(taken[name]) for name in requests)


if __name__ == "__main__":
    main()
