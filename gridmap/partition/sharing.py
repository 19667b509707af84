"""How blocks could be shared among cells: the program behind a certificate."""

from __future__ import annotations

import numpy as np
from scipy.optimize import OptimizeResult

from gridmap.partition.blocks import Block, mean_load
from gridmap.partition.mixed_program import MixedProgram
from gridmap.partition.pocket import Pocket
from gridmap.partition.problem import Floats, PartitionProblem

EPSILON = 1e-6
#: Relative gap between plan and bound that is good enough.
GAP = 1e-3


class Sharing:
    """The mixed-integer program: how blocks are shared among cells. Loads in mean loads.

    Variables: the worst deviation beyond the tolerance; that of each cell; for each block and
    cell that can get there the mass it takes, whether it is present (by a yes or no), and the
    flow that links it to its centre.
    """

    def __init__(self, problem: PartitionProblem, blocks: list[Block], tolerance: float) -> None:
        self.problem, self.blocks, self.tolerance = problem, blocks, tolerance
        self.mean = mean_load(problem)
        self.program = MixedProgram()
        self.worst = self.program.variable(np.inf)
        self.beyond = [self.program.variable(np.inf) for _ in range(problem.n_cells)]
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
        return self.program.n_decisions

    def least_worst(self, node_limit: int) -> OptimizeResult:
        """Minimise the worst deviation beyond the tolerance."""
        cost = np.zeros(self.program.n_variables)
        cost[self.worst] = 1.0
        return self.program.minimise(cost, node_limit=node_limit, gap=GAP)

    def pockets(self, worst: float, node_limit: int) -> tuple[Pocket, ...]:
        """Name the cells of the cheapest explanation at the best worst deviation."""
        cost = np.zeros(self.program.n_variables)
        cost[self.beyond] = 1.0
        nearest = self.problem.travel_s.argmin(axis=1)
        for (place, cell), column in self.present.items():
            block = self.blocks[place]
            if block.whole and nearest[block.units[0]] != cell:
                cost[column] = 1e-4
        self.program.limit(self.worst, worst * 1.0005 + EPSILON)
        found = self.program.minimise(cost, node_limit=node_limit, gap=GAP)
        self.program.limit(self.worst, np.inf)
        if found.x is None:
            return ()
        beyond = np.flatnonzero(found.x[self.beyond] > 1e-4).tolist()
        load = self._loads(found.x)
        return tuple(Pocket(cell, float(load[cell]), self._necks(cell, found.x)) for cell in beyond)

    def _share_out(self, place: int, cells: list[int], *, alone: bool) -> None:
        """A block's mass is shared among cells that are present, a whole one goes to one."""
        block = self.blocks[place]
        mass = block.mass / self.mean
        if not alone or block.whole:
            for cell in cells:
                self.present[place, cell] = self.program.variable(1.0, integral=True)
        if block.whole:
            self.program.row([(self.present[place, cell], 1.0) for cell in cells], 1.0, 1.0)
            return
        for cell in cells:
            self.mass[place, cell] = self.program.variable(mass)
            if not alone:
                self.program.row(
                    [(self.mass[place, cell], 1.0), (self.present[place, cell], -mass)],
                    -np.inf,
                    0.0,
                )
        self.program.row([(self.mass[place, cell], 1.0) for cell in cells], mass, mass)

    def _link(self, places: list[int], cell: int) -> None:
        """Where a cell is present a unit of flow from its centre ends, along its own blocks."""
        most = float(len(places))
        terms: dict[int, list[tuple[int, float]]] = {
            place: [(self.present[place, cell], -1.0)] for place in places
        }
        for place in places:
            if cell in self.blocks[place].touching:
                enter = self.program.variable(most)
                terms[place].append((enter, 1.0))
                self.program.row([(enter, 1.0), (self.present[place, cell], -most)], -np.inf, 0.0)
            for other in sorted(self.blocks[place].joined):
                flow = self.program.variable(most)
                terms[place].append((flow, -1.0))
                terms[other].append((flow, 1.0))
                for end in (place, other):
                    self.program.row([(flow, 1.0), (self.present[end, cell], -most)], -np.inf, 0.0)
        for place in places:
            self.program.row(terms[place], 0.0, 0.0)

    def _weigh(self) -> None:
        """Tie loads to deviations."""
        own = self.problem.weights[self.problem.centre_unit, 0] / self.mean
        for cell in range(self.problem.n_cells):
            terms = self._load_terms(cell)
            beyond = self.beyond[cell]
            high = 1.0 + self.tolerance - float(own[cell])
            low = 1.0 - self.tolerance - float(own[cell])
            self.program.row([*terms, (beyond, -1.0)], -np.inf, high)
            self.program.row([*terms, (beyond, 1.0)], low, np.inf)
            self.program.row([(beyond, 1.0), (self.worst, -1.0)], -np.inf, 0.0)

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
