"""The Huff model: what share of demand a set of outlets may expect, given the others.

References
----------
Huff, D. L. (1963). A probabilistic analysis of shopping center trade areas. Land Economics 39.
Nakanishi, M., Cooper, L. G. (1974). Parameter estimation for a multiplicative competitive
interaction model. Journal of Marketing Research 11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.policies import HuffKernel, ScoringPolicy
from gridmap.scoring.travel_times import Floats, TravelTimes

#: Below this e^x is too small a number to divide by.
LEAST_EXPONENT = -690.0


@dataclass(frozen=True)
class HuffModel:
    """Parameters of the model P_ij = A_j^α f(t_ij) / (A₀ + Σ_k A_k^α f(t_ik)).

    The kernel f is max(t, t₀)^−β (``power``), e^−βt (``exponential``) or e^−(βt)²/2
    (``gaussian``, with a spread of 1/β minutes).

    Attributes
    ----------
    beta
        Decay β with travel time; per minute but for the power kernel.
    alpha
        Exponent α of attraction.
    least_min
        Time t₀ in minutes: nearer than this makes no difference to the power kernel.
    outside
        Attraction A₀ of buying nowhere here; 0 = everybody buys from some outlet.
    kernel
        Form of f.
    """

    beta: float = 2.0
    alpha: float = 1.0
    least_min: float = 1.0
    outside: float = 0.0
    kernel: HuffKernel = "power"

    def __post_init__(self) -> None:
        if self.beta <= 0.0 or self.least_min <= 0.0:
            raise ValueError(
                f"Expected beta and least_min > 0, found {self.beta} and {self.least_min}."
            )
        if self.alpha < 0.0 or self.outside < 0.0:
            raise ValueError(
                f"Expected alpha and outside >= 0, found {self.alpha} and {self.outside}."
            )

    @classmethod
    def of(cls, policy: ScoringPolicy) -> HuffModel:
        """Return the model with the parameters of a policy."""
        return cls(
            policy.beta,
            policy.huff_alpha,
            policy.huff_least_min,
            policy.huff_outside,
            policy.huff_kernel,
        )

    def decay(self, minutes: Floats) -> Floats:
        """Return f(t); unreachable (infinite) is 0. Shape as `minutes`."""
        if self.kernel == "power":
            return np.asarray(np.maximum(minutes, self.least_min) ** -self.beta)
        steps = self.beta * minutes
        exponent = -steps if self.kernel == "exponential" else -0.5 * steps**2
        # What is reachable keeps some attraction: a lone outlet far away has all the demand.
        decay = np.exp(np.maximum(exponent, LEAST_EXPONENT))
        return np.asarray(np.where(np.isfinite(minutes), decay, 0.0))

    def utilities(self, minutes: Floats, attraction: Floats) -> Floats:
        """Return A_j^α f(t_ij); entry by entry; infinite minutes give 0."""
        return np.asarray(self.decay(minutes) * attraction**self.alpha)


def kind_attraction(kind: pd.Series[str], policy: ScoringPolicy) -> Floats:
    """Return the attraction of outlets by their kind, 1 for a kind without. Shape (n_outlets,)."""
    factors = kind.map(policy.kind_attraction).fillna(1.0)
    return np.asarray(factors.to_numpy(), dtype=np.float64)


def huff_shares(
    times: TravelTimes,
    attraction: Floats,
    group: NDArray[np.int64],
    n_groups: int,
    model: HuffModel,
) -> Floats:
    """Return the share of each demand point that each group of outlets may expect.

    A point chooses among the outlets of its list, see `gridmap.scoring.travel_times`.

    Parameters
    ----------
    times
        Travel times.
    attraction
        Attraction of each outlet. Shape (n_outlets,).
    group
        Group of each outlet, for example its operator. Shape (n_outlets,).
    n_groups
        Number of groups.
    model
        Parameters.

    Returns
    -------
    Floats
        Shares; they sum to 1 over the groups, or less with an outside option. NaN where a
        point reaches no outlet and there is no outside option. Shape (n_demand, n_groups).
    """
    shares = np.full((times.n_places, n_groups), np.nan)
    for block in times.blocks():
        utility = model.utilities(block.minutes, attraction[block.outlet])
        into = block.row * n_groups + group[block.outlet]
        n_rows = block.places.stop - block.places.start
        summed = np.bincount(into, weights=utility, minlength=n_rows * n_groups)
        summed = summed.reshape(n_rows, n_groups)
        total = model.outside + summed.sum(axis=1, keepdims=True)
        np.divide(summed, total, out=shares[block.places], where=total > 0.0)
    return shares[times.place]


def cut_slack(
    times: TravelTimes, attraction: Floats, ours: NDArray[np.bool_], model: HuffModel
) -> Floats:
    """Return how far one outlet more can move our share of each demand point the wrong way.

    An outlet more puts the farthest one out of a list that is full. If it pulls less than that
    one, which is on its side, its side loses, where with all outlets in the list it would win.
    With S = our pull, U = S + the others' + A₀ and d = (A^α − a^α) f(t) of the farthest outlet, A
    its attraction and a the least in the list, the share moves by d (U − S)/(U (U − d)) at most
    if the farthest is ours, by d S/(U (U − d)) if it is not: by nothing where all are alike. It
    is taken for granted that the outlet more is as attractive as the least in the list.

    Parameters
    ----------
    times
        Travel times.
    attraction
        Attraction of each outlet. Shape (n_outlets,).
    ours
        Which outlets are ours. Shape (n_outlets,).
    model
        Parameters.

    Returns
    -------
    Floats
        0 where the list is not cut. Shape (n_demand,).
    """
    slack = np.zeros(times.n_places)
    cut = times.cut
    if not cut.any() or np.ptp(attraction) == 0.0:
        return slack[times.place]
    for block in times.blocks():
        n_rows = block.places.stop - block.places.start
        pull = attraction[block.outlet] ** model.alpha
        utility = model.decay(block.minutes) * pull
        mine = ours[block.outlet]
        total = model.outside + np.bincount(block.row, utility, n_rows)
        own = np.bincount(block.row[mine], utility[mine], n_rows)
        least = np.full(n_rows, np.inf)
        np.minimum.at(least, block.row, pull)
        full = np.flatnonzero(cut[block.places])
        last = np.searchsorted(block.row, full, side="right") - 1
        d = (pull[last] - least[full]) * model.decay(block.minutes[last])
        some = d > 0.0
        last, d, total, own = last[some], d[some], total[full[some]], own[full[some]]
        others = np.where(mine[last], total - own, own)
        # Where nothing else pulls, one outlet more may take everything.
        moved = np.ones(len(d))
        np.divide(d / total * others, total - d, out=moved, where=total > d)
        slack[block.places.start + full[some]] = np.minimum(moved, 1.0)
    return slack[times.place]
