"""Sessions on the server: what a browser holds is a key that can be taken away at any time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from gridmap.store import people_tables as tables
from gridmap.store.accounts import reach_in, with_reach
from gridmap.store.audit import record
from gridmap.store.digests import digest, new_secret
from gridmap.store.known_callers import KnownCallers
from gridmap.store.people_base import Clock, PeopleTable, account_of
from gridmap.store.rows import now
from gridmap.store.scope import Scope

#: When a session was last seen is written at most so often.
_SEEN_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class SessionLimits:
    """How long a session lives: since it was last used, and since the sign-in."""

    idle: dt.timedelta = dt.timedelta(hours=1)
    absolute: dt.timedelta = dt.timedelta(hours=12)


@dataclass(frozen=True)
class SessionSeen:
    """A live session as its owner sees it; `here` marks the one that asks."""

    session_id: int
    created: dt.datetime
    last_seen: dt.datetime
    expires: dt.datetime
    here: bool


_SESSION = tables.session
#: The account of a session with its reach.
_HOLDER: Final = with_reach(
    sa.select(
        _SESSION.c.session_id,
        (_SESSION.c.last_seen <= sa.bindparam("seen_before")).label("unseen"),
    )
    .join(tables.account, tables.account.c.account_id == _SESSION.c.account_id)
    .where(
        _SESSION.c.token_hash == sa.bindparam("key"),
        _SESSION.c.revoked.is_(None),
        _SESSION.c.expires > sa.bindparam("time"),
        _SESSION.c.last_seen > sa.bindparam("used_since"),
    )
)


class Sessions(PeopleTable):
    """The sessions of one database."""

    def __init__(
        self, engine: sa.Engine, *, limits: SessionLimits | None = None, clock: Clock = now
    ) -> None:
        super().__init__(engine, clock=clock)
        self.limits = limits or SessionLimits()
        self._known = KnownCallers(self._changes)

    def begin(self, account_id: int, *, instead_of: str | None = None) -> str:
        """Begin a session and return its key, which is new at each sign-in.

        Parameters
        ----------
        account_id
            Who has signed in.
        instead_of
            Key that the browser held before; it ends.
        """
        key, time = new_secret(), self._clock()
        table = tables.session
        with self._writing() as connection:
            connection.execute(sa.delete(table).where(table.c.expires <= time))
            if instead_of is not None:
                _revoke(connection, instead_of, time)
            connection.execute(
                sa.insert(table).values(
                    token_hash=digest(key),
                    account_id=account_id,
                    created=time,
                    last_seen=time,
                    expires=time + self.limits.absolute,
                    revoked=None,
                )
            )
        return key

    def scope(self, key: str, *, used: bool = True) -> Scope | None:
        """Return how far the holder of a key reaches; None if the session is over.

        That is now, but for what `gridmap.store.known_callers` says.
        What a page asks by itself, without anybody at it, is no use (`used`) of the session.
        """
        key, time, change = digest(key), self._clock(), self._known.change()
        # what was found for a page that asks by itself does not count as a use, nor hide one
        asked = f"{key} {used}"
        known = self._known.scope(asked, time)
        if known is not None:
            return known
        bounds = {
            "key": key,
            "time": time,
            "used_since": time - self.limits.idle,
            "seen_before": time - _SEEN_EVERY,
        }
        with self._reading() as connection:
            rows = connection.execute(_HOLDER, bounds).all()
        scope = reach_in(rows)
        if scope is None:
            return None
        if used and rows[0].unseen:
            self._see(rows[0].session_id, time)
        self._known.keep(asked, scope, time, change)
        return scope

    def own(self, scope: Scope, *, key: str | None = None) -> list[SessionSeen]:
        """Return the live sessions of the caller, the newest first; `key` is that of this one."""
        table, time = tables.session, self._clock()
        query = (
            sa.select(table)
            .where(
                table.c.account_id.in_(account_of(scope)),
                table.c.revoked.is_(None),
                table.c.expires > time,
                table.c.last_seen > time - self.limits.idle,
            )
            .order_by(table.c.created.desc(), table.c.session_id.desc())
        )
        mine = None if key is None else digest(key)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            SessionSeen(row.session_id, row.created, row.last_seen, row.expires,
                        row.token_hash == mine)
            for row in rows
        ]  # fmt: skip

    def end_own(self, scope: Scope, *, keep: str | None) -> None:
        """End the sessions of the caller, all but the one whose key is kept."""
        table = tables.session
        mine = sa.and_(table.c.account_id.in_(account_of(scope)), table.c.revoked.is_(None))
        if keep is not None:
            mine = sa.and_(mine, table.c.token_hash != digest(keep))
        with self._writing() as connection:
            connection.execute(sa.update(table).where(mine).values(revoked=self._clock()))
            record(connection, scope, "own_sessions_ended", f"account/{scope.user}")

    def _see(self, session_id: int, time: dt.datetime) -> None:
        table = tables.session
        with self._noting() as connection:
            connection.execute(
                sa.update(table).where(table.c.session_id == session_id).values(last_seen=time)
            )

    def end(self, key: str) -> None:
        """End a session: its key opens nothing any more, wherever it was copied to."""
        with self._writing() as connection:
            _revoke(connection, key, self._clock())


def _revoke(connection: sa.Connection, key: str, time: dt.datetime) -> None:
    table = tables.session
    connection.execute(
        sa.update(table)
        .where(table.c.token_hash == digest(key), table.c.revoked.is_(None))
        .values(revoked=time)
    )
