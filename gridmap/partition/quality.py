"""How good units are, measured from their polygons alone; no code is shared with their making."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.partition.linework import LineKind, Linework

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

#: What counts as a sliver, and as small.
SLIVER_M2, SLIVER_WIDTH_M = 400.0, 6.0
SMALL_M2, SMALL_WIDTH_M = 2000.0, 16.0
#: Lines nearer than this to a border run along it: half a step of the grid, rounded up, either way.
ALONG_M = 0.03
#: A unit straddles a barrier if the smaller side has at least this area and mean width.
SIDE_M2, SIDE_WIDTH_M = 400.0, 6.0
BARRIER = LineKind.RIVER | LineKind.SHORE | LineKind.RAIL | LineKind.MOTORWAY
_STEPS_PER_M = 100
#: Borders are compared at points this far apart.
_SAMPLE_M = 5.0


@dataclass(frozen=True)
class UnitFigures:
    """Figures of the units of a territory.

    Attributes
    ----------
    units
        Number of units.
    exact
        Whether every edge lies between two units or on the border, and none meet elsewhere than
        at common end points; compared as integers.
    valid
        Whether all polygons are valid.
    border_cm
        Hausdorff distance between the border of all units together and the boundary given.
    slivers, small, strips
        Share of units with less than `SLIVER_M2` or `SLIVER_WIDTH_M`; `SMALL_M2` or
        `SMALL_WIDTH_M`; and that have no demand and no street and only barriers along at least
        half of their outline.
    admin_lost_m
        Metres of administrative lines inside the territory along which no unit ends.
    straddling
        Share of units with ground on both sides of a barrier.
    over_load, over_area
        Units above 1.25 × the demand limit (apart from those whose heaviest single place is the
        reason) and above 1.5 × the area limit.
    crowded, homeless
        Units with several own outlets; own outlets in no unit.
    """

    units: int
    exact: bool
    valid: bool
    border_cm: float
    slivers: float
    small: float
    admin_lost_m: float
    straddling: float
    over_load: int
    over_area: int
    crowded: int
    homeless: int


def unit_figures(
    polygons: Geometries,
    boundary: BaseGeometry,
    linework: Linework,
    *,
    own_xy: Floats,
    demand_xy: Floats,
    demand_weight: Floats,
    max_load: float,
    max_area_m2: float,
) -> UnitFigures:
    """Measure units.

    Parameters
    ----------
    polygons
        The units in metres. Shape (n_units,).
    boundary
        Territory as it was given.
    linework
        Lines that the units were made from.
    own_xy
        Own outlets. Shape (n_own, 2).
    demand_xy, demand_weight
        Demand points. Shapes (n, 2) and (n,).
    max_load, max_area_m2
        Limits of a unit.
    """
    area, width = shapely.area(polygons), mean_width_m(polygons)
    load, heaviest = _loads(polygons, demand_xy, demand_weight)
    own = _held(polygons, own_xy)
    too_heavy = (load > 1.25 * max_load) & (load > heaviest + 1e-9)
    return UnitFigures(
        units=len(polygons),
        exact=exact_faults(polygons, boundary) == 0,
        valid=bool(shapely.is_valid(polygons).all()),
        border_cm=100.0 * border_distance_m(polygons, boundary),
        slivers=float(((area < SLIVER_M2) | (width < SLIVER_WIDTH_M)).mean()),
        small=float(((area < SMALL_M2) | (width < SMALL_WIDTH_M)).mean()),
        admin_lost_m=lost_m(polygons, boundary, linework, LineKind.ADMIN),
        straddling=float(straddling(polygons, linework).mean()),
        over_load=int(too_heavy.sum()),
        over_area=int((area > 1.5 * max_area_m2).sum()),
        crowded=int((own > 1).sum()),
        homeless=len(own_xy) - int(own.sum()),
    )


def mean_width_m(polygons: Geometries) -> Floats:
    """Return 2 · area / perimeter: the width of a long rectangle. Shape (n,)."""
    return np.asarray(2.0 * shapely.area(polygons) / shapely.length(polygons), dtype=np.float64)


def exact_faults(polygons: Geometries, boundary: BaseGeometry) -> int:
    """Return how many edges break the tiling; 0 is the proof that there is no gap or overlap.

    Vertices are taken as integers. Faults are vertices off the grid; directed edges that occur
    twice; edges that meet elsewhere than at common ends; and edges of one unit only that are
    further than two steps of the grid from the boundary.
    """
    start, end = _edges(polygons)
    first, last = np.rint(start * _STEPS_PER_M), np.rint(end * _STEPS_PER_M)
    off_grid = int((np.abs(first - start * _STEPS_PER_M) > 1e-4).any(axis=1).sum())
    low = first.min(axis=0)
    first, last = (first - low).astype(np.int64), (last - low).astype(np.int64)
    size = int(max(first.max(), last.max())) + 1
    here, there = first[:, 0] * size + first[:, 1], last[:, 0] * size + last[:, 1]
    points, number = np.unique(np.concatenate([here, there]), return_inverse=True)
    tail, head = number[: len(here)], number[len(here) :]
    forth, back = tail * len(points) + head, head * len(points) + tail
    twice = len(forth) - len(np.unique(forth))
    alone = ~np.isin(forth, back)
    middle = shapely.points((start[alone] + end[alone]) / 2.0)
    astray = int((shapely.distance(middle, shapely.boundary(boundary)) > 2.0 / _STEPS_PER_M).sum())
    once = tail < head
    once |= alone
    return off_grid + twice + astray + _meetings(first[once], last[once])


def border_distance_m(polygons: Geometries, boundary: BaseGeometry) -> float:
    """Return the Hausdorff distance of the border of all polygons to that of `boundary`."""
    start, end = _edges(polygons)
    forth = np.column_stack([start, end])
    back = np.column_stack([end, start])
    packed = np.ascontiguousarray(np.rint(forth * _STEPS_PER_M)).view("V32").ravel()
    against = np.ascontiguousarray(np.rint(back * _STEPS_PER_M)).view("V32").ravel()
    alone = ~np.isin(packed, against)
    ours = np.asarray(shapely.linestrings(np.stack([start[alone], end[alone]], axis=1)))
    theirs = _pieces(shapely.boundary(boundary))
    return max(_furthest(ours, theirs), _furthest(theirs, ours))


def lost_m(
    polygons: Geometries, boundary: BaseGeometry, linework: Linework, kind: LineKind
) -> float:
    """Return the metres of lines of a kind inside the boundary along which no polygon ends."""
    lines = linework.lines[(linework.kinds & int(kind)) != 0]
    if len(lines) == 0:
        return 0.0
    inside = shapely.intersection(lines, shapely.buffer(boundary, -2 * ALONG_M))
    pieces = _pieces(shapely.segmentize(inside, _SAMPLE_M))
    if len(pieces) == 0:
        return 0.0
    start, end = _edges(polygons)
    borders = shapely.STRtree(shapely.linestrings(np.stack([start, end], axis=1)))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    near, _ = borders.query(middle, predicate="dwithin", distance=ALONG_M)
    lost = np.ones(len(pieces), dtype=bool)
    lost[near] = False
    return float(shapely.length(pieces)[lost].sum())


def straddling(polygons: Geometries, linework: Linework) -> Bools:
    """Return which polygons have real ground on both sides of a barrier. Shape (n,).

    A polygon is split by the barriers through it; it straddles if the second largest piece is
    no sliver. Dead ends of barriers split nothing.
    """
    lines = linework.lines[(linework.kinds & int(BARRIER)) != 0]
    found = np.zeros(len(polygons), dtype=np.bool_)
    if len(lines) == 0:
        return found
    inner = shapely.buffer(polygons, -2 * ALONG_M)
    line, one = shapely.STRtree(inner).query(lines, predicate="intersects")
    order = np.argsort(one, kind="stable")
    line, one = line[order], one[order]
    for group in np.split(np.arange(len(one)), np.flatnonzero(np.diff(one)) + 1):
        if len(group) == 0:
            continue
        number = int(one[group[0]])
        walls = shapely.intersection(
            shapely.union_all(lines[line[group]]), shapely.buffer(polygons[number], ALONG_M)
        )
        edges = shapely.union_all([walls, shapely.boundary(polygons[number])])
        sides = np.asarray(shapely.get_parts(shapely.polygonize([edges])))
        sides = sides[shapely.covers(polygons[number], shapely.point_on_surface(sides))]
        real = (shapely.area(sides) >= SIDE_M2) & (mean_width_m(sides) >= SIDE_WIDTH_M)
        found[number] = real.sum() > 1
    return found


def _edges(polygons: Geometries) -> tuple[Floats, Floats]:
    """Return the directed edges, the inside on the left. Shapes (n, 2)."""
    rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(polygons)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return xy[:-1][same], xy[1:][same]


def _meetings(start: Ints, end: Ints) -> int:
    """Return how many pairs of edges meet elsewhere than at common ends, in integers."""
    lines = shapely.linestrings(np.stack([start, end], axis=1).astype(np.float64))
    one, other = shapely.STRtree(lines).query(lines)
    p, q, r, s = (ends[which] for which in (one, other) for ends in (start, end))
    once = one < other
    p, q, r, s = p[once], q[once], r[once], s[once]

    def turn(a: Ints, b: Ints, c: Ints) -> Ints:
        across = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1])
        return np.asarray(np.sign(across - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])))

    def within(a: Ints, b: Ints, c: Ints) -> Bools:
        strictly = (c != a).any(axis=1) & (c != b).any(axis=1)
        box = (np.minimum(a, b) <= c).all(axis=1) & (c <= np.maximum(a, b)).all(axis=1)
        return np.asarray((turn(a, b, c) == 0) & box & strictly)

    crossing = (turn(p, q, r) * turn(p, q, s) < 0) & (turn(r, s, p) * turn(r, s, q) < 0)
    touching = within(p, q, r) | within(p, q, s) | within(r, s, p) | within(r, s, q)
    return int((crossing | touching).sum())


def _pieces(lines: Geometries | BaseGeometry) -> Geometries:
    """Return the straight pieces of lines."""
    parts = shapely.get_parts(shapely.get_parts(lines))
    parts = parts[shapely.get_dimensions(parts) == 1]
    xy, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    return np.asarray(
        shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1)), dtype=object
    )


def _furthest(ours: Geometries, theirs: Geometries) -> float:
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(ours, _SAMPLE_M)))
    _, distance = shapely.STRtree(theirs).query_nearest(
        points, return_distance=True, all_matches=False
    )
    return float(distance.max())


def _holders(polygons: Geometries, xy: Floats) -> Ints:
    """Return the polygon of each point, the lowest on a border, outside -1. Shape (n,)."""
    point, one = shapely.STRtree(polygons).query(shapely.points(xy), predicate="intersects")
    found = np.full(len(xy), -1, dtype=np.int64)
    found[point[::-1]] = one[::-1]
    return found


def _loads(polygons: Geometries, xy: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the demand of each polygon and that of its heaviest place. Shapes (n,)."""
    load, heaviest = np.zeros(len(polygons)), np.zeros(len(polygons))
    places, place = np.unique(xy, axis=0, return_inverse=True)
    at_place = np.bincount(place.ravel(), weight, len(places))
    holder = _holders(polygons, places)
    held = holder >= 0
    np.add.at(load, holder[held], at_place[held])
    np.maximum.at(heaviest, holder[held], at_place[held])
    return load, heaviest


def _held(polygons: Geometries, own_xy: Floats) -> Ints:
    """Return how many own outlets lie strictly inside each polygon. Shape (n,)."""
    if len(own_xy) == 0:
        return np.zeros(len(polygons), dtype=np.int64)
    _, one = shapely.STRtree(polygons).query(shapely.points(own_xy), predicate="within")
    return np.bincount(one, minlength=len(polygons)).astype(np.int64)
