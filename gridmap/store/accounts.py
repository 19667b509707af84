"""Who may sign in, as what, and for which territories and cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gridmap.errors import Fault, InputError, fault
from gridmap.store import people_tables as tables
from gridmap.store.administering import (
    administered,
    demand_within,
    lies_within,
    territories_of_regions,
)
from gridmap.store.audit import record
from gridmap.store.grants import Grant
from gridmap.store.passwords import Passwords
from gridmap.store.people_base import Clock, PeopleTable, account_of, name_key
from gridmap.store.roles import Role
from gridmap.store.rows import new_id, now
from gridmap.store.scope import Scope

__all__ = ["Account", "Accounts", "Grant", "scope_of"]

_MOST_NAME_CHARACTERS = 80


@dataclass(frozen=True)
class Account:
    """An account as a list shows it."""

    account_id: int
    name: str
    disabled: bool
    grant: Grant


class Accounts(PeopleTable):
    """The accounts of one database.

    Administrators change those that lie within their own territories, and give no more than
    these; to them the others look as if they were not there.
    """

    def __init__(
        self, engine: sa.Engine, *, passwords: Passwords | None = None, clock: Clock = now
    ) -> None:
        super().__init__(engine, clock=clock)
        self.passwords = passwords or Passwords()

    def any(self) -> bool:
        """Return whether there is an account at all."""
        with self._reading() as connection:
            found = connection.execute(sa.select(tables.account.c.account_id).limit(1)).first()
        return found is not None

    def add(
        self,
        scope: Scope,
        name: str,
        grant: Grant,
        *,
        password: str | None = None,
        oidc_subject: str | None = None,
    ) -> int:
        """Add an account that signs in by password, by OIDC, or both; return its number.

        Raises
        ------
        InputError
            If the name is taken or cannot be one, the password is weak, there is no way to sign
            in, or the grant reaches nothing.
        PermissionDenied
            If the caller is no administrator, or gives more than the own territories.
        """
        scope.demand_administrator()
        faults = [*_name_faults(name), *grant.faults(name)]
        if password is None and oidc_subject is None:
            faults.append(fault("people.no_way_to_sign_in", name))
        hashed = None
        try:
            hashed = None if password is None else self.passwords.hashed(name, password)
        except InputError as error:
            faults += error.faults
        if faults:
            raise InputError(*faults)
        with self._writing() as connection:
            demand_within(connection, scope, name, grant)
            if _found(connection, name) is not None:
                raise InputError(fault("people.name_taken", name))
            inserted = connection.execute(
                sa.insert(tables.account).values(
                    name=name.strip(),
                    name_key=name_key(name),
                    password_hash=hashed,
                    oidc_subject=oidc_subject,
                    role=grant.role,
                    disabled=False,
                    created=self._clock(),
                )
            )
            number = new_id(inserted)
            _write_grant(connection, number, grant)
            record(connection, scope, "account_added", f"account/{name.strip()}", **grant.told())
            return number

    def set_grant(self, scope: Scope, name: str, grant: Grant) -> None:
        """Give an account another role and reach; whoever is signed in with it is signed out."""
        scope.demand_administrator()
        if faults := grant.faults(name):
            raise InputError(*faults)
        with self._writing() as connection:
            number = administered(connection, scope, name)
            demand_within(connection, scope, name, grant)
            connection.execute(
                sa.update(tables.account)
                .where(tables.account.c.account_id == number)
                .values(role=grant.role)
            )
            connection.execute(
                sa.delete(tables.account_grant).where(tables.account_grant.c.account_id == number)
            )
            _write_grant(connection, number, grant)
            self._sign_out(connection, number)
            record(connection, scope, "account_granted", _subject(connection, number),
                   **grant.told())  # fmt: skip

    def set_password(self, scope: Scope, name: str, password: str) -> None:
        """Give an account another password; whoever is signed in with it is signed out."""
        scope.demand_administrator()
        hashed = self.passwords.hashed(name, password)
        with self._writing() as connection:
            number = administered(connection, scope, name)
            connection.execute(
                sa.update(tables.account)
                .where(tables.account.c.account_id == number)
                .values(password_hash=hashed)
            )
            self._sign_out(connection, number)
            record(connection, scope, "password_set", _subject(connection, number))

    def set_own_password(self, scope: Scope, password: str) -> None:
        """Give the caller another password; who asks must have shown the old one."""
        hashed = self.passwords.hashed(scope.user, password)
        with self._writing() as connection:
            connection.execute(
                sa.update(tables.account)
                .where(tables.account.c.account_id.in_(account_of(scope)))
                .values(password_hash=hashed)
            )
            record(connection, scope, "own_password_set", f"account/{scope.user}")

    def set_disabled(self, scope: Scope, name: str, disabled: bool) -> None:
        """Close or open an account. Its sessions and tokens end with closing and stay ended."""
        scope.demand_administrator()
        with self._writing() as connection:
            number = administered(connection, scope, name)
            connection.execute(
                sa.update(tables.account)
                .where(tables.account.c.account_id == number)
                .values(disabled=disabled)
            )
            if disabled:
                self._sign_out(connection, number)
                self._end_tokens(connection, number)
            action = "account_disabled" if disabled else "account_enabled"
            record(connection, scope, action, _subject(connection, number))

    def end_all(self, scope: Scope, name: str) -> None:
        """End all sessions and tokens of an account, which stays open."""
        scope.demand_administrator()
        with self._writing() as connection:
            number = administered(connection, scope, name)
            self._sign_out(connection, number)
            self._end_tokens(connection, number)
            record(connection, scope, "access_ended", _subject(connection, number))

    def set_region(self, scope: Scope, region: str, territories: Iterable[str]) -> None:
        """Name a set of territories; an empty set takes the region away."""
        scope.administer()
        table = tables.region_territory
        with self._writing() as connection:
            connection.execute(sa.delete(table).where(table.c.region == region))
            rows = [{"region": region, "territory": one} for one in sorted(set(territories))]
            if rows:
                connection.execute(sa.insert(table), rows)
            record(connection, scope, "region_set", f"region/{region}",
                   territories=sorted(set(territories)))  # fmt: skip

    def regions(self, scope: Scope) -> dict[str, frozenset[str]]:
        """Return the regions that lie within the caller's territories, with their territories."""
        scope.demand_administrator()
        with self._reading() as connection:
            found = territories_of_regions(connection)
        return {name: of for name, of in sorted(found.items())
                if scope.territories is None or of <= scope.territories}  # fmt: skip

    def list(self, scope: Scope) -> list[Account]:
        """Return the accounts within reach by name."""
        scope.demand_administrator()
        account, grants = tables.account, tables.account_grant
        with self._reading() as connection:
            rows = connection.execute(sa.select(account).order_by(account.c.name_key)).all()
            granted: dict[int, list[tuple[str, str]]] = {}
            for one in connection.execute(sa.select(grants)):
                granted.setdefault(one.account_id, []).append((one.kind, one.name))
            regions = territories_of_regions(connection)
        found = [
            Account(
                row.account_id,
                row.name,
                row.disabled,
                Grant.of_rows(row.role, granted.get(row.account_id, [])),
            )
            for row in rows
        ]
        return [one for one in found if lies_within(scope, one.grant, regions)]

    def signing_in(self, name: str, password: str) -> int | None:
        """Return the number of the account if the password is right and the account open.

        It takes the same time for a name that does not exist.
        """
        account = tables.account
        with self._reading() as connection:
            row = connection.execute(
                sa.select(account).where(account.c.name_key == name_key(name))
            ).one_or_none()
        right = self.passwords.matches(password, None if row is None else row.password_hash)
        return row.account_id if row is not None and right and not row.disabled else None

    def of_subject(self, subject: str) -> int | None:
        """Return the number of the open account with an OIDC subject."""
        account = tables.account
        with self._reading() as connection:
            found = connection.execute(
                sa.select(account.c.account_id).where(
                    account.c.oidc_subject == subject, account.c.disabled.is_(False)
                )
            ).scalar_one_or_none()
        return None if found is None else int(found)

    def _sign_out(self, connection: sa.Connection, account_id: int) -> None:
        table = tables.session
        connection.execute(
            sa.update(table)
            .where(table.c.account_id == account_id, table.c.revoked.is_(None))
            .values(revoked=self._clock())
        )

    def _end_tokens(self, connection: sa.Connection, account_id: int) -> None:
        table = tables.api_token
        connection.execute(
            sa.update(table)
            .where(table.c.account_id == account_id, table.c.revoked.is_(None))
            .values(revoked=self._clock())
        )


