"""What a territory has: its newest data, and the states before."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.words import words
from dashboards.formats import number
from dashboards.state import Page, Selection
from gridmap.catalogue import Language
from gridmap.export.cell_words import column_names
from gridmap.store.repository import ScenarioSummary
from gridmap.store.states import TerritoryState


def territory_data(
    states: Sequence[TerritoryState], plans: Sequence[ScenarioSummary], language: Language
) -> list[Component]:
    """Return the newest state of a territory's data, the ones before, and what to do next."""
    say = words(language, "datapage")
    if not states:
        return [html.P(say("now.none"))]
    newest = states[0]
    return [
        dmc.Title(say("now.title", day=f"{newest.created:%Y-%m-%d %H:%M}"), order=3),
        html.Dl(
            [
                html.Div([html.Dt(say(f"now.{name}")), html.Dd(value)])
                for name, value in _counts(newest, language)
            ],
            className="data-now",
        ),
        *_invented(newest, language),
        *_unplanned(newest, plans, language),
        html.Details(
            [
                html.Summary(say("now.sources", count=len(newest.sources))),
                html.Ul(
                    [
                        html.Li([name, " ", html.Code(told[:10])])
                        for name, told in sorted(newest.sources.items())
                    ]
                ),
            ]
        ),
        *([] if len(states) < 2 else [_earlier(states[1:], language)]),
    ]


def _counts(state: TerritoryState, language: Language) -> list[tuple[str, str]]:
    say = words(language, "datapage")
    owners = ", ".join(
        f"{words(language)(f'ownership.{owner}')} {number(count)}"
        for owner, count in sorted(state.ownership.items(), key=lambda one: -one[1])
    )
    none = say("now.nothing")
    return [
        ("outlets", f"{number(state.outlets)} ({owners})"),
        ("demand", number(state.demand) if state.demand else none),
        ("visits", number(state.visits) if state.visits else none),
        ("market", number(state.market) if state.market else none),
        ("units", number(state.units)),
        ("excluded", number(state.excluded)),
    ]


def _invented(state: TerritoryState, language: Language) -> list[Component]:
    if not state.invented:
        return []
    columns = column_names(state.invented, language)
    said = words(language)("notice.invented", columns=columns)
    return [html.P(said, className="data-invented")]


def _unplanned(
    state: TerritoryState, plans: Sequence[ScenarioSummary], language: Language
) -> list[Component]:
    """Return the way to a plan of data that has none yet."""
    if state.plans or not plans:
        return []
    say = words(language, "datapage")
    to = Selection(Page.JOBS, language, plans[0].scenario_id).address()
    return [
        dmc.Alert(
            [
                html.P(say("now.unplanned")),
                dcc.Link(say("now.plan_it"), href=to, className="button button-main"),
            ],
            color="blue",
            variant="light",
        )
    ]


def _earlier(states: Sequence[TerritoryState], language: Language) -> Component:
    say = words(language, "datapage")
    return html.Details(
        [
            html.Summary(say("now.earlier", count=len(states))),
            html.Ul(
                [
                    html.Li(
                        say(
                            "now.state",
                            day=f"{one.created:%Y-%m-%d %H:%M}",
                            outlets=number(one.outlets),
                            demand=number(one.demand),
                            visits=number(one.visits),
                            plans=one.plans,
                        )
                    )
                    for one in states
                ]
            ),
        ]
    )
