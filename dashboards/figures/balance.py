"""One bar a cell against the mean and the tolerance band."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboards.figures import plain_figure, to_hundredths
from dashboards.queries import Balance
from gridmap.catalogue import Language, text

_BAR_PX = 24
_FRAME_PX = 64


def balance_height(n_cells: int) -> int:
    """Return the height of the figure in pixels."""
    return _FRAME_PX + _BAR_PX * n_cells


def balance_figure(balance: Balance, *, language: Language) -> go.Figure:
    """Draw the load of each cell.

    A cell outside the tolerance is hatched and its deviation is written in bold. `customdata`
    of a bar is the number of its cell.
    """
    figure = plain_figure(balance_height(len(balance.codes)))
    outside = set(balance.outside)
    figure.add_bar(
        orientation="h",
        x=to_hundredths(balance.loads),
        y=list(balance.codes),
        customdata=list(balance.cell_ids),
        text=[
            f"<b>{deviation:+.1%}</b>" if code in outside else f"{deviation:+.1%}"
            for code, deviation in zip(balance.codes, balance.deviations, strict=True)
        ],
        textposition="inside",
        insidetextanchor="start",
        insidetextfont={"color": "#16202b"},
        marker={
            "color": list(balance.colours),
            "pattern": {
                "shape": ["/" if code in outside else "" for code in balance.codes],
                "fgcolor": "#16202b",
                "fillmode": "overlay",
                "size": 6,
            },
        },
        hovertemplate=text(
            "pages.balance.hover", language, cell="%{y}", load="%{x:,.0f}", deviation="%{text}"
        )
        + "<extra></extra>",
    )
    _draw_target(figure, balance)
    figure.update_yaxes(type="category", range=[len(balance.codes) - 0.5, -0.5], ticks="")
    most = max((*balance.loads, balance.target * (1.0 + (balance.tolerance or 0.0))), default=1.0)
    figure.update_xaxes(range=[0.0, 1.04 * most or 1.0], nticks=5, showgrid=True)
    figure.update_layout(bargap=0.25)
    return figure


def _draw_target(figure: go.Figure, balance: Balance) -> None:
    if balance.tolerance is not None:
        figure.add_vrect(
            x0=balance.target * (1.0 - balance.tolerance),
            x1=balance.target * (1.0 + balance.tolerance),
            fillcolor="#868e96",
            opacity=0.25,
            line_width=0,
            layer="below",
            name="tolerance",
        )
    figure.add_vline(
        x=balance.target, line={"color": "#868e96", "width": 2, "dash": "dash"}, name="mean"
    )
