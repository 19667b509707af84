"""A figure of each cell before and after, side by side."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import plotly.graph_objects as go

from dashboards.figures import OWN, RIVAL, plain_figure
from gridmap.catalogue import Language, text

_ROW_PX, _FRAME_PX = 22, 84
#: Cells that are drawn; the table and the file have all.
MOST_CELLS = 40
_OLD = "#868e96"


def changes_height(n_cells: int) -> int:
    """Return the height of the figure in pixels."""
    return _FRAME_PX + _ROW_PX * min(n_cells, MOST_CELLS)


def changes_figure(
    rows: pd.DataFrame, touched: Collection[str], *, share: bool, language: Language
) -> go.Figure:
    """Draw a line from before to after for each cell, the first ones only.

    Parameters
    ----------
    rows
        code, before, after, of one metric in the order in which they are drawn.
    touched
        Codes of the cells in which something was done: squares instead of circles.
    share
        Whether the metric is a share.
    language
        Of the legend.
    """
    shown = rows.head(MOST_CELLS)
    figure = plain_figure(changes_height(len(rows)))
    ways_x: list[float | None] = []
    ways_y: list[str | None] = []
    for row in shown.to_dict("records"):
        ways_x += [row["before"], row["after"], None]
        ways_y += [row["code"], row["code"], None]
    figure.add_scatter(
        mode="lines", x=ways_x, y=ways_y, line={"color": _OLD, "width": 3},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    form = ".1%" if share else ",.2f"
    for key, colour, open_ in (("before", _OLD, "-open"), ("after", OWN, "")):
        mine = shown["code"].isin(list(touched)).tolist()
        figure.add_scatter(
            name=text(f"compare.column.{key}", language),
            mode="markers",
            x=shown[key].tolist(),
            y=shown["code"].tolist(),
            marker={
                "size": [12 if one else 9 for one in mine],
                "symbol": [f"{'square' if one else 'circle'}{open_}" for one in mine],
                "color": [RIVAL if one and not open_ else colour for one in mine],
                "line": {"width": 2},
            },
            hovertemplate=f"%{{y}}: %{{x:{form}}}<extra></extra>",
        )
    figure.update_yaxes(type="category", autorange="reversed", ticks="", ticksuffix=" ")
    figure.update_xaxes(tickformat=form, nticks=6, showgrid=True)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        margin={"t": 30, "b": 8},
    )
    return figure
