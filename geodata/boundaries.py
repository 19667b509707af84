"""The boundary of a territory: from any allowed vector file to one shape in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geodata.datum import Datum, to_wgs84
from geodata.vectors import WGS84, read_vectors, to_lonlat
from gridmap.errors import Fault, InputError, fault

Floats = NDArray[np.float64]

POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
#: A zone of the transverse Mercator projection is accurate to 1 ‰ this far from its meridian.
WIDEST_DEGREES = 3.5


@dataclass(frozen=True, eq=False)
class Boundary:
    """The boundary of a territory.

    Attributes
    ----------
    shape
        Polygon or MultiPolygon in metres.
    crs
        Projected reference system that was chosen: the UTM zone of the centroid.
    notices
        What had to be repaired.
    """

    shape: BaseGeometry
    crs: str
    notices: tuple[Fault, ...] = ()


def read_boundary(path: Path, *, datum: Datum = "wgs84", layer: str = "") -> Boundary:
    """Read the boundary of a territory: all polygons of a file together.

    Parameters
    ----------
    path
        File in a format of `geodata.vectors`.
    datum
        Datum of its coordinates.
    layer
        Layer; the first one by default.

    Raises
    ------
    InputError
        If the file is missing or unreadable, has no reference system or a wrong one, or no
        polygon with an area.
    """
    path = Path(path)
    geometries = to_lonlat(path, read_vectors(path, layer=layer))
    geometries = shapely.force_2d(geometries[~shapely.is_missing(geometries)])
    polygons = geometries[np.isin(shapely.get_type_id(geometries), POLYGONAL)]
    if not len(polygons):
        raise InputError(fault("world.no_polygon", path))
    if datum != "wgs84":
        polygons = shapely.transform(polygons, lambda lonlat: to_wgs84(lonlat, datum))
    broken = ~shapely.is_valid(polygons)
    polygons[broken] = [_areas(one) for one in shapely.make_valid(polygons[broken])]
    whole = shapely.union_all(polygons)
    if not whole.area > 0.0:
        raise InputError(fault("world.no_polygon", path))
    crs = utm_crs(*shapely.get_coordinates(whole.centroid)[0])
    notices = []
    if broken.any():
        notices.append(fault("world.boundary_repaired", path.name, count=int(broken.sum())))
    west, _, east, _ = whole.bounds
    if east - west > 2.0 * WIDEST_DEGREES:
        notices.append(fault("world.boundary_wide", path.name, degrees=round(east - west, 1)))
    metres = _areas(shapely.make_valid(project(whole, crs)))
    return Boundary(shape=metres, crs=crs, notices=tuple(notices))


def utm_crs(lon: float, lat: float) -> str:
    """Return the UTM zone of a place, for example ``EPSG:32630``."""
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{32600 + zone if lat >= 0.0 else 32700 + zone}"


def project(lonlat: BaseGeometry, crs: str) -> BaseGeometry:
    """Return a geometry in longitude and latitude (WGS-84) as one in metres."""
    return shapely.transform(lonlat, lambda points: project_points(points, crs))


def project_points(lonlat: Floats, crs: str) -> Floats:
    """Return WGS-84 points in metres of a projected reference system. Shape (n, 2)."""
    transformer = Transformer.from_crs(WGS84, crs, always_xy=True)
    return np.column_stack(transformer.transform(lonlat[:, 0], lonlat[:, 1]))


def unproject(metres: BaseGeometry, crs: str) -> BaseGeometry:
    """Return a geometry in metres as one in longitude and latitude (WGS-84)."""
    transformer = Transformer.from_crs(crs, WGS84, always_xy=True)
    return shapely.transform(
        metres, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )


def _areas(geometry: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry; repairing may leave lines and points beside them."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.union_all(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
