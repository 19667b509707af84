"""Whether somebody changed the routes that a page shows: asked by open pages every few seconds."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify

from dashboards.api.problems import asked_language
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import text
from gridmap.store.roles import Permission


def add_cycle_watch(server: Flask, desk: Desk, work: Workshop) -> None:
    """Add the route; nobody has to sit before a page that asks it."""
    routes = Blueprint("cycle", __name__)

    @routes.get("/routes/<int:scenario_id>/<int:cell_id>/head.json")
    @secured(Permission.PLAN)
    def head(scenario_id: int, cell_id: int) -> Response:
        scope = desk.scope()
        work.cycles.version(scope, scenario_id)
        found = work.cycles.head(scope, scenario_id, cell_id)
        told = ""
        if found.author not in ("", scope.user):
            told = text(
                "cyclepage.changed_by",
                asked_language("en"),
                author=found.author,
                time=found.changed,
            )
        answer = jsonify({"token": found.token, "told": told})
        answer.cache_control.no_store = True
        return answer

    server.register_blueprint(routes)
