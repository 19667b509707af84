"""Which streets a trip runs along: fastest ways as shares of arcs.

Arc 2 e is edge e from tail to head, arc 2 e + 1 the way back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork
from gridmap.travel.search_graph import TICKS_PER_S

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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

    def take(self, rows: Ints) -> EdgeUse:
        """Return the ways of some of the trips."""
        return EdgeUse(self.share[rows], self.turn_s[rows])


def arc_seconds(network: StreetNetwork) -> Floats:
    """Return the seconds of each arc, infinite = closed. Shape (2 n_edges,)."""
    return np.column_stack([network.forward_s, network.backward_s]).ravel()


def edge_use(engine: DijkstraEngine, origins: Snapped, targets: Snapped) -> EdgeUse:
    """Return the fastest ways from each origin to its target, along streets and turns.

    Parameters
    ----------
    engine
        Engine on the streets with their times.
    origins, targets
        Both ends of each trip on the network. Shape (n_trips,).
    """
    network = engine.network
    ways = engine.ways(origins, targets)
    pieces = [(trip, one) for trip, way in enumerate(ways) if way for one in way.pieces]
    trip = np.array([trip for trip, _ in pieces], dtype=np.int64)
    arc = np.array([2 * one.edge + (one.end < one.start) for _, one in pieces], dtype=np.int64)
    share = np.array([abs(one.end - one.start) for _, one in pieces], dtype=np.float64)
    shape = (len(ways), 2 * network.n_edges)
    matrix = csr_array(coo_array((share, (trip, arc)), shape=shape))
    matrix.eliminate_zeros()
    seconds = arc_seconds(network)
    on_streets_s = matrix @ np.where(np.isfinite(seconds), seconds, 0.0)
    total_s = np.array([np.nan if way is None else way.ticks / TICKS_PER_S for way in ways])
    # Whole ticks may make a way without turns a little shorter than its parts.
    return EdgeUse(matrix, np.maximum(total_s - on_streets_s, 0.0))
