"""The panel of the page of plans in which the figures of the cells are compared."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.plan_compare import plain_table
from dashboards.components.words import words
from dashboards.figure_changes import FiguresWish
from dashboards.figures import CONFIG, plain_figure
from dashboards.formats import MISSING, number, share
from dashboards.ids import Figures
from dashboards.state import Selection
from gridmap.catalogue import Language, text
from gridmap.export.plan_changes import Comparison
from gridmap.export.plan_changes_files import caveats, effect_sentences
from gridmap.scoring.metrics import named


def figures_panel(
    months: Sequence[str], codes: Sequence[str], chosen: Selection, *, shown: bool
) -> Component:
    """Return what can be asked: months of the plan, or the plan chosen to compare with."""
    say = words(chosen.language, "changes")
    kinds = [("months", len(months) > 1), ("plans", chosen.other is not None)]
    first = next((name for name, there in kinds if there), "months")
    choices = [{"value": one, "label": one} for one in months]
    nothing = shown and not any(there for _, there in kinds)
    return html.Section(
        [
            dmc.Title(say("title"), order=3),
            html.P(say("hint"), className="hint"),
            *([html.P(say("nothing"), className="hint")] if nothing else []),
            html.Div(
                [
                    dmc.SegmentedControl(
                        id=Figures.KIND,
                        value=first,
                        data=[
                            {"value": name, "label": say(name), "disabled": not there}
                            for name, there in kinds
                        ],
                        size="xs",
                    ),
                    html.Div(
                        [
                            dmc.Select(
                                id=Figures.BEFORE, label=say("before"), data=choices,
                                value=months[-2] if len(months) > 1 else None,
                                allowDeselect=False,
                            ),
                            dmc.Select(
                                id=Figures.AFTER, label=say("after"), data=choices,
                                value=months[-1] if months else None, allowDeselect=False,
                            ),
                        ],
                        className="figures-row",
                        hidden=len(months) < 2,
                    ),
                    html.Div(
                        dmc.Select(
                            id=Figures.BORDERS,
                            label=say("borders"),
                            description=say("borders_hint"),
                            data=[
                                {
                                    "value": one,
                                    "label": text(f"compare.borders.{one}", chosen.language),
                                }
                                for one in ("same", "new", "old")
                            ],
                            value="same",
                            allowDeselect=False,
                        ),
                        hidden=chosen.other is None,
                    ),
                    dmc.MultiSelect(
                        id=Figures.TOUCHED,
                        label=say("touched"),
                        description=say("touched_hint"),
                        data=list(codes),
                        searchable=True,
                    ),
                    html.Button(say("go"), id=Figures.GO, className="button button-main"),
                ],
                className="plan-form",
                hidden=nothing,
            ),
            html.Div(id=Figures.TOLD, role="status"),
            html.Div(
                [
                    dmc.Select(id=Figures.METRIC, label=say("metric"), data=[], searchable=True,
                               allowDeselect=False),
                    dcc.Graph(id=Figures.CHART, figure=plain_figure(90), config=CONFIG),
                    html.Div(id=Figures.ROWS),
                ],
                id=Figures.FOUND,
                hidden=True,
            ),
            dcc.Store(id=Figures.SEEN),
        ],
        className="panel panel-figures",
        hidden=not shown,
    )  # fmt: skip


def told(
    found: Comparison, wish: FiguresWish, address: str | None, language: Language
) -> list[Component]:
    """Return effects, what they can't tell, and the way to the workbook."""
    say = words(language, "changes")
    kind = "versions" if found.borders != "plan" else "months"
    values = {"old": found.before, "new": found.after, "before": found.before,
              "after": found.after}  # fmt: skip
    if found.borders != "plan":
        values["borders"] = text(f"compare.borders.{found.borders}", language)
    effects = effect_sentences(found, language)
    link: list[Component] = []
    if address is not None:
        href = f"{address}?{wish.query()}&lang={language}"
        link = [html.Div(html.A(say("xlsx"), href=href, className="button"), className="downloads")]
    return [
        html.P(html.Strong(text(f"compare.{kind}", language, **values))),
        *link,
        dmc.Title(say("effects"), order=4),
        html.Ul([html.Li(one) for one in effects]) if effects else html.P(say("no_effects")),
        dmc.Title(say("caveats"), order=4),
        html.Ul([html.Li(one) for one in caveats(found, language)], className="hint"),
    ]


def metric_choices(found: Comparison, language: Language) -> list[dict[str, str]]:
    """Return the metrics that were compared, those that are told first coming first."""
    return [
        {"value": str(name), "label": named(str(name)).label(language)}
        for name in dict.fromkeys(found.table["metric"])
    ]


def rows_of(found: Comparison, metric: str) -> pd.DataFrame:
    """Return the rows of a metric: those beyond the bands first, then the largest changes."""
    return found.table[found.table["metric"] == metric]


def rows_table(found: Comparison, metric: str, language: Language) -> Component:
    """Return the same as a table."""
    is_share = named(metric).metric.unit == "share"

    def figure(value: float) -> str:
        return share(value) if is_share else number(value, 2)

    def change(value: float) -> str:
        key = "compare.share_points" if is_share else "compare.number"
        return text(key, language, value=100.0 * value if is_share else value)

    heads = [
        text(f"compare.column.{one}", language)
        for one in ("cell", "before", "after", "change", "beyond", "basis")
    ]
    rows = [
        [
            f"{row['code']} ■" if row["code"] in found.touched else str(row["code"]),
            figure(row["before"]),
            figure(row["after"]),
            change(row["change"]),
            text("compare.beyond.yes", language) if row["beyond_bands"] else MISSING,
            text(f"compare.basis.{row['basis']}", language),
        ]
        for row in rows_of(found, metric).to_dict("records")
    ]
    label = words(language, "changes")("table", metric=named(metric).label(language))
    return html.Details([html.Summary(label), plain_table(heads, rows, label)])
