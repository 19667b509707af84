"""All cells: the map, the balance and a table."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.alerts import alert_panel
from dashboards.components.aria import aria
from dashboards.components.grids import HUNDREDTH, PERCENT, TENTH, WHOLE, grid
from dashboards.components.help import help_button
from dashboards.components.maps import plan_map
from dashboards.components.notices import notices
from dashboards.components.shades import shade_panel
from dashboards.components.words import quadrant_name, words
from dashboards.figures import CONFIG
from dashboards.figures.balance import balance_figure, balance_height
from dashboards.figures.league import league_figure, league_height
from dashboards.figures.moves import moves_figure, moves_height
from dashboards.figures.quadrant import quadrant_figure
from dashboards.formats import MISSING, number, share
from dashboards.ids import App, Cells
from dashboards.pages import Desk
from dashboards.queries_alerts import alerts
from dashboards.secured import secured
from dashboards.state import Page, Selection
from dashboards.wiring import in_browser
from gridmap.catalogue import Language
from gridmap.scoring.metrics import named
from gridmap.store.roles import Permission


def layout(plan: Plan, chosen: Selection, *, has_basemap: bool) -> Component:
    """Return the page of a plan."""
    language = chosen.language
    say = words(language)
    workloads = [one.workload for one in queries.balances(plan)]
    drawn = charts(plan, language)
    return html.Div(
        [
            html.Section(
                plan_map(
                    Cells.MAP,
                    plan,
                    language=language,
                    has_basemap=has_basemap,
                    switches=Cells.LAYERS,
                    beside=[shade_panel(plan, language, chosen.shade)],
                ),
                className="page-map",
                **aria(label=say("map.title")),
            ),
            html.Section(
                [
                    html.Div(id=Cells.PREVIEW, className="preview", **aria(live="polite")),
                    html.Div(id=Cells.ALERTS),
                    notices(plan, language),
                    html.Div(
                        [
                            dmc.Title(say("balance.title"), order=3),
                            help_button(
                                say("balance.title"),
                                say("balance.meaning"),
                                say("balance.formula"),
                                language=language,
                                term="balance",
                            ),
                        ],
                        className="heading",
                    ),
                    dmc.SegmentedControl(
                        id=Cells.WORKLOAD,
                        value=workloads[0],
                        data=[{"value": one, "label": say(f"workload.{one}")} for one in workloads],
                        size="xs",
                        persistence=True,
                        persistence_type="memory",
                        className="workloads" if len(workloads) > 1 else "workloads-single",
                    ),
                    html.P(say("balance.legend"), className="hint"),
                    html.Div(
                        dcc.Graph(
                            id=Cells.BALANCE,
                            config=CONFIG,
                            style={"height": f"{balance_height(len(plan.scenario.cells))}px"},
                        ),
                        className="balance-scroll",
                    ),
                    dcc.Store(id=Cells.MARKED),
                    dcc.Store(id=Cells.BALANCES, data=drawn["balances"]),
                    *_standing(plan, chosen, drawn),
                    dmc.Title(say("table.title"), order=3, mt="md"),
                    html.P(say("table.hint"), className="hint"),
                    grid(
                        Cells.TABLE,
                        _columns(plan, chosen),
                        _rows(plan, chosen),
                        language=language,
                        selectable=True,
                        height=f"{min(len(plan.scenario.cells), 14) * 32 + 52}px",
                    ),
                    _timings(plan, chosen),
                ],
                className="page-side",
            ),
        ],
        className="page page-split",
    )


def _standing(plan: Plan, chosen: Selection, drawn: dict[str, Any]) -> list[Component]:
    """Return the league table with its bands, and all cells by both scores."""
    say = words(chosen.language)
    n_cells = len(plan.scenario.cells)
    return [
        html.Div(
            [
                dmc.Title(say("league.title"), order=3, mt="md"),
                help_button(
                    say("league.title"),
                    say("league.meaning"),
                    say("league.formula"),
                    language=chosen.language,
                    term="league",
                ),
            ],
            className="heading",
        ),
        html.P(say("league.legend"), className="hint"),
        html.Div(
            dcc.Graph(
                id=Cells.LEAGUE,
                figure=drawn["league"],
                config=CONFIG,
                style={"height": f"{league_height(n_cells)}px"},
            ),
            className="balance-scroll",
        ),
        *_moves(plan, chosen),
        dmc.Title(say("league.quadrant"), order=3, mt="md"),
        dcc.Graph(
            id=Cells.QUADRANT,
            figure=drawn["quadrant"],
            config=CONFIG,
            style={"height": "340px"},
        ),
    ]


def _moves(plan: Plan, chosen: Selection) -> list[Component]:
    """Return what moves the ranks; it does not depend on the chosen cell."""
    language = chosen.language
    say = words(language, "making.page")
    found = queries.moves(plan)
    head = html.Div(
        [
            dmc.Title(say("title"), order=3, mt="md"),
            help_button(
                say("title"), say("meaning"), say("formula"), language=language, term="rank_moves"
            ),
        ],
        className="heading",
    )
    if not found:
        return [head, html.P(say("none"), className="hint")]
    left_out = dict.fromkeys(name for one in found for name in one.left_out)
    listed = ", ".join(named(name).label(language) for name in left_out)
    remark = say("left_out", listed=listed) if listed else say("all_used")
    return [
        head,
        dcc.Graph(
            id=Cells.MOVES,
            figure=moves_figure(found, language=language),
            config=CONFIG,
            style={"height": f"{moves_height(len(found[0].shifts))}px"},
        ),
        html.P(remark, className="hint"),
    ]


def charts(plan: Plan, language: Language) -> dict[str, Any]:
    """Return the charts of all cells, drawn once for a plan; the browser marks the chosen cell."""
    return plan.once(
        ("charts", language),
        lambda: {
            "balances": {
                one.workload: balance_figure(one, language=language)
                for one in queries.balances(plan)
            },
            "league": league_figure(queries.league(plan), language=language),
            "quadrant": quadrant_figure(queries.cell_points(plan), language=language),
        },
    )


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""
    in_browser(app, "chooseCell", Input(Cells.MAP, "selected"), at_start=False)
    in_browser(app, "chooseBar", Input(Cells.BALANCE, "clickData"), at_start=False)
    in_browser(app, "chooseBar", Input(Cells.LEAGUE, "clickData"), at_start=False)
    in_browser(app, "chooseBar", Input(Cells.QUADRANT, "clickData"), at_start=False)
    in_browser(app, "chooseRow", Input(Cells.TABLE, "selectedRows"), at_start=False)
    in_browser(
        app,
        "showCell",
        Output(Cells.MAP, "selected"),
        Output(Cells.TABLE, "selectedRows"),
        Input(App.SELECTION, "data"),
    )
    in_browser(
        app,
        "drawBalance",
        Output(Cells.BALANCE, "figure"),
        Input(Cells.BALANCES, "data"),
        Input(Cells.WORKLOAD, "value"),
    )
    in_browser(app, "markCell", Output(Cells.MARKED, "data"), Input(App.SELECTION, "data"))
    in_browser(app, "showLayers", Output(Cells.MAP, "layers"), Input(Cells.LAYERS, "value"))
    in_browser(app, "isDark", Output(Cells.MAP, "dark"), Input(App.DARK, "data"))
    in_browser(
        app,
        "colourBy",
        Output(Cells.MAP, "shades"),
        Input(Cells.SHADE, "value"),
        State(App.SELECTION, "data"),
    )

    @app.callback(
        Output(Cells.ALERTS, "children"),
        Input(Cells.ALERTS, "id"),
        State(App.SELECTION, "data"),
    )
    @secured(Permission.READ)
    def show_alerts(_: str, data: dict[str, Any]) -> Component:
        plan, chosen = desk.opened(data)
        return alert_panel(alerts(desk, plan, dt.datetime.now(dt.UTC).date()), chosen)

    @app.callback(Output(Cells.PREVIEW, "children"), Input(App.SELECTION, "data"))
    @secured(Permission.READ)
    def show_preview(data: dict[str, Any]) -> Component:
        plan, chosen = desk.opened(data)
        return preview(plan, chosen)


def preview(plan: Plan, chosen: Selection) -> Component:
    """Return the selected cell in short, with ways to more; or what to do if there is none."""
    say = words(chosen.language)
    if chosen.cell is None:
        return html.P(say("preview.none"), className="preview-none")
    row = next(one for one in queries.cell_table(plan) if one["id"] == str(chosen.cell))
    figures = [
        (say("table.deviation"), share(_float(row["deviation"]), sign=True)),
        (say("table.position"), number(_float(row["position"]))),
        (say("table.coverage"), number(_float(row["coverage"]))),
        (say("table.day_min"), number(_float(row["day_min"]))),
    ]
    return html.Div(
        [
            html.Div(
                [
                    html.Strong(f"{row['code']} · {row['name']}", className="preview-name"),
                    html.Span(quadrant_name(row["quadrant"], chosen.language), className="badge"),
                ],
                className="preview-head",
            ),
            html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in figures]),
            html.Div(
                [
                    dcc.Link(
                        say("preview.card"),
                        href=chosen.address(page=Page.CARD),
                        className="button button-main",
                    ),
                    dcc.Link(
                        say("preview.routes"),
                        href=chosen.address(page=Page.ROUTES),
                        className="button",
                    ),
                ],
                className="preview-links",
            ),
        ]
    )


def _columns(plan: Plan, chosen: Selection) -> list[dict[str, Any]]:
    say = words(chosen.language)
    right = {"type": "rightAligned"}
    workloads = [
        {
            "field": one.workload,
            "headerName": say(f"workload.{one.workload}"),
            "valueFormatter": WHOLE,
            **right,
        }
        for one in queries.balances(plan)
    ]
    return [
        {"field": "code", "headerName": say("table.code"), "pinned": "left"},
        {"field": "name", "headerName": say("table.name"), "maxWidth": 200},
        {"field": "deviation", "headerName": say("table.deviation"), "valueFormatter": PERCENT}
        | right,
        {"field": "position", "headerName": say("table.position"), "valueFormatter": WHOLE} | right,
        {"field": "coverage", "headerName": say("table.coverage"), "valueFormatter": WHOLE} | right,
        {"field": "quadrant_name", "headerName": say("table.quadrant")},
        *workloads,
        {"field": "outlets", "headerName": say("table.outlets"), **right},
        {"field": "routes", "headerName": say("table.routes"), **right},
        {"field": "day_min", "headerName": say("table.day_min"), "valueFormatter": TENTH} | right,
        {"field": "area_km2", "headerName": say("table.area"), "valueFormatter": HUNDREDTH} | right,
        {"field": "manager_name", "headerName": say("table.manager")},
    ]


def _rows(plan: Plan, chosen: Selection) -> list[dict[str, Any]]:
    say = words(chosen.language)
    return [
        {
            **row,
            "quadrant_name": quadrant_name(row["quadrant"], chosen.language),
            "manager_name": row["manager"] or say("table.vacant"),
        }
        for row in queries.cell_table(plan)
    ]


def _timings(plan: Plan, chosen: Selection) -> Component:
    say = words(chosen.language)
    found = queries.timings(plan)
    parts = [f"{say(f'timing.{stage}')} {seconds:.1f} s" for stage, seconds in found]
    origin = say("timing.seed", seed=plan.scenario.seed, stages=" · ".join(parts) or MISSING)
    return html.P(origin, className="hint")


def _float(value: object) -> float | None:
    return value if isinstance(value, float) else None
