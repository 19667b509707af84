"""The reference travel engine: Dijkstra's algorithm on the street network, without preparation.

Times are kept in whole 2**-20 s (about a microsecond). Sums of them are exact in float64, so that
ways of equal duration compare equal, a field found from all sources at once equals the least of
the fields found one by one, and a search against the arcs equals one along them, to the last bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from gridmap.errors import InputError, fault, some_ids
from gridmap.travel import polyline
from gridmap.travel.engine import Path, Snapped
from gridmap.travel.network import StreetNetwork
from gridmap.travel.snap import Snapper

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Pace of the straight way between a point and the street, on foot whatever the means of travel:
#: 4.5 km/h, as in the walking profile.
ACCESS_SPEED_M_S = 4.5 / 3.6

TICKS_PER_S = 2.0**20
#: Entries of the largest intermediate array: 4 million float64 are 32 MB.
CHUNK_ENTRIES = 4_000_000
#: A leg is first looked for within this many seconds of travel, then within four times as many …
FIRST_LIMIT_S = 300.0
#: … and from here on without a limit.
LAST_LIMIT_S = 19_200.0


class DijkstraEngine:
    """Travel times on one street network; implements `gridmap.travel.engine.TravelEngine`.

    A time runs from point to point: straight to the street at `ACCESS_SPEED_M_S`, along the
    streets, straight to the other point. A point takes no time to itself.

    Parameters
    ----------
    network
        Street network.
    snap_limit_m
        Points farther than this from every street are off the network. Metres.
    """

    def __init__(self, network: StreetNetwork, *, snap_limit_m: float = 500.0) -> None:
        if not network.n_edges:
            raise ValueError("Expected a network with at least one street edge.")
        self._network = network
        self._snapper = Snapper(network, snap_limit_m)
        self._forward_s = _ticks(network.forward_s)
        self._backward_s = _ticks(network.backward_s)

    @property
    def mode(self) -> str:
        """Means of travel."""
        return self._network.mode

    @cached_property
    def fingerprint(self) -> str:
        """Hash of network and speeds: equal fingerprints give equal answers."""
        network, digest = self._network, hashlib.sha256()
        limit_m = self._snapper.limit_m
        digest.update(f"dijkstra 1 {network.mode} {network.crs} {limit_m!r}".encode())
        for array in (network.tail, network.head, network.line_start):
            digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
        for values in (network.forward_s, network.backward_s, network.length_m, network.line_xy):
            digest.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
        return digest.hexdigest()

    def snap(self, xy: Floats, /) -> Snapped:
        """Bring points to the network. `xy` has shape (n_points, 2), metres.

        A point off the network has edge -1 and an infinite distance.
        """
        return self._snapper.snap(xy)

    def matrix(self, sources: Snapped, targets: Snapped) -> Floats:
        """Return seconds from each source to each target, NaN = unreachable.

        The search runs from the side that has fewer points, in chunks of bounded memory.
        Shape (n_sources, n_targets).
        """
        backwards = len(targets) < len(sources)
        rows, columns = (targets, sources) if backwards else (sources, targets)
        row_node, row_s = self._ends(rows, leaving=not backwards)
        column_node, column_s = self._ends(columns, leaving=backwards)
        seconds = np.full((len(rows), len(columns)), np.inf)
        use = np.flatnonzero(rows.reached)
        graph = self._reversed if backwards else self._graph
        for chunk in self._chunks(use, len(columns)):
            field = _fields(graph, row_node[chunk], row_s[chunk])
            seconds[chunk] = np.minimum(
                field[:, column_node[:, 0]] + column_s[:, 0],
                field[:, column_node[:, 1]] + column_s[:, 1],
            )
        if backwards:
            seconds = np.ascontiguousarray(seconds.T)
        source, target, direct_s = self._along_one_edge(sources, targets)
        np.minimum.at(seconds, (source, target), direct_s)
        seconds += _access(sources)[:, None]
        seconds += _access(targets)
        seconds[_identical(sources, targets, source, target)] = 0.0
        seconds[~np.isfinite(seconds)] = np.nan
        return seconds

    def nearest(self, sources: Snapped, targets: Snapped) -> tuple[Floats, Ints]:
        """Return for each target the seconds from its nearest source, and which that is.

        One search from all sources at once; equal to the least of each column of `matrix`, and of
        equally near sources the lowest. Unreachable is NaN and -1. Shapes (n_targets,).
        """
        seconds = np.full(len(targets), np.nan)
        nearest = np.full(len(targets), -1, dtype=np.int64)
        use = np.flatnonzero(sources.reached)
        if not len(use):
            return seconds, nearest
        node, leave_s = self._ends(sources, leaving=True)
        leave_s = leave_s + _access(sources)[:, None]
        field, label = _labelled_field(self._graph, node[use], leave_s[use])
        label = np.where(label >= 0, use[label], -1)

        # Three ways to reach a target: by the tail of its edge, by the head, along the edge.
        to_node, arrive_s = self._ends(targets, leaving=False)
        access_s = _access(targets)
        source, target, direct_s = self._along_one_edge(sources, targets)
        direct_s = direct_s + _access(sources)[source] + access_s[target]
        same = _identical(sources, targets, source, target)
        column = np.arange(len(targets))
        every_target = np.concatenate([column, column, target, same[1]])
        every_source = np.concatenate([label[to_node].T.ravel(), source, same[0]])
        via_nodes = (field[to_node] + arrive_s + access_s[:, None]).T.ravel()
        every_s = np.concatenate([via_nodes, direct_s, np.zeros(len(same[0]))])
        order = np.lexsort((every_source, every_s, every_target))
        best = order[np.flatnonzero(np.diff(every_target[order], prepend=-1))]
        found = best[np.isfinite(every_s[best])]
        seconds[every_target[found]] = every_s[found]
        nearest[every_target[found]] = every_source[found]
        return seconds, nearest

    def route(self, points: Snapped) -> Path:
        """Return the way through the points in their order.

        `leg_s` are those of `matrix`: with the straight way to and from the street. `leg_m` and
        `leg_xy` are the way along the streets, from position to position.

        Raises
        ------
        InputError
            If a point is off the network or a leg cannot be travelled.
        """
        off = np.flatnonzero(~points.reached)
        if len(off):
            limit_m = self._snapper.limit_m
            raise InputError(
                fault("streets.point_off_network", points=some_ids(off + 1), limit_m=limit_m)
            )
        legs = [self._leg(points, start) for start in range(len(points) - 1)]
        stuck = [start for start, leg in enumerate(legs) if leg is None]
        if stuck:
            raise InputError(
                *(fault("streets.leg_unreachable", start=at + 1, end=at + 2) for at in stuck)
            )
        done = [leg for leg in legs if leg is not None]
        return Path(
            leg_s=np.array([leg[0] for leg in done]),
            leg_m=np.array([leg[1] for leg in done]),
            leg_xy=tuple(leg[2] for leg in done),
        )

    @cached_property
    def _graph(self) -> csr_array:
        start, end, seconds, _ = self._network.arcs
        shape = (self._network.n_nodes, self._network.n_nodes)
        return csr_array(coo_array((_ticks(seconds), (start, end)), shape=shape))

    @cached_property
    def _reversed(self) -> csr_array:
        return csr_array(self._graph.T)

    def _chunks(self, rows: Ints, n_columns: int) -> Iterator[Ints]:
        step = max(1, CHUNK_ENTRIES // max(1, self._network.n_nodes, n_columns))
        for first in range(0, len(rows), step):
            yield rows[first : first + step]

    def _ends(self, points: Snapped, *, leaving: bool) -> tuple[Ints, Floats]:
        """Return tail and head of each point's edge and the seconds to (or from) them.

        Shapes (n_points, 2). A point off the network is infinitely far from node 0.
        """
        edge = np.where(points.reached, points.edge, 0)
        node = np.column_stack([self._network.tail[edge], self._network.head[edge]])
        from_tail_s, to_head_s = _split(self._forward_s[edge], points.fraction)
        from_head_s, to_tail_s = _split(self._backward_s[edge], 1.0 - points.fraction)
        seconds = np.column_stack([to_tail_s, to_head_s] if leaving else [from_tail_s, from_head_s])
        # A point at a node is at that node, also where the edge is closed in that direction.
        seconds[points.fraction == 0.0, 0] = 0.0
        seconds[points.fraction == 1.0, 1] = 0.0
        seconds[~points.reached] = np.inf
        return node, seconds

    def _along_one_edge(self, sources: Snapped, targets: Snapped) -> tuple[Ints, Ints, Floats]:
        """Return the pairs (source, target) on one edge and the seconds along that edge."""
        source, target = _on_one_edge(sources, targets)
        edge = sources.edge[source]
        start, end = sources.fraction[source], targets.fraction[target]
        start_s, _ = _split(self._forward_s[edge], start)
        end_s, _ = _split(self._forward_s[edge], end)
        along_s = _difference(end_s, start_s)
        start_s, _ = _split(self._backward_s[edge], 1.0 - start)
        end_s, _ = _split(self._backward_s[edge], 1.0 - end)
        against_s = _difference(end_s, start_s)
        seconds = np.where(start < end, along_s, against_s)
        return source, target, np.where(start == end, 0.0, seconds)

    def _leg(self, points: Snapped, start: int) -> tuple[float, float, Floats] | None:
        """Return seconds, metres and line from a point to the next, None if there is no way."""
        source, target = _one(points, start), _one(points, start + 1)
        source_node, leave_s = (ends[0] for ends in self._ends(source, leaving=True))
        target_node, arrive_s = (ends[0] for ends in self._ends(target, leaving=False))
        _, _, direct = self._along_one_edge(source, target)
        direct_s = float(direct[0]) if len(direct) else np.inf
        access_s = float(_access(source)[0] + _access(target)[0])
        if len(_identical(source, target, *_on_one_edge(source, target))[0]):
            access_s = 0.0

        limit_s = FIRST_LIMIT_S
        while True:
            field, before = dijkstra(
                self._graph, indices=source_node, return_predecessors=True, limit=limit_s
            )
            # By either end of the first edge and either end of the last one. Shape (2, 2).
            by_ends = leave_s[:, None] + field[:, target_node] + arrive_s
            best_s = min(direct_s, float(by_ends.min()))
            if best_s <= limit_s or limit_s == np.inf:
                break
            limit_s = limit_s * 4.0 if limit_s < LAST_LIMIT_S else np.inf
        if not np.isfinite(best_s):
            return None
        first_edge, first_share = int(source.edge[0]), float(source.fraction[0])
        last_edge, last_share = int(target.edge[0]), float(target.fraction[0])
        if direct_s <= best_s:
            metres, line = self._piece(first_edge, first_share, last_share)
            return best_s + access_s, metres, line
        first_side, last_side = (int(side) for side in np.unravel_index(by_ends.argmin(), (2, 2)))
        nodes = _trace(before[first_side], source_node[first_side], target_node[last_side])
        pieces = [
            self._piece(first_edge, first_share, float(first_side)),
            *(self._arc(tail, head) for tail, head in pairwise(nodes)),
            self._piece(last_edge, float(last_side), last_share),
        ]
        metres = sum(length for length, _ in pieces)
        return best_s + access_s, metres, polyline.join([line for _, line in pieces])

    def _arc(self, tail: int, head: int) -> tuple[float, Floats]:
        start, end, _, edge = self._network.arcs
        low, high = np.searchsorted(start, [tail, tail + 1])
        number = int(edge[low + np.searchsorted(end[low:high], head)])
        onwards = self._network.tail[number] == tail
        return self._piece(number, *((0.0, 1.0) if onwards else (1.0, 0.0)))

    def _piece(self, edge: int, start: float, end: float) -> tuple[float, Floats]:
        length_m = float(self._network.length_m[edge]) * abs(end - start)
        return length_m, polyline.part(self._network.line(edge), start, end)


def _ticks(seconds: Floats) -> Floats:
    return np.asarray(np.rint(seconds * TICKS_PER_S) / TICKS_PER_S)


def _access(points: Snapped) -> Floats:
    """Return seconds of the straight way between each point and the street."""
    return _ticks(points.distance_m / ACCESS_SPEED_M_S)


def _split(whole_s: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Split times in two parts that add up exactly; both are infinite on a closed edge."""
    open_ = np.isfinite(whole_s)
    first = _ticks(np.where(open_, whole_s, 0.0) * share)
    rest = np.where(open_, whole_s - first, np.inf)
    return np.where(open_, first, np.inf), rest


