"""Inner loops of the travel engines, compiled by numba."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def _push(ticks, label, node, size, new_ticks, new_label, new_node):
    at = size
    while at > 0:
        above = (at - 1) >> 2
        if ticks[above] < new_ticks or (ticks[above] == new_ticks and label[above] <= new_label):
            break
        ticks[at], label[at], node[at] = ticks[above], label[above], node[above]
        at = above
    ticks[at], label[at], node[at] = new_ticks, new_label, new_node


@njit(cache=True)
def _pop(ticks, label, node, size):
    """Take the first entry of a heap of `size` away; its place is filled by the last one."""
    last = size - 1
    last_ticks, last_label, last_node = ticks[last], label[last], node[last]
    at = 0
    while True:
        first = 4 * at + 1
        if first >= last:
            break
        best = first
        for child in range(first + 1, min(first + 4, last)):
            if ticks[child] < ticks[best] or (
                ticks[child] == ticks[best] and label[child] < label[best]
            ):
                best = child
        if last_ticks < ticks[best] or (last_ticks == ticks[best] and last_label <= label[best]):
            break
        ticks[at], label[at], node[at] = ticks[best], label[best], node[best]
        at = best
    ticks[at], label[at], node[at] = last_ticks, last_label, last_node


@njit(cache=True)
def nearest_labels(indptr, indices, arc_ticks, seed_node, seed_label, seed_ticks, most):
    """Return the `most` (1 or 2) nearest labels of each node, and the ticks from them.

    Dijkstra's algorithm in which a node is settled once by each of its nearest labels. Of
    equally near labels the lowest comes first, since entries are taken by (ticks, label).
    Shapes (n_nodes, most); -1 where there is none.
    """
    n_nodes = len(indptr) - 1
    found_label = np.full((n_nodes, most), -1, np.int64)
    found_ticks = np.full((n_nodes, most), -1, np.int64)
    # What each node has been promised: an entry that is no better is not put on the heap.
    promised = np.full((n_nodes, most), np.iinfo(np.int64).max, np.int64)
    promised_label = np.full((n_nodes, most), -1, np.int64)
    room = 1024 + len(seed_node)
    ticks = np.empty(room, np.int64)
    label = np.empty(room, np.int64)
    node = np.empty(room, np.int64)
    size = 0
    for row in range(len(seed_node)):
        _push(ticks, label, node, size, seed_ticks[row], seed_label[row], seed_node[row])
        size += 1
    while size > 0:
        now, who, where = ticks[0], label[0], node[0]
        _pop(ticks, label, node, size)
        size -= 1
        rank = 0
        while rank < most and found_label[where, rank] >= 0 and found_label[where, rank] != who:
            rank += 1
        if rank == most or found_label[where, rank] == who:
            continue
        found_label[where, rank], found_ticks[where, rank] = who, now
        for arc in range(indptr[where], indptr[where + 1]):
            there, then = indices[arc], now + arc_ticks[arc]
            if found_label[there, most - 1] >= 0:
                continue
            worth = False
            if most == 1:
                best = promised[there, 0]
                worth = then < best or (then == best and who < promised_label[there, 0])
                if worth:
                    promised[there, 0], promised_label[there, 0] = then, who
            elif promised_label[there, 0] == who:
                worth = then < promised[there, 0]
                if worth:
                    promised[there, 0] = then
            elif then < promised[there, 0] or (
                then == promised[there, 0] and who < promised_label[there, 0]
            ):
                worth = True
                promised[there, 1], promised_label[there, 1] = (
                    promised[there, 0],
                    promised_label[there, 0],
                )
                promised[there, 0], promised_label[there, 0] = then, who
            elif promised_label[there, 1] == who:
                worth = then < promised[there, 1]
                if worth:
                    promised[there, 1] = then
            elif then < promised[there, 1] or (
                then == promised[there, 1] and who < promised_label[there, 1]
            ):
                worth = True
                promised[there, 1], promised_label[there, 1] = then, who
            if not worth:
                continue
            if size == len(ticks):
                ticks = np.concatenate((ticks, np.empty(size, np.int64)))
                label = np.concatenate((label, np.empty(size, np.int64)))
                node = np.concatenate((node, np.empty(size, np.int64)))
            _push(ticks, label, node, size, then, who, there)
            size += 1
    return found_label, found_ticks
