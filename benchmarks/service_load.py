"""Many users at once, against a page of Dash that computes nothing, in the same run.

    python -m benchmarks.service_load [--users 200] [--think 5] [--seconds 60] [--workers 2]
        [--db URL] [--seed N] [--out FILE]

Users look at the pages of the demo's plan in random order, as a browser asks for them (the address,
then what the page fetches, packed, and again only if it changed), and think in between,
exponentially distributed. Each has a token, so that every request is checked. Meanwhile five
editors redraw another town in the same database, in a process of their own. Then the same users
look at a page of Dash with a heading and nothing else, served in the same way and open to all.
Prints the times that requests took, from the first byte sent to the last one received, and the
ratio.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import multiprocessing
import os
import platform
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.store_case import SquareTown
from benchmarks.store_editor import processes, random_edit
from dashboards.ids import App
from gridmap.store.accounts import Grant
from gridmap.store.drafts import Drafts
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.tokens import TokenWish

#: One request: method, path, body.
Request = tuple[str, str, bytes | None]

STATIC = """
from dash import Dash, html
from gridmap.server import Listening, run_server

def page():
    app = Dash("static")
    app.layout = html.H1("static")
    return app.server

run_server(page, Listening("127.0.0.1", {port}, {workers}, 8), print)
"""


#: Accounts, one a user as a rule.
ACCOUNTS = 200
EDITORS = 5
TOWN = SquareTown(EDITORS, 20)


@dataclass
class Times:
    """What the users met: seconds of each request, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float) -> None:
        with self.lock:
            self.seconds.append(seconds)

    def fail(self, error: str) -> None:
        with self.lock:
            self.errors.append(error)


def pages_of_plan(choice: random.Random, cells: int) -> list[Request]:
    """Return what a browser asks for when a user goes to another page."""
    page = choice.choice(["/cells", "/cell", "/routes"])
    cell = choice.randint(1, cells)
    asked: list[Request] = [("POST", "/_dash-update-component", show(page, f"?cell={cell}"))]
    if page == "/cells":
        asked.append(("GET", "/data/1/cells.geojson", None))
        asked.append(("GET", "/data/1/outlets.geojson", None))
    if page == "/routes":
        asked.append(("GET", f"/data/1/routes/{cell}.geojson", None))
    return asked


def static_page(_choice: random.Random, _cells: int) -> list[Request]:
    """Return what a browser asks for when it opens the page that computes nothing."""
    return [("GET", path, None) for path in ("/", "/_dash-layout", "/_dash-dependencies")]


def show(path: str, query: str) -> bytes:
    """Return the callback by which a page opens."""
    outputs = [
        {"id": App.HEADER, "property": "children"},
        {"id": App.CONTENT, "property": "children"},
        {"id": App.FRAME, "property": "data"},
        {"id": App.SELECTION, "property": "data"},
    ]
    joined = "...".join(f"{one['id']}.{one['property']}" for one in outputs)
    body: dict[str, Any] = {
        "output": f"..{joined}..",
        "outputs": outputs,
        "changedPropIds": [f"{App.URL}.search"],
        "inputs": [
            {"id": App.URL, "property": "pathname", "value": path},
            {"id": App.URL, "property": "search", "value": query},
        ],
        "state": [{"id": App.FRAME, "property": "data", "value": None}],
    }
    return json.dumps(body).encode()


def use(
    port: int,
    pages: Callable[[random.Random, int], list[Request]],
    asked: argparse.Namespace,
    seed: int,
    tokens: Sequence[str] = (),
) -> Times:
    """Let the users work and return what they met."""
    times, until = Times(), time.monotonic() + asked.seconds

    def user(number: int) -> None:
        choice = random.Random(seed * 100_000 + number)  # noqa: S311
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        always = {"Accept-Encoding": "gzip"}
        if tokens:
            always["Authorization"] = f"Bearer {tokens[number % len(tokens)]}"
        tags: dict[str, str] = {}
        time.sleep(choice.uniform(0.0, asked.think))
        while time.monotonic() < until:
            for method, path, body in pages(choice, asked.cells):
                began = time.perf_counter()
                try:
                    headers = dict(always)
                    if body:
                        headers["Content-Type"] = "application/json"
                    if path in tags:
                        headers["If-None-Match"] = tags[path]
                    line.request(method, path, body, headers)
                    answer = line.getresponse()
                    answer.read()
                    if answer.getheader("ETag"):
                        tags[path] = str(answer.getheader("ETag"))
                except (OSError, http.client.HTTPException) as error:
                    times.fail(f"{path}: {error!r}")
                    line.close()
                    continue
                if answer.status not in (200, 204, 304):
                    times.fail(f"{path}: {answer.status}")
                times.add(time.perf_counter() - began)
            time.sleep(choice.expovariate(1.0 / asked.think))
        line.close()

    users = [threading.Thread(target=user, args=(number,)) for number in range(asked.users)]
    for one in users:
        one.start()
    for one in users:
        one.join()
    return times


