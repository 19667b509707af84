"""Rates by demand point: what makes figures of a plan comparable on any other borders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridmap.policies import ScoringPolicy
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.inputs import Floats
from gridmap.scoring.measures import DemandRate
from gridmap.scoring.metrics import threshold_name

#: Rates that are kept: at the first means of travel and its middle threshold, and without either.
THRESHOLD_RATES = (
    "coverage_own", "coverage_ours", "blind_share", "duplicate_share_covered", "rival_only",
)  # fmt: skip
PLAIN_RATES = ("expected_share", "first_arrival_share")
#: What is added to the name of a metric for the column of what is below the line.
WHOLE = ":whole"


def point_rates(
    rates: Mapping[str, DemandRate], weight: Floats, policy: ScoringPolicy
) -> pd.DataFrame:
    """Return what each demand point adds to the main rates, in the order of the points.

    Parameters
    ----------
    rates
        Rates over demand points by metric.
    weight
        Weight of each demand point. Shape (n_demand,).
    policy
        Means of travel and thresholds.

    Returns
    -------
    DataFrame
        Of each metric a column with its part above the line, and one with `WHOLE` behind the name
        with its part below, unless that is the weight of the point.
    """
    mode, limits = next(iter(policy.modes.items()))
    names = [threshold_name(key, mode, main_threshold(limits)) for key in THRESHOLD_RATES]
    columns: dict[str, Floats] = {}
    for name in (*names, *PLAIN_RATES):
        if name in rates:
            columns[name] = rates[name].part
            if not np.array_equal(rates[name].whole, weight):
                columns[name + WHOLE] = rates[name].whole
    return pd.DataFrame(columns)


def rates_in(points: pd.DataFrame) -> dict[str, DemandRate]:
    """Return the rates that stand in a table of demand points with their weights, by metric."""
    kept = (*THRESHOLD_RATES, *PLAIN_RATES)
    return {
        name: DemandRate(
            points[name].to_numpy(np.float64),
            points[name + WHOLE if name + WHOLE in points else "weight"].to_numpy(np.float64),
        )
        for name in points.columns
        if not name.endswith(WHOLE) and name.startswith(kept)
    }
