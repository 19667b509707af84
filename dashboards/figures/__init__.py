"""Values in, plotly figures out; nothing here knows Dash.

Text and grid lines take their colours from the style sheet, so that a figure fits light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

FONT = "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',system-ui,sans-serif"

#: What the charts of the page may do: nothing but show.
CONFIG: Any = {"displayModeBar": False, "responsive": True, "scrollZoom": False}

#: Bars and lines that are no cell.
OWN, PARTNER, RIVAL = "#0072B2", "#56B4E9", "#D55E00"


def to_hundredths(values: Iterable[float]) -> list[float]:
    """Return values as finely as a chart can show them: digits are what a page of charts weighs."""
    return [round(value, 2) for value in values]


def plain_figure(height: int) -> go.Figure:
    """Return an empty figure in the style of the pages."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        autosize=True,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12},
        showlegend=False,
        dragmode=False,
        hoverlabel={"font": {"family": FONT}},
    )
    figure.update_xaxes(automargin=True, zeroline=False, fixedrange=True)
    figure.update_yaxes(automargin=True, zeroline=False, fixedrange=True)
    return figure
