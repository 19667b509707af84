"""How far sampling alone could move a figure: the Bayesian bootstrap over demand points.

References
----------
Rubin, D. B. (1981). The Bayesian bootstrap. Annals of Statistics 9.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gridmap.scoring.inputs import Floats, ScoringInputs
from gridmap.scoring.measures import DemandRate


def resample(
    inputs: ScoringInputs,
    rates: Mapping[str, DemandRate],
    percentiles: Mapping[str, tuple[Floats, float]],
    *,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Redraw the demand of each cell and return the metrics of every draw.

    A draw multiplies the weight of each demand point by an exponential variate, the same one
    for all metrics, so that figures of one draw belong together.

    Parameters
    ----------
    inputs
        Cells and weights of the demand points.
    rates
        Rates over demand points.
    percentiles
        Times of the demand points and the share asked for. Times of shape (n_demand,).
    draws
        Number of draws.
    rng
        Source of chance.

    Returns
    -------
    dict
        One array a metric, NaN where the cell has nothing below the line.
        Shape (draws, n_cells).
    """
    names = list(rates)
    # Cells are filled one after the other: draws last keeps that writing contiguous.
    value = np.full((len(names) + len(percentiles), inputs.n_cells, draws), np.nan)
    found = {name: value[k].T for k, name in enumerate((*names, *percentiles))}
    # Most rates share what is below the line, so each such array is summed once only.
    below_of = {id(one.whole): one.whole for one in rates.values()}
    column = {key: k for k, key in enumerate(below_of)}
    wanted = np.array([column[id(one.whole)] for one in rates.values()], dtype=np.int64)
    parts = np.array([one.part for one in rates.values()]).reshape(len(names), inputs.n_demand)
    wholes = np.array(list(below_of.values())).reshape(len(below_of), inputs.n_demand)
    order = np.argsort(inputs.demand_cell, kind="stable")
    ends = np.cumsum(np.bincount(inputs.demand_cell, minlength=inputs.n_cells))
    start = 0
    for cell, end in enumerate(ends.tolist()):
        points = order[start:end]
        start = end
        if not len(points) or not draws:
            continue
        luck = rng.standard_exponential((draws, len(points)))
        # Not by BLAS: for matrices this small its threads cost more than they save.
        above = np.einsum("kp,dp->kd", parts[:, points], luck)
        below = np.einsum("kp,dp->kd", wholes[:, points], luck)[wanted]
        np.divide(above, below, out=value[: len(names), cell], where=below > 0.0)
        weight = inputs.demand_weight[points]
        for k, (times, q) in enumerate(percentiles.values(), start=len(names)):
            value[k, cell] = _percentiles(times[points], luck * weight, q)
    return found


def band(samples: Floats, centre: Floats, low: float = 0.05, high: float = 0.95) -> Floats:
    """Return the band of the draws, widened to hold the central value.

    The quantiles are draws themselves and not means of two, because a draw may be infinite.

    Parameters
    ----------
    samples
        Values of the draws. Shape (draws, n_cells).
    centre
        Value without sampling. Shape (n_cells,).
    low, high
        Quantiles.

    Returns
    -------
    Floats
        Lower and upper end. Shape (2, n_cells).
    """
    if len(samples) == 0:
        return np.stack([centre, centre])
    ordered = np.sort(samples, axis=0)
    last = len(samples) - 1
    lower = ordered[int(np.floor(low * last))]
    upper = ordered[int(np.ceil(high * last))]
    return np.stack([np.minimum(lower, centre), np.maximum(upper, centre)])


def _percentiles(times: Floats, weight: Floats, q: float) -> Floats:
    """Return the weighted percentile of each draw. `weight` has shape (draws, n_points)."""
    order = np.argsort(times, kind="stable")
    cumulative = np.cumsum(weight[:, order], axis=1)
    target = q * cumulative[:, -1:] * (1.0 - 1e-12)
    value = times[order][np.argmax(cumulative >= target, axis=1)]
    value[cumulative[:, -1] == 0.0] = np.nan
    return np.asarray(value)
