"""One day of a cell: who goes, how long, and stop by stop."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.words import kind_name, outlet_name, words
from dashboards.formats import MISSING, kilometres, minutes
from dashboards.queries import RouteLoad, Stop
from dashboards.state import Selection
from gridmap.policies import clock_of


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
        facts = [say(f"ownership.{stop.ownership}"), stop.operator, kind_name(stop.kind, language)]
        grade = say("outlets.assumed", grade=stop.grade) if stop.invented else stop.grade
        facts.append(say("routes.grade", grade=grade or MISSING))
        items.append(
            html.Li(
                [
                    html.Span(str(stop.seq), className="stop-number", **aria(hidden="true")),
                    html.Span(clock_of(stop.arrival_s), className="stop-time"),
                    html.Div(
                        [
                            html.Strong(
                                outlet_name(stop.name, stop.outlet_id, stop.kind, language)
                            ),
                            html.Div(" · ".join(one for one in facts if one), className="hint"),
                        ],
                        className="stop-text",
                    ),
                    html.Span(minutes(stop.service_s, language), className="stop-service"),
                ],
                className="stop",
                **{
                    "data-arrival": str(round(stop.arrival_s)),
                    "data-service": str(round(stop.service_s)),
                },
            )
        )
    return html.Ol(items, className="timeline")
