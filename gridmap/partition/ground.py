"""What all drawn plans of a territory share: units, their edges, neighbours, travel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.partition.noding import STEPS_PER_M, pack
from gridmap.partition.planar import connected, ring_edges
from gridmap.territory import Adjacency, Floats, Ints, Polygons

#: Lengths are kept in whole nanometres and areas in half square steps: sums and differences of
#: them are exact, so that a figure by difference is the figure from scratch.
NM_PER_M = 10**9
NM_PER_STEP = NM_PER_M // STEPS_PER_M
AREA_PER_M2 = 2 * STEPS_PER_M**2
OUTSIDE = -1


class Reach:
    """Seconds from a centre's unit to all units, measured once each.

    Parameters
    ----------
    known
        Finite seconds to each unit by the unit of a centre. Shape (n_units,) each.
    measure
        Gives the seconds from another unit, or None where only the known ones can be centres.
    measure_all
        Gives those from several units at once, where that is faster. Shape (n_units, n) for n.
    """

    def __init__(
        self,
        known: Mapping[int, Floats],
        measure: Callable[[int], Floats] | None = None,
        measure_all: Callable[[Sequence[int]], Floats] | None = None,
    ) -> None:
        self._known = dict(known)
        self._measure = measure
        self._measure_all = measure_all

    def prepare(self, units: Iterable[int]) -> None:
        """Measure the seconds from some units that will be asked for, if that saves time."""
        missing = sorted({*units} - set(self._known))
        if self._measure_all is None or not missing:
            return
        found = self._measure_all(missing)
        self._known |= {unit: found[:, place].copy() for place, unit in enumerate(missing)}

    def seconds(self, unit: int) -> Floats | None:
        """Return the seconds from a unit, or None where nobody can tell. Shape (n_units,)."""
        if unit not in self._known and self._measure is not None:
            self._known[unit] = np.asarray(self._measure(unit), dtype=np.float64)
        return self._known.get(unit)


@dataclass(frozen=True, eq=False)
class Demand:
    """Demand points, by which the workload of a cut unit is shared.

    Attributes
    ----------
    xy
        Coordinates in metres. Shape (n_points, 2).
    weight
        Workloads of each point. Shape (n_points, n_workloads).
    """

    xy: Floats
    weight: Floats


NO_DEMAND = Demand(np.empty((0, 2)), np.empty((0, 1)))


@dataclass(frozen=True, eq=False)
class Ground:
    """Units and all that does not depend on the cells. Build it with `build_ground`.

    Attributes
    ----------
    origin
        Local origin in steps of the grid. Shape (2,).
    polygons
        One polygon a unit. Shape (n_units,).
    edges
        An array a unit with its directed edges, the unit on their left: x and y of the start
        and of the end in local steps, and the unit on the right or -1. Shape (n_units,) of
        arrays (n_edges, 5). A new ground so shares the edges of all units it leaves alone.
    indptr, indices, shared_nm
        Neighbours in compressed rows, both directions, with nanometres of shared border; 0 for
        a bridge. Shapes (n_units + 1,), (n_arcs,), (n_arcs,).
    perimeter_nm, area
        Perimeter in nanometres, area in half square steps. Shape (n_units,).
    inner_xy
        A point inside each unit. Shape (n_units, 2).
    weights
        Workloads of each unit. Shape (n_units, n_workloads).
    row
        The unit that each unit was cut from, itself if never cut: its place in rows of travel.
        Shape (n_units,).
    component
        Connected part of the graph, bridges included. Shape (n_units,).
    bridges, bridge_ends
        Pairs of rows that a bridge links, and the pieces of them that it stands on: those
        closest to each other. Shape (n_bridges, 2).
    own_xy, own_unit
        Own outlets and their units. Shapes (n_own, 2) and (n_own,).
    demand, point_unit
        Demand points and the unit of each. Shape (n_points,).
    reach
        Seconds from the units of centres.
    """

    origin: Ints
    polygons: Polygons
    edges: NDArray[np.object_]
    indptr: Ints
    indices: Ints
    shared_nm: Ints
    perimeter_nm: Ints
    area: Ints
    inner_xy: Floats
    weights: Floats
    row: Ints
    component: Ints
    bridges: Ints
    bridge_ends: Ints
    own_xy: Floats
    own_unit: Ints
    demand: Demand
    point_unit: Ints
    reach: Reach

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.row)

    def neighbours(self, unit: int) -> Ints:
        """Return the neighbours of a unit, ascending."""
        return self.indices[self.indptr[unit] : self.indptr[unit + 1]]

    def neighbourhood(self, units: Ints) -> Ints:
        """Return units together with their neighbours, ascending."""
        rows = [units, *(self.neighbours(unit) for unit in units.tolist())]
        return np.unique(np.concatenate(rows)).astype(np.int64)

    def edges_of(self, units: Ints) -> tuple[Ints, Ints]:
        """Return the edges of some units and the unit of each. Shapes (n, 5) and (n,)."""
        blocks = self.edges[units].tolist()
        owner = np.repeat(units, [len(block) for block in blocks])
        none = np.empty((0, 5), dtype=np.int32)
        return np.concatenate([none, *blocks]).astype(np.int64), owner

    def world_m(self, steps: Ints) -> Floats:
        """Return coordinates in metres of local steps, exactly those of the units."""
        return np.asarray((steps + self.origin) / STEPS_PER_M, dtype=np.float64)

    def local_steps(self, xy: Floats) -> Floats:
        """Return coordinates in local steps without rounding."""
        return np.asarray(xy * STEPS_PER_M - self.origin, dtype=np.float64)


def build_ground(
    polygons: Polygons,
    *,
    weights: Floats,
    reach: Reach,
    bridges: Ints | None = None,
    own_xy: Floats | None = None,
    demand: Demand = NO_DEMAND,
) -> Ground:
    """Find edges and neighbours of units that tile a territory.

    Parameters
    ----------
    polygons
        Polygons that share whole edges, every vertex on the grid. Shape (n_units,).
    weights
        Workloads, not negative. Shape (n_units, n_workloads).
    reach
        Travel.
    bridges
        Pairs of units that are neighbours without a border, see `bridges_of`. Shape (n, 2).
    own_xy
        Own outlets, each strictly inside a unit of its own. Shape (n_own, 2).
    demand
        Demand points.

    Raises
    ------
    ValueError
        If a vertex is off the grid, an edge lies in two units the same way round, or an own
        outlet is outside.
    """
    polygons = np.asarray(polygons, dtype=object)
    n_units = len(polygons)
    corner = np.floor(shapely.total_bounds(polygons)[:2] * STEPS_PER_M)
    origin = corner.astype(np.int64)
    start, end, owner = edges_in_steps(polygons, origin)
    other = matching(start, end, owner)
    length = length_nm(start, end)
    bridges = np.asarray([] if bridges is None else bridges, dtype=np.int64).reshape(-1, 2)
    indptr, indices, shared = neighbour_rows(n_units, owner, other, length, bridges)
    own = np.empty((0, 2)) if own_xy is None else np.asarray(own_xy, dtype=np.float64)
    tree = shapely.STRtree(polygons)
    own_unit = _unit_of(tree, own)
    if (own_unit < 0).any():
        raise ValueError("Expected every own outlet inside a unit.")
    tail = np.repeat(np.arange(n_units), np.diff(indptr))
    return Ground(
        origin=origin,
        polygons=polygons,
        edges=edge_blocks(start, end, other, np.bincount(owner, minlength=n_units)),
        indptr=indptr,
        indices=indices,
        shared_nm=shared,
        perimeter_nm=sums(owner, length, n_units),
        area=sums(owner, cross(start, end), n_units),
        inner_xy=shapely.get_coordinates(shapely.point_on_surface(polygons)),
        weights=np.ascontiguousarray(weights, dtype=np.float64),
        row=np.arange(n_units, dtype=np.int64),
        component=connected(tail, indices, n_units),
        bridges=bridges,
        bridge_ends=bridges,
        own_xy=own,
        own_unit=own_unit,
        demand=demand,
        point_unit=_unit_of(tree, demand.xy),
        reach=reach,
    )


def bridges_of(pairs: Adjacency) -> Ints:
    """Return the neighbouring pairs of units that only a bridge links. Shape (n, 2)."""
    alone = pairs.shared_m == 0.0
    return np.column_stack([pairs.first[alone], pairs.second[alone]])


def edges_in_steps(polygons: Polygons, origin: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the start, the end and the polygon of directed edges, ordered by polygon.

    Raises
    ------
    ValueError
        If a vertex is off the grid.
    """
    start, end, owner = ring_edges(polygons)
    ends = []
    for xy in (start, end):
        steps = np.rint(xy * STEPS_PER_M)
        if not (steps / STEPS_PER_M == xy).all():
            raise ValueError("Expected every vertex of the units on the grid.")
        ends.append(steps.astype(np.int64) - origin)
    order = np.argsort(owner, kind="stable")
    return ends[0][order], ends[1][order], owner[order]


