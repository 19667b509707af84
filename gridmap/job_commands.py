"""Commands for jobs in the background: worker, jobs."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from gridmap.catalogue import text
from gridmap.errors import Fault, InputError, fault
from gridmap.job_kinds import job_kinds
from gridmap.options import DatabaseOption
from gridmap.service_commands import beside_database
from gridmap.settings import read_settings
from gridmap.side_worker import until_work, when_closed

#: Joined to the other commands in `gridmap.cli`.
background = typer.Typer()


@background.command()
def worker(
    database: DatabaseOption = None,
    name: Annotated[str, typer.Option(help="Name by which it is shown.")] = "",
    files: Annotated[
        Path | None, typer.Option("--files", help="Folder of the files of jobs: inbox, jobs.")
    ] = None,
    keep_days: Annotated[
        int,
        typer.Option(
            min=0, max=36_500, help="Days after which ended jobs and their files go; 0 = never."
        ),
    ] = 30,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="End when no job is ready.")
    ] = False,
    beside: Annotated[
        bool, typer.Option("--beside", hidden=True, help="End when the standard input does.")
    ] = False,
) -> None:
    """Run jobs in the background, one at a time; start several for several at a time."""
    from gridmap.store.engine import open_engine

    settings = read_settings()
    url = database or settings.database_url
    shown = name or f"{socket.gethostname()}-{os.getpid()}"
    left = threading.Event()
    if beside:
        when_closed(sys.stdin.buffer, lambda: _end_beside(left))
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: left.set())
        if not until_work(open_engine(url), left):
            return
    # only now what a job needs is read
    from gridmap.jobs.worker import Worker
    from gridmap.store.present import present_scope

    def say(told: Fault) -> None:
        if not beside:  # the log of the server has lines for machines
            typer.echo(told.text(settings.language), err=True)

    accounts = open_engine(url)
    runs = Worker(
        url, job_kinds(), name=shown, files=files or beside_database(url, "files"),
        executor=settings.executor, say=say,
        keep=timedelta(days=keep_days) if keep_days else None,
        present_scope=lambda asked: present_scope(accounts, asked),
    )  # fmt: skip

    def leave(_number: int, _frame: object) -> None:
        say(fault("jobs.leaves", name=shown))
        runs.leave()

    before = {one: signal.signal(one, leave) for one in (signal.SIGTERM, signal.SIGINT)}
    if left.is_set():
        runs.leave()
    say(fault("jobs.waiting", name=shown))
    try:
        runs.run(until_empty=until_empty)
    finally:
        accounts.dispose()
        for one, handler in before.items():
            signal.signal(one, handler)


def _end_beside(left: threading.Event) -> None:
    """End this process as by a signal: the server beside it is gone."""
    left.set()
    os.kill(os.getpid(), signal.SIGTERM)


@background.command()
def jobs(
    ask: Annotated[str, typer.Option(metavar="KIND", help="Ask for a job; its number.")] = "",
    territory: Annotated[str, typer.Option(help="With --ask: name of the territory.")] = "",
    arguments: Annotated[str, typer.Option(help="With --ask: arguments as JSON.")] = "{}",
    key: Annotated[str, typer.Option(help="With --ask: asked twice, done once.")] = "",
    cancel: Annotated[int | None, typer.Option(metavar="JOB", help="End this job.")] = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print for a machine.")] = False,
) -> None:
    """List the jobs in the background; ask for one, or end one."""
    from gridmap.jobs.listing import as_plain, listed
    from gridmap.jobs.queue import Queue
    from gridmap.store.engine import open_engine
    from gridmap.store.scope import Scope

    settings = read_settings()
    engine = open_engine(database or settings.database_url)
    queue = Queue(engine, job_kinds())
    scope = Scope.everything()
    if ask:
        try:
            given = json.loads(arguments)
        except json.JSONDecodeError as error:
            raise InputError(fault("jobs.bad_arguments", "--arguments", reason=error)) from error
        typer.echo(queue.ask(scope, ask, territory, given, key=key or None))
    elif cancel is not None:
        queue.cancel(scope, cancel)
        typer.echo(text("jobs.cancel_told", settings.language, job=cancel))
    elif as_json:
        plain = [as_plain(one, settings.language) for one in queue.jobs(scope)]
        typer.echo(json.dumps(plain, ensure_ascii=False))
    else:
        typer.echo(listed(queue.jobs(scope), settings.language))
    engine.dispose()
