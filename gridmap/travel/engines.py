"""Which travel engine a network gets."""

from __future__ import annotations

from gridmap.travel.cch import CchEngine, available
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.network import StreetNetwork
from gridmap.travel.snap import SNAP_LIMIT_M

#: Smaller networks are searched faster than any hierarchy is built.
SMALL_NODES = 5_000


def open_engine(network: StreetNetwork, *, snap_limit_m: float = SNAP_LIMIT_M) -> DijkstraEngine:
    """Return the fastest engine for a network; all give the same answers to the bit.

    Parameters
    ----------
    network
        Street network.
    snap_limit_m
        Points farther than this from every street are off the network. Metres.
    """
    n_nodes = network.n_nodes if network.turns is None else network.turns.n_states
    if available() and n_nodes >= SMALL_NODES:
        return CchEngine(network, snap_limit_m=snap_limit_m)
    return DijkstraEngine(network, snap_limit_m=snap_limit_m)
