"""Opening OpenStreetMap files, and the faults of those that cannot be opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gridmap.errors import InputError, fault

Floats = NDArray[np.float64]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what osmium says about an unusable file into an `InputError`.

    Raises
    ------
    InputError
        If the file is missing, cut off, damaged or of another format.
    """
    if not path.is_file():
        raise InputError(fault("streets.file_missing", path))
    try:
        yield
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise InputError(fault("streets.file_unreadable", path, reason=error)) from error


def areas(path: Path, *filters: Any, keys: tuple[str, ...]) -> Any:
    """Return a processor over the areas that osmium assembles, those with one of the keys.

    Closed ways and complete multipolygon and boundary relations become areas; relations are
    taken only if they pass `filters`.
    """
    return (
        osmium.FileProcessor(str(path))
        .with_areas(*filters)
        .with_filter(osmium.filter.EntityFilter(osmium.osm.AREA))
        .with_filter(osmium.filter.KeyFilter(*keys))
    )


def area_id(area: Any) -> str:
    """Return the id of an area with the letter of the object it was made from: w or r."""
    return f"{'w' if area.from_way() else 'r'}{area.orig_id()}"


class AreaShapes:
    """Makes shapely geometries of osmium areas."""

    def __init__(self) -> None:
        self._factory = osmium.geom.WKBFactory()

    def wkb(self, area: Any) -> bytes | None:
        """Return the well-known binary of an area in lon/lat, None if it has no valid rings."""
        try:
            return bytes.fromhex(self._factory.create_multipolygon(area))
        except RuntimeError:
            return None


def to_crs(crs: str) -> Transformer:
    """Return the transformation from lon/lat to a projected reference system in metres.

    Raises
    ------
    InputError
        If `crs` is unknown, not projected or not in metres.
    """
    try:
        system = CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError(fault("streets.crs_unusable", crs=crs)) from error
    if not system.is_projected or system.axis_info[0].unit_conversion_factor != 1.0:
        raise InputError(fault("streets.crs_unusable", crs=crs))
    return Transformer.from_crs("EPSG:4326", system, always_xy=True)


def project(geometries: NDArray[np.object_], transformer: Transformer) -> NDArray[np.object_]:
    """Return geometries in lon/lat as geometries in metres. Shape (n,)."""

    def move(lonlat: Floats) -> Floats:
        return np.column_stack(transformer.transform(lonlat[:, 0], lonlat[:, 1]))

    return np.asarray(shapely.transform(geometries, move), dtype=object)
