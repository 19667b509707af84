"""Position by subscribers: share, growth and ported numbers, where an operator has the figures."""

from __future__ import annotations

import numpy as np

from gridmap.scoring.inputs import Floats, MarketCounts
from gridmap.scoring.measures import CellValues, Notes, amount, missing, quotient, rate
from gridmap.scoring.position import share_position

GROWTH_METRICS = ("base_growth", "market_growth", "share_change")
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
    *GROWTH_METRICS,
    "penetration",
    "target_attainment",
)
#: Those that need the figures of the rivals.
SHARE_METRICS = ("share", "share_shrunk", "additions_share", "fair_share_index")


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
        All of `MARKET_METRICS`, missing ones too, and those of `share_position` where the figures
        of rivals are known.
    """
    base = market.subscribers
    n_cells = len(base)
    ours, total = base[:, 0], base.sum(axis=1)
    n = np.nan_to_num(total)
    found = {name: missing(n_cells, "no_flow_data") for name in MARKET_METRICS}
    found |= {name: missing(n_cells, "no_rival_figures") for name in SHARE_METRICS}
    found |= {name: missing(n_cells, "no_history") for name in GROWTH_METRICS}
    found["penetration"] = missing(n_cells, "no_households")
    found["target_attainment"] = missing(n_cells, "no_target")
    if market.compares:
        found |= share_position(base, market.notes)
        found["share"] = rate(ours, total, n, empty="no_subscribers", note=market.notes)
        shrunk = (
            empirical_bayes_share(ours, total)
            if kappa is None
            else shrunk_share(ours, total, kappa)
        )
        found["share_shrunk"] = amount(
            shrunk, n, empty="no_subscribers", note=market.notes, additive=False
        )
        for name in ("additions_share", "fair_share_index"):
            found[name] = missing(n_cells, "no_flow_data")
        if market.additions is not None:
            found |= _additions(market.additions, ours, total, market.notes)
    return found | _flows(market) | _growth(market) | _places(market)


def _additions(
    additions: Floats, ours: Floats, total: Floats, note: Notes
) -> dict[str, CellValues]:
    new, all_new = additions[:, 0], additions.sum(axis=1)
    n = np.nan_to_num(all_new)
    index = fair_share_index(new, all_new, ours, total)
    return {
        "additions_share": rate(new, all_new, n, empty="no_flow_data", note=note),
        "fair_share_index": amount(index, n, empty="no_flow_data", note=note, additive=False),
    }


def _flows(market: MarketCounts) -> dict[str, CellValues]:
    """Return what comes and goes, for us alone, over our mean base."""
    base = market.subscribers if market.mean_base is None else market.mean_base
    ours = base[:, 0]
    n = np.nan_to_num(ours)
    found: dict[str, CellValues] = {}

    def tell(key: str, value: Floats) -> None:
        found[key] = amount(value, n, empty="no_flow_data", note=market.notes)
        found[f"{key}_per_1k"] = rate(value, ours / 1e3, n, empty="no_flow_data", note=market.notes)

    if market.departures is not None:
        lost = market.departures[:, 0]
        found["churn"] = rate(lost, ours, n, empty="no_flow_data", note=market.notes)
        if market.additions is not None:
            tell("net_adds", market.additions[:, 0] - lost)
    if market.ported_in is not None and market.ported_out is not None:
        tell("port_balance", port_balance(market.ported_in, market.ported_out)[:, 0])
    return found


def _growth(market: MarketCounts) -> dict[str, CellValues]:
    """Return growth since the earlier month: ours, the market's, and that of our share."""
    if market.earlier is None:
        return {}
    then, now = market.earlier, market.subscribers
    n = np.nan_to_num(now[:, 0])
    found = {
        "base_growth": rate(
            now[:, 0] - then[:, 0], then[:, 0], n, empty="no_history", note=market.notes
        )
    }
    if market.compares:
        all_then, all_now = then.sum(axis=1), now.sum(axis=1)
        found["market_growth"] = rate(
            all_now - all_then, all_then, n, empty="no_history", note=market.notes
        )
        change = quotient(now[:, 0], all_now) - quotient(then[:, 0], all_then)
        found["share_change"] = amount(
            change, n, empty="no_history", note=market.notes, additive=False
        )
    return found


def _places(market: MarketCounts) -> dict[str, CellValues]:
    """Return what rests on households and targets."""
    found: dict[str, CellValues] = {}
    if market.households is not None:
        ours, homes = market.subscribers[:, 0], market.households
        found["penetration"] = rate(
            ours, homes, np.nan_to_num(homes), empty="no_households", note=market.notes
        )
    if market.target is not None and market.additions is not None:
        new, target = market.additions[:, 0], market.target
        found["target_attainment"] = rate(
            new, target, np.nan_to_num(target), empty="no_target", note=market.notes
        )
    return found


def port_balance(ported_in: Floats, ported_out: Floats) -> Floats:
    """Return numbers ported in less those ported out; over all operators they sum to 0."""
    return ported_in - ported_out
