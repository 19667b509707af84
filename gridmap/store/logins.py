"""How often a name may be tried, and from where: counted in the database, for all workers together.

Ten wrong passwords lock a name for the address they came from, not for its owner elsewhere. Who
comes from many addresses is stopped by the limit of the name, who tries many names by that of the
address.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Final

import sqlalchemy as sa

from gridmap.store import people_tables as tables
from gridmap.store.digests import digest
from gridmap.store.people_base import PeopleTable, name_key

#: So many wrong passwords lock a name, whether or not an account has it, for an address …
MOST_TRIES: Final = 10
#: … so many for all addresses …
MOST_OF_NAME: Final = 100
#: … and so many an address for all names …
MOST_OF_ADDRESS: Final = 100
#: … until the first of them is so old.
WINDOW: Final = dt.timedelta(minutes=15)
#: Characters of the hash of the name, and of the address, that make a try.
_HALF: Final = 32
#: Whoever has an address of IPv6 has all that begin with so many bits.
_IPV6_BITS: Final = 64
#: Advisory lock of PostgreSQL.
_LOCK: Final = 743_003


class Logins(PeopleTable):
    """The tries to sign in of late."""

    def may_try(self, name: str, address: str = "") -> bool:
        """Count a try and return whether the password may be looked at.

        The try is counted first, so that many at once don't get more than one after the other.

        Parameters
        ----------
        name
            Name as it was typed.
        address
            Network address of who tries; "" = not known, and then it has no limit.
        """
        table, time = tables.login_attempt, self._clock()
        key, of_name, of_address = table.c.name_hash, _of_name(name), _of_address(address)
        same_name = key.startswith(of_name)
        same_address = sa.func.substr(key, _HALF + 1) == of_address
        counts = [
            sa.func.count().filter(condition)
            for condition in (sa.and_(same_name, same_address), same_name, same_address)
        ]
        with self._noting() as connection:
            _one_after_the_other(connection)
            connection.execute(sa.delete(table).where(table.c.tried <= time - WINDOW))
            found = connection.execute(
                sa.select(*counts).where(sa.or_(same_name, same_address))
            ).one()
            both, named, there = (int(one) for one in found)
            if both >= MOST_TRIES or named >= MOST_OF_NAME:
                return False
            if address and there >= MOST_OF_ADDRESS:
                return False
            connection.execute(sa.insert(table).values(name_hash=of_name + of_address, tried=time))
            return True

    def succeeded(self, name: str, address: str = "") -> None:
        """Forget the tries of a name from an address: its owner sits there."""
        table = tables.login_attempt
        key = _of_name(name) + _of_address(address)
        with self._noting() as connection:
            connection.execute(sa.delete(table).where(table.c.name_hash == key))

    def forget(self, name: str) -> None:
        """Forget all tries of a name: an administrator unlocks it."""
        table = tables.login_attempt
        with self._noting() as connection:
            connection.execute(sa.delete(table).where(table.c.name_hash.startswith(_of_name(name))))


def _of_name(name: str) -> str:
    return digest(name_key(name))[:_HALF]


def _of_address(address: str) -> str:
    """Return the hash of an address, of IPv6 of its network."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return digest(address)[:_HALF]
    if known.version == 6 and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    bits = _IPV6_BITS if known.version == 6 else known.max_prefixlen
    return digest(str(ipaddress.ip_network((known, bits), strict=False)))[:_HALF]


def _one_after_the_other(connection: sa.Connection) -> None:
    """Wait until nobody else counts tries; SQLite has one writer at a time anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
