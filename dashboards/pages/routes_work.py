"""What a planner does on the page of the routes: move, fix, undo, plan the rest, make files."""

from __future__ import annotations

import base64
import binascii
import io
import secrets
from dataclasses import dataclass, field
from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from werkzeug.datastructures import FileStorage

from dashboards.access import Plan
from dashboards.api.file_routes import keep
from dashboards.api.workshop import Workshop
from dashboards.components.words import words
from dashboards.cycle_queries import cycle_day
from dashboards.exports import first_monday
from dashboards.ids import App, Routes
from dashboards.pages import Desk
from dashboards.pages.routes_costs import cost_of, menu
from dashboards.pages.routes_jobs import job_panel
from dashboards.plan_acts import read_day
from dashboards.secured import secured
from dashboards.state import Selection
from gridmap.catalogue import Language
from gridmap.cell_cycle import CellCycle
from gridmap.errors import GridmapError, InputError, PermissionDenied, StoreError, fault
from gridmap.jobs.job import State as JobState
from gridmap.routing.moving import Pins
from gridmap.scenario import Scenario
from gridmap.store.roles import Permission
from gridmap.store.undoing import next_redo, next_undo
from gridmap.store.versions import Status
from gridmap.territory import Territory

#: Errors that a planner mends, and reads on the page.
_TOLD = (GridmapError,)
#: Kinds of files that "all cells" has.
ALL_FORMATS = ("ics", "gpx", "kml", "geojson", "calendar")


@dataclass(frozen=True)
class CycleState:
    """What the reader may do with the routes of a cell.

    Attributes
    ----------
    editable
        Whether they can be changed here and now.
    may_open
        Whether a draft can be opened to change them.
    may_ask, may_read
        Whether files of all cells can be asked for, and filled ones be read back.
    token
        Of the routes that are shown.
    pins
        What is kept fixed.
    can_undo, can_redo
        Whether something of the reader's own can be taken back, and made again.
    """

    editable: bool = False
    may_open: bool = False
    may_ask: bool = False
    may_read: bool = False
    token: str = ""
    pins: Pins = field(default_factory=Pins)
    can_undo: bool = False
    can_redo: bool = False


#: Of those who may look and not change.
READ_ONLY = CycleState()


def state_of(desk: Desk, chosen: Selection) -> CycleState:
    """Return what the caller may do with the routes of the chosen cell."""
    work, scope = desk.work, desk.scope()
    number, cell = chosen.scenario or 0, chosen.cell or 0
    if work is None:
        return CycleState()
    may_ask = scope.may(Permission.EXPORT)
    if not scope.may(Permission.PLAN) or scope.cells is not None:
        return CycleState(may_ask=may_ask)
    may_read = scope.may(Permission.IMPORT)
    try:
        one = work.cycles.version(scope, number)
        head = work.cycles.head(scope, number, cell)
        log = work.cycles.history(scope, number, cell)
    except (PermissionDenied, StoreError):
        return CycleState(may_ask=may_ask)
    whole = one.planned == one.head
    editable = one.status is Status.DRAFT and one.next_cell is not None and whole
    mine = [each for each in log if each.author == scope.user]
    return CycleState(
        editable=editable,
        may_open=whole and not editable,
        may_ask=may_ask,
        may_read=may_read,
        token=head.token,
        pins=head.pins,
        can_undo=editable and next_undo(mine) is not None,
        can_redo=editable and next_redo(mine) is not None,
    )


def cycle_at_hand(desk: Desk, chosen: Selection) -> CellCycle | None:
    """Return the cycle of the chosen cell where the caller may change it, else None."""
    if desk.work is None or not state_of(desk, chosen).editable:
        return None
    number, cell = chosen.scenario or 0, chosen.cell or 0
    return desk.work.cycles.seen(desk.scope(), number, cell).cycle


