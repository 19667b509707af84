"""From street segments between neighbouring points to the edges of a street network.

Points where nothing changes (two segments of equal name, class, tags and directions) vanish
into the polyline of one edge. What remains is cut down to its largest strongly connected part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.travel.network import StreetNetwork, Turns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight pieces of ways, each from one point to the next one.

    Attributes
    ----------
    tail, head
        Points at the ends; never equal. Shape (n_segments,).
    way
        Way of each segment; the segments of a way stand together. Shape (n_segments,).
    length_m
        Metres on the ground. Shape (n_segments,).
    forward_open, backward_open
        Whether each way may be travelled along and against its direction. Shape (n_ways,).
    seen_along, seen_against
        Numbers that stand for all that holds of each way (tags, directions, access), as seen
        along and against it: streets may be strung together where these are equal. Shape
        (n_ways,).
    name, road_class
        Name and class numbers of each way. Shape (n_ways,).
    lasting
        Points that must not vanish. Shape (n_points,).
    """

    tail: Ints
    head: Ints
    way: Ints
    length_m: Floats
    forward_open: Bools
    backward_open: Bools
    seen_along: Ints
    seen_against: Ints
    name: Ints
    road_class: Ints
    lasting: Bools

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.lasting)


@dataclass(frozen=True, eq=False)
class Edges:
    """Segments strung together.

    Attributes
    ----------
    way
        Way that the edge starts with; its name, class and tags hold for all of the edge. Shape
        (n_edges,).
    along
        Whether the edge runs along that way or against it. Shape (n_edges,).
    last_way, last_along
        Way that the edge ends with, and whether it runs along that one. Shape (n_edges,).
    length_m
        Metres on the ground. Shape (n_edges,).
    start
        Where the points of each edge start in `point`. Shape (n_edges + 1,).
    point
        Points of the edges, both ends included.
    """

    way: Ints
    along: Bools
    last_way: Ints
    last_along: Bools
    length_m: Floats
    start: Ints
    point: Ints


def string_together(segments: Segments) -> Edges:
    """Return edges between the points where streets meet, end or change.

    A one-way edge runs in its open direction. A closed loop that nothing meets keeps the first
    point of its first segment as its only node.
    """
    first, last = _runs(segments)
    leaving = np.column_stack([segments.forward_open, segments.backward_open])
    reach_m = np.concatenate([[0.0], np.cumsum(segments.length_m)])
    run_m = reach_m[last + 1] - reach_m[first]
    entry, ending, length_m, size = [], [], [], []
    points: list[Ints] = []
    for found in _chains(_links(segments, first, last)):
        shut = not leaving[segments.way[first[found[0] >> 1]], found[0] & 1]
        chain = [end ^ 1 for end in reversed(found)] if shut else found
        pieces = [
            _points(segments, int(first[end >> 1]), int(last[end >> 1]), end) for end in chain
        ]
        # Each run ends where the next one starts.
        points += [piece[:-1] for piece in pieces[:-1]] + pieces[-1:]
        entry.append(chain[0])
        ending.append(chain[-1])
        length_m.append(sum(float(run_m[end >> 1]) for end in chain))
        size.append(sum(len(piece) - 1 for piece in pieces) + 1)
    way_entry, last_entry = np.array(entry, dtype=np.int64), np.array(ending, dtype=np.int64)
    return Edges(
        way=segments.way[first[way_entry >> 1]],
        along=(way_entry & 1) == 0,
        last_way=segments.way[first[last_entry >> 1]],
        last_along=(last_entry & 1) == 0,
        length_m=np.array(length_m),
        start=np.concatenate([[0], np.cumsum(size, dtype=np.int64)]),
        point=np.concatenate(points),
    )


def largest_part(network: StreetNetwork) -> StreetNetwork:
    """Return the strongly connected part that has the most metres of street.

    Nodes keep their order, edges too; names and classes that are no longer used vanish. Nothing
    is left where no street leads back to where it came from.
    """
    along, against = np.isfinite(network.forward_s), np.isfinite(network.backward_s)
    start = np.concatenate([network.tail[along], network.head[against]])
    end = np.concatenate([network.head[along], network.tail[against]])
    shape = (network.n_nodes, network.n_nodes)
    links = coo_array((np.ones(len(start)), (start, end)), shape=shape)
    _, part = connected_components(links, directed=True, connection="strong")
    inside = part[network.tail] == part[network.head]
    use = np.flatnonzero(inside & (along | against))
    owner = part[network.tail[use]]
    metres = np.bincount(owner, network.length_m[use], minlength=1)
    return compact(network, use[owner == metres.argmax()])


def _runs(segments: Segments) -> tuple[Ints, Ints]:
    """Return first and last segment of each stretch of a way that nothing meets on its way."""
    degree = np.bincount(segments.tail, minlength=segments.n_points)
    degree += np.bincount(segments.head, minlength=segments.n_points)
    joined = (
        (segments.way[1:] == segments.way[:-1])
        & (segments.head[:-1] == segments.tail[1:])
        & (degree[segments.tail[1:]] == 2)
        & ~segments.lasting[segments.tail[1:]]
    )
    first = np.concatenate([[0], np.flatnonzero(~joined) + 1]).astype(np.int64)
    last = np.concatenate([first[1:] - 1, [len(segments.tail) - 1]]).astype(np.int64)
    return first, last


