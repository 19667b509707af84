"""Demand covered by our own outlets, by partners and by rivals, at each threshold."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.figures import OWN, PARTNER, RIVAL, plain_figure
from dashboards.queries import COVERAGE_SETS, Threshold
from gridmap.catalogue import Language, text

#: Colour and pattern of each set; the pattern alone tells them apart.
STYLES = {"own": (OWN, ""), "partner": (PARTNER, "."), "rival": (RIVAL, "/")}


def coverage_figure(thresholds: Sequence[Threshold], *, language: Language) -> go.Figure:
    """Draw three bars a threshold, as shares of the cell's demand."""
    figure = plain_figure(280)
    names = [
        text(
            "pages.coverage.threshold",
            language,
            mode=text(f"pages.mode.{one.mode}", language),
            minutes=f"{one.minutes:g}",
        )
        for one in thresholds
    ]
    for who in COVERAGE_SETS:
        colour, pattern = STYLES[who]
        shares = [one.shares.get(f"coverage_{who}") for one in thresholds]
        figure.add_bar(
            name=text(f"pages.ownership.{who}", language),
            x=names,
            y=shares,
            text=["" if share is None else f"{share:.0%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fgcolor": "#16202b", "fillmode": "overlay"},
            },
            hovertemplate=text("pages.coverage.hover", language, threshold="%{x}", share="%{y:.1%}")
            + "<extra></extra>",
        )
    figure.update_yaxes(range=[0, 1.08], tickformat=".0%", showgrid=True, nticks=6)
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        showlegend=True,
        legend={"orientation": "h", "y": 1.16, "x": 0, "itemclick": False},
    )
    return figure
