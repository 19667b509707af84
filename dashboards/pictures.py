"""Plans as small pictures (SVG), made on the server from simplified cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dashboards.drawings import Drawing
from dashboards.ground import ground_picture
from dashboards.tiles import TileArchive

#: Longer side of a thumbnail and of a picture to compare, in pixels.
THUMBNAIL_PX, LARGE_PX = 240, 1200
#: Bends smaller than such a part of a pixel are not drawn.
_DRAWN_TO_PX = 0.7
#: Cells are named where they are at most so many, in letters of this size.
_MOST_NAMED, _LETTER_PX = 150, 17
_STROKE = "#3a4653"
_MOVED = "#c2255c"


def picture(drawing: Drawing, *, longest_px: int, named: bool = False) -> bytes:
    """Return the cells as an SVG whose longer side has so many pixels."""
    frame = _Frame(drawing, longest_px)
    simple = _simple(drawing.polygons, frame.metres * _DRAWN_TO_PX)
    paths = (
        f'<path fill="{colour}" d="{frame.path(shape)}"/>'
        for shape, colour in zip(simple, drawing.colours, strict=True)
    )
    # streets lie under the large ones
    width, opacity = (1.0, 0.62) if longest_px <= THUMBNAIL_PX else (1.6, 0.45)
    group = (
        f'<g fill-opacity="{opacity}" fill-rule="evenodd" stroke="{_STROKE}" '
        f'stroke-width="{width}" stroke-linejoin="round">{"".join(paths)}</g>'
    )
    names = _names(frame, drawing) if named and len(drawing.codes) <= _MOST_NAMED else ""
    return frame.svg(group + names)


def moved_picture(drawing: Drawing, areas: Sequence[BaseGeometry], *, longest_px: int) -> bytes:
    """Return what moves between two plans as hatched ground in the frame of a picture."""
    frame = _Frame(drawing, longest_px)
    pattern = (
        '<defs><pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="9" height="9" fill="{_MOVED}" '
        f'fill-opacity=".18"/><rect width="3" height="9" fill="{_MOVED}"/></pattern></defs>'
    )
    shapes = np.empty(len(areas), dtype=object)
    shapes[:] = areas
    simple = shapely.simplify(shapes, frame.metres * _DRAWN_TO_PX)
    paths = "".join(f'<path d="{frame.path(one)}"/>' for one in simple)
    return frame.svg(
        f'{pattern}<g fill="url(#hatch)" fill-rule="evenodd" stroke="{_MOVED}" '
        f'stroke-width="2.5" stroke-linejoin="round">{paths}</g>'
    )


def under_picture(drawing: Drawing, archive: TileArchive, crs: str, *, longest_px: int) -> bytes:
    """Return streets, water and green in the frame of a picture."""
    frame = _Frame(drawing, longest_px)
    return frame.svg(ground_picture(archive, crs, drawing.bounds, frame.metres))


class _Frame:
    """Metres of a territory as pixels of a picture; y grows downwards."""

    def __init__(self, drawing: Drawing, longest_px: int) -> None:
        left, bottom, right, top = drawing.bounds
        self.left, self.top = left, top
        self.metres = max(right - left, top - bottom, 1e-9) / longest_px
        self.width, self.height = (right - left) / self.metres, (top - bottom) / self.metres

    def at(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([xy[:, 0] - self.left, self.top - xy[:, 1]]) / self.metres

    def path(self, shape: BaseGeometry) -> str:
        rings = shapely.get_rings(shapely.get_parts(shape))
        return "".join(_ring(self.at(shapely.get_coordinates(ring))) for ring in rings)

    def svg(self, content: str) -> bytes:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {self.width + 4:.0f} '
            f'{self.height + 4:.0f}" width="{self.width + 4:.0f}" '
            f'height="{self.height + 4:.0f}">{content}</svg>'
        ).encode()


def _ring(xy: NDArray[np.float64]) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in xy[:-1].tolist())
    return f"M{points}Z"


def _simple(polygons: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return cells with fewer bends, the same on both sides of each border."""
    found = polygons.copy()
    here = ~shapely.is_empty(polygons)
    found[here] = shapely.coverage_simplify(polygons[here], tolerance_m)
    return found


def _names(frame: _Frame, drawing: Drawing) -> str:
    drawn = ~shapely.is_empty(drawing.polygons)
    places = frame.at(shapely.get_coordinates(shapely.point_on_surface(drawing.polygons[drawn])))
    codes = [code for code, one in zip(drawing.codes, drawn, strict=True) if one]
    return (
        f'<g font-family="system-ui,sans-serif" font-size="{_LETTER_PX}" font-weight="600" '
        'text-anchor="middle" fill="#11151a" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke">{"".join(_labels(codes, places.tolist()))}</g>'
    )


def _labels(codes: Iterable[str], places: Iterable[list[float]]) -> Iterable[str]:
    for code, (x, y) in zip(codes, places, strict=True):
        yield f'<text x="{x:.0f}" y="{y:.0f}">{escape(code)}</text>'
