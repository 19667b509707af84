"""The planar map of a territory: vertices, edges and the faces on both sides of each edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from gridmap.errors import InputError, fault
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import (
    STEPS_PER_M,
    Bools,
    Floats,
    Geometries,
    Ints,
    Segments,
    join,
    pack,
    steps_of,
)

#: Number that stands for the outside of the territory among the faces.
OUTSIDE = -1


@dataclass(frozen=True, eq=False)
class Plane:
    """A planar map; what it says about borders is exact.

    Attributes
    ----------
    xy
        Vertices in local steps, in ascending order. Shape (n_vertices, 2).
    tail, head
        Vertices of each edge, tail < head. Shape (n_edges,).
    kind
        `LineKind` bits of each edge. Shape (n_edges,).
    left, right
        Face on either side of each edge, seen from tail to head; `OUTSIDE` = -1. They always
        differ. Shape (n_edges,).
    faces
        Polygons in local metres, on the grid. Shape (n_faces,).
    loose
        Segments that separate no two faces, such as dead ends.
    """

    xy: Ints
    tail: Ints
    head: Ints
    kind: Ints
    left: Ints
    right: Ints
    faces: Geometries
    loose: Segments

    @property
    def length_m(self) -> Floats:
        """Length of each edge. Shape (n_edges,)."""
        across = (self.xy[self.head] - self.xy[self.tail]) / STEPS_PER_M
        return np.asarray(np.hypot(across[:, 0], across[:, 1]), dtype=np.float64)

    @property
    def inner(self) -> Bools:
        """Which edges lie between two faces. Shape (n_edges,)."""
        return np.asarray((self.left != OUTSIDE) & (self.right != OUTSIDE))

    def segments(self) -> Segments:
        """Return edges and loose segments together, as they were noded."""
        return join(Segments(self.xy[self.tail], self.xy[self.head], self.kind), self.loose)

    def edge_lines(self, which: Bools) -> Geometries:
        """Return some edges as LineStrings in local metres."""
        ends = np.stack([self.xy[self.tail[which]], self.xy[self.head[which]]], axis=1)
        return np.asarray(shapely.linestrings(ends / STEPS_PER_M), dtype=object)


def build_plane(segments: Segments, boundary: BaseGeometry) -> Plane:
    """Return the planar map of the faces inside a boundary.

    Faces are judged to be inside in groups that no line of kind TERRITORY separates, by the
    largest face of the group; a hairline face can so not be misjudged.

    Parameters
    ----------
    segments
        Noded segments, as `noding.node` returns them.
    boundary
        The boundary as it was before noding, in local metres; its rings are among the
        segments with the kind TERRITORY.

    Raises
    ------
    InputError
        If no face is left inside.
    """
    faces, left, right = faces_of(segments)
    if len(faces) == 0:
        raise InputError(fault("units.no_area"))
    inside = _inside(faces, left, right, segments.kind, boundary)
    if not inside.any():
        raise InputError(fault("units.no_area"))
    number = np.append(np.where(inside, np.cumsum(inside) - 1, OUTSIDE), OUTSIDE)
    left, right = number[left], number[right]
    border = left != right
    tail, head, xy = _vertices(segments)
    return Plane(
        xy,
        tail[border],
        head[border],
        segments.kind[border],
        left[border],
        right[border],
        faces[inside],
        segments[~border],
    )


def faces_of(segments: Segments) -> tuple[Geometries, Ints, Ints]:
    """Return all faces that noded segments enclose, and those beside each segment.

    Parameters
    ----------
    segments
        Noded segments, as `noding.node` returns them.

    Returns
    -------
    faces
        Polygons in local metres. Shape (n_faces,).
    left, right
        Face on either side of each segment, or `OUTSIDE`. Shape (n_segments,).
    """
    # Coordinates are whole steps here, so that nothing that GEOS computes with is rounded.
    polygons = np.asarray(
        shapely.get_parts(shapely.polygonize(segments.linestrings())), dtype=object
    )
    if len(polygons) == 0:
        nothing = np.full(len(segments), OUTSIDE, dtype=np.int64)
        return polygons, nothing, nothing.copy()
    tail, head, xy = _vertices(segments)
    left, right = _sides(pack(xy), tail, head, polygons)
    return _in_metres(polygons), left, right


def dissolve(plane: Plane, label: Ints) -> Plane:
    """Return the planar map in which faces with the same label are one.

    Parameters
    ----------
    plane
        Planar map.
    label
        Labels 0 … n - 1, each used; the faces of a label hang together along edges.
        Shape (n_faces,).
    """
    order = np.argsort(label, kind="stable")
    groups = np.split(plane.faces[order], np.flatnonzero(np.diff(label[order])) + 1)
    faces = np.empty(len(groups), dtype=object)
    for number, group in enumerate(groups):
        faces[number] = group[0] if len(group) == 1 else shapely.coverage_union_all(group)
    side = np.append(label, OUTSIDE)
    left, right = side[plane.left], side[plane.right]
    border = left != right
    dropped = Segments(
        plane.xy[plane.tail[~border]], plane.xy[plane.head[~border]], plane.kind[~border]
    )
    return Plane(
        plane.xy,
        plane.tail[border],
        plane.head[border],
        plane.kind[border],
        left[border],
        right[border],
        faces,
        join(plane.loose, dropped),
    )


def ring_edges(polygons: Geometries) -> tuple[Floats, Floats, Ints]:
    """Return the directed edges of polygons, the inside on their left.

    Returns
    -------
    start, end
        Coordinates as they stand in the polygons. Shape (n, 2).
    owner
        Position of the edge's polygon. Shape (n,).
    """
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return xy[:-1][same], xy[1:][same], owner[part[ring[:-1][same]]].astype(np.int64)


def locate(faces: Geometries, xy: Floats) -> Ints:
    """Return the face of each point; on an edge the lowest, outside -1. Shape (n,)."""
    point, face = shapely.STRtree(faces).query(shapely.points(xy), predicate="intersects")
    found = np.full(len(xy), len(faces), dtype=np.int64)
    np.minimum.at(found, point, face)
    found[found == len(faces)] = OUTSIDE
    return found


def connected(first: Ints, second: Ints, size: int) -> Ints:
    """Return the number of the connected component of each of `size` nodes. Shape (size,).

    Components are numbered by their lowest node.
    """
    links = coo_matrix((np.ones(len(first), dtype=np.int8), (first, second)), shape=(size, size))
    _, component = connected_components(links, directed=False)
    _, head, renamed = np.unique(component, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(head))[renamed], dtype=np.int64)


def _vertices(segments: Segments) -> tuple[Ints, Ints, Ints]:
    """Return the vertices of each segment, and all vertices in ascending order."""
    code, vertex = np.unique(
        np.concatenate([pack(segments.start), pack(segments.end)]), return_inverse=True
    )
    tail, head = vertex[: len(segments)], vertex[len(segments) :]
    xy = np.empty((len(code), 2), dtype=np.int64)
    xy[tail], xy[head] = segments.start, segments.end
    return tail, head, xy


def _sides(code: Ints, tail: Ints, head: Ints, polygons: Geometries) -> tuple[Ints, Ints]:
    """Match the rings to the edges by exact key: polygon on the left and right of each edge."""
    start, end, owner = ring_edges(polygons)
    first = np.searchsorted(code, pack(start.astype(np.int64)))
    last = np.searchsorted(code, pack(end.astype(np.int64)))
    key = tail * len(code) + head
    left = np.full(len(key), OUTSIDE, dtype=np.int64)
    right = left.copy()
    forward = first < last
    left[np.searchsorted(key, first[forward] * len(code) + last[forward])] = owner[forward]
    right[np.searchsorted(key, last[~forward] * len(code) + first[~forward])] = owner[~forward]
    return left, right


def _inside(
    faces: Geometries, left: Ints, right: Ints, kind: Ints, boundary: BaseGeometry
) -> Bools:
    open_edge = (left != OUTSIDE) & (right != OUTSIDE) & ((kind & LineKind.TERRITORY) == 0)
    group = connected(left[open_edge], right[open_edge], len(faces))
    by_size = np.lexsort((-shapely.area(faces), group))
    largest = by_size[np.append(True, np.diff(group[by_size]) > 0)]
    shapely.prepare(boundary)
    judged = shapely.intersects(boundary, shapely.point_on_surface(faces[largest]))
    return np.asarray(judged[group], dtype=np.bool_)


def _in_metres(polygons: Geometries) -> Geometries:
    scaled = shapely.transform(polygons, lambda xy: xy / STEPS_PER_M)
    return np.asarray(scaled, dtype=object)


def to_world(polygons: Geometries, origin: Ints) -> Geometries:
    """Move polygons from local metres to the reference system; every vertex stays on the grid.

    Parameters
    ----------
    polygons
        Polygons in local metres.
    origin
        Local origin in steps, see `noding.Grid`. Shape (2,).
    """
    moved = shapely.transform(polygons, lambda xy: (steps_of(xy) + origin) / STEPS_PER_M)
    return np.asarray(moved, dtype=object)
