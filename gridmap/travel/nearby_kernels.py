"""Loops of the search for the few nearest: a heap of keys, lists a node, and their merging.

A key is ``ticks << bits | label``, so keys compare as times and then as labels.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def settle(
    start: Ints,
    head: Ints,
    arc_key: Ints,
    seed_node: Ints,
    seed_key: Ints,
    bits: int,
    most: int,
    limit_key: int,
    n_nodes: int,
) -> tuple[Ints, Ints]:
    """Settle each node for its few nearest labels; see `gridmap.travel.nearby.node_lists`."""
    mask = (1 << bits) - 1
    count = np.zeros(n_nodes, dtype=np.int64)
    keys = np.empty((n_nodes, most), dtype=np.int64)
    heap_key = np.empty(max(1024, 2 * len(seed_node)), dtype=np.int64)
    heap_node = np.empty(len(heap_key), dtype=np.int64)
    size = 0
    for k in range(len(seed_node)):
        if seed_key[k] < limit_key:
            _push(heap_key, heap_node, size, seed_key[k], seed_node[k])
            size += 1
    while size > 0:
        key, node = heap_key[0], heap_node[0]
        size -= 1
        _pop(heap_key, heap_node, size)
        if count[node] == most or _has(keys[node], count[node], key & mask, mask):
            continue
        keys[node, count[node]] = key
        count[node] += 1
        for arc in range(start[node], start[node + 1]):
            onwards, other = key + arc_key[arc], head[arc]
            if onwards >= limit_key or count[other] == most:
                continue
            if _has(keys[other], count[other], key & mask, mask):
                continue
            if size == len(heap_key):
                heap_key = _doubled(heap_key)
                heap_node = _doubled(heap_node)
            _push(heap_key, heap_node, size, onwards, other)
            size += 1
    return count, keys


@njit(cache=True, nogil=True)
def _has(keys: Ints, size: int, label: int, mask: int) -> bool:
    # Without a way out halfway the loop is done by many at a time, which is faster.
    hits = 0
    for k in range(size):
        hits += (keys[k] & mask) == label
    return hits > 0


@njit(cache=True, nogil=True)
def _doubled(values: Ints) -> Ints:
    wider = np.empty(2 * len(values), dtype=np.int64)
    wider[: len(values)] = values
    return wider


@njit(cache=True, nogil=True)
def _push(heap_key: Ints, heap_node: Ints, size: int, key: int, node: int) -> None:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap_key[above] <= key:
            break
        heap_key[at], heap_node[at] = heap_key[above], heap_node[above]
        at = above
    heap_key[at], heap_node[at] = key, node


@njit(cache=True, nogil=True)
def _pop(heap_key: Ints, heap_node: Ints, size: int) -> None:
    """Take away the first of `size` + 1 entries."""
    key, node = heap_key[size], heap_node[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and heap_key[below + 1] < heap_key[below]:
            below += 1
        if heap_key[below] >= key:
            break
        heap_key[at], heap_node[at] = heap_key[below], heap_node[below]
        at = below
    heap_key[at], heap_node[at] = key, node


@njit(cache=True, nogil=True)
def merge(
    count: Ints,
    keys: Ints,
    end_at: Ints,
    end_node: Ints,
    end_key: Ints,
    offer_at: Ints,
    offer: Ints,
    extra_key: Ints,
    seen: Ints,
    first: int,
    last: int,
    bits: int,
    limit_key: int,
) -> tuple[Ints, Ints]:
    """Merge the lists of the nodes of each target; see `gridmap.travel.nearby.merged_lists`.

    `seen` holds for each label the last target that has it, -1 at first.
    """
    mask, most = (1 << bits) - 1, keys.shape[1]
    sizes = np.zeros(last - first, dtype=np.int64)
    found = np.empty((last - first) * most, dtype=np.int64)
    n_found = widest = 0
    for target in range(first, last):
        widest = max(widest, end_at[target + 1] - end_at[target])
    at = np.zeros(widest, dtype=np.int64)
    for target in range(first, last):
        ends, offered = end_at[target], offer_at[target]
        n_ends = end_at[target + 1] - ends
        at[:n_ends] = 0
        size = 0
        while size < most:
            least, taken = limit_key, -2
            for k in range(n_ends):
                node = end_node[ends + k]
                if at[k] < count[node]:
                    key = keys[node, at[k]] + end_key[ends + k] + extra_key[target]
                    if key < least:
                        least, taken = key, k
            if offered < offer_at[target + 1]:
                key = offer[offered] + extra_key[target]
                if key < least:
                    least, taken = key, -1
            if taken == -2:
                break
            if taken == -1:
                offered += 1
            else:
                at[taken] += 1
            if seen[least & mask] != target:
                seen[least & mask] = target
                found[n_found] = least
                n_found += 1
                size += 1
        sizes[target - first] = size
    return sizes, found[:n_found]
