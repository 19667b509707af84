"""How far sampling alone could move a figure: the Bayesian bootstrap over demand points.

In a cell of many points these are put into random groups that are redrawn as wholes: the
variance of a rate stays what it is on average, for a fraction of the work. A percentile of such a
cell is found by Woodruff's method: how far the share of demand up to it moves in a draw is read
off the cell's own distribution.

References
----------
Rubin, D. B. (1981). The Bayesian bootstrap. Annals of Statistics 9. — Wolter, K. M. (2007).
Introduction to Variance Estimation, chapter 2: random groups. — Woodruff, R. S. (1952). Confidence
intervals for medians and other position measures. JASA 47.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from gridmap.scoring.inputs import Floats, Ints, ScoringInputs
from gridmap.scoring.measures import DemandRate

#: Cells of more points are redrawn by so many groups. The spread of a rate is then itself known
#: to 1/√(2·100), about 7 %.
GROUPS = 100
#: Multiplications of a product of matrices that OpenBLAS gives to one thread.
ONE_THREAD = 4 * 65_536


@dataclass(frozen=True, eq=False)
class Resampled:
    """Metrics of every draw.

    Attributes
    ----------
    bands
        Lower and upper end of the sampling band by metric, NaN where the cell has nothing below
        the line; none without draws. Shape (2, n_cells).
    kept
        All draws of the metrics asked for. Shape (draws, n_cells).
    """

    bands: Mapping[str, Floats]
    kept: Mapping[str, Floats]


def resample(
    inputs: ScoringInputs,
    rates: Mapping[str, DemandRate],
    percentiles: Mapping[str, tuple[Floats, float]],
    *,
    keep: Collection[str] | None = None,
    draws: int,
    rng: np.random.Generator,
) -> Resampled:
    """Redraw the demand of each cell.

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
    keep
        Metrics of which all draws are kept; None = all.
    draws
        Number of draws.
    rng
        Source of chance.
    """
    names = [*rates, *percentiles]
    kept = {name: np.full((inputs.n_cells, draws), np.nan)
            for name in names if keep is None or name in keep}  # fmt: skip
    ends = np.full((len(names), 2, inputs.n_cells), np.nan)
    for cell, points in enumerate(_points_by_cell(inputs)):
        if not len(points) or not draws:
            continue
        value = _draw_cell(inputs, rates, percentiles, points, draws=draws, rng=rng)
        ends[:, :, cell] = _ends(value)
        for row, name in enumerate(names):
            if name in kept:
                kept[name][cell] = value[row]
    bands = {name: ends[row] for row, name in enumerate(names)} if draws else {}
    return Resampled(bands, {name: value.T for name, value in kept.items()})


def band(samples: Floats, centre: Floats, low: float = 0.05, high: float = 0.95) -> Floats:
    """Return the band of the draws, widened to hold the central value.

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
    return widened(_ends(samples.T, low, high).T, centre)


def widened(ends: Floats, centre: Floats) -> Floats:
    """Return a band that holds the central value too. Shape (2, n_cells)."""
    return np.stack([np.minimum(ends[0], centre), np.maximum(ends[1], centre)])


def _ends(samples: Floats, low: float = 0.05, high: float = 0.95) -> Floats:
    """Return both quantiles over the last axis. Shape (…, 2).

    They are draws themselves and not means of two, because a draw may be infinite.
    """
    last = samples.shape[-1] - 1
    at = [int(np.floor(low * last)), int(np.ceil(high * last))]
    # Sorting whole rows is several times as fast as numpy's partition at two places.
    return np.asarray(np.sort(samples, axis=-1)[..., at])


def _points_by_cell(inputs: ScoringInputs) -> list[Ints]:
    order = np.argsort(inputs.demand_cell, kind="stable")
    ends = np.cumsum(np.bincount(inputs.demand_cell, minlength=inputs.n_cells))
    return np.split(order, ends[:-1])


