"""The partition problem as plain arrays: a graph of units, workloads, travel times, centres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Attachment:
    """A part of the unit graph without a centre, given whole to one cell.

    Attributes
    ----------
    units
        The units of the part, ascending.
    cell
        The cell they belong to.
    """

    units: tuple[int, ...]
    cell: int


@dataclass(frozen=True, eq=False)
class PartitionProblem:
    """What the solver sees of a territory. Build it with `from_pairs`.

    Attributes
    ----------
    indptr, indices
        Neighbours of each unit in compressed rows, both directions. Shapes (n_units + 1,) and
        (n_arcs,).
    shared_m
        Metres of shared border of each arc; 0 for a bridge. Shape (n_arcs,).
    barrier_m, admin_m
        Metres of it that are a barrier no cell should reach across, and an administrative line.
        Shape (n_arcs,).
    weights
        Workloads of each unit; the first weighs the travel. Shape (n_units, n_workloads).
    travel_s
        Seconds from each centre to each unit; infinite where the centre's cell may not come: in
        another part of the graph, or where it is forbidden. Shape (n_units, n_cells).
    centre_unit
        The unit of each cell's centre. Shape (n_cells,).
    fixed
        The only cell a unit may belong to, or -1: units of the centres and of attached parts, and
        forced ones. Shape (n_units,).
    former
        Cell of each unit in the plan to stay close to, or -1. Shape (n_units,).
    former_weight
        What counts as change when a unit leaves its former cell. Shape (n_units,).
    attached
        Parts of the graph without a centre.
    area_m2
        Area of all units together.
    """

    indptr: Ints
    indices: Ints
    shared_m: Floats
    barrier_m: Floats
    admin_m: Floats
    weights: Floats
    travel_s: Floats
    centre_unit: Ints
    fixed: Ints
    former: Ints
    former_weight: Floats
    attached: tuple[Attachment, ...]
    area_m2: float

    @classmethod
    def from_pairs(
        cls,
        first: Ints,
        second: Ints,
        *,
        shared_m: Floats,
        weights: Floats,
        travel_s: Floats,
        centre_unit: Ints,
        area_m2: float,
        barrier_m: Floats | None = None,
        admin_m: Floats | None = None,
        forced: Ints | None = None,
        forbidden: Bools | None = None,
        former: Ints | None = None,
        former_weight: Floats | None = None,
    ) -> PartitionProblem:
        """Build the problem from neighbouring pairs and see to parts without a centre.

        A part of the graph without a centre goes whole to the cell with the least travel to it
        (weighted by the first workload, evenly where there is none). It is hung to the unit of
        that cell's centre by a link without a border, so that the cell stays in one piece for
        every later step.

        Parameters
        ----------
        first, second
            The units of each pair, each pair once. Shape (n_pairs,).
        shared_m, barrier_m, admin_m
            Metres of shared border, of barrier and of administrative line. Shape (n_pairs,).
        weights
            Shape (n_units, n_workloads), not negative.
        travel_s
            Finite seconds. Shape (n_units, n_cells).
        centre_unit
            Different units. Shape (n_cells,).
        area_m2
            Area of all units together, the yardstick of border lengths.
        forced
            The cell a unit must belong to, or -1. Shape (n_units,).
        forbidden
            Where a unit must not belong. Shape (n_units, n_cells).
        former, former_weight
            Cell of each unit in a former plan, or -1, and what counts as change when it leaves;
            the first workload unless given. Shape (n_units,).
        """
        n_units, n_cells = travel_s.shape
        centre_unit = np.asarray(centre_unit, dtype=np.int64)
        _check(n_units, n_cells, weights, travel_s, centre_unit)
        barrier_m = np.zeros(len(first)) if barrier_m is None else barrier_m
        admin_m = np.zeros(len(first)) if admin_m is None else admin_m
        component = _components(n_units, first, second)
        of_centre = component[centre_unit]
        masked_s = np.where(component[:, None] == of_centre[None, :], travel_s, np.inf)
        if forbidden is not None:
            masked_s = np.where(forbidden, np.inf, masked_s)
        fixed = np.full(n_units, -1, dtype=np.int64)
        if forced is not None:
            fixed[:] = forced
        attached = []
        for part in np.setdiff1d(np.unique(component), of_centre):
            units = np.flatnonzero(component == part)
            share = weights[units, 0] if weights[units, 0].sum() > 0 else np.ones(len(units))
            cell = int(np.argmin(share @ travel_s[units]))
            fixed[units] = cell
            masked_s[units, cell] = travel_s[units, cell]
            attached.append(Attachment(tuple(units.tolist()), cell))
        # The centres last: a unit of a centre has no other part anyway.
        fixed[centre_unit] = np.arange(n_cells)
        held = np.flatnonzero(fixed >= 0)
        own_s = travel_s[held, fixed[held]]
        masked_s[held] = np.inf
        masked_s[held, fixed[held]] = own_s
        if not np.isfinite(masked_s).any(axis=1).all():
            raise ValueError("Expected a cell for every unit that is not forbidden to it.")
        hung = np.array([one.units[0] for one in attached], dtype=np.int64)
        hook = np.array([centre_unit[one.cell] for one in attached], dtype=np.int64)
        none = np.zeros(len(hung))
        start = np.concatenate([first, second, hung, hook])
        end = np.concatenate([second, first, hook, hung])
        shared = np.concatenate([shared_m, shared_m, none, none])
        barrier = np.concatenate([barrier_m, barrier_m, none, none])
        admin = np.concatenate([admin_m, admin_m, none, none])
        order = np.lexsort((end, start))
        return cls(
            indptr=np.searchsorted(start[order], np.arange(n_units + 1)).astype(np.int64),
            indices=end[order].astype(np.int64),
            shared_m=shared[order].astype(np.float64),
            barrier_m=barrier[order].astype(np.float64),
            admin_m=admin[order].astype(np.float64),
            weights=np.ascontiguousarray(weights, dtype=np.float64),
            travel_s=np.ascontiguousarray(masked_s),
            centre_unit=centre_unit,
            fixed=fixed,
            former=np.full(n_units, -1, dtype=np.int64)
            if former is None
            else np.asarray(former, dtype=np.int64),
            former_weight=np.asarray(
                weights[:, 0] if former_weight is None else former_weight, dtype=np.float64
            ),
            attached=tuple(attached),
            area_m2=float(area_m2),
        )

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.fixed)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.centre_unit)

    @cached_property
    def arc_from(self) -> Ints:
        """The unit each arc starts at; `indices` holds where it ends. Shape (n_arcs,)."""
        return np.repeat(np.arange(self.n_units, dtype=np.int64), np.diff(self.indptr))

    @cached_property
    def target(self) -> Floats:
        """Mean load of a cell in each workload. Shape (n_workloads,)."""
        return np.asarray(self.weights.sum(axis=0) / self.n_cells)

    @cached_property
    def component(self) -> Ints:
        """Connected part of the graph of each unit, attached parts included. Shape (n_units,)."""
        return _components(self.n_units, self.arc_from, self.indices)

    @cached_property
    def restricted(self) -> Bools:
        """Units that may belong to some cells of their part only. Shape (n_units,)."""
        there = self.component[:, None] == self.component[self.centre_unit][None, :]
        found: Bools = (there & ~np.isfinite(self.travel_s)).any(axis=1)
        return found

    @cached_property
    def mean_nearest_s(self) -> float:
        """Mean seconds to the nearest centre, weighted by the first workload; never 0.

        The yardstick of travel: 1 where all demand sits on the centres.
        """
        weight = self.weights[:, 0]
        total = float(weight.sum())
        mean = float(weight @ self.travel_s.min(axis=1)) / total if total > 0 else 0.0
        return mean if mean > 0 else 1.0


def _components(n_units: int, first: Ints, second: Ints) -> Ints:
    graph = csr_array((np.ones(len(first)), (first, second)), shape=(n_units, n_units))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _check(
    n_units: int, n_cells: int, weights: Floats, travel_s: Floats, centre_unit: Ints
) -> None:
    if weights.ndim != 2 or len(weights) != n_units:
        raise ValueError(f"Expected weights of shape ({n_units}, n_workloads).")
    if len(centre_unit) != n_cells or len(np.unique(centre_unit)) != n_cells or n_cells == 0:
        raise ValueError(f"Expected {n_cells} different centre units, at least one.")
    if not np.isfinite(travel_s).all() or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("Expected finite travel times and finite weights >= 0.")
