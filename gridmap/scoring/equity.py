"""How evenly something is spread over demand: Gini, Theil and Palma with weights.

x_i = what a unit of demand at point i has, at least 0; w_i = its weight; W = Σw, μ = Σwx/W.
Points without weight count for nothing. Every measure is 0 (Palma: 0.25) where all have the same.

References
----------
Gini, C. (1912); weights as in Lerman, R. I., Yitzhaki, S. (1989). Journal of Econometrics 42. —
Theil, H. (1967). Economics and Information Theory. — Palma, J. G. (2011). Homogeneous middles vs.
heterogeneous tails. Development and Change 42.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gridmap.scoring.inputs import ScoringInputs
from gridmap.scoring.measures import CellValues, amount

Floats = NDArray[np.float64]


def gini(values: Floats, weight: Floats) -> float:
    """Return twice the area between the Lorenz curve and the diagonal; NaN if nobody has any.

    No correction for small samples: one point has 0.
    """
    share, held = _lorenz(values, weight)
    return float(1.0 - (np.diff(share) * (held[1:] + held[:-1])).sum())


def theil_t(values: Floats, weight: Floats) -> float:
    """Return Theil's T, Σw·(x/μ)·ln(x/μ) / W; a point that has nothing adds 0."""
    relative, share = _relative(values, weight)
    some = relative > 0.0
    return _sum(share[some] * relative[some] * np.log(relative[some]), share)


def theil_l(values: Floats, weight: Floats) -> float:
    """Return Theil's L, Σw·ln(μ/x) / W, the mean log deviation; infinite if a point has nothing."""
    relative, share = _relative(values, weight)
    if (relative == 0.0).any():
        return float("inf")
    return _sum(-share * np.log(relative), share)


def palma(values: Floats, weight: Floats) -> float:
    """Return what the best served tenth of demand has over what the worst served 40 % have.

    Infinite if these have nothing. Points are split where the Lorenz curve is cut.
    """
    share, held = _lorenz(values, weight)
    top = 1.0 - float(np.interp(0.9, share, held))
    bottom = float(np.interp(0.4, share, held))
    return float("inf") if bottom == 0.0 else top / bottom


MEASURES: dict[str, Callable[[Floats, Floats], float]] = {
    "gini": gini,
    "theil_t": theil_t,
    "theil_l": theil_l,
    "palma": palma,
}


def equity(inputs: ScoringInputs, values: Floats) -> dict[str, CellValues]:
    """Return every measure for each cell; missing where it is not defined, and the note says why.

    Parameters
    ----------
    inputs
        Cells and weights of the demand points.
    values
        What a unit of demand at each point has. Shape (n_demand,).
    """
    order = np.argsort(inputs.demand_cell, kind="stable")
    ends = np.cumsum(np.bincount(inputs.demand_cell, minlength=inputs.n_cells))
    cells = np.split(order, ends[:-1])
    n = inputs.by_cell((inputs.demand_weight > 0.0).astype(np.float64))
    found: dict[str, CellValues] = {}
    for key, measure in MEASURES.items():
        value = np.array([measure(values[at], inputs.demand_weight[at]) for at in cells])
        none_at_bottom = np.isinf(value)
        value[none_at_bottom] = np.nan
        found[key] = amount(value, n, empty="nothing_to_share", additive=False)
        found[key].note[none_at_bottom] = "some_have_nothing"
    return found


def _lorenz(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the shares of demand and of what it has, worst served first, from 0 to 1."""
    values, weight = _counted(values, weight)
    order = np.argsort(values, kind="stable")
    demand = np.concatenate([[0.0], np.cumsum(weight[order])])
    held = np.concatenate([[0.0], np.cumsum((weight * values)[order])])
    if held[-1] <= 0.0:
        return np.array([0.0, 1.0]), np.array([np.nan, np.nan])
    return demand / demand[-1], held / held[-1]


def _relative(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return x/μ and w/W of the points that have weight; none if nobody has any."""
    values, weight = _counted(values, weight)
    total = float((weight * values).sum())
    if total <= 0.0:
        return np.empty(0), np.empty(0)
    share = weight / weight.sum()
    return values / (share * values).sum(), share


def _counted(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    if (values < 0.0).any() or (weight < 0.0).any():
        raise ValueError("Expected values and weights that are not negative.")
    counted = weight > 0.0
    return values[counted], weight[counted]


def _sum(parts: Floats, share: Floats) -> float:
    return float(parts.sum()) if len(share) else float("nan")
