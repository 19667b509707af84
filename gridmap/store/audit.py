"""Who did what, in a chain of hashes that shows when a row was changed or taken out.

The newest hash stands for the whole chain: whoever writes it down elsewhere can later prove that
nothing before it was touched.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gridmap.errors import Fault, fault
from gridmap.store.draft_tables import audit
from gridmap.store.engine import reading
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope

#: What the first row's hash covers in place of a former one.
BEGINNING = "0" * 64
#: Number of the lock under which PostgreSQL lets one transaction at a time add to the chain.
_CHAIN_LOCK = 7_201_001
_ONE_AT_A_TIME = sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK))
_LAST = sa.select(audit.c.audit_id, audit.c.hash).order_by(audit.c.audit_id.desc()).limit(1)
_ADD = sa.insert(audit)


@dataclass(frozen=True)
class AuditEntry:
    """One row of the audit; `detail` is JSON as it was hashed."""

    audit_id: int
    time: str
    actor: str
    action: str
    subject: str
    detail: str
    hash: str

    def told_hash(self, former: str) -> str:
        """Return the hash that this row must have after one with the hash `former`."""
        told = [former, self.audit_id, self.time, self.actor, self.action, self.subject]
        text = json.dumps([*told, self.detail], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def record(
    connection: sa.Connection, scope: Scope, action: str, subject: str, **detail: Any
) -> None:
    """Add a row to the audit in the caller's transaction, as the last thing it does.

    Parameters
    ----------
    connection
        Open transaction that writes.
    scope
        Who acts.
    action
        One word, such as ``published``.
    subject
        What it is about, such as ``scenario/7``.
    detail
        More, plain values only.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_AT_A_TIME)
    last = connection.execute(_LAST).one_or_none()
    entry = AuditEntry(
        audit_id=1 if last is None else last.audit_id + 1,
        time=now().isoformat(timespec="microseconds"),
        actor=scope.user,
        action=action,
        subject=subject,
        detail=json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        hash="",
    )
    former = BEGINNING if last is None else last.hash
    connection.execute(_ADD, {**vars(entry), "hash": entry.told_hash(former)})


@dataclass(frozen=True)
class AuditFilter:
    """Which rows of the audit are wanted; what is empty does not matter.

    Attributes
    ----------
    actor, action, subject
        Who, what, and on what, exactly.
    since, until
        First and last day, in UTC.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions on the table."""
        named = {"actor": self.actor, "action": self.action, "subject": self.subject}
        found = [audit.c[name] == value for name, value in named.items() if value]
        # times are kept as ISO texts in UTC, whose order is that of the times
        if self.since is not None:
            found.append(audit.c.time >= self.since.isoformat())
        if self.until is not None:
            found.append(audit.c.time < (self.until + dt.timedelta(days=1)).isoformat())
        return found


def entries(
    engine: sa.Engine,
    scope: Scope,
    *,
    subject: str = "",
    wanted: AuditFilter | None = None,
    most: int = 1000,
) -> list[AuditEntry]:
    """Return the newest rows of the audit, of one subject or those wanted if that is given.

    Raises
    ------
    PermissionDenied
        If the caller is no administrator of all territories.
    """
    scope.demand_all(Permission.ADMINISTER)
    asked = wanted or AuditFilter(subject=subject)
    query = sa.select(audit).where(*asked.conditions()).order_by(audit.c.audit_id.desc())
    with reading(engine, scope) as connection:
        return [AuditEntry(*row) for row in connection.execute(query.limit(most))]


def known_words(engine: sa.Engine, scope: Scope) -> tuple[list[str], list[str]]:
    """Return who stands in the audit, and which actions do.

    Raises
    ------
    PermissionDenied
        If the caller is no administrator of all territories.
    """
    scope.demand_all(Permission.ADMINISTER)
    with reading(engine, scope) as connection:
        actors, actions = (
            list(connection.execute(sa.select(column).distinct().order_by(column)).scalars())
            for column in (audit.c.actor, audit.c.action)
        )
    return actors, actions


def verify_audit(engine: sa.Engine, scope: Scope, *, newest: str = "") -> list[Fault]:
    """Return what is wrong with the chain: a row changed, taken out, put in, or cut off.

    Parameters
    ----------
    engine, scope
        Database, and an administrator of all territories.
    newest
        A hash that was written down earlier; it must still be in the chain.

    Raises
    ------
    PermissionDenied
        If the caller is no administrator of all territories.
    """
    scope.demand_all(Permission.ADMINISTER)
    with reading(engine, scope) as connection:
        rows = connection.execute(sa.select(audit).order_by(audit.c.audit_id))
        return chain_faults((AuditEntry(*row) for row in rows), newest=newest)


def chain_faults(chain: Iterable[AuditEntry], *, newest: str = "") -> list[Fault]:
    """Return what is wrong with rows of the audit, the oldest first."""
    faults = []
    former, place, found = BEGINNING, 0, not newest
    for entry in chain:
        place += 1
        if entry.audit_id != place:
            faults.append(fault("drafts.audit.gap", row=place))
            place = entry.audit_id
        if entry.hash != entry.told_hash(former):
            faults.append(fault("drafts.audit.changed", row=entry.audit_id))
        former = entry.hash
        found = found or former == newest
    if not found:
        faults.append(fault("drafts.audit.cut_off", hash=newest))
    return faults


class AuditLog:
    """The audit of one database, as an administrator of all territories reads it.

    Parameters
    ----------
    engine
        The database.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def entries(self, scope: Scope, wanted: AuditFilter, *, most: int = 1000) -> list[AuditEntry]:
        """Return the newest rows that are wanted; see `entries`."""
        return entries(self._engine, scope, wanted=wanted, most=most)

    def words(self, scope: Scope) -> tuple[list[str], list[str]]:
        """Return who stands in the audit, and which actions do; see `known_words`."""
        return known_words(self._engine, scope)

    def faults(self, scope: Scope) -> list[Fault]:
        """Return what is wrong with the chain; see `verify_audit`."""
        return verify_audit(self._engine, scope)

    def newest(self, scope: Scope) -> tuple[int, str]:
        """Return how many rows there are by the number of the newest, and its hash."""
        last = self.entries(scope, AuditFilter(), most=1)
        return (last[0].audit_id, last[0].hash) if last else (0, BEGINNING)
