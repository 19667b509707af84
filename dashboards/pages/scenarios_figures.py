"""On the page of plans: compare the figures of the cells, in two months or in two plans."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, no_update

from dashboards.api.workshop import Workshop
from dashboards.components.plan_acts import fault_list
from dashboards.components.plan_figures import metric_choices, rows_of, rows_table, told
from dashboards.components.plan_list import plan_name
from dashboards.drawings import shown_version
from dashboards.figure_changes import FiguresWish, compare_figures, named_sides
from dashboards.figures.changes import changes_figure, changes_height
from dashboards.ids import App, Figures, PlanIds
from dashboards.pages import Desk
from dashboards.plan_acts import sentences
from dashboards.plan_forms import button_of, chosen_of
from dashboards.secured import secured
from dashboards.state import Selection
from gridmap.errors import GridmapError
from gridmap.export.plan_changes import Comparison
from gridmap.scoring.metrics import named
from gridmap.store.roles import Permission


def register_figures(app: Dash, desk: Desk, work: Workshop) -> None:
    """Wire the panel."""

    def found_of(chosen: Selection, wish: FiguresWish) -> Comparison:
        number = chosen.scenario or 0
        found = compare_figures(desk, work, number, chosen.other, wish)
        if wish.kind == "months" or chosen.other is None:
            return found
        old, new = (
            plan_name(shown_version(desk, work, one), chosen.language)
            for one in (chosen.other, number)
        )
        return named_sides(found, old, new)

    @app.callback(
        Output(Figures.TOLD, "children"),
        Output(Figures.METRIC, "data"),
        Output(Figures.METRIC, "value"),
        Output(Figures.SEEN, "data"),
        Output(Figures.FOUND, "hidden"),
        Input(Figures.ASKED, "data"),
        State(Figures.KIND, "value"),
        State(Figures.BEFORE, "value"),
        State(Figures.AFTER, "value"),
        State(Figures.BORDERS, "value"),
        State(Figures.TOUCHED, "value"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.READ)
    def compare(*sent: Any) -> tuple[Any, ...]:
        pressed, kind, before, after, borders, touched, shown, data = sent
        if button_of(pressed) != Figures.GO or shown is None:
            return (no_update,) * 5
        chosen = chosen_of(data, shown)
        wish = FiguresWish.of(
            {"kind": kind, "before": before, "after": after, "borders": borders,
             "touched": touched}
        )  # fmt: skip
        try:
            found = found_of(chosen, wish)
        except GridmapError as error:
            return fault_list(sentences(error, chosen.language)), [], None, None, True
        metrics = metric_choices(found, chosen.language)
        first = metrics[0]["value"] if metrics else None
        address = None
        if desk.scope().may(Permission.EXPORT):
            address = f"/download/{shown}/with/{chosen.other or shown}/figures.xlsx"
        said = told(found, wish, address, chosen.language)
        return said, metrics, first, wish.plain(), first is None

    @app.callback(
        Output(Figures.CHART, "figure"),
        Output(Figures.CHART, "style"),
        Output(Figures.ROWS, "children"),
        Input(Figures.METRIC, "value"),
        Input(Figures.SEEN, "data"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.READ)
    def draw(
        metric: str | None, seen: dict[str, Any] | None, shown: int | None, data: dict[str, Any]
    ) -> tuple[Any, ...]:
        if not seen or not metric or shown is None:
            return (no_update,) * 3
        chosen = chosen_of(data, shown)
        found = found_of(chosen, FiguresWish.of(seen))
        rows = rows_of(found, metric)
        if rows.empty:
            return (no_update,) * 3
        is_share = named(metric).metric.unit == "share"
        figure = changes_figure(rows, found.touched, share=is_share, language=chosen.language)
        height = {"height": f"{changes_height(len(rows))}px"}
        return figure, height, rows_table(found, metric, chosen.language)
