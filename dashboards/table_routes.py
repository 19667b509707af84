"""Routes of tables that come in: hand one in, its places for the map, its faults as a workbook."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Flask, Response, abort, jsonify, request

from dashboards import geojson
from dashboards.api.file_routes import MOST_BYTES, keep
from dashboards.api.problems import asked_language, told
from dashboards.api.workshop import Workshop
from dashboards.arrivals import Arrivals, Choice
from dashboards.downloads import MEDIA_TYPES
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language
from gridmap.errors import GridmapError, InputError, StoreError, fault
from gridmap.store.roles import Permission


def add_table_routes(
    server: Flask, desk: Desk, work: Workshop, arrivals: Arrivals, *, language: Language
) -> None:
    """Add the routes to a server."""
    routes = Blueprint("tables", __name__)

    @routes.post("/data/tables")
    @secured(Permission.IMPORT)
    def hand_in() -> Response:
        said = asked_language(language)
        request.max_content_length = MOST_BYTES
        try:
            scope = desk.scope()
            scope.demand(request.args.get("territory", ""), Permission.IMPORT)
            file = request.files.get("file")
            if file is None or not file.filename:
                raise InputError(fault("api.no_file", "file"))
            kept, _ = keep(file, arrivals.inbox, scope.user)
        except GridmapError as error:
            return told(error, said)
        name = Path(file.filename.replace("\\", "/")).name[:200]
        return jsonify({"file": kept.name, "name": name, "bytes": kept.stat().st_size})

    @routes.post("/data/projects")
    @secured(Permission.PLAN)
    def hand_in_project() -> Response:
        said = asked_language(language)
        request.max_content_length = MOST_BYTES
        try:
            scope = desk.scope()
            file = request.files.get("file")
            if file is None or not file.filename:
                raise InputError(fault("api.no_file", "file"))
            kept, _ = keep(file, arrivals.inbox, scope.user)
            name = Path(file.filename.replace("\\", "/")).name[:200]
            territory = arrivals.territory_of(kept, name)
            if not scope.allows(territory):
                raise InputError(fault("data.not_granted", name, territory=territory))
            asked = {"file": kept.name, "name": name}
            job = work.queue.ask(scope, "project", territory, asked)
        except GridmapError as error:
            return told(error, said)
        return jsonify({"job_id": job})

    @routes.get("/data/tables/<file>/points.geojson")
    @secured(Permission.IMPORT)
    def points(file: str) -> Response:
        _, seen = arrivals.look(desk.scope(), chosen(file))
        answer = Response(geojson.arrived(seen.points), mimetype="application/geo+json")
        answer.cache_control.no_store = True
        return answer

    @routes.get("/data/tables/<file>/faults.xlsx")
    @secured(Permission.IMPORT)
    def faults(file: str) -> Response:
        said = asked_language(language)
        with TemporaryDirectory(prefix="gridmap-") as folder:
            target = Path(folder) / "faults.xlsx"
            arrivals.report(desk.scope(), chosen(file), target, said)
            answer = Response(target.read_bytes(), mimetype=MEDIA_TYPES["xlsx"])
        answer.headers["Content-Disposition"] = 'attachment; filename="gridmap-faults.xlsx"'
        answer.cache_control.no_store = True
        return answer

    @routes.post("/example")
    @secured(Permission.PLAN)
    def example() -> Response:
        if not work.example:
            abort(404)
        scope, said = desk.scope(), asked_language(language)
        try:
            job = work.queue.ask(scope, "example", work.example, {})
            return jsonify({"job_id": job})
        except GridmapError as error:
            return told(error, said)

    def chosen(file: str) -> Choice:
        try:
            settings: Any = json.loads(request.args.get("settings", "{}"))
        except json.JSONDecodeError:
            abort(400)
        query = request.args
        territory, rows, name = (query.get(one) for one in ("territory", "rows", "name"))
        return Choice.of(territory, rows, file, name, settings)

    @routes.errorhandler(InputError)
    def unusable(_: Exception) -> Response:
        return Response("", status=404)

    @routes.errorhandler(StoreError)
    def missing(_: Exception) -> Response:
        return Response("", status=404)

    server.register_blueprint(routes)
