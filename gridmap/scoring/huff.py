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

from gridmap.scoring.travel_times import Floats, TravelTimes


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
        """Return A_j^α f(t_ij), entry by entry; infinite minutes give 0."""
        decay: Floats = np.maximum(minutes, self.least_min) ** -self.beta
        return np.asarray(decay * attraction**self.alpha)


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
