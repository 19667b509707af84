"""Vector files, read only in formats that cannot reach beyond themselves.

GDAL recognises a format by the content and not by the name: a file named .geojson may be a
virtual format that reads other files of the server or an address of the network. So the beginning
of the file must be that of the format its name claims, and the virtual format is switched off
before GDAL is loaded.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OGR_SKIP", "OGR_VRT")

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)
from pyproj.exceptions import CRSError as CRSFault
from shapely.errors import GEOSException

from geodata.archives import unpacked
from geodata.isolation import untrusted
from gridmap.errors import InputError, fault

Floats = NDArray[np.float64]

#: Allowed drivers by suffix.
DRIVERS = {
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".kml": "KML",
    ".tab": "MapInfo File",
    ".mif": "MapInfo File",
}
PARQUET = (".parquet", ".geoparquet")
PACKED = (".zip", ".kmz")
SUFFIXES = (*DRIVERS, *PARQUET)
BEGINNINGS = {
    ".gpkg": b"SQLite format 3\0",
    ".shp": b"\x00\x00\x27\x0a",
    ".fgb": b"fgb",
    ".tab": b"!table",
    ".mif": b"version",
    ".parquet": b"PAR1",
    ".geoparquet": b"PAR1",
}
#: Formats whose attributes have no sure encoding: strict UTF-8, else strict GB18030.
LOOSE = (".shp", ".tab", ".mif")
#: Comments and character data of XML.
HARMLESS = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
#: Bytes in which a KML file must say that it is one.
HEAD_BYTES = 4096
GEOJSON_TYPES = frozenset(
    {
        "FeatureCollection", "Feature", "GeometryCollection",
        "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon",
    }
)  # fmt: skip
WGS84 = "EPSG:4326"


@untrusted
def read_vectors(path: Path, *, layer: str = "") -> gpd.GeoDataFrame:
    """Return the features of a vector file in its own reference system.

    A shapefile without .prj whose numbers can be degrees is taken for WGS-84, see
    `reference_missing`.

    Parameters
    ----------
    path
        File in a format of `DRIVERS` or `PARQUET`, or an archive of `PACKED` with one such file.
    layer
        Layer; the first one by default.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another format than its name says or without a
        reference system, or if there is no such layer.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(fault("world.file_missing", path))
    suffix = path.suffix.lower()
    if suffix in PACKED:
        with unpacked(path, SUFFIXES) as inner:
            return _read(inner, layer)
    if suffix not in SUFFIXES:
        known = ", ".join((*SUFFIXES, *PACKED))
        raise InputError(fault("world.format_unknown", path, known=known))
    return _read(path, layer)


@untrusted
def layers_of(path: Path) -> list[str]:
    """Return the names of the layers of a vector file.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another format than its name says.
    """
    path = Path(path)
    if path.suffix.lower() in PARQUET:
        return [path.stem]
    _begins_or_fault(path)
    with _gdal_faults(path):
        return _layers(path)


def reference_missing(path: Path) -> bool:
    """Return whether a vector file leaves open what its coordinates are."""
    path = Path(path)
    return path.suffix.lower() == ".shp" and not any(
        path.with_suffix(one).is_file() for one in (".prj", ".PRJ")
    )


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    _begins_or_fault(path)
    if path.suffix.lower() in PARQUET:
        frame = _read_parquet(path)
    else:
        with _gdal_faults(path):
            layers = _layers(path)
            if layer and layer not in layers:
                have = ", ".join(layers)
                raise InputError(fault("world.layer_missing", path, layer=layer, have=have))
            frame = _read_layer(path, layer or layers[0])
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(fault("world.no_geometry", path))
    if frame.crs is None and reference_missing(path) and _can_be_degrees(frame):
        frame = frame.set_crs(WGS84)
    if frame.crs is None:
        raise InputError(fault("world.crs_missing", path))
    return frame


def _layers(path: Path) -> list[str]:
    return [str(name) for name in pyogrio.list_layers(path)[:, 0]]


