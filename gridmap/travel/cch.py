"""Large travel matrices by a customizable contraction hierarchy (RoutingKit).

The hierarchy is built in an order that depends on the streets only; new speeds are put on it in
little more time than one search takes. Answers equal those of `DijkstraEngine` to the bit.

References
----------
Dibbelt, J., Strasser, B., Wagner, D. (2016). Customizable contraction hierarchies. ACM Journal of
Experimental Algorithmics 21. · Buchhold, V., Sanders, P., Wagner, D. (2019). Real-time traffic
assignment using engineered customizable contraction hierarchies. ibid. 24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.travel.dijkstra import DijkstraEngine, Way, least_by_point
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork
from gridmap.travel.search_graph import Ends, SearchGraph
from gridmap.travel.snap import SNAP_LIMIT_M

try:
    import routingkit_cch as routingkit
except ImportError:  # no wheel for this platform
    routingkit: ModuleType | None = None  # type: ignore[no-redef]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Searches from one side for which Dijkstra's algorithm is faster than building a hierarchy:
#: ordering costs as much as a few hundred searches, the rest as much as a few.
FEW_SEARCHES, FEW_WITH_ORDER = 400, 20
#: The longest arc that the 32-bit weights take. Ticks.
LONGEST_TICKS = 2**31 - 2


def available() -> bool:
    """Return whether there is a contraction hierarchy on this platform."""
    return routingkit is not None


def elimination_order(network: StreetNetwork) -> Ints | None:
    """Return the order in which the nodes of the search are contracted, None if unavailable.

    It depends on the streets, not on their speeds: by nested dissection along straight lines
    (inertial flow). Shape (n_nodes of the search graph,).
    """
    if routingkit is None:
        return None
    graph = SearchGraph(network)
    return _order(routingkit, graph)


class CchEngine(DijkstraEngine):
    """A `DijkstraEngine` whose matrices and ways come from a contraction hierarchy.

    The hierarchy is built when the first question comes that is large enough to pay for it.

    Parameters
    ----------
    network
        Street network; with an `order` the hierarchy is built at once.
    snap_limit_m
        Points farther than this from every street are off the network. Metres.
    few_searches
        Up to so many searches a matrix is made without the hierarchy; by default what pays.
    """

    def __init__(
        self,
        network: StreetNetwork,
        *,
        snap_limit_m: float = SNAP_LIMIT_M,
        few_searches: int | None = None,
    ) -> None:
        if routingkit is None:
            raise ValueError("Expected routingkit-cch, which this platform lacks.")
        super().__init__(network, snap_limit_m=snap_limit_m)
        usual = FEW_SEARCHES if network.order is None else FEW_WITH_ORDER
        self._few = usual if few_searches is None else few_searches
        self._built = False

    @property
    def order(self) -> Ints:
        """Order of the hierarchy, to be kept in `StreetNetwork.order`."""
        if self._network.order is None:
            self._network = replace(self._network, order=_order(_kit(), self._graph))
        order = self._network.order
        return np.asarray(order)

    def reweigh(self, network: StreetNetwork) -> None:
        """Take the times of another network of the same streets; see `DijkstraEngine.reweigh`."""
        super().reweigh(replace(network, order=self._network.order))
        # A query holds on to the weights; they cannot change as long as there is one.
        self.__dict__.pop("_query", None)
        if self._built:
            self._metric.reset(_weights(self._graph))

    @cached_property
    def _hierarchy(self) -> Any:
        graph = self._graph
        order = self.order.tolist()
        self._built = True
        return _kit().CCH(order, graph.start.tolist(), graph.end.tolist(), False)

    @cached_property
    def _metric(self) -> Any:
        return _kit().CCHMetric(self._hierarchy, _weights(self._graph))

    @cached_property
    def _rank(self) -> Ints:
        rank = np.empty(self._graph.n_nodes, dtype=np.int64)
        rank[self.order] = np.arange(len(rank))
        return rank

    def matrices(self, groups: Sequence[Snapped]) -> list[Floats]:
        """Return the matrix of each group of points from and to itself.

        All groups together decide whether the hierarchy pays.
        """
        self._prepare(sum(len(group) for group in groups))
        return super().matrices(groups)

    def ways(self, origins: Snapped, targets: Snapped) -> list[Way | None]:
        """Return the fastest way from each origin to its target, None where there is none."""
        self._prepare(len(origins))
        return super().ways(origins, targets)

    def _prepare(self, n_searches: int) -> bool:
        """Build the hierarchy if so many searches are worth it; return whether it is there."""
        if not self._built and n_searches > self._few:
            _ = self._query
        return self._built

    def _ticks_between(self, leaving: Ends, coming: Ends, shape: tuple[int, int]) -> Floats:
        n_searches = min(len(np.unique(leaving.point)), len(np.unique(coming.point)))
        if not n_searches or not self._prepare(n_searches):
            return super()._ticks_between(leaving, coming, shape)
        backwards = shape[1] < shape[0]
        rows, columns = (coming, leaving) if backwards else (leaving, coming)
        n_rows, n_columns = shape[::-1] if backwards else shape
        pinned, place = np.unique(self._rank[columns.node], return_inverse=True)
        nodes = self.order[pinned].tolist()
        kit, metric = _kit(), self._metric
        search = kit.CCHManyToOne(metric, nodes) if backwards else kit.CCHOneToMany(metric, nodes)
        ask = search.distances_to_multi if backwards else search.distances_from_multi
        ticks = np.full((n_rows, n_columns), np.inf)
        first = np.flatnonzero(np.diff(rows.point, prepend=-1)).tolist()
        pairs = list(zip(rows.node.tolist(), rows.ticks.tolist(), strict=True))
        for low, high in zip(first, [*first[1:], len(pairs)], strict=True):
            # Unreachable is None and becomes NaN.
            found = np.array(ask(pairs[low:high]), dtype=np.float64)
            found[np.isnan(found)] = np.inf
            row = int(rows.point[low])
            ticks[row] = least_by_point(found[None, place], columns, n_columns)
        return np.ascontiguousarray(ticks.T) if backwards else ticks

    def _shortest(self, leaving: Ends, coming: Ends, direct: float) -> tuple[float, list[int]]:
        if not self._built or not len(leaving.node) or not len(coming.node):
            return super()._shortest(leaving, coming, direct)
        sources, targets = (
            list(zip(ends.node.tolist(), ends.ticks.tolist(), strict=True))
            for ends in (leaving, coming)
        )
        found = self._query.run_multi(sources, targets)
        if found.distance is None:
            return np.inf, []
        return float(found.distance), list(found.node_path)

    @cached_property
    def _query(self) -> Any:
        return _kit().CCHQuery(self._metric)


def _kit() -> Any:
    return routingkit


def _order(kit: Any, graph: SearchGraph) -> Ints:
    # Metres do as well as degrees: what counts is which nodes lie on which side of a line.
    xy = graph.node_xy
    west, south = xy.min(axis=0) if len(xy) else (0.0, 0.0)
    x, y = (xy[:, 0] - west).astype(np.float32), (xy[:, 1] - south).astype(np.float32)
    order = kit.compute_order_inertial(
        graph.n_nodes, graph.start.tolist(), graph.end.tolist(), y.tolist(), x.tolist()
    )
    return np.array(order, dtype=np.int64)


def _weights(graph: SearchGraph) -> list[int]:
    weights: list[int] = np.minimum(graph.ticks, LONGEST_TICKS).tolist()
    return weights
