"""Routes that draw: open a draft, edit it, undo and redo, read its log."""

from __future__ import annotations

import re
import secrets
from typing import Any, Final

import numpy as np
from flask import Blueprint, request
from pyproj import Transformer

from dashboards.api.cell_numbers import cell_id, drawn, drawn_edit, outside
from dashboards.api.contract import contract
from dashboards.api.models import (
    BranchIn,
    CellPaging,
    DraftOut,
    DrawnCell,
    EditIn,
    EditOut,
    LoggedOut,
    Nothing,
    Page,
    Paging,
    ScenarioOut,
    UnitOut,
)
from dashboards.api.plan_routes import scenario_out
from dashboards.api.problems import asked_language
from dashboards.api.rows import page_of
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language
from gridmap.errors import InputError, fault
from gridmap.partition.edits import Edit, from_json
from gridmap.partition.redraw import CLOSED
from gridmap.store.drafts import Head
from gridmap.store.drawing import Drawn
from gridmap.store.roles import Permission
from gridmap.store.undoing import LoggedEdit

KEY_HEADER: Final = "Idempotency-Key"
#: A key under which a request may be sent again.
KEY: Final = re.compile(r"^[!-~]{1,64}$")
#: Fields of edits that are lines on the map.
_LINES: Final = ("stroke", "line")


def add_draft_routes(routes: Blueprint, desk: Desk, work: Workshop, *, language: Language) -> None:
    """Add the routes."""

    @routes.post("/scenarios/<int:scenario_id>/drafts")
    @secured(Permission.EDIT)
    @contract(body=BranchIn, gives=ScenarioOut, status=201)
    def branch(scenario_id: int, body: BranchIn) -> ScenarioOut:
        opened = work.cycles if body.routes else work.drafts
        draft = opened.open(desk.scope(), scenario_id, name=body.name)
        return scenario_out(work.drafts.version(desk.scope(), draft))

    @routes.get("/drafts/<int:scenario_id>")
    @secured(Permission.EDIT)
    @contract(gives=DraftOut)
    def draft(scenario_id: int) -> DraftOut:
        return draft_out(work.drafts.head(desk.scope(), scenario_id))

    @routes.get("/drafts/<int:scenario_id>/units")
    @secured(Permission.EDIT)
    @contract(query=CellPaging, gives=Page[UnitOut])
    def units(scenario_id: int, query: CellPaging) -> dict[str, Any]:
        scope = desk.scope()
        state = work.drafts.head(scope, scenario_id).state
        territory, ground = work.table.ground(scope, scenario_id)
        plan = state.plan(ground)
        asked = np.ones(state.n_units, dtype=bool)
        if query.cell_id is not None:
            asked = state.label == drawn(query.cell_id)
        chosen: list[int] = np.flatnonzero(asked).tolist()
        project = Transformer.from_crs(territory.crs, "EPSG:4326", always_xy=True)

        def tell(unit: int) -> UnitOut:
            lon, lat = project.transform(*plan.ground.inner_xy[unit])
            cell = int(state.label[unit])
            known = None if cell == CLOSED else cell_id(cell)
            return UnitOut(unit=unit, cell_id=known, lon=lon, lat=lat)

        return page_of(chosen, query, tell)

    @routes.get("/drafts/<int:scenario_id>/edits")
    @secured(Permission.EDIT)
    @contract(query=Paging, gives=Page[LoggedOut])
    def edits(scenario_id: int, query: Paging) -> dict[str, Any]:
        return page_of(work.drafts.history(desk.scope(), scenario_id), query, logged_out)

    @routes.post("/drafts/<int:scenario_id>/edits")
    @secured(Permission.EDIT)
    @contract(body=EditIn, gives=EditOut, key=True)
    def edit(scenario_id: int, body: EditIn) -> EditOut:
        scope = desk.scope()
        version = work.drafts.version(scope, scenario_id, Permission.EDIT)
        done = work.table.edit(
            scope,
            scenario_id,
            edit_of(body, lambda: work.table.ground(scope, version.scenario_id)[0].crs),
            key=key_of_request() or secrets.token_hex(16),
            versions={drawn(one): at for one, at in body.versions.items()},
        )
        return edit_out(done, asked_language(language))

    @routes.post("/drafts/<int:scenario_id>/undo")
    @secured(Permission.EDIT)
    @contract(body=Nothing, gives=EditOut, key=True)
    def undo(scenario_id: int, body: Nothing) -> EditOut:  # noqa: ARG001
        key = key_of_request() or secrets.token_hex(16)
        done = work.drafts.undo(desk.scope(), scenario_id, key=key)
        return edit_out(Drawn(done), asked_language(language))

    @routes.post("/drafts/<int:scenario_id>/redo")
    @secured(Permission.EDIT)
    @contract(body=Nothing, gives=EditOut, key=True)
    def redo(scenario_id: int, body: Nothing) -> EditOut:  # noqa: ARG001
        key = key_of_request() or secrets.token_hex(16)
        done = work.drafts.redo(desk.scope(), scenario_id, key=key)
        return edit_out(Drawn(done), asked_language(language))


def key_of_request() -> str | None:
    """Return the key under which a request may be sent again; None = it brings none.

    Raises
    ------
    InputError
        If the key is too long or not plain.
    """
    key = request.headers.get(KEY_HEADER)
    if key is not None and not KEY.fullmatch(key):
        raise InputError(fault("api.bad_key", KEY_HEADER))
    return key


def edit_of(body: EditIn, crs: Any) -> Edit:
    """Return an edit as the partition knows it, lines in metres of `crs()`.

    Raises
    ------
    InputError
        If a line cannot be brought to the plane of the territory.
    """
    asked = body.edit.model_dump()
    for name in _LINES:
        if name in asked:
            lonlat = np.array(asked[name], dtype=np.float64)
            project = Transformer.from_crs("EPSG:4326", crs(), always_xy=True)
            xy = np.column_stack(project.transform(lonlat[:, 0], lonlat[:, 1]))
            if not (np.isfinite(xy).all() and (np.abs(xy) < 1e8).all()):
                raise InputError(fault("api.far_line", f"edit.{name}"))
            asked[name] = xy.tolist()
    return from_json(drawn_edit(asked))


def draft_out(head: Head) -> DraftOut:
    """Return what the API tells of a draft."""
    state = head.state
    # units of cells that the caller may not see are in none
    units = np.bincount(state.label[state.label >= 0], minlength=state.next_cell)
    return DraftOut(
        scenario=scenario_out(head.version),
        cells=[
            DrawnCell(
                cell_id=cell_id(cell),
                version=version,
                open=cell in state.centre,
                centre_unit=state.centre.get(cell),
                units=int(units[cell]),
                locked=cell in state.locked_cells,
            )
            for cell, version in sorted(head.versions.items())
        ],
    )


def logged_out(one: LoggedEdit) -> LoggedOut:
    """Return a line of the log."""
    return LoggedOut(
        sequence=one.sequence,
        kind=one.kind,
        author=one.author,
        made=one.made,
        cell_ids=sorted(map(cell_id, one.cells)),
        undoes=one.undoes,
    )


def edit_out(answer: Drawn, language: Language) -> EditOut:
    """Return the answer to an edit."""
    done = answer.committed
    return EditOut(
        sequence=done.sequence,
        versions={cell_id(cell): at for cell, at in done.versions.items()},
        moved=len(done.change.labels),
        repeated=done.repeated,
        left_out=list(answer.left_out),
        notices=[outside(one).text(language) for one in answer.notices],
    )