def edge_blocks(start: Ints, end: Ints, other: Ints, count: Ints) -> NDArray[np.object_]:
    """Return edges that stand one unit after another as an array a unit. Shape (n_units,)."""
    table = np.column_stack([start, end, other]).astype(np.int32)
    blocks = np.empty(len(count), dtype=object)
    blocks[:] = np.split(table, np.cumsum(count)[:-1])
    return blocks


def matching(start: Ints, end: Ints, owner: Ints) -> Ints:
    """Return the owner of the opposite of each directed edge, or -1. Shape (n,).

    Raises
    ------
    ValueError
        If an edge is there twice in the same direction.
    """
    _, vertex = np.unique(np.concatenate([pack(start), pack(end)]), return_inverse=True)
    tail, head = vertex[: len(start)].astype(np.int64), vertex[len(start) :].astype(np.int64)
    size = len(vertex) + 1
    ahead, back = tail * size + head, head * size + tail
    order = np.argsort(ahead)
    ranked = ahead[order]
    if (ranked[1:] == ranked[:-1]).any():
        raise ValueError("Expected units that do not overlap.")
    place = np.minimum(np.searchsorted(ranked, back), max(len(ranked) - 1, 0))
    found = ranked[place] == back
    return np.where(found, owner[order[place]], OUTSIDE)