def _draw_cell(
    inputs: ScoringInputs,
    rates: Mapping[str, DemandRate],
    percentiles: Mapping[str, tuple[Floats, float]],
    points: Ints,
    *,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Return the metrics of one cell in every draw. Shape (n_metrics, draws)."""
    grouped = len(points) > GROUPS
    if grouped:
        group = rng.permutation(len(points)) % GROUPS
        luck = rng.standard_exponential((draws, GROUPS))
    else:
        luck = rng.standard_exponential((draws, len(points)))

    # Most rates share what is below the line, so each such array is summed once only.
    below_of = {id(one.whole): one.whole for one in rates.values()}
    row_of = {key: row for row, key in enumerate(below_of, start=len(rates))}
    fields = [one[points] for one in [*(one.part for one in rates.values()), *below_of.values()]]
    weight = inputs.demand_weight[points]
    cumulated: dict[int, _Cumulated] = {}
    if grouped and weight.any():
        for times, q in percentiles.values():
            if id(times) not in cumulated:
                cumulated[id(times)] = _Cumulated.of(times[points], weight)
            centre = cumulated[id(times)].time(q)
            fields.append(np.where(times[points] <= centre, weight, 0.0))
        fields.append(weight)
    if grouped:
        fields = [np.asarray(np.bincount(group, one, GROUPS), np.float64) for one in fields]
    sums = _drawn(np.array(fields).reshape(len(fields), luck.shape[1]), luck)

    value = np.full((len(rates) + len(percentiles), draws), np.nan)
    if rates:
        below = sums[[row_of[id(one.whole)] for one in rates.values()]]
        np.divide(sums[: len(rates)], below, out=value[: len(rates)], where=below > 0.0)
    for k, (times, q) in enumerate(percentiles.values()):
        row, upto = len(rates) + k, len(rates) + len(below_of) + k
        if not grouped:
            value[row] = _percentiles(times[points], luck * weight, q)
        elif cumulated:
            moved = sums[upto] / sums[-1] - fields[upto].sum() / weight.sum()
            value[row] = cumulated[id(times)].time(q - moved)
    return value


def _drawn(table: Floats, luck: Floats) -> Floats:
    """Return the sum of each field in every draw.

    Shapes: fields of the points or groups (n_fields, n_points), variates (draws, n_points), the
    answer (n_fields, draws).
    """
    draws, n_points = luck.shape
    # In pieces that BLAS gives to one thread: on matrices this small more cost more than they save.
    size = max(1, ONE_THREAD // max(1, table.size))
    whole = draws - draws % size
    pieces = luck[:whole].reshape(-1, size, n_points).transpose(0, 2, 1)
    first = np.matmul(table, pieces).transpose(1, 0, 2).reshape(len(table), whole)
    return np.concatenate([first, table @ luck[whole:].T], axis=1)


@dataclass(frozen=True, eq=False)
class _Cumulated:
    """Times of a cell, ascending, and the share of its demand up to each. Shapes (n_points,)."""

    times: Floats
    share: Floats

    @classmethod
    def of(cls, times: Floats, weight: Floats) -> _Cumulated:
        order = np.argsort(times)
        share = np.cumsum(weight[order])
        return cls(times[order], share / share[-1])

    def time(self, q: Floats | float) -> Floats:
        """Return the times up to which the share first is at least q."""
        at = np.searchsorted(self.share, np.asarray(q) * (1.0 - 1e-12))
        return np.asarray(self.times[np.clip(at, 0, len(self.share) - 1)])


def _percentiles(times: Floats, weight: Floats, q: float) -> Floats:
    """Return the weighted percentile of each draw. `weight` has shape (draws, n_points)."""
    order = np.argsort(times, kind="stable")
    cumulative = np.cumsum(weight[:, order], axis=1)
    target = q * cumulative[:, -1:] * (1.0 - 1e-12)
    value = times[order][np.argmax(cumulative >= target, axis=1)]
    value[cumulative[:, -1] == 0.0] = np.nan
    return np.asarray(value)
