"""Pictures of plans, and what differs between two of them as files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, abort, request

from dashboards.api.workshop import Workshop
from dashboards.comparing import compare, two_drawings
from dashboards.compression import Packed
from dashboards.downloads import MEDIA_TYPES
from dashboards.drawings import drawing_of, root_of
from dashboards.figure_changes import FiguresWish, compare_figures
from dashboards.pages import Desk
from dashboards.pictures import LARGE_PX, THUMBNAIL_PX, moved_picture, picture, under_picture
from dashboards.secured import secured
from gridmap.catalogue import LANGUAGES, Language
from gridmap.errors import InputError
from gridmap.export.border_changes import write_layer, write_workbook
from gridmap.export.plan_changes_files import write_comparison
from gridmap.store.roles import Permission

#: Largest number a database keeps in four bytes.
_MAX_ID: Final = 2**31 - 1


def add_plan_files(server: Flask, desk: Desk, work: Workshop) -> None:
    """Add the routes; what is out of reach looks like what is not there."""
    routes = Blueprint("plans", __name__)

    @routes.get("/picture/<int:scenario_id>.svg")
    @secured(Permission.READ)
    def thumbnail(scenario_id: int) -> Response:
        _demand_numbers(scenario_id)
        return _svg(picture(drawing_of(desk, work, scenario_id), longest_px=THUMBNAIL_PX))

    @routes.get("/picture/<int:scenario_id>/ground.svg")
    @secured(Permission.READ)
    def ground(scenario_id: int) -> Response:
        _demand_numbers(scenario_id)
        scope, drawn = desk.scope(), drawing_of(desk, work, scenario_id)
        frame = work.drafts.frame(scope, scenario_id)
        archive = desk.basemaps.of(frame.territory_hash)
        if archive is None:
            abort(404)
        root = root_of(work.drafts, scope, work.drafts.version(scope, scenario_id))
        return _svg(
            desk.plans.plan(scope, root.scenario_id).once(
                ("ground", LARGE_PX),
                lambda: under_picture(drawn, archive, frame.crs, longest_px=LARGE_PX),
            )
        )

    @routes.get("/picture/<int:scenario_id>/with/<int:other_id>/<which>.svg")
    @secured(Permission.READ)
    def compared(scenario_id: int, other_id: int, which: str) -> Response:
        _demand_numbers(scenario_id, other_id)
        before, after = two_drawings(desk, work, scenario_id, other_id)
        if which == "before":
            return _svg(picture(before, longest_px=LARGE_PX, named=True))
        if which == "after":
            return _svg(picture(after, longest_px=LARGE_PX, named=True))
        if which != "moved":
            abort(404)
        found = compare(desk, work, scenario_id, other_id)
        return _svg(moved_picture(before, list(found.changes.areas), longest_px=LARGE_PX))

    @routes.get("/download/<int:scenario_id>/with/<int:other_id>/changes.<kind>")
    @secured(Permission.EXPORT)
    def changes(scenario_id: int, other_id: int, kind: str) -> Response:
        _demand_numbers(scenario_id, other_id)
        if kind not in ("xlsx", "gpkg"):
            abort(404)
        found = compare(desk, work, scenario_id, other_id, "plan_changes").changes
        with tempfile.TemporaryDirectory(prefix="gridmap-changes-") as folder:
            path = Path(folder) / f"changes.{kind}"
            if kind == "xlsx":
                write_workbook(found, path, _language())
            else:
                write_layer(found, path)
            content = path.read_bytes()
        answer = Response(content, mimetype=MEDIA_TYPES[kind])
        name = f"gridmap-changes-{scenario_id}-{other_id}.{kind}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        answer.cache_control.no_store = True
        return answer

    @routes.get("/download/<int:scenario_id>/with/<int:other_id>/figures.xlsx")
    @secured(Permission.EXPORT)
    def figures(scenario_id: int, other_id: int) -> Response:
        _demand_numbers(scenario_id, other_id)
        wish = FiguresWish.of(request.args)
        found = compare_figures(desk, work, scenario_id, other_id, wish)
        with tempfile.TemporaryDirectory(prefix="gridmap-changes-") as folder:
            path = write_comparison(found, Path(folder) / "figures.xlsx", _language())
            content = path.read_bytes()
        answer = Response(content, mimetype=MEDIA_TYPES["xlsx"])
        name = f"gridmap-figures-{scenario_id}-{other_id}.xlsx"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        answer.cache_control.no_store = True
        return answer

    @routes.errorhandler(InputError)
    def refused(_: InputError) -> Response:
        return Response("", status=404)

    server.register_blueprint(routes)


def _demand_numbers(*numbers: int) -> None:
    if any(one > _MAX_ID for one in numbers):
        abort(404)


def _language() -> Language:
    asked = request.args.get("lang", "")
    return next((one for one in LANGUAGES if one == asked), "en")


def _svg(content: bytes) -> Response:
    """Return a picture; a browser that has it already is told so."""
    answer = Packed.of(content).answer("image/svg+xml")
    answer.cache_control.no_cache = True
    answer.cache_control.private = True
    answer.make_conditional(request)
    return answer
