"""Who saw the names and homes of grid managers."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.store import people_tables as tables
from gridmap.store.people_base import PeopleTable
from gridmap.store.scope import Scope

_ORDER = ("account", "scenario_id", "what")


@dataclass(frozen=True)
class ContactAccess:
    """An account saw the contacts of a scenario in an hour; `what` is the page or file."""

    account: str
    scenario_id: int
    what: str
    hour: str


class ContactLog(PeopleTable):
    """The log of one database: one row an account, scenario, page or file, and hour."""

    def note(self, scope: Scope, scenario_id: int, what: str) -> None:
        """Write down that the caller sees contacts."""
        table = tables.contact_access
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        row = {"account": scope.user, "scenario_id": scenario_id, "what": what, "hour": hour}
        known = sa.select(table.c.account).where(
            *(table.c[name] == value for name, value in row.items())
        )
        with self._reading() as connection:
            if connection.execute(known).first() is not None:
                return
        with self._noting() as connection:
            if connection.execute(known).first() is None:
                connection.execute(sa.insert(table).values(**row))

    def list(self, scope: Scope) -> list[ContactAccess]:
        """Return the log, the newest first."""
        scope.administer()
        table = tables.contact_access
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(table).order_by(table.c.hour.desc(), *(table.c[one] for one in _ORDER))
            ).all()
        return [
            ContactAccess(row.account, row.scenario_id, row.what, row.hour.isoformat())
            for row in rows
        ]
