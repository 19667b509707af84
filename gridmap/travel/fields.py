"""Searches from many sources at once: how near the nearest one is, and the next one.

One search gives times and labels together: it runs on times multiplied by a power of two, with
the label of the source in the digits that this frees. Its least values are the least times, and
among equal times the lowest labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Whole numbers up to here are exact in float64.
EXACT = 2.0**53


def labelled_field(
    graph: csr_array, node: Ints, ticks: Ints, label: Ints, n_labels: int
) -> tuple[Floats, Ints]:
    """Return for each node the ticks from the nearest seed and the lowest such label.

    Parameters
    ----------
    graph
        Ticks of arcs, whole numbers. Shape (n_nodes, n_nodes).
    node, ticks, label
        Seeds: where they are, what it takes to get there, and whose they are. Shape (n_seeds,).
    n_labels
        Labels are below this.

    Returns
    -------
    Ticks, infinite where no seed reaches, and labels, -1 there. Shapes (n_nodes,).
    """
    factor = float(1 << max(1, int(n_labels - 1).bit_length()))
    wide = csr_array((graph.data * factor, graph.indices, graph.indptr), shape=graph.shape)
    key = _from_seeds(wide, node, np.asarray(ticks * factor + label, dtype=np.float64))
    reached = np.isfinite(key)
    if reached.any() and key[reached].max() >= EXACT:
        raise ValueError("Expected times and labels that fit in 53 bits together.")
    whole = np.floor(np.where(reached, key, 0.0) / factor)
    labels = np.where(reached, key - whole * factor, -1.0)
    labels = np.where(reached, labels, -1.0).astype(np.int64)
    return np.where(reached, whole, np.inf), labels


def next_field(
    graph: csr_array, nearest: tuple[Floats, Ints], node: Ints, ticks: Ints, label: Ints
) -> Floats:
    """Return for each node the ticks from the nearest seed that has another label than its own.

    What is nearest but for the own label comes to a node over a border between labels, or from a
    seed inside a foreign label, and then stays among nodes of the node's label.

    Parameters
    ----------
    graph, node, ticks, label
        As for `labelled_field`.
    nearest
        Its answer.
    """
    field, labels = nearest
    tail = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    head = graph.indices
    crossing = (labels[tail] != labels[head]) & (labels[tail] >= 0)
    foreign = label != labels[node]
    seed_node = np.concatenate([head[crossing], node[foreign]])
    seed_ticks = np.concatenate([field[tail[crossing]] + graph.data[crossing], ticks[foreign]])
    inner = labels[tail] == labels[head]
    size = np.bincount(tail[inner], minlength=graph.shape[0])
    within = csr_array(
        (graph.data[inner], head[inner], np.concatenate([[0], np.cumsum(size)])),
        shape=graph.shape,
    )
    return _from_seeds(within, seed_node, seed_ticks)


def _from_seeds(graph: csr_array, node: Ints, ticks: Floats) -> Floats:
    """Return for each node the least ticks from any seed. Shape (n_nodes,)."""
    n_nodes = int(graph.shape[0])
    order = np.lexsort((ticks, node))
    first = order[np.flatnonzero(np.diff(node[order], prepend=-1))]
    # One more node from which an arc leads to each seed; none leads to it.
    whole = csr_array(
        (
            np.concatenate([graph.data, ticks[first]]),
            np.concatenate([graph.indices, node[first]]),
            np.append(graph.indptr, graph.indptr[-1] + len(first)),
        ),
        shape=(n_nodes + 1, n_nodes + 1),
    )
    found = dijkstra(whole, indices=np.array([n_nodes]))
    return np.asarray(found[0, :n_nodes])
