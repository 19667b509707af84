"""The visit routes of a cell: the cycle as a calendar, and the route of one day."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.cell_select import cell_select
from dashboards.components.help import help_button
from dashboards.components.maps import plan_map
from dashboards.components.notices import notices
from dashboards.components.words import words
from dashboards.formats import MISSING, kilometres, minutes
from dashboards.ids import App, Routes
from dashboards.pages import Desk
from dashboards.queries import DayLoad, RouteLoad, Stop
from dashboards.secured import secured
from dashboards.state import Selection
from dashboards.wiring import in_browser
from gridmap.policies import clock_of
from gridmap.store.roles import Permission


def layout(plan: Plan, chosen: Selection, *, has_basemap: bool) -> Component:
    """Return the page of a plan."""
    language, say = chosen.language, words(chosen.language)
    return html.Div(
        [
            html.Section(
                [
                    cell_select(Routes.CELL, plan, chosen),
                    html.Div(id=Routes.DOWNLOADS, className="downloads"),
                    html.Div(
                        [
                            dmc.Title(say("routes.calendar"), order=3),
                            help_button(
                                say("routes.calendar"),
                                say("routes.meaning"),
                                "",
                                language=language,
                                term="call_cycle",
                            ),
                        ],
                        className="heading",
                    ),
                    html.P(say("routes.hint"), className="hint"),
                    html.Div(id=Routes.CALENDAR, className="calendar-frame"),
                    notices(plan, language),
                ],
                className="routes-calendar",
            ),
            html.Section(
                plan_map(Routes.MAP, plan, language=language, has_basemap=has_basemap),
                className="page-map",
                **aria(label=say("map.title")),
            ),
            html.Section(
                [
                    html.Div(id=Routes.SUMMARY, **aria(live="polite")),
                    html.Div(id=Routes.TIMELINE),
                ],
                className="routes-day",
            ),
        ],
        className="page page-routes",
    )


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

    @app.callback(
        Output(Routes.CALENDAR, "children"),
        Output(Routes.SUMMARY, "children"),
        Output(Routes.TIMELINE, "children"),
        Output(Routes.DOWNLOADS, "children"),
        Output(Routes.MAP, "view"),
        Input(App.SELECTION, "data"),
    )
    @secured(Permission.READ)
    def show_day(data: dict[str, Any]) -> tuple[Any, ...]:
        plan, chosen = desk.opened(data)
        if chosen.cell is None:
            return [], [], [], [], queries.territory_bounds(plan)
        stops: list[Stop] = []
        if chosen.week is not None and chosen.weekday is not None:
            stops = queries.day_stops(plan, chosen.cell, chosen.week, chosen.weekday)
        return (
            calendar_table(plan, chosen),
            day_summary(plan, chosen),
            timeline(stops, chosen),
            downloads(plan, chosen),
            queries.day_bounds(plan, chosen.cell, chosen.week, chosen.weekday),
        )


def calendar_table(plan: Plan, chosen: Selection) -> Component:
    """Return weeks × weekdays; each day with stops leads to its route."""
    say = words(chosen.language)
    weeks = queries.calendar(plan, chosen.cell or 0)
    limit_s = plan.scenario.request.routing.day.max_minutes * 60.0
    head = [html.Th(""), *[html.Th(say(f"weekday.{day.weekday}")) for day in weeks[0]]]
    return html.Table(
        [
            html.Thead(html.Tr(head)),
            html.Tbody(
                [
                    html.Tr(
                        [
                            html.Th(say("routes.week", week=week[0].week), scope="row"),
                            *[html.Td(_day(day, chosen, limit_s)) for day in week],
                        ]
                    )
                    for week in weeks
                ]
            ),
        ],
        className="calendar",
    )


def day_summary(plan: Plan, chosen: Selection) -> Component:
    """Return number, stops, minutes and kilometres of the selected day."""
    say = words(chosen.language)
    days = [day for week in queries.calendar(plan, chosen.cell or 0) for day in week]
    wanted = (chosen.week, chosen.weekday)
    day = next((one for one in days if (one.week, one.weekday) == wanted), None)
    if day is None:
        return html.P(say("routes.choose_day"), className="hint")
    title = say("routes.day", week=day.week, weekday=say(f"weekday_long.{day.weekday}"))
    if not day.stops:
        return html.Div([dmc.Title(title, order=3), html.P(say("routes.free_day"))])
    return html.Div([_route_summary(plan, route, title, chosen) for route in day.routes])


def _route_summary(plan: Plan, route: RouteLoad, title: str, chosen: Selection) -> Component:
    """Return who goes a route, its load, and how much of the allowed day that is."""
    say, language = words(chosen.language), chosen.language
    limit_s = plan.scenario.request.routing.day.max_minutes * 60.0
    over = route.busy_s > limit_s + 1.0
    used = say(
        "routes.over" if over else "routes.used",
        busy=minutes(route.busy_s, language),
        limit=minutes(limit_s, language),
    )
    manager = [html.P(say("routes.manager", name=route.manager))] if route.manager else []
    return html.Div(
        [
            dmc.Title(f"{route.number} · {title}", order=3),
            *manager,
            html.P(
                say(
                    "routes.totals",
                    stops=route.stops,
                    travel=minutes(route.travel_s, language),
                    service=minutes(route.service_s, language),
                    distance=kilometres(route.distance_m, language),
                    mode=say(f"mode.{plan.scenario.request.routing.mode}"),
                )
            ),
            dmc.Progress(
                value=min(100.0, 100.0 * route.busy_s / limit_s),
                color="red" if over else "indigo",
                **aria(label=used),
            ),
            html.P(used, className="hint"),
        ]
    )


def timeline(stops: list[Stop], chosen: Selection) -> Component:
    """Return the stops of a day in their order, with arrival and way between them.

    Where several managers go on the day, the number of the route stands before its stops.
    """
    say, language = words(chosen.language), chosen.language
    items: list[Component] = []
    several = len({stop.route for stop in stops}) > 1
    for position, stop in enumerate(stops):
        before = stops[position - 1]
        if position == 0 or before.route != stop.route:
            if several:
                items.append(html.Li(html.Strong(stop.route), className="way"))
        else:
            gap_s = stop.arrival_s - before.arrival_s - before.service_s
            if gap_s >= 0.0:
                items.append(
                    html.Li(say("routes.way", way=minutes(gap_s, language)), className="way")
                )
        facts = [say(f"ownership.{stop.ownership}"), stop.operator, stop.kind]
        grade = say("outlets.assumed", grade=stop.grade) if stop.invented else stop.grade
        facts.append(say("routes.grade", grade=grade or MISSING))
        items.append(
            html.Li(
                [
                    html.Span(str(stop.seq), className="stop-number", **aria(hidden="true")),
                    html.Span(clock_of(stop.arrival_s), className="stop-time"),
                    html.Div(
                        [
                            html.Strong(stop.name or stop.outlet_id),
                            html.Div(" · ".join(one for one in facts if one), className="hint"),
                        ],
                        className="stop-text",
                    ),
                    html.Span(minutes(stop.service_s, language), className="stop-service"),
                ],
                className="stop",
            )
        )
    return html.Ol(items, className="timeline")


def downloads(plan: Plan, chosen: Selection) -> list[Component]:
    """Return the links to the route sheets of the selected cell."""
    say = words(chosen.language)
    where = f"/download/{plan.scenario_id}/route_sheets/{chosen.cell}"
    return [
        html.A(
            say(f"download.{kind}"),
            href=f"{where}.{kind}?lang={chosen.language}",
            className="button",
        )
        for kind in ("pdf", "xlsx")
    ]


def _day(day: DayLoad, chosen: Selection, limit_s: float) -> Component:
    say, language = words(chosen.language), chosen.language
    if not day.stops:
        return html.Span(MISSING, className="day day-free", title=say("routes.free_day"))
    here = (day.week, day.weekday) == (chosen.week, chosen.weekday)
    over = day.longest_s > limit_s + 1.0
    classes = ["day", "day-here" if here else "", "day-over" if over else ""]
    return dcc.Link(
        [
            html.Strong(str(day.stops)),
            html.Span(minutes(day.longest_s, language)),
        ],
        href=chosen.address(week=day.week, weekday=day.weekday),
        className=" ".join(one for one in classes if one),
        title=say("routes.day_title", number=day.number, stops=day.stops),
    )
