"""From draft to review to the plan that holds, and back to an earlier one.

One scenario of a territory is published at a time. It is never changed: who wants to go on from
it opens a draft, who wants an earlier one back publishes a copy of it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gridmap.errors import InputError, PermissionDenied, fault
from gridmap.store import tables
from gridmap.store.audit import record
from gridmap.store.change_codec import encode_state
from gridmap.store.copies import WHOLE, copied
from gridmap.store.cycle_tables import cycle_edit
from gridmap.store.draft_tables import edit, version
from gridmap.store.edit_log import state_at
from gridmap.store.engine import reading, saving
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.versions import (
    VERSIONS,
    Status,
    Version,
    add_version,
    as_version,
    demand_status,
    version_of,
)


class Workflow:
    """Reviews and publications in a database.

    Parameters
    ----------
    engine
        The database of a `Store`.
    four_eyes
        Whether nobody may publish what they made or edited themselves.
    """

    def __init__(self, engine: sa.Engine, *, four_eyes: bool = False) -> None:
        self._engine = engine
        self._four_eyes = four_eyes

    @property
    def four_eyes(self) -> bool:
        """Whether nobody may publish what they made or edited themselves."""
        return self._four_eyes

    def authors(self, scope: Scope, scenario_id: int) -> frozenset[str]:
        """Return who made or edited a scenario since it was last published.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not read it.
        """
        with reading(self._engine, scope) as connection:
            return frozenset(_authors(connection, version_of(connection, scope, scenario_id)))

    def submit(self, scope: Scope, scenario_id: int) -> None:
        """Put a draft before those who publish; it is not edited any more.

        Raises
        ------
        InputError
            If it is no draft.
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not edit it.
        """
        with saving(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.EDIT, lock=True)
            demand_status(one, Status.DRAFT)
            _set_status(connection, scope, one, Status.IN_REVIEW, "submitted")

    def send_back(self, scope: Scope, scenario_id: int, *, reason: str = "") -> None:
        """Make a scenario in review a draft again; raises what `submit` raises."""
        with saving(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.EDIT, lock=True)
            demand_status(one, Status.IN_REVIEW)
            _set_status(connection, scope, one, Status.DRAFT, "sent_back", reason=reason)

    def publish(self, scope: Scope, scenario_id: int, *, effective_from: dt.date) -> None:
        """Make a scenario in review the plan that holds from a day on.

        The one published before is archived and ends on that day.

        Raises
        ------
        InputError
            If it is not in review, would begin before the one that it follows, or is a draft
            without routes and scores for its present borders.
        PermissionDenied
            If the caller may not publish, or edited it and four eyes are needed.
        StoreError
            If there is no such scenario.
        """
        with saving(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.PUBLISH, lock=True)
            demand_status(one, Status.IN_REVIEW)
            _demand_plan(one)
            if self._four_eyes and scope.user in _authors(connection, one):
                raise PermissionDenied(fault("drafts.four_eyes", scenario_id, user=scope.user))
            _publish(connection, scope, one, effective_from)

    def archive(self, scope: Scope, scenario_id: int, *, effective_until: dt.date) -> None:
        """Let the published plan end without another one.

        Raises
        ------
        InputError
            If it is not published, or would end before it begins.
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not publish.
        """
        with saving(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.PUBLISH, lock=True)
            demand_status(one, Status.PUBLISHED)
            _end(connection, scope, one, effective_until)

    def roll_back(self, scope: Scope, scenario_id: int, *, effective_from: dt.date) -> int:
        """Publish a copy of a scenario that was published before, and return its number.

        Nobody has to review it again.

        Raises
        ------
        InputError
            If it is not an archived one that once held, or has no routes and scores.
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not publish.
        """
        with saving(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.PUBLISH, lock=True)
            demand_status(one, Status.ARCHIVED)
            _demand_plan(one)
            child = copied(connection, scenario_id, WHOLE)
            _copy_state(connection, one, child)
            add_version(
                connection,
                scope,
                child,
                name=one.name,
                parent_id=scenario_id,
                planned=0,
                next_cell=one.next_cell,
                n_units=one.n_units,
            )
            record(connection, scope, "rolled_back", f"scenario/{child}", parent=scenario_id)
            _publish(connection, scope, version_of(connection, scope, child), effective_from)
            return child

    def effective(self, scope: Scope, territory_name: str, day: dt.date) -> Version | None:
        """Return the scenario that holds in a territory on a day, or None.

        Raises
        ------
        PermissionDenied
            If the caller may not read the territory.
        """
        scope.demand(territory_name)
        holds = VERSIONS.where(
            tables.territory.c.name == territory_name,
            version.c.effective_from <= day,
            sa.or_(version.c.effective_until.is_(None), version.c.effective_until > day),
        ).order_by(version.c.effective_from.desc(), version.c.scenario_id.desc())
        with reading(self._engine, scope) as connection:
            row = connection.execute(holds.limit(1)).one_or_none()
        return None if row is None else as_version(row)


def _demand_plan(one: Version) -> None:
    """Raise unless a scenario has routes and scores for its present borders.

    Raises
    ------
    InputError
        If it has none: who visits whom would be known to nobody.
    """
    if one.planned != one.head:
        raise InputError(fault("drafts.not_planned", one.scenario_id))


def _publish(
    connection: sa.Connection, scope: Scope, one: Version, effective_from: dt.date
) -> None:
    # Two people who publish in one territory wait for each other here.
    connection.execute(
        sa.select(tables.territory.c.territory_id)
        .where(tables.territory.c.name == one.territory_name)
        .order_by(tables.territory.c.territory_id)
        .with_for_update()
    ).all()
    published = VERSIONS.where(
        tables.territory.c.name == one.territory_name, version.c.status == Status.PUBLISHED
    )
    for row in connection.execute(published).all():
        _end(connection, scope, as_version(row), effective_from)
    connection.execute(
        sa.update(version)
        .where(version.c.scenario_id == one.scenario_id)
        .values(effective_from=effective_from)
    )
    _set_status(
        connection, scope, one, Status.PUBLISHED, "published", effective_from=effective_from
    )


def _end(connection: sa.Connection, scope: Scope, one: Version, until: dt.date) -> None:
    """Archive what is published."""
    if one.effective_from is not None and until < one.effective_from:
        raise InputError(
            fault("drafts.before_former", one.scenario_id, day=until, begins=one.effective_from)
        )
    connection.execute(
        sa.update(version)
        .where(version.c.scenario_id == one.scenario_id)
        .values(effective_until=until)
    )
    _set_status(connection, scope, one, Status.ARCHIVED, "archived", effective_until=until)


def _set_status(
    connection: sa.Connection,
    scope: Scope,
    one: Version,
    status: Status,
    action: str,
    **detail: object,
) -> None:
    connection.execute(
        sa.update(version)
        .where(version.c.scenario_id == one.scenario_id)
        .values(status=status, status_by=scope.user, status_at=now())
    )
    record(connection, scope, action, f"scenario/{one.scenario_id}", head=one.head, **detail)


def _authors(connection: sa.Connection, one: Version) -> set[str]:
    """Return who made or edited a scenario since it was last published."""
    found: set[str] = set()
    at: int | None = one.scenario_id
    while at is not None:
        row = connection.execute(sa.select(version).where(version.c.scenario_id == at)).one()
        if row.effective_from is not None:
            break
        edits = sa.select(edit.c.author).where(edit.c.scenario_id == at).distinct()
        found |= set(connection.execute(edits).scalars())
        moves = sa.select(cycle_edit.c.author).where(cycle_edit.c.scenario_id == at).distinct()
        found |= set(connection.execute(moves).scalars())
        if row.parent_id is None:
            found.add(row.author)
        at = row.parent_id
    return found


def _copy_state(connection: sa.Connection, one: Version, child: int) -> None:
    """Write the head of a scenario as the first snapshot of its copy."""
    if one.next_cell is None:
        labels, rest = connection.execute(
            sa.select(tables.snapshot.c.labels, tables.snapshot.c.rest).where(
                tables.snapshot.c.scenario_id == one.scenario_id
            )
        ).one()
    else:
        labels, rest = encode_state(state_at(connection, one.scenario_id, one.head))
    connection.execute(
        sa.insert(tables.snapshot).values(scenario_id=child, sequence=0, labels=labels, rest=rest)
    )
