"""What the tables of people share: one engine, one clock, one way to write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from gridmap.errors import StoreError, fault
from gridmap.store import people_tables as tables
from gridmap.store.known_callers import changes_of
from gridmap.store.rows import now
from gridmap.store.scope import Scope

Clock = Callable[[], dt.datetime]


class PeopleTable:
    """Base of the parts of the store that know who may sign in."""

    def __init__(self, engine: sa.Engine, *, clock: Clock = now) -> None:
        self._engine = engine
        self._clock = clock
        self._changes = changes_of(engine)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Change who may do what: from then on this process asks anew how far a key reaches."""
        try:
            with self._noting() as connection:
                yield connection
        finally:
            self._changes.another()

    @contextmanager
    def _noting(self) -> Iterator[sa.Connection]:
        """Write what changes nobody's reach, like when somebody was last seen."""
        try:
            with (
                self._engine.connect().execution_options(writing=True) as connection,
                connection.begin(),
            ):
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(fault("people.cannot_write", reason=error)) from error


def name_key(name: str) -> str:
    """Return the name as two accounts must not share it."""
    return name.strip().casefold()


def account_of(scope: Scope) -> sa.Select[tuple[int]]:
    """Return the query for the number of the caller's own account."""
    account = tables.account
    return sa.select(account.c.account_id).where(account.c.name_key == name_key(scope.user))
