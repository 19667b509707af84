"""What the reader must not overlook: broken balance, overloaded cells, invented data."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.words import words
from gridmap.catalogue import Language
from gridmap.export.cell_words import column_names

_SHOWN = 3


def notices(plan: Plan, language: Language) -> Any:
    """Return the notices of a plan, the weightiest first; the rest can be opened."""
    found = [*_balance(plan, language), *_overload(plan, language), *_invented(plan, language)]
    found += [one.text(language) for one in queries.notices(plan)]
    if not found:
        return html.Div(className="notices")
    say = words(language)
    items = [html.Li(one) for one in found]
    parts: list[Component] = [html.Ul(items[:_SHOWN])]
    if items[_SHOWN:]:
        more = say("notice.more", count=len(items) - _SHOWN)
        parts.append(html.Details([html.Summary(more), html.Ul(items[_SHOWN:])]))
    return dmc.Alert(
        parts, title=say("notice.title"), color="orange", variant="light", className="notices"
    )


def _balance(plan: Plan, language: Language) -> list[str]:
    say = words(language)
    found = []
    for one in queries.balances(plan):
        if not one.outside:
            continue
        found.append(
            say(
                "notice.balance",
                workload=say(f"workload.{one.workload}"),
                count=len(one.outside),
                cells=", ".join(one.outside[:8]),
                tolerance=_plain(one.tolerance),
            )
        )
        if one.tolerance is not None and one.attainable > one.tolerance:
            found.append(say("notice.unattainable", attainable=_plain(one.attainable)))
    return found


def _plain(value: float | None) -> str:
    return f"{100.0 * (value or 0.0):.3g}%"


def _overload(plan: Plan, language: Language) -> list[str]:
    codes = queries.overloaded(plan)
    if not codes:
        return []
    limit = plan.scenario.request.routing.day.max_minutes
    return [
        words(language)(
            "notice.overloaded", count=len(codes), cells=", ".join(codes[:8]), limit=f"{limit:g}"
        )
    ]


def _invented(plan: Plan, language: Language) -> list[str]:
    columns = column_names(plan.territory.invented, language)
    return [words(language)("notice.invented", columns=columns)] if columns else []
