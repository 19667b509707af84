"""Tokens by which programs ask: QGIS, scripts, other systems."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from gridmap.errors import InputError, fault
from gridmap.store import people_tables as tables
from gridmap.store.accounts import scope_of
from gridmap.store.digests import digest, new_secret
from gridmap.store.people_base import PeopleTable, name_key
from gridmap.store.roles import Role
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


class Tokens(PeopleTable):
    """The tokens of one database."""

    def add(self, scope: Scope, name: str, wish: TokenWish) -> str:
        """Make a token of an account and return it; it can't be shown again.

        Raises
        ------
        InputError
            If there is no such account, or the token would live too long.
        PermissionDenied
            If the caller is no administrator of everything.
        """
        scope.administer()
        if not 1 <= wish.days <= LONGEST_DAYS:
            raise InputError(fault("people.token_days", name, most=LONGEST_DAYS, found=wish.days))
        token, time = new_secret(PREFIX), self._clock()
        account = tables.account
        with self._writing() as connection:
            number = connection.execute(
                sa.select(account.c.account_id).where(account.c.name_key == name_key(name))
            ).scalar_one_or_none()
            if number is None:
                raise InputError(fault("people.no_account", name))
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
        return token

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

    def scope(self, token: str) -> Scope | None:
        """Return how far the holder of a token reaches now; None if it is over."""
        table = tables.api_token
        query = sa.select(table.c.account_id, table.c.role, table.c.territories).where(
            table.c.token_hash == digest(token),
            table.c.revoked.is_(None),
            table.c.expires > self._clock(),
        )
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
            whole = None if row is None else scope_of(connection, row.account_id)
        if row is None or whole is None:
            return None
        asked = None if row.territories is None else frozenset(row.territories)
        return replace(
            whole,
            role=lesser(whole.role, Role(row.role)),
            territories=common(whole.territories, asked),
        )


def lesser(first: Role, second: Role) -> Role:
    """Return the role that may do less."""
    order = list(Role)
    return min(first, second, key=order.index)


def common(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    """Return what is in both sets, where None is everything."""
    if first is None or second is None:
        return second if first is None else first
    return first & second
