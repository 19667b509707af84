"""The few nearest sources of every target, by one search from all sources at once.

Dijkstra's algorithm with lists: a node is settled once for each of its few nearest sources, in
the order of time and then of source, and hands only those on. What is nearest to a target is
nearest to one of the nodes that it hangs on, so merging their lists gives the target's own.

References
----------
Okabe, A., Boots, B., Sugihara, K., Chiu, S. N. (2000). Spatial Tessellations, section 3.8: the
order-k Voronoi diagram of a network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap.travel.engine import Nearby
from gridmap.travel.nearby_kernels import merge, settle

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Longer than any travel time in ticks; with 20 bits of labels it still fits in 63 bits.
NO_LIMIT = 1 << 42
#: Targets whose lists are merged at once: bounds the memory of the merging.
CHUNK = 50_000


def node_lists(
    graph: csr_array, node: Ints, ticks: Ints, label: Ints, *, bits: int, most: int, limit: int
) -> tuple[Ints, Ints]:
    """Return the few nearest labels of each node.

    Parameters
    ----------
    graph
        Ticks of arcs, whole numbers. Shape (n_nodes, n_nodes).
    node, ticks, label
        Seeds: where they are, what it takes to get there, and whose they are. Shape (n_seeds,).
    bits
        Labels are below 2**bits.
    most
        Labels a node gets at most.
    limit
        Ticks at most.

    Returns
    -------
    Number of labels of each node, shape (n_nodes,), and their keys ``ticks << bits | label`` in
    ascending order, shape (n_nodes, most).
    """
    return settle(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int64),
        graph.data.astype(np.int64) << bits,
        node,
        (ticks << bits) | label,
        bits,
        most,
        (limit + 1) << bits,
        int(graph.shape[0]),
    )


def merged_lists(
    lists: tuple[Ints, Ints],
    ends: tuple[Ints, Ints, Ints],
    offers: tuple[Ints, Ints, Ints],
    extra_ticks: Ints,
    *,
    bits: int,
    limit: int,
    ticks_per_s: float,
) -> Nearby:
    """Return the few nearest sources of each target from those of its nodes.

    Parameters
    ----------
    lists
        Answer of `node_lists`.
    ends
        Target, node and ticks between them, ordered by target. Shapes (n_ends,).
    offers
        Ways that need no node: target, ticks, source. Shapes (n_offers,).
    extra_ticks
        Added to every way of a target. Shape (n_targets,).
    bits, limit
        As for `node_lists`.
    ticks_per_s
        Ticks of a second.
    """
    n_targets = len(extra_ticks)
    point, node, ticks = ends
    target, offered, source = offers
    order = np.lexsort((source, offered, target))
    target, offer = target[order], (offered[order] << bits) | source[order]
    at = np.arange(n_targets + 1)
    end_at, offer_at = np.searchsorted(point, at), np.searchsorted(target, at)
    seen = np.full(1 << bits, -1, dtype=np.int64)
    sizes, sources, seconds = [], [], []
    for first in range(0, n_targets, CHUNK):
        last = min(first + CHUNK, n_targets)
        size, keys = merge(
            *lists, end_at, node, ticks << bits, offer_at, offer, extra_ticks << bits,
            seen, first, last, bits, (limit + 1) << bits,
        )  # fmt: skip
        sizes.append(size)
        sources.append((keys & ((1 << bits) - 1)).astype(np.int32))
        seconds.append(((keys >> bits) / ticks_per_s).astype(np.float32))
    empty = np.zeros(0, dtype=np.int64)
    return Nearby(
        np.concatenate([[0], np.cumsum(np.concatenate([empty, *sizes]))]),
        np.concatenate([empty.astype(np.int32), *sources]),
        np.concatenate([empty.astype(np.float32), *seconds]),
    )


def nearby_of_matrix(seconds: Floats, *, most: int | None, limit_s: float) -> Nearby:
    """Return the few nearest sources of each target from all their times.

    Parameters
    ----------
    seconds
        NaN = unreachable. Shape (n_targets, n_sources).
    most
        Sources a target gets at most, None = all.
    limit_s
        Seconds at most.
    """
    most = seconds.shape[1] if most is None else min(most, seconds.shape[1])
    order = np.argsort(seconds, axis=1, kind="stable")[:, :most]
    times = np.take_along_axis(seconds, order, axis=1)
    use = times <= limit_s
    start = np.concatenate([[0], np.cumsum(use.sum(axis=1))])
    return Nearby(start, order[use].astype(np.int32), times[use].astype(np.float32))
