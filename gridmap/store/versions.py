"""What becomes of a scenario: the row that says where it comes from and how far it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from gridmap.errors import InputError, StoreError, fault
from gridmap.store.draft_tables import version
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.tables import scenario, territory


class Status(StrEnum):
    """How far a scenario is; the words are those of the glossary."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class Version:
    """One scenario among the others of its territory.

    Attributes
    ----------
    scenario_id, territory_id, territory_name
        Which scenario, of what.
    name
        What people call it; may be empty.
    parent_id
        The scenario that it was opened from, or None.
    status, status_by, status_at
        How far it is, and who said so when.
    author
        Who made or opened it.
    head
        Number of edits in its log.
    planned
        The place in the log that its routes and scores were made for, or None.
    next_cell, n_units
        Counters of a draft that is redrawn, None for a plan as it was made.
    effective_from, effective_until
        First day on which it holds, and first day on which it no longer does.
    created
        When it was opened, or its plan was made.
    """

    scenario_id: int
    territory_id: int
    territory_name: str
    name: str
    parent_id: int | None
    status: Status
    author: str
    head: int
    planned: int | None
    next_cell: int | None
    n_units: int | None
    status_by: str
    status_at: dt.datetime
    effective_from: dt.date | None
    effective_until: dt.date | None
    created: dt.datetime

    def holds(self, day: dt.date) -> bool:
        """Return whether this is the plan of its territory on a day, if no later one is."""
        begins, ends = self.effective_from, self.effective_until
        return begins is not None and begins <= day and (ends is None or day < ends)


#: Each version with its territory; where more conditions can be added.
VERSIONS = (
    sa.select(
        version.c.scenario_id,
        scenario.c.territory_id,
        scenario.c.created,
        territory.c.name.label("territory_name"),
        *(column for column in version.c if column.name != "scenario_id"),
    )
    .select_from(version)
    .join(scenario, scenario.c.scenario_id == version.c.scenario_id)
    .join(territory, territory.c.territory_id == scenario.c.territory_id)
)

_ONE = VERSIONS.where(version.c.scenario_id == sa.bindparam("scenario"))
_LOCKED = _ONE.with_for_update(of=version)


def version_of(
    connection: sa.Connection,
    scope: Scope,
    scenario_id: int,
    permission: Permission = Permission.READ,
    *,
    lock: bool = False,
) -> Version:
    """Return the version of a scenario, if the caller may do this with it.

    Parameters
    ----------
    connection
        Open connection.
    scope, permission
        Who asks, for what.
    scenario_id
        Which one.
    lock
        Let no other transaction write it until this one ends.

    Raises
    ------
    StoreError
        If there is no such scenario.
    PermissionDenied
        If the caller may not.
    """
    query = _LOCKED if lock else _ONE
    row = connection.execute(query, {"scenario": scenario_id}).one_or_none()
    if row is None:
        raise StoreError(fault("store.no_scenario", scenario_id))
    scope.demand(row.territory_name, permission)
    return as_version(row)


def as_version(row: sa.Row[tuple[object, ...]]) -> Version:
    """Return a row of `VERSIONS` as what it stands for."""
    values = dict(row._mapping)
    return Version(**{**values, "status": Status(values["status"])})


def add_version(
    connection: sa.Connection,
    scope: Scope,
    scenario_id: int,
    *,
    name: str = "",
    parent_id: int | None = None,
    planned: int | None = None,
    next_cell: int | None = None,
    n_units: int | None = None,
) -> None:
    """Write the version of a new scenario; it is a draft."""
    connection.execute(
        sa.insert(version).values(
            scenario_id=scenario_id,
            name=name,
            parent_id=parent_id,
            status=Status.DRAFT,
            author=scope.user,
            head=0,
            planned=planned,
            next_cell=next_cell,
            n_units=n_units,
            status_by=scope.user,
            status_at=now(),
        )
    )


def demand_status(one: Version, *allowed: Status) -> None:
    """Raise unless a scenario is as far as one of these.

    Raises
    ------
    InputError
        If it is not.
    """
    if one.status not in allowed:
        raise InputError(
            fault(
                "drafts.wrong_status",
                one.scenario_id,
                status=one.status,
                needed=", ".join(allowed),
            )
        )
