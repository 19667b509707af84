"""Plans that are kept while others are in the making."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gridmap.routing.engine.crossover_kernels import in_turn, neighbours_of
from gridmap.routing.engine.tables import Floats, Ints, Tables, Work
from gridmap.routing.engine.walk_kernels import totals

_TINY = 1e-6
_ALONE = 1.0


@dataclass(eq=False)
class KeptPlan:
    """A plan with what it costs and how it differs from others.

    Attributes
    ----------
    row, size, chosen
        As in `Work`.
    cost
        Travel, prices of patterns and unevenness.
    excess
        Load, duration and lateness beyond the limits. Shape (3,).
    before, after
        Neighbours of each visit. Shape (n_days, n_places).
    apart
        Share of pairs that differ, by the identity of the other plan.
    fitness
        Rank by cost and by difference; less is better.
    """

    row: Ints
    size: Ints
    chosen: Ints
    cost: float
    excess: Floats
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    apart: dict[int, float] = field(default_factory=dict)
    fitness: float = 1e9

    @property
    def kept(self) -> tuple[bool, bool, bool]:
        """Whether the limits of load, duration and time are kept."""
        load, duration, time = (self.excess < _TINY).tolist()
        return load, duration, time

    @property
    def feasible(self) -> bool:
        """Whether all limits are kept."""
        return all(self.kept)

    @property
    def has_twin(self) -> bool:
        """Whether another plan is the same."""
        return bool(self.apart) and min(self.apart.values()) < 1e-9

    def price(self, prices: Floats) -> float:
        """Return the cost with what breaking the limits costs."""
        return self.cost + float(prices @ self.excess)

    def apartness(self, close: int) -> float:
        """Return the mean difference from the nearest others."""
        nearest = sorted(self.apart.values())[:close]
        return sum(nearest) / len(nearest) if nearest else _ALONE


def keep(tables: Tables, work: Work, xy: Floats) -> KeptPlan:
    """Return a copy of the plan in the making.

    Parameters
    ----------
    xy
        Places as seen from the depot; empty = routes keep their turn. Shape (n_places, 2).
    """
    row, size = work.row.copy(), work.size.copy()
    if len(xy) and tables.one_depot and tables.n_managers > 1:
        in_turn(tables, row, size, xy)
    before, after = neighbours_of(tables, row, size)
    cost, *excess = totals(tables, work)
    return KeptPlan(
        row=row,
        size=size,
        chosen=work.chosen.copy(),
        cost=float(cost),
        excess=np.array(excess),
        before=before,
        after=after,
    )
