"""Cut units along a line on the integer grid, so that every edge keeps its exact opposite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import InputError, fault, some_ids
from gridmap.partition.change import Change
from gridmap.partition.ground import Ground
from gridmap.partition.noding import STEPS_PER_M, Segments, join, node, orientation, pack
from gridmap.partition.retile import Rings, polygon_of
from gridmap.territory import Bools, Floats, Ints, Polygons

#: An own outlet must be this far from a line that cuts its unit: two steps of the grid.
_CLEAR_M = 0.02
_STREET, _LINE = 1, 2
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Halves:
    """Units on the two sides of a line.

    Attributes
    ----------
    line
        The line, longer than all the units together.
    region
        Area on one side of it.
    units
        Units that were asked about, ascending. Shape (n,).
    first
        Whether the greater part of each is in the region. Shape (n,).
    cut
        Those that the line must cut, ascending.
    """

    line: BaseGeometry
    region: BaseGeometry
    units: Ints
    first: Bools
    cut: Ints

    def in_region(self, xy: Floats) -> Bools:
        """Return which points are in the region. Shape (n,)."""
        return np.asarray(shapely.intersects(self.region, shapely.points(xy)), dtype=np.bool_)


def halves_of(ground: Ground, units: Ints, line: Line, least_m2: float) -> Halves:
    """Return on which side of a line units are, and which it must cut.

    Parameters
    ----------
    ground, units
        Units to look at, ascending.
    line
        Coordinates in metres; it goes on straight beyond both ends.
    least_m2
        A unit with less than this on one side belongs to the other as a whole.

    Raises
    ------
    InputError
        If the line has no length or crosses itself.
    """
    xy = np.array(line, dtype=np.float64).reshape(-1, 2)
    box = shapely.total_bounds(ground.polygons[units])
    if not np.isfinite(xy).all() or len(xy) < 2 or (xy[[0, -1]] == xy[[1, -2]]).all(axis=1).any():
        raise InputError(fault("redraw.line_short"))
    box = np.concatenate([np.minimum(box[:2], xy.min(axis=0)), np.maximum(box[2:], xy.max(axis=0))])
    room = shapely.box(*(box + np.array([-10.0, -10.0, 10.0, 10.0])))
    far = 4.0 * float(np.hypot(*(box[2:] - box[:2]))) + 100.0
    whole = shapely.LineString([_beyond(xy[1], xy[0], far), *xy, _beyond(xy[-2], xy[-1], far)])
    if not whole.is_simple:
        raise InputError(fault("redraw.line_crosses_itself"))
    sides = shapely.get_parts(
        shapely.polygonize([shapely.union(room.boundary, shapely.intersection(whole, room))])
    )
    region: BaseGeometry = sides[0]
    shapely.prepare(region)
    shapely.prepare(whole)
    polygons = ground.polygons[units]
    first: Bools = np.asarray(
        shapely.intersects(region, shapely.points(ground.inner_xy[units])), dtype=np.bool_
    )
    met = np.flatnonzero(shapely.intersects(whole, polygons))
    area = shapely.area(polygons[met])
    inside = shapely.area(shapely.intersection(polygons[met], region))
    first[met] = 2.0 * inside >= area
    cut = np.minimum(inside, area - inside) >= max(least_m2, 1e-3)
    return Halves(whole, region, units, first, units[met[cut]])


def cut_by(ground: Ground, halves: Halves) -> Change:
    """Return the change that cuts units along a line; it labels nothing.

    Noding is that of the units: the line is rounded to the grid, and an edge that it meets is
    bent to the meeting point on both of its sides. The piece with the own outlet, or else the
    largest one, keeps the number of its unit.

    Parameters
    ----------
    ground
        Units.
    halves
        What to cut, and where.

    Raises
    ------
    InputError
        If the line runs through an own outlet, or so close to other units that their edges
        would have to move, too.
    """
    if len(halves.cut) == 0:
        return Change()
    local = ground.neighbourhood(halves.cut)
    faces = _faces(ground, halves, local)
    if faces is None:
        local = ground.neighbourhood(local)
        faces = _faces(ground, halves, local)
    if faces is None:
        raise InputError(fault("redraw.cut_failed", units=some_ids(halves.cut.tolist())))
    return _change(ground, faces)


def _beyond(start: Floats, end: Floats, far_m: float) -> Floats:
    along = end - start
    return np.asarray(end + along * (far_m / np.hypot(*along)))


def _faces(ground: Ground, halves: Halves, local: Ints) -> dict[int, list[BaseGeometry]] | None:
    """Return the faces in steps of all units whose edges change, those to be cut among them.

    None if an edge would change that a unit beyond the local ones shares, or if units do not
    keep their ground.
    """
    edges, owner = ground.edges_of(local)
    other = edges[:, 4]
    once = ~np.isin(other, local) | (owner < other)
    edges, sides = edges[once], np.column_stack([owner[once], other[once]])
    streets = Segments(edges[:, :2], edges[:, 2:4], np.full(len(edges), _STREET, dtype=np.int64))
    outer = (sides[:, 1] < 0) & np.isin(sides[:, 0], halves.cut)
    line, streets, was = _meet_border(_line(ground, halves), streets, outer)
    sides = sides[was]
    near = _near(streets, line)
    fresh = np.append(np.zeros(int(near.sum()), dtype=bool), np.ones(len(line), dtype=bool))
    noded = node(join(streets[near], line), fresh)
    bent = np.unique(sides[near][_missing(streets[near], noded)])
    changed = np.union1d(halves.cut, bent[bent >= 0])
    if not np.isin(changed, local).all():
        return None
    around = streets[~near & np.isin(sides, changed).any(axis=1)]
    found = shapely.get_parts(shapely.polygonize(join(noded, around).linestrings()))
    at = shapely.get_coordinates(shapely.point_on_surface(found)).reshape(-1, 2)
    face, place = shapely.STRtree(ground.polygons[changed]).query(
        shapely.points((at + ground.origin) / STEPS_PER_M), predicate="intersects"
    )
    faces: dict[int, list[BaseGeometry]] = {unit: [] for unit in changed.tolist()}
    for one, unit in zip(face.tolist(), changed[place].tolist(), strict=True):
        faces[unit].append(found[one])
    to_cut = set(halves.cut.tolist())
    kept = all(faces[unit] if unit in to_cut else len(faces[unit]) == 1 for unit in faces)
    return faces if kept and len(np.unique(face)) == len(face) else None


def _line(ground: Ground, halves: Halves) -> tuple[Ints, Ints]:
    """Return the line as far as it runs through units to be cut: steps, and the part of each."""
    area = shapely.coverage_union_all(ground.polygons[halves.cut])
    parts = shapely.get_parts(shapely.intersection(halves.line, area))
    xy, part = shapely.get_coordinates(parts, return_index=True)
    return np.rint(ground.local_steps(xy)).astype(np.int64), part


def _meet_border(
    line: tuple[Ints, Ints], streets: Segments, outer: Bools
) -> tuple[Segments, Segments, Ints]:
    """Let the line end on the border of the territory, and the territory keep its area.

    An oblique edge of the border has hardly any positions of the grid on it. A line that ends
    beside it takes a sliver off the territory, or adds one; a second vertex, which mirrors the
    end about the middle of the edge, gives it back on the other side.

    Parameters
    ----------
    line
        Steps of the line, and the part that each belongs to.
    streets, outer
        Edges, and which are those of the border. Shape (n,).

    Returns
    -------
    tuple
        Segments of the line; edges, bent; the edge that each of these came from.
    """
    steps, part = line
    same = part[1:] == part[:-1]
    was = np.arange(len(streets), dtype=np.int64)
    for number in np.flatnonzero(~(np.append(same, False) & np.append(False, same))).tolist():
        edge = _edge_beside(steps[number], streets, outer[was])
        if edge < 0:
            continue
        start, end = streets.start[edge], streets.end[edge]
        place = steps[number] = _beside(steps[number], start, end)
        # Along the edge, whichever of the two comes first.
        two = sorted((place, start + end - place), key=lambda at: int(np.abs(at - start).sum()))
        chain = np.array([start, *two, end])
        chain = chain[np.append(True, (chain[1:] != chain[:-1]).any(axis=1))]
        kept = np.flatnonzero(np.arange(len(streets)) != edge)
        bent = Segments(chain[:-1], chain[1:], np.full(len(chain) - 1, _STREET, dtype=np.int64))
        streets = join(streets[kept], bent)
        was = np.append(was[kept], np.full(len(bent), was[edge]))
    fresh = Segments(
        steps[:-1][same], steps[1:][same], np.full(int(same.sum()), _LINE, dtype=np.int64)
    )
    return fresh, streets, was


def _edge_beside(place: Ints, streets: Segments, outer: Bools) -> int:
    """Return the edge of the border that a position is within two steps of, or -1."""
    start, end = streets.start, streets.end
    side = np.abs(orientation(start, end, place[None, :]))
    boxed = (np.minimum(start, end) <= place + 1) & (np.maximum(start, end) >= place - 1)
    beside = outer & boxed.all(axis=1) & (side <= 2.0 * np.abs(end - start).sum(axis=1))
    return int(np.argmax(beside)) if beside.any() else -1


def _beside(place: Ints, start: Ints, end: Ints) -> Ints:
    """Return the position next to an edge that is as far along it as a place."""
    axis = int(np.argmax(np.abs(end - start)))
    share = np.clip((place[axis] - start[axis]) / (end[axis] - start[axis]), 0.0, 1.0)
    return np.asarray(np.rint(start + share * (end - start)).astype(np.int64))


def _near(streets: Segments, line: Segments) -> Bools:
    """Return which segments come within two steps of the line, or a few more. Shape (n,)."""
    near: Bools = np.zeros(len(streets), dtype=np.bool_)
    for number in range(len(line)):
        start, end = line.start[[number]], line.end[[number]]
        far = 2.0 * float(np.hypot(*(end - start)[0]))
        here, there = orientation(start, end, streets.start), orientation(start, end, streets.end)
        near |= (np.minimum(here, there) <= far) & (np.maximum(here, there) >= -far)
    return near


def _missing(streets: Segments, noded: Segments) -> Bools:
    """Return which segments are no longer one segment. Shape (n,)."""
    have = set(zip(pack(noded.start).tolist(), pack(noded.end).tolist(), strict=True))
    one, other = pack(streets.start), pack(streets.end)
    low, high = np.minimum(one, other).tolist(), np.maximum(one, other).tolist()
    gone = [edge not in have for edge in zip(low, high, strict=True)]
    return np.array(gone, dtype=np.bool_)


def _change(ground: Ground, faces: Mapping[int, list[BaseGeometry]]) -> Change:
    """Number the pieces and share out workload and demand points."""
    outlines: list[tuple[int, Rings]] = []
    weights: list[tuple[int, tuple[float, ...]]] = []
    rows: list[tuple[int, int]] = []
    points: list[tuple[int, int]] = []
    following = ground.n_units
    for unit, found in faces.items():
        rings = [_rings(face) for face in found]
        if len(found) == 1:
            # A neighbour with a new vertex, or a unit that the line only touches.
            outlines.append((unit, rings[0]))
            continue
        pieces = np.array([polygon_of(ground, one) for one in rings], dtype=object)
        kept = _kept(ground, unit, pieces)
        numbers = [unit if place == kept else 0 for place in range(len(found))]
        for place in range(len(found)):
            if place != kept:
                numbers[place] = following
                rows.append((following, int(ground.row[unit])))
                following += 1
        outlines += zip(numbers, rings, strict=True)
        held, piece = _points(ground, unit, pieces)
        shares = _shared(ground, unit, pieces, held, piece)
        weights += zip(numbers, shares, strict=True)
        points += [
            (point, numbers[place])
            for point, place in zip(held.tolist(), piece.tolist(), strict=True)
            if place != kept
        ]
    return Change(
        outlines=tuple(outlines),
        weights=tuple(weights),
        rows=tuple(rows),
        points=tuple(points),
        n_units=following,
        units_before=ground.n_units,
    )


def _rings(face: BaseGeometry) -> Rings:
    """Return the rings of a face whose coordinates are steps already, in normal order."""
    rings = shapely.get_rings(shapely.normalize(face)).tolist()
    return tuple(
        tuple(shapely.get_coordinates(ring).astype(np.int64).ravel().tolist()) for ring in rings
    )


def _kept(ground: Ground, unit: int, pieces: Polygons) -> int:
    """Return the piece that keeps the number: with the own outlet, or else the largest.

    Raises
    ------
    InputError
        If the line runs through the own outlet.
    """
    own = np.flatnonzero(ground.own_unit == unit)
    if len(own) == 0:
        return int(np.argmax(shapely.area(pieces)))
    point = shapely.points(ground.own_xy[own[0]])
    inside = shapely.contains(pieces, point)
    if not inside.any() or (shapely.distance(shapely.boundary(pieces), point) < _CLEAR_M).any():
        raise InputError(fault("redraw.line_through_outlet", unit=unit))
    return int(np.argmax(inside))


def _points(ground: Ground, unit: int, pieces: Polygons) -> tuple[Ints, Ints]:
    """Return the demand points of a unit and the piece that each lies in."""
    held = np.flatnonzero(ground.point_unit == unit)
    point = np.asarray(shapely.points(ground.demand.xy[held]), dtype=object)
    away = shapely.distance(point[:, None], pieces[None, :])
    return held, np.argmin(away, axis=1).astype(np.int64)


def _shared(
    ground: Ground, unit: int, pieces: Polygons, held: Ints, piece: Ints
) -> list[tuple[float, ...]]:
    """Return the workloads of each piece; together they are those of the unit.

    A workload is shared as its demand points are, or as the area is where there are none.
    """
    area: Floats = shapely.area(pieces)
    share = np.tile((area / area.sum())[:, None], ground.weights.shape[1])
    if len(held):
        counted = np.zeros_like(share)
        np.add.at(counted, piece, ground.demand.weight[held])
        total = counted.sum(axis=0)
        share = np.where(total > 0.0, counted / np.where(total > 0.0, total, 1.0), share)
    weight = share * ground.weights[unit]
    weight[-1] = np.maximum(ground.weights[unit] - weight[:-1].sum(axis=0), 0.0)
    return [tuple(one) for one in weight.tolist()]
