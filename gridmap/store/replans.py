"""Routes and scores of redrawn scenarios: what they are made of, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from gridmap.errors import InputError, PermissionDenied, StoreError, fault, some_ids
from gridmap.given_cells import GivenCells, kept_routes, same_visits
from gridmap.partition.codes import cell_names
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.drawn_territory import drawn_territory
from gridmap.policies import PlanRequest
from gridmap.scenario import Scenario
from gridmap.store import tables
from gridmap.store.audit import record
from gridmap.store.draft_tables import version
from gridmap.store.edit_log import state_at
from gridmap.store.engine import reading
from gridmap.store.gis import replace_shapes
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.roles import Permission
from gridmap.store.scenarios import load_scenario, replace_plan
from gridmap.store.scope import Scope
from gridmap.store.territories import load_territory
from gridmap.store.versions import Status, Version, demand_status, version_of
from gridmap.territory import Territory


@dataclass(frozen=True, eq=False)
class DraftToPlan:
    """A draft as it is to be planned.

    Attributes
    ----------
    version
        Its row; `version.head` is the edit that it is planned for.
    territory
        With the units that were cut.
    request, seed
        What was asked before.
    cells
        Its cells; those whose visits are as in the last plan keep their routes.
    plan
        Its own plan, if that is up to date; else None.
    """

    version: Version
    territory: Territory
    request: PlanRequest
    seed: int
    cells: GivenCells
    plan: Scenario | None


def whole_plan(connection: sa.Connection, one: Version) -> tuple[Territory, Scenario]:
    """Read the plan of a scenario that has one, of a redrawn one as it was when it was planned.

    The scenario keeps the hash of its whole territory, by which its basemap is found.
    """
    row = connection.execute(
        sa.select(tables.scenario).where(tables.scenario.c.scenario_id == one.scenario_id)
    ).one()
    whole = load_territory(connection, one.territory_id)
    if one.next_cell is None:
        return whole, load_scenario(connection, row, whole.content_hash)
    state = state_at(connection, one.scenario_id, one.planned or 0)
    plan = load_scenario(connection, row, whole.content_hash, state)
    return drawn_territory(whole, state), plan


def draft_to_plan(engine: sa.Engine, scope: Scope, scenario_id: int) -> DraftToPlan | None:
    """Return a draft that was opened to be redrawn, or None if it is a plan as it was made.

    Raises
    ------
    InputError
        If it is no draft any more, or a cell was opened around no own outlet.
    StoreError
        If there is no such scenario.
    PermissionDenied
        If the caller may not plan it, or has some of its cells only.
    """
    with reading(engine, scope) as connection:
        one = version_of(connection, scope, scenario_id, Permission.PLAN)
        if one.next_cell is None:
            return None
        if scope.cells is not None:
            raise PermissionDenied(fault("store.out_of_scope", one.territory_name))
        demand_status(one, Status.DRAFT)
        row = connection.execute(
            sa.select(tables.scenario).where(tables.scenario.c.scenario_id == scenario_id)
        ).one()
        state = state_at(connection, scenario_id, one.head)
        territory = drawn_territory(load_territory(connection, one.territory_id), state)
        cells = _cells(connection, one, state)
        source = _planned_before(connection, scope, one)
        plan = None
        if source is not None:
            before, old = whole_plan(connection, source)
            same = same_visits(territory, cells, before, old)
            cells = replace(cells, routes=kept_routes(before, old, same))
            if source.scenario_id == scenario_id and one.planned == one.head:
                plan = old
        request = PlanRequest.model_validate(row.request)
        return DraftToPlan(one, territory, request, row.seed, cells, plan)


def save_replan(
    connection: sa.Connection, scope: Scope, draft: DraftToPlan, scenario: Scenario
) -> None:
    """Write routes and scores into the draft they were made for.

    Raises
    ------
    StoreError
        If somebody edited the draft meanwhile. Nothing was written; it is to be planned again.
    InputError
        If it is no draft any more.
    PermissionDenied
        If the caller may not plan it.
    """
    scenario_id = draft.version.scenario_id
    one = version_of(connection, scope, scenario_id, Permission.PLAN, lock=True)
    demand_status(one, Status.DRAFT)
    if one.head != draft.version.head:
        raise StoreError(
            fault("drafts.moved_on", scenario_id, planned=draft.version.head, head=one.head)
        )
    replace_plan(connection, scenario_id, scenario)
    replace_shapes(connection, scenario_id, draft.territory, scenario)
    connection.execute(
        sa.update(version).where(version.c.scenario_id == scenario_id).values(planned=one.head)
    )
    record(connection, scope, "replanned", f"scenario/{scenario_id}", head=one.head)


def _cells(connection: sa.Connection, one: Version, state: DrawnState) -> GivenCells:
    """Return the open cells with their codes.

    Raises
    ------
    InputError
        If a cell has no own outlet in its centre, where its routes would begin.
    """
    cell = tables.cell
    rows = connection.execute(sa.select(cell).where(cell.c.scenario_id == one.scenario_id)).all()
    by_number = {row.cell_id - FIRST_CELL_ID: row for row in rows}
    numbers = np.array(sorted(state.centre), dtype=np.int64)
    found = [by_number[number] for number in numbers.tolist()]
    homeless = [row.code for row in found if row.centre_position < 0]
    if homeless:
        raise InputError(fault("drafts.no_own_centre", one.scenario_id, cells=some_ids(homeless)))
    codes = tuple(row.code for row in found)
    return GivenCells(
        centre=np.array([row.centre_position for row in found], dtype=np.int64),
        label=np.searchsorted(numbers, state.label).astype(np.int64),
        ids=numbers + FIRST_CELL_ID,
        codes=codes,
        names=tuple(cell_names([row.name for row in found], codes)),
        managers=tuple(row.manager for row in found),
    )


def _planned_before(connection: sa.Connection, scope: Scope, one: Version) -> Version | None:
    """Return the draft itself if it was planned, or its nearest ancestor that was."""
    at: Version | None = one
    while at is not None and at.planned is None:
        at = None if at.parent_id is None else version_of(connection, scope, at.parent_id)
    return at
