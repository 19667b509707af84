"""How much workload has to change cells at least, before any plan is made.

Let a unit stay if its former cell may keep it. What the cells hold of the units that may stay,
and the *pool* of all others, is given; f_ac is the workload that goes from cell a to cell c. Every
plan with loads in the bands fulfils, for each workload on its own,

    low_c ≤ held_c + pool_c + Σ_a f_ac - Σ_a f_ca ≤ high_c,     Σ_c pool_c = pool.

*Proven bound.* The least Σ f over all pairs of cells would be enough of a bound, but a weak one: a
cell cannot reach over its neighbours for nothing. A unit of a that goes to c hangs together with
the centre of c in the new plan, along a way whose units belong to c then. Those of them that c did
not have before have moved too. With D_ac the least workload of other cells along any such way (one
Dijkstra from the centre of c; units of c and of the pool are free, the last step is the first unit
of a),

    f_ac ≤ movable_a z_ac,     Σ_(b ≠ a, c) f_bc ≥ D_ac z_ac,     z_ac ∈ {0, 1},

holds for every plan in one piece, and the least Σ f with it, a small MIP, is a bound for *all*
plans with loads in the bands.

*Neighbour flow.* The same with f_ac = 0 for all pairs of cells that do not touch in the former
plan. A load that has to get from a to c by way of b counts twice then, from a to b and from b to c,
although one plan might send it straight from a to c by a corridor. So this linear programme is a
bound for those plans only in which every unit stays or goes to a neighbour of its former cell. It
is never below the proven bound.

References
----------
Ahuja, R., Magnanti, T., Orlin, J. (1993). Network Flows. Chapter 9 (flows), 11 (fixed charges).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from gridmap.partition.objective import Bands
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem

#: Nodes of the search tree of one MIP; its bound holds wherever it ends.
NODES = 400
#: Bounds are lowered by this share, for the tolerances of the solver.
_SLACK = 1e-6


@dataclass(frozen=True)
class LeastChange:
    """What has to change cells, in each workload.

    Attributes
    ----------
    proven
        No plan with loads in the bands moves less. Infinite where no plan keeps the bands.
    neighbour_flow
        No plan with loads in the bands whose units stay or go to a neighbour of their former
        cell moves less; others may. Infinite where no such plan keeps the bands.
    unavoidable
        The part of both that units carry which must leave their former cell.
    """

    proven: tuple[float, ...]
    neighbour_flow: tuple[float, ...]
    unavoidable: tuple[float, ...]


def stayable(problem: PartitionProblem, former: Ints) -> Bools:
    """Return the units that their former cell may keep. Shape (n_units,)."""
    rows = np.arange(problem.n_units)
    may: Bools = (former >= 0) & np.isfinite(problem.travel_s[rows, former])
    return may


def least_change(problem: PartitionProblem, former: Ints, bands: Bands) -> LeastChange:
    """Return bounds on the workload that has to change cells.

    Parameters
    ----------
    problem, bands
        What is to be cut, and the loads allowed.
    former
        Cell of each unit before, or -1 if it had none. Shape (n_units,).
    """
    stays = stayable(problem, former)
    touching = neighbours(problem, former, stays)
    proven, flow, forced = [], [], []
    for number in range(problem.weights.shape[1]):
        one = _Workload(problem, former, stays, bands, number)
        flow.append(one.scale * (one.unavoidable + one.least_flow(touching)))
        proven.append(one.scale * (one.unavoidable + one.least_with_corridors(touching)))
        forced.append(one.scale * one.unavoidable)
    return LeastChange(tuple(proven), tuple(flow), tuple(forced))


def neighbours(problem: PartitionProblem, former: Ints, stays: Bools) -> Bools:
    """Return which cells touch, or touch the same piece of the pool.

    Shape (n_cells, n_cells), symmetric, the diagonal False.
    """
    n_cells, (start, end) = problem.n_cells, (problem.arc_from, problem.indices)
    touching = np.zeros((n_cells, n_cells), dtype=bool)
    both = stays[start] & stays[end]
    touching[former[start[both]], former[end[both]]] = True
    loose = ~stays[start] & ~stays[end]
    graph = csr_array(
        (np.ones(int(loose.sum())), (start[loose], end[loose])), shape=(problem.n_units,) * 2
    )
    piece = np.asarray(connected_components(graph, directed=False)[1])
    rim = stays[start] & ~stays[end]
    beside = coo_array(
        (np.ones(int(rim.sum())), (former[start[rim]], piece[end[rim]])),
        shape=(n_cells, problem.n_units),
    ).tocsr()
    touching |= (beside @ beside.T).toarray() > 0
    # A centre that its cell did not hold before makes the cell a neighbour of its surroundings.
    for cell, centre in enumerate(problem.centre_unit.tolist()):
        around = problem.indices[problem.indptr[centre] : problem.indptr[centre + 1]]
        near = former[around[stays[around]]]
        touching[near, cell] = touching[cell, near] = True
    np.fill_diagonal(touching, False)
    return touching


class _Workload:
    """One workload in mean loads, and its flows."""

    def __init__(
        self,
        problem: PartitionProblem,
        former: Ints,
        stays: Bools,
        bands: Bands,
        number: int,
    ) -> None:
        self.problem, self.former, self.stays = problem, former, stays
        # In mean loads, which the tolerances of the solver are made for.
        self.scale = float(problem.target[number]) or 1.0
        self.weight = problem.weights[:, number] / self.scale
        self.low = bands.low[:, number] / self.scale
        self.high = bands.high[:, number] / self.scale
        held = problem.fixed >= 0
        settled = ~stays & held
        self.held = self._sum(former, stays) + self._sum(problem.fixed, settled)
        self.movable = self._sum(former, stays & ~held)
        self.pool = float(self.weight[~stays & ~held].sum())
        self.unavoidable = float(self.weight[~stays & (former >= 0)].sum())

    def _sum(self, cell: Ints, where: Bools) -> Floats:
        weight = self.weight[where]
        return np.asarray(
            np.bincount(cell[where], weights=weight, minlength=self.problem.n_cells), np.float64
        )

    def least_flow(self, allowed: Bools) -> float:
        """Return the least Σ f along the allowed pairs; infinite if there is none."""
        give, take = np.nonzero(allowed)
        n_flows, n_cells = len(give), self.problem.n_cells
        top = np.concatenate([self.movable[give], np.full(n_cells, self.pool)])
        found = milp(
            np.repeat([1.0, 0.0], [n_flows, n_cells]),
            bounds=Bounds(0.0, top),
            constraints=self._conservation(give, take, 0),
        )
        return _proven(found)

    def least_with_corridors(self, touching: Bools) -> float:
        """Return a bound on Σ f of all plans in one piece."""
        limit = self.least_flow(touching)
        anywhere = self.least_flow(~np.eye(len(touching), dtype=bool))
        # A corridor that alone costs as much as the neighbour flow cannot pay.
        corridor = self.corridors()
        np.fill_diagonal(corridor, np.inf)
        give, take = np.nonzero(corridor < limit)
        order = np.argsort(corridor[give, take] <= 0.0, kind="stable")
        give, take = give[order], take[order]
        charge = corridor[give, take]
        n_paid = int((charge > 0.0).sum())
        if n_paid == 0 or anywhere >= limit:
            return min(max(anywhere, self.least_flow(corridor < limit)), limit)
        n_flows, n_free = len(give), self.problem.n_cells
        top = np.concatenate([self.movable[give], np.full(n_free, self.pool), np.ones(n_paid)])
        found = milp(
            np.repeat([1.0, 0.0], [n_flows, n_free + n_paid]),
            integrality=np.repeat([0, 1], [n_flows + n_free, n_paid]),
            bounds=Bounds(0.0, top),
            constraints=[
                *self._conservation(give, take, n_paid),
                self._charges(give, take, charge[:n_paid]),
            ],
            options={"node_limit": NODES},
        )
        # A decision counts as 0 up to 1e-6, and lets as much through unpaid.
        return min(max(anywhere, _proven(found) - 2e-6 * n_paid), limit)

    def _charges(self, give: Ints, take: Ints, charge: Floats) -> LinearConstraint:
        """Return f ≤ movable z, and Σ of the others into the same cell ≥ charge z."""
        n_flows, n_paid = len(give), len(charge)
        before = n_flows + self.problem.n_cells
        paid = np.arange(n_paid)
        same = (take[:n_paid, None] == take[None, :]) & (give[:n_paid, None] != give[None, :])
        row, other = np.nonzero(same)
        rows = np.concatenate([paid, paid, n_paid + row, n_paid + paid])
        columns = np.concatenate([paid, before + paid, other, before + paid])
        values = np.concatenate(
            [np.ones(n_paid), -self.movable[give[:n_paid]], -np.ones(len(row)), charge]
        )
        linked = csr_array((values, (rows, columns)), shape=(2 * n_paid, before + n_paid))
        return LinearConstraint(linked, -np.inf, 0.0)

    def corridors(self) -> Floats:
        """Return D: what cell c takes from others on the way to cell a. Shape (a, c)."""
        problem, n_cells = self.problem, self.problem.n_cells
        found = np.full((n_cells, n_cells), np.inf)
        for cell in range(n_cells):
            passable = np.isfinite(problem.travel_s[:, cell])
            own = (self.former == cell) | ~self.stays
            toll = np.where(own, 0.0, self.weight)
            used = passable[problem.indices] & passable[problem.arc_from]
            graph = csr_array(
                (toll[problem.indices[used]], (problem.arc_from[used], problem.indices[used])),
                shape=(problem.n_units,) * 2,
            )
            centre = int(problem.centre_unit[cell])
            spent = dijkstra(graph, indices=[centre])[0] - toll
            ends = self.stays & np.isfinite(spent) & passable
            np.minimum.at(found[:, cell], self.former[ends], spent[ends])
        # Sums along a way may come out below 0 by rounding.
        corridors: Floats = np.maximum(found * (1.0 - 1e-12) - 1e-9, 0.0)
        return corridors

    def _conservation(self, give: Ints, take: Ints, n_more: int) -> list[LinearConstraint]:
        n_flows, n_cells = len(give), self.problem.n_cells
        flow, cell = np.arange(n_flows), np.arange(n_cells)
        rows = np.concatenate([take, give, cell])
        columns = np.concatenate([flow, flow, n_flows + cell])
        values = np.repeat([1.0, -1.0, 1.0], [n_flows, n_flows, n_cells])
        width = n_flows + n_cells + n_more
        balance = csr_array((values, (rows, columns)), shape=(n_cells, width))
        out = csr_array((np.ones(n_flows), (give, flow)), shape=(n_cells, width))
        shared = np.zeros(width)
        shared[n_flows : n_flows + n_cells] = 1.0
        return [
            LinearConstraint(balance, self.low - self.held, self.high - self.held),
            LinearConstraint(out, -np.inf, self.movable),
            LinearConstraint(shared[None, :], self.pool, self.pool),
        ]


def _proven(found: OptimizeResult) -> float:
    """Return what the solver has proven; infinite if there is no solution."""
    if found.status == 2:
        return float("inf")
    bound = getattr(found, "mip_dual_bound", None)
    value = float(bound) if bound is not None else float(found.fun or 0.0)
    return max(0.0, value * (1.0 - _SLACK) - 1e-9)
