"""The map of a cell's report: streets, reached ground, outlets by shape, blind zones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.export.route_map import (
    Area,
    Ground,
    Name,
    Shape,
    Strokes,
    Window,
    along,
    fit_window,
)

Floats = NDArray[np.float64]

#: Grey of the ground that is reached within each threshold and of the rest: the later the darker.
GREYS = (1.0, 0.95, 0.91, 0.87)
BEYOND_GREY = 0.82
#: Lines around the ground of each threshold: unbroken, dashed, dotted.
DASHES: tuple[tuple[float, float] | None, ...] = (None, (1.8, 1.0), (0.3, 0.9))
RING_MM, RING_GREY = 0.3, 0.25
BORDER_MM = 0.9
HATCH_MM = 1.6
OWN_MM, PARTNER_MM, RIVAL_MM = 1.25, 1.15, 1.5
#: Where the number of a listed outlet may stand beside its sign, in millimetres.
LABEL_STEPS = ((4.4, 0.0), (-4.4, 0.0), (0.0, 4.4), (0.0, -4.4), (3.6, 3.6), (-3.6, 3.6))
#: Letters of blind zones keep apart by so many millimetres.
LETTER_GAP_MM = 4.0
#: Detail of areas that would not be seen, in millimetres.
SLACK_MM = 0.15


@dataclass(frozen=True)
class Mark:
    """An outlet on the map: ownership, place in metres, and its number in the lists, if any."""

    ownership: str
    x: float
    y: float
    label: str = ""


def cell_window(shape: BaseGeometry, width_mm: float, height_mm: float) -> Window:
    """Return the window that shows a cell."""
    return fit_window(shapely.get_coordinates(shape), width_mm, height_mm)


def ring_style(place: int) -> tuple[float, tuple[float, float] | None]:
    """Return grey and dash of the ground within the threshold of a place, 0 = the shortest."""
    last = len(DASHES) - 1
    return GREYS[min(place, len(GREYS) - 1)], DASHES[min(place, last)]


def reach_shapes(
    window: Window, cell: BaseGeometry, reach: Sequence[tuple[float, BaseGeometry]]
) -> list[Shape]:
    """Return the ground of the cell by how soon an outlet of ours reaches it.

    Parameters
    ----------
    window
        What is shown.
    cell
        The cell, metres.
    reach
        Minutes and ground, the shortest first, metres; none = nothing is told about reach.
    """
    if not reach:
        return []
    shapes: list[Shape] = _grounds(window, cell, BEYOND_GREY)
    for place, (_, ground) in reversed(list(enumerate(reach))):
        inside = shapely.intersection(shapely.clip_by_rect(ground, *window.bounds), cell)
        shapes += _grounds(window, inside, ring_style(place)[0])
    return shapes


def ring_shapes(window: Window, reach: Sequence[tuple[float, BaseGeometry]]) -> list[Shape]:
    """Return the lines around the ground that is reached within each threshold."""
    shapes: list[Shape] = []
    for place, (_, ground) in enumerate(reach):
        lines = _clipped_lines(window, shapely.boundary(ground))
        if lines:
            shapes.append(Strokes(lines, RING_MM, RING_GREY, ring_style(place)[1]))
    return shapes


def border_shapes(window: Window, cell: BaseGeometry) -> list[Shape]:
    """Return the border of the cell."""
    lines = _clipped_lines(window, shapely.boundary(cell))
    return [Strokes(lines, BORDER_MM + 0.8, 1.0), Strokes(lines, BORDER_MM, 0.0)]


def zone_shapes(window: Window, zones: Iterable[BaseGeometry]) -> list[Shape]:
    """Return blind zones as hatched ground with an outline."""
    shapes: list[Shape] = []
    for zone in zones:
        lines = _clipped_lines(window, shapely.boundary(zone))
        hatch = _clipped_lines(window, shapely.intersection(zone, _stripes(window)))
        if hatch:
            shapes.append(Strokes(hatch, 0.2, 0.0))
        if lines:
            shapes.append(Strokes(lines, 0.45, 0.0))
    return shapes


def pair_shapes(window: Window, pairs: Iterable[BaseGeometry]) -> list[Shape]:
    """Return a thick dotted line between the outlets of each pair."""
    lines = tuple(line for pair in pairs for line in _clipped_lines(window, pair))
    return [Strokes(lines, 1.0, 1.0), Strokes(lines, 0.6, 0.0, (0.1, 1.1))] if lines else []


def mark_shapes(window: Window, marks: Iterable[Mark]) -> list[Shape]:
    """Return outlets: own = square, partner = disc, rival = hollow triangle."""
    shapes: list[Shape] = []
    order = {"rival": 0, "partner": 1, "own": 2}
    for mark in sorted(marks, key=lambda one: (order.get(one.ownership, -1), one.x, one.y)):
        x, y = window.on_paper(np.array([[mark.x, mark.y]]))[0]
        if 0.0 < x < window.width_mm and 0.0 < y < window.height_mm:
            shapes += sign(mark.ownership, float(x), float(y))
    return shapes


def sign(ownership: str, x: float, y: float) -> list[Shape]:
    """Return the sign of an outlet at a point on paper."""
    match ownership:
        case "own":
            ring = _regular(x, y, OWN_MM * math.sqrt(2.0), 4, math.pi / 4.0)
        case "partner":
            ring = _regular(x, y, PARTNER_MM, 14, 0.0)
        case "rival":
            ring = _regular(x, y, RIVAL_MM, 3, math.pi / 2.0)
            closed = np.vstack([ring, ring[:2]])
            return [Strokes((closed,), 1.1, 1.0), Area(ring, 1.0), Strokes((closed,), 0.4, 0.0)]
        case _:
            return []
    closed = np.vstack([ring, ring[:2]])
    return [Strokes((closed,), 0.7, 1.0), Area(ring, 0.0)]


def taken_by(window: Window, marks: Sequence[Mark], cell: BaseGeometry) -> Floats:
    """Return what street names keep clear of, as `StreetMap.street_names` takes it."""
    rows = [np.array([[0.0, 0.0, 22.0]])]
    if marks:
        places = window.on_paper(np.array([(one.x, one.y) for one in marks]))
        room = np.array([5.5 if one.label else 3.0 for one in marks])
        rows.append(np.column_stack([places, room]))
    rows += [along(line) for line in _clipped_lines(window, shapely.boundary(cell))]
    return np.vstack(rows)


def label_places(
    window: Window, marks: Sequence[Mark], taken: Floats
) -> Mapping[str, tuple[float, float]]:
    """Return where the number of each listed outlet stands: beside its sign, clear of others."""
    found: dict[str, tuple[float, float]] = {}
    kept = taken.copy()
    for mark in (one for one in marks if one.label):
        x, y = window.on_paper(np.array([[mark.x, mark.y]]))[0]
        places = [(x + dx, y + dy) for dx, dy in LABEL_STEPS]
        inside = [
            one for one in places
            if 2.0 < one[0] < window.width_mm - 2.0 and 2.0 < one[1] < window.height_mm - 2.0
        ]  # fmt: skip
        if not inside:
            continue

        def room(place: tuple[float, float], around: Floats = kept) -> float:
            return float(np.hypot(*(around[:, :2] - place).T).min()) if len(around) else 99.0

        best = max(inside, key=room)
        found[mark.label] = (float(best[0]), float(best[1]))
        kept = np.vstack([kept, [[*best, 0.0]]])
    return found


def zone_names(window: Window, zones: Sequence[BaseGeometry], letters: Sequence[str]) -> list[Name]:
    """Return the letters of blind zones at a point inside each, or beside it for lack of room."""
    points = [shapely.get_coordinates(shapely.point_on_surface(one)) for one in zones]
    found: list[Name] = []
    for point, letter in zip(points, letters, strict=False):
        if len(point):
            x, y = window.on_paper(point)[0].tolist()
            tried = [(x + right, y + up) for right, up in ((0.0, 0.0), *LABEL_STEPS)]
            free = (
                place
                for place in tried
                if all(math.dist(place, (one.x, one.y)) >= LETTER_GAP_MM for one in found)
            )
            found.append(Name(*next(free, tried[0]), 0.0, letter))
    return found


def _grounds(window: Window, area: BaseGeometry, grey: float) -> list[Shape]:
    shapes: list[Shape] = []
    slack = SLACK_MM * window.metres_per_mm
    for part in shapely.get_parts(shapely.simplify(area, slack)):
        if part.geom_type == "Polygon" and part.area > (2.0 * slack) ** 2:
            rings = (part.exterior, *part.interiors)
            paper = tuple(window.on_paper(shapely.get_coordinates(one)) for one in rings)
            shapes.append(Ground(paper, grey))
    return shapes


def _clipped_lines(window: Window, lines: BaseGeometry) -> tuple[Floats, ...]:
    clipped = shapely.clip_by_rect(lines, *window.bounds)
    thin = shapely.simplify(clipped, SLACK_MM * window.metres_per_mm)
    parts = [one for one in shapely.get_parts(thin) if one.geom_type == "LineString"]
    return tuple(window.on_paper(shapely.get_coordinates(one)) for one in parts if not one.is_empty)


def _stripes(window: Window) -> BaseGeometry:
    left, bottom, right, top = window.bounds
    step, height = HATCH_MM * math.sqrt(2.0) * window.metres_per_mm, top - bottom
    starts = np.arange(math.floor((left - height) / step), math.ceil(right / step)) * step
    ends = np.stack(
        [np.column_stack([starts, np.full_like(starts, bottom)]),
         np.column_stack([starts + height, np.full_like(starts, top)])], axis=1,
    )  # fmt: skip
    return shapely.MultiLineString(list(ends))


def _regular(x: float, y: float, radius: float, corners: int, turn: float) -> Floats:
    angle = turn + np.arange(corners) * (2.0 * math.pi / corners)
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
