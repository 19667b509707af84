"""Colours of the cells: neighbours differ, also for readers who are blind to some colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.territory import Adjacency

#: Okabe and Ito (2008), without black; told apart with every common colour blindness.
PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#0072B2", "#D55E00")


def cell_colours(adjacency: Adjacency, label: NDArray[np.int64], n_cells: int) -> tuple[str, ...]:
    """Return a colour a cell, such that cells that share a border differ.

    Greedy, the cell with the most neighbours first (Welsh and Powell, 1967); of the colours that
    are free the one used least is taken. With more neighbours than colours a repeat is accepted.
    """
    first, second = label[adjacency.first], label[adjacency.second]
    touching = (first != second) & (adjacency.shared_m > 0)
    neighbours: list[set[int]] = [set() for _ in range(n_cells)]
    for one, other in zip(first[touching].tolist(), second[touching].tolist(), strict=True):
        neighbours[one].add(other)
        neighbours[other].add(one)
    chosen = [-1] * n_cells
    used = [0] * len(PALETTE)
    for cell in sorted(range(n_cells), key=lambda cell: (-len(neighbours[cell]), cell)):
        taken = {chosen[other] for other in neighbours[cell]}
        free = [colour for colour in range(len(PALETTE)) if colour not in taken]
        colour = min(free or range(len(PALETTE)), key=lambda colour: (used[colour], colour))
        chosen[cell] = colour
        used[colour] += 1
    return tuple(PALETTE[colour] for colour in chosen)
