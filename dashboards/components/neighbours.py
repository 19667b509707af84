"""The cells next door on the card of a cell: sums for those who may not see the cells."""

from __future__ import annotations

import math

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.access import Plan
from dashboards.components.plan_compare import plain_table
from dashboards.components.words import words
from dashboards.formats import number, share
from dashboards.state import Selection
from gridmap.store.neighbours import Neighbour

_COLUMNS = ("cell", "shared", "outlets", "visited", "load", "day_min", "position", "coverage")


def neighbour_table(plan: Plan, chosen: Selection) -> list[Component]:
    """Return the neighbours of the chosen cell with what they may be compared by."""
    say = words(chosen.language, "neighbours")
    found = plan.neighbours.get(chosen.cell or 0, ())
    if not found:
        return [html.P(say("none"), className="hint")]
    hint = "hint_whole" if all(one.cell_id is not None for one in found) else "hint"
    rows = [
        [
            _name(one, plan, chosen),
            number(one.shared_m / 1000.0, 2),
            number(one.outlets),
            number(one.visited),
            share(one.deviation, sign=True),
            number(_known(one.day_min)),
            number(_known(one.position)),
            number(_known(one.coverage)),
        ]
        for one in found
    ]
    return [
        html.P(say(hint), className="hint"),
        plain_table([say(f"column.{name}") for name in _COLUMNS], rows, say("title")),
    ]


def _name(one: Neighbour, plan: Plan, chosen: Selection) -> Component | str:
    """Return where a neighbour lies, and its code with the way to its card if it may be seen."""
    say = words(chosen.language, "neighbours")
    where = say(f"direction.{one.direction}")
    if one.cell_id is None:
        return where
    table = plan.scenario.cells
    code = str(table.loc[table["cell_id"] == one.cell_id, "code"].iloc[0])
    return html.Span([dcc.Link(code, href=chosen.address(cell=one.cell_id)), f" · {where}"])


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
