"""Put lines into a planar map, redrawing only the faces they come near."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.partition.cutting import without_inner
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import (
    GRID_M,
    STEPS_PER_M,
    Bools,
    Geometries,
    Ints,
    Segments,
    join,
    node,
    pack,
)
from gridmap.partition.planar import OUTSIDE, Plane, build_plane, connected, faces_of

#: Faces this close to a new line are redrawn, with their neighbours.
_NEAR_M = 5 * GRID_M
#: Above this share of the faces all are redrawn at once.
_MOST = 0.6


def insert(
    plane: Plane, fresh: Segments, boundary: BaseGeometry, *, cleared: Geometries | None = None
) -> Plane:
    """Return the planar map with more lines in it.

    The faces near the new lines and the neighbours of these are noded and polygonized anew. If
    snapping were to reach further, which shows in a change of the line around them, the whole
    map is made anew.

    Parameters
    ----------
    plane
        Planar map.
    fresh
        New segments; the map's own are known to be noded.
    boundary
        Boundary as it was before noding, in local metres.
    cleared
        Squares along the grid in local metres, their sides among the new lines: what lies
        inside them is dropped, apart from the border of the territory.
    """
    squares = np.empty(0, dtype=object) if cleared is None else cleared
    near = _near(plane, fresh, squares)
    if near.mean() <= _MOST:
        redrawn = _redrawn(plane, fresh, near, (squares, boundary))
        if redrawn is not None:
            return redrawn
    return build_plane(_without(_noded(plane.segments(), fresh), squares), boundary)


def _without(segments: Segments, squares: Geometries) -> Segments:
    if len(squares) == 0:
        return segments
    in_steps = shapely.transform(squares, lambda xy: np.rint(xy * STEPS_PER_M))
    return without_inner(segments, np.asarray(in_steps, dtype=object))


def _noded(noded: Segments, fresh: Segments) -> Segments:
    new = np.append(np.zeros(len(noded), dtype=bool), np.ones(len(fresh), dtype=bool))
    return node(join(noded, fresh), new)


def _near(plane: Plane, fresh: Segments, squares: Geometries) -> Bools:
    """Return the faces close to new segments, and the neighbours of these. Shape (n_faces,)."""
    lines = np.concatenate([_metres(fresh), squares])
    _, face = shapely.STRtree(plane.faces).query(lines, predicate="dwithin", distance=_NEAR_M)
    near = np.zeros(len(plane.faces) + 1, dtype=np.bool_)
    near[face] = True
    touched = near[plane.left] | near[plane.right]
    near[plane.left[touched]] = near[plane.right[touched]] = True
    return near[:-1]


def _redrawn(
    plane: Plane, fresh: Segments, near: Bools, around: tuple[Geometries, BaseGeometry]
) -> Plane | None:
    """Redraw the faces of `near`; None if a line around them would change."""
    squares, boundary = around
    side = np.append(near, False)
    on_left, on_right = side[plane.left], side[plane.right]
    ours = on_left | on_right
    # The border of the territory may be split: nothing beyond it depends on that.
    frontier = (on_left != on_right) & plane.inner
    old = Segments(plane.xy[plane.tail], plane.xy[plane.head], plane.kind)
    close = _close(plane, fresh, near)
    segments = _without(_noded(join(old[ours], plane.loose[close]), fresh), squares)
    wall, at = _found(segments, old[frontier])
    if wall is None:
        return None
    faces, left, right = faces_of(segments)
    if len(faces) == 0:
        return None
    walled = (segments.kind & LineKind.TERRITORY) != 0
    walled[wall] = True
    group = _groups(left, right, walled, len(faces))
    inside = _inside(faces, group, plane.faces[near], boundary)
    if not inside.any():
        return None
    kept = len(plane.faces) - int(near.sum())
    number = np.append(np.where(inside, kept + np.cumsum(inside) - 1, OUTSIDE), OUTSIDE)
    left, right = number[left], number[right]
    # Beyond the line around them lie the faces that stay, or the outside.
    stay = np.append(np.where(near, OUTSIDE, np.cumsum(~near) - 1), OUTSIDE)
    beyond_left, beyond_right = stay[plane.left[frontier]], stay[plane.right[frontier]]
    left[wall] = np.where(left[wall] == OUTSIDE, beyond_left[at], left[wall])
    right[wall] = np.where(right[wall] == OUTSIDE, beyond_right[at], right[wall])
    border = left != right
    edges = join(old[~ours], segments[border])
    return _assembled(
        edges,
        np.concatenate([stay[plane.left[~ours]], left[border]]),
        np.concatenate([stay[plane.right[~ours]], right[border]]),
        np.concatenate([plane.faces[~near], faces[inside]]),
        join(plane.loose[~close], segments[~border]),
    )


def _close(plane: Plane, fresh: Segments, near: Bools) -> Bools:
    """Return which loose segments lie in the faces of `near` or close to new segments."""
    close = np.zeros(len(plane.loose), dtype=np.bool_)
    if len(plane.loose) == 0:
        return close
    lines = _metres(plane.loose)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    inside, _ = shapely.STRtree(plane.faces[near]).query(middle, predicate="intersects")
    beside, _ = shapely.STRtree(_metres(fresh)).query(lines, predicate="dwithin", distance=_NEAR_M)
    close[inside] = close[beside] = True
    return close


def _found(segments: Segments, wanted: Segments) -> tuple[Ints | None, Ints]:
    """Return where each segment of `wanted` is among noded ones; None if one has changed.

    The second array tells which of `wanted` each position belongs to.
    """
    at = np.arange(len(wanted), dtype=np.int64)
    if len(wanted) == 0:
        return at, at
    start, end = pack(segments.start), pack(segments.end)
    names, number = np.unique(
        np.concatenate([start, end, pack(wanted.start), pack(wanted.end)]), return_inverse=True
    )
    first, last, first_wanted, last_wanted = np.split(
        number, np.cumsum([len(start), len(end), len(wanted)])
    )
    key = first * len(names) + last
    asked = first_wanted * len(names) + last_wanted
    # Noded segments are in ascending order, and so are their keys.
    place = np.minimum(np.searchsorted(key, asked), len(key) - 1)
    if (key[place] != asked).any():
        return None, at
    return place.astype(np.int64), at


def _groups(left: Ints, right: Ints, walled: Bools, size: int) -> Ints:
    """Return the group of each face: those with no wall between them. Shape (size,)."""
    open_edge = (left != OUTSIDE) & (right != OUTSIDE) & ~walled
    return connected(left[open_edge], right[open_edge], size)


def _inside(faces: Geometries, group: Ints, before: Geometries, boundary: BaseGeometry) -> Bools:
    """Return which faces lie where those of `before` did; each group by its largest face.

    Lines are drawn a little over the border: what they enclose beyond it is outside.
    """
    by_size = np.lexsort((-shapely.area(faces), group))
    largest = by_size[np.append(True, np.diff(group[by_size]) > 0)]
    inner = shapely.point_on_surface(faces[largest])
    here, _ = shapely.STRtree(before).query(inner, predicate="intersects")
    judged = np.zeros(len(largest), dtype=np.bool_)
    judged[here] = True
    shapely.prepare(boundary)
    judged &= shapely.intersects(boundary, inner)
    return np.asarray(judged[group], dtype=np.bool_)


def _assembled(
    edges: Segments, left: Ints, right: Ints, faces: Geometries, loose: Segments
) -> Plane:
    """Return the planar map of edges in any order, each from its lower end."""
    start, end = pack(edges.start), pack(edges.end)
    order = np.lexsort((end, start))
    edges, left, right = edges[order], left[order], right[order]
    code, vertex = np.unique(np.concatenate([start[order], end[order]]), return_inverse=True)
    tail, head = vertex[: len(edges)], vertex[len(edges) :]
    xy = np.empty((len(code), 2), dtype=np.int64)
    xy[tail], xy[head] = edges.start, edges.end
    return Plane(xy, tail, head, edges.kind, left, right, faces, loose)


def _metres(segments: Segments) -> Geometries:
    ends = np.stack([segments.start, segments.end], axis=1) / STEPS_PER_M
    return np.asarray(shapely.linestrings(ends), dtype=object)
