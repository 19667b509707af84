"""Demand that zones and grids carry becomes points, and none of it is lost on the way.

A zone keeps the share of its weight that lies in the territory, by area; what lies outside is
told. Inside, the weight goes in equal shares to points of a lattice (areal weighting: the demand
of a zone is taken to be even), or to the points of a finer source that lie in the zone, by their
weights (dasymetric weighting: buildings, for example). The points of a zone add up to its weight.

References
----------
M. F. Goodchild and N. S.-N. Lam (1980), Areal interpolation: a variant of the traditional spatial
problem, Geo-Processing 1: 297–312. C. L. Eicher and C. A. Brewer (2001), Dasymetric mapping and
areal interpolation, Cartography and Geographic Information Science 28 (2): 125–138.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project_points, shift
from geodata.project_file import DemandSection
from geodata.vectors import SUFFIXES, read_vectors, to_lonlat
from gridmap.datum import to_wgs84
from gridmap.errors import InputError, fault

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

#: Points a side of the box around a zone: fewer for more zones, so that there are never too many.
FEWEST, MOST = 2, 8
POINTS = 200_000
#: Two steps of a grid that differ by more than this share are not one grid.
SAME_STEP = 0.02


@dataclass(frozen=True, eq=False)
class Spread:
    """Demand points of zones.

    Attributes
    ----------
    xy
        Points in metres. Shape (n_points, 2).
    zone
        Zone of each point. Shape (n_points,).
    share
        Share of the zone's weight that each point has. The shares of a zone add up to `inside`.
        Shape (n_points,).
    inside
        Share of each zone that lies in the territory, 0 … 1. Shape (n_zones,).
    """

    xy: Floats
    zone: Ints
    share: Floats
    inside: Floats

    def weights(self, weight: Floats) -> Floats:
        """Return the weight of each point for the weights of the zones. Shape (n_points,)."""
        return np.asarray(weight[self.zone] * self.share, dtype=np.float64)


def spread_zones(
    zones: Geometries,
    territory: BaseGeometry,
    *,
    by_xy: Floats | None = None,
    by_weight: Floats | None = None,
) -> Spread:
    """Spread zones to points inside the territory.

    Parameters
    ----------
    zones
        Geometries in metres: polygons are spread; of a point or line a point stands for it; None
        and empty ones have no share. Shape (n_zones,).
    territory
        Boundary in metres.
    by_xy, by_weight
        Points that say where in a zone its demand is, with their weights (≥ 0). A zone in whose
        part inside the territory none of them lies is spread evenly. Shapes (n, 2) and (n,).
    """
    side = min(max(int(math.sqrt(POINTS / max(len(zones), 1))), FEWEST), MOST)
    shapely.prepare(territory)
    finer: dict[int, Ints] = {}
    inside = np.zeros(len(zones))
    parts: list[BaseGeometry] = []
    for number, zone in enumerate(zones):
        part, inside[number] = _inside(zone, territory)
        parts.append(part)
    if by_xy is not None and len(by_xy):
        finer = _points_in(parts, by_xy)
    weight = np.ones(0) if by_weight is None else by_weight
    xy, zone_of, share = [], [], []
    for number, part in enumerate(parts):
        if inside[number] == 0.0:
            continue
        chosen = finer.get(number)
        if chosen is not None and by_xy is not None and weight[chosen].sum() > 0.0:
            chosen = chosen[weight[chosen] > 0.0]
            points, shares = by_xy[chosen], weight[chosen] / weight[chosen].sum()
        else:
            points = _lattice(part, side)
            shares = np.full(len(points), 1.0 / len(points))
        xy.append(points)
        share.append(shares * inside[number])
        zone_of.append(np.full(len(points), number, dtype=np.int64))
    return Spread(
        np.concatenate([np.empty((0, 2)), *xy]),
        np.concatenate([np.empty(0, dtype=np.int64), *zone_of]),
        np.concatenate([np.empty(0), *share]),
        inside,
    )


def zones_of(
    path: Path, row: Ints, lonlat: Floats, section: DemandSection, *, crs: str
) -> Geometries | None:
    """Return the zone of each row of a demand file in metres, None if its rows are points.

    Parameters
    ----------
    path
        The file.
    row
        Row of each feature as a spreadsheet shows it, 2 the first. Shape (n_rows,).
    lonlat
        Place of each row as it stands in the file. Shape (n_rows, 2).
    section
        Section [demand] of the project file.
    crs
        Reference system in metres.

    Raises
    ------
    InputError
        If the rows should be cells of a grid and are not.
    """
    if section.grid:
        try:
            zones = grid_cells(lonlat)
        except ValueError as error:
            raise InputError(fault("places.no_grid", path.name)) from error
    elif path.suffix.lower() in SUFFIXES:
        frame = read_vectors(path, layer=section.sheet)
        zones = shapely.force_2d(to_lonlat(path, frame))[row - 2]
        if not (shapely.get_dimensions(zones) == 2).any():
            return None
    else:
        return None
    known = ~shapely.is_missing(zones)
    shifted = np.full(len(zones), None, dtype=object)
    areas = shapely.get_dimensions(zones) == 2
    shifted[areas] = shift(zones[areas], section.datum)
    rest = known & ~areas
    shifted[rest] = shapely.transform(zones[rest], lambda xy: to_wgs84(xy, section.datum))
    metres = np.full(len(zones), None, dtype=object)
    metres[known] = shapely.transform(shifted[known], lambda xy: project_points(xy, crs))
    return metres


def grid_cells(lonlat: Floats) -> Geometries:
    """Return the cell of each centre of a regular grid in longitude and latitude.

    The step is the least distance between two columns or rows that is found most often; cells
    that lack leave a gap.

    Parameters
    ----------
    lonlat
        Centres in degrees, NaN where there is none. Shape (n, 2).

    Raises
    ------
    ValueError
        If the centres do not stand on one regular grid.
    """
    cells = np.full(len(lonlat), None, dtype=object)
    known = np.isfinite(lonlat).all(axis=1)
    if not known.any():
        return cells
    half_lon, half_lat = (_step(lonlat[known, axis]) / 2.0 for axis in (0, 1))
    lon, lat = lonlat[known].T
    cells[known] = shapely.box(lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat)
    return cells


def _inside(zone: BaseGeometry | None, territory: BaseGeometry) -> tuple[BaseGeometry, float]:
    """Return the part of a zone inside the territory and its share of the zone."""
    if zone is None or zone.is_empty:
        return shapely.Polygon(), 0.0
    if shapely.get_dimensions(zone) != 2 or not zone.area > 0.0:
        point = shapely.point_on_surface(zone)
        return point, float(shapely.intersects(territory, point))
    if shapely.contains_properly(territory, zone):
        return zone, 1.0
    valid = zone if zone.is_valid else shapely.make_valid(zone)
    part = shapely.intersection(valid, territory)
    return part, min(float(part.area / valid.area), 1.0)


def _points_in(parts: list[BaseGeometry], xy: Floats) -> dict[int, Ints]:
    """Return the points in each zone; one on a common border is the lower zone's only."""
    areas = [one if shapely.get_dimensions(one) == 2 else shapely.Polygon() for one in parts]
    tree = shapely.STRtree(np.array(areas, dtype=object))
    point, zone = tree.query(shapely.points(xy), predicate="intersects")
    order = np.lexsort((zone, point))
    point, zone = point[order], zone[order]
    first = np.append(True, point[1:] != point[:-1])
    point, zone = point[first], zone[first]
    by_zone = np.argsort(zone, kind="stable")
    owners, start = np.unique(zone[by_zone], return_index=True)
    groups = np.split(point[by_zone].astype(np.int64), start[1:])
    return dict(zip(owners.tolist(), groups, strict=True))


