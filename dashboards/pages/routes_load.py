"""How even the days of a cell are, whether its visits fit, and what would help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import cycle_queries, queries
from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.words import outlet_name, words
from dashboards.cycle_queries import ManagerDays
from dashboards.state import Selection
from gridmap.cell_cycle import CellCycle
from gridmap.errors import Fault


def balance_of_days(plan: Plan, chosen: Selection) -> list[Component]:
    """Return the minutes of each day as bars, one row a manager."""
    found = cycle_queries.manager_days(plan, chosen.cell or 0)
    if not found:
        return []
    say = words(chosen.language, "cyclepage")
    return [
        dmc.Title(say("balance.title"), order=3),
        *[_bars(one, chosen) for one in found],
    ]


def _bars(one: ManagerDays, chosen: Selection) -> Component:
    say, of_pages = words(chosen.language, "cyclepage"), words(chosen.language)
    top = max(*one.minutes, one.limit_min) or 1.0
    busy = one.busy
    told = say(
        "balance.told",
        least=busy[0] if busy else 0.0,
        mean=sum(busy) / max(len(busy), 1),
        most=busy[-1] if busy else 0.0,
        limit=one.limit_min,
        idle=len(one.minutes) - len(busy),
    )
    bars = [
        html.Span(
            className="bar bar-over" if minutes > one.limit_min + 1.0 / 60.0 else "bar",
            style={"height": f"{100.0 * minutes / top:.1f}%"},
            title=say(
                "balance.day",
                day=of_pages("routes.day", week=week, weekday=of_pages(f"weekday_long.{weekday}")),
                minutes=minutes,
            ),
        )
        for (week, weekday), minutes in zip(one.days, one.minutes, strict=True)
    ]
    limit = html.Span(
        className="bar-limit", style={"bottom": f"{100.0 * one.limit_min / top:.1f}%"}
    )
    name = [html.Strong(one.name)] if one.name else []
    return html.Figure(
        [
            html.Figcaption([*name, html.Span(told, className="hint")]),
            html.Div([*bars, limit], className="bars", role="img", **aria(label=told)),
        ],
        className="day-balance",
    )


def load_panel(plan: Plan, chosen: Selection, cycle: CellCycle | None = None) -> list[Component]:
    """Return whether the visits of a cell fit: needed against available, reasons and cures."""
    found = cycle_queries.cell_load(plan, chosen.cell or 0, cycle)
    if found is None:
        return []
    say, one = words(chosen.language, "cyclepage"), found.diagnosis
    told = say(
        "load.told",
        calls=one.calls_needed,
        room=one.calls_available,
        minutes=one.minutes_needed,
        time=one.minutes_available,
    )
    if not (found.reasons or found.cures):
        return [html.P(told, className="hint")]

    # the page says already which cell it is
    reasons = [replace(one, where="").text(chosen.language) for one in found.reasons]
    parts: list[Component] = [html.P(told), html.Ul([html.Li(one) for one in reasons])]
    if found.cures:
        names = _names(plan, chosen)
        cures = [html.Li(_cure(one, names, chosen)) for one in found.cures]
        parts += [html.Strong(say("load.cures")), html.Ul(cures)]
    return [
        dmc.Alert(
            parts, title=say("load.title"), color="red", variant="light", className="cycle-over"
        )
    ]


def _cure(cure: Fault, names: Mapping[str, str], chosen: Selection) -> str:
    """Return what would help as a wish, with the names of outlets instead of their numbers."""
    values = dict(cure.values)
    if "ids" in values:
        values["ids"] = re.sub(
            r"[^\s,]+", lambda found: names.get(found[0], found[0]), str(values["ids"])
        )
    key = cure.key.removeprefix("routing.cure.")
    return words(chosen.language, "cyclepage.cure")(key, **values)


def _names(plan: Plan, chosen: Selection) -> dict[str, str]:
    """Return the names of the outlets of the cell by their numbers."""
    return {
        str(row["id"]): outlet_name(
            str(row["name"]), str(row["id"]), str(row["kind"]), chosen.language
        )
        for row in queries.cell_outlets(plan, chosen.cell or 0)
    }
