"""The log of the routes of a draft on an open connection: read it, append to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gridmap.cell_cycle import Days
from gridmap.errors import ConflictError, InputError, StoreError, fault
from gridmap.routing.moving import Pins
from gridmap.scenario import Scenario
from gridmap.store import tables
from gridmap.store.audit import record
from gridmap.store.cycle_tables import cycle, cycle_edit
from gridmap.store.gis import replace_route_shapes
from gridmap.store.rows import insert, now, positioned
from gridmap.store.scope import Scope
from gridmap.store.undoing import LoggedEdit
from gridmap.store.versions import Status, Version, demand_status
from gridmap.territory import Territory


@dataclass(frozen=True)
class CycleHead:
    """The routes of a cell as they stand.

    Attributes
    ----------
    token
        Another text once the routes are changed or planned anew; a change is made against it.
    version
        How often they were changed.
    author, changed
        Who changed them last, and when; empty if nobody did.
    pins
        What stays.
    """

    token: str
    version: int
    author: str
    changed: str
    pins: Pins


@dataclass(frozen=True, eq=False)
class CycleChange:
    """The routes of a cell that change, and the pins: before and after.

    An empty route is none.
    """

    before: Days
    after: Days
    pins_before: Pins
    pins_after: Pins

    @property
    def inverse(self) -> CycleChange:
        """The way back."""
        return CycleChange(self.after, self.before, self.pins_after, self.pins_before)


@dataclass(frozen=True, eq=False)
class CycleEntry:
    """What is to be appended to the log of a cell."""

    cell_id: int
    key: str
    asked: str
    kind: str
    change: CycleChange
    undoes: int | None = None


@dataclass(frozen=True)
class CycleCommitted:
    """The answer to a change: its place in the log, and the token of what stands now."""

    sequence: int
    token: str
    repeated: bool = False


def digest_of(*asked: object) -> str:
    """Return what tells one wish from another under the same key."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def demand_editable(one: Version) -> None:
    """Raise unless the routes of a scenario may be changed by hand.

    Raises
    ------
    InputError
        If it is a plan as it was made, or no draft any more.
    StoreError
        If it has no routes for its present borders.
    """
    demand_status(one, Status.DRAFT)
    if one.next_cell is None:
        raise InputError(fault("cycle.as_made", one.scenario_id))
    if one.planned != one.head:
        raise StoreError(fault("drafts.not_planned", one.scenario_id))


def cycle_head(connection: sa.Connection, scenario_id: int, cell_id: int) -> CycleHead:
    """Return how the routes of a cell stand."""
    created = connection.execute(
        sa.select(tables.scenario.c.created).where(tables.scenario.c.scenario_id == scenario_id)
    ).scalar_one()
    row = connection.execute(
        sa.select(cycle).where(cycle.c.scenario_id == scenario_id, cycle.c.cell_id == cell_id)
    ).one_or_none()
    if row is None:
        return CycleHead(f"{created.isoformat()}/0", 0, "", "", Pins())
    token = f"{created.isoformat()}/{row.version}"
    return CycleHead(token, row.version, row.author, str(row.changed)[:19], _pins(row.pins))


def logged(connection: sa.Connection, scenario_id: int, cell_id: int) -> list[LoggedEdit]:
    """Return the log of a cell, the oldest change first."""
    rows = connection.execute(
        sa.select(cycle_edit)
        .where(cycle_edit.c.scenario_id == scenario_id, cycle_edit.c.cell_id == cell_id)
        .order_by(cycle_edit.c.sequence)
    )
    return [
        LoggedEdit(
            row.sequence, row.kind, row.author, row.made, frozenset({row.cell_id}), row.undoes
        )
        for row in rows
    ]


def change_at(connection: sa.Connection, scenario_id: int, sequence: int) -> CycleChange:
    """Return a change of the log."""
    change = connection.execute(
        sa.select(cycle_edit.c.change).where(
            cycle_edit.c.scenario_id == scenario_id, cycle_edit.c.sequence == sequence
        )
    ).scalar_one()
    return _decoded(change)


def answered(
    connection: sa.Connection, scope: Scope, scenario_id: int, key: str, asked: str
) -> CycleCommitted | None:
    """Return the answer that was given under a key, or None.

    Raises
    ------
    InputError
        If the key stands for something else, or was somebody else's.
    """
    row = connection.execute(
        sa.select(cycle_edit).where(
            cycle_edit.c.scenario_id == scenario_id, cycle_edit.c.key == key
        )
    ).one_or_none()
    if row is None:
        return None
    if (row.asked, row.author) != (asked, scope.user):
        raise InputError(fault("drafts.key_used", key))
    created = connection.execute(
        sa.select(tables.scenario.c.created).where(tables.scenario.c.scenario_id == scenario_id)
    ).scalar_one()
    return CycleCommitted(row.sequence, f"{created.isoformat()}/{row.version}", repeated=True)


def demand_unchanged(head: CycleHead, seen: str, code: str) -> None:
    """Raise if the routes of a cell are not those that were seen.

    Raises
    ------
    ConflictError
        With who changed them, and when.
    """
    if head.token == seen:
        return
    if not head.author:
        raise ConflictError(fault("cycle.planned_anew", code))
    raise ConflictError(fault("cycle.conflict", code, author=head.author, time=head.changed))


