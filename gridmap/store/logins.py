"""How often a name may be tried: counted in the database, so that all workers count together."""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from gridmap.store import people_tables as tables
from gridmap.store.digests import digest
from gridmap.store.people_base import PeopleTable, name_key

#: So many wrong passwords lock a name, whether or not an account has it …
MOST_TRIES: Final = 10
#: … until the first of them is so old.
WINDOW: Final = dt.timedelta(minutes=15)


class Logins(PeopleTable):
    """The tries to sign in of late."""

    def may_try(self, name: str) -> bool:
        """Count a try and return whether the password may be looked at.

        The try is counted first, so that many at once don't get more than one after the other.
        """
        table, time = tables.login_attempt, self._clock()
        key = digest(name_key(name))
        with self._noting() as connection:
            _one_after_the_other(connection, key)
            connection.execute(sa.delete(table).where(table.c.tried <= time - WINDOW))
            tried = connection.execute(
                sa.select(sa.func.count()).where(table.c.name_hash == key)
            ).scalar_one()
            if tried >= MOST_TRIES:
                return False
            connection.execute(sa.insert(table).values(name_hash=key, tried=time))
            return True

    def forget(self, name: str) -> None:
        """Forget the tries of a name: someone has signed in, or an administrator unlocks it."""
        table = tables.login_attempt
        with self._noting() as connection:
            connection.execute(sa.delete(table).where(table.c.name_hash == digest(name_key(name))))


def _one_after_the_other(connection: sa.Connection, key: str) -> None:
    """Wait until nobody else counts tries of the name; SQLite has one writer at a time anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(key[:15], 16))))
