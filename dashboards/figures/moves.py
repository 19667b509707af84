"""By how many places each choice of the making moves a cell's rank, for both scores."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.figures import OWN, RIVAL, plain_figure
from dashboards.queries import Moves
from gridmap.catalogue import Language, text

_ROW_PX, _FRAME_PX = 34, 84
_COLOUR = {"position": OWN, "coverage": RIVAL}
#: The scores are told apart without colour too.
_PATTERN = {"position": "", "coverage": "/"}


def moves_height(n_choices: int) -> int:
    """Return the height of the figure in pixels."""
    return _FRAME_PX + _ROW_PX * n_choices


def moves_figure(found: Sequence[Moves], *, language: Language) -> go.Figure:
    """Draw a bar for each choice and score, with its length written beside it."""
    choices = [one for one, _ in found[0].shifts] if found else []
    figure = plain_figure(moves_height(len(choices)))
    for one in found:
        places = [value for _, value in one.shifts]
        figure.add_bar(
            orientation="h",
            name=text(f"pages.league.{one.score}", language),
            x=places,
            y=[text(f"making.factor.{choice}", language) for choice, _ in one.shifts],
            text=[f"{value:.1f}" for value in places],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": _COLOUR[one.score],
                "pattern": {"shape": _PATTERN[one.score], "fgcolor": "#ffffff", "size": 6,
                            "fillmode": "overlay"},
            },
            hovertemplate=text("making.page.hover", language, choice="%{y}", places="%{x:.2f}")
            + "<extra></extra>",
        )  # fmt: skip
    greatest = max((value for one in found for _, value in one.shifts), default=0.0)
    figure.update_yaxes(type="category", autorange="reversed", ticks="", ticksuffix=" ")
    figure.update_xaxes(
        range=[0.0, max(1.0, 1.15 * greatest)],
        nticks=5,
        showgrid=True,
        title={"text": text("making.page.axis", language), "standoff": 4},
    )
    figure.update_layout(
        barmode="group",
        bargap=0.3,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        margin={"t": 30, "b": 8},
    )
    return figure