def tokens_of(url: str) -> list[str]:
    """Make the accounts of the users, and return a token of each."""
    store = Store(url)
    people, everything = store.people(), Scope.everything()
    viewer = Grant(Role.VIEWER, everywhere=True)
    made = []
    for number in range(ACCOUNTS):
        name = f"user{number}"
        people.accounts.add(everything, name, viewer, oidc_subject=name)
        made.append(people.tokens.add(everything, name, TokenWish("load", 1)))
    store.close()
    return made


def redraw_town(pipe: Connection, url: str, draft: int, seconds: float, think: float) -> None:
    """Let editors work on a row of cells each, and send the seconds that each commit took."""
    store, ground = Store(url), TOWN.ground()
    drafts, until = Drafts(store.engine), time.monotonic() + seconds
    taken: list[float] = []

    def editor(number: int) -> None:
        scope, rng = Scope(role=Role.PLANNER, user=f"editor{number}"), np.random.default_rng(number)
        mine = range(number * EDITORS, (number + 1) * EDITORS)
        while time.monotonic() < until:
            head = drafts.head(scope, draft)
            plan = head.state.plan(ground)
            done = random_edit(rng, plan, mine)
            key, began = uuid.uuid4().hex, time.perf_counter()
            drafts.commit(scope, draft, plan, done, key=key, versions=head.versions)
            taken.append(time.perf_counter() - began)
            time.sleep(float(rng.exponential(think)))

    editors = [threading.Thread(target=editor, args=(number,)) for number in range(EDITORS)]
    for one in editors:
        one.start()
    for one in editors:
        one.join()
    store.close()
    pipe.send(taken)


@contextmanager
def edited(url: str, seconds: float, think: float) -> Iterator[list[float]]:
    """Let editors work while the block runs; the list holds the seconds of commits at its end."""
    store = Store(url)
    draft = TOWN.draft(store)
    store.close()
    ours, theirs = multiprocessing.Pipe()
    at_work = processes().Process(target=redraw_town, args=(theirs, url, draft, seconds, think))
    at_work.start()
    commits: list[float] = []
    yield commits
    commits += ours.recv()
    at_work.join()


@contextmanager
def served(command: list[str], port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a server until the block ends."""
    process = subprocess.Popen(
        command, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1.0).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def gridmap(*arguments: str) -> list[str]:
    """Return the command line of gridmap in a process of its own."""
    return [sys.executable, "-c", "from gridmap.cli import main; main()", *arguments]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def row(name: str, times: Times) -> list[Any]:
    """Print what the users met, and return it as a row."""
    p50, p95, p99 = np.percentile(times.seconds, [50, 95, 99]) * 1000.0
    print(
        f"{name:18} {len(times.seconds):6d} requests, {len(times.errors)} errors,"
        f" p50 {p50:7.1f} ms, p95 {p95:7.1f} ms, p99 {p99:7.1f} ms",
        flush=True,
    )
    for error in sorted(set(times.errors))[:5]:
        print("   ", error)
    return [name, len(times.seconds), len(times.errors), p50, p95, p99]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--think", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cells", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--db", help="database whose plan 1 is shown; default: the demo's")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        url = asked.db or f"sqlite:///{folder}/demo/gridmap.db"
        if asked.db is None:
            made = gridmap("demo", "--no-serve", "--out", f"{folder}/demo")
            subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port, plain = free_port(), free_port()
        ours = gridmap(
            "serve",
            "--db",
            url,
            "--port",
            str(port),
            "--workers",
            str(asked.workers),
            "--no-worker",
        )
        static = [sys.executable, "-c", STATIC.format(port=plain, workers=asked.workers)]
        tokens = tokens_of(url)
        warm = argparse.Namespace(**{**vars(asked), "users": 8, "think": 0.1, "seconds": 3})
        with served(ours, port):
            use(port, pages_of_plan, warm, asked.seed + 1, tokens)
            with edited(url, asked.seconds, asked.think) as commits:
                rows.append(row("gridmap", use(port, pages_of_plan, asked, asked.seed, tokens)))
        print(
            f"{len(commits)} edits by {EDITORS} editors, p50 of a commit"
            f" {np.median(commits) * 1000.0:.1f} ms",
            flush=True,
        )
        with served(static, plain):
            use(plain, static_page, warm, asked.seed + 1)
            rows.append(row("static Dash page", use(plain, static_page, asked, asked.seed)))
    print(
        f"p95 is {rows[0][4] / rows[1][4]:.2f} times that of the static page"
        f" ({asked.users} users, {asked.think:g} s think time, {asked.workers} workers,"
        f" seed {asked.seed}, {platform.machine()}, {os.cpu_count()} cores)"
    )
    if asked.out:
        with asked.out.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["page", "requests", "errors", "p50_ms", "p95_ms", "p99_ms"])
            writer.writerows(rows)


if __name__ == "__main__":
    main()