def scope_of(connection: sa.Connection, account_id: int) -> Scope | None:
    """Return how far an open account reaches now; None if it is closed or gone."""
    account = tables.account
    query = sa.select(account.c.account_id).where(account.c.account_id == account_id)
    return reach_in(connection.execute(with_reach(query)).all())


def with_reach(query: sa.Select[Any]) -> sa.Select[Any]:
    """Return a query of open accounts that also tells how far they reach, for `reach_in`."""
    account, grants, regions = tables.account, tables.account_grant, tables.region_territory
    of_region = sa.and_(grants.c.kind == "region", regions.c.region == grants.c.name)
    return (
        query.add_columns(
            account.c.name.label("user"),
            account.c.role.label("whole_role"),
            grants.c.kind,
            grants.c.name.label("granted"),
            regions.c.territory.label("of_region"),
        )
        .outerjoin(grants, grants.c.account_id == account.c.account_id)
        .outerjoin(regions, of_region)
        .where(account.c.disabled.is_(False))
    )


def reach_in(rows: Sequence[sa.Row[Any]]) -> Scope | None:
    """Return how far the account of the rows of `with_reach` reaches; None if there are none."""
    if not rows:
        return None
    named = [(one.kind, one.granted) for one in rows if one.kind is not None]
    grant = Grant.of_rows(rows[0].whole_role, named)
    of_regions = frozenset(one.of_region for one in rows if one.of_region is not None)
    return Scope(
        territories=None if grant.everywhere else grant.territories | of_regions,
        cells=grant.cells if grant.role is Role.GRID_MANAGER else None,
        role=grant.role,
        user=rows[0].user,
    )


def _name_faults(name: str) -> list[Fault]:
    good = 0 < len(name.strip()) <= _MOST_NAME_CHARACTERS and name.isprintable()
    return [] if good else [fault("people.bad_name", name, most=_MOST_NAME_CHARACTERS)]


def _found(connection: sa.Connection, name: str) -> int | None:
    account = tables.account
    found = connection.execute(
        sa.select(account.c.account_id).where(account.c.name_key == name_key(name))
    ).scalar_one_or_none()
    return None if found is None else int(found)


def _subject(connection: sa.Connection, account_id: int) -> str:
    """Return an account as the audit names it."""
    account = tables.account
    query = sa.select(account.c.name).where(account.c.account_id == account_id)
    return f"account/{connection.execute(query).scalar_one()}"


def _write_grant(connection: sa.Connection, account_id: int, grant: Grant) -> None:
    rows = [{"account_id": account_id, "kind": kind, "name": name} for kind, name in grant.rows()]
    connection.execute(sa.insert(tables.account_grant), rows)
