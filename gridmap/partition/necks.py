"""Pockets behind necks of any width, found by minimum cuts.

Let P be a set of units with q centres in it and C the units around it, centres' units aside:
nobody else passes those. A cell of P that leaves P owns a unit of C, so at most |C| cells leave
and the q - |C| others share at most the load of P. If each shall have at least L,

    (q - |C|) L  <=  w(P).

Likewise whoever owns something in P has his centre in P or owns a unit around it, centres' units
included now, so with D = all units around P and at most H each

    w(P) + w(D)  <=  (q + |D|) H.

The set that breaks either rule most is a closure of greatest profit, hence a minimum cut in a
graph with two nodes a unit: "in P or around it" and "in P". Its bound on the worst deviation is
raised by Newton's (Dinkelbach's) steps on L or H, and is evaluated on the set itself, so that it
holds whatever the rounding of the cut. Each unit counts as divisible: a relaxation.

References
----------
Picard, J.-C. (1976). Maximal closure of a graph and applications to combinatorial problems.
Management Science 22.
Dinkelbach, W. (1967). On nonlinear fractional programming. Management Science 13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem

#: Whole numbers of the cut stay below it in sum.
LARGEST = 1_000_000_000
NEWTON_STEPS = 8
EPSILON = 1e-6


@dataclass(frozen=True)
class Neck:
    """A pocket and what it proves.

    Attributes
    ----------
    units
        The pocket, ascending.
    cells
        Cells with their centres in it.
    cut
        Units around it through which cells leave or enter.
    load_share
        Mean loads, on average, of the cells that cannot leave at most, or of all that can enter
        at least.
    staying
        Number of cells that cannot leave; 0 where the pocket has too much.
    """

    units: tuple[int, ...]
    cells: tuple[int, ...]
    cut: tuple[int, ...]
    load_share: float
    staying: int

    @property
    def bound(self) -> float:
        """Least worst deviation it proves, as a share."""
        return abs(self.load_share - 1.0)


def narrow_pockets(problem: PartitionProblem, tolerance: float) -> tuple[Neck, ...]:
    """Return pockets that break the tolerance, the worst first.

    The first workload counts.

    Parameters
    ----------
    problem
        Graph, centres and first workload.
    tolerance
        Allowed deviation as a share.
    """
    mean = float(problem.target[0])
    if mean <= 0.0 or problem.n_cells == 1:
        return ()
    cutter = _Cutter(problem)
    found: dict[tuple[tuple[int, ...], int], Neck] = {}
    # Whoever leaves takes his own unit along; which one he is, only `_neck` can say. So the cut
    # looks once as if nobody did and once as if all did.
    for scarce, bare in ((True, False), (True, True), (False, False)):
        wide = tolerance
        for _ in range(NEWTON_STEPS):
            fresh = [
                one
                for one in cutter.pockets(wide, scarce=scarce, bare=bare)
                if one.bound > wide + EPSILON
            ]
            if not fresh:
                break
            for one in fresh:
                found[one.units, one.staying] = one
            wide = max(one.bound for one in fresh)
    return tuple(sorted(found.values(), key=lambda one: (-one.bound, one.units)))


class _Cutter:
    """The closure graph; loads in mean loads."""

    def __init__(self, problem: PartitionProblem) -> None:
        self.problem = problem
        self.weight = problem.weights[:, 0] / float(problem.target[0])
        self.cell = np.full(problem.n_units, -1, dtype=np.int64)
        self.cell[problem.centre_unit] = np.arange(problem.n_cells)
        self.centre = self.cell >= 0

    def pockets(self, tolerance: float, *, scarce: bool, bare: bool) -> list[Neck]:
        """Return the parts of the set that breaks the rule most at this tolerance.

        `bare` leaves the centres' own units out of what a scarce pocket has.
        """
        limit = max(1.0 - tolerance, 0.0) if scarce else 1.0 + tolerance
        if scarce:
            around = np.where(self.centre, 0.0, -limit)
            inside = limit - np.where(self.centre & bare, 0.0, self.weight)
        else:
            around = self.weight - limit
            inside = np.where(self.centre, 0.0, limit)
        chosen = self._closure(around, inside)
        touched = chosen | self._beside(chosen)
        number = self._parts(touched if not scarce else touched & ~(self.centre & ~chosen))
        necks = []
        for part in np.unique(number[chosen]):
            neck = self._neck(chosen & (number == part), scarce=scarce)
            if neck is not None:
                necks.append(neck)
        return necks

    def _neck(self, units: Bools, *, scarce: bool) -> Neck | None:
        around = self._beside(units) & ~units
        cells = np.sort(self.cell[units & self.centre])
        if scarce:
            cut = np.flatnonzero(around & ~self.centre)
            if len(cells) <= len(cut):
                return None
            # Whoever leaves keeps his own unit; fewer may leave than could.
            own = np.sort(self.weight[units & self.centre])
            leaving = np.arange(len(cut) + 1)
            left = (
                float(self.weight[units].sum()) - np.concatenate([[0.0], np.cumsum(own)])[leaving]
            )
            share = float((left / (len(cells) - leaving)).max())
            staying = len(cells) - len(cut)
        else:
            cut = np.flatnonzero(around)
            share = float(self.weight[units | around].sum()) / max(len(cells) + len(cut), 1)
            staying = 0
        if scarce == (share >= 1.0):
            return None
        return Neck(
            tuple(np.flatnonzero(units).tolist()),
            tuple(cells.tolist()),
            tuple(cut.tolist()),
            share,
            staying,
        )

    def _closure(self, around: Floats, inside: Floats) -> Bools:
        """Return the units in P of greatest profit; P also pays for the units around it."""
        problem, n = self.problem, self.problem.n_units
        profit = np.concatenate([around, inside])
        scale = LARGEST / max(float(np.abs(profit).sum()), 1e-300)
        whole = np.rint(profit * scale).astype(np.int64)
        source, sink = 2 * n, 2 * n + 1
        gain, loss = np.flatnonzero(whole > 0), np.flatnonzero(whole < 0)
        unit = np.arange(n)
        start = np.concatenate([np.full(len(gain), source), loss, n + unit, n + problem.arc_from])
        end = np.concatenate([gain, np.full(len(loss), sink), unit, problem.indices])
        room = np.concatenate(
            [whole[gain], -whole[loss], np.full(n + len(problem.indices), LARGEST)]
        )
        size = (2 * n + 2, 2 * n + 2)
        graph = csr_array((room.astype(np.int32), (start, end)), shape=size)
        flow = maximum_flow(graph, source, sink, method="dinic").flow
        rest = csr_array(graph - flow)
        rest.data[rest.data < 0] = 0
        rest.eliminate_zeros()
        seen = breadth_first_order(rest, source, directed=True, return_predecessors=False)
        found = np.zeros(2 * n + 2, dtype=np.bool_)
        found[seen] = True
        return found[n : 2 * n]

    def _beside(self, units: Bools) -> Bools:
        found = np.zeros_like(units)
        found[self.problem.indices[units[self.problem.arc_from]]] = True
        return found

    def _parts(self, units: Bools) -> Ints:
        both = units[self.problem.arc_from] & units[self.problem.indices]
        ends = (self.problem.arc_from[both], self.problem.indices[both])
        size = (len(units), len(units))
        graph = csr_array((np.ones(len(ends[0])), ends), shape=size)
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
