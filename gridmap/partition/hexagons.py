"""Hexagons of the H3 grid as units, for territories without usable streets."""

from __future__ import annotations

import h3
import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from gridmap.errors import InputError, fault
from gridmap.partition.linework import LineKind
from gridmap.partition.merging import MergeRule
from gridmap.partition.noding import Floats, Geometries, Ints, segments_of
from gridmap.partition.units import Site, cut_for_outlets, finish, plane_of
from gridmap.territory import Units

_RESOLUTIONS = range(16)
_MOST_HEXAGONS = 500_000
#: Pieces at the border of the territory below this share of a hexagon are joined to a neighbour.
_CRUMB_SHARE = 0.05
#: A hexagon that meets the boundary has its centre within one edge of it; the rest is for the
#: difference between the reference systems.
_MARGIN_EDGES = 1.5


def hexagon_units(
    boundary: BaseGeometry, crs: str, resolution: int, *, own_xy: Floats | None = None
) -> Units:
    """Cut a territory into hexagons of the H3 grid.

    Parameters
    ----------
    boundary
        Territory, a Polygon or MultiPolygon in metres; hexagons are clipped to it.
    crs
        Its projected reference system.
    resolution
        H3 resolution, 0 … 15.
    own_xy
        Own outlets; those that share a hexagon are cut apart. Shape (n_own, 2).

    Returns
    -------
    Units
        Whole and clipped hexagons, as exact as units made from streets.

    Raises
    ------
    InputError
        If the resolution is unknown or far too fine, the boundary is no valid area, or own
        outlets lie at the same place, outside, or on the border.
    """
    if resolution not in _RESOLUTIONS:
        raise InputError(fault("units.unknown_resolution", found=resolution))
    site = Site.of(boundary, own_xy)
    hexagon_m2 = h3.average_hexagon_area(resolution, unit="m^2")
    expected = boundary.area / hexagon_m2
    if expected > _MOST_HEXAGONS:
        raise InputError(
            fault("units.too_many_hexagons", expected=f"{expected:.0f}", most=_MOST_HEXAGONS)
        )
    lines = _hexagon_lines(boundary, crs, resolution)
    kinds = np.full(len(lines), int(LineKind.CUT), dtype=np.int64)
    plane = plane_of(segments_of(lines, kinds, site.grid), boundary, site)
    crumb_m2 = _CRUMB_SHARE * hexagon_m2
    rule = MergeRule(crumb_m2, 0.0, crumb_m2, 0.0, np.inf, np.inf, np.inf)
    return finish(cut_for_outlets(plane, site), site, rule)


def _hexagon_lines(boundary: BaseGeometry, crs: str, resolution: int) -> Geometries:
    """Return the sides of all hexagons that meet the boundary, in metres, each once."""
    to_lonlat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    margin_m = _MARGIN_EDGES * h3.average_hexagon_edge_length(resolution, unit="m")
    wide = shapely.transform(
        boundary.buffer(margin_m), lambda xy: np.column_stack(to_lonlat.transform(*xy.T))
    )
    cells = sorted(h3.geo_to_cells(wide, resolution))
    # Neighbours name a common corner alike, so they agree on it to the last bit.
    corners = [h3.cell_to_vertexes(cell) for cell in cells]
    sides = {
        (min(one, other), max(one, other))
        for ring in corners
        for one, other in zip(ring, [*ring[1:], ring[0]], strict=True)
    }
    names = sorted({corner for side in sides for corner in side})
    lat, lon = np.array([h3.vertex_to_latlng(name) for name in names]).T
    x, y = to_lonlat.transform(lon, lat, direction="INVERSE")
    position = {name: number for number, name in enumerate(names)}
    ends: Ints = np.array([[position[a], position[b]] for a, b in sorted(sides)], dtype=np.int64)
    return np.asarray(shapely.linestrings(np.column_stack([x, y])[ends]), dtype=object)
