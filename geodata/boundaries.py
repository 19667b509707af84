"""The boundary of a territory: from any allowed vector file to one shape in metres."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geodata.isolation import untrusted
from geodata.vectors import WGS84, read_vectors, reference_missing, to_lonlat
from gridmap.datum import Datum, to_wgs84
from gridmap.errors import Fault, InputError, fault, some_ids

Floats = NDArray[np.float64]

POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
#: A zone of the transverse Mercator projection is accurate to 1 ‰ this far from its meridian.
WIDEST_DEGREES = 3.5
#: Edges are cut into pieces of this many degrees before a datum shifts them, as the shift is not
#: linear: its shortest wave (BD-09: 0.12° long, 40 m high) bends a piece by less than 2 cm.
SHIFT_DEGREES = 0.001


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
    frame = read_vectors(path, layer=layer)
    geometries = shapely.force_2d(to_lonlat(path, frame))
    here = ~shapely.is_missing(geometries) & np.isin(shapely.get_type_id(geometries), POLYGONAL)
    if not here.any():
        raise InputError(fault("world.no_polygon", path))
    feature = np.flatnonzero(here)
    polygons = shift(geometries[here], datum)
    broken = ~shapely.is_valid(polygons)
    polygons[broken] = [_areas(one) for one in shapely.make_valid(polygons[broken])]
    wrong = sorted({*feature[broken].tolist(), *unclosed_rings(path)})
    whole = shapely.union_all(polygons)
    if not whole.area > 0.0:
        raise InputError(fault("world.no_polygon", path))
    crs = utm_crs(*shapely.get_coordinates(whole.centroid)[0])
    notices = []
    if reference_missing(path):
        notices.append(fault("sandbox.crs_assumed", path.name))
    if wrong:
        which = some_ids(f"#{row + 1}" for row in wrong)
        notices.append(fault("world.boundary_repaired", path.name, count=len(wrong), which=which))
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


def shift(polygons: NDArray[np.object_], datum: Datum) -> NDArray[np.object_]:
    """Return polygons in longitude and latitude of a datum as ones in WGS-84. Shape (n,)."""
    if datum == "wgs84":
        return polygons
    fine = shapely.segmentize(polygons, SHIFT_DEGREES)
    return np.asarray(shapely.transform(fine, lambda lonlat: to_wgs84(lonlat, datum)), dtype=object)


def project_areas(
    path: Path, frame: gpd.GeoDataFrame, *, crs: str, datum: Datum = "wgs84"
) -> list[BaseGeometry]:
    """Return the valid area of each feature in metres, empty where it has none.

    Raises
    ------
    InputError
        If the coordinates cannot be degrees.
    """
    geometries = shapely.force_2d(to_lonlat(path, frame))
    geometries[shapely.is_missing(geometries)] = shapely.Polygon()
    shifted = shift(geometries, datum)
    return [_areas(shapely.make_valid(project(one, crs))) for one in shifted]


@untrusted
def unclosed_rings(path: Path) -> list[int]:
    """Return the features of a GeoJSON file with a ring that does not end where it began.

    GDAL closes such a ring without a word; other formats cannot hold one.
    """
    if path.suffix.lower() not in (".geojson", ".json"):
        return []
    content = json.loads(path.read_bytes())
    features = content.get("features", [content])
    found = []
    for row, feature in enumerate(features):
        geometry = (feature.get("geometry", feature) or {}) if isinstance(feature, dict) else {}
        polygons = geometry.get("coordinates") or []
        if geometry.get("type") == "Polygon":
            polygons = [polygons]
        elif geometry.get("type") != "MultiPolygon":
            continue
        if any(ring and ring[0] != ring[-1] for rings in polygons for ring in rings):
            found.append(row)
    return found


def _areas(geometry: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry; repairing may leave lines and points beside them."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.union_all(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
