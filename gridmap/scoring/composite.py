"""Composite scores: from metrics to one number a cell, and how sure its rank is.

What is missing is never 0. In this order: a rate of nothing over nothing is 0 where that is
what it means (structural zero, see `Indicator.zero_of_nothing`); a figure of a few months before
stands in, and notes say so (`gridmap.scoring.market_inputs`); the indicator is left out and the
others weigh more; with too little data there is no score.

References
----------
OECD, JRC (2008). Handbook on constructing composite indicators.
Paruolo, P., Saisana, M., Saltelli, A. (2013). Ratings and rankings: voodoo or science? JRSS A 176
(importance by the correlation ratio, of which r² is the linear part).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridmap.scoring.aggregation import (
    THRESHOLD_SLACK,
    CompositeRules,
    Indicator,
    aggregate,
    geometric_mean,
    normalise,
    ranks,
    weighted_mean,
)
from gridmap.scoring.inputs import Floats, Ints
from gridmap.scoring.measures import Bools, CellValues, Notes, notes
from gridmap.scoring.outliers import Treatment, treat
from gridmap.scoring.robustness import Panel, draw_scores, minmax_points
from gridmap.scoring.sampling import band

__all__ = [
    "CompositeRules",
    "Double",
    "Indicator",
    "Score",
    "aggregate",
    "doubles",
    "effective_importance",
    "geometric_mean",
    "normalise",
    "panel_of",
    "period_ranking",
    "ranks",
    "score_composite",
    "structural_zeros",
    "weighted_mean",
]


@dataclass(frozen=True)
class Double:
    """An indicator that was left out because it says the same as another."""

    left_out: str
    kept: str
    correlation: float


@dataclass(frozen=True, eq=False)
class Score:
    """A composite score of every cell. Arrays have shape (n_cells,), NaN = no score.

    Attributes
    ----------
    value, p05, p50, p95
        Score on 0–100, its band and the median of the draws on the scale of the goalposts.
    rank_low, rank_high
        Band of the rank over all draws, 1 = best; always holds the rank of `value`.
    available, planned
        Indicators with data in each cell, and indicators planned.
    structural
        Which cells have an indicator that is 0 because there is nothing to count.
    left_out
        Indicators that some cells have, but too few.
    doubles
        Indicators that were left out because they say the same as another.
    note
        Why there is no score.
    """

    value: Floats
    p05: Floats
    p50: Floats
    p95: Floats
    rank_low: Floats
    rank_high: Floats
    available: Ints
    planned: int
    structural: Bools
    left_out: tuple[str, ...]
    doubles: tuple[Double, ...]
    note: Notes


def panel_of(
    indicators: Sequence[Indicator],
    central: Mapping[str, Floats],
    rules: CompositeRules,
    dimension_weights: Mapping[str, float] | None = None,
) -> tuple[Panel, tuple[str, ...], tuple[Double, ...]]:
    """Return what the score is made of, what too few cells have, and what stands twice.

    Indicators that too few cells have stay in the panel without values, so that a cell is
    measured by all that was planned; a double is no longer planned.
    """
    value = {one.metric: np.asarray(central[one.metric], dtype=np.float64) for one in indicators}
    spread = {name: float((~np.isnan(one)).mean()) for name, one in value.items()}
    scarce = {
        name for name, share in spread.items() if share < rules.data_threshold - THRESHOLD_SLACK
    }
    twice = doubles([one for one in indicators if one.metric not in scarce], value, rules)
    gone = {one.left_out for one in twice}
    used = [one for one in indicators if one.metric not in gone]
    names = list(dict.fromkeys(one.dimension for one in used))
    weights = dimension_weights or {}
    columns = [
        np.full_like(value[one.metric], np.nan) if one.metric in scarce else value[one.metric]
        for one in used
    ]
    table = np.stack(columns, axis=-1)
    scored = (~np.isnan(table)).mean(axis=-1) >= rules.data_threshold - THRESHOLD_SLACK
    dimension = np.array([names.index(one.dimension) for one in used], dtype=np.int64)
    importance = np.array([weights.get(name, 1.0) for name in names])
    panel = Panel(used, table, dimension, importance, scored)
    left_out = tuple(one.metric for one in used if one.metric in scarce and spread[one.metric] > 0)
    return panel, left_out, twice


def doubles(
    indicators: Sequence[Indicator], value: Mapping[str, Floats], rules: CompositeRules
) -> tuple[Double, ...]:
    """Return the indicators to leave out because |r| with another is above the limit.

    The later of a pair goes, unless it is the last of its dimension; then the earlier, and if
    both are the last of theirs, neither.
    """
    left = list(indicators)
    found: list[Double] = []

    def alone(one: Indicator) -> bool:
        return sum(other.dimension == one.dimension for other in left) == 1

    for at, first in enumerate(indicators):
        for second in indicators[at + 1 :]:
            if first not in left or second not in left:
                continue
            r = _correlation(
                first.scaled(value[first.metric]),
                second.scaled(value[second.metric]),
                rules.correlation_cells,
            )
            if abs(r) <= rules.correlation_limit:
                continue
            goes, stays = (first, second) if alone(second) else (second, first)
            if not alone(goes):
                left.remove(goes)
                found.append(Double(goes.metric, stays.metric, r))
    return tuple(found)


def structural_zeros(
    indicators: Sequence[Indicator], table: Mapping[str, CellValues]
) -> dict[str, Bools]:
    """Return where indicators are 0 because nothing stands above and below the line.

    Sums that are not known are no zeros. By metric, of those that can be; shape (n_cells,).
    """
    return {
        one.metric: np.isnan(table[one.metric].value)
        & (table[one.metric].numerator == 0.0)
        & (table[one.metric].denominator == 0.0)
        for one in indicators
        if one.zero_of_nothing
    }


def effective_importance(panel: Panel, score: Floats) -> dict[str, float]:
    """Return the share of each indicator in what tells the cells apart: r² with the score.

    The shares of all indicators sum to 1; a weight says what was meant, this what came of it.
    """
    squared = {
        one.metric: _correlation(one.points(panel.value[:, k]), score, 3) ** 2
        for k, one in enumerate(panel.indicators)
    }
    total = sum(squared.values())
    return {name: part / total if total > 0.0 else np.nan for name, part in squared.items()}


def period_ranking(panel: Panel, rules: CompositeRules) -> tuple[Floats, dict[str, Treatment]]:
    """Return ranks by min–max over the cells of one period, and what outliers needed.

    A place in this ranking may change because another cell did: it holds for its period only
    and is never a score. Ranks of shape (n_cells,), NaN = not ranked.
    """
    treatments = {
        one.metric: treat(one.scaled(panel.value[:, k])) for k, one in enumerate(panel.indicators)
    }
    points = np.stack(
        [
            minmax_points(one, panel.value[:, k], treatments[one.metric])
            for k, one in enumerate(panel.indicators)
        ],
        axis=-1,
    )
    score = _central(panel, np.maximum(points, rules.floor))
    place = np.full(len(score), np.nan)
    place[panel.scored] = ranks(score[panel.scored], "min")
    return place, treatments


def score_composite(
    indicators: Sequence[Indicator],
    central: Mapping[str, Floats],
    sampled: Mapping[str, Floats],
    rules: CompositeRules,
    *,
    draws: int,
    rng: np.random.Generator,
    dimension_weights: Mapping[str, float] | None = None,
    cells: Ints | None = None,
    zeros: Mapping[str, Bools] | None = None,
) -> Score:
    """Score every cell, and vary choices and inputs to see how sure scores and ranks are.

    Parameters
    ----------
    indicators
        What the score is made of, with their weights within their dimensions.
    central
        Value of each metric, NaN = missing. Shape (n_cells,).
    sampled
        Values of the metrics in every draw, for those that have them. Shape (draws, n_cells).
    rules
        Threshold of data, floor, spread of weights, limit of correlation.
    draws
        Number of draws.
    rng
        Source of chance.
    dimension_weights
        Weights of dimensions by name; 1 where none is given.
    cells
        The cells to score, of which `sampled` are, among all; None = all. What too few cells have
        and what stands twice is judged by all.
    zeros
        Answer of `structural_zeros`; None = there are none.
    """
    zeros = zeros or {}
    central = {name: np.where(zeros.get(name, False), 0.0, one) for name, one in central.items()}
    panel, left_out, twice = panel_of(indicators, central, rules, dimension_weights)
    if cells is not None:
        panel = replace(panel, value=panel.value[cells], scored=panel.scored[cells])
    points = np.stack(
        [one.points(panel.value[:, k]) for k, one in enumerate(panel.indicators)], axis=-1
    )
    value = _central(panel, np.maximum(points, rules.floor))
    # An indicator that too few cells have is not redrawn either.
    at = slice(None) if cells is None else cells
    known = {
        one.metric: np.where(zeros[one.metric][at], 0.0, sampled[one.metric])
        if one.metric in zeros
        else sampled[one.metric]
        for one in panel.indicators
        if one.metric in sampled and one.metric not in left_out
    }
    drawn = draw_scores(panel, known, rules, draws=draws, rng=rng)
    comparable = drawn.score[drawn.on_goalposts]
    low, high = band(comparable, value)
    middle = np.median(comparable, axis=0) if len(comparable) else value
    first, last = _rank_band(drawn.score, value, panel)
    note = notes(len(value))
    note[~panel.scored] = "too_little_data"
    available = (~np.isnan(panel.value)).sum(axis=-1).astype(np.int64)
    used = {one.metric for one in panel.indicators} - set(left_out)
    structural = np.zeros(len(value), dtype=bool)
    for name in used & zeros.keys():
        structural |= zeros[name][at]
    return Score(
        value, low, middle, high, first, last, available, len(panel.indicators), structural,
        left_out, twice, note,
    )  # fmt: skip


def _central(panel: Panel, points: Floats) -> Floats:
    weight = np.array([one.weight for one in panel.indicators])
    value = aggregate(points, panel.dimension, weight, panel.dimension_weight)
    value[~panel.scored] = np.nan
    return value


def _rank_band(samples: Floats, value: Floats, panel: Panel) -> tuple[Floats, Floats]:
    first, last = np.full(len(value), np.nan), np.full(len(value), np.nan)
    drawn, centre = samples[:, panel.scored], value[panel.scored]
    first[panel.scored], _ = band(ranks(drawn, "min"), ranks(centre, "min"))
    _, last[panel.scored] = band(ranks(drawn, "max"), ranks(centre, "max"))
    return first, last


def _correlation(one: Floats, other: Floats, least: int) -> float:
    """Return Pearson's r over the cells that have both; 0 if those are few or all the same."""
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < least:
        return 0.0
    first, second = one[both], other[both]
    if np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
