"""Is a street network that a child sent whole? Its indices are used without further checks."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from gridmap.travel.network import StreetNetwork, Turns

#: A code such as EPSG:32650 is far shorter.
MOST_CRS = 4000


def check_network(network: StreetNetwork) -> bool:
    """Return whether all arrays of a network fit together, so that no index leads outside."""
    try:
        return _whole(network)
    except (TypeError, ValueError, AttributeError, IndexError, RecursionError):
        return False


def _whole(network: StreetNetwork) -> bool:
    edges, nodes = network.n_edges, network.n_nodes
    per_edge = (network.tail, network.head, network.name, network.road_class)
    times = (network.length_m, network.forward_s, network.backward_s)
    return (
        network.node_xy.shape == (nodes, 2)
        and network.line_xy.shape == (len(network.line_xy), 2)
        and all(_is_index(one, edges) for one in per_edge)
        and _is_index(network.node_osm_id, nodes)
        and all(one.dtype == np.float64 and one.shape == (edges,) for one in times)
        and network.node_xy.dtype == network.line_xy.dtype == np.float64
        and _within(network.tail, nodes)
        and _within(network.head, nodes)
        and _within(network.name, len(network.names))
        and _within(network.road_class, len(network.road_classes))
        and all(isinstance(one, str) for one in (*network.names, *network.road_classes))
        and _starts(network.line_start, edges, len(network.line_xy))
        and (network.turns is None or _turns_whole(network.turns, edges))
        and (network.kind is None or _is_index(network.kind, edges))
        and (network.kind is None or _within(network.kind, len(network.kinds)))
        and all(_is_tags(one) for one in network.kinds)
        and (network.waits is None or network.waits.shape == (2 * edges,))
        and (network.waits is None or network.waits.dtype.kind in "iu")
        and (network.no_stop is None or network.no_stop.shape == (edges,))
        and (network.no_stop is None or network.no_stop.dtype == np.bool_)
        # An order comes from the parent's own cache and from nowhere else.
        and network.order is None
        and isinstance(network.crs, str)
        and len(network.crs) < MOST_CRS
    )


def _turns_whole(turns: Turns, edges: int) -> bool:
    states = len(turns.arc)
    return (
        states >= 2 * edges
        and _is_index(turns.arc, states)
        and _is_index(turns.to, len(turns.to))
        and turns.seconds.dtype == np.float64
        and turns.seconds.shape == turns.to.shape
        and _within(turns.arc, 2 * edges)
        and _within(turns.to, states)
        and _starts(turns.start, states, len(turns.to))
    )


def _is_tags(kind: object) -> bool:
    tags = json.loads(kind) if isinstance(kind, str) else None
    return isinstance(tags, dict) and all(isinstance(one, str) for one in tags.values())


def _is_index(array: NDArray[np.int64], length: int) -> bool:
    return array.dtype == np.int64 and array.shape == (length,)


def _within(array: NDArray[np.int64], end: int) -> bool:
    return not len(array) or bool(array.min() >= 0 and array.max() < end)


def _starts(array: NDArray[np.int64], rows: int, end: int) -> bool:
    return (
        _is_index(array, rows + 1)
        and bool((np.diff(array) >= 0).all())
        and bool(array[0] == 0 and array[-1] == end)
    )