def _points(segments: Segments, first: int, last: int, entry: int) -> Ints:
    """Return the points of a run from the end it is entered by to the other one."""
    points = np.append(segments.tail[first : last + 1], segments.head[last])
    return points if entry & 1 == 0 else points[::-1]


def _links(segments: Segments, first: Ints, last: Ints) -> list[int]:
    """Return for each end of a run the end of the run it continues in, or -1.

    Run r has the ends 2 r (its tail) and 2 r + 1 (its head).
    """
    point = np.column_stack([segments.tail[first], segments.head[last]]).ravel()
    way = np.repeat(segments.way[first], 2)
    at_tail = np.arange(len(point)) % 2 == 0
    leaving = np.where(at_tail, segments.seen_along[way], segments.seen_against[way])
    coming = np.where(at_tail, segments.seen_against[way], segments.seen_along[way])
    order = np.argsort(point, kind="stable")
    _, at, count = np.unique(point[order], return_index=True, return_counts=True)
    one, other = order[at[count == 2]], order[at[count == 2] + 1]
    same = (
        ~segments.lasting[point[one]]
        & (leaving[one] == coming[other])
        & (coming[one] == leaving[other])
        & (segments.name[way[one]] == segments.name[way[other]])
        & (segments.road_class[way[one]] == segments.road_class[way[other]])
    )
    link = np.full(len(point), -1, dtype=np.int64)
    link[one[same]] = other[same]
    link[other[same]] = one[same]
    found: list[int] = link.tolist()
    return found


def _chains(link: list[int]) -> list[list[int]]:
    """Return the runs of each edge in their order, each by the end it is entered from."""
    done = bytearray(len(link) // 2)
    chains = []
    # Open chains first; what then is left are closed ones.
    starts = [end for end, other in enumerate(link) if other < 0]
    for start in (*starts, *range(0, len(link), 2)):
        if done[start >> 1]:
            continue
        chain, end = [], start
        while end >= 0 and not done[end >> 1]:
            done[end >> 1] = 1
            chain.append(end)
            end = link[end ^ 1]
        chains.append(chain)
    return chains


def compact(network: StreetNetwork, edges: Ints) -> StreetNetwork:
    """Return the network of some edges, with the nodes, names, classes and tags they use.

    Parameters
    ----------
    edges
        Edges to keep, in ascending order. No turn may lead to another edge.
    """
    nodes, ends = np.unique([network.tail[edges], network.head[edges]], return_inverse=True)
    ends = ends.reshape(2, -1)
    # Name 0 stays the empty name.
    names, name = np.unique(np.concatenate([[0], network.name[edges]]), return_inverse=True)
    classes, road_class = np.unique(network.road_class[edges], return_inverse=True)
    kind, kinds = None, np.zeros(0, dtype=np.int64)
    if network.kind is not None:
        kinds, kind = np.unique(network.kind[edges], return_inverse=True)
    size = np.diff(network.line_start)[edges]
    line_start = np.concatenate([[0], np.cumsum(size)])
    vertex = np.arange(line_start[-1]) + np.repeat(
        network.line_start[edges] - line_start[:-1], size
    )
    return replace(
        network,
        node_xy=network.node_xy[nodes],
        node_osm_id=network.node_osm_id[nodes],
        tail=ends[0],
        head=ends[1],
        length_m=network.length_m[edges],
        forward_s=network.forward_s[edges],
        backward_s=network.backward_s[edges],
        name=name[1:],
        names=tuple(network.names[number] for number in names),
        road_class=road_class,
        road_classes=tuple(network.road_classes[number] for number in classes),
        line_start=line_start,
        line_xy=network.line_xy[vertex],
        turns=None if network.turns is None else _turns_of_edges(network, network.turns, edges),
        kind=kind,
        kinds=tuple(network.kinds[number] for number in kinds),
        waits=None if network.waits is None else network.waits.reshape(-1, 2)[edges].ravel(),
        no_stop=None if network.no_stop is None else network.no_stop[edges],
    )


def _turns_of_edges(network: StreetNetwork, turns: Turns, edges: Ints) -> Turns:
    """Return the turns between some edges; copies of states that no turn leads to vanish."""
    number = np.full(network.n_edges, -1, dtype=np.int64)
    number[edges] = np.arange(len(edges))
    n_arcs = 2 * network.n_edges
    used = number[turns.arc >> 1] >= 0
    met = np.zeros(turns.n_states, dtype=bool)
    met[turns.to] = True
    used[n_arcs:] &= met[n_arcs:]
    state = np.cumsum(used) - 1
    source = np.repeat(np.arange(turns.n_states), np.diff(turns.start))
    # A copy that nothing leads to is left by turns that nobody takes.
    lead = used[source]
    count = np.bincount(state[source[lead]], minlength=int(used.sum()))
    return Turns(
        arc=2 * number[turns.arc[used] >> 1] + (turns.arc[used] & 1),
        start=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        to=state[turns.to[lead]],
        seconds=turns.seconds[lead],
    )
