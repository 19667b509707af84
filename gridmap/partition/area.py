"""A few cells of a plan, cut out so that they can be searched on their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gridmap.partition.kernels import HIGH, LOAD, LOW, PRICE, Costs, World
from gridmap.partition.objective import (
    Bands,
    Importance,
    cell_width_m,
    change_unit,
)
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem

#: Bands are narrower by this share of a mean load, so that rounding cannot break them.
ROUNDING = 1e-4


@dataclass(frozen=True, eq=False)
class SearchSpace:
    """What every search on one problem has in common, in mean loads, seconds and their product.

    Attributes
    ----------
    problem, bands, importance
        What is searched.
    weights
        Workloads in mean loads. Shape (n_units, n_workloads).
    low, high
        Bands in mean loads, narrowed by a hair. Shapes (n_cells, n_workloads).
    cut_cost
        Cost of a border along each arc. Shape (n_arcs,).
    place_cost
        Travel and change of each unit in each cell; infinite where it may not go.
        Shape (n_units, n_cells).
    anchor
        Prices to begin with. Shape (n_cells, n_workloads).
    """

    problem: PartitionProblem
    bands: Bands
    importance: Importance
    weights: Floats
    low: Floats
    high: Floats
    cut_cost: Floats
    place_cost: Costs
    anchor: Floats

    @classmethod
    def of(
        cls, problem: PartitionProblem, bands: Bands, importance: Importance, anchor: Floats
    ) -> SearchSpace:
        """Bring a problem to common units.

        Parameters
        ----------
        problem, bands, importance
            What is searched.
        anchor
            Seconds to begin with. Shape (n_cells, n_workloads).
        """
        mean = np.where(problem.target > 0.0, problem.target, 1.0)
        room = np.minimum(ROUNDING, (bands.high - bands.low) / mean / 4.0)
        lines_m = problem.shared_m - importance.barrier * problem.barrier_m
        lines_m = lines_m - importance.admin * problem.admin_m
        per_m = importance.compactness * problem.mean_nearest_s / cell_width_m(problem)
        per_change = importance.change * problem.mean_nearest_s / change_unit(problem)
        weights = np.ascontiguousarray(problem.weights / mean)
        return cls(
            problem,
            bands,
            importance,
            weights=weights,
            low=bands.low / mean + room,
            high=bands.high / mean - room,
            cut_cost=per_m * lines_m,
            place_cost=_place_cost(problem, weights[:, 0], per_change),
            anchor=np.ascontiguousarray(anchor),
        )

    @property
    def seconds(self) -> float:
        """The yardstick of costs: the travel of a mean cell."""
        return self.problem.mean_nearest_s

    def loads(self, label: Ints) -> Floats:
        """Return the loads in mean loads. Shape (n_cells, n_workloads)."""
        n_cells = self.problem.n_cells
        columns = [np.bincount(label, one, minlength=n_cells) for one in self.weights.T]
        return np.ascontiguousarray(np.stack(columns, axis=1))

    def excess(self, load: Floats) -> Floats:
        """Return how far each cell is outside its bands, in mean loads. Shape (n_cells,)."""
        over = np.maximum(np.maximum(load - self.high, self.low - load), 0.0)
        worst: Floats = over.max(axis=1)
        return worst

    def whole(self) -> Area:
        """Return all cells."""
        problem = self.problem
        return Area(
            self,
            units=np.arange(problem.n_units, dtype=np.int64),
            cells=np.arange(problem.n_cells, dtype=np.int64),
            world=World(
                problem.indptr,
                problem.indices,
                self.cut_cost,
                self.place_cost,
                self.weights,
                problem.fixed >= 0,
                problem.centre_unit,
            ),
        )

    def cut_out(self, label: Ints, active: Bools) -> Area:
        """Return the cells that are `active`; borders with others stay and so do not count."""
        problem = self.problem
        cells = np.flatnonzero(active)
        inside = active[label]
        units = np.flatnonzero(inside)
        number = np.full(problem.n_units, -1, dtype=np.int64)
        number[units] = np.arange(len(units))
        first, last = problem.indptr[units], problem.indptr[units + 1]
        arc = _ranges(first, last - first)
        kept = inside[problem.indices[arc]]
        owner = np.repeat(np.arange(len(units)), last - first)[kept]
        arc = arc[kept]
        return Area(
            self,
            units=units,
            cells=cells,
            world=World(
                np.searchsorted(owner, np.arange(len(units) + 1)).astype(np.int64),
                number[problem.indices[arc]],
                self.cut_cost[arc],
                np.ascontiguousarray(self.place_cost[np.ix_(units, cells)]),
                self.weights[units],
                problem.fixed[units] >= 0,
                number[problem.centre_unit[cells]],
            ),
        )


@dataclass(frozen=True, eq=False)
class Area:
    """Some cells, their units numbered anew, and the world a search sees.

    Attributes
    ----------
    space
        The whole problem.
    units, cells
        Numbers there. Shapes (n_area_units,) and (n_area_cells,).
    world
        The same in the area's own numbers.
    """

    space: SearchSpace
    units: Ints
    cells: Ints
    world: World

    @cached_property
    def arc_from(self) -> Ints:
        """The unit each arc starts at. Shape (n_arcs,)."""
        indptr = self.world.indptr
        return np.repeat(np.arange(len(indptr) - 1, dtype=np.int64), np.diff(indptr))

    def take(self, label: Ints) -> Ints:
        """Return the labels of the area's units in its own numbers."""
        found: Ints = np.searchsorted(self.cells, label[self.units]).astype(np.int64)
        return found

    def put(self, own: Ints, label: Ints) -> None:
        """Write the labels of the area into those of the plan."""
        label[self.units] = self.cells[own]

    def loads(self, own: Ints) -> Floats:
        """Return the loads in mean loads. Shape (n_area_cells, n_workloads)."""
        columns = [np.bincount(own, one, minlength=len(self.cells)) for one in self.world.weights.T]
        return np.ascontiguousarray(np.stack(columns, axis=1))

    def excess(self, own: Ints) -> Floats:
        """Return how far each cell is outside its bands. Shape (n_area_cells,)."""
        load = self.loads(own)
        low, high = self.space.low[self.cells], self.space.high[self.cells]
        over = np.maximum(np.maximum(load - high, low - load), 0.0)
        worst: Floats = over.max(axis=1)
        return worst

    def ledger(self, own: Ints, *, narrowing: float) -> Floats:
        """Return loads, first prices and bands narrowed by a share, for the search."""
        space, load = self.space, self.loads(own)
        low, high = space.low[self.cells], space.high[self.cells]
        # A side without limit stays without.
        half = (high - low) / 2.0
        narrow = narrowing * np.where(np.isfinite(half), half, 0.0)
        ledger = np.empty((*load.shape, 4))
        ledger[..., LOAD] = load
        ledger[..., PRICE] = space.anchor[self.cells]
        ledger[..., LOW] = low + narrow
        ledger[..., HIGH] = high - narrow
        return ledger

    def cost(self, own: Ints) -> float:
        """Return travel, borders inside and change, in mean loads · seconds."""
        world = self.world
        place = world.place_cost[np.arange(len(own)), own].sum(dtype=np.float64)
        cut = own[self.arc_from] != own[world.indices]
        return float(place + world.cut_cost[cut].sum() / 2.0)


def _place_cost(problem: PartitionProblem, weight: Floats, per_change: float) -> Costs:
    """Return travel and change of each unit in each cell. Shape (n_units, n_cells)."""
    allowed = np.isfinite(problem.travel_s)
    cost = np.full(problem.travel_s.shape, np.inf, dtype=np.float32)
    np.multiply(weight[:, None], problem.travel_s, out=cost, where=allowed, casting="same_kind")
    stays = np.flatnonzero(problem.former >= 0)
    change = (per_change * problem.former_weight[stays]).astype(np.float32)
    cost[stays] += change[:, None]
    cost[stays, problem.former[stays]] -= change
    return cost


def _ranges(first: Ints, length: Ints) -> Ints:
    """Return the numbers first … first + length - 1 of each range, one after the other."""
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    found: Ints = np.arange(total) + np.repeat(first - (ends - length), length)
    return found
