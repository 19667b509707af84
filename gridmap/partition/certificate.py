"""Balance that cannot be reached, with the proof.

Every plan gives each block (see `gridmap.partition.blocks`) to cells that get there from their
centres, and each neck to exactly one cell. The least worst deviation over all such sharings, by
mixed-integer programming, is a lower bound on the worst deviation of every plan in one piece;
what counts as proven is the *dual* bound of the solver, which holds even if it stops early.
It stops after a number of nodes, never by the clock. Simple bounds stand beside it: a unit too
heavy for any cell, and a part of the graph whose load does not fit its centres. Necks of two and
more units are the matter of `gridmap.partition.necks`; the greater bound counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

from gridmap.partition.blocks import Block, block_forest, mean_load
from gridmap.partition.gates import hemmed_groups
from gridmap.partition.necks import Neck, narrow_pockets
from gridmap.partition.problem import Floats, Ints, PartitionProblem

#: Above so many yes-or-no decisions necks are left to the minimum cuts: it would take too long.
MOST_DECISIONS = 1_500
NODE_LIMIT = 400
#: Room around a pocket's load in the relaxation, in mean loads, since real units are coarse.
POCKET_ROOM = 0.03
EPSILON = 1e-6


@dataclass(frozen=True)
class Pocket:
    """A cell that cannot come within the tolerance.

    Attributes
    ----------
    cell
        The cell.
    load_share
        Load, in mean loads, that it may hope for. One cheapest explanation of the bound; there
        may be others.
    necks
        Units that stand between the cell and its fair load.
    units
        The units it is hemmed in by the necks with, where known.
    rivals
        Cells with their centres among these units, of which this one is the farthest from the
        neck; any of them might stay inside instead.
    """

    cell: int
    load_share: float
    necks: tuple[int, ...]
    units: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """What is proven about the balance.

    Attributes
    ----------
    bound
        No plan has a worst deviation below it; 0 where nothing beyond the tolerance is proven.
    pockets
        The cells that cannot be helped.
    """

    bound: float
    pockets: tuple[Pocket, ...] = ()


def certify(
    problem: PartitionProblem, tolerance: float, *, node_limit: int = NODE_LIMIT
) -> Certificate:
    """Prove, if possible, that no plan keeps the first workload within the tolerance.

    Parameters
    ----------
    problem
        Graph, centres and first workload; travel only decides which of several cells is named.
    tolerance
        Allowed deviation as a share.
    node_limit
        Nodes of the branch-and-bound tree.
    """
    if problem.n_cells == 1 or problem.target[0] == 0.0:
        return Certificate(0.0)
    blocks = block_forest(problem)
    model = _Sharing(problem, blocks, tolerance)
    if model.n_decisions > MOST_DECISIONS:
        blocks = block_forest(problem, necks=False)
        model = _Sharing(problem, blocks, tolerance)
    least = model.least_worst(node_limit)
    proven = max(_dual_bound(least), 0.0)
    wide = [one for one in narrow_pockets(problem, tolerance) if one.bound > tolerance + EPSILON]
    bound = max(
        [
            simple_bound(problem),
            tolerance + proven if proven > EPSILON else 0.0,
            *(one.bound for one in wide),
        ]
    )
    if bound <= tolerance + EPSILON:
        return Certificate(0.0)
    named: tuple[Pocket, ...] = ()
    if proven > EPSILON:
        named = model.pockets(proven if least.x is None else float(least.x[0]), node_limit)
    return Certificate(bound, _with_wide(problem, tolerance, named, wide))


def certify_after(
    problem: PartitionProblem, tolerance: float, known: Certificate, label: Ints
) -> Certificate:
    """Look closer at the cells that a search left short, and add what is proven about them.

    Parameters
    ----------
    problem, tolerance
        As certified before.
    known
        What was proven before the search.
    label
        The plan the search ended with. Shape (n_units,).
    """
    mean = mean_load(problem)
    load = np.bincount(label, weights=problem.weights[:, 0], minlength=problem.n_cells) / mean
    named = {one.cell: one for one in known.pockets}
    short = np.flatnonzero(load < 1.0 - tolerance - EPSILON).tolist()
    bound = known.bound
    for group in hemmed_groups(
        problem, tolerance, label, tuple(one for one in short if one not in named)
    ):
        if group.bound <= tolerance + EPSILON:
            continue
        bound = max(bound, group.bound)
        for cell in group.short:
            named[cell] = Pocket(cell, 1.0 - group.bound, group.gates, rivals=group.short)
    return Certificate(bound, tuple(named[cell] for cell in sorted(named)))


def certify_each(
    problem: PartitionProblem, tolerances: Sequence[float], *, node_limit: int = NODE_LIMIT
) -> tuple[Certificate, ...]:
    """Return a certificate for each workload by itself.

    Parameters
    ----------
    problem
        Graph, centres and workloads.
    tolerances
        Allowed deviation of each workload; infinite for one that is not held.
    node_limit
        See `certify`.
    """
    found = []
    for column, tolerance in enumerate(tolerances):
        if not np.isfinite(tolerance):
            found.append(Certificate(0.0))
            continue
        alone = replace(problem, weights=problem.weights[:, [column]])
        found.append(certify(alone, tolerance, node_limit=node_limit))
    return tuple(found)


def _with_wide(
    problem: PartitionProblem,
    tolerance: float,
    named: tuple[Pocket, ...],
    wide: Sequence[Neck],
) -> tuple[Pocket, ...]:
    """Add the pockets of necks, inner before outer, and what is known of those named already.

    Whoever stays in an inner pocket also stays in the outer one and takes his share of it.
    """
    found = {one.cell: one for one in named}
    for neck in sorted(wide, key=lambda one: (len(one.units), one.units)):
        rivals = neck.cells
        if neck.staying == 0:
            # Also whoever has his centre in the neck has to share the burden.
            around = problem.fixed[list(neck.cut)]
            rivals = tuple(sorted({*neck.cells, *(int(one) for one in around if one >= 0)}))
        known = [cell for cell in rivals if cell in found]
        for cell in known:
            if not found[cell].rivals:
                found[cell] = replace(found[cell], units=neck.units, rivals=rivals)
        left = (neck.staying or len(rivals)) - len(known)
        if left <= 0 or (neck.staying == 0 and known):
            continue
        taken = sum(found[cell].load_share for cell in known)
        share = neck.load_share
        if neck.staying:
            share = max(neck.staying * share - taken, 0.0) / left
        if abs(share - 1.0) <= tolerance:
            continue
        inner = [cell for cell in _from_neck(problem, neck, rivals) if cell not in found]
        for cell in inner[-left:]:
            found[cell] = Pocket(cell, share, neck.cut, neck.units, rivals)
    return tuple(found[cell] for cell in sorted(found))


def _from_neck(problem: PartitionProblem, neck: Neck, cells: Sequence[int]) -> list[int]:
    """Return the cells by the steps from the neck to their centres, inside the pocket."""
    steps = dict.fromkeys(neck.cut, 0)
    inside = set(neck.units)
    order = list(neck.cut)
    for unit in order:
        for other in problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]].tolist():
            if other in inside and other not in steps:
                steps[other] = steps[unit] + 1
                order.append(other)
    far = problem.n_units
    return sorted(cells, key=lambda cell: (steps.get(int(problem.centre_unit[cell]), far), cell))


def simple_bound(problem: PartitionProblem) -> float:
    """Return the bound that follows from the heaviest unit and from the parts of the graph."""
    mean = mean_load(problem)
    weight = problem.weights[:, 0]
    bound = max(0.0, float(weight.max()) / mean - 1.0)
    held = problem.fixed >= 0
    own = np.bincount(problem.fixed[held], weights=weight[held], minlength=problem.n_cells)
    bound = max(bound, float(own.max()) / mean - 1.0)
    of_centre = problem.component[problem.centre_unit]
    for part in np.unique(of_centre):
        cells = int((of_centre == part).sum())
        load = float(weight[problem.component == part].sum())
        bound = max(bound, abs(load / (cells * mean) - 1.0))
    return bound


def bands(
    problem: PartitionProblem, tolerance: float, certificate: Certificate
) -> tuple[Floats, Floats]:
    """Return the band of each cell's first workload, widened for proven pockets only.

    Shapes (n_cells,).
    """
    mean = float(problem.target[0])
    low = np.full(problem.n_cells, mean * (1.0 - tolerance))
    high = np.full(problem.n_cells, mean * (1.0 + tolerance))
    for pocket in certificate.pockets:
        low[pocket.cell] = min(low[pocket.cell], mean * (pocket.load_share - POCKET_ROOM))
        high[pocket.cell] = max(high[pocket.cell], mean * (pocket.load_share + POCKET_ROOM))
    return np.maximum(low, 0.0), high


def _dual_bound(found: OptimizeResult) -> float:
    dual = getattr(found, "mip_dual_bound", None)
    if dual is not None and np.isfinite(dual):
        return float(dual)
    # Without yes-or-no decisions the solver is a plain linear one and its optimum is exact.
    return float(found.fun) if found.status == 0 else 0.0


class _Sharing:
    """The mixed-integer program: how blocks are shared among cells. Loads in mean loads.

    Variables: the worst deviation beyond the tolerance; that of each cell; for each block and
    cell that can get there the mass it takes, whether it is present (by a yes or no), and the
    flow that links it to its centre.
    """

    def __init__(self, problem: PartitionProblem, blocks: list[Block], tolerance: float) -> None:
        self.problem, self.blocks, self.tolerance = problem, blocks, tolerance
        self.mean = mean_load(problem)
        self.upper: list[float] = [np.inf] * (problem.n_cells + 1)
        self.integral: list[int] = [0] * (problem.n_cells + 1)
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []
        self.least: list[float] = []
        self.most: list[float] = []
        size: dict[int, int] = {}
        reach: dict[int, set[int]] = {}
        for block in blocks:
            size[block.group] = size.get(block.group, 0) + 1
            reach.setdefault(block.group, set()).update(block.touching)
        self.mass: dict[tuple[int, int], int] = {}
        self.present: dict[tuple[int, int], int] = {}
        for place, block in enumerate(blocks):
            cells = sorted(reach[block.group])
            if cells:
                self._share_out(place, cells, alone=size[block.group] == 1)
        for group, cells_there in sorted(reach.items()):
            if size[group] > 1:
                places = [place for place, block in enumerate(blocks) if block.group == group]
                for cell in sorted(cells_there):
                    self._link(places, cell)
        self._weigh()

    @property
    def n_decisions(self) -> int:
        """Number of yes-or-no decisions."""
        return sum(self.integral)

    def least_worst(self, node_limit: int) -> OptimizeResult:
        """Minimise the worst deviation beyond the tolerance."""
        cost = np.zeros(len(self.upper))
        cost[0] = 1.0
        return self._solve(cost, np.inf, node_limit)

    def pockets(self, worst: float, node_limit: int) -> tuple[Pocket, ...]:
        """Name the cells of the cheapest explanation at the best worst deviation."""
        n_cells = self.problem.n_cells
        cost = np.zeros(len(self.upper))
        cost[1 : n_cells + 1] = 1.0
        nearest = self.problem.travel_s.argmin(axis=1)
        for (place, cell), column in self.present.items():
            block = self.blocks[place]
            if block.whole and nearest[block.units[0]] != cell:
                cost[column] = 1e-4
        found = self._solve(cost, worst * 1.0005 + EPSILON, node_limit)
        if found.x is None:
            return ()
        beyond = np.flatnonzero(found.x[1 : n_cells + 1] > 1e-4).tolist()
        load = self._loads(found.x)
        return tuple(Pocket(cell, float(load[cell]), self._necks(cell, found.x)) for cell in beyond)

    def _share_out(self, place: int, cells: list[int], *, alone: bool) -> None:
        """A block's mass is shared among cells that are present, a whole one goes to one."""
        block = self.blocks[place]
        mass = block.mass / self.mean
        if not alone or block.whole:
            for cell in cells:
                self.present[place, cell] = self._variable(1.0, integral=True)
        if block.whole:
            self._row([(self.present[place, cell], 1.0) for cell in cells], 1.0, 1.0)
            return
        for cell in cells:
            self.mass[place, cell] = self._variable(mass)
            if not alone:
                self._row(
                    [(self.mass[place, cell], 1.0), (self.present[place, cell], -mass)],
                    -np.inf,
                    0.0,
                )
        self._row([(self.mass[place, cell], 1.0) for cell in cells], mass, mass)

    def _link(self, places: list[int], cell: int) -> None:
        """Where a cell is present a unit of flow from its centre ends, along its own blocks."""
        most = float(len(places))
        terms: dict[int, list[tuple[int, float]]] = {
            place: [(self.present[place, cell], -1.0)] for place in places
        }
        for place in places:
            if cell in self.blocks[place].touching:
                enter = self._variable(most)
                terms[place].append((enter, 1.0))
                self._row([(enter, 1.0), (self.present[place, cell], -most)], -np.inf, 0.0)
            for other in sorted(self.blocks[place].joined):
                flow = self._variable(most)
                terms[place].append((flow, -1.0))
                terms[other].append((flow, 1.0))
                for end in (place, other):
                    self._row([(flow, 1.0), (self.present[end, cell], -most)], -np.inf, 0.0)
        for place in places:
            self._row(terms[place], 0.0, 0.0)

    def _weigh(self) -> None:
        """Tie loads to deviations."""
        own = self.problem.weights[self.problem.centre_unit, 0] / self.mean
        for cell in range(self.problem.n_cells):
            terms = self._load_terms(cell)
            beyond = cell + 1
            high = 1.0 + self.tolerance - float(own[cell])
            low = 1.0 - self.tolerance - float(own[cell])
            self._row([*terms, (beyond, -1.0)], -np.inf, high)
            self._row([*terms, (beyond, 1.0)], low, np.inf)
            self._row([(beyond, 1.0), (0, -1.0)], -np.inf, 0.0)

    def _load_terms(self, cell: int) -> list[tuple[int, float]]:
        terms = [(column, 1.0) for (_, one), column in self.mass.items() if one == cell]
        terms += [
            (column, self.blocks[place].mass / self.mean)
            for (place, one), column in self.present.items()
            if one == cell and self.blocks[place].whole
        ]
        return terms

    def _loads(self, values: Floats) -> Floats:
        load = self.problem.weights[self.problem.centre_unit, 0] / self.mean
        for cell in range(self.problem.n_cells):
            load[cell] += sum(factor * values[column] for column, factor in self._load_terms(cell))
        return np.asarray(load)

    def _necks(self, cell: int, values: Floats) -> tuple[int, ...]:
        """Return the necks beside the blocks a cell borders on, and heavy units it takes."""
        sizes = [len(block.units) for block in self.blocks]
        largest = sizes.index(max(sizes)) if sizes else -1
        found = set()
        for place, block in enumerate(self.blocks):
            if block.whole:
                taken = values[self.present[place, cell]] if (place, cell) in self.present else 0
                heavy = block.mass > self.mean * (1.0 + self.tolerance)
                if cell in block.touching or (heavy and taken > 0.5):
                    found.add(block.units[0])
            elif cell in block.touching and place != largest:
                found |= {
                    self.blocks[other].units[0]
                    for other in block.joined
                    if self.blocks[other].whole
                }
        return tuple(sorted(found))

    def _variable(self, upper: float, *, integral: bool = False) -> int:
        self.upper.append(upper)
        self.integral.append(int(integral))
        return len(self.upper) - 1

    def _row(self, terms: list[tuple[int, float]], least: float, most: float) -> None:
        for column, value in terms:
            self.rows.append(len(self.least))
            self.columns.append(column)
            self.values.append(value)
        self.least.append(least)
        self.most.append(most)

    def _solve(self, cost: Floats, worst: float, node_limit: int) -> OptimizeResult:
        upper = np.array(self.upper)
        upper[0] = worst
        matrix = csr_array(
            (self.values, (self.rows, self.columns)), shape=(len(self.least), len(upper))
        )
        return milp(
            cost,
            constraints=LinearConstraint(matrix, np.array(self.least), np.array(self.most)),
            integrality=np.array(self.integral),
            bounds=Bounds(np.zeros(len(upper)), upper),
            options={"node_limit": node_limit, "mip_rel_gap": 1e-3},
        )
