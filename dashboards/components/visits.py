"""On the card of a cell: the visits that were read back from its route sheets."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.components.help import metric_help
from dashboards.components.words import words
from dashboards.formats import MISSING, share
from dashboards.queries_visits import CellVisits
from dashboards.state import Selection
from gridmap.scoring.metrics import named, note_text


def visits_panel(found: CellVisits | None, chosen: Selection, *, may_export: bool) -> Component:
    """Return how many of the planned visits were made; hidden as long as nothing was read back."""
    say = words(chosen.language, "visitsread")
    if found is None:
        return html.Section(hidden=True)
    rows = [
        html.Tr(
            [
                html.Th(
                    html.Div(
                        [named(name).label(chosen.language),
                         metric_help(name, language=chosen.language)],
                        className="with-help",
                    ),
                    scope="row",
                ),
                html.Td(MISSING if value is None else share(value)),
                html.Td(note_text(note, chosen.language) if note else ""),
            ]
        )
        for name, value, note in found.values
    ]  # fmt: skip
    href = f"/download/{chosen.scenario}/visits.csv"
    link = [html.Div(html.A(say("csv"), href=href, className="button"), className="downloads")]
    return html.Section(
        [
            dmc.Title(say("title"), order=3),
            html.P(
                say("told", planned=found.planned, made=found.made, first=found.first,
                    last=found.last)
            ),
            html.Div(
                html.Table(html.Tbody(rows), className="plain-table"), className="table-scroll"
            ),
            html.P(say("hint"), className="hint"),
            *(link if may_export else []),
        ],
        className="panel",
    )  # fmt: skip
