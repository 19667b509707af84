"""The units as lines that neighbours share: what the editor draws and paints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.partition.ground import OUTSIDE, Ground
from gridmap.partition.noding import pack
from gridmap.territory import Bools, Ints, Polygons


@dataclass(frozen=True, eq=False)
class Arcs:
    """The border lines of all units; one between two units is there once, for both of them.

    A line ends where three units meet, or two and the outside. Where it ends nowhere it is a
    ring, whose first point is its last.

    Attributes
    ----------
    start
        First point of each arc, and the number of points. Shape (n_arcs + 1,).
    xy
        Points in steps of the ground's grid. Shape (n_points, 2).
    left, right
        Unit on each side of an arc, -1 for the outside. Shape (n_arcs,).
    unit_ring
        First ring of each unit, and the number of rings. Shape (n_units + 1,).
    ring_ref
        First reference of each ring, and the number of references. Shape (n_rings + 1,).
    ref
        Arcs of the rings one after another, the unit on the left; ``~arc`` where an arc is
        walked backwards. Shape (n_refs,).
    outer
        Whether a ring is an outer one; a hole follows the ring it is a hole of. Shape (n_rings,).
    """

    start: Ints
    xy: Ints
    left: Ints
    right: Ints
    unit_ring: Ints
    ring_ref: Ints
    ref: Ints
    outer: Bools


@dataclass(frozen=True, eq=False)
class _Rings:
    """Rings of the units: edges of each, in the order in which the ground holds them."""

    first: Ints
    count: Ints
    unit: Ints
    outer: Bools


def arcs_of(ground: Ground) -> Arcs:
    """Return the arcs of the units of a ground.

    Parameters
    ----------
    ground
        Units that tile a territory, whole or cut.
    """
    rings = _rings_of(ground.polygons)
    edges = np.concatenate(ground.edges.tolist()).astype(np.int64)
    right = edges[:, 4]
    tail, head = _vertices(edges)
    order, begins = _from_node_to_node(rings, tail, _nodes(tail, head, right))
    edges, tail, head = edges[order], tail[order], head[order]
    walk = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    back = _opposite(tail, head, first)
    other = np.where(back == OUTSIDE, OUTSIDE, walk[back])
    kept = (other == OUTSIDE) | (np.arange(len(first)) < other)
    arc = np.cumsum(kept) - 1
    length = np.diff(np.append(first, len(edges)))
    start, xy = _points(edges, kept, first, length)
    ring = np.repeat(np.arange(len(rings.first)), rings.count)
    return Arcs(
        start=start,
        xy=xy,
        left=rings.unit[ring[first[kept]]],
        right=edges[first[kept], 4],
        unit_ring=_starts(rings.unit, ground.n_units),
        ring_ref=_starts(ring[first], len(rings.first)),
        ref=np.where(kept, arc, ~arc[other]),
        outer=rings.outer,
    )


def _rings_of(polygons: Polygons) -> _Rings:
    parts, unit = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    count = shapely.get_num_coordinates(rings).astype(np.int64) - 1
    first = np.append(0, np.cumsum(count)[:-1])
    outer = np.append(True, part[1:] != part[:-1])
    return _Rings(first, count, unit[part].astype(np.int64), outer)


def _vertices(edges: Ints) -> tuple[Ints, Ints]:
    """Return the number of the vertex at the start and at the end of each edge."""
    code = np.concatenate([pack(edges[:, :2]), pack(edges[:, 2:4])])
    _, vertex = np.unique(code, return_inverse=True)
    return vertex[: len(edges)].astype(np.int64), vertex[len(edges) :].astype(np.int64)


def _nodes(tail: Ints, head: Ints, right: Ints) -> Bools:
    """Return at which vertices more than two border lines meet. Shape (n_vertices,)."""
    size = int(tail.max(initial=-1)) + 1
    lines = np.bincount(tail, minlength=size)
    # the outside has no edges of its own: a line along it is counted at one end only
    lines += np.bincount(head[right == OUTSIDE], minlength=size)
    return np.asarray(lines != 2)


def _from_node_to_node(rings: _Rings, tail: Ints, node: Bools) -> tuple[Ints, Bools]:
    """Return the edges in an order in which each ring begins at a node, and where arcs begin.

    A ring without nodes is one arc, which begins anywhere.
    """
    ring = np.repeat(np.arange(len(rings.first)), rings.count)
    begins = node[tail]
    begins[rings.first] |= ~np.logical_or.reduceat(begins, rings.first)
    at = np.flatnonzero(begins)
    _, first_of_ring = np.unique(ring[at], return_index=True)
    shift = at[first_of_ring] - rings.first
    place = np.arange(len(tail)) - rings.first[ring]
    order = rings.first[ring] + (place + shift[ring]) % rings.count[ring]
    return np.asarray(order, dtype=np.int64), np.asarray(begins[order], dtype=np.bool_)


def _opposite(tail: Ints, head: Ints, chosen: Ints) -> Ints:
    """Return the edge that runs the other way beside each chosen edge, or -1."""
    size = int(tail.max(initial=0)) + 1
    ahead = tail * size + head
    order = np.argsort(ahead)
    back = head[chosen] * size + tail[chosen]
    place = np.minimum(np.searchsorted(ahead[order], back), len(ahead) - 1)
    found = order[place]
    return np.where(ahead[found] == back, found, OUTSIDE)


def _points(edges: Ints, kept: Bools, first: Ints, length: Ints) -> tuple[Ints, Ints]:
    """Return the points of the arcs: the start of each edge, and the end of the last."""
    begin, count = first[kept], length[kept]
    start = np.append(0, np.cumsum(count + 1)).astype(np.int64)
    arc = np.repeat(np.arange(len(begin)), count)
    within = np.arange(len(arc)) - np.repeat(np.append(0, np.cumsum(count)[:-1]), count)
    xy = np.empty((int(start[-1]), 2), dtype=np.int64)
    xy[start[arc] + within] = edges[begin[arc] + within, :2]
    xy[start[1:] - 1] = edges[begin + count - 1, 2:4]
    return start, xy


def _starts(group: NDArray[Any], size: int) -> Ints:
    """Return where each group begins in a sorted column, and its length. Shape (size + 1,)."""
    return np.asarray(np.searchsorted(group, np.arange(size + 1)), dtype=np.int64)
