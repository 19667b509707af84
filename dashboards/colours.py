"""Colours of the cells: neighbours differ, also for readers who are blind to some colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.territory import Adjacency

#: After Okabe and Ito (2008): told apart with every common colour blindness, also when pale.
PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#8C8C8C")
#: Their strong colours, taken only by a cell whose neighbours have all of the others.
SPARE = ("#0072B2", "#D55E00")


def cell_colours(adjacency: Adjacency, label: NDArray[np.int64], n_cells: int) -> tuple[str, ...]:
    """Return a colour a cell, such that cells that share a border differ.

    Greedy, the cell with the most neighbours first (Welsh and Powell, 1967); of the colours that
    are free the one used least is taken. If none is, a repeat is accepted.
    """
    first, second = label[adjacency.first], label[adjacency.second]
    touching = (first != second) & (adjacency.shared_m > 0)
    neighbours: list[set[int]] = [set() for _ in range(n_cells)]
    for one, other in zip(first[touching].tolist(), second[touching].tolist(), strict=True):
        neighbours[one].add(other)
        neighbours[other].add(one)
    chosen = [-1] * n_cells
    used = [0] * len(PALETTE + SPARE)
    for cell in sorted(range(n_cells), key=lambda cell: (-len(neighbours[cell]), cell)):
        taken = {chosen[other] for other in neighbours[cell]}
        free = [colour for colour in range(len(used)) if colour not in taken] or [0]
        plain = [colour for colour in free if colour < len(PALETTE)] or free[:1]
        colour = min(plain, key=lambda colour: (used[colour], colour))
        chosen[cell] = colour
        used[colour] += 1
    return tuple((PALETTE + SPARE)[colour] for colour in chosen)