def _difference(end_s: Floats, start_s: Floats) -> Floats:
    open_ = np.isfinite(end_s)
    seconds: Floats = np.subtract(end_s, start_s, out=np.full(len(end_s), np.inf), where=open_)
    return seconds


def _one(points: Snapped, row: int) -> Snapped:
    rows = slice(row, row + 1)
    return Snapped(points.edge[rows], points.fraction[rows], points.distance_m[rows])


def _on_one_edge(sources: Snapped, targets: Snapped) -> tuple[Ints, Ints]:
    """Return all pairs (source, target) on the same edge, ordered by source."""
    order = np.argsort(targets.edge, kind="stable")
    edges = targets.edge[order]
    use = np.flatnonzero(sources.reached)
    low = np.searchsorted(edges, sources.edge[use], side="left")
    count = np.searchsorted(edges, sources.edge[use], side="right") - low
    first = np.repeat(low - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    target = order[first + np.arange(int(count.sum()))] if len(use) else order[:0]
    return np.repeat(use, count), target


def _identical(sources: Snapped, targets: Snapped, source: Ints, target: Ints) -> tuple[Ints, Ints]:
    """Return those of the given pairs that are the same point."""
    same = (sources.fraction[source] == targets.fraction[target]) & (
        sources.distance_m[source] == targets.distance_m[target]
    )
    return source[same], target[same]


def _with_points(graph: csr_array, node: Ints, leave_s: Floats) -> csr_array:
    """Return the graph with one more node a point, from which arcs lead to `node`.

    Such a node has no arcs into it, so it changes no way between others. `node` and `leave_s`
    have shape (n_points, 2).
    """
    n_nodes, n_points = int(graph.shape[0]), len(node)
    # Of two arcs to the same node (a loop) only the faster may stay: scipy would add them up.
    loop = node[:, 0] == node[:, 1]
    leave_s = leave_s.copy()
    leave_s[loop, 0] = leave_s[loop].min(axis=1)
    leave_s[loop, 1] = np.inf
    row = np.repeat(np.arange(n_nodes, n_nodes + n_points), 2)
    column, seconds = node.ravel(), leave_s.ravel()
    use = np.isfinite(seconds)
    inner: coo_array = coo_array(graph)
    size = n_nodes + n_points
    return csr_array(
        coo_array(
            (
                np.concatenate([inner.data, seconds[use]]),
                (
                    np.concatenate([inner.coords[0], row[use]]),
                    np.concatenate([inner.coords[1], column[use]]),
                ),
            ),
            shape=(size, size),
        )
    )


def _fields(graph: csr_array, node: Ints, leave_s: Floats) -> Floats:
    """Return seconds from each point to each node. Shape (n_points, n_nodes)."""
    n_nodes = graph.shape[0]
    start = np.arange(n_nodes, n_nodes + len(node))
    field = dijkstra(_with_points(graph, node, leave_s), indices=start)
    return np.asarray(field[:, :n_nodes])


def _trace(before: NDArray[np.int32], source: int, target: int) -> list[int]:
    """Return the nodes of the way from one to the other, both included."""
    nodes = [int(target)]
    while nodes[-1] != source:
        nodes.append(int(before[nodes[-1]]))
    return nodes[::-1]


def _labelled_field(graph: csr_array, node: Ints, leave_s: Floats) -> tuple[Floats, Ints]:
    """Return for each node the seconds from its nearest point and the lowest such point.

    Shapes (n_nodes,); infinite and -1 where no point reaches.
    """
    n_nodes, n_points = graph.shape[0], len(node)
    whole = _with_points(graph, node, leave_s)
    start = np.arange(n_nodes, n_nodes + n_points)
    field, _, source = dijkstra(whole, indices=start, min_only=True, return_predecessors=True)
    label = np.where(np.isfinite(field), source.astype(np.int64) - n_nodes, n_points)
    # Which of several equally near points scipy names is left open. The lowest one follows from
    # the arcs on shortest ways: a node takes the lowest label of those before it.
    arcs = coo_array(whole)
    tail, head = arcs.coords
    tight = np.isfinite(field[tail]) & (field[tail] + arcs.data == field[head])
    tail, head = tail[tight], head[tight]
    while True:
        lowest = label.copy()
        np.minimum.at(lowest, head, label[tail])
        if (lowest == label).all():
            break
        label = lowest
    return field[:n_nodes], np.where(label < n_points, label, -1)[:n_nodes]
