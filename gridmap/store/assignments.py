"""Who is responsible for a cell, from when to when, and who handed it to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.errors import InputError, fault
from gridmap.store.audit import record
from gridmap.store.cell_tables import assignment
from gridmap.store.engine import reading, saving
from gridmap.store.lists import demand_cell
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.tables import territory


@dataclass(frozen=True)
class Assignment:
    """One person's time in one cell.

    Attributes
    ----------
    centre_outlet_id
        The cell.
    user_name
        Account of the person.
    begins, ends
        First day, and first day that is no longer theirs; None for open.
    note, author, made
        What was handed over, and who wrote it down when.
    """

    centre_outlet_id: str
    user_name: str
    begins: dt.date
    ends: dt.date | None
    note: str
    author: str
    made: dt.datetime


@dataclass(frozen=True)
class HandOver:
    """A cell that changed hands; an empty name stands for a vacancy."""

    centre_outlet_id: str
    day: dt.date
    giver: str
    taker: str
    note: str
    author: str


class Assignments:
    """Persons and cells in a database.

    Parameters
    ----------
    engine
        The database of a `Store`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def assign(
        self,
        scope: Scope,
        territory_name: str,
        centre_outlet_id: str,
        user_name: str,
        *,
        begins: dt.date,
        note: str = "",
    ) -> None:
        """Give a cell to a person from a day on; whoever has it gives it away on that day.

        Raises
        ------
        InputError
            If the last assignment of the cell begins on that day or later, or nobody is named.
        PermissionDenied
            If the caller may not edit this cell.
        """
        if not user_name.strip():
            raise InputError(fault("drafts.assignment.nobody", centre_outlet_id))
        cell = (territory_name, centre_outlet_id)
        self._from(scope, cell, begins, user_name.strip(), note)

    def vacate(
        self,
        scope: Scope,
        territory_name: str,
        centre_outlet_id: str,
        *,
        day: dt.date,
        note: str = "",
    ) -> None:
        """Leave a cell without a person from a day on; raises what `assign` raises."""
        self._from(scope, (territory_name, centre_outlet_id), day, "", note)

    def of(self, scope: Scope, territory_name: str) -> list[Assignment]:
        """Return the assignments of a territory within the scope, by cell and day.

        Raises
        ------
        PermissionDenied
            If the caller may not read the territory.
        """
        scope.demand(territory_name)
        query = (
            sa.select(*(column for column in assignment.c if column.name in _COLUMNS))
            .where(assignment.c.territory_name == territory_name, assignment.c.user_name != "")
            .order_by(assignment.c.centre_outlet_id, assignment.c.begins)
        )
        with reading(self._engine, scope) as connection:
            found = [Assignment(**row._mapping) for row in connection.execute(query)]
        return [one for one in found if scope.cells is None or one.centre_outlet_id in scope.cells]

    def on(self, scope: Scope, territory_name: str, day: dt.date) -> dict[str, str]:
        """Return the person of each cell that has one on a day.

        Raises
        ------
        PermissionDenied
            If the caller may not read the territory.
        """
        return {
            one.centre_outlet_id: one.user_name
            for one in self.of(scope, territory_name)
            if one.begins <= day and (one.ends is None or day < one.ends)
        }

    def vacancies(
        self, scope: Scope, territory_name: str, cells: Iterable[str], day: dt.date
    ) -> list[str]:
        """Return the cells, of those given by their centre outlets, without a person on a day.

        Raises
        ------
        PermissionDenied
            If the caller may not read the territory.
        """
        held = self.on(scope, territory_name, day)
        return [one for one in cells if one not in held]

    def hand_overs(self, scope: Scope, territory_name: str) -> list[HandOver]:
        """Return every change of hands within the scope, the oldest first.

        Raises
        ------
        PermissionDenied
            If the caller may not read the territory.
        """
        scope.demand(territory_name)
        query = (
            sa.select(assignment)
            .where(assignment.c.territory_name == territory_name)
            .order_by(assignment.c.begins, assignment.c.centre_outlet_id)
        )
        last: dict[str, str] = {}
        found = []
        with reading(self._engine, scope) as connection:
            rows = connection.execute(query).all()
        for row in rows:
            cell = row.centre_outlet_id
            if scope.cells is None or cell in scope.cells:
                giver = last.get(cell, "")
                found.append(HandOver(cell, row.begins, giver, row.user_name, row.note, row.author))
            last[cell] = row.user_name
        return found

    def _from(
        self, scope: Scope, where: tuple[str, str], day: dt.date, user_name: str, note: str
    ) -> None:
        """Write who has a cell from a day on, "" for nobody."""
        territory_name, centre_outlet_id = where
        demand_cell(scope, territory_name, centre_outlet_id, Permission.EDIT)
        table = assignment.c
        cell = sa.and_(
            table.territory_name == territory_name, table.centre_outlet_id == centre_outlet_id
        )
        with saving(self._engine, scope) as connection:
            connection.execute(
                sa.select(territory.c.territory_id)
                .where(territory.c.name == territory_name)
                .order_by(territory.c.territory_id)
                .with_for_update()
            ).all()
            last = connection.execute(
                sa.select(assignment).where(cell).order_by(table.begins.desc()).limit(1)
            ).one_or_none()
            if last is not None and last.begins >= day:
                raise InputError(
                    fault("drafts.assignment.later", centre_outlet_id, begins=last.begins)
                )
            if (last is None and not user_name) or (
                last is not None and last.user_name == user_name
            ):
                raise InputError(fault("drafts.assignment.nothing", centre_outlet_id))
            connection.execute(
                sa.update(assignment).where(cell, table.ends.is_(None)).values(ends=day)
            )
            connection.execute(
                sa.insert(assignment).values(
                    territory_name=territory_name,
                    centre_outlet_id=centre_outlet_id,
                    user_name=user_name,
                    begins=day,
                    note=note,
                    author=scope.user,
                    made=now(),
                )
            )
            record(
                connection,
                scope,
                "assigned" if user_name else "vacated",
                f"cell/{centre_outlet_id}",
                user=user_name,
                day=day,
            )


_COLUMNS = tuple(Assignment.__dataclass_fields__)
