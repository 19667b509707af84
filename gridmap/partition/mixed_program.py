"""A mixed-integer program put together row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

from gridmap.partition.problem import Floats


class MixedProgram:
    """Variables from 0 up to a limit, and rows of sums between two limits."""

    def __init__(self) -> None:
        self._upper: list[float] = []
        self._integral: list[int] = []
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []
        self._least: list[float] = []
        self._most: list[float] = []

    @property
    def n_variables(self) -> int:
        """Number of variables."""
        return len(self._upper)

    @property
    def n_decisions(self) -> int:
        """Number of whole-numbered variables."""
        return sum(self._integral)

    def variable(self, upper: float, *, integral: bool = False) -> int:
        """Add a variable of at most `upper` and return its number."""
        self._upper.append(upper)
        self._integral.append(int(integral))
        return len(self._upper) - 1

    def row(self, terms: Sequence[tuple[int, float]], least: float, most: float) -> None:
        """Demand that Σ factor · variable lies between two limits; terms are (variable, factor)."""
        for column, value in terms:
            self._rows.append(len(self._least))
            self._columns.append(column)
            self._values.append(value)
        self._least.append(least)
        self._most.append(most)

    def limit(self, variable: int, upper: float) -> None:
        """Set the upper limit of a variable anew."""
        self._upper[variable] = upper

    def minimise(self, cost: Floats, *, node_limit: int, gap: float) -> OptimizeResult:
        """Return the answer of HiGHS: `x`, `fun`, `status` and, with decisions, `mip_dual_bound`.

        Parameters
        ----------
        cost
            Factor of each variable. Shape (n_variables,).
        node_limit
            Nodes of the branch-and-bound tree.
        gap
            Relative gap between plan and bound that is good enough.
        """
        matrix = csr_array(
            (self._values, (self._rows, self._columns)),
            shape=(len(self._least), len(self._upper)),
        )
        return milp(
            cost,
            constraints=LinearConstraint(matrix, np.array(self._least), np.array(self._most)),
            integrality=np.array(self._integral),
            bounds=Bounds(0.0, np.array(self._upper)),
            options={"node_limit": node_limit, "mip_rel_gap": gap},
        )


def dual_bound(found: OptimizeResult) -> float:
    """Return what is proven to be the least cost; 0 where nothing is.

    Without whole-numbered variables the solver is a plain linear one and its optimum is exact.
    """
    dual = getattr(found, "mip_dual_bound", None)
    if dual is not None and np.isfinite(dual):
        return float(dual)
    return float(found.fun) if found.status == 0 else 0.0
