"""Which streets a trip runs along: fastest ways as shares of arcs.

Found with plain searches, so that it needs no preparation: for fitting speeds, where each round
has other times. Arc 2 e is edge e from tail to head, arc 2 e + 1 the way back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Entries of the largest intermediate array.
CHUNK_ENTRIES = 4_000_000
#: A step that takes no time would be no step for scipy. Seconds.
LEAST_S = 1e-9


@dataclass(frozen=True, eq=False)
class EdgeUse:
    """The fastest ways of some trips.

    Attributes
    ----------
    share
        How much of each arc each trip runs along, 1 = all. Shape (n_trips, 2 n_edges).
    turn_s
        Seconds of the turns of each trip; NaN where there is no way. Shape (n_trips,).
    """

    share: csr_array
    turn_s: Floats


def arc_seconds(network: StreetNetwork) -> Floats:
    """Return the seconds of each arc, infinite = closed. Shape (2 n_edges,)."""
    return np.column_stack([network.forward_s, network.backward_s]).ravel()


def edge_use(network: StreetNetwork, origins: Snapped, targets: Snapped) -> EdgeUse:
    """Return the fastest ways from each origin to its target, along streets and turns.

    Parameters
    ----------
    network
        Network; turns count if it has them.
    origins, targets
        Both ends of each trip on the network. Shape (n_trips,).
    """
    seconds = arc_seconds(network)
    search = _Search(network, seconds)
    n_trips = len(origins)
    best = _Best(n_trips)
    _along_one_edge(best, seconds, origins, targets)
    reached = np.flatnonzero(origins.reached & targets.reached)
    order = reached[np.argsort(origins.edge[reached], kind="stable")]
    step = max(1, CHUNK_ENTRIES // (2 * search.size))
    for first in range(0, len(order), step):
        _by_nodes(best, search, order[first : first + step], origins, targets)
    trip, arc, share = best.pieces()
    matrix = csr_array(coo_array((share, (trip, arc)), shape=(n_trips, 2 * network.n_edges)))
    travel_s = matrix @ np.where(np.isfinite(seconds), seconds, 0.0)
    turn_s = np.where(np.isfinite(best.seconds), np.maximum(best.seconds - travel_s, 0.0), np.nan)
    return EdgeUse(matrix, turn_s)


class _Search:
    """A graph to search: of nodes, or of states where turns count."""

    def __init__(self, network: StreetNetwork, seconds: Floats) -> None:
        self.network, self.seconds, self.turns = network, seconds, network.turns
        if self.turns is None:
            tail, head, cost, edge = network.arcs
            self.size = network.n_nodes
            self._step_arc = 2 * edge + (network.tail[edge] != tail)
            self._step_key = tail * self.size + head
            shape = (self.size, self.size)
            self.graph = csr_array((np.maximum(cost, LEAST_S), (tail, head)), shape=shape)
        else:
            turns = self.turns
            self.size = turns.n_states
            start = np.repeat(np.arange(self.size), np.diff(turns.start))
            cost = turns.seconds + seconds[turns.arc[turns.to]]
            use = np.isfinite(cost)
            # Of several turns between the same states the cheapest: scipy adds them up.
            order = np.lexsort((cost[use], turns.to[use], start[use]))
            start, end, cost = start[use][order], turns.to[use][order], cost[use][order]
            first = np.ones(len(start), dtype=bool)
            first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
            matrix = (np.maximum(cost[first], LEAST_S), (start[first], end[first]))
            self.graph = csr_array(matrix, shape=(self.size, self.size))
            self._by_arc = np.argsort(turns.arc, kind="stable")
            self._arc_start = np.searchsorted(
                turns.arc[self._by_arc], np.arange(2 * network.n_edges + 1)
            )

    def starts(self, points: Snapped) -> tuple[Ints, Ints, Floats]:
        """Return where trips enter the graph: node, arc up to there, share of that arc.

        Shapes (n_points, 2).
        """
        edge = points.edge
        arc = np.column_stack([2 * edge, 2 * edge + 1])
        share = np.column_stack([1.0 - points.fraction, points.fraction])
        if self.turns is not None:
            return arc, arc, share
        node = np.column_stack([self.network.head[edge], self.network.tail[edge]])
        return node, arc, share

    def ends(self, points: Snapped) -> tuple[Ints, Ints, Ints, Floats]:
        """Return where trips leave the graph: row of the point, node, arc, share of it to add.

        With turns the last arc is a node of the graph, and what of it is too much is taken off.
        """
        edge, row = points.edge, np.repeat(np.arange(len(points)), 2)
        arc = np.column_stack([2 * edge, 2 * edge + 1]).ravel()
        share = np.column_stack([points.fraction, 1.0 - points.fraction]).ravel()
        if self.turns is None:
            node = np.column_stack([self.network.tail[edge], self.network.head[edge]]).ravel()
            return row, node, arc, share
        low, count = self._arc_start[arc], np.diff(self._arc_start)[arc]
        each = np.repeat(np.arange(len(arc)), count)
        offset = np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count)
        node = self._by_arc[low[each] + offset]
        return row[each], node, arc[each], share[each] - 1.0

    def arcs_of(self, before: Ints, node: Ints) -> Ints:
        """Return the arc of each step."""
        if self.turns is not None:
            return np.asarray(self.turns.arc[node])
        at = np.searchsorted(self._step_key, before * self.size + node)
        return np.asarray(self._step_arc[at])


class _Best:
    """The best way of each trip so far, and the pieces of it."""

    def __init__(self, n_trips: int) -> None:
        self.seconds = np.full(n_trips, np.inf)
        self._pieces: list[tuple[Ints, Ints, Floats, Ints]] = []
        self._version = np.zeros(n_trips, dtype=np.int64)

    def improve(self, trip: Ints, seconds: Floats) -> None:
        """Take a better way for some trips; its pieces follow."""
        self.seconds[trip] = seconds
        self._version[trip] += 1

    def add(self, trip: Ints, arc: Ints, share: Floats) -> None:
        """Add pieces to the present ways."""
        self._pieces.append((trip, arc, share, self._version[trip]))

    def pieces(self) -> tuple[Ints, Ints, Floats]:
        """Return trip, arc and share of the pieces of the best ways."""
        if not self._pieces:
            none = np.empty(0, dtype=np.int64)
            return none, none, np.empty(0)
        trip, arc, share, version = (
            np.concatenate(part) for part in zip(*self._pieces, strict=True)
        )
        use = version == self._version[trip]
        return trip[use], arc[use], share[use]


def _along_one_edge(best: _Best, seconds: Floats, origins: Snapped, targets: Snapped) -> None:
    same = np.flatnonzero(origins.reached & (origins.edge == targets.edge))
    step = targets.fraction[same] - origins.fraction[same]
    arc = 2 * origins.edge[same] + (step < 0.0)
    cost = _part_s(seconds[arc], np.abs(step))
    use = np.isfinite(cost)
    best.improve(same[use], cost[use])
    best.add(same[use], arc[use], np.abs(step[use]))


def _by_nodes(
    best: _Best, search: _Search, trips: Ints, origins: Snapped, targets: Snapped
) -> None:
    """Look for the ways of some trips by the ends of their edges."""
    start_node, start_arc, start_share = search.starts(_rows(origins, trips))
    start_s = _part_s(search.seconds[start_arc], start_share)
    row, end_node, end_arc, end_share = search.ends(_rows(targets, trips))
    end_s = _part_s(search.seconds[end_arc], end_share)
    source, inverse = np.unique(start_node, return_inverse=True)
    inverse = inverse.reshape(start_node.shape)
    field, before = dijkstra(search.graph, indices=source, return_predecessors=True)
    # Each end with both starts. Shape (n_ends, 2).
    total = start_s[row] + field[inverse[row], end_node[:, None]] + end_s[:, None]
    if search.turns is not None:
        # It would end on the arc it starts from without having left it. Round the block and back
        # to before one's start on a one-way street is not looked for: such a trip has no way.
        total[start_node[row] == end_node[:, None]] = np.inf
    ways = np.repeat(row, 2)
    order = np.lexsort((total.ravel(), ways))
    first = order[np.flatnonzero(np.diff(ways[order], prepend=-1))]
    better = total.ravel()[first] < best.seconds[trips[ways[first]]]
    first = first[better]
    end, side = first // 2, first % 2
    place, trip = row[end], trips[row[end]]
    best.improve(trip, total[end, side])
    best.add(trip, start_arc[place, side], start_share[place, side])
    best.add(trip, end_arc[end], end_share[end])
    at, node, goal = inverse[place, side], end_node[end], start_node[place, side]
    while len(node := node.astype(np.int64)):
        go = node != goal
        at, node, goal, trip = at[go], node[go], goal[go], trip[go]
        previous = before[at, node].astype(np.int64)
        best.add(trip, search.arcs_of(previous, node), np.ones(len(trip)))
        node = previous


def _part_s(whole_s: Floats, share: Floats) -> Floats:
    """Return the seconds of a share of an arc; none of a closed one takes no time."""
    open_ = np.isfinite(whole_s)
    seconds = np.where(open_, np.where(open_, whole_s, 0.0) * share, np.inf)
    return np.asarray(np.where(share == 0.0, 0.0, seconds))


def _rows(points: Snapped, rows: Ints) -> Snapped:
    return Snapped(points.edge[rows], points.fraction[rows], points.distance_m[rows])
