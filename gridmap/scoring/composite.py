"""Composite scores: from metrics to one number a cell, and how sure its rank is.

References
----------
OECD, JRC (2008). Handbook on constructing composite indicators.
UNDP. Human Development Report, technical notes (fixed goalposts, geometric mean).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from gridmap.scoring.inputs import Floats, Ints
from gridmap.scoring.measures import Notes, notes
from gridmap.scoring.sampling import band

#: Rounding of a printed threshold such as 0.6666667 for two thirds.
THRESHOLD_SLACK = 1e-6


@dataclass(frozen=True)
class Indicator:
    """A metric as part of a score.

    Attributes
    ----------
    metric
        Full name of the metric.
    dimension
        Dimension of the score that it belongs to.
    low, high
        Fixed goalposts: they don't move with the other cells.
    direction
        1 = more is better, -1 = less is better.
    scale
        ``odds`` brings a quotient x of two rivals to x/(1 + x) before the goalposts.
    """

    metric: str
    dimension: str
    low: float
    high: float
    direction: Literal[1, -1] = 1
    scale: Literal["linear", "odds"] = "linear"

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"Expected low < high, found {self.low} and {self.high}.")

    def points(self, value: Floats) -> Floats:
        """Return the value between its goalposts on 0–100, NaN = missing."""
        if self.scale == "odds":
            odds = np.ones_like(value)
            finite = ~np.isinf(value)
            odds[finite] = value[finite] / (1.0 + value[finite])
            value = odds
        return normalise(value, self.low, self.high, self.direction)


@dataclass(frozen=True)
class CompositeRules:
    """Rules that hold for both scores.

    Attributes
    ----------
    data_threshold
        Least share of data that a cell's score, or an indicator, needs.
    floor
        Least points of an indicator, on 0–100: a single 0 would make a geometric mean 0.
    weight_spread
        How far weights are varied to find the band of ranks, as a share.
    """

    data_threshold: float = 0.65
    floor: float = 1.0
    weight_spread: float = 0.25

    def __post_init__(self) -> None:
        if not 0.0 < self.data_threshold <= 1.0:
            raise ValueError(f"Expected data_threshold in (0, 1], found {self.data_threshold}.")
        if not 0.0 < self.floor < 100.0:
            raise ValueError(f"Expected floor in (0, 100), found {self.floor}.")
        if not 0.0 <= self.weight_spread < 1.0:
            raise ValueError(f"Expected weight_spread in [0, 1), found {self.weight_spread}.")


@dataclass(frozen=True, eq=False)
class Score:
    """A composite score of every cell. Arrays have shape (n_cells,), NaN = no score.

    Attributes
    ----------
    value, p05, p95
        Score on 0–100 and its band.
    rank_low, rank_high
        Band of the rank, 1 = best; always holds the rank of `value`.
    available, planned
        Indicators with data in each cell, and indicators planned.
    left_out
        Indicators that some cells have, but too few.
    note
        Why there is no score.
    """

    value: Floats
    p05: Floats
    p95: Floats
    rank_low: Floats
    rank_high: Floats
    available: Ints
    planned: int
    left_out: tuple[str, ...]
    note: Notes


def normalise(value: Floats, low: float, high: float, direction: int = 1) -> Floats:
    """Return a value between fixed goalposts on 0–100; beyond them it is cut off."""
    part = (value - low) / (high - low)
    return np.asarray(100.0 * np.clip(part if direction > 0 else 1.0 - part, 0.0, 1.0))


def weighted_mean(value: Floats, weight: Floats, threshold: float = 0.0) -> Floats:
    """Return the arithmetic mean over the last axis of what is there.

    Parameters
    ----------
    value
        Values, NaN = missing; the others' weights are scaled up. Shape (…, k).
    weight
        Weights, broadcast against `value`.
    threshold
        Least share of values that must be there, else the mean is missing.
    """
    there = ~np.isnan(value)
    used = np.where(there, weight, 0.0)
    total = used.sum(axis=-1)
    mean = np.full(total.shape, np.nan)
    enough = (total > 0.0) & (there.mean(axis=-1) >= threshold - THRESHOLD_SLACK)
    weighted = np.where(there, value, 0.0) * used
    np.divide(weighted.sum(axis=-1), total, out=mean, where=enough)
    return mean


def geometric_mean(value: Floats, weight: Floats) -> Floats:
    """Return the weighted geometric mean over the last axis of what is there (all > 0)."""
    return np.asarray(np.exp(weighted_mean(np.log(value), weight)))


def aggregate(
    points: Floats, dimension: NDArray[np.int64], weight: Floats, dimension_weight: Floats
) -> Floats:
    """Return arithmetic means within dimensions, and the geometric mean across them.

    Parameters
    ----------
    points
        Points of the indicators, NaN = missing. Shape (…, n_indicators).
    dimension
        Dimension of each indicator. Shape (n_indicators,).
    weight
        Weights of the indicators, broadcast against `points`.
    dimension_weight
        Weights of the dimensions. Shape (…, n_dimensions).
    """
    within = [
        weighted_mean(points[..., dimension == k], weight[..., dimension == k])
        for k in range(dimension_weight.shape[-1])
    ]
    return geometric_mean(np.stack(within, axis=-1), dimension_weight)


def ranks(score: Floats, method: Literal["min", "max"]) -> Floats:
    """Return ranks over the last axis, 1 = highest score; NaN keeps out of the ranking."""
    return np.asarray(rankdata(-score, method=method, axis=-1, nan_policy="omit"))


def score_composite(
    indicators: Sequence[Indicator],
    central: Mapping[str, Floats],
    sampled: Mapping[str, Floats],
    rules: CompositeRules,
    *,
    draws: int,
    rng: np.random.Generator,
    scarce: Mapping[str, bool] | None = None,
) -> Score:
    """Score every cell, and vary weights and inputs to see how sure the ranks are.

    Parameters
    ----------
    indicators
        What the score is made of, weighted equally within a dimension, and the dimensions
        equally with each other.
    central
        Value of each metric, NaN = missing. Shape (n_cells,).
    sampled
        Values of the metrics in every draw, for those that have them. Shape (draws, n_cells).
    rules
        Threshold of data, floor and spread of weights.
    draws
        Number of draws.
    rng
        Source of chance.
    scarce
        Metrics that too few cells have, and whether any has them, where these cells are not all;
        None = judged by these cells.
    """
    names = list(dict.fromkeys(one.dimension for one in indicators))
    dimension = np.array([names.index(one.dimension) for one in indicators], dtype=np.int64)
    points = np.stack([one.points(central[one.metric]) for one in indicators], axis=-1)
    spread_over = (~np.isnan(points)).mean(axis=0)
    few = spread_over < rules.data_threshold - THRESHOLD_SLACK
    some = spread_over > 0.0
    if scarce is not None:
        few = np.array([one.metric in scarce for one in indicators])
        some = np.array([scarce.get(one.metric, False) for one in indicators])
    points[:, few] = np.nan
    points = np.maximum(points, rules.floor)
    available = (~np.isnan(points)).sum(axis=-1).astype(np.int64)
    scored = available / len(indicators) >= rules.data_threshold - THRESHOLD_SLACK

    even, even_dimensions = np.ones(len(indicators)), np.ones(len(names))
    value = aggregate(points, dimension, even, even_dimensions)
    value[~scored] = np.nan

    drawn = np.broadcast_to(points, (draws, *points.shape)).copy()
    for k, one in enumerate(indicators):
        if one.metric in sampled and not few[k]:
            drawn[:, :, k] = np.maximum(one.points(sampled[one.metric]), rules.floor)
    spread = rules.weight_spread
    weight = rng.uniform(1.0 - spread, 1.0 + spread, (draws, 1, len(indicators)))
    dimension_weight = rng.uniform(1.0 - spread, 1.0 + spread, (draws, 1, len(names)))
    samples = aggregate(drawn, dimension, weight, dimension_weight)
    samples[:, ~scored] = np.nan

    low, high = band(samples, value)
    first, _ = band(ranks(samples, "min"), ranks(value, "min"))
    _, last = band(ranks(samples, "max"), ranks(value, "max"))
    note = notes(len(value))
    note[~scored] = "too_little_data"
    left_out = tuple(indicators[k].metric for k in np.flatnonzero(few & some).tolist())
    return Score(value, low, high, first, last, available, len(indicators), left_out, note)
