"""The dashboard as one application: pages, data and tiles under one scope."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from plotly.io.json import to_json_plotly

from dashboards import queries
from dashboards.access import Plan, Plans, PlanStore
from dashboards.api.features import features_blueprint
from dashboards.api.rest import rest_blueprint
from dashboards.api.workshop import Workshop
from dashboards.book import LASTING, OF_A_PLAN, OF_THE_DESK, pages_of, register_pages
from dashboards.components.empty import no_page, no_scenario, unknown_scenario, unplanned
from dashboards.components.shell import Person, header, shell
from dashboards.compression import compress
from dashboards.downloads import Downloads, Exports
from dashboards.elsewhere import SignInElsewhere, add_elsewhere
from dashboards.exports import default_exports
from dashboards.gate import add_gate
from dashboards.ids import App
from dashboards.map_editor.routes import editor_blueprint
from dashboards.observation import observe
from dashboards.pages import Desk
from dashboards.secured import ask_scope_of, require_declared, secured
from dashboards.security import LOCAL_HOSTS, secure
from dashboards.server import add_routes
from dashboards.sign_in import add_sign_in
from dashboards.state import Page, Selection
from dashboards.table_routes import add_table_routes
from dashboards.tiles import Basemaps
from dashboards.visitors import CSRF_HEADER, Visitors, csrf_token
from dashboards.wiring import in_browser
from gridmap.catalogue import Language
from gridmap.errors import PermissionDenied, StoreError
from gridmap.store.people import People
from gridmap.store.repository import ScenarioSummary
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope


def create_app(
    store: PlanStore,
    *,
    basemaps: Path | None = None,
    language: Language = "en",
    scope: Callable[[], Scope] = Scope.everything,
    hosts: Sequence[str] = LOCAL_HOSTS,
    exports: Exports | None = None,
    people: People | None = None,
    https: bool = False,
    proxies: int = 0,
    elsewhere: SignInElsewhere | None = None,
    work: Workshop | None = None,
) -> Dash:
    """Return the application over a store.

    Parameters
    ----------
    store
        Where the plans are.
    basemaps
        A PMTiles file for every territory, or a folder with ``<content hash>.pmtiles`` for each
        of them; None = maps without a basemap.
    language
        Language of an address that names none.
    scope
        Says how far the caller of the current request may reach, where there are no accounts.
    hosts
        Names under which the service may be asked.
    exports
        Functions that write the files; None = those of `gridmap.export`.
    people
        Who may sign in, and then reaches as far as the account does; None = nobody need to.
    https
        Whether browsers reach the service by https.
    proxies
        Servers before this one whose ``X-Forwarded-For`` is believed.
    elsewhere
        Another service at which people may sign in too.
    work
        What changes plans; None = plans are only shown, and there is no ``/api/v1``.

    Raises
    ------
    EngineError
        If a callback or an address does not say what it demands of its caller.

    Returns
    -------
    Dash
        Its ``server`` is the WSGI application.
    """
    visitors = None if people is None else Visitors(people, https=https, proxies=proxies)
    app = Dash(
        __name__,
        title="gridmap",
        update_title="",
        assets_folder=str(Path(__file__).parent / "assets"),
        # fetched by the first chart, see assets/page.js
        assets_ignore=r"plotly-cartesian\.min\.js",
        suppress_callback_exceptions=True,
        serve_locally=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        enable_mcp=False,
        csrf_token_name="gridmap_csrf" if visitors is None else visitors.csrf_cookie,
        csrf_header_name=CSRF_HEADER,
    )
    # the pages then say their own language, see assets/page.js
    app.index_string = app.index_string.replace("<html>", f'<html lang="{language}">')
    scope = scope if visitors is None else visitors.scope
    ask_scope_of(app.server, scope)
    others = work.other_states if work is not None else lambda _: ()
    desk = Desk(Plans(store), Basemaps(basemaps, others), scope, work=work, people=people)
    if people is not None:
        desk = replace(desk, note=people.contacts.note)
    app.layout = shell
    _register_shell(app, desk, visitors, language)
    register_pages(app, desk)
    add_routes(app.server, desk, Downloads(exports or default_exports()), language=language)
    app.server.register_blueprint(features_blueprint(desk, language=language))
    if work is not None:
        app.server.register_blueprint(rest_blueprint(desk, work, language=language))
        app.server.register_blueprint(editor_blueprint(desk, work, language=language))
        if work.arrivals is not None:
            add_table_routes(app.server, desk, work, work.arrivals, language=language)
    observe(app.server, store.ready)
    if visitors is not None:
        add_sign_in(app.server, visitors, language=language, elsewhere=elsewhere is not None)
        if elsewhere is not None:
            add_elsewhere(app.server, visitors, elsewhere, language=language)
    add_gate(app, visitors)
    compress(app.server)
    secure(app.server, app.csp_hashes(), hosts, https=https)
    require_declared(app)
    return app


def open_page(desk: Desk, chosen: Selection) -> tuple[Plan | None, Selection, Component | None]:
    """Return the plan of a selection, and the selection with what it leaves open filled in.

    Without a plan the third value says what to do.
    """
    summaries = desk.plans.summaries(desk.scope())
    if not summaries:
        return None, chosen, no_scenario(desk, chosen.language)
    asked = summaries[0].scenario_id if chosen.scenario is None else chosen.scenario
    try:
        plan = desk.plan(asked, chosen.page)
    except (StoreError, PermissionDenied):
        there = unplanned(desk, replace(chosen, scenario=asked))
        return None, chosen, there or unknown_scenario(asked, chosen.language)
    settled = queries.settle(plan, chosen)
    if settled.page is not Page.CELLS and settled.cell is None:
        settled = replace(settled, cell=int(plan.scenario.cells["cell_id"].iloc[0]))
    if settled.page is Page.ROUTES and settled.week is None and settled.cell is not None:
        day = queries.first_day(plan, settled.cell)
        if day is not None:
            settled = replace(settled, week=day.week, weekday=day.weekday)
    return plan, settled, None


def content(desk: Desk, plan: Plan, chosen: Selection) -> Component:
    """Return the layout of the selected page."""
    has_basemap = desk.basemaps.of(plan.scenario.territory_hash) is not None
    return OF_A_PLAN[chosen.page].layout(plan, chosen, has_basemap=has_basemap)


def _encoded(desk: Desk, plan: Plan, chosen: Selection) -> Any:
    """Return the layout as plain values, made once a plan: what costs most of a callback."""
    has_basemap = desk.basemaps.of(plan.scenario.territory_hash) is not None
    return plan.once(
        ("page", chosen, has_basemap),
        lambda: json.loads(to_json_plotly(content(desk, plan, chosen))),
    )


@lru_cache(maxsize=1024)
def _top(
    chosen: Selection,
    scenarios: tuple[ScenarioSummary, ...],
    pages: tuple[Page, ...],
    person: Person | None,
) -> Any:
    """Return the header as plain values: the same for the same person on the same page."""
    return json.loads(to_json_plotly(header(chosen, scenarios, pages, person)))


def _register_shell(app: Dash, desk: Desk, visitors: Visitors | None, language: Language) -> None:
    in_browser(app, "toggleDark", Input(App.DARK_BUTTON, "n_clicks"), at_start=False)
    in_browser(app, "applyDark", Output(App.THEME, "forceColorScheme"), Input(App.DARK, "data"))
    in_browser(app, "chooseScenario", Input(App.SCENARIO, "value"), at_start=False)

    @app.callback(
        Output(App.HEADER, "children"),
        Output(App.CONTENT, "children"),
        Output(App.FRAME, "data"),
        Output(App.SELECTION, "data"),
        Input(App.URL, "pathname"),
        Input(App.URL, "search"),
        State(App.FRAME, "data"),
    )
    @secured(Permission.READ)
    def show(path: str, query: str, frame: list[Any] | None) -> tuple[Any, ...]:
        asked = Selection.of_address(path, query, language=language)
        pages = tuple(pages_of(desk))
        summaries = tuple(desk.plans.summaries(desk.scope()))
        if asked.page not in OF_A_PLAN:
            top = _top(asked, summaries, pages, _person(visitors))
            if asked.page not in pages:
                return top, no_page(asked.language), None, no_update
            opened = [asked.page.value, asked.scenario, asked.language]
            if asked.page in LASTING and opened == frame:
                return top, no_update, opened, asked.data()
            return top, OF_THE_DESK[asked.page].layout(desk, asked), opened, asked.data()
        plan, chosen, instead = open_page(desk, asked)
        top = _top(chosen, summaries, pages, _person(visitors))
        if plan is None:
            return top, instead, None, no_update
        # the map must not start anew when only the cell or the day is another
        wanted = [chosen.page.value, chosen.scenario, chosen.language]
        page = no_update if wanted == frame else _encoded(desk, plan, chosen)
        return top, page, wanted, chosen.data()


def _person(visitors: Visitors | None) -> Person | None:
    visitor = None if visitors is None else visitors.current()
    if visitor is None or visitor.key is None:
        return None
    return Person(visitor.scope.user, csrf_token(visitor.key))
