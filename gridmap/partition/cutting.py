"""Lines that cut faces which are too large, too heavy, or hold several own outlets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from gridmap.partition.linework import LineKind
from gridmap.partition.noding import GRID_M, Floats, Geometries, Grid, Segments, segments_of
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
_LLOYD_TURNS = 10
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


def outlet_cuts(plane: Plane, own_xy: Floats) -> Geometries:
    """Return lines between own outlets that lie in one face.

    Parameters
    ----------
    plane
        Planar map.
    own_xy
        Own outlets in local metres. Shape (n, 2).

    Returns
    -------
    Geometries
        LineStrings in local metres. Shape (n_lines,).
    """
    face = locate(plane.faces, own_xy)
    crowded = np.flatnonzero(np.bincount(face[face != OUTSIDE], minlength=len(plane.faces)) > 1)
    return _voronoi_lines([(plane.faces[one], own_xy[face == one]) for one in crowded])


def size_cuts(
    plane: Plane, load: Load, *, max_area_m2: float, max_extent_m: float, max_load: float
) -> Geometries:
    """Return lines that cut faces above the limits into pieces of about equal size.

    The pieces are the Voronoi regions of centres that Lloyd's algorithm has moved to the
    middle of their share of ground and demand.

    Parameters
    ----------
    plane
        Planar map.
    load
        Demand points.
    max_area_m2, max_extent_m, max_load
        A face above any of them is cut; its extent is the diagonal of its box. Demand of a single
        place cannot be cut.

    Returns
    -------
    Geometries
        LineStrings in local metres. Shape (n_lines,).

    References
    ----------
    S. P. Lloyd (1982), Least squares quantization in PCM, IEEE Trans. Inf. Theory 28: 129–137.
    """
    face = locate(plane.faces, load.xy)
    order = np.argsort(face, kind="stable")
    start = np.searchsorted(face[order], np.arange(len(plane.faces) + 1))
    area: Floats = np.asarray(shapely.area(plane.faces))
    by_area: Floats = np.ceil(area / max_area_m2)
    by_extent: Floats = np.ceil(_extent_m(plane.faces) / max_extent_m)
    drawn_out = by_extent > by_area
    # A point heavier than the limit fills one piece, whatever its weight.
    by_load = np.zeros(len(plane.faces))
    for one in np.flatnonzero(load.per_face(plane) > max_load):
        own = order[start[one] : start[one + 1]]
        places = len(np.unique(load.xy[own], axis=0))
        full = np.minimum(load.weight[own], max_load).sum() / max_load
        by_load[one] = min(places, np.ceil(full - 1e-9))
    pieces = np.minimum(np.maximum.reduce([by_area, by_extent, by_load]), _MOST_PIECES)
    pieces = pieces.astype(np.int64)
    cut = []
    for one in np.flatnonzero(pieces > 1):
        own = order[start[one] : start[one + 1]]
        sample = _outline if drawn_out[one] else _ground
        ground = sample(plane.faces[one], _AREA_SAMPLES * int(pieces[one]))
        points = np.concatenate([ground, load.xy[own]])
        # Ground counts little where demand is the reason, but it keeps the pieces round.
        ground_share = max(by_area[one], by_extent[one], 0.2 * pieces[one]) / max(len(ground), 1)
        weight = np.concatenate(
            [
                np.full(len(ground), ground_share),
                np.minimum(load.weight[own], max_load) / max_load,
            ]
        )
        if len(points) > pieces[one]:
            cut.append((plane.faces[one], _lloyd(points, weight, int(pieces[one]))))
    return _voronoi_lines(cut)


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


def _lloyd(points: Floats, weight: Floats, pieces: int) -> Floats:
    """Return the centres of `pieces` clusters of weighted points. Shape (pieces, 2)."""
    rng = np.random.default_rng(0)
    centre = points[rng.choice(len(points), pieces, replace=False)]
    for _ in range(_LLOYD_TURNS):
        _, nearest = cKDTree(centre).query(points)
        mass = np.bincount(nearest, weight, pieces)
        held = mass > 0
        moved = np.column_stack(
            [np.bincount(nearest, weight * points[:, axis], pieces) for axis in (0, 1)]
        )
        centre = np.where(held[:, None], moved / np.where(held, mass, 1.0)[:, None], centre)
    return np.asarray(centre, dtype=np.float64)


def _voronoi_lines(cut: list[tuple[BaseGeometry, Floats]]) -> Geometries:
    """Return the Voronoi lines of points, clipped to a little more than their face."""
    found = []
    for face, points in cut:
        places = shapely.multipoints(np.unique(points, axis=0))
        if shapely.get_num_geometries(places) < 2:
            continue
        wide = shapely.buffer(face, _OVERSHOOT_M, join_style="mitre")
        lines = shapely.voronoi_polygons(places, extend_to=wide, only_edges=True)
        clipped = shapely.get_parts(shapely.intersection(shapely.get_parts(lines), wide))
        flat = shapely.get_parts(clipped)
        found.append(flat[shapely.get_type_id(flat) == shapely.GeometryType.LINESTRING])
    return np.concatenate(found) if found else np.empty(0, dtype=object)
