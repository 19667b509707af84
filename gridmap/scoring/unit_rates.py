"""Rates of demand by unit: what makes figures of a plan comparable on other borders.

A unit's sums above and below the line can be added up to those of any cell made of units.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridmap.policies import ScoringPolicy
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.inputs import Floats, Ints
from gridmap.scoring.measures import DemandRate
from gridmap.scoring.metrics import named

#: Rates whose name holds neither means of travel nor threshold.
PLAIN_RATES = ("expected_share", "first_arrival_share")
#: What is added to the name of a metric for the column of what is below the line.
WHOLE = ":whole"


def unit_rates(rates: Mapping[str, DemandRate], unit: Ints, policy: ScoringPolicy) -> pd.DataFrame:
    """Return the sums of the main rates in each unit with demand.

    Parameters
    ----------
    rates
        Rates over demand points by metric; those of the first means of travel at its middle
        threshold and of `PLAIN_RATES` count.
    unit
        Unit of each demand point. Shape (n_demand,).
    policy
        Means of travel and thresholds.

    Returns
    -------
    DataFrame
        One row a unit: unit_id, and for each metric its column, and one with `WHOLE` behind it.
    """
    mode, limits = next(iter(policy.modes.items()))
    main = (mode, main_threshold(limits))
    ids, place = np.unique(unit, return_inverse=True)
    columns: dict[str, Ints | Floats] = {"unit_id": ids}
    for name, one in rates.items():
        known = named(name)
        if (known.mode, known.minutes) == main or name in PLAIN_RATES:
            columns[name] = np.bincount(place, one.part, minlength=len(ids))
            columns[name + WHOLE] = np.bincount(place, one.whole, minlength=len(ids))
    return pd.DataFrame(columns)
