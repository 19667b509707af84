"""The reference travel engine: Dijkstra's algorithm on the street network, without preparation.

Times are kept in whole ticks (`gridmap.travel.search_graph`), so that ways of equal duration
compare equal, a field found from all sources at once equals the least of the fields found one by
one, and a search against the arcs equals one along them, to the last bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gridmap.catalogue import LANGUAGES, Language
from gridmap.travel import polyline
from gridmap.travel.directions import directions
from gridmap.travel.engine import (
    ACCESS_SPEED_M_S,
    Capabilities,
    Direction,
    Isochrone,
    Nearby,
    Nearest,
    Path,
    Snapped,
    Step,
)
from gridmap.travel.fields import labelled_field, next_field
from gridmap.travel.isochrone import draw_isochrone
from gridmap.travel.legs import require_legs, require_reached
from gridmap.travel.nearby import NO_LIMIT, merged_lists, node_lists
from gridmap.travel.network import StreetNetwork, Turns
from gridmap.travel.search_graph import (
    TICKS_PER_S,
    Ends,
    Piece,
    SearchGraph,
    pairs_on_one_edge,
    whole_ticks,
)
from gridmap.travel.snap import SNAP_LIMIT_M, Snapper

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Entries of the largest intermediate array: 4 million float64 are 32 MB.
CHUNK_ENTRIES = 4_000_000
#: A leg is first looked for within this many seconds of travel, then within four times as many …
FIRST_LIMIT_S = 300.0
#: … and from here on without a limit.
LAST_LIMIT_S = 19_200.0


@dataclass(frozen=True)
class Way:
    """The fastest way from one point to another.

    Attributes
    ----------
    ticks
        Time on the streets, turns included.
    access
        Ticks of the straight ways between the points and the street; 0 from a point to itself.
    pieces
        Parts of edges in the order they are travelled, at least one.
    """

    ticks: float
    access: float
    pieces: tuple[Piece, ...]


class DijkstraEngine:
    """Travel times on one street network; implements `gridmap.travel.engine.TravelEngine`.

    A time runs from point to point: straight to the street at `ACCESS_SPEED_M_S`, along the
    streets, straight to the other point. A point takes no time to itself.

    Parameters
    ----------
    network
        Street network; with turns the search keeps their costs and restrictions.
    snap_limit_m
        Points farther than this from every street are off the network. Metres.
    """

    def __init__(self, network: StreetNetwork, *, snap_limit_m: float = SNAP_LIMIT_M) -> None:
        if not network.n_edges:
            raise ValueError("Expected a network with at least one street edge.")
        self._network = network
        self._snapper = Snapper(network, snap_limit_m)

    @property
    def network(self) -> StreetNetwork:
        """The streets with the times that count."""
        return self._network

    @property
    def mode(self) -> str:
        """Means of travel."""
        return self._network.mode

    @property
    def capabilities(self) -> Capabilities:
        """All that an engine can do."""
        return Capabilities(
            offline=True,
            exact=True,
            isochrones=True,
            margins=True,
            directions=LANGUAGES,
            turns=self._network.turns is not None,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hash of network and speeds: equal fingerprints give equal answers."""
        network, digest = self._network, hashlib.sha256()
        limit_m = self._snapper.limit_m
        digest.update(f"streets 2 {network.mode} {network.crs} {limit_m!r}".encode())
        for array in (network.tail, network.head, network.line_start):
            digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
        for values in (network.forward_s, network.backward_s, network.length_m, network.line_xy):
            digest.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
        if network.turns is not None:
            for one in fields(Turns):
                digest.update(np.ascontiguousarray(getattr(network.turns, one.name)).tobytes())
        return digest.hexdigest()

    def snap(self, xy: Floats, /) -> Snapped:
        """Bring points to the network. `xy` has shape (n_points, 2), metres.

        A point off the network has edge -1 and an infinite distance.
        """
        return self._snapper.snap(xy)

    def matrix(self, sources: Snapped, targets: Snapped) -> Floats:
        """Return seconds from each source to each target, NaN = unreachable.

        Shape (n_sources, n_targets).
        """
        leaving, coming = self._graph.departures(sources), self._graph.arrivals(targets)
        ticks = self._ticks_between(leaving, coming, (len(sources), len(targets)))
        along = self._graph.along_one_edge(sources, targets)
        np.minimum.at(ticks, (along.source, along.target), along.ticks)
        ticks += _access(sources)[:, None]
        ticks += _access(targets)
        ticks[_identical(sources, targets)] = 0.0
        ticks[~np.isfinite(ticks)] = np.nan
        ticks /= TICKS_PER_S
        return ticks

    def matrices(self, groups: Sequence[Snapped]) -> list[Floats]:
        """Return the matrix of each group of points from and to itself."""
        return [self.matrix(group, group) for group in groups]

    def nearest(
        self,
        sources: Snapped,
        targets: Snapped,
        *,
        direction: Direction = "from_sources",
        margin: bool = False,
    ) -> Nearest:
        """Return the nearest source of each target, of equally near ones the lowest.

        One search from all sources at once; equal to the least of each column of `matrix`.

        Parameters
        ----------
        direction
            Whether the way from the source to the target counts, or the one back.
        margin
            Whether to find how much longer the second nearest source takes.
        """
        graph, onwards = self._graph, direction == "from_sources"
        seeds = graph.departures(sources) if onwards else graph.arrivals(sources)
        goals = graph.arrivals(targets) if onwards else graph.departures(targets)
        csr = graph.matrix if onwards else graph.reversed
        # Access times differ from source to source and so belong to the search.
        seed = seeds.node, seeds.ticks + _access(sources)[seeds.point].astype(np.int64), seeds.point
        field, label = labelled_field(csr, *seed, len(sources))
        onto = field[goals.node] + goals.ticks
        best = _Best(len(targets))
        best.offer(goals.point, onto, label[goals.node])
        others = self._without_nodes(sources, targets, onwards=onwards)
        best.offer(*others)
        access = _access(targets)
        seconds = np.where(best.source >= 0, (best.ticks + access) / TICKS_PER_S, np.nan)
        if not margin:
            return Nearest(seconds, best.source)
        following = next_field(csr, (field, label), *seed)
        own = label[goals.node] == best.source[goals.point]
        second = _Best(len(targets))
        beyond = np.where(own, following[goals.node] + goals.ticks, onto)
        second.offer(goals.point, beyond, np.zeros(len(beyond), dtype=np.int64))
        target, ticks, source = others
        foreign = source != best.source[target]
        second.offer(target[foreign], ticks[foreign], source[foreign])
        margin_s = (second.ticks + access) / TICKS_PER_S - seconds
        return Nearest(seconds, best.source, np.where(best.source >= 0, margin_s, np.nan))

    def nearby(
        self,
        sources: Snapped,
        targets: Snapped,
        *,
        most: int,
        limit_s: float = np.inf,
        direction: Direction = "from_sources",
    ) -> Nearby:
        """Return the nearest sources of each target, `most` at most, within a time.

        One search from all sources at once; equal to the least of each column of `matrix`.

        Parameters
        ----------
        most
            Sources a target gets at most.
        limit_s
            Seconds at most, access included.
        direction
            Whether the way from the source to the target counts, or the one back.
        """
        if most < 1:
            raise ValueError(f"Expected most >= 1, found {most}.")
        graph, onwards = self._graph, direction == "from_sources"
        seeds = graph.departures(sources) if onwards else graph.arrivals(sources)
        goals = graph.arrivals(targets) if onwards else graph.departures(targets)
        csr = graph.matrix if onwards else graph.reversed
        bits = max(1, int(len(sources) - 1).bit_length())
        limit = NO_LIMIT if limit_s == np.inf else int(np.floor(limit_s * TICKS_PER_S))
        ticks = seeds.ticks + _access(sources)[seeds.point].astype(np.int64)
        lists = node_lists(csr, seeds.node, ticks, seeds.point, bits=bits, most=most, limit=limit)
        target, straight, source = self._without_nodes(sources, targets, onwards=onwards)
        return merged_lists(
            lists,
            (goals.point, goals.node, goals.ticks),
            (target, straight.astype(np.int64), source),
            _access(targets).astype(np.int64),
            bits=bits,
            limit=limit,
            ticks_per_s=TICKS_PER_S,
        )

    def _without_nodes(
        self, sources: Snapped, targets: Snapped, *, onwards: bool
    ) -> tuple[Ints, Floats, Ints]:
        """Return the ways that need no search: target, ticks, source.

        Ticks hold the access of the source; a point takes no time to itself, and so minus its
        access, which is added to every way later on.
        """
        pair = (sources, targets) if onwards else (targets, sources)
        straight = self._graph.along_one_edge(*pair)
        ends = straight.source, straight.target
        source, target = ends if onwards else ends[::-1]
        along = straight.ticks + _access(sources)[source]
        same_source, same_target = _identical(sources, targets)
        return (
            np.concatenate([target, same_target]),
            np.concatenate([along, -_access(targets)[same_target]]),
            np.concatenate([source, same_source]),
        )

    def isochrones(self, sources: Snapped, limits_s: Sequence[float]) -> tuple[Isochrone, ...]:
        """Return what can be reached from any of the sources within each time, access included."""
        graph = self._graph
        access = _access(sources)
        leaving = graph.departures(sources)
        seed_ticks = leaving.ticks + access[leaving.point].astype(np.int64)
        limit = max(limits_s, default=0.0) * TICKS_PER_S
        virtual = _with_points(graph.matrix, leaving.point, leaving.node, seed_ticks, len(sources))
        start = np.arange(graph.n_nodes, graph.n_nodes + len(sources))
        field = np.full(graph.n_nodes, np.inf)
        if len(start):
            found = dijkstra(virtual, indices=start, min_only=True, limit=limit)
            field = np.asarray(found[: graph.n_nodes])
        begun_s = graph.arc_starts(field) / TICKS_PER_S
        whole_s = np.where(graph.arc_ticks >= 0, graph.arc_ticks, np.inf) / TICKS_PER_S
        return tuple(
            draw_isochrone(
                self._network,
                begun_s,
                whole_s,
                sources=sources,
                access_s=access / TICKS_PER_S,
                limit_s=float(limit_s),
            )
            for limit_s in limits_s
        )

    def route(self, points: Snapped, *, language: Language | None = None) -> Path:
        """Return the way through the points in their order, with directions in a language.

        `leg_s` are those of `matrix`: with the straight way to and from the street. `leg_m` and
        `leg_xy` are the way along the streets, from position to position.

        Raises
        ------
        InputError
            If a point is off the network or a leg cannot be travelled.
        """
        require_reached(points, self._snapper.limit_m)
        rows = np.arange(len(points))
        ways = self.ways(points.take(rows[:-1]), points.take(rows[1:]))
        require_legs([way is not None for way in ways])
        done = [way for way in ways if way is not None]
        travelled = [[self._travelled(piece) for piece in way.pieces] for way in done]
        steps: tuple[tuple[Step, ...], ...] = ()
        if language is not None:
            steps = tuple(directions(self._network, way.pieces, language) for way in done)
        return Path(
            leg_s=np.array([(way.ticks + way.access) / TICKS_PER_S for way in done]),
            leg_m=np.array([sum(length for length, _ in leg) for leg in travelled]),
            leg_xy=tuple(polyline.join([line for _, line in leg]) for leg in travelled),
            leg_steps=steps,
        )

    @cached_property
    def _graph(self) -> SearchGraph:
        return SearchGraph(self._network)

    def _ticks_between(self, leaving: Ends, coming: Ends, shape: tuple[int, int]) -> Floats:
        """Return ticks from each source to each target by nodes, infinite = unreachable.

        The search runs from the side that has fewer points, in chunks of bounded memory.
        """
        backwards = shape[1] < shape[0]
        rows, columns = (coming, leaving) if backwards else (leaving, coming)
        n_rows, n_columns = shape[::-1] if backwards else shape
        graph = self._graph.reversed if backwards else self._graph.matrix
        n_nodes = self._graph.n_nodes
        ticks = np.full((n_rows, n_columns), np.inf)
        for chunk in self._chunks(np.unique(rows.point), len(columns.point)):
            use = np.isin(rows.point, chunk)
            point = np.searchsorted(chunk, rows.point[use])
            virtual = _with_points(graph, point, rows.node[use], rows.ticks[use], len(chunk))
            start = np.arange(n_nodes, n_nodes + len(chunk))
            field = np.asarray(dijkstra(virtual, indices=start))
            ticks[chunk] = least_by_point(field[:, columns.node], columns, n_columns)
        return np.ascontiguousarray(ticks.T) if backwards else ticks

    def _chunks(self, rows: Ints, n_columns: int) -> Iterator[Ints]:
        step = max(1, CHUNK_ENTRIES // max(1, self._graph.n_nodes, n_columns))
        for first in range(0, len(rows), step):
            yield rows[first : first + step]

    def ways(self, origins: Snapped, targets: Snapped) -> list[Way | None]:
        """Return the fastest way from each origin to its target, None where there is none.

        Parameters
        ----------
        origins, targets
            Both ends of each trip. Shape (n_trips,).
        """
        rows = np.arange(len(origins))
        return [self._way(origins.take(rows[at : at + 1]), targets.take(rows[at : at + 1]))
                for at in rows.tolist()]  # fmt: skip

    def reweigh(self, network: StreetNetwork) -> None:
        """Take the times of another network of the same streets, without building anew.

        Raises
        ------
        ValueError
            If its arcs are not the same.
        """
        graph = self._graph.reweighted(network)
        self._network = network
        self.__dict__.pop("fingerprint", None)
        self.__dict__["_graph"] = graph

    def _way(self, source: Snapped, target: Snapped) -> Way | None:
        leaving, coming = self._graph.departures(source), self._graph.arrivals(target)
        same = bool(len(_identical(source, target)[0]))
        access = 0.0 if same else float(_access(source)[0] + _access(target)[0])
        along = self._graph.along_one_edge(source, target)
        best = int(along.ticks.argmin()) if len(along.ticks) else -1
        direct = float(along.ticks[best]) if best >= 0 else np.inf
        found, nodes = self._shortest(leaving, coming, direct)
        if min(direct, found) == np.inf:
            return None
        edge, start = int(source.edge[0]), float(source.fraction[0])
        if direct <= found:
            return Way(direct, access, (Piece(edge, start, float(along.end[best])),))
        pieces = tuple(self._graph.pieces(nodes, source, target))
        return Way(found, access, pieces or (Piece(edge, start, start),))

    def _shortest(self, leaving: Ends, coming: Ends, direct: float) -> tuple[float, list[int]]:
        """Return ticks and nodes of the shortest way by nodes between two points."""
        if not len(leaving.node) or not len(coming.node):
            return np.inf, []
        n_nodes = self._graph.n_nodes
        virtual = _with_points(self._graph.matrix, leaving.point, leaving.node, leaving.ticks, 1)
        limit = FIRST_LIMIT_S
        while True:
            field, before = dijkstra(
                virtual,
                indices=np.array([n_nodes]),
                return_predecessors=True,
                limit=limit * TICKS_PER_S,
            )
            by_end = field[0, coming.node] + coming.ticks
            best = int(by_end.argmin())
            if min(direct, by_end[best]) <= limit * TICKS_PER_S or limit == np.inf:
                break
            limit = limit * 4.0 if limit < LAST_LIMIT_S else np.inf
        if not np.isfinite(by_end[best]):
            return np.inf, []
        nodes = [int(coming.node[best])]
        while int(before[0, nodes[-1]]) != n_nodes:
            nodes.append(int(before[0, nodes[-1]]))
        return float(by_end[best]), nodes[::-1]

    def _travelled(self, piece: Piece) -> tuple[float, Floats]:
        length_m = float(self._network.length_m[piece.edge]) * abs(piece.end - piece.start)
        return length_m, polyline.part(self._network.line(piece.edge), piece.start, piece.end)


def least_by_point(by_end: Floats, ends: Ends, n_points: int) -> Floats:
    """Return the least of each point's ends, their own ticks added.

    `by_end` has shape (n_rows, n_ends); the answer (n_rows, n_points), infinite without an end.
    """
    least = np.full((len(by_end), n_points), np.inf)
    if len(ends.point):
        first = np.flatnonzero(np.diff(ends.point, prepend=-1))
        least[:, ends.point[first]] = np.minimum.reduceat(by_end + ends.ticks, first, axis=1)
    return least


def _access(points: Snapped) -> Floats:
    """Return whole ticks of the straight way between each point and the street."""
    seconds = np.where(points.reached, points.distance_m / ACCESS_SPEED_M_S, 0.0)
    return whole_ticks(seconds).astype(np.float64)


def _identical(sources: Snapped, targets: Snapped) -> tuple[Ints, Ints]:
    """Return the pairs (source, target) that are the same point."""
    source, target = pairs_on_one_edge(sources, targets)
    same = (sources.fraction[source] == targets.fraction[target]) & (
        sources.distance_m[source] == targets.distance_m[target]
    )
    return source[same], target[same]


def _with_points(
    graph: csr_array, point: Ints, node: Ints, ticks: Ints, n_points: int
) -> csr_array:
    """Return the graph with one more node a point, from which arcs lead to `node`.

    Such a node has no arcs into it, so it changes no way between others. Ends are ordered by
    point, node and ticks; of parallel ones the first is the fastest, and scipy would add them up.
    """
    n_nodes = int(graph.shape[0])
    first = np.ones(len(point), dtype=bool)
    first[1:] = (point[1:] != point[:-1]) | (node[1:] != node[:-1])
    added = np.bincount(point[first], minlength=n_points)
    indptr = np.concatenate([graph.indptr, graph.indptr[-1] + np.cumsum(added)])
    size = n_nodes + n_points
    return csr_array(
        (
            np.concatenate([graph.data, ticks[first].astype(np.float64)]),
            np.concatenate([graph.indices, node[first]]),
            indptr,
        ),
        shape=(size, size),
    )


class _Best:
    """The best offer for each target: the least ticks, then the lowest source."""

    def __init__(self, n_targets: int) -> None:
        self.ticks = np.full(n_targets, np.inf)
        self.source = np.full(n_targets, -1, dtype=np.int64)

    def offer(self, target: Ints, ticks: Floats, source: Ints) -> None:
        """Take what is better; infinite ticks are no offer. Shapes (n_offers,)."""
        use = np.isfinite(ticks)
        target, ticks, source = target[use], ticks[use], source[use]
        least = self.ticks.copy()
        np.minimum.at(least, target, ticks)
        # A source that only was as good stays a candidate, one that was beaten does not.
        none = np.iinfo(np.int64).max
        lowest = np.where((self.ticks == least) & (self.source >= 0), self.source, none)
        tied = ticks == least[target]
        np.minimum.at(lowest, target[tied], source[tied])
        self.ticks, self.source = least, np.where(np.isfinite(least), lowest, -1)
