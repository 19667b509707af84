"""A job as a reader and a worker see it, and how it is written in its row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gridmap.errors import Fault, StoreError
from gridmap.store.encoding import decode_faults
from gridmap.store.roles import Role
from gridmap.store.scope import Scope


class State(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Standing(StrEnum):
    """What a worker is told when it says that it is alive."""

    GO = "go"
    CANCEL = "cancel"
    LOST = "lost"


@dataclass(frozen=True)
class Job:
    """What a list of jobs shows of one.

    Attributes
    ----------
    fraction, left_s
        Done part of the whole in [0, 1]; seconds that are left, None = not known.
    stage, detail
        Key of the stage in the catalogue, and what is being worked on.
    faults
        Why it failed.
    result
        What it made, for example ``{"scenario_id": 7}``.
    arguments
        What was asked.
    """

    job_id: int
    kind: str
    territory: str
    user: str
    state: State
    attempts: int
    stage: str
    fraction: float
    detail: str
    left_s: float | None
    cancel_asked: bool
    faults: tuple[Fault, ...]
    result: Mapping[str, Any]
    created: dt.datetime
    started: dt.datetime | None
    ended: dt.datetime | None
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A job that was taken; `fence` says by whom."""

    job_id: int
    fence: int
    kind: str
    territory: str
    arguments: Mapping[str, Any]
    scope: Scope
    attempt: int


class LostLease(StoreError):
    """Another worker has the job; what this one made is not written."""


def written_scope(scope: Scope) -> dict[str, Any]:
    """Return the scope of the asker as columns of the row."""
    return {
        "user": scope.user,
        "role": scope.role,
        "territories": None if scope.territories is None else sorted(scope.territories),
        "cells": None if scope.cells is None else sorted(scope.cells),
    }


def read_scope(row: sa.Row[Any]) -> Scope:
    """Return the scope of the asker; the inverse of `written_scope`."""
    return Scope(
        territories=None if row.territories is None else frozenset(row.territories),
        cells=None if row.cells is None else frozenset(row.cells),
        role=Role(row.role),
        user=row.user,
    )


def read_job(row: sa.Row[Any]) -> Job:
    """Return a row as a reader sees it."""
    return Job(
        job_id=row.job_id,
        kind=row.kind,
        territory=row.territory,
        user=row.user,
        state=State(row.state),
        attempts=row.attempts,
        stage=row.stage,
        fraction=row.fraction,
        detail=row.detail,
        left_s=row.left_s,
        cancel_asked=row.cancel_asked,
        faults=decode_faults(row.faults),
        result=row.result,
        created=in_utc(row.created),
        started=None if row.started is None else in_utc(row.started),
        ended=None if row.ended is None else in_utc(row.ended),
        arguments=row.arguments,
    )


def in_utc(time: dt.datetime) -> dt.datetime:
    """Return a time of the database with its zone."""
    # SQLite hands times back without their zone.
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time
