"""How far choices and chance move a composite score: Monte Carlo, and one choice at a time.

References
----------
OECD, JRC (2008). Handbook on constructing composite indicators, step 7.
Saisana, M., Saltelli, A., Tarantola, S. (2005). Uncertainty and sensitivity analysis techniques
as tools for the quality assessment of composite indicators. JRSS A 168 (mean shift in rank).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gridmap.scoring.aggregation import CompositeRules, Indicator, ranks
from gridmap.scoring.inputs import Floats
from gridmap.scoring.measures import Bools
from gridmap.scoring.outliers import Treatment, treat

#: What could have been decided, or measured, otherwise.
Factor = Literal["weights", "normalisation", "aggregation", "imputation", "sampling"]
FACTORS: tuple[Factor, ...] = get_args(Factor)

#: Draws that are worked on together: a few arrays of this many rows fit the cache.
CHUNK = 128


@dataclass(frozen=True, eq=False)
class Panel:
    """What a score is made of.

    Attributes
    ----------
    indicators
        The indicators that take part.
    value
        Their values, NaN = missing. Shape (n_cells, n_indicators).
    dimension
        Dimension of each. Shape (n_indicators,).
    dimension_weight
        Weight of each dimension. Shape (n_dimensions,).
    scored
        Cells with enough data. Shape (n_cells,).
    """

    indicators: Sequence[Indicator]
    value: Floats
    dimension: NDArray[np.int64]
    dimension_weight: Floats
    scored: Bools


@dataclass(frozen=True, eq=False)
class Drawn:
    """Scores of all draws.

    Attributes
    ----------
    score
        NaN for cells without a score. Shape (draws, n_cells).
    on_goalposts
        Draws whose scores are on the scale of the fixed goalposts and may be compared with the
        central score; others can only be ranked. Shape (draws,).
    """

    score: Floats
    on_goalposts: Bools


def draw_scores(
    panel: Panel,
    sampled: Mapping[str, Floats],
    rules: CompositeRules,
    *,
    draws: int,
    rng: np.random.Generator,
    vary: Sequence[Factor] = FACTORS,
) -> Drawn:
    """Score every cell `draws` times, each with other choices.

    ``weights``: each times 1 ± spread. ``normalisation``: goalposts, or min–max over the cells
    after treatment of outliers, evenly. ``aggregation``: across dimensions geometric or
    arithmetic. ``imputation``: what is missing is left out, or counts as the median of the
    cells. ``sampling``: the inputs of the draw instead of the central ones.

    Parameters
    ----------
    panel
        Indicators, values and weights.
    sampled
        Values of every draw, for metrics that have them. Shape (draws, n_cells).
    rules
        Floor and spread of weights.
    draws
        Number of draws.
    rng
        Source of chance; the choices of a factor do not depend on which others vary.
    vary
        Factors that vary.
    """
    n_cells, count = panel.value.shape
    spread = rules.weight_spread if "weights" in vary else 0.0
    chance = rng.uniform(-1.0, 1.0, (draws, count + len(panel.dimension_weight)))
    coin = rng.random((draws, 3)) < 0.5
    own = np.array([one.weight for one in panel.indicators])
    weight = own * (1.0 + spread * chance[:, :count])
    dimension_weight = panel.dimension_weight * (1.0 + spread * chance[:, count:])
    minmax, arithmetic, median = (
        coin[:, k] & (factor in vary)
        for k, factor in enumerate(("normalisation", "aggregation", "imputation"))
    )
    treatments = [treat(one.scaled(panel.value[:, k])) for k, one in enumerate(panel.indicators)]
    score = np.full((draws, n_cells), np.nan)
    for first in range(0, draws, CHUNK):
        rows = slice(first, min(first + CHUNK, draws))
        points = []
        for k, one in enumerate(panel.indicators):
            central = panel.value[:, k][panel.scored]
            if "sampling" in vary and one.metric in sampled:
                value = sampled[one.metric][rows][:, panel.scored]
            else:
                value = np.broadcast_to(central, (rows.stop - rows.start, len(central)))
            points.append(
                _points(
                    one,
                    value,
                    treatments[k],
                    minmax=minmax[rows],
                    median=median[rows],
                    floor=rules.floor,
                )
            )
        score[rows, panel.scored] = _aggregated(
            points, panel.dimension, weight[rows], dimension_weight[rows], arithmetic[rows]
        )
    return Drawn(score, ~minmax)


def minmax_points(one: Indicator, value: Floats, treatment: Treatment) -> Floats:
    """Return values between the least and the greatest of their row on 0–100.

    A row of one value only says nothing about order and stays between its goalposts.
    """
    treated = treatment.apply(one.scaled(value))
    there = ~np.isnan(treated)
    least = np.min(treated, axis=-1, keepdims=True, initial=np.inf, where=there)
    greatest = np.max(treated, axis=-1, keepdims=True, initial=-np.inf, where=there)
    apart = greatest > least
    width = np.where(apart, greatest - least, 1.0)
    part = (treated - np.where(apart, least, 0.0)) / width
    part = part if one.direction > 0 else 1.0 - part
    return np.asarray(np.where(apart, 100.0 * part, one.points(value)))


def rank_shifts(
    panel: Panel,
    central: Floats,
    sampled: Mapping[str, Floats],
    rules: CompositeRules,
    *,
    draws: int,
    seed: int,
) -> dict[Factor, float]:
    """Return by how many places each factor alone moves a cell in the mean, greatest first.

    Parameters
    ----------
    panel, sampled, rules, draws
        See `draw_scores`.
    central
        Scores without variation. Shape (n_cells,).
    seed
        Every factor meets the same chance.
    """
    place = ranks(central[panel.scored], "min")
    shift: dict[Factor, float] = {}
    for factor in FACTORS:
        rng = np.random.default_rng(seed)
        drawn = draw_scores(panel, sampled, rules, draws=draws, rng=rng, vary=(factor,))
        moved = np.abs(ranks(drawn.score[:, panel.scored], "min") - place)
        shift[factor] = float(moved.mean()) if moved.size else 0.0
    return dict(sorted(shift.items(), key=lambda one: -one[1]))


def _points(
    one: Indicator,
    value: Floats,
    treatment: Treatment,
    *,
    minmax: Bools,
    median: Bools,
    floor: float,
) -> Floats:
    points = one.points(value)
    if minmax.any():
        points[minmax] = minmax_points(one, value[minmax], treatment)
    points = np.maximum(points, floor)
    gaps = np.isnan(points)
    if median.any() and gaps.any():
        known = ~gaps.all(axis=1) & median
        points[known] = np.where(gaps[known], _medians(points[known]), points[known])
    return points


def _medians(value: Floats) -> Floats:
    """Return the median of what each row has, and each has some. Shape (n_rows, 1)."""
    ordered = np.sort(value, axis=1)  # NaN come last
    count = (~np.isnan(value)).sum(axis=1, keepdims=True)
    below, above = ((count - 1) // 2, count // 2)
    return np.asarray(
        np.take_along_axis(ordered, below, axis=1) + np.take_along_axis(ordered, above, axis=1)
    ) / 2.0  # fmt: skip


def _aggregated(
    points: Sequence[Floats],
    dimension: NDArray[np.int64],
    weight: Floats,
    dimension_weight: Floats,
    arithmetic: Bools,
) -> Floats:
    """Return the scores of a chunk: as `gridmap.scoring.aggregation.aggregate`, array by array."""
    shape = points[0].shape
    geometric_sum, plain_sum, whole = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for g in range(dimension_weight.shape[1]):
        above, below = np.zeros(shape), np.zeros(shape)
        for k in np.flatnonzero(dimension == g).tolist():
            there = ~np.isnan(points[k])
            w = weight[:, k, None]
            above += np.where(there, points[k], 0.0) * w
            below += there * w
        there = below > 0.0
        mean = np.divide(above, below, out=np.ones(shape), where=there)
        w = there * dimension_weight[:, g, None]
        geometric_sum += np.log(mean) * w
        plain_sum += mean * w
        whole += w
    total = np.where(arithmetic[:, None], plain_sum, geometric_sum)
    mean = np.divide(total, whole, out=np.full(shape, np.nan), where=whole > 0.0)
    mean[~arithmetic] = np.exp(mean[~arithmetic])
    return np.asarray(mean)
