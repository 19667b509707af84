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
#: Narrower ground beside a barrier, without demand or a street along it, is a strip that belongs
#: to the barrier: the ground between two carriageways, or between a railway and its fence.
STRIP_WIDTH_M = 16.0
BARRIER = LineKind.RIVER | LineKind.RAIL | LineKind.MOTORWAY
STREET = LineKind.MAJOR_STREET | LineKind.MINOR_STREET | LineKind.LOCAL_STREET
_MOST_LOAD, _MOST_AREA = 1.25, 1.5
_FRONTAGE = 3.0
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
    slivers
        Share of units with less than `SLIVER_M2` or `SLIVER_WIDTH_M`.
    small, joinable
        Share of units with less than `SMALL_M2` or `SMALL_WIDTH_M`; and of those among them
        whose demand and a neighbour's together would keep to 1.25 × the limit.
    admin_lost_m
        Metres of administrative lines inside the territory along which no unit ends.
    straddling
        Share of units with ground on both sides of a river, railway or motorway: land that is
        neither a sliver nor a strip of the barrier's own ground, see `STRIP_WIDTH_M`.
    strips
        Share of units that such a strip beyond a barrier has been joined to.
    over_load, over_area
        Units above 1.25 × the demand limit and above 1.5 × the area limit. A single place with
        more than the limit cannot be cut and counts as the limit; a place is a square of
        `SLIVER_M2`, as no smaller unit may be.
    crowded, homeless
        Units with several own outlets; own outlets in no unit.
    cut_buildings
        Share of the buildings that a border cuts which follows no line.
    """

    units: int
    exact: bool
    valid: bool
    border_cm: float
    slivers: float
    small: float
    joinable: float
    admin_lost_m: float
    straddling: float
    strips: float
    over_load: int
    over_area: int
    crowded: int
    homeless: int
    cut_buildings: float


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
    buildings: Geometries | None = None,
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
    buildings
        Outlines of buildings. Shape (n_buildings,).
    """
    area, width = shapely.area(polygons), mean_width_m(polygons)
    load = _loads(polygons, demand_xy, demand_weight, max_load)
    own = _held(polygons, own_xy)
    small = (area < SMALL_M2) | (width < SMALL_WIDTH_M)
    together = load + _lightest_beside(polygons, load)
    straddling, strips = both_sides(polygons, linework, demand_xy)
    return UnitFigures(
        units=len(polygons),
        exact=exact_faults(polygons, boundary) == 0,
        valid=bool(shapely.is_valid(polygons).all()),
        border_cm=100.0 * border_distance_m(polygons, boundary),
        slivers=float(((area < SLIVER_M2) | (width < SLIVER_WIDTH_M)).mean()),
        small=float(small.mean()),
        joinable=float((small & (together <= _MOST_LOAD * max_load)).mean()),
        admin_lost_m=lost_m(polygons, boundary, linework, LineKind.ADMIN),
        straddling=float(straddling.mean()),
        strips=float(strips.mean()),
        over_load=int((load > _MOST_LOAD * max_load * (1 + 1e-9)).sum()),
        over_area=int((area > _MOST_AREA * max_area_m2).sum()),
        crowded=int((own > 1).sum()),
        homeless=len(own_xy) - int(own.sum()),
        cut_buildings=0.0 if buildings is None else cut_share(polygons, linework, buildings),
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
    edges = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    borders = shapely.STRtree(edges)
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    near, _ = borders.query(middle, predicate="dwithin", distance=ALONG_M)
    lost = np.ones(len(pieces), dtype=bool)
    lost[near] = False
    return float(shapely.length(pieces)[lost].sum())


def cut_share(polygons: Geometries, linework: Linework, buildings: Geometries) -> float:
    """Return the share of the buildings that a border cuts which follows none of the lines."""
    if len(buildings) == 0:
        return 0.0
    start, end = _edges(polygons)
    ends = np.stack([start, end], axis=1)
    backwards = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    ends[backwards] = ends[backwards][:, ::-1]
    edges = np.asarray(shapely.linestrings(np.unique(ends, axis=0)), dtype=object)
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    near, _ = shapely.STRtree(linework.lines).query(middle, predicate="dwithin", distance=ALONG_M)
    free = np.ones(len(edges), dtype=bool)
    free[near] = False
    edge, building = shapely.STRtree(buildings).query(edges[free], predicate="intersects")
    inside = shapely.length(shapely.intersection(edges[free][edge], buildings[building]))
    return len(np.unique(building[inside > ALONG_M])) / len(buildings)


def both_sides(polygons: Geometries, linework: Linework, demand_xy: Floats) -> tuple[Bools, Bools]:
    """Return which polygons have ground on both sides of a barrier, or a strip beyond one.

    A polygon is split by the barriers through it; dead ends of barriers split nothing. Water is
    no ground, nor is a sliver.

    Parameters
    ----------
    polygons
        Shape (n,).
    linework
        Lines and water areas.
    demand_xy
        Where demand is. Shape (n_points, 2).

    Returns
    -------
    straddling, strips
        Shapes (n,).
    """
    straddling = np.zeros(len(polygons), dtype=np.bool_)
    strips = straddling.copy()
    lines = linework.lines[(linework.kinds & int(BARRIER)) != 0]
    if len(lines) == 0:
        return straddling, strips
    streets = linework.lines[(linework.kinds & int(STREET)) != 0]
    demand = shapely.STRtree(_points(demand_xy))
    near_street = shapely.STRtree(streets)
    inner = shapely.buffer(polygons, -2 * ALONG_M)
    line, one = shapely.STRtree(inner).query(lines, predicate="intersects")
    for number in np.unique(one).tolist():
        polygon = polygons[number]
        walls = shapely.intersection(
            shapely.union_all(lines[line[one == number]]), shapely.buffer(polygon, ALONG_M)
        )
        sides = _sides(polygon, walls, linework.water)
        if len(sides) < 2:
            continue
        real = np.array([_is_ground(one, demand, near_street, streets) for one in sides])
        straddling[number] = real.sum() > 1
        strips[number] = not real.all()
    return straddling, strips


def _sides(polygon: BaseGeometry, walls: BaseGeometry, water: Geometries) -> Geometries:
    """Return the pieces of dry ground that walls split a polygon into, without slivers."""
    edges = shapely.union_all([walls, shapely.boundary(polygon)])
    sides = np.asarray(shapely.get_parts(shapely.polygonize([edges])), dtype=object)
    sides = sides[shapely.covers(polygon, shapely.point_on_surface(sides))]
    if len(water) and len(sides) > 1:
        wet = water[shapely.STRtree(water).query(polygon, predicate="intersects")]
        sides = shapely.difference(sides, shapely.union_all(shapely.make_valid(wet)))
        sides = sides[~shapely.is_empty(sides)]
    large = (shapely.area(sides) >= SLIVER_M2) & (mean_width_m(sides) >= SLIVER_WIDTH_M)
    return np.asarray(sides[large], dtype=object)


def _is_ground(
    side: BaseGeometry, demand: shapely.STRtree, near_street: shapely.STRtree, streets: Geometries
) -> bool:
    width = 2.0 * side.area / side.length
    if width >= STRIP_WIDTH_M or len(demand.query(side, predicate="contains")):
        return True
    around = shapely.buffer(side, ALONG_M)
    beside = streets[near_street.query(around, predicate="intersects")]
    along = shapely.length(shapely.intersection(shapely.union_all(beside), around))
    return bool(along > _FRONTAGE * width)


def _edges(polygons: Geometries) -> tuple[Floats, Floats]:
    """Return the directed edges, the inside on the left. Shapes (n, 2)."""
    rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(polygons)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return xy[:-1][same], xy[1:][same]


def _meetings(start: Ints, end: Ints) -> int:
    """Return how many pairs of edges meet elsewhere than at common ends, in integers."""
    ends = np.stack([start, end], axis=1).astype(np.float64)
    lines = np.asarray(shapely.linestrings(ends), dtype=object)
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


def _points(xy: Floats) -> Geometries:
    return np.asarray(shapely.points(xy), dtype=object)


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


def _loads(polygons: Geometries, xy: Floats, weight: Floats, most: float) -> Floats:
    """Return the demand of each polygon, of no place more than `most`. Shape (n,)."""
    holder = _holders(polygons, xy)
    held = holder >= 0
    square = np.floor(xy[held] / np.sqrt(SLIVER_M2)).astype(np.int64)
    places, place = np.unique(np.column_stack([holder[held], square]), axis=0, return_inverse=True)
    at_place = np.minimum(np.bincount(place.ravel(), weight[held], len(places)), most)
    load = np.bincount(places[:, 0], at_place, len(polygons))
    return np.asarray(load, dtype=np.float64)


def _lightest_beside(polygons: Geometries, load: Floats) -> Floats:
    """Return the least demand among the neighbours of each polygon. Shape (n,)."""
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    edge = shapely.length(shapely.intersection(polygons[one], polygons[other])) > 0.0
    edge &= one != other
    least = np.full(len(polygons), np.inf)
    np.minimum.at(least, one[edge], load[other[edge]])
    return least


def _held(polygons: Geometries, own_xy: Floats) -> Ints:
    """Return how many own outlets lie strictly inside each polygon. Shape (n,)."""
    if len(own_xy) == 0:
        return np.zeros(len(polygons), dtype=np.int64)
    _, one = shapely.STRtree(polygons).query(shapely.points(own_xy), predicate="within")
    return np.bincount(one, minlength=len(polygons)).astype(np.int64)
