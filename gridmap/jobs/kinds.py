"""What a job can be: its permission, its stages, and the function that does it.

A kind only computes. What it wants written it returns as a function of an open connection, so
that the worker can write the result and the word "done" in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gridmap.progress import Report
from gridmap.store.repository import Store
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope

#: Writes the result on an open connection and returns what the job refers to, as JSON.
Write = Callable[[sa.Connection], Mapping[str, Any]]


@dataclass(frozen=True)
class Task:
    """What the function of a kind is given.

    Attributes
    ----------
    store
        Where to read. Nothing is written here; see `Write`.
    scope
        How far who asked may reach, now.
    territory
        Name of the territory that the job is for.
    arguments
        What was asked, as JSON.
    folder
        Folder of this job's files alone; not made yet.
    inbox
        Folder of the files that were handed in.
    executor
        Where the parts are worked on, see `gridmap.jobs.executor.open_executor`.
    report
        Takes the progress; raises `Cancelled` once the job shall end.
    """

    store: Store
    scope: Scope
    territory: str
    arguments: Mapping[str, Any]
    folder: Path
    inbox: Path
    report: Report
    executor: str = "threads"


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes
    ----------
    name
        Its name in the database.
    permission
        What who asks needs, in the territory.
    run
        Does the work. A function of a module, since another process calls it.
    stages
        Share of each stage in the time of the whole, in order; they need not add up to 1.
    """

    name: str
    permission: Permission
    run: Callable[[Task], Write]
    stages: Mapping[str, float] = field(default_factory=dict)


def by_name(*kinds: Kind) -> dict[str, Kind]:
    """Return kinds by their names."""
    return {one.name: one for one in kinds}
