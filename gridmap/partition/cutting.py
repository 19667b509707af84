"""Lines that cut faces which are too large, too heavy, or hold several own outlets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from gridmap.partition.bisecting import (
    NO_OBSTACLES,
    TOLERANCE,
    FacePoints,
    Obstacles,
    Region,
    bisect,
)
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import (
    GRID_M,
    Bools,
    Floats,
    Geometries,
    Grid,
    Ints,
    Segments,
    segments_of,
)
from gridmap.partition.planar import OUTSIDE, Plane, locate

#: Own outlets closer than this are one place: no border of the grid fits between them.
APART_M = 0.10
#: Least distance of an own outlet from a border; nearer ones get a square of their own.
CLEARANCE_M = 0.03
#: Half the side of that square, where no other own outlet is near.
DOORSTEP_M = 1.0
#: Cut lines are drawn so far over the border of their face: one that ended on it could, once
#: rounded, end beside it, just at the edge of a grid square.
_OVERSHOOT_M = 3 * GRID_M
#: Half the side of the square that stands for a building given as a point.
POINT_M = 3.0
NO_BUILDINGS: Geometries = np.empty(0, dtype=object)
#: Narrower faces are joined to a neighbour, never cut for their size.
_LEAST_WIDTH_M = 3.0
_AREA_SAMPLES = 30
_MOST_PIECES = 256


@dataclass(frozen=True, eq=False)
class Load:
    """Demand points in local metres, in an order of their own.

    Attributes
    ----------
    xy
        Shape (n, 2).
    weight
        Shape (n,).
    """

    xy: Floats
    weight: Floats

    @classmethod
    def of(cls, xy: Floats, weight: Floats) -> Load:
        """Sort the points, so that their order in the input has no influence."""
        order = np.lexsort((weight, xy[:, 1], xy[:, 0]))
        return cls(xy[order], weight[order])

    def per_face(self, plane: Plane) -> Floats:
        """Return the demand in each face. Shape (n_faces,)."""
        face = locate(plane.faces, self.xy)
        inside = face != OUTSIDE
        held = np.bincount(face[inside], self.weight[inside], len(plane.faces))
        return np.asarray(held, dtype=np.float64)

    def at_most(self, most: float) -> Load:
        """Return the points such that no place has more than `most`."""
        return Load(self.xy, self.capped(most))

    def capped(self, most: float) -> Floats:
        """Return the weights such that no place has more than `most`. Shape (n,).

        A place heavier than a limit fills one piece, whatever its weight.
        """
        if not np.isfinite(most) or len(self.weight) == 0:
            return self.weight
        fresh = np.append(True, (np.diff(self.xy, axis=0) != 0.0).any(axis=1))
        place = np.cumsum(fresh) - 1
        at_place = np.bincount(place, self.weight)
        scale = np.minimum(1.0, most / np.where(at_place > 0.0, at_place, np.inf))
        return np.asarray(self.weight * np.where(at_place > 0.0, scale, 1.0)[place])


@dataclass(frozen=True)
class Most:
    """What a face may have before it is cut; its extent is the diagonal of its box."""

    area_m2: float = np.inf
    extent_m: float = np.inf
    load: float = np.inf


def cuts(
    plane: Plane,
    load: Load,
    own_xy: Floats,
    most: Most,
    buildings: Geometries = NO_BUILDINGS,
    *,
    among: Bools | None = None,
) -> Geometries:
    """Return lines that cut faces with several own outlets, or clearly above the limits.

    Parameters
    ----------
    plane
        Planar map.
    load
        Demand points; the demand of a single place cannot be cut.
    own_xy
        Own outlets in local metres. Shape (n_own, 2).
    most
        The limits.
    buildings
        Polygons or points in local metres that lines go around. Shape (n_buildings,).
    among
        Faces that may be cut; by default all. Shape (n_faces,).

    Returns
    -------
    Geometries
        LineStrings in local metres. Shape (n_lines,).
    """
    size = len(plane.faces)
    capped = load.capped(most.load) / most.load
    points, first = _by_face(locate(plane.faces, load.xy), size)
    outlets, first_own = _by_face(locate(plane.faces, own_xy), size)
    held = np.add.reduceat(np.append(capped[points], 0.0), first[:-1])
    held[first[:-1] == first[1:]] = 0.0
    by_area: Floats = shapely.area(plane.faces) / most.area_m2
    by_extent: Floats = _extent_m(plane.faces) / most.extent_m
    full = np.maximum.reduce([by_area, by_extent, held])
    wide = 2.0 * shapely.area(plane.faces) > _LEAST_WIDTH_M * shapely.length(plane.faces)
    wanted = ((full > 1.0 + TOLERANCE) & wide) | (np.diff(first_own) > 1)
    chosen = np.flatnonzero(wanted if among is None else wanted & among)
    obstacles = _obstacles(plane.faces, chosen, buildings)
    lines = {}
    for one in chosen.tolist():
        face = plane.faces[one]
        places = points[first[one] : first[one + 1]]
        own = own_xy[outlets[first_own[one] : first_own[one + 1]]]
        samples = _AREA_SAMPLES * min(int(np.ceil(full[one])), _MOST_PIECES)
        sample = _outline if by_extent[one] > by_area[one] else _ground
        xy = sample(face, samples) if full[one] > 1.0 else np.empty((0, 2))
        per_sample = by_area[one] / max(len(xy), 1)
        ground = FacePoints(
            xy=np.concatenate([own[np.lexsort(own.T)], xy, load.xy[places]]),
            area=_spread(len(own), np.full(len(xy), per_sample), len(places)),
            load=_spread(len(own) + len(xy), capped[places], 0),
            own=np.arange(len(own) + len(xy) + len(places)) < len(own),
            max_extent_m=most.extent_m,
        )
        lines[one] = bisect(_around(face), ground, obstacles[one])
    return _clipped(plane.faces, lines)


def doorsteps(plane: Plane, own_xy: Floats) -> Geometries:
    """Return a small square around each own outlet that lies on a border, or all but.

    Parameters
    ----------
    plane
        Planar map.
    own_xy
        Own outlets in local metres, at least `APART_M` apart. Shape (n, 2).

    Returns
    -------
    Geometries
        Polygons in local metres; no two of them meet. Shape (n_squares,).
    """
    if len(own_xy) == 0:
        return np.empty(0, dtype=object)
    edges = shapely.STRtree(plane.edge_lines(np.ones(len(plane.kind), dtype=bool)))
    near, _ = edges.query(shapely.points(own_xy), predicate="dwithin", distance=CLEARANCE_M)
    close = np.unique(near)
    apart = np.full(len(own_xy), np.inf)
    if len(own_xy) > 1:
        apart = np.asarray(cKDTree(own_xy).query(own_xy, k=2)[0])[:, 1]
    half = np.minimum(DOORSTEP_M, 0.3 * apart)[close]
    x, y = own_xy[close].T
    return np.asarray(shapely.box(x - half, y - half, x + half, y + half), dtype=object)


def without_inner(segments: Segments, squares: Geometries) -> Segments:
    """Drop the segments inside squares, apart from those of the territory's border.

    Parameters
    ----------
    segments
        Noded segments, the squares' sides among them.
    squares
        Squares with sides along the grid, in local steps.
    """
    middle = (segments.start + segments.end) / 2
    # The sides run along the grid, so that the noding never bends them inwards.
    inner, _ = shapely.STRtree(squares).query(shapely.points(middle), predicate="within")
    keep = np.ones(len(segments), dtype=bool)
    keep[inner] = False
    return segments[keep | ((segments.kind & LineKind.TERRITORY) != 0)]


def cut_segments(lines: Geometries) -> Segments:
    """Return lines in local metres as segments of kind CUT."""
    here = Grid(np.zeros(2, dtype=np.int64))
    return segments_of(lines, np.full(len(lines), int(LineKind.CUT), dtype=np.int64), here)


def _extent_m(faces: Geometries) -> Floats:
    """Return the diagonal of each face's box. Shape (n_faces,)."""
    left, bottom, right, top = shapely.bounds(faces).T
    return np.asarray(np.hypot(right - left, top - bottom), dtype=np.float64)


