"""Routes of the editor, under ``/editor/<draft>/``: what it draws, what it asks to be done.

The protocol is that of docs/editor.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final

import pydantic
from flask import Blueprint, Response, request

from dashboards.api.cell_numbers import cell_id, drawn, outside
from dashboards.api.contract import contract
from dashboards.api.draft_routes import KEY, edit_of
from dashboards.api.models import EditIn, Number, Taken
from dashboards.api.problems import NotThere, asked_language, status_and_faults
from dashboards.api.workshop import Workshop
from dashboards.compression import Packed
from dashboards.map_editor.container import MIMETYPE
from dashboards.map_editor.figures import Daily, cell_figures
from dashboards.map_editor.files import (
    can_out,
    ground_file,
    ground_name,
    outlets_file,
    state_file,
)
from dashboards.map_editor.shelf import Presence, Shelf
from dashboards.map_editor.steps import step_out
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language, text
from gridmap.errors import ConflictError, GridmapError
from gridmap.store.canvas import Canvas
from gridmap.store.drawing import Drawn
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.steps import Step

PREFIX: Final = "/editor"
_CONFLICT: Final = 409
_REFUSED: Final = 422
_YEAR_S: Final = 365 * 24 * 3600

Key = Annotated[str, pydantic.Field(pattern=KEY.pattern)]


class GestureIn(EditIn):
    """An edit, the key under which it may be sent again, and the last step that is known."""

    key: Key
    since: Number | None = None


class AgainIn(Taken):
    """An undo or a redo, as `GestureIn`."""

    key: Key
    since: Number | None = None


class SinceIn(Taken):
    """The last step that the browser knows."""

    since: Number = 0


def editor_blueprint(desk: Desk, work: Workshop, *, language: Language) -> Blueprint:
    """Return the routes of the editor; each asks the scope anew."""
    routes = Blueprint("editor", __name__, url_prefix=f"{PREFIX}/<int:scenario_id>")
    counter = _Counter(desk, work, language)

    @routes.get("/ground.bin")
    @secured(Permission.EDIT)
    @contract(gives=None)
    def ground(scenario_id: int) -> Response:
        return counter.ground(scenario_id)

    @routes.get("/outlets.bin")
    @secured(Permission.EDIT)
    @contract(gives=None)
    def outlets(scenario_id: int) -> Response:
        return counter.outlets(scenario_id)

    @routes.get("/outlet/<int:row>")
    @secured(Permission.EDIT)
    @contract(gives=None)
    def outlet(scenario_id: int, row: int) -> Response:
        return counter.outlet(scenario_id, row)

    @routes.get("/state.bin")
    @secured(Permission.EDIT)
    @contract(gives=None)
    def state(scenario_id: int) -> Response:
        return counter.state(scenario_id)

    @routes.get("/steps")
    @secured(Permission.EDIT)
    @contract(query=SinceIn, gives=None)
    def steps(scenario_id: int, query: SinceIn) -> Response:
        return counter.steps(scenario_id, query.since)

    @routes.post("/edits")
    @secured(Permission.EDIT)
    @contract(body=GestureIn, gives=None)
    def edit(scenario_id: int, body: GestureIn) -> Response:
        return counter.edit(scenario_id, body)

    @routes.post("/undo")
    @secured(Permission.EDIT)
    @contract(body=AgainIn, gives=None)
    def undo(scenario_id: int, body: AgainIn) -> Response:
        done = work.drafts.undo(desk.scope(), scenario_id, key=body.key)
        return counter.answer(scenario_id, Drawn(done))

    @routes.post("/redo")
    @secured(Permission.EDIT)
    @contract(body=AgainIn, gives=None)
    def redo(scenario_id: int, body: AgainIn) -> Response:
        done = work.drafts.redo(desk.scope(), scenario_id, key=body.key)
        return counter.answer(scenario_id, Drawn(done))

    @routes.errorhandler(GridmapError)
    def failed(error: GridmapError) -> Response:
        return counter.refusal(error)

    return routes


class _Counter:
    """Answers the editor's requests; what never changes is made once."""

    def __init__(self, desk: Desk, work: Workshop, language: Language) -> None:
        self._desk, self._work, self._language = desk, work, language
        self._shelf, self._present = Shelf(), Presence()

    def ground(self, scenario_id: int) -> Response:
        """Return the units."""
        _, canvas = self._work.table.canvas(self._desk.scope(), scenario_id)
        said = asked_language(self._language)
        packed = self._shelf.once(
            ("ground", ground_name(canvas), said),
            lambda: Packed.of(ground_file(canvas, self._daily(canvas), said)),
        )
        return _lasting(packed, ground_name(canvas))

    def outlets(self, scenario_id: int) -> Response:
        """Return the outlets."""
        _, canvas = self._work.table.canvas(self._desk.scope(), scenario_id)
        packed = self._shelf.once(
            ("outlets", ground_name(canvas)),
            lambda: Packed.of(outlets_file(canvas, self._daily(canvas))),
        )
        return _lasting(packed, ground_name(canvas))

    def outlet(self, scenario_id: int, row: int) -> Response:
        """Return what is known of an outlet."""
        _, canvas = self._work.table.canvas(self._desk.scope(), scenario_id)
        outlets = canvas.base.territory.outlets
        if row >= len(outlets):
            raise NotThere
        said = asked_language(self._language)
        one = outlets.iloc[row]
        return _plain(
            {
                "outlet_id": str(one["outlet_id"]),
                "name": str(one["name"]),
                "operator": str(one["operator"]),
                "kind": str(one["kind"]),
                "ownership": text(f"pages.ownership.{one['ownership']}", said),
                "grade": str(one["grade"]),
                "grade_invented": bool(one["grade_source"] == "invented"),
                "visited": bool(one["visited"]),
            }
        )

    def state(self, scenario_id: int) -> Response:
        """Return the cells as they stand."""
        scope = self._desk.scope()
        opened = self._work.table.opened(scope, scenario_id)
        if any(one.manager for one in opened.titles.values()):
            self._desk.note(scope, scenario_id, "editor")
        opened.canvas.begin()
        file = state_file(
            opened, self._daily(opened.canvas), self._work.drafts.can(scope, scenario_id)
        )
        answer = Packed.of(file, level=2).answer(MIMETYPE)
        answer.cache_control.no_store = True
        return answer

    def steps(self, scenario_id: int, since: int) -> Response:
        """Return what was done since, and who is at the draft."""
        scope = self._desk.scope()
        scope_user = scope.user
        version, steps = self._work.drafts.steps(scope, scenario_id, since=since)
        scope.demand(version.territory_name, Permission.EDIT)
        said = (
            {"steps": [], "sequence": version.head}
            if not steps
            else self._told(scope, scenario_id, steps)
        )
        return _plain({**said, "editors": self._present.at(scenario_id, scope_user)})

    def edit(self, scenario_id: int, body: GestureIn) -> Response:
        """Draw an edit and return what it did."""
        scope, table = self._desk.scope(), self._work.table
        done = table.edit(
            scope,
            scenario_id,
            edit_of(body, lambda: table.ground(scope, scenario_id)[0].crs),
            key=body.key,
            versions={drawn(cell): at for cell, at in body.versions.items()},
        )
        return self.answer(scenario_id, done)

    def answer(self, scenario_id: int, drew: Drawn) -> Response:
        """Return what an edit did, with the figures of the cells that it touched."""
        scope, done = self._desk.scope(), drew.committed
        _, steps = self._work.drafts.steps(scope, scenario_id, since=done.sequence - 1)
        said = self._told(scope, scenario_id, steps[:1])
        language = asked_language(self._language)
        return _plain(
            {
                "step": said["steps"][0],
                "figures": said["figures"],
                "repeated": done.repeated,
                "left_out": list(drew.left_out),
                "notices": [outside(one).text(language) for one in drew.notices],
                "can": can_out(self._work.drafts.can(scope, scenario_id)),
            }
        )

    def refusal(self, error: GridmapError) -> Response:
        """Return why something was not done; of a conflict also what was done instead."""
        status, faults = status_and_faults(error)
        language = asked_language(self._language)
        said: dict[str, Any] = {"faults": [outside(one).text(language) for one in faults]}
        if isinstance(error, ConflictError):
            return _plain({**said, **self._instead(error)}, _CONFLICT)
        # the browser offers to draw again on the new state only where a colleague was first
        return _plain(said, _REFUSED if status == _CONFLICT else status)

    def _instead(self, error: ConflictError) -> dict[str, Any]:
        """Return the cells that somebody changed first, and the steps since the browser's last."""
        scope, scenario_id = self._desk.scope(), int((request.view_args or {})["scenario_id"])
        asked = request.get_json(silent=True)
        since = asked.get("since") if isinstance(asked, dict) else None
        version, steps = self._work.drafts.steps(
            scope, scenario_id, since=since if isinstance(since, int) else 2**31 - 1
        )
        told = self._told(scope, scenario_id, steps) if steps else {"steps": []}
        conflicts = [
            {"cell": cell_id(int(str(one.values["cell"]))), "author": one.values["author"],
             "time": one.values["time"]}
            for one in error.faults
            if "cell" in one.values
        ]  # fmt: skip
        return {**told, "conflicts": conflicts, "sequence": version.head}

    def _told(self, scope: Scope, scenario_id: int, steps: Sequence[Step]) -> dict[str, Any]:
        """Return steps with the figures that the cells have in the draft as it stands."""
        opened = self._work.table.opened(scope, scenario_id)
        ground = ground_name(opened.canvas)
        cells = {cell for step in steps for cell in step.cells} & set(opened.canvas.state.centre)
        return {
            "steps": [
                step_out(step, user=scope.user, titles=opened.titles, ground=ground)
                for step in steps
            ],
            "sequence": opened.canvas.sequence,
            "figures": {
                cell_id(cell): figures
                for cell, figures in cell_figures(
                    opened, self._daily(opened.canvas), sorted(cells)
                ).items()
            },
        }

    def _daily(self, canvas: Canvas) -> Daily:
        return self._shelf.once(("daily", canvas.geometry), lambda: Daily.of(canvas))


def _lasting(packed: Packed, name: str) -> Response:
    """Return a file that a browser may keep for good if its address names it."""
    answer = packed.answer(MIMETYPE)
    answer.cache_control.private = True
    if request.args.get("g") == name:
        answer.cache_control.max_age = _YEAR_S
        answer.cache_control.immutable = True
    else:
        answer.cache_control.no_cache = True
    answer.make_conditional(request)
    return answer


def _plain(said: dict[str, Any], status: int = 200) -> Response:
    text_ = json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    answer = Response(text_, status, mimetype="application/json")
    answer.cache_control.no_store = True
    return answer
