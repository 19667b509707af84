"""Pairs of unit and cell that may be, their prices, and what separates them from the centre.

Without contiguity, and with units that may be split, the plan in the bands is a linear program.
Its prices, of all workloads and of cuts, prove a lower bound and a reduced cost of each pair by
weak duality; see `gridmap.partition.exact`.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from gridmap.partition.objective import cost_unit
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem

#: The solver's word for a program without a plan.
INFEASIBLE = 2


class Pairs:
    """Pairs of unit and cell that may be, with their costs; costs and loads as pure numbers.

    `bound` and `reduced` follow from the prices of the linear relaxation by weak duality, so they
    hold however accurate the prices are.
    """

    def __init__(self, problem: PartitionProblem, low: Floats, high: Floats) -> None:
        self.problem = problem
        held = problem.fixed[:, None]
        cells = np.arange(problem.n_cells)
        may = np.isfinite(problem.travel_s) & ((held < 0) | (held == cells))
        self.may = reachable_pairs(problem, may)
        self.unit, self.cell = np.nonzero(self.may)
        unit_cost = problem.weights[self.unit, 0] * problem.travel_s[self.unit, self.cell]
        self.cost = unit_cost / cost_unit(problem)
        size = np.where(problem.target > 0, problem.target, 1.0)
        self.low, self.high = (low / size).ravel(), (high / size).ravel()
        self.weight = problem.weights / size
        self.feasible = bool(self.may.any(axis=1).all())
        self.bound = np.inf
        self.reduced = np.zeros(len(self.unit))
        if self.feasible:
            self._price()

    def shares(self, kept: Ints) -> tuple[csr_array, csr_array]:
        """Return the rows that share out units and the rows of loads, over the pairs kept."""
        unit, cell, place = self.unit[kept], self.cell[kept], np.arange(len(kept))
        size = (self.problem.n_units, len(kept))
        once = csr_array((np.ones(len(kept)), (unit, place)), shape=size)
        n_loads = self.weight.shape[1]
        rows = (cell[:, None] * n_loads + np.arange(n_loads)).ravel()
        values = (self.weight[unit].ravel(), (rows, np.repeat(place, n_loads)))
        size = (self.problem.n_cells * n_loads, len(kept))
        return once, csr_array(values, shape=size)

    def _price(self) -> None:
        every = np.arange(len(self.unit))
        priced = self.relax(every, csr_array((0, len(every))))
        self.feasible = priced is not None
        if priced is not None:
            self.bound, self.reduced, _ = priced

    def relax(self, kept: Ints, cuts: csr_array) -> tuple[float, Floats, Floats] | None:
        """Return bound, reduced costs and plan of the linear relaxation, None if it has no plan.

        `cuts` are rows that must not be negative, over the pairs kept.
        """
        once, loaded = self.shares(kept)
        upper, lower = np.isfinite(self.high), np.isfinite(self.low)
        matrix = vstack([loaded[upper], -loaded[lower], -cuts], format="csr")
        limit = np.concatenate([self.high[upper], -self.low[lower], np.zeros(cuts.shape[0])])
        # The stubs know no sparse matrices.
        found = linprog(  # type: ignore[call-overload]
            self.cost[kept],
            A_ub=matrix if len(limit) else None,
            b_ub=limit if len(limit) else None,
            A_eq=once,
            b_eq=np.ones(self.problem.n_units),
            method="highs",
        )
        if found.x is None:
            if found.status == INFEASIBLE:
                return None
            return -np.inf, np.zeros(len(kept)), np.zeros(len(kept))
        price = np.minimum(np.asarray(found.ineqlin.marginals), 0.0) if len(limit) else limit
        value = self.cost[kept] - matrix.T @ price
        least = np.full(self.problem.n_units, np.inf)
        np.minimum.at(least, self.unit[kept], value)
        total = float(least.sum() + limit @ price)
        # Rounded down by a hair for the summation.
        total -= 1e-10 * float(np.abs(least).sum() + abs(total))
        return total, value - least[self.unit[kept]], np.asarray(found.x)


def reachable_pairs(problem: PartitionProblem, may: Bools) -> Bools:
    """Return the pairs whose unit the cell can reach from its centre along such pairs.

    Shapes (n_units, n_cells).
    """
    found = np.zeros_like(may)
    for cell, centre in enumerate(problem.centre_unit.tolist()):
        found[:, cell] = reach(problem, may[:, cell], centre)
    return found


def separator(problem: PartitionProblem, may: Bools, inside: Ints, cell: int) -> Ints:
    """Return a minimal separator between connected units and the centre of a cell.

    Parameters
    ----------
    problem
        The graph.
    may
        Units the cell may have. Shape (n_units,).
    inside
        Connected units that neither hold the centre nor border on it.
    cell
        The cell.
    """
    rim = np.zeros_like(may)
    rim[problem.indices[np.isin(problem.arc_from, inside)]] = True
    rim &= may
    rim[inside] = False
    closed = may & ~rim
    closed[inside] = False
    outside = reach(problem, closed, int(problem.centre_unit[cell]))
    beside = np.zeros_like(may)
    beside[problem.indices[outside[problem.arc_from]]] = True
    return np.flatnonzero(rim & beside)


def reach(problem: PartitionProblem, may: Bools, start: int) -> Bools:
    """Return the units that hang together with one by units that may be. Shape (n_units,)."""
    found = np.zeros(problem.n_units, dtype=np.bool_)
    if not may[start]:
        return found
    found[start] = True
    stack = [start]
    while stack:
        unit = stack.pop()
        for other in problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]].tolist():
            if may[other] and not found[other]:
                found[other] = True
                stack.append(other)
    return found