def _outline(face: BaseGeometry, samples: int) -> Floats:
    """Return so many points spread evenly over a face's outline, for faces with no width."""
    outline = shapely.get_exterior_ring(face)
    along = np.linspace(0.0, 1.0, samples, endpoint=False)
    return shapely.get_coordinates(shapely.line_interpolate_point(outline, along, normalized=True))


def _ground(face: BaseGeometry, samples: int) -> Floats:
    """Return about so many points spread evenly over a face. Shape (n, 2)."""
    left, bottom, right, top = face.bounds
    step = np.sqrt(face.area / samples)
    x, y = np.meshgrid(
        np.arange(left + step / 2, right, step), np.arange(bottom + step / 2, top, step)
    )
    shapely.prepare(face)
    inside = shapely.contains_xy(face, x.ravel(), y.ravel())
    return np.column_stack([x.ravel()[inside], y.ravel()[inside]])


def _by_face(face: Ints, size: int) -> tuple[Ints, Ints]:
    """Return the points ordered by face, and where each face begins. Shapes (n,), (size + 1,)."""
    order = np.argsort(face, kind="stable")
    return order, np.searchsorted(face[order], np.arange(size + 1))


def _spread(before: int, values: Floats, after: int) -> Floats:
    return np.concatenate([np.zeros(before), values, np.zeros(after)])


