"""Which units are neighbours, and what lies between them."""

from __future__ import annotations

import numpy as np
import shapely

from gridmap.partition.linework import LineKind
from gridmap.partition.noding import Bools, Floats, Geometries, Ints, pack
from gridmap.partition.planar import Plane, connected
from gridmap.territory import Adjacency

_STREETS = (
    LineKind.MAJOR_STREET | LineKind.MINOR_STREET | LineKind.LOCAL_STREET | LineKind.SERVICE_STREET
)
_RIVER = LineKind.RIVER | LineKind.SHORE
_BARRIER = _RIVER | LineKind.RAIL | LineKind.MOTORWAY
#: A bridge reaches the units this close to it, since its ends may stand before the bank.
_REACH_M = 10.0


def adjacency_of(plane: Plane, part: Ints, bridges: Geometries) -> Adjacency:
    """Return the pairs of units that share a border or that a bridge links.

    Parameters
    ----------
    plane
        Planar map whose faces are the units.
    part
        Connected part of each unit, see `parts`. Shape (n_units,).
    bridges
        LineStrings of street bridges in local metres. Shape (n_bridges,).

    Returns
    -------
    Adjacency
        Pairs in ascending order.
    """
    size = len(plane.faces)
    inner = plane.inner
    kind = plane.kind[inner]
    length = plane.length_m[inner]
    low = np.minimum(plane.left, plane.right)[inner]
    high = np.maximum(plane.left, plane.right)[inner]
    linked = _bridged(plane.faces, part, bridges)
    sides = low * size + high
    key = np.unique(np.concatenate([sides, linked[:, 0] * size + linked[:, 1]]))
    pair = np.searchsorted(key, sides)

    def metres(bits: int) -> Floats:
        held = (kind & bits) != 0
        return np.asarray(np.bincount(pair, length * held, len(key)), dtype=np.float64)

    return Adjacency(
        first=key // size,
        second=key % size,
        shared_m=np.asarray(np.bincount(pair, length, len(key)), dtype=np.float64),
        river_m=metres(_RIVER),
        rail_m=metres(LineKind.RAIL),
        motorway_m=metres(LineKind.MOTORWAY),
        admin_m=metres(LineKind.ADMIN),
        crossings=_crossings(plane, inner, pair, len(key)),
    )


def parts(plane: Plane) -> Ints:
    """Return the connected part of the territory that each unit lies in. Shape (n_units,)."""
    inner = plane.inner
    return connected(plane.left[inner], plane.right[inner], len(plane.faces))


def _crossings(plane: Plane, inner: Bools, pair: Ints, n_pairs: int) -> Ints:
    """Count the vertices on the barrier part of each border where a street runs through."""
    streets = plane.segments()
    streets = streets[((streets.kind & _STREETS) != 0) & ((streets.kind & _BARRIER) == 0)]
    code = pack(plane.xy)
    ends = np.concatenate([pack(streets.start), pack(streets.end)])
    passes = np.bincount(np.searchsorted(code, ends), minlength=len(code)) >= 2
    barrier = (plane.kind[inner] & _BARRIER) != 0
    vertex = np.concatenate([plane.tail[inner][barrier], plane.head[inner][barrier]])
    border = np.tile(pair[barrier], 2)
    seen = np.unique(np.column_stack([border, vertex])[passes[vertex]], axis=0)
    return np.bincount(seen[:, 0], minlength=n_pairs).astype(np.int64)


def _bridged(units: Geometries, part: Ints, bridges: Geometries) -> Ints:
    """Return the pairs of units of different parts that bridges link. Shape (n, 2)."""
    links: set[tuple[int, int]] = set()
    if len(bridges) and len(units) and part.max() > 0:
        for bridge in _whole_bridges(bridges):
            reached = shapely.STRtree(units).query(bridge, predicate="dwithin", distance=_REACH_M)
            reached = np.sort(reached)
            for one in np.unique(part[reached]):
                for other in np.unique(part[reached]):
                    if one < other:
                        links.add(_closest(units, reached, part, int(one), int(other)))
    return np.array(sorted(links), dtype=np.int64).reshape(-1, 2)


def _whole_bridges(bridges: Geometries) -> Geometries:
    """Put the pieces of bridges that touch each other together, as MultiLineStrings."""
    one, other = shapely.STRtree(bridges).query(bridges, predicate="intersects")
    group = connected(one, other, len(bridges))
    order = np.argsort(group, kind="stable")
    return np.asarray(shapely.multilinestrings(bridges[order], indices=group[order]), dtype=object)


def _closest(units: Geometries, reached: Ints, part: Ints, one: int, other: int) -> tuple[int, int]:
    here, there = reached[part[reached] == one], reached[part[reached] == other]
    distance = shapely.distance(units[here][:, None], units[there][None, :])
    row, column = np.unravel_index(int(np.argmin(distance)), distance.shape)
    pair = sorted((int(here[row]), int(there[column])))
    return pair[0], pair[1]