def _read_layer(path: Path, layer: str) -> Any:
    options: dict[str, Any] = {"layer": layer, "on_invalid": "fix"}
    if path.suffix.lower() not in LOOSE or path.with_suffix(".cpg").is_file():
        return pyogrio.read_dataframe(path, **options)
    try:
        return pyogrio.read_dataframe(path, encoding="utf-8", **options)
    except UnicodeDecodeError:
        return pyogrio.read_dataframe(path, encoding="gb18030", **options)


def _read_parquet(path: Path) -> Any:
    try:
        return gpd.read_parquet(path)
    # A damaged file ends in one of many errors of Arrow, pyproj or shapely.
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(fault("world.file_unreadable", path, reason=reason)) from error


@contextmanager
def _gdal_faults(path: Path) -> Iterator[None]:
    """Turn what GDAL says about an unusable file into an `InputError`."""
    try:
        # What GDAL remarks about a file that it can read all the same is not worth a stop.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except (
        DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, CRSError,
        CRSFault, GEOSException, LookupError, ValueError, OverflowError, OSError,
    ) as error:  # fmt: skip
        if isinstance(error, InputError):
            raise
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error


def _can_be_degrees(frame: gpd.GeoDataFrame) -> bool:
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    return bool(len(xy) and (np.abs(xy) <= (180.0, 90.0)).all())


def to_lonlat(path: Path, frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the geometries in longitude and latitude. Shape (n_features,).

    Raises
    ------
    InputError
        If their numbers cannot be degrees: metres that are labelled as longitude and latitude,
        or a reference system that does not fit them.
    """
    if frame.crs.is_geographic:
        _degrees_or_fault(path, frame.geometry.to_numpy(), str(frame.crs.name))
    moved = np.asarray(frame.geometry.to_crs(WGS84).to_numpy(), dtype=object)
    _degrees_or_fault(path, moved, str(frame.crs.name))
    return moved


def lonlat_of(path: Path, frame: gpd.GeoDataFrame) -> Floats:
    """Return a point inside each feature in longitude and latitude, NaN if it has none.

    Shape (n_features, 2).
    """
    geometries = to_lonlat(path, frame)
    # An empty shape, or a point with coordinates that are no numbers, lies nowhere.
    lonlat = np.full((len(geometries), 2), np.nan)
    here = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    points = shapely.point_on_surface(geometries[here])
    sound = ~(shapely.is_missing(points) | shapely.is_empty(points))
    rows = np.flatnonzero(here)[sound]
    lonlat[rows] = shapely.get_coordinates(points[sound])
    return lonlat


def _degrees_or_fault(path: Path, geometries: Any, crs: str) -> None:
    xy = shapely.get_coordinates(geometries)
    if len(xy) and not (np.abs(xy) <= (180.0, 90.0)).all():
        most = np.abs(np.where(np.isfinite(xy), xy, np.inf)).max(axis=0)
        found = f"{most[0]:.1f}, {most[1]:.1f}"
        raise InputError(fault("world.crs_wrong", path, crs=crs, found=found))


def _begins_or_fault(path: Path) -> None:
    """Raise a fault if a file is not of the format that its name claims."""
    suffix = path.suffix.lower()
    if not _begins_as(path, suffix):
        expected = DRIVERS.get(suffix, "Parquet")
        raise InputError(fault("world.format_other", path, expected=expected))


def _begins_as(path: Path, suffix: str) -> bool:
    if DRIVERS.get(suffix) == "GeoJSON":
        try:
            content = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            return False
        return isinstance(content, dict) and _known_type(content.get("type"))
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if suffix == ".kml":
        # No declaration of entities: they make a small file expand without end, or read others.
        text = head.lstrip(codecs.BOM_UTF8).lstrip().lower()
        return text.startswith(b"<") and b"<kml" in text and b"<!" not in _all(path)
    return head.lstrip(codecs.BOM_UTF8).lower().startswith(BEGINNINGS[suffix].lower())


def _all(path: Path) -> bytes:
    """Return a KML file without its comments and character data, which may hold anything."""
    return HARMLESS.sub(b"", path.read_bytes())


def _known_type(value: object) -> bool:
    return isinstance(value, str) and value in GEOJSON_TYPES
