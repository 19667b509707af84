"""Indicators between their goalposts, and the means that make one number of them.

References
----------
OECD, JRC (2008). Handbook on constructing composite indicators.
UNDP. Human Development Report, technical notes (fixed goalposts, geometric mean).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from gridmap.scoring.inputs import Floats

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
    weight
        Weight within its dimension.
    zero_of_nothing
        Whether the indicator is 0, and not missing, where both sums of its rate are known to be
        0: what there is nothing of cannot be too much or go away. Never for a share, of which
        nothing is as good as anything.
    """

    metric: str
    dimension: str
    low: float
    high: float
    direction: Literal[1, -1] = 1
    scale: Literal["linear", "odds"] = "linear"
    weight: float = 1.0
    zero_of_nothing: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"Expected low < high, found {self.low} and {self.high}.")
        if not 0.0 <= self.weight < math.inf:
            raise ValueError(f"Expected a weight of 0 or more, found {self.weight}.")

    def points(self, value: Floats) -> Floats:
        """Return the value between its goalposts on 0–100, NaN = missing."""
        return normalise(self.scaled(value), self.low, self.high, self.direction)

    def scaled(self, value: Floats) -> Floats:
        """Return the value on the scale of the goalposts."""
        if self.scale == "linear":
            return value
        odds = np.ones_like(value)
        finite = ~np.isinf(value)
        odds[finite] = value[finite] / (1.0 + value[finite])
        return odds


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
    correlation_limit
        Of two indicators whose |r| is above it, one is left out.
    correlation_cells
        Least number of cells that have both, for a correlation to be believed.
    """

    data_threshold: float = 0.65
    floor: float = 1.0
    weight_spread: float = 0.25
    correlation_limit: float = 0.95
    correlation_cells: int = 30

    def __post_init__(self) -> None:
        if not 0.0 < self.data_threshold <= 1.0:
            raise ValueError(f"Expected data_threshold in (0, 1], found {self.data_threshold}.")
        if not 0.0 < self.floor < 100.0:
            raise ValueError(f"Expected floor in (0, 100), found {self.floor}.")
        if not 0.0 <= self.weight_spread < 1.0:
            raise ValueError(f"Expected weight_spread in [0, 1), found {self.weight_spread}.")


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
    if np.isnan(score).any():
        return np.asarray(rankdata(-score, method=method, axis=-1, nan_policy="omit"))
    return np.asarray(rankdata(-score, method=method, axis=-1), dtype=np.float64)
