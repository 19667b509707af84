"""Two plans beside each other: tables, the map with its slider, balance, cost, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboards.comparing import Comparison
from dashboards.components.aria import aria
from dashboards.components.help import help_button
from dashboards.components.plan_list import plan_name, status_name
from dashboards.components.words import words
from dashboards.formats import MISSING, number, share
from dashboards.ids import PlanIds
from dashboards.state import Selection
from gridmap.catalogue import Language, text
from gridmap.export.border_changes import FLOWS
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.versions import Version

#: Rows of a table on the page; the files hold all.
_SHOWN = 100
_ZOOMS = ("1", "2", "4")
_WHOLE = ("units", "customers", "outlets", "visited", "lost")


def other_select(others: Sequence[Version], chosen: Selection) -> Component:
    """Return the field in which the plan of before is chosen."""
    say = words(chosen.language, "plans")
    data = [
        {
            "value": str(each.scenario_id),
            "label": f"{plan_name(each, chosen.language)} · {status_name(each, chosen.language)}",
        }
        for each in others
    ]
    return dmc.Select(
        id=PlanIds.OTHER,
        label=say("compare.with"),
        data=data,
        value=None if chosen.other is None else str(chosen.other),
        placeholder=say("compare.choose"),
        clearable=True,
        searchable=True,
        className="plan-other",
    )


def slide(
    chosen: Selection, pair: tuple[int, int] | None, tag: str, *, credit: str | None = None
) -> Component:
    """Return both maps, one over the other, and the slider that divides them.

    `credit` names whose streets lie under them; None = there is no basemap.
    """
    say = words(chosen.language, "plans")
    old, new = pair or (0, 0)
    address = f"/picture/{old}/with/{new}"

    def layer(which: str, alt: str) -> Component:
        if pair is None:
            return html.Span()
        return html.Img(src=f"{address}/{which}.svg?v={tag}", alt=alt)

    return html.Div(
        [
            html.Div(
                [
                    html.Strong(say("compare.before", number=old)),
                    html.Strong(say("compare.after", number=new)),
                ],
                className="slide-names",
            ),
            dmc.Slider(
                id=PlanIds.SLIDER,
                min=0,
                max=100,
                step=1,
                value=50,
                label=None,
                updatemode="drag",
                thumbLabel=say("compare.slider", old=old),
                className="slide-range",
            ),
            html.Div(
                html.Div(
                    [
                        *(
                            []
                            if pair is None or credit is None
                            else [
                                html.Img(
                                    src=f"/picture/{new}/ground.svg",
                                    alt="",
                                    className="slide-ground",
                                )
                            ]
                        ),
                        html.Div(layer("before", say("compare.before", number=old)),
                                 className="slide-before"),
                        html.Div(layer("after", say("compare.after", number=new)),
                                 className="slide-after"),
                        html.Div(layer("moved", say("compare.moves")), className="slide-moved"),
                        html.Div(className="slide-line"),
                    ],
                    id=PlanIds.SLIDE,
                    className="slide",
                    style={"--at": "50%", "--zoom": "1"},
                ),
                className="slide-frame",
                tabIndex=0,
                role="group",
                **aria(label=say("compare.map")),
            ),
            html.Div(
                [
                    html.Label(say("compare.zoom"), htmlFor=PlanIds.ZOOM, className="hint"),
                    dmc.SegmentedControl(
                        id=PlanIds.ZOOM,
                        value="1",
                        data=[{"value": one, "label": f"{one}×"} for one in _ZOOMS],
                        size="xs",
                    ),
                    dmc.Switch(
                        id=PlanIds.MOVED, checked=True, label=say("compare.moved_shown"), size="sm"
                    ),
                ],
                className="slide-tools",
            ),
            html.P(say("compare.slider_hint", old=old, new=new), className="hint"),
            *([html.P(credit, className="hint slide-credit")] if credit else []),
        ],
        className="slide-box",
        hidden=pair is None,
    )  # fmt: skip


def comparison(found: Comparison, scope: Scope, language: Language) -> list[Component]:
    """Return what moves, what it costs and what it does, as tables."""
    say = words(language, "plans.compare")
    old, new = found.old.scenario_id, found.new.scenario_id
    parts: list[Component] = []
    if scope.may(Permission.EXPORT):
        base = f"/download/{old}/with/{new}/changes"
        parts.append(
            html.Div(
                [
                    html.A(say(kind), href=f"{base}.{kind}?lang={language}", className="button")
                    for kind in ("xlsx", "gpkg")
                ],
                className="downloads",
            )
        )
    if found.changes.flows.empty:
        parts.append(html.P(say("nothing")))
    else:
        parts += [_cost(found, language), dmc.Title(say("moves"), order=4), _flows(found, language)]
    parts += [dmc.Title(say("balance"), order=4), _balance(found, language)]
    if len(found.changes.outlets):
        contacts = scope.may(Permission.READ_CONTACTS)
        parts += _outlets(found.changes.outlets, language, contacts=contacts)
    return parts


def _cost(found: Comparison, language: Language) -> Component:
    say, cost = words(language, "plans.compare"), found.cost
    figures = [
        ("lost", number(cost.lost)),
        ("visited", number(cost.visited)),
        ("visits", number(cost.visits)),
        ("visit_hours", number(cost.visit_min / 60.0, 1)),
        ("sales", number(cost.sales)),
        ("demand", share(cost.demand_share)),
    ]
    return html.Div(
        [
            html.Div(
                [
                    dmc.Title(say("cost"), order=4),
                    help_button(say("cost"), say("cost_meaning"), "", language=language),
                ],
                className="heading",
            ),
            html.Dl(
                [html.Div([html.Dt(say(name)), html.Dd(value)]) for name, value in figures],
                className="plan-facts plan-cost",
            ),
        ]
    )


def _balance(found: Comparison, language: Language) -> Component:
    say = words(language, "plans.compare")
    rows = []
    for workload, (before, after) in found.loads.items():
        limit = before.tolerance
        rows.append(
            [
                words(language)(f"workload.{workload}"),
                say("numbers", old=share(before.worst), new=share(after.worst)),
                MISSING if limit is None else say("numbers", old=before.outside, new=after.outside),
                MISSING if limit is None else f"±{share(limit)}",
            ]
        )
    heads = [say(name) for name in ("workload", "worst", "outside", "tolerance")]
    return plain_table(heads, rows, say("balance"))


def _flows(found: Comparison, language: Language) -> Component:
    def cell(name: str, value: Any) -> str:
        if isinstance(value, str):
            return value
        if name == "area_m2":
            return number(float(value) / 1e6, 3)
        return number(float(value), 0 if name in _WHOLE else 1)

    table, total = found.changes.flows, found.changes.total
    rows = [
        [cell(name, value) for name, value in zip(FLOWS, row, strict=True)]
        for row in table[list(FLOWS)].head(_SHOWN).itertuples(index=False)
    ]
    last = [text("drafts.diff.total", language), "", *(cell(one, total[one]) for one in FLOWS[2:])]
    heads = [text(f"drafts.diff.column.{name}", language) for name in FLOWS]
    return plain_table(heads, [*rows, last], words(language, "plans.compare")("moves"))


def _outlets(table: pd.DataFrame, language: Language, *, contacts: bool) -> list[Component]:
    say = words(language, "plans.compare")
    names = ["outlet_id", "name", "grade", "old_cell", "new_cell"]
    names += ["old_manager", "new_manager"] if contacts else []
    rows = [
        [str(value) or MISSING for value in row]
        for row in table[names].head(_SHOWN).itertuples(index=False)
    ]
    heads = [text(f"drafts.diff.column.{name}", language) for name in names]
    more = say("more_outlets", shown=_SHOWN, count=len(table))
    return [
        html.Details(
            [
                html.Summary(f"{say('outlets')} ({len(table)})"),
                *([html.P(more, className="hint")] if len(table) > _SHOWN else []),
                plain_table(heads, rows, say("outlets")),
            ]
        )
    ]


def plain_table(heads: Sequence[str], rows: Sequence[Sequence[Any]], label: str) -> Component:
    """Return a table that scrolls sideways on a phone; its first column names the row."""
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(one, scope="col") for one in heads])),
                html.Tbody(
                    [
                        html.Tr([html.Th(row[0], scope="row"), *(html.Td(one) for one in row[1:])])
                        for row in rows
                    ]
                ),
            ],
            className="plain-table",
            **aria(label=label),
        ),
        className="table-scroll",
        tabIndex=0,
        role="region",
        **aria(label=label),
    )
