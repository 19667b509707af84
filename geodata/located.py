"""Where the rows of a table are: from columns of coordinates, of pairs, or of WKT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.points import read_coordinates
from geodata.sieve import Sieve
from geodata.tables import Table
from geodata.values import empty, half_width
from gridmap.errors import Fault, fault

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

PLACE = ("lon", "lat", "lonlat", "latlon", "wkt")
#: Parts of polygons smaller or narrower than this are left over from drawing. m², metres.
SLIVER_M2, SLIVER_M = 1.0, 0.5
METRES_A_DEGREE = 111_320.0
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def place_columns(
    table: Table, columns: Mapping[str, list[str]], faults: Sequence[Fault]
) -> tuple[dict[str, list[str]], list[Fault]]:
    """Return the columns with one way to a place only, and the faults that matter then.

    Longitude and latitude win over a pair in one cell, and a pair over WKT.
    """
    asked = {one.values.get("field") for one in faults}
    ways = (("lon", "lat"), ("lonlat",), ("latlon",), ("wkt",))
    way = next(
        (one for one in ways if all(columns.get(name) or name in asked for name in one)), None
    )
    unused = [name for name in PLACE if way and name not in way]
    chosen = {name: [] if name in unused else found for name, found in columns.items()}
    left = [one for one in faults if one.values.get("field") not in unused]
    if way is None:
        have = ", ".join(table.columns)
        left += [
            fault("world.column_needed", table.name, field=name, have=have)
            for name in ("lon", "lat")
            if not columns.get(name) and name not in asked
        ]
    return chosen, left


def read_places(sieve: Sieve, text: Mapping[str, pd.Series[str]]) -> tuple[Floats, Objects | None]:
    """Return coordinates as given, NaN where there are none, and the shapes that WKT draws.

    Parameters
    ----------
    text
        The cells of each field of `PLACE`, empty where the table has no such column.

    Returns
    -------
    Floats
        Longitude and latitude, of a shape a point inside it. Shape (n_rows, 2).
    Objects or None
        Shape of each row, None where it has no use; None if there is no WKT. Shape (n_rows,).
    """
    none = pd.Series("", index=text["id"].index, dtype=object)
    cells = {name: text.get(name, none) for name in PLACE}
    for name in ("lonlat", "latlon"):
        if (cells[name] != "").any():
            lonlat = read_coordinates(sieve, cells[name], cells[name])
            return (lonlat if name == "lonlat" else lonlat[:, ::-1].copy()), None
    if not (cells["wkt"] != "").any():
        return read_coordinates(sieve, cells["lon"], cells["lat"]), None
    shapes = read_wkt(sieve, cells["wkt"])
    points = shapely.point_on_surface(shapes)
    known = np.array([one is not None and not one.is_empty for one in points], dtype=bool)
    lon, lat = (
        pd.Series(
            [repr(float(value)) if here else "" for here, value in zip(known, part, strict=True)],
            index=none.index,
            dtype=object,
        )
        for part in (shapely.get_x(points), shapely.get_y(points))
    )
    unread = ~empty(cells["wkt"]) & ~known
    lon[unread], lat[unread] = "0.5", "0.5"  # said already; it shall not be missing, too
    lonlat = read_coordinates(sieve, lon, lat)
    lonlat[unread] = np.nan
    return lonlat, shapes


def read_wkt(sieve: Sieve, text: pd.Series[str]) -> Objects:
    """Return the shapes of WKT, None where there is none. Shape (n_rows,).

    Rings that are not closed and polygons that cross themselves are mended, slivers are left out;
    the direction of a ring does not matter.
    """
    bare = [half_width(one).rpartition("SRID=")[2].partition(";")[::2] for one in text]
    plain = np.array([tail or head for head, tail in bare], dtype=object)
    nothing = empty(text)
    plain[nothing] = None
    shapes = np.asarray(shapely.from_wkt(plain, on_invalid="ignore"), dtype=object)
    bad = np.array([one is None for one in shapes]) & ~nothing
    fixed = np.full(len(shapes), None, dtype=object)
    if bad.any():
        fixed[bad] = [_closed(one) for one in plain[bad]]
    closed = np.array([one is not None for one in fixed])
    shapes[closed] = fixed[closed]
    unread = bad & ~closed
    sieve.reject(unread, "tables.wkt_unread", [one[:40] for one in text])
    sieve.repair(closed, "tables.ring_closed")

    areal = np.isin(shapely.get_type_id(shapes), POLYGONS)
    crossing = areal & ~shapely.is_valid(shapes)
    shapes[crossing] = shapely.make_valid(shapes[crossing], method="structure")
    sieve.repair(crossing, "tables.polygon_mended")
    for at in np.flatnonzero(areal):
        shapes[at] = _without_slivers(shapes[at])
    sliver = areal & np.array([one is None for one in shapes])
    sieve.reject(sliver, "tables.polygon_sliver")
    shapes[areal & ~sliver] = shapely.orient_polygons(shapes[areal & ~sliver])
    return shapes


def _closed(wkt: str) -> shapely.Geometry | None:
    found = shapely.from_wkt(wkt, on_invalid="fix")
    return found if isinstance(found, shapely.Geometry) and not found.is_empty else None


def _without_slivers(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return a shape's polygons that are wide enough to be meant, None if there is none."""
    east = METRES_A_DEGREE * np.cos(np.radians(np.clip(shapely.bounds(shape)[1], -89.0, 89.0)))
    parts = [one for one in shapely.get_parts(shape) if one.geom_type.endswith("Polygon")]
    parts = [piece for one in parts for piece in shapely.get_parts(one)]
    metric = shapely.transform(parts, lambda xy: xy * (east, METRES_A_DEGREE))
    area, rim = shapely.area(metric), shapely.length(metric)
    wide = (area >= SLIVER_M2) & (2.0 * area >= SLIVER_M * rim)
    kept = [one for one, good in zip(parts, wide, strict=True) if good]
    return shapely.union_all(kept) if kept else None
