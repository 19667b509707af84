"""Whose turn it is in the queue: limits by role, the oldest job that may run, the clock, locks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gridmap.errors import PermissionDenied, fault
from gridmap.jobs.job import State
from gridmap.store import tables
from gridmap.store.encoding import encode_faults
from gridmap.store.roles import Role
from gridmap.store.rows import now
from gridmap.store.scope import Scope

#: Jobs that an account may have waiting or running, and running, at a time.
MOST_OPEN: Mapping[Role, int] = {
    Role.VIEWER: 4,
    Role.GRID_MANAGER: 4,
    Role.PLANNER: 20,
    Role.REGIONAL_MANAGER: 40,
    Role.ADMIN: 1000,
}
MOST_RUNNING: Mapping[Role, int] = {
    Role.VIEWER: 1,
    Role.GRID_MANAGER: 1,
    Role.PLANNER: 2,
    Role.REGIONAL_MANAGER: 4,
    Role.ADMIN: 100,
}

_JOB = tables.job


def settle_lost(connection: sa.Connection, time: dt.datetime) -> None:
    """End the jobs that nobody holds and that shall or can not be tried again."""
    over = sa.and_(_JOB.c.state == State.RUNNING, _JOB.c.lease_until < time)
    spent = _JOB.c.attempts >= _JOB.c.most_attempts
    lost = connection.execute(
        sa.select(_JOB.c.job_id, _JOB.c.cancel_asked, _JOB.c.attempts)
        .where(over, sa.or_(spent, _JOB.c.cancel_asked))
        .with_for_update(skip_locked=True)
    ).all()
    for row in lost:
        why = fault("jobs.given_up", row.job_id, attempts=row.attempts)
        ended: dict[str, Any] = (
            {"state": State.CANCELLED}
            if row.cancel_asked
            else {"state": State.FAILED, "faults": encode_faults([why])}
        )
        connection.execute(
            sa.update(_JOB)
            .where(_JOB.c.job_id == row.job_id)
            .values(ended=time, lease_until=None, **ended)
        )


def ready(time: dt.datetime) -> sa.Select[Any]:
    """Return the query for the oldest job that may run and whose account may run one more."""
    other = _JOB.alias("other")
    running = (
        sa.select(sa.func.count())
        .select_from(other)
        .where(
            other.c.user == _JOB.c.user,
            other.c.state == State.RUNNING,
            other.c.lease_until >= time,
        )
        .scalar_subquery()
    )
    most = sa.case(*((_JOB.c.role == role, number) for role, number in MOST_RUNNING.items()))
    waits = sa.and_(_JOB.c.state == State.QUEUED, _JOB.c.not_before <= time)
    lost = sa.and_(_JOB.c.state == State.RUNNING, _JOB.c.lease_until < time)
    return (
        sa.select(_JOB.c.job_id)
        .where(sa.or_(waits, lost), running < most)
        .order_by(_JOB.c.job_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def refuse_too_many(connection: sa.Connection, scope: Scope) -> None:
    """Refuse a job where its asker has as many open as the role may have."""
    live = connection.execute(
        sa.select(sa.func.count())
        .select_from(_JOB)
        .where(_JOB.c.user == scope.user, _JOB.c.state.in_((State.QUEUED, State.RUNNING)))
    ).scalar_one()
    if live >= MOST_OPEN[scope.role]:
        raise PermissionDenied(fault("jobs.too_many", scope.user, count=live))


def alone(connection: sa.Connection, lock: int) -> None:
    """Hold a lock until the end of the transaction; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))


def clock_of(connection: sa.Connection) -> dt.datetime:
    """Return the time of the database server, so that no worker's clock decides on a lease."""
    if connection.dialect.name != "postgresql":
        return now()
    told = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return told.astimezone(dt.UTC) if isinstance(told, dt.datetime) else now()
