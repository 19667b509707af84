"""Tokens by which programs ask: QGIS, scripts, other systems."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from gridmap.errors import InputError, fault
from gridmap.store import people_tables as tables
from gridmap.store.accounts import reach_in, with_reach
from gridmap.store.administering import administered
from gridmap.store.audit import record
from gridmap.store.digests import digest, new_secret
from gridmap.store.known_callers import KnownCallers
from gridmap.store.people_base import Clock, PeopleTable, account_of
from gridmap.store.roles import Role
from gridmap.store.rows import now
from gridmap.store.scope import Scope

#: By it a secret scanner knows a token that was published by mistake.
PREFIX: Final = "gridmap_"
LONGEST_DAYS: Final = 366


@dataclass(frozen=True)
class TokenWish:
    """What a token shall be: `role` and `territories` can only narrow the account's own."""

    label: str
    days: int = 90
    role: Role = Role.VIEWER
    territories: frozenset[str] | None = None


@dataclass(frozen=True)
class TokenSeen:
    """A token as a list shows it: never the token itself, which nobody keeps."""

    token_id: int
    account: str
    label: str
    role: Role
    territories: frozenset[str] | None
    created: dt.datetime
    expires: dt.datetime


_TOKEN = tables.api_token
#: The account of a token with its reach.
_HOLDER: Final = with_reach(
    sa.select(_TOKEN.c.role, _TOKEN.c.territories)
    .join(tables.account, tables.account.c.account_id == _TOKEN.c.account_id)
    .where(
        _TOKEN.c.token_hash == sa.bindparam("key"),
        _TOKEN.c.revoked.is_(None),
        _TOKEN.c.expires > sa.bindparam("time"),
    )
)


class Tokens(PeopleTable):
    """The tokens of one database."""

    def __init__(self, engine: sa.Engine, *, clock: Clock = now) -> None:
        super().__init__(engine, clock=clock)
        self._known = KnownCallers(self._changes)

    def add(self, scope: Scope, name: str, wish: TokenWish) -> str:
        """Make a token of an account and return it; it can't be shown again.

        Raises
        ------
        InputError
            If there is no such account, or the token would live too long.
        PermissionDenied
            If the caller is no administrator.
        """
        scope.demand_administrator()
        if not 1 <= wish.days <= LONGEST_DAYS:
            raise InputError(fault("people.token_days", name, most=LONGEST_DAYS, found=wish.days))
        token, time = new_secret(PREFIX), self._clock()
        with self._writing() as connection:
            number = administered(connection, scope, name)
            connection.execute(
                sa.insert(tables.api_token).values(
                    token_hash=digest(token),
                    account_id=number,
                    label=wish.label,
                    role=wish.role,
                    territories=None if wish.territories is None else sorted(wish.territories),
                    created=time,
                    expires=time + dt.timedelta(days=wish.days),
                    revoked=None,
                )
            )
            record(connection, scope, "token_made", f"account/{name.strip()}", label=wish.label,
                   role=wish.role.value, days=wish.days)  # fmt: skip
        return token

    def of(self, scope: Scope, name: str) -> list[TokenSeen]:
        """Return the live tokens of an account within reach, the newest first."""
        scope.demand_administrator()
        with self._reading() as connection:
            number = administered(connection, scope, name)
            return self._seen(connection, tables.api_token.c.account_id == number)

    def own(self, scope: Scope) -> list[TokenSeen]:
        """Return the live tokens of the caller, the newest first."""
        with self._reading() as connection:
            return self._seen(connection, tables.api_token.c.account_id.in_(account_of(scope)))

    def end_own(self, scope: Scope, token_id: int) -> None:
        """End a token of the caller; another's is left alone, as if it were not there."""
        table = tables.api_token
        mine = sa.and_(table.c.token_id == token_id, table.c.account_id.in_(account_of(scope)))
        with self._writing() as connection:
            ended = connection.execute(
                sa.update(table)
                .where(mine, table.c.revoked.is_(None))
                .values(revoked=self._clock())
            )
            if ended.rowcount:
                record(connection, scope, "own_token_ended", f"account/{scope.user}",
                       token=token_id)  # fmt: skip

    def revoke(self, scope: Scope, token: str) -> None:
        """End a token."""
        scope.administer()
        table = tables.api_token
        with self._writing() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.token_hash == digest(token), table.c.revoked.is_(None))
                .values(revoked=self._clock())
            )

    def _seen(self, connection: sa.Connection, whose: sa.ColumnElement[bool]) -> list[TokenSeen]:
        token, account = tables.api_token, tables.account
        rows = connection.execute(
            sa.select(token, account.c.name)
            .join(account)
            .where(whose, token.c.revoked.is_(None), token.c.expires > self._clock())
            .order_by(token.c.token_id.desc())
        )
        return [
            TokenSeen(
                row.token_id,
                row.name,
                row.label,
                Role(row.role),
                None if row.territories is None else frozenset(row.territories),
                row.created,
                row.expires,
            )
            for row in rows
        ]

    def scope(self, token: str) -> Scope | None:
        """Return how far the holder of a token reaches; None if it is over.

        That is now, but for what `gridmap.store.known_callers` says.
        """
        key, time, change = digest(token), self._clock(), self._known.change()
        known = self._known.scope(key, time)
        if known is not None:
            return known
        with self._reading() as connection:
            rows = connection.execute(_HOLDER, {"key": key, "time": time}).all()
        whole = reach_in(rows)
        if whole is None:
            return None
        first = rows[0]
        asked = None if first.territories is None else frozenset(first.territories)
        scope = replace(
            whole,
            role=lesser(whole.role, Role(first.role)),
            territories=common(whole.territories, asked),
        )
        self._known.keep(key, scope, time, change)
        return scope


def lesser(first: Role, second: Role) -> Role:
    """Return the role that may do less."""
    order = list(Role)
    return min(first, second, key=order.index)


def common(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    """Return what is in both sets, where None is everything."""
    if first is None or second is None:
        return second if first is None else first
    return first & second