def _around(face: BaseGeometry) -> Region:
    """Return the corners of a box somewhat larger than a face."""
    left, bottom, right, top = face.bounds
    left, bottom, right, top = left - 1.0, bottom - 1.0, right + 1.0, top + 1.0
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def _obstacles(faces: Geometries, cut: Ints, buildings: Geometries) -> dict[int, Obstacles]:
    """Return the buildings in each of the faces that are cut."""
    found = dict.fromkeys(cut.tolist(), NO_OBSTACLES)
    if len(cut) == 0 or len(buildings) == 0:
        return found
    building, row = shapely.STRtree(faces[cut]).query(buildings, predicate="intersects")
    order = np.lexsort((building, row))
    building, row = building[order], row[order]
    for group in np.split(np.arange(len(row)), np.flatnonzero(np.diff(row)) + 1):
        if len(group):
            found[int(cut[row[group[0]]])] = _corners(buildings[building[group]])
    return found


def _corners(buildings: Geometries) -> Obstacles:
    """Return buildings by their corners, points as small squares."""
    flat = shapely.get_dimensions(buildings) == 0
    buildings = np.where(flat, shapely.buffer(buildings, POINT_M, cap_style="square"), buildings)
    xy, owner = shapely.get_coordinates(buildings, return_index=True)
    start = np.searchsorted(owner, np.arange(len(buildings) + 1))
    return Obstacles(xy, start.astype(np.int64))


def _clipped(faces: Geometries, cut: dict[int, list[Region]]) -> Geometries:
    """Return the lines of each face, clipped to the face and a little longer."""
    owner = [one for one, lines in cut.items() for _ in lines]
    if not owner:
        return np.empty(0, dtype=object)
    ends = np.array([line for lines in cut.values() for line in lines], dtype=np.float64)
    which, number = np.unique(owner, return_inverse=True)
    # Ends lie on the border of the face or on another line; both are overshot.
    lines = shapely.linestrings(_longer(ends, _OVERSHOOT_M))
    flat = shapely.get_parts(shapely.intersection(lines, faces[which][number]))
    flat = flat[shapely.get_type_id(flat) == shapely.GeometryType.LINESTRING]
    if len(flat) == 0:
        return np.empty(0, dtype=object)
    ends = np.stack(
        [shapely.get_coordinates(shapely.get_point(flat, at)) for at in (0, -1)], axis=1
    )
    return np.asarray(shapely.linestrings(_longer(ends, _OVERSHOOT_M)), dtype=object)


def _longer(ends: Floats, by_m: float) -> Floats:
    """Return lines that are longer at both ends. Shape (n, 2, 2).

    They are so along themselves: a line that all but follows a border does not leave it.
    """
    along = ends[:, 1] - ends[:, 0]
    length = np.hypot(along[:, 0], along[:, 1])
    step = along / np.maximum(length, 1e-12)[:, None] * by_m
    return np.stack([ends[:, 0] - step, ends[:, 1] + step], axis=1)
