"""The long lists of a card: neighbours, outlets and all figures of a cell."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.grids import grid
from dashboards.components.neighbours import neighbour_table
from dashboards.components.panel import panel
from dashboards.components.words import (
    kind_name,
    outlet_name,
    words,
)
from dashboards.formats import MISSING, rank_band, share, significant
from dashboards.ids import Card
from dashboards.queries import Measure
from dashboards.state import Selection
from gridmap.catalogue import Language, text
from gridmap.scoring.metrics import note_text


def card_lists(plan: Plan, chosen: Selection) -> list[Component]:
    """Return the neighbours, the outlets and all figures of the selected cell."""
    if chosen.cell is None:
        return []
    say = words(chosen.language)
    found = queries.measures(plan, chosen.cell)
    return [
        panel(text("neighbours.title", chosen.language), None, *neighbour_table(plan, chosen)),
        panel(say("outlets.title"), None, *_outlets(plan, chosen)),
        panel(say("metrics.title"), None, _metrics(plan, found, chosen.language)),
    ]


def _outlets(plan: Plan, chosen: Selection) -> list[Component]:
    say = words(chosen.language)
    rows = queries.cell_outlets(plan, chosen.cell or 0)
    shown = [
        {
            **row,
            "name": outlet_name(
                str(row["name"]), str(row["id"]), str(row["kind"]), chosen.language
            ),
            "kind": kind_name(str(row["kind"]), chosen.language) or MISSING,
            "ownership": say(f"ownership.{row['ownership']}"),
            "grade": say("outlets.assumed", grade=row["grade"])
            if row["invented"] and row["grade"]
            else row["grade"] or MISSING,
            "visits": row["visits"] or MISSING,
        }
        for row in rows
    ]
    columns = [
        {"field": name, "headerName": say(f"outlets.{name}"), "minWidth": least, "flex": least}
        for name, least in (
            ("name", 150),
            ("ownership", 100),
            ("operator", 110),
            ("kind", 100),
            ("grade", 120),
            ("visits", 100),
        )
    ]
    remark = [html.P(say("outlets.assumed_note"), className="hint")]
    height = f"{min(max(len(shown), 1), 12) * 32 + 52}px"
    return [
        *(remark if any(row["invented"] for row in rows) else []),
        grid(
            Card.OUTLETS,
            columns,
            shown,
            language=chosen.language,
            height=height,
        ),
    ]


def _metrics(plan: Plan, found: dict[str, Measure], language: Language) -> Component:
    say = words(language)
    n_cells = plan.scenario.partition.n_cells
    rows = []
    for one in found.values():
        known = one.named
        if known is None or known.metric.key == "quadrant":
            continue
        value = share(one.value) if known.metric.unit == "share" else significant(one.value)
        rows.append(
            html.Tr(
                [
                    html.Th(known.label(language), title=known.metric.meaning(language)),
                    html.Td(value),
                    html.Td(rank_band(one.rank_low, one.rank_high, n_cells, language) or ""),
                    html.Td(html.Code(known.metric.formula)),
                    html.Td(note_text(one.note, language)),
                ]
            )
        )
    head = [say(f"metrics.{name}") for name in ("name", "value", "rank", "formula", "note")]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in head])), html.Tbody(rows)],
        className="plain-table",
    )
    return html.Details(
        [
            html.Summary(say("metrics.open", count=len(rows))),
            html.Div(table, className="table-scroll"),
        ]
    )
