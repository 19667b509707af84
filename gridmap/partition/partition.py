"""The result of partitioning: a function unit → cell, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Balance:
    """How evenly one workload is spread over the cells.

    Attributes
    ----------
    workload
        Name of the workload.
    load
        Load of each cell. Shape (n_cells,).
    tolerance
        Allowed deviation as a share, or None when it was not asked to be held.
    attainable
        Proven lower bound on the worst deviation that any plan with these centres can reach,
        as a share; 0 where nothing was proven.
    """

    workload: str
    load: Floats
    tolerance: float | None = None
    attainable: float = 0.0

    @property
    def target(self) -> float:
        """Mean load of a cell."""
        return float(self.load.mean())

    @property
    def deviation(self) -> Floats:
        """Relative deviation of each cell from the target. Shape (n_cells,)."""
        if self.target == 0.0:
            return np.zeros_like(self.load)
        return self.load / self.target - 1.0

    @property
    def worst_deviation(self) -> float:
        """Largest absolute deviation."""
        return float(np.abs(self.deviation).max())

    @property
    def kept(self) -> bool:
        """Whether every cell is within the tolerance."""
        return self.tolerance is None or self.worst_deviation <= self.tolerance + 1e-12


@dataclass(frozen=True, eq=False)
class Partition:
    """Units to cells.

    Attributes
    ----------
    centre
        Row of each cell's centre in the territory's outlets. Shape (n_cells,).
    label
        Cell of each unit, 0 … n_cells - 1. Shape (n_units,).
    balances
        One entry a workload, the first is the one held to the tolerance.
    travel_cost
        Σ workload · seconds from the cell's centre.
    lower_bound
        Proven lower bound on `travel_cost` of any plan within the tolerance, or None.
    notices
        Unattainable balance with its proof, outlets that cannot be reached, …
    details
        What the method wants to be put on record, plain values only.
    """

    centre: Ints
    label: Ints
    balances: tuple[Balance, ...]
    travel_cost: float
    lower_bound: float | None = None
    notices: tuple[Fault, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.centre)

    @property
    def gap(self) -> float | None:
        """How far `travel_cost` is above `lower_bound`, as a share of the bound."""
        if self.lower_bound is None or self.lower_bound <= 0.0:
            return None
        return self.travel_cost / self.lower_bound - 1.0
