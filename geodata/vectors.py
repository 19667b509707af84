"""Vector files, read only in formats that cannot reach beyond themselves.

GDAL recognises a format by the content and not by the name: a file named .geojson may be a
virtual format that reads other files of the server or an address of the network. So the beginning
of the file must be that of the format its name claims, and the virtual format is switched off
before GDAL is loaded.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OGR_SKIP", "OGR_VRT")

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, GeometryError

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
}
SUFFIXES = tuple(DRIVERS)
BEGINNINGS = {
    "GPKG": b"SQLite format 3\0",
    "ESRI Shapefile": b"\x00\x00\x27\x0a",
    "FlatGeobuf": b"fgb",
}
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

    Parameters
    ----------
    path
        File in .geojson, .json, .gpkg, .shp or .fgb.
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
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise InputError(fault("world.format_unknown", path, known=", ".join(DRIVERS)))
    if not _begins_as(path, driver):
        raise InputError(fault("world.format_other", path, expected=driver))
    try:
        # What GDAL remarks about a file that it can read all the same is not worth a stop.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
            if layer and layer not in layers:
                have = ", ".join(layers)
                raise InputError(fault("world.layer_missing", path, layer=layer, have=have))
            frame = pyogrio.read_dataframe(path, layer=layer or layers[0], on_invalid="fix")
    except (DataSourceError, DataLayerError, GeometryError, IndexError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(fault("world.no_geometry", path))
    if frame.crs is None:
        raise InputError(fault("world.crs_missing", path))
    return frame


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
    points = shapely.point_on_surface(to_lonlat(path, frame))
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _degrees_or_fault(path: Path, geometries: Any, crs: str) -> None:
    xy = shapely.get_coordinates(geometries)
    if len(xy) and not (np.abs(xy) <= (180.0, 90.0)).all():
        most = np.abs(np.where(np.isfinite(xy), xy, np.inf)).max(axis=0)
        found = f"{most[0]:.1f}, {most[1]:.1f}"
        raise InputError(fault("world.crs_wrong", path, crs=crs, found=found))


def _begins_as(path: Path, driver: str) -> bool:
    if driver != "GeoJSON":
        with path.open("rb") as file:
            return file.read(16).startswith(BEGINNINGS[driver])
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("type") in GEOJSON_TYPES
