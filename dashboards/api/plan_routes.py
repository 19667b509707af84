"""Routes that read: territories, scenarios, cells, routes, scores, and the cell of a place."""

from __future__ import annotations

from typing import Any

import numpy as np
from flask import Blueprint
from pyproj import Transformer

from dashboards.access import Plan
from dashboards.api.contract import contract
from dashboards.api.models import (
    CellPaging,
    Page,
    Paging,
    Place,
    Row,
    RowOut,
    ScenarioOut,
    ScenarioPaging,
    ScorePaging,
    TerritoryOut,
    WhereOut,
)
from dashboards.api.problems import NotThere
from dashboards.api.rows import page_of, rows_of, table_page
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.datum import to_wgs84
from gridmap.errors import StoreError, fault
from gridmap.scenario import Scenario
from gridmap.store.drafts import Drafts
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.versions import Status, Version


def add_plan_routes(routes: Blueprint, desk: Desk, work: Workshop) -> None:
    """Add the routes."""

    def plan_of(scenario_id: int, what: str) -> Scenario:
        return seen_plan(desk, scenario_id, what).scenario

    @routes.get("/territories")
    @secured(Permission.READ)
    @contract(query=Paging, gives=Page[TerritoryOut])
    def territories(query: Paging) -> dict[str, Any]:
        return page_of(territories_within(work.drafts, desk.scope()), query, lambda one: one)

    @routes.get("/scenarios")
    @secured(Permission.READ)
    @contract(query=ScenarioPaging, gives=Page[ScenarioOut])
    def scenarios(query: ScenarioPaging) -> dict[str, Any]:
        found = [
            one
            for one in seen_versions(work.drafts, desk.scope())
            if query.territory in (None, one.territory_name) and query.status in (None, one.status)
        ]
        return page_of(found, query, scenario_out)

    @routes.get("/scenarios/<int:scenario_id>")
    @secured(Permission.READ)
    @contract(gives=ScenarioOut)
    def scenario(scenario_id: int) -> ScenarioOut:
        scope = desk.scope()
        one = work.drafts.version(scope, scenario_id)
        if not sees(scope, one):
            raise NotThere
        return scenario_out(one)

    @routes.get("/scenarios/<int:scenario_id>/cells")
    @secured(Permission.READ)
    @contract(query=Paging, gives=Page[Row])
    def cells(scenario_id: int, query: Paging) -> dict[str, Any]:
        return table_page(plan_of(scenario_id, "cells").cells, query)

    @routes.get("/scenarios/<int:scenario_id>/cells/<int:cell_id>")
    @secured(Permission.READ)
    @contract(gives=RowOut)
    def cell(scenario_id: int, cell_id: int) -> Row:
        found = plan_of(scenario_id, "cell").cells
        rows = rows_of(found[found["cell_id"] == cell_id])
        if not rows:
            raise NotThere
        return rows[0]

    @routes.get("/scenarios/<int:scenario_id>/routes")
    @secured(Permission.READ)
    @contract(query=CellPaging, gives=Page[Row])
    def visits(scenario_id: int, query: CellPaging) -> dict[str, Any]:
        found = plan_of(scenario_id, "routes").routes
        if query.cell_id is not None:
            found = found[found["cell_id"] == query.cell_id]
        return table_page(found, query)

    @routes.get("/scenarios/<int:scenario_id>/stops")
    @secured(Permission.READ)
    @contract(query=CellPaging, gives=Page[Row])
    def stops(scenario_id: int, query: CellPaging) -> dict[str, Any]:
        plan = plan_of(scenario_id, "stops")
        found = plan.stops.merge(plan.routes[["route_id", "cell_id"]], on="route_id")
        if query.cell_id is not None:
            found = found[found["cell_id"] == query.cell_id]
        return table_page(found, query)

    @routes.get("/scenarios/<int:scenario_id>/scores")
    @secured(Permission.READ)
    @contract(query=ScorePaging, gives=Page[Row])
    def scores(scenario_id: int, query: ScorePaging) -> dict[str, Any]:
        found = plan_of(scenario_id, "scores").scores
        if query.cell_id is not None:
            found = found[found["cell_id"] == query.cell_id]
        if query.metric is not None:
            found = found[found["metric"] == query.metric]
        return table_page(found, query)

    @routes.get("/scenarios/<int:scenario_id>/where")
    @secured(Permission.READ)
    @contract(query=Place, gives=WhereOut)
    def where(scenario_id: int, query: Place) -> WhereOut:
        return cell_at(seen_plan(desk, scenario_id, "where"), query)


def sees(scope: Scope, one: Version) -> bool:
    """Return whether a caller sees a scenario: drafts without a plan are for those who draw."""
    return one.planned == one.head or scope.may(Permission.EDIT)


def seen_plan(desk: Desk, scenario_id: int, what: str) -> Plan:
    """Return a plan as far as the caller may see it.

    Raises
    ------
    NotThere
        If it is a draft without a plan, and the caller is none of those who draw.
    StoreError, PermissionDenied
        If there is no such scenario, or no plan of it yet; if it is out of scope.
    """
    try:
        return desk.plan(scenario_id, what)
    except StoreError as error:
        unplanned = any(one.key == "drafts.not_planned" for one in error.faults)
        if unplanned and not desk.scope().may(Permission.EDIT):
            raise NotThere from error
        raise


def seen_versions(drafts: Drafts, scope: Scope) -> list[Version]:
    """Return the scenarios that a caller sees, the newest first."""
    return [one for one in drafts.versions(scope) if sees(scope, one)]


def territories_within(drafts: Drafts, scope: Scope) -> list[TerritoryOut]:
    """Return the territories within the scope that have scenarios, by name."""
    found: dict[str, list[Version]] = {}
    for one in seen_versions(drafts, scope):
        found.setdefault(one.territory_name, []).append(one)
    return [
        TerritoryOut(
            name=name,
            scenarios=len(versions),
            published=next(
                (one.scenario_id for one in versions if one.status is Status.PUBLISHED), None
            ),
        )
        for name, versions in sorted(found.items())
    ]


def scenario_out(one: Version) -> ScenarioOut:
    """Return what the API tells of a scenario."""
    return ScenarioOut(
        scenario_id=one.scenario_id,
        territory=one.territory_name,
        name=one.name,
        status=one.status,
        parent_id=one.parent_id,
        author=one.author,
        head=one.head,
        planned=one.planned == one.head,
        status_by=one.status_by,
        status_at=one.status_at,
        effective_from=one.effective_from,
        effective_until=one.effective_until,
    )


def cell_at(plan: Plan, place: Place) -> WhereOut:
    """Return the cell of a place.

    Raises
    ------
    NotThere
        If it is outside of all cells that the caller may see.
    """
    lonlat = to_wgs84(np.array([[place.lon, place.lat]]), place.datum)
    project = Transformer.from_crs("EPSG:4326", plan.territory.crs, always_xy=True)
    x, y = project.transform(*lonlat[0])
    unit = -1
    if np.isfinite([x, y]).all():
        unit = int(plan.territory.units.locate(np.array([[x, y]]))[0])
    if unit < 0:
        raise NotThere(fault("api.outside", f"{place.lon}, {place.lat}", datum=place.datum))
    row = plan.scenario.cells.iloc[int(plan.scenario.partition.label[unit])]
    return WhereOut(
        cell_id=int(row["cell_id"]),
        code=str(row["code"]),
        name=str(row["name"]),
        manager=str(row["manager"]),
        unit=unit,
    )
