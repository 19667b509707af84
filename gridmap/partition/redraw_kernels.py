"""Compiled inner loops of redrawing: contiguity nearby, borders by difference."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmap.partition.problem import Ints

Labels = NDArray[np.int32]


@njit(cache=True)
def suspects(
    cell: int, moved: Ints, old: Labels, label: Labels, indptr: Ints, indices: Ints
) -> tuple[Ints, bool]:
    """Return the units of a cell that a move may have parted, and whether one was there before.

    If these hang together, the whole cell does, provided that it did before: a way through the
    old cell that the move interrupts leaves it at one of them.

    Parameters
    ----------
    cell
        The cell asked about.
    moved, old
        Units that changed their cell, and the cell that each had before. Shape (n_moved,).
    label
        Cells after the move. Shape (n_units,).
    indptr, indices
        Neighbours in compressed rows.
    """
    came = 0
    room = 0
    for i in range(len(moved)):
        room += 1 + indptr[moved[i] + 1] - indptr[moved[i]]
    found = np.empty(room, np.int64)
    fresh = np.zeros(len(label), np.bool_)
    for i in range(len(moved)):
        fresh[moved[i]] = old[i] != cell
    size = 0
    settled = False
    for i in range(len(moved)):
        unit = moved[i]
        here = label[unit] == cell
        if here:
            came += 1
            found[size] = unit
            size += 1
        if here or old[i] == cell:
            for arc in range(indptr[unit], indptr[unit + 1]):
                other = indices[arc]
                if label[other] == cell:
                    found[size] = other
                    size += 1
                    settled = settled or not fresh[other]
    return found[:size], settled or came == 0


@njit(cache=True)
def meet(cell: int, units: Ints, label: Labels, indptr: Ints, indices: Ints) -> bool:
    """Return whether some units of a cell hang together inside it.

    All of them are flooded at once, in step; it ends as soon as the floods have met, so that
    only the neighbourhood of a move is looked at.
    """
    owner = np.zeros(len(label), np.int32)
    queue = np.empty(len(label), np.int32)
    root = np.arange(len(units) + 1)
    size = 0
    apart = 0
    for i in range(len(units)):
        if owner[units[i]] == 0:
            owner[units[i]] = i + 1
            queue[size] = units[i]
            size += 1
            apart += 1
    first = 0
    while first < size and apart > 1:
        unit = queue[first]
        first += 1
        mine = owner[unit]
        while root[mine] != mine:
            mine = root[mine]
        for arc in range(indptr[unit], indptr[unit + 1]):
            other = indices[arc]
            if label[other] != cell:
                continue
            if owner[other] == 0:
                owner[other] = mine
                queue[size] = other
                size += 1
                continue
            theirs = owner[other]
            while root[theirs] != theirs:
                theirs = root[theirs]
            if theirs != mine:
                root[theirs] = mine
                apart -= 1
    return apart <= 1


@njit(cache=True)
def flood(start: int, label: Labels, indptr: Ints, indices: Ints) -> Ints:
    """Return the units that hang together with `start` inside its cell, `start` first."""
    cell = label[start]
    seen = np.zeros(len(label), np.bool_)
    queue = np.empty(len(label), np.int64)
    queue[0] = start
    seen[start] = True
    size = 1
    first = 0
    while first < size:
        unit = queue[first]
        first += 1
        for arc in range(indptr[unit], indptr[unit + 1]):
            other = indices[arc]
            if label[other] == cell and not seen[other]:
                seen[other] = True
                queue[size] = other
                size += 1
    return queue[:size].copy()


@njit(cache=True)
def relabel(
    units: Ints,
    targets: Labels,
    label: Labels,
    indptr: Ints,
    indices: Ints,
    shared_nm: Ints,
    perimeter_nm: Ints,
    cell_perimeter_nm: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Move units one by one; return what this adds to the borders between cells.

    `label` and `cell_perimeter_nm` are changed in place. Cell -1 is nowhere: it has neither
    borders nor perimeter.

    Returns
    -------
    key, nm, links
        Lower cell · 2³² + higher cell, nanometres and number of neighbouring pairs to add;
        keys come several times. Shape (n,).
    """
    room = 0
    for i in range(len(units)):
        room += 2 * (indptr[units[i] + 1] - indptr[units[i]])
    key = np.empty(room, np.int64)
    nm = np.empty(room, np.int64)
    links = np.empty(room, np.int64)
    size = 0
    for i in range(len(units)):
        unit = units[i]
        a, b = label[unit], targets[i]
        if a == b:
            continue
        if a >= 0:
            cell_perimeter_nm[a] -= perimeter_nm[unit]
        if b >= 0:
            cell_perimeter_nm[b] += perimeter_nm[unit]
        for arc in range(indptr[unit], indptr[unit + 1]):
            c = label[indices[arc]]
            if c < 0:
                continue
            if c == a:
                cell_perimeter_nm[a] += 2 * shared_nm[arc]
            elif a >= 0:
                key[size] = (np.int64(min(a, c)) << 32) + max(a, c)
                nm[size] = -shared_nm[arc]
                links[size] = -1
                size += 1
            if c == b:
                cell_perimeter_nm[b] -= 2 * shared_nm[arc]
            elif b >= 0:
                key[size] = (np.int64(min(b, c)) << 32) + max(b, c)
                nm[size] = shared_nm[arc]
                links[size] = 1
                size += 1
        label[unit] = b
    return key[:size], nm[:size], links[:size]


@njit(cache=True)
def trace(following: Ints) -> tuple[Ints, Ints]:
    """Return the cycles of a permutation one after another, and where each begins."""
    order = np.empty(len(following), np.int64)
    begin = np.empty(len(following) + 1, np.int64)
    seen = np.zeros(len(following), np.bool_)
    size = 0
    cycles = 0
    for start in range(len(following)):
        if seen[start]:
            continue
        begin[cycles] = size
        cycles += 1
        edge = start
        while not seen[edge]:
            seen[edge] = True
            order[size] = edge
            size += 1
            edge = following[edge]
    begin[cycles] = size
    return order, begin[: cycles + 1].copy()
