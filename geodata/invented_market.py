"""Market figures that are made up, for trying out where an operator has given none.

Every row has the source ``invented``, by which scores say that they rest on invented figures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from geodata.invented import invented_share
from geodata.market import Ground
from gridmap import schemas
from gridmap.scoring.market_inputs import INVENTED

Floats = NDArray[np.float64]

#: Months told of: one to score, the one before for the mean base, and one a year before.
MONTHS = ("2025-06", "2026-05", "2026-06")
#: Years from each month to the last.
YEARS_AGO = (1.0, 1.0 / 12.0, 0.0)
#: Subscribers that an average unit with demand has, of all operators together.
MEAN_SUBSCRIBERS = 400.0
#: Persons a household, and share of the persons of a month that join, leave and take their number.
PERSONS, JOIN, LEAVE, PORT = 2.0, 0.020, 0.016, 0.004
#: Spread of an operator's strength from place to place, and size of a patch of equal strength.
SPREAD, PATCH_M = 0.5, 600.0
#: Share of outlets that sell nothing in a month.
IDLE = 0.08


def invented_market(ground: Ground, *, seed: int = 0) -> pd.DataFrame:
    """Return made-up subscribers and flows by unit and operator, and sales by our outlet.

    The figures of a place depend on its coordinates, the operator's name and the seed; the size of
    a market is in proportion to the demand of its unit, and an operator is stronger the more
    outlets it has and by chance from patch to patch. Ported numbers sum to 0 over the operators.
    Returns `gridmap.schemas.MARKET`.
    """
    outlets = ground.outlets
    scored = outlets["ownership"].isin(["own", "partner", "rival"])
    ours = outlets["ownership"].isin(["own", "partner"])
    rivals = outlets.loc[outlets["ownership"] == "rival", "operator"].fillna("")
    counts = {"": int(ours.sum())}
    counts |= {str(name): int((rivals == name).sum()) for name in sorted(set(rivals) - {""})}
    if not scored.any() or len(counts) < 2:
        return _sales(outlets[ours], seed)
    demand = ground.demand
    size = np.bincount(demand["unit"], demand["weight"], minlength=len(ground.units))
    units = np.flatnonzero(size > 0.0)
    market = size[units] / size[units].mean() * MEAN_SUBSCRIBERS
    xy = ground.units.inner_xy[units]
    growth = 0.03 + 0.02 * _patches(xy, "", seed)
    strength = np.column_stack(
        [
            np.sqrt(count) * np.exp(SPREAD * _patches(xy, name, seed))
            for name, count in counts.items()
        ]
    )
    share = strength / strength.sum(axis=1, keepdims=True)
    trend = np.array([0.08 * ndtri(invented_share(f"trend {one}", seed)) for one in counts])
    places = [f"{x:.0f}, {y:.0f}" for x, y in xy]
    tables = [
        _month(
            month, market * np.exp(-years * growth), share * np.exp(-years * trend),
            units=units, places=places, operators=list(counts),
        )
        for month, years in zip(MONTHS, YEARS_AGO, strict=True)
    ]  # fmt: skip
    return schemas.MARKET.validate(
        pd.concat([*tables, _sales(outlets[ours], seed)], ignore_index=True)
    )


def _month(
    month: str,
    market: Floats,
    strength: Floats,
    *,
    units: NDArray[np.int64],
    places: Sequence[str],
    operators: Sequence[str],
) -> pd.DataFrame:
    """Return the rows of one month; `strength` has shape (n_units, n_operators)."""
    share = strength / strength.sum(axis=1, keepdims=True)
    base = market[:, None] * share
    leaving = PORT * base
    # Who takes a number along goes to the other operators in proportion to their shares.
    spread = leaving / np.maximum(1.0 - share, 1e-9)
    coming = share * (spread.sum(axis=1, keepdims=True) - spread)
    n = len(operators)
    first = np.arange(len(units) * n) % n == 0
    homes = np.repeat(market / PERSONS, n)
    target = np.repeat(market * JOIN * 0.5, n)
    return _rows(
        place=np.repeat(places, n),
        unit=np.repeat(units, n),
        operator=np.tile(np.array(operators, dtype=object), len(units)),
        ours=first,
        period=month,
        subscribers=base.ravel(),
        additions=(JOIN * base * (share / share.mean(axis=0)) ** 0.3).ravel(),
        departures=(LEAVE * base).ravel(),
        ported_in=coming.ravel(),
        ported_out=leaving.ravel(),
        households=np.where(first, homes, np.nan),
        target=np.where(first, target, np.nan),
    )


def _sales(outlets: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return sales of our outlets in the last month; some sell nothing."""
    luck = np.array([invented_share(f"sales {one}", seed) for one in outlets["outlet_id"]])
    sales = np.where(luck < IDLE, 0.0, np.round(60.0 * np.exp(0.7 * ndtri(luck))))
    return _rows(
        place=outlets["outlet_id"].to_numpy(dtype=object),
        unit=outlets["unit"].to_numpy(np.int64),
        outlet_id=outlets["outlet_id"].to_numpy(dtype=object),
        operator="",
        ours=True,
        period=MONTHS[-1],
        sales=sales,
    )


def _rows(**columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"source": INVENTED, "part": 1.0, "outlet_id": "", **columns})
    missing = {name: np.nan for name in schemas.MARKET_AMOUNTS if name not in frame}
    frame = frame.assign(**missing).astype(dict.fromkeys(schemas.MARKET_AMOUNTS, float))
    return frame[list(schemas.MARKET.columns)].astype({"unit": "int64", "ours": bool})


def _patches(xy: Floats, operator: str, seed: int) -> Floats:
    """Return a smooth field of chance with spread about 1: places near each other are alike."""
    digest = hashlib.sha256(f"{seed}:{operator}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8]))
    waves = rng.normal(0.0, 1.0 / PATCH_M, (2, 24))
    phase = rng.uniform(0.0, 2.0 * np.pi, 24)
    return np.asarray(np.sqrt(2.0 / 24.0) * np.cos(xy @ waves + phase).sum(axis=1))
