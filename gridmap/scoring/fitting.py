"""Calibrate the Huff model of a territory from its market figures that name outlets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridmap.errors import Fault, InputError, fault
from gridmap.policies import ScoringPolicy
from gridmap.scoring.calibrate import HuffFit, fit_outlet_totals, fit_zone_shares
from gridmap.scoring.huff import HuffModel, kind_attraction
from gridmap.scoring.inputs import Floats, scored_outlets
from gridmap.scoring.market_inputs import INVENTED
from gridmap.territory import Territory
from gridmap.travel.engine import TravelEngine

#: Places that stand for all demand where only totals of outlets are known.
MOST_PLACES = 500


def fit_huff(territory: Territory, policy: ScoringPolicy, engine: TravelEngine) -> HuffFit:
    """Fit the Huff model to what zones have from outlets, else to the totals of outlets.

    Subscribers count where they name outlets, else sales; of the last month that has any.
    Invented figures are no evidence and do not count.

    Parameters
    ----------
    territory
        Outlets, demand and market figures.
    policy
        Kernel, outside option and the rule for shares of 0.
    engine
        Travel times by the main means of travel.

    Raises
    ------
    InputError
        If no figures name outlets, or they are too few or too alike to tell the exponents.
    """
    amounts = _amounts(territory.market)
    rows = scored_outlets(territory.outlets)
    outlets = territory.outlets.iloc[rows]
    attraction = kind_attraction(outlets["kind"], policy)
    model = HuffModel.of(policy)
    by_zone = amounts[amounts["place"] != amounts["outlet_id"]]
    if len(by_zone):
        zones = sorted(set(by_zone["place"]))
        named = outlets["outlet_id"].isin(by_zone["outlet_id"]).to_numpy()
        table = by_zone.pivot_table(
            index="place", columns="outlet_id", values="amount", aggfunc="sum"
        ).reindex(index=zones, columns=outlets["outlet_id"][named])
        place_xy = np.array([_middle(territory, by_zone[by_zone["place"] == z]) for z in zones])
        minutes = _minutes(engine, place_xy, outlets[named])
        amount = table.to_numpy(dtype=np.float64)
        return fit_zone_shares(
            amount, minutes, attraction[named], model, zero_shares=policy.zero_shares
        )
    total = outlets["outlet_id"].map(amounts.groupby("outlet_id")["amount"].sum(min_count=1))
    places = _places(territory.demand)
    minutes = _minutes(engine, places[["x", "y"]].to_numpy(np.float64), outlets)
    weight = places["weight"].to_numpy(np.float64)
    return fit_outlet_totals(total.to_numpy(np.float64), weight, minutes, attraction, model)


def fit_notice(fit: HuffFit) -> Fault:
    """Return what the calibration found, with its standard errors."""
    key = "huff_calibrated" if np.isfinite(fit.alpha_error) else "huff_calibrated_beta"
    return fault(
        f"scoring.notice.{key}",
        beta=fit.model.beta,
        beta_error=fit.beta_error,
        alpha=fit.model.alpha,
        alpha_error=fit.alpha_error,
        r_squared=fit.r_squared,
        pairs=fit.n_pairs,
        zeros=fit.n_zeros,
    )


def _amounts(market: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows that name an outlet, with their subscribers or sales as ``amount``."""
    if market is not None:
        named = market[(market["outlet_id"] != "") & (market["source"] != INVENTED)]
        for name in ("subscribers", "sales"):
            told = named[named[name].notna()]
            if len(told):
                last = told[told["period"] == told["period"].max()]
                found: pd.DataFrame = last.assign(amount=last[name])
                return found
    raise InputError(fault("scoring.fault.nothing_to_calibrate", "market"))


def _minutes(engine: TravelEngine, place_xy: Floats, outlets: pd.DataFrame) -> Floats:
    """Return minutes between places and outlets, NaN = unreachable. Shape (n_places, n_outlets)."""
    outlet_xy = outlets[["x", "y"]].to_numpy(np.float64)
    seconds = engine.matrix(engine.snap(outlet_xy), engine.snap(place_xy))
    return np.asarray(seconds.T / 60.0, dtype=np.float64)


def _middle(territory: Territory, rows: pd.DataFrame) -> Floats:
    """Return the middle of a zone: the mean of its units' inner points by what lies in each."""
    parts = rows.drop_duplicates("unit")
    weight = parts["part"].to_numpy(np.float64)
    xy = territory.units.inner_xy[parts["unit"].to_numpy()]
    return np.asarray((xy * weight[:, None]).sum(axis=0) / weight.sum())


def _places(demand: pd.DataFrame) -> pd.DataFrame:
    """Return at most `MOST_PLACES` demand points that stand for all, by weight along the list."""
    if len(demand) <= MOST_PLACES:
        return demand
    passed = np.cumsum(demand["weight"].to_numpy(np.float64))
    steps = (np.arange(MOST_PLACES) + 0.5) / MOST_PLACES * passed[-1]
    chosen, count = np.unique(np.searchsorted(passed, steps), return_counts=True)
    return demand.iloc[chosen].assign(weight=count.astype(np.float64))
