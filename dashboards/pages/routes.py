"""The visit routes of a cell: the cycle as a calendar, one day on the map, and their changes."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboards import cycle_queries, queries
from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.cell_select import cell_select
from dashboards.components.help import help_button
from dashboards.components.maps import plan_map
from dashboards.components.notices import notices
from dashboards.components.words import words
from dashboards.cycle_watch import add_cycle_watch
from dashboards.ids import App, Routes
from dashboards.pages import Desk, routes_work
from dashboards.pages.routes_calendar import calendar_table
from dashboards.pages.routes_day import day_summary, timeline
from dashboards.pages.routes_files import downloads, reading_form
from dashboards.pages.routes_load import balance_of_days, load_panel
from dashboards.queries import Stop
from dashboards.secured import secured
from dashboards.state import Selection
from dashboards.wiring import in_browser
from gridmap.store.roles import Permission


def layout(plan: Plan, chosen: Selection, *, has_basemap: bool) -> Component:
    """Return the page of a plan."""
    language, say = chosen.language, words(chosen.language)
    of_page = words(language, "cyclepage")
    heading = html.Div(
        [
            dmc.Title(say("routes.calendar"), order=3),
            help_button(
                say("routes.calendar"),
                f"{say('routes.meaning')} {of_page('meaning')}",
                "",
                language=language,
                term="call_cycle",
            ),
        ],
        className="heading",
    )
    cycle = html.Section(
        [
            cell_select(Routes.CELL, plan, chosen),
            html.Div(id=Routes.TOOLS, className="cycle-tools"),
            html.Div(id=Routes.TOLD, className="cycle-told", role="status", **aria(live="polite")),
            html.Div(id=Routes.JOB_PANEL, className="cycle-job"),
            heading,
            html.P(say("routes.hint"), className="hint"),
            html.Div(id=Routes.CALENDAR, className="calendar-frame"),
            html.Div(id=Routes.LOAD),
            html.Div(id=Routes.BALANCE),
            html.Div(id=Routes.DOWNLOADS, className="cycle-files"),
            html.Div(
                reading_form(plan, language),
                id=Routes.READ,
                className="cycle-read",
                hidden=True,
            ),
            notices(plan, language),
        ],
        className="routes-calendar",
    )
    player = html.Div(
        id=Routes.PLAYER,
        className="player",
        role="group",
        **aria(label=of_page("player.label")),
        **{f"data-{key}": of_page(f"player.{key}") for key in ("play", "pause", "next", "clock")},
    )
    day = html.Section(
        [
            html.Div(id=Routes.SUMMARY, **aria(live="polite")),
            html.Div(id=Routes.TIMELINE),
        ],
        className="routes-day",
    )
    return html.Div(
        [
            cycle,
            html.Section(
                [
                    plan_map(Routes.MAP, plan, language=language, has_basemap=has_basemap),
                    player,
                ],
                className="page-map",
                **aria(label=say("map.title")),
            ),
            day,
            dmc.Modal(
                html.Div(id=Routes.CHOICES),
                id=Routes.MENU,
                title=of_page("menu.title"),
                closeButtonProps={"aria-label": of_page("menu.close")},
                size="lg",
            ),
            *_memory(),
        ],
        className="page page-routes",
    )


def _memory() -> list[Component]:
    """Return what the page remembers: questions, answers, wishes, and the job under way."""
    stores = (
        Routes.ASKED,
        Routes.COSTS,
        Routes.WISH,
        Routes.SEEN,
        Routes.CHANGED,
        Routes.WALK,
        Routes.OF_CELL,
    )
    return [
        *(dcc.Store(id=one) for one in stores),
        dcc.Store(id=Routes.JOB),
        dcc.Interval(id=Routes.JOB_TICK, interval=1000, disabled=True),
    ]


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""
    in_browser(app, "chooseCell", Input(Routes.CELL, "value"), at_start=False)
    in_browser(app, "chooseCell", Input(Routes.MAP, "selected"), at_start=False)
    in_browser(
        app,
        "showDay",
        Output(Routes.MAP, "selected"),
        Output(Routes.MAP, "day"),
        Output(Routes.MAP, "routesUrl"),
        Output(Routes.CELL, "value"),
        Input(App.SELECTION, "data"),
    )
    in_browser(app, "isDark", Output(Routes.MAP, "dark"), Input(App.DARK, "data"))
    in_browser(app, "showWalk", Input(Routes.WALK, "data"))
    in_browser(app, "showCosts", Input(Routes.COSTS, "data"), at_start=False)
    in_browser(app, "followChange", Input(Routes.CHANGED, "data"), at_start=False)

    @app.callback(
        Output(Routes.CALENDAR, "children"),
        Output(Routes.SUMMARY, "children"),
        Output(Routes.TIMELINE, "children"),
        Output(Routes.DOWNLOADS, "children"),
        Output(Routes.MAP, "view"),
        Output(Routes.BALANCE, "children"),
        Output(Routes.WALK, "data"),
        Output(Routes.TOOLS, "children"),
        Output(Routes.SEEN, "data"),
        Output(Routes.READ, "hidden"),
        Input(App.SELECTION, "data"),
        Input(Routes.CHANGED, "data"),
    )
    @secured(Permission.READ)
    def show_day(data: dict[str, Any], changed: dict[str, Any] | None) -> tuple[Any, ...]:
        if changed and data:
            desk.plans.forget(int(data.get("scenario") or 0))
        plan, chosen = desk.opened(data)
        if chosen.cell is None:
            return [], [], [], [], queries.territory_bounds(plan), [], [], [], None, True
        state = routes_work.state_of(desk, chosen)
        stops: list[Stop] = []
        walk: list[dict[str, object]] = []
        if chosen.week is not None and chosen.weekday is not None:
            stops = queries.day_stops(plan, chosen.cell, chosen.week, chosen.weekday)
            walk = cycle_queries.walks(plan, chosen.cell, (chosen.week, chosen.weekday))
        return (
            calendar_table(plan, chosen, state),
            day_summary(plan, chosen),
            timeline(stops, chosen),
            downloads(plan, chosen, may_ask=state.may_ask),
            queries.day_bounds(plan, chosen.cell, chosen.week, chosen.weekday),
            balance_of_days(plan, chosen),
            walk,
            routes_work.tools(plan, chosen, state),
            state.token,
            not state.may_read,
        )

    in_browser(
        app,
        "cellShown",
        Output(Routes.OF_CELL, "data"),
        Input(App.SELECTION, "data"),
        Input(Routes.CHANGED, "data"),
    )

    @app.callback(Output(Routes.LOAD, "children"), Input(Routes.OF_CELL, "data"))
    @secured(Permission.READ)
    def show_load(data: dict[str, Any] | None) -> Any:
        if not data:
            return no_update
        plan, chosen = desk.opened(data)
        if chosen.cell is None:
            return []
        # what a move needs is made now, so that the first one does not wait for it
        return load_panel(plan, chosen, routes_work.cycle_at_hand(desk, chosen))

    if desk.work is not None:
        in_browser(
            app,
            "watchRoutes",
            Input(Routes.SEEN, "data"),
            State(App.SELECTION, "data"),
            at_start=False,
        )
        add_cycle_watch(app.server, desk, desk.work)
        routes_work.register(app, desk, desk.work)
