"""What is to be looked after, each with the cells and the way there."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.help import help_link
from dashboards.components.words import words
from dashboards.queries_alerts import NAMED, Alert
from dashboards.state import Page, Selection


def alert_panel(found: Sequence[Alert], chosen: Selection) -> Component:
    """Return the panel; with nothing to look after it says so."""
    say = words(chosen.language, "overview.alert")
    items = [_item(one, chosen) for one in found]
    body = html.Ul(items, className="alerts") if items else html.P(say("none"), className="hint")
    return html.Section([dmc.Title(say("title"), order=3), body], className="panel")


def _item(one: Alert, chosen: Selection) -> Component:
    say = words(chosen.language, "overview.alert")
    links: list[Component | str] = []
    for number, code in one.cells[:NAMED]:
        href = chosen.address(page=one.page, cell=number, week=None, weekday=None)
        links += [dcc.Link(code, href=href, className="alert-cell"), " "]
    if len(one.cells) > NAMED:
        links.append(html.Span(say("others", count=len(one.cells) - NAMED), className="hint"))
    if one.page is Page.SCENARIOS:
        way = say("hand_over" if one.key == "vacancy" else "answer")
        cell = one.cells[0][0] if one.key == "vacancy" else chosen.cell
        links.append(dcc.Link(way, href=chosen.address(page=one.page, cell=cell)))
    told = say(one.key, count=one.count)
    head = help_link(one.term, told, language=chosen.language) if one.term else html.Span(told)
    return html.Li([html.Strong(head), html.Div(links)])
