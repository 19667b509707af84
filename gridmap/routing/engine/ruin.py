"""Ruin and recreate under simulated annealing, as a search that can be asked to go on."""

from __future__ import annotations

import numpy as np

from gridmap.routing.engine.crossover_kernels import load_plan
from gridmap.routing.engine.insertion_kernels import complete
from gridmap.routing.engine.kept import KeptPlan, keep
from gridmap.routing.engine.ruin_kernels import anneal
from gridmap.routing.engine.tables import Floats, Tables, work_of
from gridmap.routing.engine.walk_kernels import clear

#: Temperature at the start and at the end, as shares of a mean way between two stops.
HEAT = (1.0, 0.005)
_NONE = 1e15


class RuinSearch:
    """One plan that is ruined and recreated over and over.

    Attributes
    ----------
    best
        Cost of the best plan within the limits.
    """

    def __init__(self, tables: Tables, prices: Floats) -> None:
        self.tables, self.prices = tables, prices
        self.work = work_of(tables)
        clear(tables, self.work)
        complete(tables, self.work, prices, 0.0)
        visits = max(float(self.work.size.sum()), 1.0)
        self.way = float(self.work.sums[:, 0].sum()) / visits
        self.best = _NONE
        self._tally = np.zeros(4)
        self._row, self._size = self.work.row.copy(), self.work.size.copy()
        self._chosen = self.work.chosen.copy()

    def go_on(self, progress: float, steps: int) -> None:
        """Ruin and recreate `steps` times; `progress` (0 to 1) tells how cold it is by now."""
        heat = self.way * HEAT[0] * (HEAT[1] / HEAT[0]) ** min(progress, 1.0)
        self.best = anneal(
            self.tables, self.work, self.prices, self._tally, heat, steps, self.best,
            self._row, self._size, self._chosen,
        )  # fmt: skip

    def now(self, xy: Floats) -> KeptPlan:
        """Return the plan as it is."""
        return keep(self.tables, self.work, xy)

    def best_plan(self, xy: Floats) -> KeptPlan | None:
        """Return the best plan within the limits, or None."""
        if self.best >= _NONE:
            return None
        other = work_of(self.tables)
        load_plan(self.tables, other, self._row, self._size, self._chosen)
        return keep(self.tables, other, xy)
