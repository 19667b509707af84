"""How much the cells of a draft are visited: by the routes that were planned last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.policies import PlanRequest
from gridmap.store import tables
from gridmap.store.draft_tables import edit
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.scope import Scope
from gridmap.store.versions import Version, version_of


@dataclass(frozen=True)
class PlannedVisits:
    """Routes of the last planning, by cell; cells that were edited since have others.

    Attributes
    ----------
    minutes_per_day, calls_per_day
        Mean over the working days of a cycle, travel included.
    edited
        Cells that were edited since.
    travel_factor
        Minutes of all routes by their minutes at the outlets, None without routes.
    """

    minutes_per_day: Mapping[int, float]
    calls_per_day: Mapping[int, float]
    edited: frozenset[int]
    travel_factor: float | None


def planned_visits(connection: sa.Connection, scope: Scope, one: Version) -> PlannedVisits:
    """Return the visits of a draft, or of its nearest ancestor that has routes."""
    edited: set[int] = set()
    at: Version | None = one
    while at is not None:
        edited |= _edited_after(connection, at.scenario_id, at.planned or 0)
        if at.planned is not None or at.next_cell is None:
            return _visits(connection, at.scenario_id, frozenset(edited))
        at = None if at.parent_id is None else version_of(connection, scope, at.parent_id)
    return PlannedVisits({}, {}, frozenset(edited), None)


def _edited_after(connection: sa.Connection, scenario_id: int, sequence: int) -> set[int]:
    rows = connection.execute(
        sa.select(edit.c.cells).where(edit.c.scenario_id == scenario_id, edit.c.sequence > sequence)
    ).scalars()
    return {cell for cells in rows for cell, _ in cells}


def _visits(connection: sa.Connection, scenario_id: int, edited: frozenset[int]) -> PlannedVisits:
    route, cell = tables.route.c, tables.cell.c
    asked = connection.execute(
        sa.select(tables.scenario.c.request).where(tables.scenario.c.scenario_id == scenario_id)
    ).scalar_one()
    days = PlanRequest.model_validate(asked).routing.cycle_days
    rows = connection.execute(
        sa.select(
            route.cell_id,
            sa.func.sum(route.stops),
            sa.func.sum(route.travel_s),
            sa.func.sum(route.service_s),
        )
        .where(route.scenario_id == scenario_id)
        .group_by(route.cell_id)
    ).all()
    known = connection.execute(sa.select(cell.cell_id).where(cell.scenario_id == scenario_id))
    numbers = [number - FIRST_CELL_ID for number in known.scalars()] if rows else []
    minutes, calls = dict.fromkeys(numbers, 0.0), dict.fromkeys(numbers, 0.0)
    for cell_id, stops, travel_s, service_s in rows:
        minutes[cell_id - FIRST_CELL_ID] = (travel_s + service_s) / 60.0 / days
        calls[cell_id - FIRST_CELL_ID] = stops / days
    travel, service = sum(row[2] for row in rows), sum(row[3] for row in rows)
    factor = (travel + service) / service if service > 0.0 else None
    return PlannedVisits(minutes, calls, edited, factor)
