"""Both scores of every cell with their bands, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.figures import plain_figure, to_hundredths
from dashboards.queries import LeagueRow, Standing
from gridmap.catalogue import Language, text

_ROW_PX, _FRAME_PX = 22, 56
#: Parts of the width that the two scores have.
_DOMAINS = ((0.0, 0.45), (0.55, 1.0))
_MARK = "#0072B2"


def league_height(n_cells: int) -> int:
    """Return the height of the figure in pixels."""
    return _FRAME_PX + _ROW_PX * n_cells


def league_figure(rows: Sequence[LeagueRow], *, language: Language) -> go.Figure:
    """Draw a mark and its band for each score of each cell, in the order of the rows.

    A cell without a score has no mark: nothing is drawn at 0. `customdata` of a mark is the number
    of its cell.
    """
    figure = plain_figure(league_height(len(rows)))
    for axis, key in (("x", "position"), ("x2", "coverage")):
        pairs: list[tuple[LeagueRow, Standing]] = [(row, getattr(row, key)) for row in rows]
        known = [(row, one, one.value) for row, one in pairs if one.value is not None]
        figure.add_scatter(
            name=key,
            mode="markers",
            xaxis=axis,
            x=to_hundredths(value for _, _, value in known),
            y=[row.code for row, _, _ in known],
            customdata=[row.cell_id for row, _, _ in known],
            text=[_ranks(one, language) for _, one, _ in known],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": to_hundredths(_reach(one.p95, value) for _, one, value in known),
                "arrayminus": to_hundredths(_reach(value, one.p05) for _, one, value in known),
                "color": "#868e96",
                "thickness": 4,
                "width": 0,
            },
            marker={"color": _MARK, "symbol": "circle", "size": 9},
            hovertemplate=text("pages.league.hover", language, cell="%{y}", score="%{x:.0f}")
            + "<extra></extra>",
        )
    for axis, domain, key in zip(("xaxis", "xaxis2"), _DOMAINS, ("position", "coverage"),
                                 strict=True):  # fmt: skip
        title = {"text": text(f"pages.league.{key}", language), "standoff": 4}
        figure.update_layout(
            {axis: {"domain": domain, "range": [0, 100], "title": title, "nticks": 5,
                    "showgrid": True, "zeroline": False, "fixedrange": True, "anchor": "y",
                    "side": "top"}}
        )  # fmt: skip
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=[row.code for row in rows],
        range=[len(rows) - 0.5, -0.5],
        ticks="",
        showgrid=True,
    )
    figure.update_layout(margin={"t": 40, "b": 4})
    return figure


def _reach(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else max(0.0, high - low)


def _ranks(one: Standing, language: Language) -> str:
    if one.rank_low is None or one.rank_high is None:
        return ""
    return text("pages.league.ranks", language, low=one.rank_low, high=one.rank_high)
