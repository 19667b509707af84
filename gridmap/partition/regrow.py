"""Cells in one piece: keep what hangs together with the centre, regrow the rest from there."""

from __future__ import annotations

import heapq

import numpy as np

from gridmap.partition.objective import with_centre
from gridmap.partition.problem import Floats, Ints, PartitionProblem


def assign_and_regrow(problem: PartitionProblem, cost: Floats) -> Ints:
    """Give each unit to its cheapest cell, then make every cell one piece.

    Parameters
    ----------
    problem
        The graph and the fixed units.
    cost
        Cost of each unit in each cell, for example travel plus the price of the cell.
        Shape (n_units, n_cells).

    Returns
    -------
    Ints
        Label of each unit; every cell holds its centre and is in one piece. Shape (n_units,).
    """
    allowed = np.where(np.isfinite(problem.travel_s), cost, np.inf)
    label = allowed.argmin(axis=1).astype(np.int64)
    held = problem.fixed >= 0
    label[held] = problem.fixed[held]
    return regrow(problem, label, allowed)


def regrow(problem: PartitionProblem, label: Ints, cost: Floats) -> Ints:
    """Return `label` with each cell grown again from the piece that holds its centre.

    Units that do not hang together with the centre of their cell are taken up best first: the
    cheapest pair of a free unit and a neighbouring cell is joined until none is free. A unit of
    a centre is never free, so no cell grows through another's centre.
    """
    label = label.copy()
    label[problem.fixed >= 0] = problem.fixed[problem.fixed >= 0]
    _reach_restricted(problem, label, cost)
    settled = with_centre(problem, label)
    queue: list[tuple[float, int, int]] = []

    def offer_neighbours(unit: int, cell: int) -> None:
        for arc in range(problem.indptr[unit], problem.indptr[unit + 1]):
            other = int(problem.indices[arc])
            if not settled[other] and np.isfinite(cost[other, cell]):
                heapq.heappush(queue, (float(cost[other, cell]), other, cell))

    free = ~settled
    rim = np.unique(problem.arc_from[settled[problem.arc_from] & free[problem.indices]])
    for unit in rim.tolist():
        offer_neighbours(unit, int(label[unit]))
    while queue:
        _, unit, cell = heapq.heappop(queue)
        if not settled[unit]:
            settled[unit] = True
            label[unit] = cell
            offer_neighbours(unit, cell)
    return label


def _reach_restricted(problem: PartitionProblem, label: Ints, cost: Floats) -> None:
    """Lead cells to the units that cannot go to just any cell, along the cheapest way.

    The way becomes part of the cell only here; a later step may give it to others as long as the
    cell stays in one piece. A unit that no way leads to stays apart.
    """
    centre = set(problem.centre_unit.tolist())
    for unit in np.flatnonzero(problem.restricted).tolist():
        cell = int(label[unit])
        if unit not in centre and not with_centre(problem, label)[unit]:
            for one in _way(problem, cost, unit, cell):
                label[one] = cell


def _way(problem: PartitionProblem, cost: Floats, unit: int, cell: int) -> list[int]:
    """Return the cheapest way from a unit to the centre of a cell, or nothing."""
    came: dict[int, int] = {}
    queue: list[tuple[float, int, int]] = [(0.0, unit, unit)]
    while queue:
        spent, here, before = heapq.heappop(queue)
        if here in came:
            continue
        came[here] = before
        if here == problem.centre_unit[cell]:
            way = [here]
            while way[-1] != unit:
                way.append(came[way[-1]])
            return way
        for arc in range(problem.indptr[here], problem.indptr[here + 1]):
            other = int(problem.indices[arc])
            free = problem.fixed[other] in {-1, cell} and np.isfinite(cost[other, cell])
            if free and other not in came:
                step = max(float(cost[other, cell]), 0.0)
                heapq.heappush(queue, (spent + step, other, here))
    return []