def tools(plan: Plan, chosen: Selection, state: CycleState) -> list[Component]:
    """Return the buttons above the calendar."""
    say = words(chosen.language, "cyclepage")
    if state.may_open:
        return [
            html.P(say("open_hint"), className="hint"),
            _button(say("open"), "open"),
        ]
    if not state.editable:
        return []
    found = [
        _button(say("undo"), "undo", disabled=not state.can_undo),
        _button(say("redo"), "redo", disabled=not state.can_redo),
    ]
    if chosen.week is not None and chosen.weekday is not None:
        number = cycle_day(plan, (chosen.week, chosen.weekday))
        kind = "unpin" if number in state.pins.days else "pin"
        found.append(_button(say(f"{kind}_day"), kind, day=number))
    return [*found, _button(say("replan"), "replan"), html.P(say("hint"), className="hint")]


def register(app: Dash, desk: Desk, work: Workshop) -> None:
    """Wire what changes something."""

    @app.callback(
        Output(Routes.COSTS, "data"),
        Output(Routes.CHOICES, "children"),
        Output(Routes.MENU, "opened"),
        Output(Routes.TOLD, "children", allow_duplicate=True),
        Input(Routes.ASKED, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.PLAN)
    def show_costs(asked: dict[str, Any] | None, data: dict[str, Any]) -> tuple[Any, ...]:
        if not asked:
            raise PreventUpdate
        plan, chosen = desk.opened(data)
        outlet, day = str(asked.get("outlet", "")), _whole(asked.get("day"))
        try:
            seen, moves = work.cycles.to_each_day(
                desk.scope(), plan.scenario_id, chosen.cell or 0, outlet=outlet, day=day
            )
        except (PermissionDenied, StoreError):
            raise
        except _TOLD as error:
            return no_update, no_update, False, _fault(error, chosen.language)
        costs = {str(one.to): cost_of(plan, one, chosen.language) for one in moves}
        answer = {"outlet": outlet, "day": day, "at": asked.get("at"), "to": costs}
        told = menu(plan, chosen, seen, moves, outlet=outlet, day=day)
        return answer, told, bool(asked.get("menu")), no_update

    @app.callback(
        Output(Routes.TOLD, "children", allow_duplicate=True),
        Output(Routes.CHANGED, "data", allow_duplicate=True),
        Output(Routes.JOB, "data", allow_duplicate=True),
        Output(Routes.JOB_TICK, "disabled", allow_duplicate=True),
        Input(Routes.WISH, "data"),
        State(Routes.SEEN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.EXPORT)
    def act(
        wish: dict[str, Any] | None, token: str | None, data: dict[str, Any]
    ) -> tuple[Any, ...]:
        if not wish:
            raise PreventUpdate
        plan, chosen = desk.opened(data)
        try:
            return _done(desk, work, plan, chosen, wish | {"token": token or ""})
        except (PermissionDenied, StoreError):
            raise
        except _TOLD as error:
            changed = {"scenario": plan.scenario_id, "at": secrets.token_hex(4)}
            return _fault(error, chosen.language), changed, no_update, no_update

    @app.callback(
        Output(Routes.JOB_PANEL, "children"),
        Output(Routes.JOB_TICK, "disabled", allow_duplicate=True),
        Output(Routes.CHANGED, "data", allow_duplicate=True),
        Input(Routes.JOB_TICK, "n_intervals"),
        Input(Routes.JOB, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.READ)
    def tell_job(_: int, job: dict[str, Any] | None, data: dict[str, Any]) -> tuple[Any, ...]:
        if not job:
            return [], True, no_update
        language = Selection.of_data(data).language
        one = work.queue.job(desk.scope(), _whole(job.get("job")))
        over = one.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
        changed: Any = no_update
        if over and one.kind == "replan_cell":
            made = one.result.get("scenario_id", _whole(data.get("scenario")))
            changed = {"scenario": made, "at": secrets.token_hex(4)}
        return job_panel(one, language), over, changed

    @app.callback(
        Output(Routes.JOB, "data", allow_duplicate=True),
        Output(Routes.JOB_TICK, "disabled", allow_duplicate=True),
        Output(Routes.TOLD, "children", allow_duplicate=True),
        Input(Routes.UPLOAD, "contents"),
        State(Routes.UPLOAD, "filename"),
        State(Routes.START, "value"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.IMPORT)
    def read_back(
        contents: str | None, name: str, start: str | None, data: dict[str, Any]
    ) -> tuple[Any, ...]:
        if not contents:
            raise PreventUpdate
        plan, chosen = desk.opened(data)
        scope = desk.scope()
        scope.demand(plan.territory.name, Permission.IMPORT)
        try:
            first = read_day(start) if start else None
            content = base64.b64decode(contents.partition(",")[2], validate=True)
        except InputError as error:
            return no_update, no_update, _fault(error, chosen.language)
        except binascii.Error:
            unread = InputError(fault("api.no_file", ""))
            return no_update, no_update, _fault(unread, chosen.language)
        kept, _ = keep(FileStorage(io.BytesIO(content), filename=name), work.files / "inbox",
                       scope.user)  # fmt: skip
        asked = {
            "file": kept.name,
            "named": name[:200],
            "scenario_id": plan.scenario_id,
            "language": chosen.language,
            **({} if first is None else {"start": first.isoformat()}),
        }
        try:
            job = work.queue.ask(scope, "read_sheet", plan.territory.name, asked)
        except InputError as error:
            return no_update, no_update, _fault(error, chosen.language)
        return {"job": job}, False, []


def _done(
    desk: Desk, work: Workshop, plan: Plan, chosen: Selection, wish: dict[str, Any]
) -> tuple[Any, ...]:
    """Do what is wished, and return what is told, the change, and the job that was asked for."""
    scope, say = desk.scope(), words(chosen.language, "cyclepage")
    number, cell = plan.scenario_id, chosen.cell or 0
    kind, key, token = str(wish.get("kind")), str(wish.get("key") or ""), str(wish["token"])
    if not key or len(key) > 64:
        raise InputError(fault("api.bad_key", "key"))
    where = (scope, number, cell)
    changed: dict[str, Any] = {"scenario": number, "at": secrets.token_hex(4)}
    if kind == "export":
        asked = {
            "scenario_id": number,
            "formats": list(ALL_FORMATS),
            "start": first_monday(plan.scenario.request.routing.cycle_start).isoformat(),
            "sheets": True,
            "archive": True,
            "language": chosen.language,
        }
        job = work.queue.ask(scope, "export", plan.territory.name, asked, key=key)
        return [], no_update, {"job": job}, False
    if kind == "cancel":
        work.queue.cancel(scope, _whole(wish.get("job")))
        return [], no_update, no_update, no_update
    if kind == "open":
        made = work.cycles.open(scope, number)
        return _said(say("opened", scenario=made)), {**changed, "scenario": made}, None, True
    if kind == "replan":
        asked = {"scenario_id": number, "cell_id": cell}
        job = work.queue.ask(scope, "replan_cell", plan.territory.name, asked, key=key)
        return [], no_update, {"job": job}, False
    outlet, day = str(wish.get("outlet") or ""), _whole(wish.get("day", 0))
    if kind == "move":
        to = _whole(wish.get("to"))
        work.cycles.move(*where, outlet=outlet, day=day, to=to, key=key, token=token)
        changed["focus"] = {"outlet": outlet, "day": to}
    elif kind in {"pin", "unpin"}:
        work.cycles.pin(*where, day=day, outlet=outlet, pinned=kind == "pin", key=key, token=token)
        changed["focus"] = {"outlet": outlet, "day": day}
    elif kind == "undo":
        work.cycles.undo(*where, key=key, token=token)
    elif kind == "redo":
        work.cycles.redo(*where, key=key, token=token)
    else:
        raise PreventUpdate

    def plan_now() -> tuple[Territory, Scenario]:
        seen = work.cycles.seen(*where)
        return seen.territory, seen.scenario

    desk.plans.renew(number, plan_now)
    return _said(say(f"done.{kind}")), changed, no_update, no_update


def _button(label: str, kind: str, *, disabled: bool = False, **facts: object) -> html.Button:
    data = {f"data-{name}": str(value) for name, value in facts.items()}
    return html.Button(
        label,
        type="button",
        className="button",
        disabled=disabled,
        **{"data-wish": kind, **data},
    )


def _said(told: str) -> list[Component]:
    return [html.P(told)]


def _fault(error: GridmapError, language: Language) -> list[Component]:
    return [html.Ul([html.Li(one.text(language)) for one in error.faults], className="told-fault")]


def _whole(value: object) -> int:
    """Return a number that a browser sent; -1 is no day and no job."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
