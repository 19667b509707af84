"""Named lists of a cell, such as key accounts: who came onto them, who left, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from gridmap.errors import InputError, PermissionDenied, fault
from gridmap.store.audit import record
from gridmap.store.cell_tables import list_change
from gridmap.store.engine import reading, saving
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.tables import territory


class ListAction(StrEnum):
    """What happened to an item of a list: 新增 or 移出."""

    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class ListChange:
    """One item that came onto a list or left it."""

    item: str
    action: ListAction
    reason: str
    author: str
    made: dt.datetime


class Lists:
    """Named lists of cells in a database.

    Parameters
    ----------
    engine
        The database of a `Store`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def change(
        self,
        scope: Scope,
        territory_name: str,
        centre_outlet_id: str,
        list_name: str,
        *,
        added: Sequence[str] = (),
        removed: Sequence[str] = (),
        reason: str = "",
    ) -> None:
        """Put items on a list and take others off, all or none.

        Parameters
        ----------
        scope
            Who does it.
        territory_name, centre_outlet_id, list_name
            Which list of which cell; a new name begins a list.
        added, removed
            Items, such as ids of accounts or outlets.
        reason
            Why.

        Raises
        ------
        InputError
            If an item to add is there, one to remove is not, or one is named twice; all of them.
        PermissionDenied
            If the caller may not edit this cell.
        """
        demand_cell(scope, territory_name, centre_outlet_id, Permission.EDIT)
        with saving(self._engine, scope) as connection:
            # Two people at one list wait for each other.
            connection.execute(
                sa.select(territory.c.territory_id)
                .where(territory.c.name == territory_name)
                .order_by(territory.c.territory_id)
                .with_for_update()
            ).all()
            log = _log(connection, territory_name, centre_outlet_id, list_name)
            there = _members(log)
            named = [*added, *removed]
            faults = [
                fault("drafts.list.there", item) for item in dict.fromkeys(added) if item in there
            ]
            faults += [
                fault("drafts.list.not_there", item)
                for item in dict.fromkeys(removed)
                if item not in there
            ]
            faults += [
                fault("drafts.list.twice", item)
                for item in dict.fromkeys(named)
                if named.count(item) > 1
            ]
            if faults:
                raise InputError(*faults)
            if not named:
                return
            key = {
                "territory_name": territory_name,
                "centre_outlet_id": centre_outlet_id,
                "list_name": list_name,
                "reason": reason,
                "author": scope.user,
                "made": now(),
            }
            actions = [(item, ListAction.ADDED) for item in added]
            actions += [(item, ListAction.REMOVED) for item in removed]
            connection.execute(
                sa.insert(list_change),
                [{**key, "item": item, "action": action} for item, action in actions],
            )
            record(
                connection,
                scope,
                "list_changed",
                f"cell/{centre_outlet_id}",
                list=list_name,
                added=list(added),
                removed=list(removed),
            )

    def members(
        self, scope: Scope, territory_name: str, centre_outlet_id: str, list_name: str
    ) -> list[str]:
        """Return what is on a list, in the order in which it came.

        Raises
        ------
        PermissionDenied
            If the caller may not read this cell.
        """
        return _members(self.log(scope, territory_name, centre_outlet_id, list_name))

    def log(
        self, scope: Scope, territory_name: str, centre_outlet_id: str, list_name: str
    ) -> list[ListChange]:
        """Return what came onto a list and what left it, the oldest first.

        Raises
        ------
        PermissionDenied
            If the caller may not read this cell.
        """
        demand_cell(scope, territory_name, centre_outlet_id, Permission.READ)
        with reading(self._engine, scope) as connection:
            return _log(connection, territory_name, centre_outlet_id, list_name)

    def names(self, scope: Scope, territory_name: str, centre_outlet_id: str) -> list[str]:
        """Return the names of the lists of a cell.

        Raises
        ------
        PermissionDenied
            If the caller may not read this cell.
        """
        demand_cell(scope, territory_name, centre_outlet_id, Permission.READ)
        query = (
            sa.select(list_change.c.list_name)
            .where(
                list_change.c.territory_name == territory_name,
                list_change.c.centre_outlet_id == centre_outlet_id,
            )
            .distinct()
        )
        with reading(self._engine, scope) as connection:
            return sorted(connection.execute(query).scalars())


def demand_cell(
    scope: Scope, territory_name: str, centre_outlet_id: str, permission: Permission
) -> None:
    """Raise unless the caller may do this in a cell.

    Raises
    ------
    PermissionDenied
        If the territory or the cell is out of scope, or the role does not carry the permission.
    """
    scope.demand(territory_name, permission)
    if scope.cells is not None and centre_outlet_id not in scope.cells:
        raise PermissionDenied(fault("drafts.not_your_cell", centre_outlet_id))


def _log(
    connection: sa.Connection, territory_name: str, centre_outlet_id: str, list_name: str
) -> list[ListChange]:
    table = list_change.c
    rows = connection.execute(
        sa.select(table.item, table.action, table.reason, table.author, table.made)
        .where(
            table.territory_name == territory_name,
            table.centre_outlet_id == centre_outlet_id,
            table.list_name == list_name,
        )
        .order_by(table.change_id)
    )
    return [
        ListChange(item, ListAction(action), reason, author, made)
        for item, action, reason, author, made in rows
    ]


def _members(log: Sequence[ListChange]) -> list[str]:
    there: dict[str, None] = {}
    for one in log:
        if one.action is ListAction.ADDED:
            there[one.item] = None
        else:
            there.pop(one.item, None)
    return list(there)
