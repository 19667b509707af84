"""Who has which cell, the log of hand-overs, and the form that hands a cell over."""

from __future__ import annotations

import datetime as dt

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.plan_compare import plain_table
from dashboards.components.words import words
from dashboards.formats import MISSING
from dashboards.ids import PlanIds
from dashboards.queries_hands import Hands
from dashboards.state import Selection
from gridmap.catalogue import Language
from gridmap.store.assignments import HandOver


def hands_panel(found: Hands | None, chosen: Selection, day: dt.date) -> Component:
    """Return the panel; hidden where there is nothing for the caller to see."""
    say = words(chosen.language, "plans.hands")
    parts: list[Component] = []
    if found is not None:
        heads = [say(one) for one in ("cell", "person", "since", "until")]
        rows = [
            [one.name, one.person or say("vacant"), str(one.since or MISSING),
             str(one.until or MISSING)]
            for one in found.cells
        ]  # fmt: skip
        names = {one.centre_outlet_id: one.name for one in found.cells}
        log = [html.Li(_line(one, names, chosen.language)) for one in found.log]
        told = say("vacancies", count=len(found.vacant), cells=len(found.cells))
        parts = [
            html.P(say("hint"), className="hint"),
            html.P(told),
            html.Details([html.Summary(say("title")), plain_table(heads, rows, say("title"))]),
            html.Details([html.Summary(say("log")), html.Ul(log) if log else html.P(say("none"))]),
        ]
    return html.Section(
        [dmc.Title(say("title"), order=3), *parts, _form(found, chosen, day)],
        className="panel panel-hands",
        hidden=found is None,
    )


def _form(found: Hands | None, chosen: Selection, day: dt.date) -> Component:
    """Return the form; the cell of the address is chosen, else the first that is vacant."""
    say = words(chosen.language, "plans.hands")
    cells = () if found is None else found.cells
    numbers = [one.cell_id for one in cells]
    vacant = [one.cell_id for one in cells if not one.person]
    cell = chosen.cell if chosen.cell in numbers else next(iter(vacant or numbers), None)
    return html.Div(
        [
            dmc.Title(say("form"), order=4),
            dmc.Select(
                id=PlanIds.HAND_CELL,
                label=say("cell"),
                data=[
                    {
                        "value": str(one.cell_id),
                        "label": f"{one.name} · {one.person or say('vacant')}",
                    }
                    for one in cells
                ],
                value=None if cell is None else str(cell),
                searchable=True,
                allowDeselect=False,
            ),
            dmc.Autocomplete(
                id=PlanIds.HAND_PERSON,
                label=say("taker"),
                description=say("taker_hint"),
                data=[] if found is None else list(found.people),
                value="",
            ),
            dmc.TextInput(
                id=PlanIds.HAND_DAY,
                label=say("day"),
                description=say("day_hint"),
                value=day.isoformat(),
                inputProps={"type": "date"},
            ),
            dmc.Textarea(
                id=PlanIds.HAND_NOTE,
                label=say("note"),
                placeholder=say("note_hint"),
                value="",
                autosize=True,
                minRows=2,
            ),
            html.Div(
                [
                    html.Button(
                        say("hand_over"), id=PlanIds.HAND_OVER, className="button button-main"
                    ),
                    html.Button(say("vacate"), id=PlanIds.VACATE, className="button"),
                ],
                className="plan-acts",
                role="group",
                **aria(label=say("form")),
            ),
            html.Div(id=PlanIds.HAND_SAID, role="alert", className="plan-fault"),
        ],
        className="plan-form",
        hidden=found is None or not found.may_write or not cells,
    )


def _line(one: HandOver, names: dict[str, str], language: Language) -> str:
    say = words(language, "plans.hands")
    told = say(
        "line",
        day=one.day,
        cell=names.get(one.centre_outlet_id, one.centre_outlet_id),
        giver=one.giver or say("nobody"),
        taker=one.taker or say("nobody"),
    )
    return f"{told} · {one.note}" if one.note else told
