"""Data: what a territory has now, and tables that come in for it."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboards.arrivals import Choice
from dashboards.components.aria import aria
from dashboards.components.arrival import file_drop, found, project_drop
from dashboards.components.empty import empty
from dashboards.components.job_list import job_list, no_worker
from dashboards.components.legend import SYMBOLS_URL
from dashboards.components.territory_data import territory_data
from dashboards.components.words import words
from dashboards.geojson import Bounds, bounds
from dashboards.ids import App, Data
from dashboards.map_editor import PlanMap
from dashboards.pages import Desk
from dashboards.queries_jobs import jobs_of, shape_of
from dashboards.secured import secured
from dashboards.state import Selection
from gridmap.catalogue import Language
from gridmap.errors import GridmapError, PermissionDenied, StoreError
from gridmap.intake import ROW_KINDS, Seen
from gridmap.store.roles import Permission
from gridmap.store.states import states_of, territory_names

DEMANDS: Final = Permission.IMPORT
#: Imports of the territory that are listed.
_LISTED = 5


def is_here(desk: Desk) -> bool:
    """Return whether this service can take tables in."""
    return desk.work is not None and desk.work.arrivals is not None


def layout(desk: Desk, chosen: Selection) -> Component:
    """Return the page as its reader may see it now."""
    say = words(chosen.language, "datapage")
    names = [] if desk.work is None else territory_names(desk.work.engine, desk.scope())
    if not names:
        return html.Div(
            [
                _first(desk, chosen),
                html.Div(id=Data.UPLOAD, className="data-upload empty-state", role="status"),
                *_parts(desk, chosen, names, hidden=True),
            ]
        )
    return html.Div(
        [
            dmc.Title(say("title"), order=2),
            *_parts(desk, chosen, names, hidden=False),
        ],
        className="page-scroll data-page",
    )


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""

    @app.callback(
        Output(Data.STATES, "children"),
        Output(Data.RUNNING, "children"),
        Input(Data.TERRITORY, "value"),
        Input(Data.TICK, "data"),
        State(App.SELECTION, "data"),
    )
    @secured(DEMANDS)
    def show(territory: str | None, _: Any, selection: dict[str, Any] | None) -> tuple[Any, ...]:
        language = _language(selection)
        if desk.work is None or not territory:
            return no_update, no_update
        scope = desk.scope()
        if not scope.allows(territory):
            raise StoreError
        states = states_of(desk.work.engine, scope, territory)
        plans = [one for one in desk.plans.summaries(scope) if one.territory_name == territory]
        jobs = jobs_of(desk.work.queue, scope, language)
        imports = [one for one in jobs if one.kind == "import" and one.territory == territory]
        running = [
            no_worker(desk.work.queue.idle_s(), language),
            job_list(imports[:_LISTED], language, tick=Data.TICK, shape=shape_of(jobs)),
        ]
        return territory_data(states, plans, language), running

    @app.callback(
        Output(Data.FOUND, "children"),
        Output(Data.MAP_PLACE, "children"),
        Output(Data.GO, "hidden"),
        Output(Data.IMPORT, "children"),
        Output(Data.TOLD, "children", allow_duplicate=True),
        Input(Data.TABLE, "data"),
        Input(Data.SETTINGS, "data"),
        Input(Data.ROWS, "value"),
        Input(Data.TERRITORY, "value"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(DEMANDS)
    def look(
        table: dict[str, Any] | None,
        settings: dict[str, Any] | None,
        rows: str,
        territory: str,
        selection: dict[str, Any] | None,
    ) -> tuple[Any, ...]:
        language = _language(selection)
        if not table or desk.work is None or desk.work.arrivals is None:
            return None, None, True, "", no_update
        choice = _choice(table, settings, rows, territory)
        choice, seen = desk.work.arrivals.look(desk.scope(), choice)
        ready = not seen.faults and bool(seen.counts.get("accepted"))
        label = words(language, "datapage")("go.import", count=seen.counts.get("accepted", 0))
        shown = found(choice, seen, language)
        return shown, _map(desk, choice, seen, language), not ready, label, ""

    @app.callback(
        Output(Data.TOLD, "children"),
        Output(Data.TICK, "data", allow_duplicate=True),
        Output(Data.TABLE, "data", allow_duplicate=True),
        Input(Data.IMPORT, "n_clicks"),
        State(Data.TABLE, "data"),
        State(Data.SETTINGS, "data"),
        State(Data.ROWS, "value"),
        State(Data.TERRITORY, "value"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(DEMANDS)
    def begin(clicks: int | None, *given: Any) -> tuple[Any, ...]:
        table, settings, rows, territory, selection = given
        language = _language(selection)
        if not clicks or not table or desk.work is None or desk.work.arrivals is None:
            return no_update, no_update, no_update
        scope = desk.scope()
        choice = _choice(table, settings, rows, territory)
        # looked at once more: what is imported is what was shown, also to whoever forged a click
        choice, _ = desk.work.arrivals.look(scope, choice)
        asked = {
            "file": choice.file,
            "name": choice.name,
            "rows": choice.rows,
            "settings": choice.how,
            "language": language,
        }
        try:
            job = desk.work.queue.ask(scope, "import", territory, asked)
        except PermissionDenied:
            raise
        except GridmapError as error:
            return dmc.Alert(error.text(language), color="red"), no_update, no_update
        said = words(language, "datapage")("go.asked", job=job, name=choice.name)
        return dmc.Alert(said, color="blue"), f"asked {job}", None


def _parts(desk: Desk, chosen: Selection, names: list[str], *, hidden: bool) -> list[Component]:
    """Return all of the page; hidden where there is no territory yet."""
    language, say = chosen.language, words(chosen.language, "datapage")
    here = next(
        (
            one.territory_name
            for one in desk.plans.summaries(desk.scope())
            if chosen.scenario in (None, one.scenario_id)
        ),
        names[0] if names else None,
    )
    return [
        dcc.Store(id=Data.TABLE),
        dcc.Store(id=Data.SETTINGS, data={}),
        dcc.Store(id=Data.TICK),
        html.Div(
            [
                dmc.Select(
                    id=Data.TERRITORY,
                    label=say("territory"),
                    data=[{"value": one, "label": one} for one in names],
                    value=here,
                    allowDeselect=False,
                    searchable=len(names) > 8,
                    className="data-territory",
                ),
                html.Section(
                    html.Div(id=Data.STATES, **aria(live="polite")),
                    className="panel",
                ),
                html.Section(
                    [
                        dmc.Title(say("import.title"), order=3),
                        html.P(say("import.hint"), className="hint"),
                        dmc.SegmentedControl(
                            id=Data.ROWS,
                            value=ROW_KINDS[0],
                            data=[{"value": one, "label": say(f"rows.{one}")} for one in ROW_KINDS],
                            className="data-rows",
                        ),
                        file_drop(say("import.choose"), language),
                        html.Div(id=Data.UPLOAD, className="data-upload"),
                        html.Div(id=Data.FOUND, **aria(live="polite")),
                        html.Div(id=Data.MAP_PLACE),
                        html.Div(
                            html.Button(
                                say("go.import", count=0),
                                id=Data.IMPORT,
                                className="button button-main",
                            ),
                            id=Data.GO,
                            hidden=True,
                            className="data-go",
                        ),
                        html.Div(id=Data.TOLD, **aria(live="polite")),
                        html.Details(
                            [
                                html.Summary(say("project.another")),
                                html.P(say("project.why"), className="hint"),
                                *([] if hidden else [project_drop(language)]),
                            ],
                            className="data-project",
                        ),
                    ],
                    className="panel",
                ),
                html.Section(
                    [
                        dmc.Title(say("running"), order=3),
                        html.Div(id=Data.RUNNING),
                    ],
                    className="panel",
                ),
            ],
            hidden=hidden,
        ),
    ]


def _first(desk: Desk, chosen: Selection) -> Component:
    """Return what to do while there is no territory to import into."""
    say = words(chosen.language, "datapage")
    whole: list[Component] = []
    if desk.scope().may(Permission.PLAN):
        whole = [html.P(say("project.why")),
                 project_drop(chosen.language)]  # fmt: skip
    parts = [html.P(say("first.why")), html.Pre("gridmap plan PROJECT.toml --out DIR")]
    return empty(say("first.title"), parts, desk, chosen.language, instead=whole)


def _choice(
    table: dict[str, Any], settings: dict[str, Any] | None, rows: str, territory: str
) -> Choice:
    return Choice.of(territory, rows, table.get("file"), table.get("name"), settings)


def _map(desk: Desk, choice: Choice, seen: Seen, language: Language) -> Component | None:
    """Return the accepted places on the newest plan of the territory."""
    if not seen.points:
        return None
    say = words(language, "datapage")
    scope = desk.scope()
    newest = next(
        (one for one in desk.plans.summaries(scope) if one.territory_name == choice.territory),
        None,
    )
    view: Bounds | None = None
    cells = tiles = None
    credit = ""
    if newest is not None:
        plan = desk.plan(newest.scenario_id, "data")
        view = bounds(plan.cell_polygons, plan.territory.crs)
        cells = f"/data/{newest.scenario_id}/cells.geojson?lang={language}"
        credit = plan.territory.attribution
        if desk.basemaps.of(plan.scenario.territory_hash) is not None:
            tiles = f"/tiles/{newest.scenario_id}/{{z}}/{{x}}/{{y}}.mvt"
    labels = words(language)
    return html.Div(
        [
            dmc.Title(say("map.title"), order=4),
            html.P(say("map.hint"), className="hint"),
            html.Div(
                PlanMap(
                    "data-map",
                    labels={
                        "map": say("map.label"),
                        "zoomIn": labels("map.zoom_in"),
                        "zoomOut": labels("map.zoom_out"),
                        "noWebgl": say("map.no_webgl"),
                        "failed": labels("map.failed"),
                        "attribution": credit,
                    },
                    symbolsUrl=SYMBOLS_URL,
                    tilesUrl=tiles,
                    cellsUrl=cells,
                    outletsUrl=f"/data/tables/{choice.file}/points.geojson?{query_of(choice)}",
                    view=view,
                    language=language,
                ),
                className="map-frame",
            ),
        ],
        className="data-map",
    )


def query_of(choice: Choice) -> str:
    """Return a choice as the query of an address."""
    return urlencode(
        {
            "territory": choice.territory,
            "rows": choice.rows,
            "name": choice.name,
            "settings": json.dumps(choice.how, ensure_ascii=False, separators=(",", ":")),
        }
    )


def _language(selection: dict[str, Any] | None) -> Language:
    return Selection.of_data(selection).language if selection else "en"
