"""How far an administrator's hand reaches: only to accounts that lie within the own territories."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.errors import InputError, PermissionDenied, fault
from gridmap.store import people_tables as tables
from gridmap.store.grants import Grant
from gridmap.store.people_base import name_key
from gridmap.store.scope import Scope


def territories_of_regions(connection: sa.Connection) -> dict[str, frozenset[str]]:
    """Return the territories of each region."""
    table = tables.region_territory
    found: dict[str, set[str]] = {}
    for row in connection.execute(sa.select(table.c.region, table.c.territory)):
        found.setdefault(row.region, set()).add(row.territory)
    return {region: frozenset(names) for region, names in found.items()}


def lies_within(scope: Scope, grant: Grant, regions: dict[str, frozenset[str]]) -> bool:
    """Return whether a grant reaches no further than the scope of an administrator.

    What reaches nothing yet, such as a region that is still to be named, lies within no part:
    it could later reach anything.
    """
    if scope.territories is None:
        return True
    if grant.everywhere or any(region not in regions for region in grant.regions):
        return False
    reached = grant.territories.union(*(regions[one] for one in grant.regions))
    return bool(reached) and reached <= scope.territories


def demand_within(connection: sa.Connection, scope: Scope, name: str, grant: Grant) -> None:
    """Raise if an administrator would give more than the own territories.

    Raises
    ------
    PermissionDenied
        If the grant reaches further than the scope.
    """
    if not lies_within(scope, grant, territories_of_regions(connection)):
        raise PermissionDenied(fault("people.beyond_reach", name))


def administered(connection: sa.Connection, scope: Scope, name: str) -> int:
    """Return the number of an account within reach.

    Raises
    ------
    InputError
        If there is none: what is out of reach looks like what is not there.
    """
    account, grants = tables.account, tables.account_grant
    row = connection.execute(
        sa.select(account.c.account_id, account.c.role).where(account.c.name_key == name_key(name))
    ).one_or_none()
    if row is None:
        raise InputError(fault("people.no_account", name))
    if scope.territories is not None:
        rows = connection.execute(
            sa.select(grants.c.kind, grants.c.name).where(grants.c.account_id == row.account_id)
        )
        grant = Grant.of_rows(row.role, [(one.kind, one.name) for one in rows])
        if not lies_within(scope, grant, territories_of_regions(connection)):
            raise InputError(fault("people.no_account", name))
    return int(row.account_id)
