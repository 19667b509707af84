"""Redraw the cells of a draft on the map; of a plan as it was made, open a draft first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update, set_props
from dash.development.base_component import Component

from dashboards.api.cell_numbers import outside
from dashboards.api.workshop import Workshop
from dashboards.components.aria import aria
from dashboards.components.editors import map_editor
from dashboards.components.empty import no_scenario, unknown_scenario
from dashboards.components.words import Words, words
from dashboards.geojson import bounds
from dashboards.ids import App, Editor
from dashboards.map_editor.routes import PREFIX
from dashboards.pages import Desk
from dashboards.secured import secured
from dashboards.state import Page, Selection
from dashboards.wiring import in_browser
from gridmap.catalogue import Language
from gridmap.errors import GridmapError, PermissionDenied, StoreError
from gridmap.jobs.job import Job
from gridmap.jobs.job import State as JobState
from gridmap.jobs.rebalance_job import REBALANCE
from gridmap.store.roles import Permission
from gridmap.store.versions import Status, Version

DEMANDS: Final = Permission.EDIT
_MOST_NAME: Final = 200
#: A job that nobody has taken for so long needs a worker to be started.
_PATIENCE_S: Final = 15.0
#: So long the end of a job is told to who comes back to the page.
_TOLD_S: Final = 120.0


def is_here(desk: Desk) -> bool:
    """Return whether this service keeps drafts."""
    return desk.work is not None


def layout(desk: Desk, chosen: Selection) -> Component:
    """Return the editor of a draft, or the way to one."""
    work = _work(desk)
    known = work.drafts.versions(desk.scope())
    if not known:
        return no_scenario(desk, chosen.language)
    one = _chosen(known, chosen)
    if one is None:
        return unknown_scenario(chosen.scenario or 0, chosen.language)
    if one.status is Status.DRAFT and one.next_cell is not None:
        return _editor(desk, one, known, chosen)
    return _offer(one, known, chosen)


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""
    work = _work(desk)
    in_browser(app, "chooseCell", Input(Editor.MAP, "selected"), at_start=False)
    in_browser(app, "showChosen", Output(Editor.MAP, "selected"), Input(App.SELECTION, "data"))
    in_browser(app, "isDark", Output(Editor.MAP, "dark"), Input(App.DARK, "data"))

    @app.callback(
        Output(Editor.FAULT, "children"),
        Input(Editor.OPEN, "n_clicks"),
        State(Editor.NAME, "value"),
        State(App.SELECTION, "data"),
        running=[(Output(Editor.OPEN, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    @secured(Permission.EDIT)
    def open_draft(clicks: int | None, name: str | None, data: dict[str, Any]) -> Any:
        if not clicks:
            return no_update
        chosen, scope = Selection.of_data(data), desk.scope()
        one = _chosen(work.drafts.versions(scope), chosen)
        if one is None:
            return words(chosen.language, "editorpage")("fault.gone")
        draft = work.drafts.open(scope, one.scenario_id, name=(name or "").strip()[:_MOST_NAME])
        address = chosen.address(page=Page.EDITOR, scenario=draft, cell=None)
        path, query = address.split("?")
        set_props(App.URL, {"pathname": path, "search": f"?{query}"})
        return ""

    @app.callback(
        Output(Editor.JOB, "data"),
        Output(Editor.ASKED, "children"),
        Input(Editor.BALANCE, "n_clicks"),
        State(App.SELECTION, "data"),
        running=[(Output(Editor.BALANCE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    @secured(Permission.EDIT)
    def balance(clicks: int | None, data: dict[str, Any]) -> Any:
        if not clicks:
            return no_update, no_update
        chosen, scope = Selection.of_data(data), desk.scope()
        draft = work.drafts.version(scope, chosen.scenario or 0, Permission.EDIT)
        asked = {"scenario_id": draft.scenario_id}
        try:
            job = work.queue.ask(scope, REBALANCE.name, draft.territory_name, asked)
        except GridmapError as error:
            return no_update, error.text(chosen.language)
        return {"draft": draft.scenario_id, "job": job}, ""

    @app.callback(
        Output(Editor.PROGRESS, "children"),
        Output(Editor.TICK, "disabled"),
        Output(Editor.CANCEL, "hidden"),
        Input(Editor.JOB, "data"),
        Input(Editor.TICK, "n_intervals"),
        State(App.SELECTION, "data"),
    )
    @secured(Permission.EDIT)
    def watch(asked: dict[str, int] | None, _: int | None, data: dict[str, Any]) -> Any:
        chosen = Selection.of_data(data)
        if not asked or asked["draft"] != chosen.scenario:
            return [], True, True
        try:
            job = work.queue.job(desk.scope(), asked["job"])
        except (StoreError, PermissionDenied):
            return [], True, True
        runs = job.state in (JobState.QUEUED, JobState.RUNNING)
        return progress(job, chosen.language), not runs, not runs or job.cancel_asked

    @app.callback(
        Output(Editor.CANCEL, "disabled"),
        Input(Editor.CANCEL, "n_clicks"),
        State(Editor.JOB, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.EDIT)
    def cancel(clicks: int | None, asked: dict[str, int] | None) -> Any:
        if clicks and asked:
            work.queue.cancel(desk.scope(), asked["job"])
        return False


def progress(job: Job, language: Language, *, now: dt.datetime | None = None) -> list[Component]:
    """Return how far a balancing is, or how it ended."""
    say, now = words(language, "editorpage"), now or dt.datetime.now(dt.UTC)
    if job.state is JobState.QUEUED:
        waits = (now - job.created).total_seconds() > _PATIENCE_S
        return [html.Span(say("balance.no_worker" if waits else "balance.waits"))]
    if job.state is JobState.RUNNING:
        words_ = say("balance.ends" if job.cancel_asked else "balance.runs")
        return [
            html.Span(words_),
            dmc.Progress(value=100.0 * job.fraction, className="editor-bar", **aria(label=words_)),
        ]
    if job.ended is not None and (now - job.ended).total_seconds() > _TOLD_S:
        return []
    if job.state is JobState.DONE:
        return [html.Span(_done(job, say))]
    if job.state is JobState.CANCELLED:
        return [html.Span(say("balance.cancelled"))]
    faults = " ".join(outside(one).text(language) for one in job.faults)
    return [html.Span(say("balance.failed", reason=faults), className="editor-fault")]


def _done(job: Job, say: Words) -> str:
    moved = int(job.result.get("moved", 0))
    if not moved:
        return say("balance.nothing")
    before, after = (float(job.result.get(name, 0.0)) for name in ("before", "after"))
    return say("balance.done", units=moved, before=f"{before:.1%}", after=f"{after:.1%}")


def _work(desk: Desk) -> Workshop:
    if desk.work is None:
        raise TypeError("Expected a service that keeps drafts.")
    return desk.work


def _chosen(known: Sequence[Version], chosen: Selection) -> Version | None:
    """Return the version of an address: by default the newest draft, else the newest plan."""
    if chosen.scenario is not None:
        return next((one for one in known if one.scenario_id == chosen.scenario), None)
    return next((one for one in known if one.next_cell is not None), known[0])


def _editor(desk: Desk, one: Version, known: Sequence[Version], chosen: Selection) -> Component:
    say, scope = words(chosen.language, "editorpage"), desk.scope()
    frame = _work(desk).drafts.frame(scope, one.scenario_id)
    has_basemap = desk.basemaps.of(frame.territory_hash) is not None
    tiles = _with_plan(one, known) if has_basemap else None
    return html.Div(
        [
            html.Div(
                [
                    _title(one, known, say),
                    html.Div(id=Editor.PROGRESS, className="editor-progress", role="status"),
                    html.Div(
                        [
                            html.Button(
                                say("balance.cancel"),
                                id=Editor.CANCEL,
                                hidden=True,
                                className="button",
                            ),
                            html.Button(
                                say("balance.button"),
                                id=Editor.BALANCE,
                                className="button",
                                title=say("balance.meaning"),
                            ),
                            *_ways_on(one, known, chosen, say),
                        ],
                        className="editor-acts",
                    ),
                ],
                className="editor-head",
            ),
            html.P(id=Editor.ASKED, className="editor-fault", role="alert"),
            html.Div(
                map_editor(
                    Editor.MAP,
                    f"{PREFIX}/{one.scenario_id}",
                    language=chosen.language,
                    attribution=frame.attribution,
                    tiles_url=None if tiles is None else f"/tiles/{tiles}/{{z}}/{{x}}/{{y}}.mvt",
                    view=bounds(frame.outline, frame.crs),
                    selected=chosen.cell,
                ),
                className="editor-main",
            ),
            dcc.Store(id=Editor.JOB, storage_type="session"),
            dcc.Interval(id=Editor.TICK, interval=1000, disabled=True),
        ],
        className="page page-editor",
    )


def _title(one: Version, known: Sequence[Version], say: Words) -> Component:
    parent = next((other for other in known if other.scenario_id == one.parent_id), None)
    of = "" if parent is None else say("page.of", plan=_name(parent, say))
    return html.Div(
        [
            dmc.Title(_name(one, say), order=2),
            html.Span(say(f"page.status.{one.status}"), className="editor-status"),
            html.Span(of, className="hint"),
        ],
        className="editor-title",
    )


def _ways_on(
    one: Version, known: Sequence[Version], chosen: Selection, say: Words
) -> list[Component]:
    """Return the links to compare the draft and to submit it, which another page does."""
    published = next(
        (
            other.scenario_id
            for other in known
            if other.status is Status.PUBLISHED and other.territory_name == one.territory_name
        ),
        None,
    )
    here = chosen.address(page=Page.SCENARIOS, scenario=one.scenario_id, cell=None)
    other = one.parent_id if published is None else published
    name = "compare_parent" if published is None else "compare"
    links: list[Component] = []
    if other is not None:
        links.append(dcc.Link(say(f"page.{name}"), href=f"{here}&with={other}", className="button"))
    return [*links, dcc.Link(say("page.submit"), href=here, className="button button-main")]


def _offer(one: Version, known: Sequence[Version], chosen: Selection) -> Component:
    """Return the way from a plan that is not redrawn itself to a draft of it."""
    say = words(chosen.language, "editorpage")
    kind = "made" if one.next_cell is None else str(one.status)
    return html.Div(
        [
            dmc.Paper(
                [
                    dmc.Title(say("page.offer_title", plan=_name(one, say)), order=2),
                    html.P(say(f"page.why.{kind}")),
                    html.Div(
                        [
                            dmc.TextInput(
                                id=Editor.NAME,
                                label=say("page.name"),
                                placeholder=say("page.name_hint"),
                            ),
                            html.Button(
                                say("page.open"), id=Editor.OPEN, className="button button-main"
                            ),
                        ],
                        className="editor-open",
                    ),
                    html.P(id=Editor.FAULT, className="editor-fault", role="alert"),
                    *_drafts(one, known, chosen, say),
                ],
                withBorder=True,
                p="lg",
                radius="md",
            )
        ],
        className="empty-state",
    )


def _drafts(
    one: Version, known: Sequence[Version], chosen: Selection, say: Words
) -> list[Component]:
    """Return the drafts of the territory, the newest first."""
    drafts = [
        other
        for other in known
        if other.status is Status.DRAFT
        and other.next_cell is not None
        and other.territory_name == one.territory_name
    ]
    if not drafts:
        return [html.P(say("page.no_drafts"), className="hint")]
    items = [
        html.Li(
            [
                dcc.Link(
                    _name(draft, say),
                    href=chosen.address(page=Page.EDITOR, scenario=draft.scenario_id, cell=None),
                ),
                html.Span(
                    say("page.draft_facts", author=draft.author, edits=draft.head),
                    className="hint",
                ),
            ]
        )
        for draft in drafts
    ]
    return [dmc.Title(say("page.drafts"), order=3), html.Ul(items, className="editor-drafts")]


def _name(one: Version, say: Words) -> str:
    """Return what people call a version; one without a name has its number."""
    if one.name:
        return say("page.named", name=one.name, number=one.scenario_id)
    kind = "plan" if one.next_cell is None else "draft"
    return say(f"page.{kind}", territory=one.territory_name, number=one.scenario_id)


def _with_plan(one: Version, known: Sequence[Version]) -> int | None:
    """Return the draft itself or its nearest ancestor that was planned: tiles hang on plans."""
    by_number = {other.scenario_id: other for other in known}
    at: Version | None = one
    while at is not None and at.planned is None:
        at = by_number.get(at.parent_id or 0)
    return None if at is None else at.scenario_id
