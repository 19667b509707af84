"""Position by subscribers: share, growth and ported numbers, where an operator has the figures."""

from __future__ import annotations

import numpy as np

from gridmap.scoring.inputs import Floats, MarketCounts
from gridmap.scoring.measures import CellValues, amount, missing, quotient, rate
from gridmap.scoring.position import share_position

#: Metrics of this module, in their order.
MARKET_METRICS = (
    "share",
    "share_shrunk",
    "additions_share",
    "fair_share_index",
    "net_adds",
    "net_adds_per_1k",
    "churn",
    "port_balance",
    "port_balance_per_1k",
)


def empirical_bayes_share(ours: Floats, total: Floats) -> Floats:
    """Return shares drawn towards the region's share, the more the fewer subscribers a cell has.

    θ_c = m + C_c (p_c − m), C_c = A/(A + m/n_c), with the region's share m = Σours/Σn,
    s² = Σ n_c (p_c − m)²/Σ n_c and A = max(0, s² − m/n̄).

    Parameters
    ----------
    ours, total
        Our and all subscribers; a cell with an unknown figure or none at all gives NaN and
        does not count in the region. Shape (n_cells,).

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators.
    Applied Statistics 40.
    """
    raw = quotient(ours, total)
    known = ~np.isnan(raw)
    result = np.full(len(raw), np.nan)
    if not known.any():
        return result
    n, p = total[known], raw[known]
    mean = ours[known].sum() / n.sum()
    between = max(0.0, float((n * (p - mean) ** 2).sum() / n.sum() - mean / n.mean()))
    trust = np.zeros(len(n)) if between == 0.0 else between / (between + mean / n)
    result[known] = mean + trust * (p - mean)
    return result


def shrunk_share(ours: Floats, total: Floats, kappa: float) -> Floats:
    """Return (U_own + κ·s_region)/(U + κ): as if κ subscribers shared like the region were added.

    A cell with an unknown figure gives NaN; one without subscribers gives the region's share.
    """
    known = ~(np.isnan(ours) | np.isnan(total))
    everyone = total[known].sum()
    if everyone <= 0.0:
        return np.full(len(ours), np.nan)
    region = ours[known].sum() / everyone
    return quotient(ours + kappa * region, total + kappa)


def fair_share_index(
    additions: Floats, all_additions: Floats, ours: Floats, total: Floats
) -> Floats:
    """Return our share of the gross additions over our share of the base; above 1 = gaining."""
    return quotient(quotient(additions, all_additions), quotient(ours, total))


def market_position(market: MarketCounts, *, kappa: float | None = None) -> dict[str, CellValues]:
    """Return the metrics that rest on subscribers.

    Parameters
    ----------
    market
        Figures by cell and operator.
    kappa
        Weight of the region in the shrunk share; None = empirical Bayes.

    Returns
    -------
    dict
        All of `MARKET_METRICS`, missing ones too, and those of `share_position`.
    """
    base = market.subscribers
    n_cells = len(base)
    ours, total = base[:, 0], base.sum(axis=1)
    n = np.nan_to_num(total)
    found = {name: missing(n_cells, "no_flow_data") for name in MARKET_METRICS}
    found |= share_position(base, "rests_on_subscribers")
    found["share"] = rate(ours, total, n, empty="no_subscribers")
    shrunk = (
        empirical_bayes_share(ours, total) if kappa is None else shrunk_share(ours, total, kappa)
    )
    found["share_shrunk"] = amount(shrunk, n, empty="no_subscribers", additive=False)
    if market.additions is not None:
        new, all_new = market.additions[:, 0], market.additions.sum(axis=1)
        found["additions_share"] = rate(new, all_new, np.nan_to_num(all_new), empty="no_flow_data")
        index = fair_share_index(new, all_new, ours, total)
        found["fair_share_index"] = amount(
            index, np.nan_to_num(all_new), empty="no_flow_data", additive=False
        )
        if market.departures is not None:
            net = new - market.departures[:, 0]
            found["net_adds"] = amount(net, n, empty="no_flow_data")
            found["net_adds_per_1k"] = rate(net, ours / 1e3, n, empty="no_flow_data")
    if market.departures is not None:
        found["churn"] = rate(market.departures[:, 0], ours, n, empty="no_flow_data")
    if market.ported_in is not None and market.ported_out is not None:
        balance = port_balance(market.ported_in, market.ported_out)[:, 0]
        found["port_balance"] = amount(balance, n, empty="no_flow_data")
        found["port_balance_per_1k"] = rate(balance, ours / 1e3, n, empty="no_flow_data")
    return found


def port_balance(ported_in: Floats, ported_out: Floats) -> Floats:
    """Return numbers ported in less those ported out; over all operators they sum to 0."""
    return ported_in - ported_out