def append_cycle(
    connection: sa.Connection,
    scope: Scope,
    one: Version,
    entry: CycleEntry,
    *,
    territory: Territory,
    before: Scenario,
    after: Scenario,
) -> CycleCommitted:
    """Append a change to the log of a locked draft and write the routes, with its audit."""
    key = {"scenario_id": one.scenario_id}
    head = cycle_head(connection, one.scenario_id, entry.cell_id)
    stamp = {
        "version": head.version + 1,
        "author": scope.user,
        "changed": now(),
        "pins": _encoded_pins(entry.change.pins_after),
    }
    mine = (cycle.c.scenario_id == one.scenario_id) & (cycle.c.cell_id == entry.cell_id)
    if head.version:
        connection.execute(sa.update(cycle).where(mine).values(**stamp))
    else:
        connection.execute(sa.insert(cycle).values(**key, cell_id=entry.cell_id, **stamp))
    sequence = last_sequence(connection, one.scenario_id) + 1
    connection.execute(
        sa.insert(cycle_edit).values(
            **key,
            sequence=sequence,
            key=entry.key,
            asked=entry.asked,
            kind=entry.kind,
            author=scope.user,
            made=stamp["changed"],
            cell_id=entry.cell_id,
            version=stamp["version"],
            change=_encoded(entry.change),
            undoes=entry.undoes,
        )
    )
    if entry.change.before != entry.change.after:
        _write_cycle(connection, one.scenario_id, entry.cell_id, before, after)
        replace_route_shapes(connection, one.scenario_id, territory, after)
    record(
        connection,
        scope,
        "rerouted",
        f"scenario/{one.scenario_id}",
        sequence=sequence,
        kind=entry.kind,
        cell=entry.cell_id,
    )
    return CycleCommitted(sequence, cycle_head(connection, one.scenario_id, entry.cell_id).token)


def last_sequence(connection: sa.Connection, scenario_id: int) -> int:
    """Return the number of the last change of a draft's routes; 0 = none."""
    found = connection.execute(
        sa.select(sa.func.max(cycle_edit.c.sequence)).where(cycle_edit.c.scenario_id == scenario_id)
    ).scalar()
    return int(found or 0)


def _write_cycle(
    connection: sa.Connection, scenario_id: int, cell_id: int, before: Scenario, after: Scenario
) -> None:
    """Write the routes of a cell in place of those it had.

    As long as there are as many routes and stops as before, the rows of other cells stay where
    they are; else the positions of all change.
    """
    lines = after.routes.assign(line=shapely.to_wkb(after.route_lines))
    own = (after.routes["cell_id"] == cell_id).to_numpy()
    _replace(connection, tables.route, scenario_id, before=before.routes, after=lines, mine=own)
    names = set(after.routes["route_id"][own])
    mine = after.stops["route_id"].isin(names).to_numpy()
    _replace(
        connection, tables.stop, scenario_id, before=before.stops, after=after.stops, mine=mine
    )
    row = after.cells[after.cells["cell_id"] == cell_id].iloc[0]
    cell = tables.cell
    connection.execute(
        sa.update(cell)
        .where(cell.c.scenario_id == scenario_id, cell.c.cell_id == cell_id)
        .values(
            routes=int(row["routes"]), visit_minutes_per_day=float(row["visit_minutes_per_day"])
        )
    )
    connection.execute(
        sa.update(tables.scenario)
        .where(tables.scenario.c.scenario_id == scenario_id)
        .values(report=dict(after.report))
    )


def _replace(
    connection: sa.Connection,
    table: sa.Table,
    scenario_id: int,
    *,
    before: pd.DataFrame,
    after: pd.DataFrame,
    mine: NDArray[np.bool_],
) -> None:
    """Write the rows of a cell, or all where others would have to move."""
    here, rows = table.c.scenario_id == scenario_id, positioned(after)
    same = len(before) == len(after) and bool(
        (before["route_id"].to_numpy() == after["route_id"].to_numpy())[~mine].all()
    )
    if same and mine.any():
        rows = rows[mine]
        here &= table.c.position.in_(rows["position"].tolist())
    connection.execute(sa.delete(table).where(here))
    insert(connection, table, {"scenario_id": scenario_id}, rows)


def _encoded(change: CycleChange) -> dict[str, Any]:
    slots = sorted(set(change.before) | set(change.after))
    return {
        "routes": [
            [*slot, list(change.before.get(slot, ())), list(change.after.get(slot, ()))]
            for slot in slots
        ],
        "pins": [_encoded_pins(change.pins_before), _encoded_pins(change.pins_after)],
    }


def _decoded(raw: Mapping[str, Any]) -> CycleChange:
    before, after = {}, {}
    for day, manager, was, became in raw["routes"]:
        before[day, manager], after[day, manager] = tuple(was), tuple(became)
    return CycleChange(before, after, *(_pins(one) for one in raw["pins"]))


def _encoded_pins(pins: Pins) -> dict[str, Any]:
    return {"days": sorted(pins.days), "visits": sorted([o, d] for o, d in pins.visits)}


def _pins(raw: Mapping[str, Any]) -> Pins:
    return Pins(
        frozenset(raw.get("days", ())), frozenset((one, day) for one, day in raw.get("visits", ()))
    )
