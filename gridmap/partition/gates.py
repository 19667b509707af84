"""Is a group of cells that a search left short of load hemmed in for good?

Single necks and single pockets do not see that cells around a pocket need its corridors for
themselves. So take a plan, the cells it leaves short and two rings of cells around them. The
minimum vertex cuts between the short cells and the far rest, one behind the other, are *gates*:
units that go to one cell each. What is left between gates and centres are blocks, which may be
shared in any proportion; the load of a cell flows from its centre through gates of its own. All
other cells are left out, and take what nobody wants: each step relaxes, so that the dual bound of
the mixed-integer program on the worst deviation of the cells looked at holds for every plan.
Nodes are limited, never the clock.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from gridmap.partition.mixed_program import MixedProgram, dual_bound
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem

#: Wider cuts are no gates.
WIDEST = 5
#: Larger groups of short cells are not looked at together.
MOST_SHORT = 4
MOST_CELLS = 14
NODE_LIMIT = 400
#: What the solver says of a program without a plan.
INFEASIBLE = 2
#: Relative gap of the program: the bound proven may be so much smaller than the relaxation's.
GAP = 0.3
#: Deviations beyond the tolerance that the program tells apart.
MOST_BEYOND = 0.16


@dataclass(frozen=True)
class Hemmed:
    """Cells looked at together, and what is proven about them.

    Attributes
    ----------
    short
        The cells that the plan leaves short.
    bound
        No plan has a worst deviation below it; 0 where nothing is proven.
    gates
        Units taken as gates, ascending.
    """

    short: tuple[int, ...]
    bound: float
    gates: tuple[int, ...]


def hemmed_groups(
    problem: PartitionProblem, tolerance: float, label: Ints, short: tuple[int, ...]
) -> tuple[Hemmed, ...]:
    """Return what is proven about each group of neighbouring short cells.

    Parameters
    ----------
    problem
        Graph, centres and first workload.
    tolerance
        Allowed deviation as a share.
    label
        A plan in one piece; it only says where to look. Shape (n_units,).
    short
        Cells below the tolerance in it.
    """
    beside = np.zeros((problem.n_cells, problem.n_cells), dtype=np.bool_)
    beside[label[problem.arc_from], label[problem.indices]] = True
    found = []
    left = set(short)
    while left:
        group = [min(left)]
        for cell in group:
            group += [one for one in sorted(left - set(group)) if beside[cell, one]]
        left -= set(group)
        if len(group) <= MOST_SHORT:
            found.append(_hemmed(problem, tolerance, label, sorted(group), beside))
    return tuple(found)


def _hemmed(
    problem: PartitionProblem, tolerance: float, label: Ints, group: list[int], beside: Bools
) -> Hemmed:
    rings = [set(group)]
    for _ in range(3):
        rings.append(
            rings[-1] | set(np.flatnonzero(beside[sorted(rings[-1])].any(axis=0)).tolist())
        )
    cells = next((ring for ring in reversed(rings[:3]) if len(ring) <= MOST_CELLS), rings[0])
    far = ~np.isin(label, sorted(rings[3]))
    gates: set[int] = set()
    for size in range(1, len(group) + 1):
        for some in combinations(group, size):
            gates |= _cuts(problem, problem.centre_unit[list(some)], far)
    program = _Program(problem, tolerance, sorted(cells), sorted(gates))
    beyond = program.least_beyond()
    bound = tolerance + beyond if beyond > 1e-6 else 0.0
    return Hemmed(tuple(group), bound, tuple(sorted(gates)))


def _cuts(problem: PartitionProblem, start: Ints, far: Bools) -> set[int]:
    """Return the units of all minimum cuts between centres and the far rest, one after another."""
    chosen = np.zeros(problem.n_units, dtype=np.bool_)
    chosen[start] = True
    closed = np.zeros_like(chosen)
    closed[problem.centre_unit] = True
    closed &= ~chosen
    end = far & ~closed
    gates: set[int] = set()
    while end.any() and not (chosen & end).any():
        found = _cut(problem, chosen, end, closed)
        if found is None or not 0 < len(found[1]) <= WIDEST:
            break
        chosen = found[0]
        chosen[found[1]] = True
        gates |= set(found[1].tolist())
    return gates


def _cut(
    problem: PartitionProblem, start: Bools, end: Bools, closed: Bools
) -> tuple[Bools, Ints] | None:
    """Return the units before the nearest minimum vertex cut, and the cut, if there is one."""
    n = problem.n_units
    usable = ~closed[problem.arc_from] & ~closed[problem.indices]
    one, other = problem.arc_from[usable], problem.indices[usable]
    unit, first, last = np.arange(n), np.flatnonzero(start), np.flatnonzero(end)
    source, sink, much = 2 * n, 2 * n + 1, 4 * n
    tail = np.concatenate([one + n, unit, np.full(len(first), source), last + n])
    head = np.concatenate([other, unit + n, first, np.full(len(last), sink)])
    room = np.full(len(tail), much, dtype=np.int32)
    room[len(one) : len(one) + n] = np.where(start | end, much, 1)
    graph = csr_array((room, (tail, head)), shape=(2 * n + 2, 2 * n + 2))
    found = maximum_flow(graph, source, sink, method="dinic")
    if found.flow_value >= much:
        return None
    rest = csr_array(graph - found.flow)
    rest.data[rest.data < 0] = 0
    rest.eliminate_zeros()
    seen = np.zeros(2 * n + 2, dtype=np.bool_)
    seen[breadth_first_order(rest, source, return_predecessors=False)] = True
    return seen[n : 2 * n].copy(), np.flatnonzero(seen[:n] & ~seen[n : 2 * n])


class _Program:
    """The program over some cells; loads in mean loads. Its first variable is the deviation."""

    def __init__(
        self, problem: PartitionProblem, tolerance: float, cells: list[int], gates: list[int]
    ) -> None:
        self.problem, self.tolerance, self.cells = problem, tolerance, cells
        self.weight = problem.weights[:, 0] / float(problem.target[0])
        self._contract(gates)
        self.program = MixedProgram()
        self.beyond = self.program.variable(MOST_BEYOND)
        taken: dict[int, list[tuple[int, float]]] = {}
        for cell in cells:
            self._cell(cell, taken)
        for node, terms in sorted(taken.items()):
            self.program.row(terms, -np.inf, 1.0 if node >= self.n_blocks else self.mass[node])

    def least_beyond(self) -> float:
        """Return a proven lower bound of the worst deviation beyond the tolerance."""
        cost = np.zeros(self.program.n_variables)
        cost[self.beyond] = 1.0
        found = self.program.minimise(cost, node_limit=NODE_LIMIT, gap=GAP)
        return MOST_BEYOND if found.status == INFEASIBLE else max(dual_bound(found), 0.0)

    def _contract(self, gates: list[int]) -> None:
        """Number the blocks, then the gates, and join them."""
        problem, n = self.problem, self.problem.n_units
        free = np.ones(n, dtype=np.bool_)
        free[problem.centre_unit] = False
        free[gates] = False
        both = free[problem.arc_from] & free[problem.indices]
        ends = (problem.arc_from[both], problem.indices[both])
        graph = csr_array((np.ones(len(ends[0])), ends), shape=(n, n))
        part = connected_components(graph, directed=False)[1]
        listed = np.unique(part[free])
        self.node = np.full(n, -1, dtype=np.int64)
        self.node[free] = np.searchsorted(listed, part[free])
        self.n_blocks = len(listed)
        self.node[gates] = self.n_blocks + np.arange(len(gates))
        inside = self.node >= 0
        size = self.n_blocks + len(gates)
        self.mass: Floats = np.zeros(size)
        np.add.at(self.mass, self.node[inside], self.weight[inside])
        one, other = self.node[problem.arc_from], self.node[problem.indices]
        apart = (one >= 0) & (other >= 0) & (one != other)
        pairs = np.unique(np.stack([one[apart], other[apart]], axis=1), axis=0)
        self.joined: list[list[int]] = [[] for _ in range(size)]
        for start, end in pairs.tolist():
            self.joined[start].append(end)

    def _cell(self, cell: int, taken: dict[int, list[tuple[int, float]]]) -> None:
        """Let load flow from the centre to what the cell takes, through gates of its own."""
        own = float(self.weight[self.problem.centre_unit[cell]])
        room = max(1.0 + self.tolerance + MOST_BEYOND - own, 0.0)
        nearest = self._beside_centre(cell)
        reached = self._reached(nearest, room)
        into: dict[int, list[tuple[int, float]]] = {node: [] for node in reached}
        through: dict[int, list[tuple[int, float]]] = {node: [] for node in reached}
        for node in reached:
            if node in nearest:
                into[node].append((self.program.variable(room), 1.0))
            for other in self.joined[node]:
                if other in into:
                    flow = self.program.variable(room)
                    through[node].append((flow, -1.0))
                    into[other].append((flow, 1.0))
        load: list[tuple[int, float]] = []
        for node in reached:
            gate = node >= self.n_blocks
            size = float(self.mass[node])
            amount = size if gate else 1.0
            column = self.program.variable(1.0 if gate else min(size, room), integral=gate)
            self.program.row([*into[node], *through[node], (column, -amount)], 0.0, 0.0)
            if gate:
                self.program.row([*into[node], (column, -room)], -np.inf, 0.0)
            load.append((column, amount))
            taken.setdefault(node, []).append((column, 1.0))
        self.program.row([*load, (self.beyond, 1.0)], 1.0 - self.tolerance - own, np.inf)
        self.program.row([*load, (self.beyond, -1.0)], -np.inf, 1.0 + self.tolerance - own)

    def _beside_centre(self, cell: int) -> set[int]:
        centre = self.problem.centre_unit[cell]
        around = self.problem.indices[self.problem.indptr[centre] : self.problem.indptr[centre + 1]]
        return set(self.node[around].tolist()) - {-1}

    def _reached(self, nearest: set[int], room: float) -> list[int]:
        """Return the nodes within reach: the gates on the way must fit into the load."""
        cost = np.where(np.arange(len(self.mass)) >= self.n_blocks, self.mass, 0.0)
        away = {node: float(cost[node]) for node in sorted(nearest)}
        heap = [(far, node) for node, far in away.items()]
        heapq.heapify(heap)
        while heap:
            far, node = heapq.heappop(heap)
            if far > away[node]:
                continue
            for other in self.joined[node]:
                further = far + float(cost[other])
                if further < away.get(other, np.inf):
                    away[other] = further
                    heapq.heappush(heap, (further, other))
        return sorted(node for node, far in away.items() if far <= room)
