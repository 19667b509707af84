"""The chart of a cell's report: all cells by both scores, one of them with its bands."""

from __future__ import annotations

import numpy as np

from gridmap.catalogue import Language
from gridmap.export.cell_facts import CellFacts, ReportBook, ScoreFigure, median_of
from gridmap.export.cell_words import say
from gridmap.export.pen import Pen
from gridmap.export.route_map import Area, Shape, Strokes

TICKS = (0, 25, 50, 75, 100)
#: Shape of each quadrant: corners and turn of a regular one, as in the dashboard.
SIGNS = {
    "leader": (12, 0.0),
    "contested": (4, 0.0),
    "challenger": (4, np.pi / 4.0),
    "white_space": (3, np.pi / 2.0),
    "low_priority": (3, -np.pi / 2.0),
    "unknown": (2, np.pi / 4.0),
}
SMALL_MM, LARGE_MM = 1.0, 2.1


def draw_chart(
    pen: Pen, book: ReportBook, facts: CellFacts, box: tuple[float, float, float, float],
    language: Language,
) -> None:  # fmt: skip
    """Draw the chart into a box: left, bottom, width and height of its field, in millimetres."""
    x, y, width, height = box
    pen.box(x, y, width, height, line_mm=0.3)
    for tick in TICKS:
        at_x, at_y = x + width * tick / 100.0, y + height * tick / 100.0
        pen.rule(at_x, y, at_x, y - 0.9)
        pen.rule(x, at_y, x - 0.9, at_y)
        pen.text(at_x, y - 3.6, str(tick), 6.5, anchor="middle")
        pen.text(x - 1.4, at_y - 0.8, str(tick), 6.5, anchor="right")
    pen.text(x + width / 2, y - 7.0, say("position", language), 7.5, anchor="middle")
    pen.text(x, y + height + 1.2, say("coverage", language), 7.5)
    with pen.moved(x, y):
        pen.shapes(_shapes(book, facts, width, height), ("", ""))


def quadrant_sign(quadrant: str, x: float, y: float, radius: float, grey: float) -> list[Shape]:
    """Return the shape of a quadrant at a point."""
    corners, turn = SIGNS.get(quadrant, SIGNS["unknown"])
    angle = turn + np.arange(corners) * (2.0 * np.pi / corners)
    ring = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
    if corners == 2:
        other = np.column_stack([ring[:, 0], 2.0 * y - ring[:, 1]])
        return [Strokes((ring, other), 0.4, grey)]
    return [Area(ring, grey)]


def _shapes(book: ReportBook, facts: CellFacts, width: float, height: float) -> list[Shape]:
    scale = np.array([width, height]) / 100.0
    placed = [one for one in book.spots if one.position is not None and one.coverage is not None]
    middle = (median_of([one.position for one in placed]),
              median_of([one.coverage for one in placed]))  # fmt: skip
    shapes: list[Shape] = []
    if middle[0] is not None and middle[1] is not None:
        upright = np.array([[middle[0], 0.0], [middle[0], 100.0]]) * scale
        level = np.array([[0.0, middle[1]], [100.0, middle[1]]]) * scale
        shapes.append(Strokes((upright, level), 0.2, 0.4, (0.3, 0.9)))
    for one in placed:
        if one.cell_id != facts.cell_id and one.position is not None and one.coverage is not None:
            at = np.array([one.position, one.coverage]) * scale
            shapes += quadrant_sign(one.quadrant, float(at[0]), float(at[1]), SMALL_MM, 0.5)
    return [*shapes, *_here(facts, scale)]


def _here(facts: CellFacts, scale: np.ndarray) -> list[Shape]:
    position, coverage = facts.position, facts.coverage
    if position.value is None or coverage.value is None:
        return []
    at = np.array([position.value, coverage.value])
    bands = []
    for axis, score in enumerate((position, coverage)):
        ends = np.stack([at, at])
        ends[:, axis] = _ends(score)
        bands.append(ends * scale)
    x, y = (float(one) for one in at * scale)
    lines: list[Shape] = [Strokes(tuple(bands), 1.0, 1.0), Strokes(tuple(bands), 0.45, 0.0)]
    rim = quadrant_sign(facts.quadrant, x, y, LARGE_MM + 0.5, 1.0)
    return [*lines, *rim, *quadrant_sign(facts.quadrant, x, y, LARGE_MM, 0.0)]


def _ends(score: ScoreFigure) -> tuple[float, float]:
    middle = score.value or 0.0
    return (
        middle if score.p05 is None else score.p05,
        middle if score.p95 is None else score.p95,
    )
