"""Streets, water and green under a picture of a plan, out of the tiles of its basemap."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from dashboards.tiles import TileArchive

#: Layers from below, with the colour of an area, or the colour and width of a line in pixels.
_AREAS = {"green": "#d9e7d0", "water": "#b4d3e6"}
_LINES = {
    "waterway": ("#b4d3e6", 1.5),
    "road_minor": ("#ffffff", 1.6),
    "road_tertiary": ("#ffffff", 2.4),
    "road_secondary": ("#f5dd9a", 2.8),
    "road_primary": ("#f5dd9a", 3.4),
    "road_trunk": ("#f0cf7d", 3.8),
    "road_motorway": ("#f0cf7d", 4.2),
    "rail": ("#a3a09a", 1.2),
}
_GROUND, _CASING = "#eceae4", "#c9c2b4"
#: Streets of houses are drawn while a pixel is at most so many metres.
_MINOR_TO_M = 8.0
#: Zooms that the tiles have; a tile covers about so many pixels of the picture.
_ZOOMS = (6, 15)
_TILE_PX = 300.0
_EQUATOR_M = 40_075_016.686
_MERCATOR = "EPSG:3857"
#: Vertices closer than this to the one before are not drawn. Pixels.
_LEAST_STEP_PX = 0.6

Bounds = tuple[float, float, float, float]


def ground_picture(archive: TileArchive, crs: str, bounds: Bounds, metres_per_px: float) -> str:
    """Return the ground as SVG elements.

    Parameters
    ----------
    archive
        Tiles of the basemap.
    crs
        Reference system of the picture, in metres.
    bounds
        What the picture shows, as ``(left, bottom, right, top)`` in metres.
    metres_per_px
        Scale of the picture.
    """
    left, bottom, right, top = bounds
    to_picture = Transformer.from_crs(_MERCATOR, crs, always_xy=True)
    layers = {name: list[str]() for name in (*_AREAS, *_LINES)}
    for name, mercator in _parts(archive.path, crs, bounds, metres_per_px):
        x, y = to_picture.transform(mercator[:, 0], mercator[:, 1])
        pixels = np.column_stack([np.asarray(x) - left, top - np.asarray(y)]) / metres_per_px
        layers[name].append(_path(pixels, closed=name in _AREAS))
    width, height = (right - left) / metres_per_px, (top - bottom) / metres_per_px
    areas = (
        f'<path fill="{colour}" fill-rule="evenodd" d="{"".join(layers[name])}"/>'
        for name, colour in _AREAS.items()
    )
    casings = (
        _line(layers[name], _CASING, thick + 1.2)
        for name, (_, thick) in _LINES.items()
        if name.startswith("road_")
    )
    lines = (_line(layers[name], colour, thick) for name, (colour, thick) in _LINES.items())
    plain = f'<rect width="{width:.0f}" height="{height:.0f}" fill="{_GROUND}"/>'
    return "".join([plain, *areas, *casings, *lines])


def _parts(
    path: Path, crs: str, bounds: Bounds, metres_per_px: float
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Return the lines and rings on the tiles that meet the bounds: layer, places in Mercator."""
    _, south, _, north = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform_bounds(
        *bounds
    )
    round_m = _EQUATOR_M * math.cos(math.radians((south + north) / 2.0))
    zoom = round(math.log2(round_m / (metres_per_px * _TILE_PX)))
    frame = Transformer.from_crs(crs, _MERCATOR, always_xy=True).transform_bounds(*bounds)
    here = {str(name) for name, _ in pyogrio.list_layers(path)}
    for name in (*_AREAS, *_LINES):
        if name not in here or (name == "road_minor" and metres_per_px > _MINOR_TO_M):
            continue
        _, _, found, _ = pyogrio.raw.read(
            path,
            layer=name,
            columns=[],
            bbox=frame,
            ZOOM_LEVEL=min(max(zoom, _ZOOMS[0]), _ZOOMS[1]),
        )
        shapes = shapely.get_parts(shapely.from_wkb(found))
        kind = shapely.get_type_id(shapes)
        drawn = (
            shapely.get_rings(shapes[kind == shapely.GeometryType.POLYGON])
            if name in _AREAS
            else shapes[kind == shapely.GeometryType.LINESTRING]
        )
        for each in drawn:
            yield name, shapely.get_coordinates(each)


def _path(pixels: NDArray[np.float64], *, closed: bool) -> str:
    step = np.abs(np.diff(pixels, axis=0)).max(axis=1) >= _LEAST_STEP_PX
    kept = pixels[np.concatenate([[True], step])]
    if len(kept) < (3 if closed else 2):
        return ""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in kept.tolist())
    return f"M{points}{'Z' if closed else ''}"


def _line(paths: list[str], colour: str, thick: float) -> str:
    return (
        f'<path fill="none" stroke="{colour}" stroke-width="{thick}" stroke-linejoin="round" '
        f'stroke-linecap="round" d="{"".join(paths)}"/>'
    )
