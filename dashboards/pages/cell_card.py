"""The card of one cell: how strong it is, how well covered, and why."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.card_lists import card_lists
from dashboards.components.cell_select import cell_select
from dashboards.components.findings import cell_findings
from dashboards.components.help import help_button, metric_help
from dashboards.components.maps import plan_map
from dashboards.components.notices import notices
from dashboards.components.panel import panel
from dashboards.components.visits import visits_panel
from dashboards.components.words import (
    quadrant_advice,
    quadrant_name,
    words,
)
from dashboards.figures import CONFIG
from dashboards.figures.coverage import coverage_figure
from dashboards.figures.quadrant import quadrant_figure
from dashboards.formats import MISSING, number, rank_band, share, square_kilometres
from dashboards.ids import App, Card
from dashboards.pages import Desk
from dashboards.queries import Measure
from dashboards.queries_visits import cell_visits
from dashboards.secured import secured
from dashboards.state import Page, Selection
from dashboards.wiring import in_browser
from gridmap.catalogue import Language, text
from gridmap.scoring.advice import cell_advice
from gridmap.scoring.metrics import note_text
from gridmap.store.roles import Permission

_SHARES = ("blind_share", "duplicate_share", "contested")


def layout(plan: Plan, chosen: Selection, *, has_basemap: bool) -> Component:
    """Return the page of a plan."""
    say = words(chosen.language)
    found = [layer for layer, one in (("blind", plan.zones), ("pairs", plan.pairs)) if one]
    return html.Div(
        [
            html.Div(
                [
                    cell_select(Card.CELL, plan, chosen),
                    html.Div(
                        [
                            html.A(
                                say("download.scorecards"),
                                href=f"/download/{plan.scenario_id}/scorecards.xlsx"
                                f"?lang={chosen.language}",
                                className="button",
                            ),
                            html.A(
                                say("download.plan"),
                                href=f"/download/{plan.scenario_id}/plan.gpkg",
                                className="button",
                            ),
                        ],
                        className="downloads",
                    ),
                ],
                className="toolbar",
            ),
            notices(plan, chosen.language),
            html.Div(id=Card.BODY),
            charts(plan, chosen),
            html.Div(id=Card.ADVICE),
            panel(
                say("findings.title"),
                help_button(
                    say("findings.title"),
                    say("findings.meaning"),
                    "",
                    language=chosen.language,
                    term="blind_zone",
                ),
                html.Div(
                    [
                        html.Section(
                            plan_map(
                                Card.MAP,
                                plan,
                                language=chosen.language,
                                has_basemap=has_basemap,
                                switches=Card.LAYERS,
                                shown=found,
                                small=True,
                            ),
                            className="card-map",
                            **aria(label=say("map.title")),
                        ),
                        html.Div(id=Card.FINDINGS, className="card-findings"),
                    ],
                    className="panels",
                ),
            ),
            html.Div(id=Card.MORE),
        ],
        className="page page-scroll card-page",
    )


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""
    in_browser(app, "chooseCell", Input(Card.CELL, "value"), at_start=False)

    in_browser(app, "markCell", Output(Card.MARKED, "data"), Input(App.SELECTION, "data"))
    in_browser(app, "chooseCell", Input(Card.MAP, "selected"), at_start=False)
    in_browser(app, "showLayers", Output(Card.MAP, "layers"), Input(Card.LAYERS, "value"))
    in_browser(app, "isDark", Output(Card.MAP, "dark"), Input(App.DARK, "data"))

    @app.callback(
        Output(Card.BODY, "children"),
        Output(Card.CHARTS, "hidden"),
        Output(Card.COVERAGE, "children"),
        Output(Card.ADVICE, "children"),
        Output(Card.MAP, "selected"),
        Output(Card.MAP, "view"),
        Input(App.SELECTION, "data"),
    )
    @secured(Permission.READ)
    def show_card(data: dict[str, Any]) -> tuple[Any, ...]:
        plan, chosen = desk.opened(data)
        if chosen.cell is None:
            return [], True, [], [], None, queries.territory_bounds(plan)
        found = queries.measures(plan, chosen.cell)
        return (
            card(plan, chosen),
            False,
            coverage(found, chosen.language),
            [
                panel(text("scoring.sheet.advice", chosen.language), None, _advice(plan, chosen)),
                *challenge_link(desk, chosen),
            ],
            chosen.cell,
            queries.cell_bounds(plan, chosen.cell),
        )

    @app.callback(
        Output(Card.FINDINGS, "children"),
        Output(Card.MORE, "children"),
        Input(App.SELECTION, "data"),
    )
    @secured(Permission.READ)
    def show_lists(data: dict[str, Any]) -> tuple[Any, ...]:
        # long lists, below what is read first: that is shown meanwhile
        plan, chosen = desk.opened(data)
        if chosen.cell is None:
            return [], []
        seen = cell_visits(desk, plan, chosen.cell)
        may_export = desk.scope().may(Permission.EXPORT)
        return (
            cell_findings(plan, chosen.cell, chosen.language),
            [visits_panel(seen, chosen, may_export=may_export), *card_lists(plan, chosen)],
        )


def challenge_link(desk: Desk, chosen: Selection) -> list[Component]:
    """Return the way to object to the borders of the cell, for those who may."""
    if desk.work is None or not desk.scope().may(Permission.CHALLENGE):
        return []
    said = text("plans.challenge.from_card", chosen.language)
    link = dcc.Link(said, href=chosen.address(page=Page.SCENARIOS), className="button")
    return [html.Div(link, className="downloads")]


def card(plan: Plan, chosen: Selection) -> list[Component]:
    """Return the head of the card of the selected cell: its name, scores and figures."""
    if chosen.cell is None:
        return []
    language = chosen.language
    found = queries.measures(plan, chosen.cell)
    return [
        _head(plan, chosen),
        html.Div(
            [
                _score(plan, found, "position", language),
                _score(plan, found, "coverage", language),
                *_facts(plan, chosen),
            ],
            className="tiles",
        ),
    ]


def charts(plan: Plan, chosen: Selection) -> Component:
    """Return the panels of position and coverage; the first is drawn once for a plan."""
    language, say = chosen.language, words(chosen.language)
    points = queries.cell_points(plan)
    drawn = plan.once(("quadrant", language), lambda: quadrant_figure(points, language=language))
    return html.Div(
        [
            dcc.Store(id=Card.MARKED),
            panel(
                say("quadrant.title"),
                help_button(
                    say("quadrant.title"),
                    say("quadrant.meaning"),
                    "",
                    language=language,
                    term="quadrant",
                ),
                html.P(say("quadrant.none"), className="hint", hidden=bool(points)),
                html.Div(
                    dcc.Graph(
                        id=Card.QUADRANT,
                        figure=drawn,
                        config=CONFIG,
                        style={"height": f"{drawn.layout.height}px"},
                    ),
                    hidden=not points,
                ),
            ),
            panel(
                say("coverage.title"),
                metric_help("coverage_own", language=language),
                html.Div(id=Card.COVERAGE),
            ),
        ],
        id=Card.CHARTS,
        className="panels",
        hidden=chosen.cell is None,
    )


def _head(plan: Plan, chosen: Selection) -> Component:
    say = words(chosen.language)
    row = plan.scenario.cells.iloc[queries.cell_row(plan, chosen.cell or 0)]
    outlets = plan.territory.outlets
    centre = outlets[outlets["outlet_id"] == row["centre_outlet_id"]]
    name = str(centre["name"].iloc[0]) if len(centre) else str(row["centre_outlet_id"])
    manager = row["manager"] or say("table.vacant")
    return html.Div(
        [
            html.Div(
                [
                    dmc.Title(f"{row['code']} · {row['name']}", order=2),
                    html.Span(quadrant_name(row["quadrant"], chosen.language), className="badge"),
                ],
                className="card-head",
            ),
            html.P(quadrant_advice(row["quadrant"], chosen.language), className="advice"),
            html.P(say("card.facts", centre=name or MISSING, manager=manager), className="hint"),
            html.Div(
                [
                    dcc.Link(
                        say("card.on_map"),
                        href=chosen.address(page=Page.CELLS),
                        className="button",
                    ),
                    dcc.Link(
                        say("preview.routes"),
                        href=chosen.address(page=Page.ROUTES),
                        className="button button-main",
                    ),
                ],
                className="preview-links",
            ),
        ]
    )


def _score(plan: Plan, found: dict[str, Measure], which: str, language: Language) -> Component:
    say = words(language)
    one, data = found.get(f"{which}_score"), found.get(f"{which}_data_coverage")
    value = one.value if one else None
    lines: list[str] = []
    if one is not None and value is not None:
        n_cells = plan.scenario.partition.n_cells
        lines.append(rank_band(one.rank_low, one.rank_high, n_cells, language))
        if one.p05 is not None and one.p95 is not None:
            lines.append(say("card.band", low=number(one.p05), high=number(one.p95)))
    else:
        reason = note_text(one.note, language) if one and one.note else say("card.no_reason")
        lines.append(say("card.no_score", reason=reason))
    if data is not None:
        lines.append(say("card.data_coverage", share=f"{data.value:.0%}"))
    return html.Div(
        [
            html.Div(
                [
                    html.Span(say(f"card.{which}_score")),
                    metric_help(f"{which}_score", language=language),
                ],
                className="heading",
            ),
            *_out_of_hundred(value, say(f"card.{which}_score")),
            *[html.Div(line, className="hint") for line in lines if line],
        ],
        className="tile tile-wide",
        id=f"tile-{which}",
    )


def _out_of_hundred(value: float | None, name: str) -> list[Component]:
    if value is None:
        return [html.Div(html.Strong(MISSING), className="tile-value")]
    return [
        html.Div([html.Strong(number(value)), html.Span(" / 100")], className="tile-value"),
        dmc.Progress(value=value, size="sm", **aria(label=f"{name} {number(value)} / 100")),
    ]


def _facts(plan: Plan, chosen: Selection) -> list[Component]:
    say = words(chosen.language)
    position = queries.cell_row(plan, chosen.cell or 0)
    row = plan.scenario.cells.iloc[position]
    balance = queries.balances(plan)[0]
    day_min = row["visit_minutes_per_day"]
    facts = [
        (
            say(f"workload.{balance.workload}"),
            number(balance.loads[position]),
            say("card.against_mean", deviation=share(balance.deviations[position], sign=True)),
        ),
        (
            say("table.day_min"),
            number(None if pd.isna(day_min) else float(day_min)),
            say("card.routes", count=int(row["routes"])),
        ),
        (
            say("card.area"),
            square_kilometres(float(row["area_m2"]), chosen.language),
            say("card.compactness", value=number(float(row["compactness"]), 2)),
        ),
    ]
    return [
        html.Div(
            [
                html.Div(name, className="heading"),
                html.Div(html.Strong(value), className="tile-value"),
                html.Div(line, className="hint"),
            ],
            className="tile",
        )
        for name, value, line in facts
    ]


def coverage(found: dict[str, Measure], language: Language) -> list[Component]:
    """Return the chart of reachable demand and the shares below it; or that it was not scored."""
    say = words(language)
    thresholds = queries.thresholds(found)
    if not thresholds:
        return [html.P(say("coverage.none"), className="hint")]
    head = html.Tr(
        [
            html.Th(""),
            *[
                html.Th(
                    say(
                        "coverage.threshold",
                        mode=say(f"mode.{one.mode}"),
                        minutes=f"{one.minutes:g}",
                    )
                )
                for one in thresholds
            ],
        ]
    )
    rows = [
        html.Tr(
            [
                html.Th(
                    html.Div(
                        [say(f"coverage.{key}"), metric_help(key, language=language)],
                        className="with-help",
                    )
                ),
                *[html.Td(share(one.shares.get(key))) for one in thresholds],
            ]
        )
        for key in _SHARES
    ]
    return [
        _chart(coverage_figure(thresholds, language=language)),
        html.Div(
            html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table"),
            className="table-scroll",
        ),
    ]


def _advice(plan: Plan, chosen: Selection) -> Component:
    policy = plan.scenario.request.scoring
    found = cell_advice(plan.scenario.scores, chosen.cell or 0, policy)
    return html.Ol([html.Li(one.text(chosen.language)) for one in found])


def _chart(figure: go.Figure) -> dcc.Graph:
    return dcc.Graph(figure=figure, config=CONFIG, style={"height": f"{figure.layout.height}px"})
