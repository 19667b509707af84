"""What the browser fetches besides the pages: tiles, GeoJSON and files."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import get_args

from dash.exceptions import DependencyException
from flask import Blueprint, Flask, Response, abort, jsonify, request

from dashboards import geojson
from dashboards.access import Plan
from dashboards.compression import Packed
from dashboards.downloads import ARCHIVED, MEDIA_TYPES, Downloads, SheetKind
from dashboards.pages import Desk
from dashboards.queries_shades import shade_metrics, shades_json
from dashboards.queries_visits import plan_visits
from dashboards.secured import secured
from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.errors import PermissionDenied, StoreError
from gridmap.export.visits_csv import visits_csv
from gridmap.store.roles import Permission

_WEEK_S = 7 * 24 * 3600
#: Largest number a database keeps in four bytes.
_MAX_ID = 2**31 - 1


def add_routes(server: Flask, desk: Desk, downloads: Downloads, *, language: Language) -> None:
    """Add the routes to a server. Numbers are checked by it; names come from fixed lists."""
    routes = Blueprint("gridmap", __name__)

    def asked_language() -> Language:
        asked = request.args.get("lang", language)
        return next((one for one in LANGUAGES if one == asked), language)

    def opened(scenario_id: int) -> Plan:
        if scenario_id > _MAX_ID:
            abort(404)
        return desk.plan(scenario_id, str(request.endpoint).removeprefix("gridmap."))

    def with_cell(scenario_id: int, cell_id: int) -> Plan:
        plan = opened(scenario_id)
        if cell_id not in plan.cell_ids:
            abort(404)
        return plan

    @routes.get("/tiles/<int:scenario_id>/<int:z>/<int:x>/<int:y>.mvt")
    @secured(Permission.READ)
    def tile(scenario_id: int, z: int, x: int, y: int) -> Response:
        archive = desk.basemaps.of(opened(scenario_id).scenario.territory_hash)
        if archive is None:
            abort(404)
        try:
            content = archive.tile(z, x, y)
        except ValueError:
            abort(404)
        answer = Response(content or b"", status=200 if content else 204)
        answer.mimetype = "application/vnd.mapbox-vector-tile"
        if content and archive.gzipped:
            answer.headers["Content-Encoding"] = "gzip"
        answer.cache_control.max_age = _WEEK_S
        answer.cache_control.private = True
        return answer

    @routes.get("/runs")
    @secured(Permission.READ)
    def runs() -> Response:
        said = asked_language()
        answer = jsonify(
            [
                {
                    "title": text("pages.run", said, name=run.name, stage=text(run.stage, said)),
                    "fraction": run.fraction,
                }
                for run in desk.plans.runs(desk.scope())
            ]
        )
        answer.cache_control.no_store = True
        return answer

    @routes.get("/data/<int:scenario_id>/cells.geojson")
    @secured(Permission.READ)
    def cells(scenario_id: int) -> Response:
        return _layer(opened(scenario_id), geojson.cells, asked_language())

    @routes.get("/data/<int:scenario_id>/outlets.geojson")
    @secured(Permission.READ)
    def outlets(scenario_id: int) -> Response:
        return _layer(opened(scenario_id), geojson.outlets, asked_language())

    @routes.get("/data/<int:scenario_id>/findings.geojson")
    @secured(Permission.READ)
    def findings(scenario_id: int) -> Response:
        return _layer(opened(scenario_id), geojson.findings, asked_language())

    @routes.get("/data/<int:scenario_id>/reach.geojson")
    @secured(Permission.READ)
    def reach(scenario_id: int) -> Response:
        return _layer(opened(scenario_id), geojson.reach, asked_language())

    @routes.get("/data/<int:scenario_id>/shades/<metric>.json")
    @secured(Permission.READ)
    def shades(scenario_id: int, metric: str) -> Response:
        plan = opened(scenario_id)
        if metric not in shade_metrics(plan):
            abort(404)
        return _layer(plan, shades_json, metric, asked_language(), kind="application/json")

    @routes.get("/data/<int:scenario_id>/routes/<int:cell_id>.geojson")
    @secured(Permission.READ)
    def cell_routes(scenario_id: int, cell_id: int) -> Response:
        if "at" in request.args:  # the page knows of a change that was made just now
            desk.plans.forget(scenario_id)
        plan = with_cell(scenario_id, cell_id)
        return _layer(plan, geojson.routes, cell_id, asked_language())

    @routes.get("/download/<int:scenario_id>/plan.gpkg")
    @secured(Permission.EXPORT)
    def plan_file(scenario_id: int) -> Response:
        return _attachment(downloads.plan(opened(scenario_id)), f"plan-{scenario_id}", "gpkg")

    @routes.get("/download/<int:scenario_id>/visits.csv")
    @secured(Permission.EXPORT)
    def visits(scenario_id: int) -> Response:
        plan = opened(scenario_id)
        if desk.work is None:
            abort(404)
        return _attachment(visits_csv(plan_visits(desk, plan)), f"visits-{scenario_id}", "csv")

    @routes.get("/download/<int:scenario_id>/scorecards.xlsx")
    @secured(Permission.EXPORT)
    def scorecards(scenario_id: int) -> Response:
        content = downloads.scorecards(opened(scenario_id), asked_language())
        return _attachment(content, f"scorecards-{scenario_id}", "xlsx")

    @routes.get("/download/<int:scenario_id>/route_sheets/<int:cell_id>.<kind>")
    @secured(Permission.EXPORT)
    def route_sheet(scenario_id: int, cell_id: int, kind: str) -> Response:
        known = next((one for one in get_args(SheetKind) if one == kind), None)
        if known is None:
            abort(404)
        plan = with_cell(scenario_id, cell_id)
        content = downloads.route_sheet(plan, cell_id, known, asked_language())
        name = f"routes-{scenario_id}-{cell_id}"
        if known in ARCHIVED:
            return _attachment(content, f"{name}-{known}", "zip")
        return _attachment(content, name, known)

    server.register_blueprint(routes)
    # callbacks end here too; what is out of reach looks like what is not there
    for kind in (StoreError, PermissionDenied, DependencyException):
        server.register_error_handler(kind, _not_found)


def _not_found(_: Exception) -> Response:
    return Response("", status=404)


def _layer(
    plan: Plan,
    make: Callable[..., bytes],
    *rest: Hashable,
    kind: str = "application/geo+json",
) -> Response:
    """Return what the map shows, made and packed once a plan; who has it already is told so."""
    kept = plan.once((make.__name__, *rest), lambda: Packed.of(make(plan, *rest)))
    answer = kept.answer(kind)
    answer.cache_control.no_cache = True
    answer.cache_control.private = True
    answer.make_conditional(request)
    return answer


def _attachment(content: bytes, name: str, kind: str) -> Response:
    answer = Response(content, mimetype=MEDIA_TYPES[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="gridmap-{name}.{kind}"'
    answer.cache_control.no_store = True
    return answer
