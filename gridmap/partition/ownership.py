"""Which area each face of a map belongs to, where areas overlap and leave gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.partition.noding import Bools, Floats, Geometries, Ints
from gridmap.partition.planar import OUTSIDE, Plane, connected

#: Ground of no area, or a piece apart from the rest of its area, that is smaller or narrower
#: than this goes to a neighbour; otherwise it stands for itself.
CRUMB_M2, CRUMB_WIDTH_M = 400.0, 6.0
NOBODY = -1
#: Less comes from rounding to the grid. Square metres.
ROUNDING_M2 = 1.0


@dataclass(frozen=True, eq=False)
class Claims:
    """Which areas cover each face.

    Attributes
    ----------
    face, area
        Pairs in ascending order. Shape (n_pairs,).
    count
        Areas over each face. Shape (n_faces,).
    """

    face: Ints
    area: Ints
    count: Ints

    @classmethod
    def of(cls, plane: Plane, areas: Geometries) -> Claims:
        """Find the areas over a point inside each face."""
        inner = shapely.point_on_surface(plane.faces)
        area, face = shapely.STRtree(inner).query(areas, predicate="intersects")
        order = np.lexsort((area, face))
        count = np.bincount(face, minlength=len(plane.faces))
        return cls(face[order].astype(np.int64), area[order].astype(np.int64), count)


def owners(plane: Plane, areas: Geometries, claims: Claims) -> Ints:
    """Return the area that each face belongs to, `NOBODY` for ground of its own.

    An overlap goes to the area that is mostly overlapped (so that an area inside another stays),
    else to the one with the longest border to it. A crumb of ground that no area
    covers goes to the neighbour with the longest border.

    Parameters
    ----------
    plane
        Map of the areas' outlines.
    areas
        Shape (n_areas,).
    claims
        Areas over each face.

    Returns
    -------
    Ints
        Shape (n_faces,).
    """
    size: Floats = np.asarray(shapely.area(plane.faces))
    owner = np.full(len(size), NOBODY, dtype=np.int64)
    single = claims.count[claims.face] == 1
    owner[claims.face[single]] = claims.area[single]
    shared = ~single
    face, area = claims.face[shared], claims.area[shared]
    if len(face):
        beside = _beside(plane, owner)
        whole: Floats = np.asarray(shapely.area(areas))
        # An area that lies mostly under others would be lost; the smallest such one wins.
        under = np.bincount(area, size[face], len(areas))
        mostly = np.where(under > 0.5 * whole, whole, np.inf)[area]
        metres = np.array(
            [beside.get((one, other), 0.0) for one, other in zip(face.tolist(), area.tolist(),
                                                                strict=True)]
        )  # fmt: skip
        order = np.lexsort((area, whole[area], -metres, mostly, face))
        first = order[np.append(True, np.diff(face[order]) > 0)]
        owner[face[first]] = area[first]
    return absorbed(plane, owner, (claims.count == 0) & crumbs(plane.faces))


def crumbs(faces: Geometries) -> Bools:
    """Return which faces are too small or narrow to stand alone. Shape (n_faces,)."""
    area = shapely.area(faces)
    narrow = 2.0 * area < CRUMB_WIDTH_M * shapely.length(faces)
    return np.asarray((area < CRUMB_M2) | narrow, dtype=np.bool_)


def absorbed(plane: Plane, owner: Ints, given_up: Bools) -> Ints:
    """Return owners where the faces given up have gone to the neighbour with the longest border.

    Faces without a neighbour that has an owner stay as they are.
    """
    owner, waiting = owner.copy(), given_up.copy()
    inner = plane.inner
    left, right, length = plane.left[inner], plane.right[inner], plane.length_m[inner]
    here, there = np.concatenate([left, right]), np.concatenate([right, left])
    metres = np.tile(length, 2)
    while waiting.any():
        usable = waiting[here] & ~waiting[there] & (owner[there] != NOBODY)
        if not usable.any():
            break
        pair, at = np.unique(
            np.column_stack([here[usable], owner[there[usable]]]), axis=0, return_inverse=True
        )
        total = np.bincount(at.ravel(), metres[usable])
        order = np.lexsort((pair[:, 1], -total, pair[:, 0]))
        first = order[np.append(True, np.diff(pair[order, 0]) > 0)]
        owner[pair[first, 0]] = pair[first, 1]
        waiting[pair[first, 0]] = False
    return owner


def pieces(plane: Plane, owner: Ints) -> tuple[Ints, Ints, int]:
    """Return the connected pieces of each area, crumbs among them given to a neighbour.

    Returns
    -------
    label
        Piece of each face, 0 … n - 1. Shape (n_faces,).
    owner
        Area of each face, after crumbs have changed hands. Shape (n_faces,).
    parts
        Areas that are in several pieces.
    """
    label = _connected(plane, owner)
    size = np.bincount(label, shapely.area(plane.faces))
    perimeter = _perimeter(plane, label)
    held = np.zeros(len(size), dtype=np.int64)
    held[label] = owner
    order = np.lexsort((-size, held))
    main = np.zeros(len(size), dtype=np.bool_)
    main[order[np.append(True, np.diff(held[order]) > 0)]] = True
    main[held == NOBODY] = False
    crumb = (size < CRUMB_M2) | (2.0 * size < CRUMB_WIDTH_M * perimeter)
    moved = absorbed(plane, owner, (crumb & ~main)[label])
    label = _connected(plane, moved)
    held = np.zeros(label.max() + 1, dtype=np.int64)
    held[label] = moved
    times = np.bincount(held[held != NOBODY])
    return label, moved, int((times > 1).sum())


def _connected(plane: Plane, owner: Ints) -> Ints:
    inner = plane.inner
    left, right = plane.left[inner], plane.right[inner]
    same = owner[left] == owner[right]
    return connected(left[same], right[same], len(owner))


def _perimeter(plane: Plane, label: Ints) -> Floats:
    """Return the length of the outline of each piece. Shape (n_pieces,)."""
    side = np.append(label, OUTSIDE)
    left, right = side[plane.left], side[plane.right]
    total = np.zeros(int(label.max()) + 1)
    for one in (left, right):
        outline = (left != right) & (one != OUTSIDE)
        total += np.bincount(one[outline], plane.length_m[outline], len(total))
    return total


def _beside(plane: Plane, owner: Ints) -> dict[tuple[int, int], float]:
    """Return the metres of border between each face without an owner and each area."""
    inner = plane.inner
    found: dict[tuple[int, int], float] = {}
    left, right = plane.left[inner].tolist(), plane.right[inner].tolist()
    held = owner.tolist()
    for one, other, metres in zip(left, right, plane.length_m[inner].tolist(), strict=True):
        for face, neighbour in ((one, other), (other, one)):
            if held[face] == NOBODY and held[neighbour] != NOBODY:
                key = (face, held[neighbour])
                found[key] = found.get(key, 0.0) + metres
    return found
