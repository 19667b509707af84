"""Colours of the cells: neighbours differ, also for readers who are blind to some colours."""

from __future__ import annotations

from gridmap.partition import colouring
from gridmap.territory import Adjacency, Ints

#: After Okabe and Ito (2008): told apart with every common colour blindness, also when pale.
PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#8C8C8C")
#: Their strong colours, taken only where more than six cells all touch each other.
SPARE = ("#0072B2", "#D55E00")


def cell_colours(adjacency: Adjacency, label: Ints, n_cells: int) -> tuple[str, ...]:
    """Return a colour a cell, such that cells that share a border differ.

    See `gridmap.partition.colouring`. If even the strong colours are too few, one is repeated.
    """
    palette = PALETTE + SPARE
    neighbours = colouring.neighbours_of(label, adjacency, n_cells)
    return tuple(palette[one % len(palette)] for one in colouring.cell_colours(neighbours).tolist())
