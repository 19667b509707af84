"""What each demand point has, whatever cell it is in: the fields that cells are summed up from.

A redraw changes the cell of some points and nothing here, so the fields are made once and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gridmap.policies import ScoringPolicy
from gridmap.scoring import coverage, position
from gridmap.scoring.accessibility import (
    Accessibility,
    Method,
    accessibility,
    even_catchment,
    zoned_catchment,
)
from gridmap.scoring.huff import HuffModel
from gridmap.scoring.inputs import Floats, Ints, ScoringInputs
from gridmap.scoring.measures import DemandRate
from gridmap.scoring.metrics import threshold_name
from gridmap.scoring.reach import reach

#: Accessibility is told for so many units of demand weight.
PER_DEMAND = 1e4
#: Methods whose catchment is the farthest threshold, in zones.
ZONED_METHODS: tuple[Method, ...] = ("e2sfca", "3sfca", "bfca")
#: The method that measures of equity are told about.
EQUITY_METHOD: Method = "e2sfca"


@dataclass(frozen=True, eq=False)
class DemandFields:
    """Fields over demand points, by the names of metrics.

    Attributes
    ----------
    steeper
        The expected share were β of the Huff model larger by its standard error.
    rates
        What each point adds to a rate.
    percentiles
        Times of the points, shape (n_demand,), and the share asked for.
    reached
        What a unit of demand at each point has, for measures of equity, by means of travel.
        Shape (n_demand,).
    """

    steeper: DemandRate
    rates: Mapping[str, DemandRate]
    percentiles: Mapping[str, tuple[Floats, float]]
    reached: Mapping[str, Floats]

    def take(self, rows: Ints) -> DemandFields:
        """Return the fields of some of the points."""
        # Most rates share what is below the line, and they keep sharing it.
        below = {id(one.whole): one.whole[rows] for one in self.rates.values()}
        return DemandFields(
            DemandRate(self.steeper.part[rows], self.steeper.whole[rows]),
            {
                name: DemandRate(one.part[rows], below[id(one.whole)])
                for name, one in self.rates.items()
            },
            {name: (times[rows], q) for name, (times, q) in self.percentiles.items()},
            {mode: value[rows] for mode, value in self.reached.items()},
        )


def demand_fields(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    model: HuffModel,
    *,
    beta_error: float,
    cap_min: float,
) -> DemandFields:
    """Return the fields of all means of travel and thresholds.

    Parameters
    ----------
    inputs
        Demand, outlets and travel times; the cells don't matter.
    policy
        Means of travel with thresholds, zone weights.
    model
        Huff model of the first means of travel.
    beta_error
        Standard error of its β.
    cap_min
        Minutes at which a mean nearest time counts what is farther or unreachable.
    """
    rates: dict[str, DemandRate] = {}
    percentiles: dict[str, tuple[Floats, float]] = {}
    reached: dict[str, Floats] = {}
    main_mode = next(iter(policy.modes))
    for mode, limits in policy.modes.items():
        found = reach(inputs.times[mode])
        for minutes in limits:
            for key, one in coverage.threshold_rates(inputs, found, minutes).items():
                rates[threshold_name(key, mode, minutes)] = one
            even = _accessibility(inputs, mode, "2sfca", minutes)
            rates[threshold_name("access_2sfca", mode, minutes)] = _supply_rate(inputs, even)
        for key, one in coverage.time_rates(inputs, found, cap_min).items():
            rates[f"{key}_{mode}"] = one
        for who in coverage.TIMED_SETS:
            for tag, q in coverage.PERCENTILES.items():
                percentiles[f"nearest_{who}_{tag}_{mode}"] = (found.nearest[who], q)
        for method in ZONED_METHODS:
            zoned = _accessibility(inputs, mode, method, max(limits), policy.zone_weights)
            rates[f"access_{method}_{mode}"] = _supply_rate(inputs, zoned)
            if method == EQUITY_METHOD:
                reached[mode] = zoned.value
        if mode == main_mode:
            rates["first_arrival_share"] = position.first_arrival(inputs, found)
    rates |= position.expected_rates(inputs, main_mode, model)
    steeper = rates["expected_share"]
    if inputs.market is not None and inputs.market.compares:
        dearer = replace(model, beta=model.beta + beta_error)
        steeper = position.expected_rates(inputs, main_mode, dearer)["expected_share"]
    return DemandFields(steeper, rates, percentiles, reached)


def _accessibility(
    inputs: ScoringInputs,
    mode: str,
    method: Method,
    limit_min: float,
    weights: tuple[float, ...] = (1.0,),
) -> Accessibility:
    """Return how many of our outlets each point has; each outlet supplies 1."""
    even = method == "2sfca"
    return accessibility(
        inputs.times[mode],
        inputs.demand_weight,
        np.ones(inputs.n_outlets),
        even_catchment(limit_min) if even else zoned_catchment(limit_min, weights),
        method=method,
        taking_part=inputs.ours,
    )


def _supply_rate(inputs: ScoringInputs, found: Accessibility) -> DemandRate:
    return DemandRate(PER_DEMAND * inputs.demand_weight * found.value, inputs.demand_weight)