def _lattice(part: BaseGeometry, side: int) -> Floats:
    """Return points evenly inside a geometry, one at least. Shape (n_points, 2)."""
    if shapely.get_dimensions(part) == 2:
        west, south, east, north = shapely.bounds(part)
        share = (np.arange(side) + 0.5) / side
        x, y = np.meshgrid(west + (east - west) * share, south + (north - south) * share)
        points = np.column_stack([x.ravel(), y.ravel()])
        shapely.prepare(part)
        points = points[shapely.contains_xy(part, points)]
        if len(points):
            return points
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(part)), dtype=np.float64)


def _step(values: Floats) -> float:
    """Return the step of the regular grid that values stand on.

    Raises
    ------
    ValueError
        If they do not stand on one.
    """
    lines = np.unique(np.round(values, 9))
    if len(lines) < 2:
        raise ValueError("Expected at least two columns and two rows of a grid.")
    gaps = np.diff(lines)
    # Rounding in the file splits a line of the grid into several a hair apart.
    gaps = gaps[gaps > SAME_STEP * gaps.max()]
    step = float(np.median(gaps[gaps < 1.5 * gaps.min()]))
    times = gaps / step
    if (np.abs(times - np.rint(times)) > SAME_STEP * np.maximum(times, 1.0)).any():
        raise ValueError("Expected centres of one regular grid.")
    return step
