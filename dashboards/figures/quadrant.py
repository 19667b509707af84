"""All cells by competitive position and coverage, with one of them marked."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.figures import plain_figure
from dashboards.queries import CellPoint
from gridmap.catalogue import Language, text

#: Colour and shape of each quadrant; the shape alone tells them apart.
STYLES = {
    "leader": ("#009E73", "circle"),
    "contested": ("#E69F00", "diamond"),
    "challenger": ("#0072B2", "square"),
    "white_space": ("#D55E00", "triangle-up"),
    "low_priority": ("#999999", "triangle-down"),
    "unknown": ("#666666", "x"),
}
_LEAST_PX, _MOST_PX = 9.0, 26.0


def quadrant_figure(
    points: Sequence[CellPoint], *, selected: int | None, language: Language
) -> go.Figure:
    """Draw a mark a cell: position to the right, coverage upwards, size by demand."""
    figure = plain_figure(340)
    largest = max((point.load for point in points), default=0.0)
    for quadrant, (colour, shape) in STYLES.items():
        chosen = [point for point in points if point.quadrant == quadrant]
        if not chosen:
            continue
        figure.add_scatter(
            name=text(f"scoring.quadrant.{quadrant}", language),
            mode="markers+text",
            x=[point.position for point in chosen],
            y=[point.coverage for point in chosen],
            text=[f"<b>{one.code}</b>" if one.cell_id == selected else one.code for one in chosen],
            textposition="top center",
            cliponaxis=False,
            customdata=[point.cell_id for point in chosen],
            marker={
                "color": colour,
                "symbol": shape,
                "size": [_size(point.load, largest) for point in chosen],
                "opacity": 0.9,
                "line": {
                    "color": "#d6336c",
                    "width": [4 if point.cell_id == selected else 0 for point in chosen],
                },
            },
            hovertemplate=text(
                "pages.quadrant.hover",
                language,
                cell="%{text}",
                position="%{x:.0f}",
                coverage="%{y:.0f}",
            )
            + "<extra></extra>",
        )
    figure.update_xaxes(
        title={"text": text("pages.quadrant.position", language), "standoff": 8},
        range=[0, 100],
        showgrid=True,
        nticks=6,
    )
    figure.update_yaxes(
        title={"text": text("pages.quadrant.coverage", language), "standoff": 8},
        range=[0, 105],
        showgrid=True,
        nticks=6,
    )
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": -0.25, "x": 0, "itemclick": False},
        margin={"t": 16},
    )
    return figure


def _size(load: float, largest: float) -> float:
    if largest <= 0.0:
        return _LEAST_PX
    return float(_LEAST_PX + (_MOST_PX - _LEAST_PX) * (max(load, 0.0) / largest) ** 0.5)
