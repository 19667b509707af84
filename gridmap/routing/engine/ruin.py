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
#: The same where a day has one route, and an outlet changes its route by changing its days only.
HEAT_OF_ONE = (8.0, 0.1)
#: A plan that is good already is only warmed, to a share of the heat of the start.
WARM = 0.1
_NONE = 1e15


class RuinSearch:
    """One plan that is ruined and recreated over and over.

    Parameters
    ----------
    tables
        The problem.
    prices
        What breaking a limit costs at first; adapted on the way. Shape (3,).
    plan
        Where to start; None = from nothing.

    Attributes
    ----------
    best
        Cost of the best plan within the limits.
    """

    def __init__(self, tables: Tables, prices: Floats, plan: KeptPlan | None = None) -> None:
        self.tables, self.prices = tables, prices
        self.work = work_of(tables)
        start, end = HEAT_OF_ONE if tables.n_managers == 1 else HEAT
        if plan is None:
            clear(tables, self.work)
            complete(tables, self.work, prices, 0.0)
        else:
            load_plan(tables, self.work, plan.row, plan.size, plan.chosen)
            start *= WARM
        self._heat = (start, min(start, end))
        visits = max(float(self.work.size.sum()), 1.0)
        self.way = float(self.work.sums[:, 0].sum()) / visits
        self.best = _NONE
        self._tally = np.zeros(4)
        self._row, self._size = self.work.row.copy(), self.work.size.copy()
        self._chosen = self.work.chosen.copy()

    @property
    def found(self) -> bool:
        """Whether it has had a plan within the limits."""
        return self.best < _NONE

    def go_on(self, progress: float, steps: int) -> None:
        """Ruin and recreate `steps` times; `progress` (0 to 1) tells how cold it is by now."""
        start, end = self._heat
        heat = self.way * start * (end / start) ** min(progress, 1.0)
        self.best = anneal(
            self.tables, self.work, self.prices, self._tally, heat, steps, self.best,
            self._row, self._size, self._chosen,
        )  # fmt: skip

    def now(self, xy: Floats) -> KeptPlan:
        """Return the plan as it is."""
        return keep(self.tables, self.work, xy)

    def best_plan(self, xy: Floats) -> KeptPlan | None:
        """Return the best plan within the limits, or None."""
        if not self.found:
            return None
        other = work_of(self.tables)
        load_plan(self.tables, other, self._row, self._size, self._chosen)
        return keep(self.tables, other, xy)
