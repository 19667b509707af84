"""One picture of a street network for every search: nodes, arcs and how points hang on them.

Where turning is free the nodes are the junctions. Where turns cost something or are forbidden, a
node is the *start of a state*: an arc that one is about to travel, having turned into it.

Times are whole ticks of 2**-10 s, about a millisecond. Sums of them are exact, in float64 as in
the 32-bit integers of a contraction hierarchy, so every search gives the same answer to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork, Turns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TICKS_PER_S = 1024.0
#: Ticks of an arc that is closed.
CLOSED = -1

#: What a graph works out when it is asked for and that changes with its times.
CACHED = ("matrix", "reversed")

_Key = Callable[[Ints], Ints]


@dataclass(frozen=True, eq=False)
class Ends:
    """Where points leave to, or are reached from, one row a possibility, ordered by point.

    Attributes
    ----------
    point, node
        Point and node of the search graph. Shape (n_ends,).
    ticks
        Time between them. Shape (n_ends,).
    """

    point: Ints
    node: Ints
    ticks: Ints


@dataclass(frozen=True, eq=False)
class Alongs:
    """Ways that stay on the edge of their source.

    Attributes
    ----------
    source, target
        Points. Shape (n_ways,).
    ticks
        Time. Shape (n_ways,).
    end
        Where on the source's edge they end. Shape (n_ways,).
    """

    source: Ints
    target: Ints
    ticks: Ints
    end: Floats


@dataclass(frozen=True)
class Piece:
    """Part of an edge that is travelled from one share of its length to another one."""

    edge: int
    start: float
    end: float


class SearchGraph:
    """A street network as arcs between nodes, in whole ticks.

    Parameters
    ----------
    network
        Street network; edge-based if it has turns.

    Attributes
    ----------
    n_nodes
        Number of nodes of the search.
    start, end, ticks
        Arcs by start, then end; of parallel ones the fastest. Shape (n_arcs,).
    """

    def __init__(self, network: StreetNetwork) -> None:
        self.network = network
        self.arc_ticks = _arc_ticks(network)
        ends = np.column_stack([network.tail, network.head, network.head, network.tail])
        #: Junctions at the start and the end of each arc. Shape (2 n_edges,).
        self.arc_from, self.arc_to = ends.reshape(-1, 2).T
        turns = network.turns
        if turns is None:
            self.n_nodes = network.n_nodes
            arc = np.flatnonzero((self.arc_ticks >= 0) & (self.arc_from != self.arc_to))
            self._links = _Links(self.arc_from[arc], self.arc_to[arc], arc)
        else:
            self.n_nodes = turns.n_states
            state = np.repeat(np.arange(turns.n_states), np.diff(turns.start))
            open_ = self.arc_ticks[turns.arc] >= 0
            turn = np.flatnonzero(open_[state] & open_[turns.to] & (state != turns.to))
            state = state[turn]
            self._links = _Links(state, turns.to[turn], turns.arc[state], turn)
        self.start, self.end = self._links.start, self._links.end
        self.ticks, self._arc = self._links.fastest(self.arc_ticks, turns)

    def reweighted(self, network: StreetNetwork) -> SearchGraph:
        """Return the graph of a network of the same streets with other times.

        Raises
        ------
        ValueError
            If its arcs are not open in the same directions, or its turns are others.
        """
        old, ticks = self.network, _arc_ticks(network)
        same = np.array_equal(ticks < 0, self.arc_ticks < 0) and _equal(network.tail, old.tail)
        if old.turns is not None and network.turns is not None:
            same = same and _equal(network.turns.to, old.turns.to)
        if not same or (old.turns is None) != (network.turns is None):
            raise ValueError("Expected the same streets, open in the same directions.")
        graph = copy(self)
        for name in CACHED:
            graph.__dict__.pop(name, None)
        graph.network, graph.arc_ticks = network, ticks
        graph.ticks, graph._arc = self._links.fastest(ticks, network.turns)
        return graph

    @cached_property
    def matrix(self) -> csr_array:
        """Ticks from node to node. Shape (n_nodes, n_nodes)."""
        shape = (self.n_nodes, self.n_nodes)
        data = self.ticks.astype(np.float64)
        return csr_array(coo_array((data, (self.start, self.end)), shape=shape))

    @cached_property
    def reversed(self) -> csr_array:
        """Ticks from node to node against the arcs. Shape (n_nodes, n_nodes)."""
        return csr_array(self.matrix.T)

    @cached_property
    def node_xy(self) -> Floats:
        """Place of each node in metres; a state stands in the middle of its edge's ends."""
        xy = self.network.node_xy
        turns = self.network.turns
        if turns is None:
            return xy
        return (xy[self.arc_from[turns.arc]] * 3.0 + xy[self.arc_to[turns.arc]]) / 4.0

    def departures(self, points: Snapped) -> Ends:
        """Return where each point on the network leaves to."""
        turns = self.network.turns
        point, arc, _, rest = self._on_arcs(points)
        if turns is None:
            return self._with_junctions(points, point, self.arc_to[arc], rest)
        # On along the arc to its end, and there by every turn.
        first, size = turns.start[arc], turns.start[arc + 1] - turns.start[arc]
        turn = _ranges(first, size)
        target = turns.to[turn]
        ticks = np.repeat(rest, size) + whole_ticks(turns.seconds)[turn]
        use = self.arc_ticks[turns.arc[target]] >= 0
        ends = np.repeat(point, size)[use], target[use], ticks[use]
        at, junction = self._at_junctions(points)
        row, state = self._states_by_start.of(junction)
        return _ends(
            np.concatenate([ends[0], at[row]]),
            np.concatenate([ends[1], state]),
            np.concatenate([ends[2], np.zeros(len(row), dtype=np.int64)]),
        )

    def arrivals(self, points: Snapped) -> Ends:
        """Return where each point on the network is reached from."""
        turns = self.network.turns
        point, arc, travelled, _ = self._on_arcs(points)
        if turns is None:
            return self._with_junctions(points, point, self.arc_from[arc], travelled)
        row, state = self._states_by_arc.of(arc)
        at, junction = self._at_junctions(points)
        coming, coming_state = self._states_by_end.of(junction)
        leaving, leaving_state = self._states_by_start.of(junction)
        return _ends(
            np.concatenate([point[row], at[coming], at[leaving]]),
            np.concatenate([state, coming_state, leaving_state]),
            np.concatenate(
                [
                    travelled[row],
                    self.arc_ticks[turns.arc[coming_state]],
                    np.zeros(len(leaving), dtype=np.int64),
                ]
            ),
        )

    def along_one_edge(self, sources: Snapped, targets: Snapped) -> Alongs:
        """Return the ways that stay on the source's edge.

        They lead to targets on the same edge; where there are turns, also to targets that stand
        at the junction at its end, which no turn needs to be taken for.
        """
        source, target = pairs_on_one_edge(sources, targets)
        edge = sources.edge[source]
        start, end = sources.fraction[source], targets.fraction[target]
        arc = 2 * edge + (start > end)
        whole = self.arc_ticks[arc]
        begin_share = np.where(start > end, 1.0 - start, start)
        end_share = np.where(start > end, 1.0 - end, end)
        ticks = _part(whole, end_share) - _part(whole, begin_share)
        ticks[start == end] = 0
        use = (whole >= 0) | (start == end)
        same = Alongs(source[use], target[use], ticks[use], end[use])
        if self.network.turns is None:
            return same
        source, arc, _, rest = self._on_arcs(sources)
        at, junction = self._at_junctions(targets)
        row, target = _Index(junction, at).of(self.arc_to[arc])
        to_end = Alongs(source[row], target, rest[row], (1 - (arc[row] & 1)).astype(np.float64))
        both = [(getattr(same, one), getattr(to_end, one)) for one in vars(same)]
        return Alongs(*(np.concatenate(pair) for pair in both))

    def arc_starts(self, field: Floats) -> Floats:
        """Return the ticks at which each arc is begun, from those of each node.

        Infinite where it is closed or not reached. Shape (2 n_edges,).
        """
        turns = self.network.turns
        if turns is None:
            begun = field[self.arc_from]
        else:
            begun = np.full(len(self.arc_ticks), np.inf)
            np.minimum.at(begun, turns.arc, field)
        return np.where(self.arc_ticks >= 0, begun, np.inf)

    def pieces(self, nodes: Sequence[int], source: Snapped, target: Snapped) -> list[Piece]:
        """Return the parts of edges on the way from one point by some nodes to another one.

        `nodes` are those that a search found, the first one of `departures`, the last one of
        `arrivals`.
        """
        turns = self.network.turns
        if turns is None:
            arcs = [self._arc_between(a, b) for a, b in pairwise(nodes)]
            first, last = int(nodes[0]), int(nodes[-1])
        else:
            arcs = [int(turns.arc[node]) for node in nodes[:-1]]
            first = int(self.arc_from[turns.arc[nodes[0]]])
            last = int(turns.arc[nodes[-1]])
        whole = [Piece(arc >> 1, float(arc & 1), 1.0 - float(arc & 1)) for arc in arcs]
        head = self._piece_to_junction(source, first)
        if turns is None:
            tail = self._piece_to_junction(target, last)
            end = [Piece(tail.edge, tail.end, tail.start)]
        else:
            end = self._last_piece(target, last)
        return [one for one in (head, *whole, *end) if one.start != one.end]

    def _last_piece(self, target: Snapped, arc: int) -> list[Piece]:
        """Return the way from the start of the last state to the target."""
        edge, share = int(target.edge[0]), float(target.fraction[0])
        if arc >> 1 == edge:
            return [Piece(edge, float(arc & 1), share)]
        # The point stands at a junction: the state ends there, or starts there.
        at = int((self.network.head if share == 1.0 else self.network.tail)[edge])
        if int(self.arc_from[arc]) == at:
            return []
        return [Piece(arc >> 1, float(arc & 1), 1.0 - float(arc & 1))]

    def _piece_to_junction(self, point: Snapped, junction: int) -> Piece:
        """Return the way on a point's own edge to a junction at the end of it."""
        edge, share = int(point.edge[0]), float(point.fraction[0])
        ends = int(self.network.tail[edge]), int(self.network.head[edge])
        if ends[0] == ends[1] == junction:
            to_head = self._part_s(2 * edge, 1.0 - share)
            to_tail = self._part_s(2 * edge + 1, share)
            return Piece(edge, share, 1.0 if to_head <= to_tail else 0.0)
        return Piece(edge, share, 0.0 if ends[0] == junction else 1.0)

    def _part_s(self, arc: int, share: float) -> float:
        ticks = int(self.arc_ticks[arc])
        return np.inf if ticks < 0 else ticks * share

    def _arc_between(self, tail: int, head: int) -> int:
        low, high = np.searchsorted(self.start, [tail, tail + 1])
        return int(self._arc[low + np.searchsorted(self.end[low:high], head)])

    def _on_arcs(self, points: Snapped) -> tuple[Ints, Ints, Ints, Ints]:
        """Return the open arcs that points lie on: point, arc, ticks travelled and left."""
        point = np.repeat(np.flatnonzero(points.reached), 2)
        against = np.tile([0, 1], len(point) // 2)
        arc = 2 * points.edge[point] + against
        share = points.fraction[point]
        share = np.where(against == 1, 1.0 - share, share)
        whole = self.arc_ticks[arc]
        travelled = _part(whole, share)
        use = whole >= 0
        return point[use], arc[use], travelled[use], (whole - travelled)[use]

    def _at_junctions(self, points: Snapped) -> tuple[Ints, Ints]:
        """Return the points that stand at a junction, and which: no one-way sign binds there."""
        at_tail = np.flatnonzero(points.reached & (points.fraction == 0.0))
        at_head = np.flatnonzero(points.reached & (points.fraction == 1.0))
        junction = self.network.tail[points.edge[at_tail]], self.network.head[points.edge[at_head]]
        return np.concatenate([at_tail, at_head]), np.concatenate(junction)

    def _with_junctions(self, points: Snapped, point: Ints, node: Ints, ticks: Ints) -> Ends:
        """Return the ends of points on their edges; of those at a junction only the junction."""
        at, junction = self._at_junctions(points)
        inside = (points.fraction[point] != 0.0) & (points.fraction[point] != 1.0)
        return _ends(
            np.concatenate([point[inside], at]),
            np.concatenate([node[inside], junction]),
            np.concatenate([ticks[inside], np.zeros(len(at), dtype=np.int64)]),
        )

    @cached_property
    def _states_by_arc(self) -> _Index:
        return self._index(lambda arc: arc)

    @cached_property
    def _states_by_start(self) -> _Index:
        return self._index(lambda arc: self.arc_from[arc], originals=True)

    @cached_property
    def _states_by_end(self) -> _Index:
        return self._index(lambda arc: self.arc_to[arc])

    def _index(self, key: _Key, *, originals: bool = False) -> _Index:
        turns = self.network.turns
        if turns is None:
            raise ValueError("Expected a network with turns.")
        state = np.arange(len(self.arc_ticks) if originals else turns.n_states)
        state = state[self.arc_ticks[turns.arc[state]] >= 0]
        return _Index(key(turns.arc[state]), state)


class _Index:
    """Finds all values that have a key."""

    def __init__(self, key: Ints, value: Ints) -> None:
        order = np.argsort(key, kind="stable")
        self._key, self._value = key[order], value[order]

    def of(self, keys: Ints) -> tuple[Ints, Ints]:
        """Return for each value found the row in `keys` and the value itself."""
        low = np.searchsorted(self._key, keys, side="left")
        size = np.searchsorted(self._key, keys, side="right") - low
        return np.repeat(np.arange(len(keys)), size), self._value[_ranges(low, size)]


def whole_ticks(seconds: Floats) -> Ints:
    """Return seconds as whole ticks; infinite ones are `CLOSED`."""
    open_ = np.isfinite(seconds)
    ticks = np.rint(np.where(open_, seconds, 0.0) * TICKS_PER_S).astype(np.int64)
    return np.where(open_, ticks, CLOSED)


def pairs_on_one_edge(sources: Snapped, targets: Snapped) -> tuple[Ints, Ints]:
    """Return all pairs (source, target) on the same edge, ordered by source."""
    index = _Index(targets.edge, np.arange(len(targets)))
    use = np.flatnonzero(sources.reached)
    row, target = index.of(sources.edge[use])
    return use[row], target


def _part(whole: Ints, share: Floats) -> Ints:
    return np.rint(np.maximum(whole, 0) * share).astype(np.int64)


def _ranges(first: Ints, size: Ints) -> Ints:
    """Return first[0], first[0] + 1, … (size[0] of them), then those of first[1] …"""
    before = np.cumsum(size) - size
    return np.repeat(first - before, size) + np.arange(int(size.sum()))


def _ends(point: Ints, node: Ints, ticks: Ints) -> Ends:
    order = np.lexsort((ticks, node, point))
    return Ends(point[order], node[order], ticks[order])


class _Links:
    """All links between nodes, parallel ones too, grouped by their ends.

    scipy adds up parallel entries of a sparse matrix; hence only the fastest of each group stays,
    and which one that is may change with the times.
    """

    def __init__(self, start: Ints, end: Ints, arc: Ints, turn: Ints | None = None) -> None:
        order = np.lexsort((arc, end, start))
        start, end = start[order], end[order]
        self._arc = arc[order]
        self._turn = None if turn is None else turn[order]
        first = np.ones(len(start), dtype=bool)
        first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
        self._first = np.flatnonzero(first)
        self._group = np.cumsum(first) - 1
        self.start, self.end = start[self._first], end[self._first]

    def fastest(self, arc_ticks: Ints, turns: Turns | None) -> tuple[Ints, Ints]:
        """Return the ticks of the fastest link of each group, and its arc."""
        ticks = arc_ticks[self._arc]
        if turns is not None:
            ticks = ticks + whole_ticks(turns.seconds)[self._turn]
        if len(self._first) == len(ticks):
            return ticks, self._arc
        least = np.minimum.reduceat(ticks, self._first)
        # Of equally fast ones the first, that is the lowest arc.
        row = np.flatnonzero(ticks == least[self._group])
        row = row[np.flatnonzero(np.diff(self._group[row], prepend=-1))]
        return least, self._arc[row]


def _equal(one: Ints, other: Ints) -> bool:
    return one is other or np.array_equal(one, other)


def _arc_ticks(network: StreetNetwork) -> Ints:
    """Return the ticks of each arc: 2 e along edge e, 2 e + 1 against it. Shape (2 n_edges,)."""
    return whole_ticks(np.column_stack([network.forward_s, network.backward_s]).ravel())