def neighbour_rows(
    n_units: int, owner: Ints, other: Ints, length: Ints, bridges: Ints
) -> tuple[Ints, Ints, Ints]:
    """Return neighbours in compressed rows with the nanometres they share."""
    inner = other >= 0
    none = np.zeros(2 * len(bridges), dtype=np.int64)
    here = np.concatenate([owner[inner], bridges[:, 0], bridges[:, 1]])
    there = np.concatenate([other[inner], bridges[:, 1], bridges[:, 0]])
    key, pair = np.unique(here * n_units + there, return_inverse=True)
    shared = sums(pair, np.concatenate([length[inner], none]), len(key))
    indptr = np.searchsorted(key // n_units, np.arange(n_units + 1)).astype(np.int64)
    return indptr, key % n_units, shared


def length_nm(start: Ints, end: Ints) -> Ints:
    """Return the length of edges in whole nanometres, equal both ways round."""
    across = np.abs(end - start).astype(np.float64)
    nm = np.hypot(across[:, 0], across[:, 1]) * NM_PER_STEP
    return np.asarray(np.rint(nm), dtype=np.int64)


def cross(start: Ints, end: Ints) -> Ints:
    """Return twice the signed area under each edge; over a ring it is twice the area."""
    return np.asarray(start[:, 0] * end[:, 1] - end[:, 0] * start[:, 1], dtype=np.int64)


def sums(group: Ints, value: Ints, size: int) -> Ints:
    """Return the sum of whole numbers in each group, exactly. Shape (size,)."""
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, group, value)
    return total


def _unit_of(tree: shapely.STRtree, xy: Floats) -> Ints:
    """Return the lowest unit at each point, outside -1."""
    point, unit = tree.query(shapely.points(xy), predicate="intersects")
    far = np.iinfo(np.int64).max
    found = np.full(len(xy), far, dtype=np.int64)
    np.minimum.at(found, point, unit)
    found[found == far] = OUTSIDE
    return found
