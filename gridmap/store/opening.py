"""Make a draft of a scenario on an open connection: a copy, its first snapshot, its versions."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.store import tables
from gridmap.store.audit import record
from gridmap.store.change_codec import encode_state
from gridmap.store.copies import copied, version_state
from gridmap.store.draft_tables import cell_version
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.versions import Version, add_version


def open_draft(
    connection: sa.Connection,
    scope: Scope,
    parent: Version,
    parts: tuple[sa.Table, ...],
    *,
    name: str,
    planned: int | None = None,
) -> int:
    """Open a draft of a scenario and return its number; the caller has checked the scope.

    Parameters
    ----------
    connection
        A connection that writes.
    scope, parent
        Who opens it, and of what.
    parts
        Tables of the scenario that the draft takes over, see `gridmap.store.copies`.
    name
        Name of the draft; empty = that of the parent.
    planned
        The edit for which its routes were planned, 0 where they are taken over; None = it has none.
    """
    state = version_state(connection, parent)
    child = copied(connection, parent.scenario_id, parts)
    add_version(
        connection,
        scope,
        child,
        name=name or parent.name,
        parent_id=parent.scenario_id,
        planned=planned,
        next_cell=state.next_cell,
        n_units=state.n_units,
    )
    labels, rest = encode_state(state)
    connection.execute(
        sa.insert(tables.snapshot).values(scenario_id=child, sequence=0, labels=labels, rest=rest)
    )
    stamp = {"scenario_id": child, "version": 1, "author": "", "changed": now()}
    connection.execute(
        sa.insert(cell_version), [{**stamp, "cell": cell} for cell in sorted(state.centre)]
    )
    record(connection, scope, "opened", f"scenario/{child}", parent=parent.scenario_id)
    return child
