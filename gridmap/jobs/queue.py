"""The queue of jobs in the database: asked once, run by one, written by none who lost it.

A worker that takes a job gets a lease and a fencing token. Who lets the lease run out may lose the
job to another worker, whose token is higher; from then on nothing that carries the old token is
written. The result of a job and the word "done" are one transaction.

References
----------
C. Gray and D. Cheriton (1989), Leases: an efficient fault-tolerant mechanism for distributed file
cache consistency, SOSP '89: 202–210. The token is that of Burrows (2006), The Chubby lock service,
OSDI '06, where it is called a sequencer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from gridmap.errors import ConflictError, Fault, InputError, PermissionDenied, StoreError, fault
from gridmap.jobs.job import (
    Claim,
    Job,
    LostLease,
    Standing,
    State,
    in_utc,
    read_job,
    read_scope,
    written_scope,
)
from gridmap.jobs.kinds import Kind, Write
from gridmap.jobs.turns import alone, clock_of, ready, refuse_too_many, settle_lost
from gridmap.store import tables
from gridmap.store.encoding import encode_faults
from gridmap.store.engine import reading, writing
from gridmap.store.roles import Permission
from gridmap.store.rows import new_id
from gridmap.store.scope import Scope

#: How often a job is begun before it is given up.
ATTEMPTS = 3

#: Seconds before the second attempt; each further one waits twice as long.
BACKOFF_S = 5.0

#: Advisory locks of PostgreSQL: one for those who ask, one for those who take.
_ASK_LOCK, _TAKE_LOCK = 743_001, 743_002

_JOB = tables.job

#: Workers take the jobs of all territories; what one may do there is in the scope of the job.
_WORKERS = Scope.everything()


class Queue:
    """The jobs of one database.

    Parameters
    ----------
    engine
        The database, see `gridmap.store.engine.open_engine`.
    kinds
        Kinds that may be asked for, by name.
    """

    def __init__(self, engine: sa.Engine, kinds: Mapping[str, Kind]) -> None:
        self._engine = engine
        self._kinds = kinds

    def ask(
        self,
        scope: Scope,
        kind: str,
        territory: str,
        arguments: Mapping[str, Any],
        *,
        key: str | None = None,
    ) -> int:
        """Put a job into the queue and return its number.

        Parameters
        ----------
        scope
            Who asks. It is checked now, and again when the job is run.
        kind, territory, arguments
            What is to be done, and where.
        key
            Asked again under the same key, the job of the first time is returned.

        Raises
        ------
        InputError
            If there is no such kind.
        PermissionDenied
            If the scope does not reach so far, or the account has too many jobs already.
        ConflictError
            If the key was used for something else.
        """
        if kind not in self._kinds:
            raise InputError(fault("jobs.unknown_kind", kind, known=", ".join(sorted(self._kinds))))
        scope.demand(territory, self._kinds[kind].permission)
        name = None if key is None else hashlib.sha256(key.encode()).hexdigest()
        with writing(self._engine, scope) as connection:
            alone(connection, _ASK_LOCK)
            known = self._asked_before(connection, scope, name)
            if known is not None:
                same = (kind, territory, dict(arguments))
                if (known.kind, known.territory, known.arguments) != same:
                    raise ConflictError(fault("jobs.key_used", key, job=known.job_id))
                return int(known.job_id)
            refuse_too_many(connection, scope)
            time = clock_of(connection)
            inserted = connection.execute(
                sa.insert(_JOB).values(
                    kind=kind,
                    territory=territory,
                    arguments=dict(arguments),
                    idempotency_key=name,
                    state=State.QUEUED,
                    attempts=0,
                    most_attempts=ATTEMPTS,
                    not_before=time,
                    worker="",
                    fence=0,
                    cancel_asked=False,
                    stage="",
                    fraction=0.0,
                    detail="",
                    faults=[],
                    result={},
                    created=time,
                    **written_scope(scope),
                )
            )
            return new_id(inserted)

    def jobs(self, scope: Scope, *, most: int = 100) -> list[Job]:
        """Return the jobs within the scope, the newest first.

        Who may not plan sees only what they asked for themselves.
        """
        query = sa.select(_JOB).order_by(_JOB.c.job_id.desc())
        if scope.territories is not None:
            query = query.where(_JOB.c.territory.in_(sorted(scope.territories)))
        if not _sees_all(scope):
            query = query.where(_JOB.c.user == scope.user)
        with reading(self._engine, scope) as connection:
            return [read_job(row) for row in connection.execute(query.limit(most))]

    def job(self, scope: Scope, job_id: int) -> Job:
        """Return a job.

        Raises
        ------
        StoreError
            If there is none of this number within the scope.
        """
        with reading(self._engine, scope) as connection:
            return read_job(_within(connection, scope, job_id))

    def idle_s(self) -> float | None:
        """Return how long a job has waited although no worker runs any; None = none has to.

        A job waits in vain if nobody holds a lease: every worker that is there would take it.
        """
        with reading(self._engine, _WORKERS) as connection:
            time = clock_of(connection)
            held = connection.execute(
                sa.select(sa.func.count())
                .select_from(_JOB)
                .where(_JOB.c.state == State.RUNNING, _JOB.c.lease_until >= time)
            ).scalar_one()
            oldest = connection.execute(
                sa.select(sa.func.min(_JOB.c.not_before)).where(
                    _JOB.c.state == State.QUEUED, _JOB.c.not_before <= time
                )
            ).scalar_one()
        return None if held or oldest is None else (time - in_utc(oldest)).total_seconds()

    def cancel(self, scope: Scope, job_id: int) -> None:
        """End a job: at once if it waits, else its worker is told.

        Raises
        ------
        StoreError
            If there is none of this number within the scope.
        PermissionDenied
            If somebody else asked for it and the role does not publish.
        """
        with writing(self._engine, scope) as connection:
            row = _within(connection, scope, job_id)
            if row.user != scope.user and not scope.may(Permission.PUBLISH):
                raise PermissionDenied(fault("jobs.not_yours", job_id))
            waiting = connection.execute(
                sa.update(_JOB)
                .where(_JOB.c.job_id == job_id, _JOB.c.state == State.QUEUED)
                .values(state=State.CANCELLED, cancel_asked=True, ended=clock_of(connection))
            )
            if not waiting.rowcount:
                connection.execute(
                    sa.update(_JOB)
                    .where(_JOB.c.job_id == job_id, _JOB.c.state == State.RUNNING)
                    .values(cancel_asked=True)
                )

    def take(self, worker: str, *, lease_s: float) -> Claim | None:
        """Take the oldest job that may run now; None = there is none.

        Jobs whose lease ran out are taken again, or ended if that was the last attempt. A row
        that another connection holds, for example to write a result, is passed over.
        """
        with writing(self._engine, _WORKERS) as connection:
            alone(connection, _TAKE_LOCK)
            time = clock_of(connection)
            settle_lost(connection, time)
            chosen = connection.execute(ready(time)).one_or_none()
            if chosen is None:
                return None
            taken = connection.execute(
                sa.update(_JOB)
                .where(_JOB.c.job_id == chosen.job_id)
                .values(
                    state=State.RUNNING,
                    attempts=_JOB.c.attempts + 1,
                    fence=_JOB.c.fence + 1,
                    worker=worker,
                    lease_until=time + dt.timedelta(seconds=lease_s),
                    heartbeat=time,
                    started=time,
                    stage="",
                    fraction=0.0,
                    detail="",
                    left_s=None,
                )
                .returning(_JOB)
            ).one()
            return Claim(
                taken.job_id,
                taken.fence,
                taken.kind,
                taken.territory,
                taken.arguments,
                read_scope(taken),
                taken.attempts,
            )

    def beat(
        self, claim: Claim, *, lease_s: float, told: Mapping[str, Any] | None = None
    ) -> Standing:
        """Lengthen a lease, write down the progress, and hear how the job stands.

        Parameters
        ----------
        told
            Values of stage, fraction, detail and left_s; None = as before.
        """
        with writing(self._engine, _WORKERS) as connection:
            time = clock_of(connection)
            asked = connection.execute(
                sa.update(_JOB)
                .where(*_held(claim))
                .values(
                    lease_until=time + dt.timedelta(seconds=lease_s), heartbeat=time, **(told or {})
                )
                .returning(_JOB.c.cancel_asked)
            ).scalar_one_or_none()
        return _standing(asked)

    def standing(self, claim: Claim) -> Standing:
        """Hear how a job stands without writing anything."""
        with reading(self._engine, _WORKERS) as connection:
            asked = connection.execute(
                sa.select(_JOB.c.cancel_asked).where(*_held(claim))
            ).scalar_one_or_none()
        return _standing(asked)

    def finish(self, claim: Claim, write: Write) -> None:
        """Write a result and the word "done" in one transaction.

        Raises
        ------
        LostLease
            If the job is another worker's by now, or is over; nothing is written.
        """
        with self._ending(claim, State.DONE) as connection:
            result = dict(write(connection))
            connection.execute(
                sa.update(_JOB)
                .where(_JOB.c.job_id == claim.job_id)
                .values(result=result, fraction=1.0, left_s=0.0, faults=[])
            )

    def cancelled(self, claim: Claim) -> None:
        """Say that a job was ended because somebody wanted it.

        Raises
        ------
        LostLease
            As for `finish`.
        """
        with self._ending(claim, State.CANCELLED):
            pass

    def failed(self, claim: Claim, faults: Sequence[Fault], *, again: bool) -> None:
        """Say why a job failed; it is tried again later if that may help.

        Parameters
        ----------
        again
            Whether the cause may pass, like a server that is down.

        Raises
        ------
        LostLease
            As for `finish`.
        """
        told = encode_faults(faults)
        with writing(self._engine, _WORKERS) as connection:
            time = clock_of(connection)
            wait = dt.timedelta(seconds=BACKOFF_S * 2 ** (claim.attempt - 1))
            open_again = _JOB.c.attempts < _JOB.c.most_attempts
            retried = (
                again
                and connection.execute(
                    sa.update(_JOB)
                    .where(*_held(claim), open_again, ~_JOB.c.cancel_asked)
                    .values(
                        state=State.QUEUED, not_before=time + wait, lease_until=None, faults=told
                    )
                ).rowcount
            )
            if not retried:
                ended = connection.execute(
                    sa.update(_JOB)
                    .where(*_held(claim))
                    .values(state=State.FAILED, ended=time, lease_until=None, faults=told)
                )
                _require(ended, claim)

    def give_back(self, claim: Claim) -> None:
        """Put a job back as if it had not been taken: the worker leaves.

        Raises
        ------
        LostLease
            As for `finish`.
        """
        with writing(self._engine, _WORKERS) as connection:
            given = connection.execute(
                sa.update(_JOB)
                .where(*_held(claim))
                .values(state=State.QUEUED, lease_until=None, attempts=_JOB.c.attempts - 1)
            )
            _require(given, claim)

    @contextmanager
    def _ending(self, claim: Claim, state: State) -> Iterator[sa.Connection]:
        """Yield a connection on which the job has ended already, and that holds its row."""
        with writing(self._engine, _WORKERS) as connection:
            ended = connection.execute(
                sa.update(_JOB)
                .where(*_held(claim))
                .values(state=state, ended=clock_of(connection), lease_until=None)
            )
            _require(ended, claim)
            yield connection

    @staticmethod
    def _asked_before(
        connection: sa.Connection, scope: Scope, name: str | None
    ) -> sa.Row[Any] | None:
        if name is None:
            return None
        return connection.execute(
            sa.select(_JOB).where(_JOB.c.user == scope.user, _JOB.c.idempotency_key == name)
        ).one_or_none()


def _held(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions under which a job is still its worker's."""
    return (
        _JOB.c.job_id == claim.job_id,
        _JOB.c.fence == claim.fence,
        _JOB.c.state == State.RUNNING,
    )


def _standing(cancel_asked: bool | None) -> Standing:
    if cancel_asked is None:
        return Standing.LOST
    return Standing.CANCEL if cancel_asked else Standing.GO


def _require(changed: sa.CursorResult[Any], claim: Claim) -> None:
    if changed.rowcount != 1:
        raise LostLease(fault("jobs.lost_lease", claim.job_id))


def _within(connection: sa.Connection, scope: Scope, job_id: int) -> sa.Row[Any]:
    row = connection.execute(sa.select(_JOB).where(_JOB.c.job_id == job_id)).one_or_none()
    if row is None or not scope.allows(row.territory) or not _sees(scope, row.user):
        raise StoreError(fault("jobs.none_such", job_id))
    return row


def _sees_all(scope: Scope) -> bool:
    return scope.may(Permission.PLAN)


def _sees(scope: Scope, user: str) -> bool:
    return _sees_all(scope) or user == scope.user
