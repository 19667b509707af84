"""All cells by competitive position and coverage."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.figures import plain_figure, to_hundredths
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
#: Axes show at least so much of the scores, and so much beside the outermost marks.
_LEAST_SPAN, _ROOM = 40.0, 8.0
#: Plot of a phone, which is the narrowest; a letter, and a line of a label. Pixels.
_PLOT_PX, _LETTER_PX, _LINE_PX = (280.0, 210.0), 7.5, 14.0
#: Where a label may stand beside its mark, as steps to the right and upwards.
_SIDES = {
    "top center": (0.0, 1.0),
    "bottom center": (0.0, -1.0),
    "middle right": (1.0, 0.0),
    "middle left": (-1.0, 0.0),
    "top right": (1.0, 1.0),
    "top left": (-1.0, 1.0),
    "bottom right": (1.0, -1.0),
    "bottom left": (-1.0, -1.0),
}
Span = tuple[float, float]
Box = tuple[float, float, float, float]


def quadrant_figure(points: Sequence[CellPoint], *, language: Language) -> go.Figure:
    """Draw a mark a cell: position to the right, coverage upwards, size by demand."""
    figure = plain_figure(340)
    largest = max((point.load for point in points), default=0.0)
    across, upwards = span([one.position for one in points]), span([one.coverage for one in points])
    sides = label_sides(points, across, upwards)
    for quadrant, (colour, shape) in STYLES.items():
        chosen = [point for point in points if point.quadrant == quadrant]
        if not chosen:
            continue
        figure.add_scatter(
            name=text(f"scoring.quadrant.{quadrant}", language),
            mode="markers+text",
            x=to_hundredths(point.position for point in chosen),
            y=to_hundredths(point.coverage for point in chosen),
            text=[one.code if one.cell_id in sides else "" for one in chosen],
            textposition=[sides.get(one.cell_id, "top center") for one in chosen],
            hovertext=[one.code for one in chosen],
            cliponaxis=False,
            customdata=[point.cell_id for point in chosen],
            marker={
                "color": colour,
                "symbol": shape,
                "size": to_hundredths(_size(point.load, largest) for point in chosen),
                "opacity": 0.9,
            },
            hovertemplate=text(
                "pages.quadrant.hover",
                language,
                cell="%{hovertext}",
                position="%{x:.0f}",
                coverage="%{y:.0f}",
            )
            + "<extra></extra>",
        )
    figure.update_xaxes(
        title={"text": text("pages.quadrant.position", language), "standoff": 8},
        range=across,
        showgrid=True,
        nticks=6,
    )
    figure.update_yaxes(
        title={"text": text("pages.quadrant.coverage", language), "standoff": 8},
        range=upwards,
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


def span(values: Sequence[float]) -> Span:
    """Return what an axis shows: whole tens round the values, within 0 … 105."""
    if not values:
        return 0.0, 105.0
    low, high = min(values) - _ROOM, max(values) + _ROOM
    beside = max(0.0, _LEAST_SPAN - (high - low)) / 2.0
    low = max(0.0, math.floor((low - beside) / 10.0) * 10.0)
    return low, min(105.0, max(low + _LEAST_SPAN, math.ceil((high + beside) / 10.0) * 10.0))


def label_sides(points: Sequence[CellPoint], across: Span, upwards: Span) -> dict[int, str]:
    """Return on which side of its mark each cell has its code.

    Codes lie neither on each other nor on the middle of a mark. A cell that finds no free side has
    no code; those with most demand are first to choose.
    """
    largest = max((one.load for one in points), default=0.0)
    at = {one.cell_id: (_pixels(one.position, across, _PLOT_PX[0]),
                        _pixels(one.coverage, upwards, _PLOT_PX[1])) for one in points}  # fmt: skip
    marks = [(x - 4.0, y - 4.0, x + 4.0, y + 4.0) for x, y in at.values()]
    taken: list[Box] = []
    sides: dict[int, str] = {}
    for one in sorted(points, key=lambda one: (-one.load, one.cell_id)):
        away = _size(one.load, largest) / 2.0
        for side, step in _SIDES.items():
            box = _box(at[one.cell_id], step, away, len(one.code) * _LETTER_PX)
            if not any(_meet(box, other) for other in (*taken, *marks)):
                sides[one.cell_id] = side
                taken.append(box)
                break
    return sides


def _pixels(value: float, shown: Span, size_px: float) -> float:
    return (value - shown[0]) / (shown[1] - shown[0]) * size_px


def _box(at: tuple[float, float], step: tuple[float, float], away: float, width: float) -> Box:
    x = at[0] + step[0] * (away + width / 2.0)
    y = at[1] + step[1] * (away + _LINE_PX / 2.0)
    return x - width / 2.0, y - _LINE_PX / 2.0, x + width / 2.0, y + _LINE_PX / 2.0


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
