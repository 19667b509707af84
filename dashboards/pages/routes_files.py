"""Files of the routes: for one cell at once, for all cells as a job, and filled ones read back."""

from __future__ import annotations

from typing import get_args

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.access import Plan
from dashboards.components.words import words
from dashboards.downloads import SheetKind
from dashboards.ids import Routes
from dashboards.state import Selection
from gridmap.catalogue import Language

#: Largest filled workbook that is taken, in bytes.
MOST_BYTES = 8_000_000


def downloads(plan: Plan, chosen: Selection, *, may_ask: bool) -> list[Component]:
    """Return the links to the files of the selected cell, and the wish for those of all."""
    say = words(chosen.language, "cyclepage")
    where = f"/download/{plan.scenario_id}/route_sheets/{chosen.cell}"
    links = [
        html.A(
            say(f"file.{kind}"),
            href=f"{where}.{kind}?lang={chosen.language}",
            className="button",
        )
        for kind in get_args(SheetKind)
    ]
    every = [
        html.Button(say("file.all"), type="button", className="button", **{"data-wish": "export"})
    ]
    return [
        html.H3(say("file.title")),
        html.Div(links, className="downloads"),
        html.Div(
            [
                *(every if may_ask else []),
                html.A(
                    words(chosen.language)("download.plan"),
                    href=f"/download/{plan.scenario_id}/plan.gpkg",
                    className="button",
                ),
            ],
            className="downloads",
        ),
    ]


def reading_form(plan: Plan, language: Language) -> list[Component]:
    """Return where a filled workbook of route sheets is handed in to be read."""
    say, start = words(language, "cyclepage"), plan.scenario.request.routing.cycle_start
    return [
        html.H3(say("read.title")),
        html.P(say("read.meaning"), className="hint"),
        dmc.TextInput(
            id=Routes.START,
            label=say("read.start"),
            description=say("read.start_hint"),
            value="" if start is None else start.isoformat(),
            inputProps={"type": "date"},
            className="read-start",
        ),
        dcc.Upload(
            html.Button(say("read.choose"), type="button", className="button"),
            id=Routes.UPLOAD,
            accept=".xlsx",
            max_size=MOST_BYTES,
            multiple=False,
        ),
    ]
