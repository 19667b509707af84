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
from numpy.typing import NDArray

from gridmap.scoring.inputs import Floats, Minutes
from gridmap.scoring.reach import blocks


@dataclass(frozen=True)
class HuffModel:
    """Parameters of the model P_ij = A_j^α f(t_ij) / (A₀ + Σ_k A_k^α f(t_ik)), f = max(t, t₀)^−β.

    Attributes
    ----------
    beta
        Exponent β of travel time.
    alpha
        Exponent α of attraction.
    least_min
        Time t₀ in minutes: nearer than this makes no difference.
    outside
        Attraction A₀ of buying nowhere here; 0 = everybody buys from some outlet.
    """

    beta: float = 2.0
    alpha: float = 1.0
    least_min: float = 1.0
    outside: float = 0.0

    def __post_init__(self) -> None:
        if self.beta <= 0.0 or self.least_min <= 0.0:
            raise ValueError(
                f"Expected beta and least_min > 0, found {self.beta} and {self.least_min}."
            )
        if self.alpha < 0.0 or self.outside < 0.0:
            raise ValueError(
                f"Expected alpha and outside >= 0, found {self.alpha} and {self.outside}."
            )

    def utilities(self, minutes: Floats, attraction: Floats) -> Floats:
        """Return A_j^α f(t_ij); unreachable (infinite) is 0. Shape (n_demand, n_outlets)."""
        decay: Floats = np.maximum(minutes, self.least_min) ** -self.beta
        return np.asarray(decay * attraction**self.alpha)


def huff_shares(
    minutes: Minutes,
    attraction: Floats,
    group: NDArray[np.int64],
    n_groups: int,
    model: HuffModel,
) -> Floats:
    """Return the share of each demand point that each group of outlets may expect.

    Parameters
    ----------
    minutes
        Travel minutes, NaN = unreachable. Shape (n_demand, n_outlets).
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
    member = np.zeros((len(group), n_groups))
    member[np.arange(len(group)), group] = 1.0
    shares = np.full((len(minutes), n_groups), np.nan)
    for part, block in blocks(minutes):
        utility = np.einsum("do,og->dg", model.utilities(block, attraction), member)
        total = model.outside + utility.sum(axis=1, keepdims=True)
        np.divide(utility, total, out=shares[part], where=total > 0.0)
    return shares
