"""Fit the Huff model to observed shares.

Where shares by zone and outlet are known, the model is linear in its exponents once each share is
divided by the geometric mean of its zone (log-centring), whatever the other choices and the
outside option are. Where only the totals of outlets are known, they are fitted by least squares of
their logarithms.

References
----------
Nakanishi, M., Cooper, L. G. (1974). Parameter estimation for a multiplicative competitive
interaction model: least squares approach. Journal of Marketing Research 11.
Cooper, L. G., Nakanishi, M. (1988). Market-Share Analysis. Kluwer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from gridmap.errors import InputError, fault
from gridmap.scoring.huff import HuffModel
from gridmap.scoring.inputs import Floats

#: Fewest zones with two outlets or more, and fewest pairs of zone and outlet, to fit from.
LEAST_ZONES, LEAST_PAIRS = 5, 20
#: Fewest outlets to fit from where only their totals are known.
LEAST_OUTLETS = 10
#: Attractions whose logarithms spread less than this cannot tell an exponent.
SAME = 1e-9
#: Condition number beyond which attraction and travel time cannot be told apart.
WORST_CONDITION = 1e6

ZeroShares = Literal["drop", "half"]


@dataclass(frozen=True)
class HuffFit:
    """A fitted Huff model.

    Attributes
    ----------
    model
        The model with its fitted exponents.
    beta_error, alpha_error
        Standard errors of the exponents; that of α is NaN where α was not fitted.
    r_squared
        Share of the variance of the log-centred shares (or log totals) that the model explains.
    n_pairs, n_zones
        Shares and zones it was fitted from; outlets and 0 where only totals are known.
    n_zeros
        Shares of 0 that were dropped or replaced.
    """

    model: HuffModel
    beta_error: float
    alpha_error: float
    r_squared: float
    n_pairs: int
    n_zones: int
    n_zeros: int

    def report(self) -> dict[str, float | int | str | None]:
        """Return the figures for the report of a plan."""
        fitted_alpha = bool(np.isfinite(self.alpha_error))
        return {
            "kernel": self.model.kernel,
            "beta": self.model.beta,
            "beta_error": self.beta_error,
            "alpha": self.model.alpha,
            "alpha_error": self.alpha_error if fitted_alpha else None,
            "r_squared": self.r_squared,
            "pairs": self.n_pairs,
            "zones": self.n_zones,
            "zeros": self.n_zeros,
        }


def fit_zone_shares(
    amount: Floats,
    minutes: Floats,
    attraction: Floats,
    model: HuffModel,
    *,
    zero_shares: ZeroShares = "drop",
) -> HuffFit:
    """Fit α and β to what the customers of zones have from outlets.

    Parameters
    ----------
    amount
        Subscribers or sales, NaN = unknown. Shape (n_zones, n_outlets).
    minutes
        Travel minutes, NaN = unreachable. Shape (n_zones, n_outlets).
    attraction
        Attraction of each outlet. Shape (n_outlets,).
    model
        Kernel, t₀ and outside option; α where the attractions do not differ.
    zero_shares
        An amount of 0 has no logarithm: ``drop`` leaves it out of the choices of its zone, which
        overstates what is far or small; ``half`` puts half of the zone's smallest amount above 0
        in its place.

    Raises
    ------
    InputError
        If there are too few shares, or travel times and attractions do not differ enough.
    """
    known = np.isfinite(amount) & np.isfinite(minutes) & (attraction > 0.0)
    zero = known & (amount == 0.0)
    positive = known & (amount > 0.0)
    least = np.where(positive, amount, np.inf).min(axis=1, initial=np.inf)
    if zero_shares == "half":
        filled = np.where(zero, least[:, None] / 2.0, amount)
        use = positive | (zero & np.isfinite(least)[:, None])
    else:
        filled, use = amount, positive
    use &= (use.sum(axis=1) >= 2)[:, None]
    n_pairs, n_zones = int(use.sum()), int(use.any(axis=1).sum())
    if n_zones < LEAST_ZONES or n_pairs < LEAST_PAIRS:
        raise InputError(
            fault(
                "scoring.fault.too_few_shares", "market",
                zones=n_zones, pairs=n_pairs, least_zones=LEAST_ZONES, least_pairs=LEAST_PAIRS,
            )
        )  # fmt: skip
    zone = np.nonzero(use)[0]
    log_share = _centred(np.log(filled[use]), zone)
    log_size = _centred(np.log(np.broadcast_to(attraction, amount.shape)[use]), zone)
    decline = _centred(_decline(minutes[use], model), zone)
    fit_alpha = float(np.abs(log_size).max()) > SAME
    y = log_share if fit_alpha else log_share - model.alpha * log_size
    x = np.column_stack([decline, log_size] if fit_alpha else [decline])
    slope, error, unexplained = _least_squares(x, y, n_pairs - n_zones)
    return HuffFit(
        *_fitted(model, slope, error, fit_alpha=fit_alpha),
        r_squared=1.0 - unexplained / float((y**2).sum()),
        n_pairs=n_pairs,
        n_zones=n_zones,
        n_zeros=int(zero.sum()),
    )


def fit_outlet_totals(
    total: Floats, weight: Floats, minutes: Floats, attraction: Floats, model: HuffModel
) -> HuffFit:
    """Fit α and β to the totals of outlets, where nobody knows whose customers they are.

    An outlet may expect Σ_i w_i P_ij; the logarithms of the totals and of what is expected, each
    less its mean over the outlets whose total is known, are brought together by least squares.
    Outlets without a known total compete all the same; totals of 0 are left out.

    Parameters
    ----------
    total
        Sales of each outlet, NaN = unknown. Shape (n_outlets,).
    weight
        Demand of each place. Shape (n_places,).
    minutes
        Travel minutes, NaN = unreachable. Shape (n_places, n_outlets).
    attraction
        Attraction of each outlet. Shape (n_outlets,).
    model
        Kernel, t₀ and outside option, and where the search begins.

    Raises
    ------
    InputError
        If there are too few totals, or β has no sensible value.
    """
    reached = np.isfinite(minutes)
    use = (total > 0.0) & (attraction > 0.0) & reached.any(axis=0)
    n_zeros = int((total == 0.0).sum())
    n = int(use.sum())
    if n < LEAST_OUTLETS:
        raise InputError(
            fault("scoring.fault.too_few_totals", "market", outlets=n, least=LEAST_OUTLETS)
        )
    far = np.where(reached, minutes, np.inf)
    log_total = np.log(total[use])
    log_total -= log_total.mean()
    log_size = np.log(attraction[attraction > 0.0])
    fit_alpha = float(np.ptp(log_size)) > SAME

    def at(slope: Floats) -> HuffModel:
        alpha = float(slope[1]) if fit_alpha else model.alpha
        return replace(model, beta=float(np.exp(slope[0])), alpha=max(alpha, 0.0))

    def misfit(slope: Floats) -> Floats:
        utility = at(slope).utilities(far, attraction)
        below = model.outside + utility.sum(axis=1, keepdims=True)
        share = np.divide(utility, below, out=np.zeros_like(utility), where=below > 0.0)
        expected = np.log(np.maximum(weight @ share, 1e-300))[use]
        return np.asarray(expected - expected.mean() - log_total)

    start = np.array([np.log(model.beta), model.alpha] if fit_alpha else [np.log(model.beta)])
    found = least_squares(misfit, start, x_scale="jac", max_nfev=60)
    spare = n - 1 - len(start)
    slopes = np.array(found.jac, dtype=np.float64)
    information = slopes.T @ slopes
    if np.linalg.cond(information) > WORST_CONDITION**2 or not found.success:
        raise InputError(fault("scoring.fault.cannot_tell", "market", pairs=n))
    covariance = np.linalg.inv(information) * (2.0 * found.cost / spare)
    fitted = at(found.x)
    return HuffFit(
        model=fitted,
        # β is searched as its logarithm.
        beta_error=float(np.sqrt(covariance[0, 0]) * fitted.beta),
        alpha_error=float(np.sqrt(covariance[1, 1])) if fit_alpha else float("nan"),
        r_squared=1.0 - 2.0 * float(found.cost) / float((log_total**2).sum()),
        n_pairs=n,
        n_zones=0,
        n_zeros=n_zeros,
    )


def _decline(minutes: Floats, model: HuffModel) -> Floats:
    """Return g(t) of each kernel, by which ln f = −θ·g(t); θ is β, or β² for the Gaussian."""
    if model.kernel == "power":
        return np.asarray(np.log(np.maximum(minutes, model.least_min)))
    return minutes if model.kernel == "exponential" else 0.5 * minutes**2


def _centred(values: Floats, zone: NDArray[np.int64]) -> Floats:
    """Return values less the mean of their zone, as logarithms over a geometric mean are."""
    mean = np.bincount(zone, values) / np.maximum(np.bincount(zone), 1)
    return np.asarray(values - mean[zone])


def _least_squares(x: Floats, y: Floats, rank: int) -> tuple[Floats, Floats, float]:
    """Return slopes, their standard errors and the squares left over.

    `rank` is the number of observations less the means that were taken out of them.
    """
    spread = np.sqrt((x**2).sum(axis=0))
    if (spread <= SAME).any() or np.linalg.cond(x / spread) > WORST_CONDITION:
        raise InputError(fault("scoring.fault.cannot_tell", "market", pairs=len(y)))
    slope, *_ = np.linalg.lstsq(x, y, rcond=None)
    left = float(((y - x @ slope) ** 2).sum())
    variance = left / (rank - x.shape[1])
    error = np.sqrt(variance * np.diag(np.linalg.inv(x.T @ x)))
    return np.asarray(slope), np.asarray(error), left


def _fitted(
    model: HuffModel, slope: Floats, error: Floats, *, fit_alpha: bool
) -> tuple[HuffModel, float, float]:
    """Return the model with its slopes, and the standard errors of β and α."""
    theta, theta_error = -float(slope[0]), float(error[0])
    if theta <= 0.0:
        raise InputError(
            fault("scoring.fault.beta_not_positive", "market", found=theta, error=theta_error)
        )
    beta, beta_error = theta, theta_error
    if model.kernel == "gaussian":
        beta = float(np.sqrt(theta))
        beta_error = theta_error / (2.0 * beta)
    if not fit_alpha:
        return replace(model, beta=beta), beta_error, float("nan")
    alpha, alpha_error = float(slope[1]), float(error[1])
    return replace(model, beta=beta, alpha=max(alpha, 0.0)), beta_error, alpha_error
