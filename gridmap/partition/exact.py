"""Small partitions to proven optimality, and the judge of the heuristic.

The plan with the least travel, every workload of every cell in its band and every cell in one
piece, as a program with a yes or no for each pair of unit and cell:

1. The linear relaxation without contiguity gives prices of all workloads, hence a Lagrangian
   bound g and a reduced cost r of each pair: a plan that uses the pair travels at least g + r.
2. Only pairs with r within a *margin* are kept. The margin starts narrow and is widened until
   the best plan found is no dearer than g + margin, which proves that no pair left out could
   help. A first plan caps the margin.
3. The program is solved in rounds. Where a component K of cell j strays from its centre, cuts
   are added for its units u: x[u, j] <= Σ x[v, j] over a minimal separator v between K and the
   centre, in the graph of the pairs kept. First rounds are linear: there K is a component of
   what a cell has any part of, or a unit it has more of than of all the unit's neighbours. Their
   prices, cuts included, drop further pairs.

Nodes are limited, never the clock; `stop` is asked between rounds.

References
----------
Fischetti, M., Leitner, M., Ljubić, I. et al. (2017). Thinning out Steiner trees: a node-based
model for uniform edge costs. Mathematical Programming Computation 9.
Oehrlein, J., Haunert, J.-H. (2017). A cutting-plane method for contiguity-constrained spatial
aggregation. Journal of Spatial Information Science 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

from gridmap.partition.objective import broken_cells, cost_unit, loads, pieces, travel_cost
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem
from gridmap.partition.regrow import assign_and_regrow, regrow
from gridmap.partition.relaxation import (
    INFEASIBLE,
    Pairs,
    reach,
    reachable_pairs,
    separator,
)
from gridmap.progress import Stop

Status = Literal["optimal", "stopped", "infeasible"]

REL_GAP = 1e-4
NODE_LIMIT = 200_000
#: Margins beyond the bound, as shares of it, tried in turn before all pairs are let in.
MARGINS = (0.0003, 0.0012, 0.005, 0.02, 0.08)
#: Loads may leave their band by this share of a mean load, the solver's own accuracy.
ACCURACY = 1e-6
#: Linear programs solved for cuts before the first tree of a margin.
LINEAR_ROUNDS = 20
#: How far a fractional plan must break a cut for it to be added.
BROKEN = 0.05
#: Gap of the trees while their plans still stray, if one far smaller is asked for.
LOOSE_GAP = 4e-3
#: With so few pairs beyond one a unit, cuts for units alone are all made at once.
FEW_PAIRS = 2000


@dataclass(frozen=True, eq=False)
class Exact:
    """What is known of the optimum.

    Attributes
    ----------
    label
        Cell of each unit in the best plan, or None where none was found. Shape (n_units,).
    cost
        Travel of that plan in workload · seconds; infinite without one.
    bound
        No plan in the bands and in one piece each travels less; infinite if there is no plan.
    rounds
        Programs solved.
    nodes
        Nodes of all their trees.
    status
        `optimal` within the relative gap asked for, `infeasible` proven, or `stopped` before.
    """

    label: Ints | None
    cost: float
    bound: float
    rounds: int
    nodes: int
    status: Status

    @property
    def gap(self) -> float:
        """Share by which the plan may exceed the optimum; infinite without a plan."""
        if self.label is None:
            return float("inf")
        return max(self.cost - self.bound, 0.0) / max(self.bound, 1e-300) if self.cost else 0.0


def solve_exact(
    problem: PartitionProblem,
    low: Floats,
    high: Floats,
    *,
    first: Ints | None = None,
    rel_gap: float = REL_GAP,
    node_limit: int = NODE_LIMIT,
    stop: Stop | None = None,
) -> Exact:
    """Return the plan with the least travel and the bound that proves it.

    Parameters
    ----------
    problem
        Graph, workloads, fixed units and travel; an infinite travel time forbids a pair.
    low, high
        Band of each workload of each cell; infinite where there is none.
        Shape (n_cells, n_workloads).
    first
        A plan known already, the better the quicker; ignored if it breaks a rule.
        Shape (n_units,).
    rel_gap
        Relative gap at which a plan counts as optimal.
    node_limit
        Nodes of all branch-and-bound trees together.
    stop
        Asked between rounds, with the travel of the best plan so far.

    Raises
    ------
    ValueError
        If the bands have another shape than the workloads or a band is empty.
    """
    shape = (problem.n_cells, problem.weights.shape[1])
    if low.shape != shape or high.shape != shape or not (low <= high).all():
        raise ValueError(f"Expected bands of shape {shape} with low <= high.")
    search = _Search(problem, low, high, rel_gap=rel_gap, node_limit=node_limit, stop=stop)
    return search.run(first)


class _Search:
    """Margins, rounds, cuts. Costs in mean cells' travel."""

    def __init__(
        self,
        problem: PartitionProblem,
        low: Floats,
        high: Floats,
        *,
        rel_gap: float,
        node_limit: int,
        stop: Stop | None,
    ) -> None:
        self.problem, self.low, self.high = problem, low, high
        self.rel_gap, self.nodes_left, self.stop = rel_gap, node_limit, stop
        self.node_limit = node_limit
        self.scale = cost_unit(problem)
        self.pairs = Pairs(problem, low, high)
        self.label: Ints | None = None
        self.cost = np.inf
        self.bound = self.pairs.bound
        self.rounds = 0
        self.strayed: dict[tuple[int, tuple[int, ...]], None] = {}
        self.over = False

    def run(self, first: Ints | None) -> Exact:
        """Widen the margin until nothing left out can help."""
        if not self.pairs.feasible:
            return self._result("infeasible")
        if first is not None:
            self._offer(first)
        if np.isfinite(self.pairs.bound):
            cost = np.full(self.pairs.may.shape, np.inf)
            cost[self.pairs.unit, self.pairs.cell] = self.pairs.reduced
            self._offer(assign_and_regrow(self.problem, cost))
        widest = float(self.pairs.reduced.max()) if len(self.pairs.reduced) else 0.0
        steps = [share * abs(self.pairs.bound) for share in MARGINS]
        for step in [*steps, np.inf]:
            # A plan shows which pairs can't help; one found here is so good that none else is
            # left out, while a first one from elsewhere may be worse than the next step finds.
            known = self.cost - self.pairs.bound
            margin = known if self.rounds and self.label is not None else min(step, known)
            beyond = self.pairs.bound + margin if margin < widest else np.inf
            self._within(np.flatnonzero(self.pairs.reduced <= margin + 1e-9), beyond)
            if self._closed():
                return self._result("optimal")
            if self.over:
                return self._result("stopped")
            if not np.isfinite(beyond):
                break
        if self.label is None and not np.isfinite(self.bound):
            return self._result("infeasible")
        return self._result("optimal" if self._closed() else "stopped")

    def _closed(self) -> bool:
        known = self.label is not None
        return known and self.cost - self.bound <= self.rel_gap * abs(self.cost)

    def _within(self, kept: Ints, beyond: float) -> None:
        """Solve rounds over the pairs kept; plans with others travel at least `beyond`."""
        kept, may = self._connected(kept)
        for _ in range(LINEAR_ROUNDS):
            priced = self.pairs.relax(kept, self._cuts(kept, may))
            if priced is None:
                self._raise_bound(np.inf, beyond)
                return
            bound, reduced, plan = priced
            self._raise_bound(bound, beyond)
            kept_now = reduced <= self.cost - bound + 1e-9
            fresh = self._stray_parts(kept, may, plan)
            if not kept_now.all():
                kept, may = self._connected(kept[kept_now])
            if not fresh:
                break
        if len(kept) - self.problem.n_units <= FEW_PAIRS:
            self._stray_alone(kept)
        gap = self.rel_gap / 2.0 if self.rel_gap >= LOOSE_GAP / 4.0 else LOOSE_GAP
        while not self._closed():
            if self.nodes_left <= 0 or (self.stop and self.stop(self.cost * self.scale)):
                self.over = True
                return
            found = self._program(kept, may, gap)
            self.rounds += 1
            self.nodes_left -= max(int(found.mip_node_count or 0), 1)
            self._raise_bound(_dual_bound(found), beyond)
            fresh = 0
            if found.x is not None:
                label = np.zeros(self.problem.n_units, dtype=np.int64)
                on = kept[found.x > 0.5]
                label[self.pairs.unit[on]] = self.pairs.cell[on]
                self._offer(label)
                fresh = self._stray(label)
                if fresh:
                    self._offer(regrow(self.problem, label, self._cost_s()))
            if found.status == INFEASIBLE:
                return
            if not fresh:
                if gap <= self.rel_gap / 2.0:
                    return
                gap = self.rel_gap / 2.0

    def _connected(self, kept: Ints) -> tuple[Ints, Bools]:
        """Return the pairs kept that their cell can reach, also as a table."""
        may = np.zeros_like(self.pairs.may)
        may[self.pairs.unit[kept], self.pairs.cell[kept]] = True
        may = reachable_pairs(self.problem, may)
        return kept[may[self.pairs.unit[kept], self.pairs.cell[kept]]], may

    def _raise_bound(self, found: float, beyond: float) -> None:
        self.bound = max(self.bound, min(found, beyond, self.cost))

    def _program(self, kept: Ints, may: Bools, gap: float) -> OptimizeResult:
        once, loaded = self.pairs.shares(kept)
        rules = [
            LinearConstraint(once, 1.0, 1.0),
            LinearConstraint(loaded, self.pairs.low, self.pairs.high),
        ]
        cuts = self._cuts(kept, may)
        if cuts.shape[0]:
            rules.append(LinearConstraint(cuts, 0.0, np.inf))
        return milp(
            self.pairs.cost[kept],
            constraints=rules,
            integrality=np.ones(len(kept), dtype=np.int64),
            bounds=Bounds(0.0, 1.0),
            options={"node_limit": max(self.nodes_left, 1), "mip_rel_gap": gap},
        )

    def _cuts(self, kept: Ints, may: Bools) -> csr_array:
        """Return the rows of all strayed components in the graph of the pairs kept."""
        number = np.full(may.shape, -1, dtype=np.int64)
        number[self.pairs.unit[kept], self.pairs.cell[kept]] = np.arange(len(kept))
        columns: list[int] = []
        values: list[float] = []
        start = [0]
        for cell, component in self.strayed:
            inside = np.array(component)
            wall = separator(self.problem, may[:, cell], inside, cell)
            for place in number[inside, cell]:
                if place >= 0:
                    columns += [int(place), *number[wall, cell].tolist()]
                    values += [-1.0] + [1.0] * len(wall)
                    start.append(len(columns))
        return csr_array((values, columns, start), shape=(len(start) - 1, len(kept)))

    def _stray(self, label: Ints) -> int:
        """Note the components apart from their centres; return how many are new."""
        piece = pieces(self.problem, label)
        apart = np.flatnonzero(piece != piece[self.problem.centre_unit][label])
        known = len(self.strayed)
        for one in np.unique(piece[apart]):
            units = np.flatnonzero(piece == one)
            self.strayed[int(label[units[0]]), tuple(units.tolist())] = None
        return len(self.strayed) - known

    def _stray_alone(self, kept: Ints) -> None:
        """Note every unit that strays when its cell has none of its neighbours."""
        beside = np.zeros_like(self.pairs.may)
        for cell, centre in enumerate(self.problem.centre_unit.tolist()):
            beside[centre, cell] = True
            around = self.problem.indices[self.problem.indptr[centre] :]
            beside[
                around[: self.problem.indptr[centre + 1] - self.problem.indptr[centre]], cell
            ] = True
        for unit, cell in zip(
            self.pairs.unit[kept].tolist(), self.pairs.cell[kept].tolist(), strict=True
        ):
            if not beside[unit, cell]:
                self.strayed[cell, (unit,)] = None

    def _stray_parts(self, kept: Ints, may: Bools, plan: Floats) -> int:
        """Note what a fractional plan has apart from the centres; return how much is new."""
        problem, known = self.problem, len(self.strayed)
        share = np.zeros(may.shape)
        share[self.pairs.unit[kept], self.pairs.cell[kept]] = plan
        around = np.zeros(may.shape)
        np.add.at(around, problem.arc_from, share[problem.indices])
        for cell, centre in enumerate(problem.centre_unit.tolist()):
            beside = problem.indices[problem.indptr[centre] : problem.indptr[centre + 1]]
            lone = share[:, cell] > around[:, cell] + BROKEN
            lone[centre] = lone[beside] = False
            for unit in np.flatnonzero(lone).tolist():
                self.strayed[cell, (unit,)] = None
            held = share[:, cell] > 1e-9
            apart = held & ~reach(problem, held, centre)
            for unit in np.flatnonzero(apart & (share[:, cell] > BROKEN)).tolist():
                if apart[unit]:
                    component = reach(problem, apart, unit)
                    apart &= ~component
                    self.strayed[cell, tuple(np.flatnonzero(component).tolist())] = None
        return len(self.strayed) - known

    def _cost_s(self) -> Floats:
        return np.where(self.pairs.may, self.problem.travel_s, np.inf)

    def _offer(self, label: Ints) -> None:
        """Take the plan if it keeps the rules and travels less."""
        problem = self.problem
        if broken_cells(problem, label) or not self.pairs.may[np.arange(len(label)), label].all():
            return
        load = loads(problem, label)
        room = ACCURACY * problem.target
        if (load > self.high + room).any() or (load < self.low - room).any():
            return
        cost = travel_cost(problem, label) / self.scale
        if cost < self.cost:
            self.label, self.cost = label.copy(), cost

    def _result(self, status: Status) -> Exact:
        bound = min(self.bound, self.cost)
        return Exact(
            self.label,
            self.cost * self.scale,
            bound * self.scale,
            self.rounds,
            self.node_limit - self.nodes_left,
            status,
        )


def _dual_bound(found: OptimizeResult) -> float:
    if found.status == INFEASIBLE:
        return np.inf
    dual = getattr(found, "mip_dual_bound", None)
    return float(dual) if dual is not None and np.isfinite(dual) else -np.inf
