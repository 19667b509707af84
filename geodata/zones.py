"""Demand that zones carry: spread evenly over each zone, so that several units share it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.tables import Table, read_table
from geodata.vectors import SUFFIXES, read_vectors, to_lonlat

Floats = NDArray[np.float64]

#: Points a side of the box around a zone: fewer for more zones, so that there are never too many.
FEWEST, MOST = 2, 8
POINTS = 200_000


def read_spread(
    path: Path, *, sheet: str = "", encoding: str = "", names: Sequence[str] = ()
) -> tuple[Table, Floats]:
    """Read demand: the rows of a table, or of a vector file the points its zones are spread to.

    The points of a zone lie on a lattice inside it and have equal shares of its weight (areal
    weighting: the demand of a zone is taken to be even). A point feature stays one point.

    Parameters
    ----------
    path
        File in a format of `geodata.tables`.
    sheet
        Sheet or layer; the first one by default.
    encoding, names
        As for `geodata.tables.read_table`.

    Returns
    -------
    Table
        A row a point; the points of a zone have its row number.
    Floats
        Share of the row's weight that each point has, 1 where nothing is spread. Shape (n_rows,).

    Raises
    ------
    InputError
        As for `geodata.tables.read_table`.
    """
    path = Path(path)
    table = read_table(path, sheet=sheet, encoding=encoding, names=names)
    if path.suffix.lower() not in SUFFIXES:
        return table, np.ones(len(table))
    geometries = to_lonlat(path, read_vectors(path, layer=sheet))
    # The first row of the table is the first feature, in row 2 below the header.
    zones = geometries[table.row - 2]
    side = min(max(int(math.sqrt(POINTS / max(len(zones), 1))), FEWEST), MOST)
    points = [_lattice(zone, side) for zone in zones]
    size = np.array([max(len(one), 1) for one in points], dtype=np.int64)
    owner = np.repeat(np.arange(len(zones)), size)
    text = table.text.iloc[owner].reset_index(drop=True)
    spread = np.repeat([len(one) > 0 for one in points], size)
    for column, values in zip(("lon", "lat"), np.concatenate(points).T.tolist(), strict=True):
        text.loc[spread, column] = [repr(value) for value in values]
    return Table(table.name, text, table.row[owner]), 1.0 / size[owner]


def _lattice(zone: BaseGeometry | None, side: int) -> Floats:
    """Return points evenly inside a polygon, none if it is no polygon or too thin for the lattice.

    Shape (n_points, 2).
    """
    if zone is None or shapely.get_dimensions(zone) != 2:
        return np.empty((0, 2))
    west, south, east, north = shapely.bounds(zone)
    share = (np.arange(side) + 0.5) / side
    lon, lat = np.meshgrid(west + (east - west) * share, south + (north - south) * share)
    points = np.column_stack([lon.ravel(), lat.ravel()])
    shapely.prepare(zone)
    return points[shapely.intersects_xy(zone, points)]
