"""Colours of cells: neighbours differ, few are needed, and little changes from plan to plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridmap.territory import Adjacency, Ints

#: Colours enough for any map whose cells are in one piece.
MOST_COLOURS = 6
NO_COLOUR = -1


def neighbours_of(label: Ints, adjacency: Adjacency, n_cells: int) -> list[set[int]]:
    """Return the cells that share a border with each cell.

    Parameters
    ----------
    label
        Cell of each unit. Shape (n_units,).
    adjacency
        Neighbouring units; pairs that only a bridge links do not touch.
    n_cells
        Number of cells.
    """
    touching = adjacency.shared_m > 0.0
    one, other = label[adjacency.first[touching]], label[adjacency.second[touching]]
    found: list[set[int]] = [set() for _ in range(n_cells)]
    for first, second in np.unique(np.column_stack([one, other]), axis=0).tolist():
        if first != second:
            found[first].add(second)
            found[second].add(first)
    return found


def cell_colours(
    neighbours: Sequence[set[int]], *, former: Sequence[int | None] | None = None
) -> Ints:
    """Return a colour a cell, 0, 1, …, such that neighbours differ.

    Of the colours that are free the one used least is taken, so that a small map uses them all
    and cells that are near each other rarely look alike. Former colours are kept as long as
    neighbours differ; of two neighbours with the same, the one with more neighbours keeps it. The
    rest is coloured after its saturation. If that needs more than `MOST_COLOURS`, everything is
    coloured anew, the cell with the fewest neighbours among those left last: a map whose cells
    are in one piece then never needs more than 6.

    Parameters
    ----------
    neighbours
        Neighbours of each cell, see `neighbours_of`.
    former
        Colour that each cell had, None for a new cell.

    Returns
    -------
    Ints
        Shape (n_cells,).

    References
    ----------
    D. Brélaz (1979), New methods to color the vertices of a graph, Comm. ACM 22: 251–256.
    D. W. Matula and L. L. Beck (1983), Smallest-last ordering and clustering and graph coloring
    algorithms, J. ACM 30: 417–427.
    """
    colour = _kept(neighbours, former)
    _saturate(neighbours, colour)
    if colour and max(colour) >= MOST_COLOURS:
        colour = [NO_COLOUR] * len(neighbours)
        for cell in reversed(_smallest_last(neighbours)):
            colour[cell] = _free(neighbours[cell], colour)
    return np.array(colour, dtype=np.int64)


def _kept(neighbours: Sequence[set[int]], former: Sequence[int | None] | None) -> list[int]:
    colour = [NO_COLOUR] * len(neighbours)
    if former is None:
        return colour
    if len(former) != len(neighbours):
        raise ValueError(f"Expected {len(neighbours)} former colours, found {len(former)}.")
    for cell in sorted(range(len(neighbours)), key=lambda one: (-len(neighbours[one]), one)):
        before = former[cell]
        if before is None or not 0 <= before < MOST_COLOURS:
            continue
        if all(colour[other] != before for other in neighbours[cell]):
            colour[cell] = before
    return colour


def _saturate(neighbours: Sequence[set[int]], colour: list[int]) -> None:
    """Colour the rest, each time the cell whose neighbours have the most different colours."""
    left = {cell for cell, one in enumerate(colour) if one == NO_COLOUR}
    while left:
        cell = min(
            left,
            key=lambda one: (
                -len({colour[other] for other in neighbours[one]} - {NO_COLOUR}),
                -len(neighbours[one]),
                one,
            ),
        )
        colour[cell] = _least_used(neighbours[cell], colour)
        left.remove(cell)


def _least_used(beside: set[int], colour: list[int]) -> int:
    """Return the free colour that fewest cells have, a further one where none is free."""
    taken = {colour[other] for other in beside}
    free = [one for one in range(MOST_COLOURS) if one not in taken]
    return min(free, key=lambda one: (colour.count(one), one)) if free else _free(beside, colour)


def _free(beside: set[int], colour: list[int]) -> int:
    used = {colour[other] for other in beside}
    return next(one for one in range(len(used) + 1) if one not in used)


def _smallest_last(neighbours: Sequence[set[int]]) -> list[int]:
    """Return the cells in the order in which they leave, the one with fewest neighbours first."""
    left = [set(beside) for beside in neighbours]
    waiting = set(range(len(neighbours)))
    order = []
    while waiting:
        cell = min(waiting, key=lambda one: (len(left[one]), one))
        order.append(cell)
        waiting.remove(cell)
        for other in left[cell]:
            left[other].discard(cell)
    return order
