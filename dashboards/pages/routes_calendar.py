"""The cycle of a cell as a calendar: weeks × weekdays, each day with its stops."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import cycle_queries, queries
from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.words import outlet_name, words
from dashboards.formats import MISSING, minutes
from dashboards.pages.routes_work import READ_ONLY, CycleState
from dashboards.queries import DayLoad, Stop
from dashboards.state import Selection


def calendar_table(plan: Plan, chosen: Selection, state: CycleState = READ_ONLY) -> Component:
    """Return weeks × weekdays; each day leads to its route, and has its stops as chips.

    Where the routes may be changed, a chip can be dragged to another day, or opened to be moved.
    """
    say = words(chosen.language)
    cell = chosen.cell or 0
    weeks = queries.calendar(plan, cell)
    stops = cycle_queries.cycle_stops(plan, cell)
    head = [html.Th(""), *[html.Th(say(f"weekday.{day.weekday}")) for day in weeks[0]]]
    rows = [
        html.Tr(
            [
                html.Th(say("routes.week", week=week[0].week), scope="row"),
                *[_day(plan, day, stops.get((day.week, day.weekday), []), chosen, state)
                  for day in week],
            ]
        )
        for week in weeks
    ]  # fmt: skip
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="calendar")


def _day(
    plan: Plan, day: DayLoad, stops: list[Stop], chosen: Selection, state: CycleState
) -> Component:
    number = cycle_queries.cycle_day(plan, (day.week, day.weekday))
    here = (day.week, day.weekday) == (chosen.week, chosen.weekday)
    fixed = number in state.pins.days
    classes = ["day-cell", "day-cell-here" if here else "", "day-fixed" if fixed else ""]
    chips = [_chip(one, number, chosen, state, fixed=fixed) for one in stops]
    return html.Td(
        [
            _head(plan, day, chosen, here=here, fixed=fixed),
            html.Ul(chips, className="chips") if chips else None,
            html.Span(className="day-cost", **aria(hidden="true")),
        ],
        className=" ".join(one for one in classes if one),
        **{"data-day": str(number)},
    )


def _head(plan: Plan, day: DayLoad, chosen: Selection, *, here: bool, fixed: bool) -> Component:
    say, language = words(chosen.language), chosen.language
    limit_s = plan.scenario.request.routing.day.max_minutes * 60.0
    over = bool(day.stops) and day.longest_s > limit_s + 1.0
    kinds = {"day-here": here, "day-over": over, "day-free": not day.stops}
    title = say("routes.free_day")
    if day.stops:
        title = say("routes.day_title", number=day.number, stops=day.stops)
    if fixed:
        title = f"{title} · {words(language, 'cyclepage')('day_fixed')}"
    classes = " ".join(["day", *(name for name, on in kinds.items() if on)])
    if not day.stops:
        return html.Span(MISSING, className=classes, title=title)
    return dcc.Link(
        [html.Strong(str(day.stops)), html.Span(minutes(day.longest_s, language))],
        href=chosen.address(week=day.week, weekday=day.weekday),
        className=classes,
        title=title,
    )


def _chip(stop: Stop, day: int, chosen: Selection, state: CycleState, *, fixed: bool) -> Component:
    say = words(chosen.language, "cyclepage")
    name = outlet_name(stop.name, stop.outlet_id, stop.kind, chosen.language)
    pinned = fixed or (stop.outlet_id, day) in state.pins.visits
    label = f"{stop.seq}. {name}, {words(chosen.language)('routes.grade', grade=stop.grade)}"
    if pinned:
        label = f"{label}, {say('visit_fixed')}"
    inner = [
        html.Span(stop.grade or MISSING, className="chip-grade", **aria(hidden="true")),
        html.Span(name, className="chip-name"),
    ]
    classes = "chip chip-fixed" if pinned else "chip"
    if not state.editable:
        return html.Li(html.Span(inner, className=classes, title=label))
    return html.Li(
        html.Button(
            inner,
            type="button",
            className=f"{classes} chip-move",
            title=label,
            **aria(label=f"{label}. {say('chip_hint')}", haspopup="dialog"),
            **{"data-outlet": stop.outlet_id, "data-day": str(day), "data-name": name},
        )
    )
