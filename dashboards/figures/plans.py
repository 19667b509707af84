"""Plans by two of their figures: who is balanced, compact, and changes little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboards.figures import OWN, RIVAL, plain_figure


@dataclass(frozen=True)
class PlanMark:
    """A plan in the chart; `best` = no other one is better in all that counts."""

    scenario_id: int
    name: str
    across: float
    upwards: float
    best: bool


def plans_figure(
    marks: Sequence[PlanMark], *, across: str, upwards: str, percent: bool, selected: int | None
) -> go.Figure:
    """Draw a mark a plan. `across` and `upwards` name the axes; `percent` is for the latter."""
    figure = plain_figure(300)
    figure.add_scatter(
        mode="markers+text",
        x=[one.across for one in marks],
        y=[one.upwards for one in marks],
        text=_labels(marks),
        textposition="top center",
        hovertext=[one.name for one in marks],
        hoverinfo="text",
        customdata=[one.scenario_id for one in marks],
        cliponaxis=False,
        marker={
            "size": [18 if one.scenario_id == selected else 12 for one in marks],
            "color": [RIVAL if one.scenario_id == selected else OWN for one in marks],
            "symbol": ["star" if one.best else "circle" for one in marks],
        },
    )
    # from zero, so that plans that hardly differ do not look far apart
    figure.update_xaxes(title_text=across, tickformat=".2~%", rangemode="tozero")
    figure.update_yaxes(
        title_text=upwards, tickformat=".2~%" if percent else ".3~f", rangemode="tozero"
    )
    return figure


def _labels(marks: Sequence[PlanMark]) -> list[str]:
    """Return the numbers of the plans; those in one place share the label of the first."""
    places: dict[tuple[float, float], list[PlanMark]] = {}
    for one in marks:
        places.setdefault((round(one.across, 3), round(one.upwards, 3)), []).append(one)
    labels = {
        here[0].scenario_id: ", ".join(
            f"{one.scenario_id}{' ★' if one.best else ''}" for one in here
        )
        for here in places.values()
    }
    return [labels.get(one.scenario_id, "") for one in marks]
