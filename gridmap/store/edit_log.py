"""The log of a draft on an open connection: read its head, append to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.errors import Fault, StoreError, fault
from gridmap.partition.change import Change
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.rebase import Counters
from gridmap.partition.redraw import CLOSED
from gridmap.store.audit import record
from gridmap.store.change_codec import decode_change, decode_state, encode_change, encode_state
from gridmap.store.draft_tables import cell_version, edit, version
from gridmap.store.new_cells import name_opened
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.tables import snapshot
from gridmap.store.versions import Version

#: So many edits after one snapshot comes the next.
SNAPSHOT_EVERY = 64


# Built once: a commit takes milliseconds, and building its statements is a good part of them.
_MINE = cell_version.c.scenario_id == sa.bindparam("scenario")
_TOUCHED = cell_version.c.cell.in_(sa.bindparam("cells", expanding=True))
_SEEN = sa.select(cell_version).where(_MINE, _TOUCHED)
_RAISE = (
    sa.update(cell_version)
    .where(_MINE, _TOUCHED)
    .values(
        version=cell_version.c.version + 1,
        author=sa.bindparam("by"),
        changed=sa.bindparam("at"),
    )
    .returning(cell_version.c.cell, cell_version.c.version)
)
_KEPT = sa.select(edit).where(
    edit.c.scenario_id == sa.bindparam("scenario"), edit.c.key == sa.bindparam("asked_key")
)
_ADD = sa.insert(edit)
_MOVE_HEAD = (
    sa.update(version)
    .where(version.c.scenario_id == sa.bindparam("scenario"))
    .values(
        head=sa.bindparam("sequence"),
        next_cell=sa.bindparam("cells_to"),
        n_units=sa.bindparam("units_to"),
    )
)


@dataclass(frozen=True)
class Committed:
    """The answer to an edit.

    Attributes
    ----------
    sequence
        Place of the edit in the log.
    change, inverse
        What was written, and the way back. New cells and units may have other numbers than
        asked for, if others opened cells or cut units meanwhile.
    versions
        Version of each touched cell after the edit.
    repeated
        Whether the edit had been written before under the same key.
    """

    sequence: int
    change: Change
    inverse: Change
    versions: Mapping[int, int]
    repeated: bool = False


@dataclass(frozen=True)
class Entry:
    """What is to be appended to a log; `encoded` is the change as bytes."""

    key: str
    asked: str
    kind: str
    change: Change
    encoded: bytes
    inverse: Change
    cells: frozenset[int]
    undoes: int | None = None


def digest(kind: str, encoded: bytes) -> str:
    """Return what tells one edit from another under the same key."""
    return hashlib.sha256(kind.encode() + b"\n" + encoded).hexdigest()


def state_at(connection: sa.Connection, scenario_id: int, sequence: int) -> DrawnState:
    """Return the state after the edit with this number: the last snapshot and what follows.

    Raises
    ------
    StoreError
        If the scenario is a plan as it was made, which has no log.
    """
    start = connection.execute(
        sa.select(snapshot)
        .where(snapshot.c.scenario_id == scenario_id, snapshot.c.sequence <= sequence)
        .order_by(snapshot.c.sequence.desc())
        .limit(1)
    ).one()
    if start.rest is None:
        raise StoreError(fault("drafts.not_redrawn", scenario_id))
    changes = connection.execute(
        sa.select(edit.c.change)
        .where(
            edit.c.scenario_id == scenario_id,
            edit.c.sequence > start.sequence,
            edit.c.sequence <= sequence,
        )
        .order_by(edit.c.sequence)
    ).scalars()
    return decode_state(start.labels, start.rest).after(decode_change(one) for one in changes)


def cell_versions(connection: sa.Connection, scenario_id: int) -> dict[int, int]:
    """Return the version of each cell that is or was open."""
    rows = connection.execute(
        sa.select(cell_version.c.cell, cell_version.c.version).where(
            cell_version.c.scenario_id == scenario_id
        )
    )
    return {row.cell: row.version for row in rows}


def changed_since(
    connection: sa.Connection, scenario_id: int, cells: frozenset[int], seen: Mapping[int, int]
) -> list[Fault]:
    """Return a fault for each cell whose version is not the one that was seen; who and when.

    A cell that is not there has version 0. Where nobody has changed a cell since the draft was
    opened, it says so: the version was never that of this draft.
    """
    rows = connection.execute(_SEEN, {"scenario": scenario_id, "cells": sorted(cells)}).all()
    return [
        conflict(row.cell, row.author, row.changed)
        if row.author
        else fault("drafts.never_seen", cell=row.cell, version=row.version)
        for row in sorted(rows, key=lambda row: int(row.cell))
        if row.version != seen.get(row.cell, 0)
    ]


def conflict(cell: int, author: str, made: object) -> Fault:
    """Return the fault that names a cell which somebody changed first."""
    return fault("drafts.conflict", cell=cell, author=author, time=str(made)[:19])


def found_again(
    connection: sa.Connection, scenario_id: int, key: str
) -> sa.Row[tuple[object, ...]] | None:
    """Return the row that was written under a key, or None."""
    given = {"scenario": scenario_id, "asked_key": key}
    return connection.execute(_KEPT, given).one_or_none()


def answer_of(row: sa.Row[tuple[object, ...]]) -> Committed:
    """Return the answer that was given when a row was written."""
    return Committed(
        sequence=row.sequence,
        change=decode_change(row.change),
        inverse=decode_change(row.inverse),
        versions=dict(row.cells),
        repeated=True,
    )


def append(connection: sa.Connection, scope: Scope, one: Version, entry: Entry) -> Committed:
    """Append an edit to the log of a locked draft, with its new versions and its audit."""
    key = {"scenario_id": one.scenario_id}
    sequence, time = one.head + 1, now()
    counters = Counters(one.next_cell or 0, one.n_units or 0).after(entry.change)
    versions = _raise_versions(connection, scope, one, entry)
    connection.execute(
        _ADD,
        {
            **key,
            "sequence": sequence,
            "key": entry.key,
            "asked": entry.asked,
            "kind": entry.kind,
            "author": scope.user,
            "made": time,
            "cells": sorted(versions.items()),
            "change": entry.encoded,
            "inverse": encode_change(entry.inverse),
            "undoes": entry.undoes,
        },
    )
    connection.execute(
        _MOVE_HEAD,
        {
            "scenario": one.scenario_id,
            "sequence": sequence,
            "cells_to": counters.next_cell,
            "units_to": counters.n_units,
        },
    )
    opened = any(unit != CLOSED for _, unit in entry.change.centres)
    if opened:
        state = state_at(connection, one.scenario_id, sequence)
        name_opened(connection, one, state, entry.change.centres)
    if sequence % SNAPSHOT_EVERY == 0:
        labels, rest = encode_state(state_at(connection, one.scenario_id, sequence))
        connection.execute(
            sa.insert(snapshot).values(**key, sequence=sequence, labels=labels, rest=rest)
        )
    record(
        connection,
        scope,
        "edited",
        f"scenario/{one.scenario_id}",
        sequence=sequence,
        kind=entry.kind,
        change=hashlib.sha256(entry.encoded).hexdigest(),
    )
    return Committed(sequence, entry.change, entry.inverse, versions)


def _raise_versions(
    connection: sa.Connection, scope: Scope, one: Version, entry: Entry
) -> dict[int, int]:
    """Count each touched cell one further, new ones from nothing, and return the counts."""
    time = now()
    raised = connection.execute(
        _RAISE,
        {
            "scenario": one.scenario_id,
            "cells": sorted(entry.cells),
            "by": scope.user,
            "at": time,
        },
    ).all()
    versions = {row.cell: row.version for row in raised}
    opened = sorted(entry.cells - set(versions))
    if opened:
        connection.execute(
            sa.insert(cell_version),
            [
                {
                    "scenario_id": one.scenario_id,
                    "cell": cell,
                    "version": 1,
                    "author": scope.user,
                    "changed": time,
                }
                for cell in opened
            ],
        )
    return versions | dict.fromkeys(opened, 1)
