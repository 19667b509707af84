"""What each demand point has, whatever cell it is in: the fields that cells are summed up from.

A redraw changes the cell of some points and nothing here, so the fields are made once and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gridmap.policies import Mode, ScoringPolicy
from gridmap.scoring import coverage, position
from gridmap.scoring.accessibility import (
    KnownLevels,
    Measure,
    Method,
    accessibilities,
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
    levels
        Level of service R_j of each outlet, by the names of measures of accessibility.
        Shape (n_outlets,).
    """

    steeper: DemandRate
    rates: Mapping[str, DemandRate]
    percentiles: Mapping[str, tuple[Floats, float]]
    reached: Mapping[str, Floats]
    levels: Mapping[str, Floats]

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
            self.levels,
        )


@dataclass(frozen=True)
class ChoiceModel:
    """What fields need to know about choice beyond the policy.

    Attributes
    ----------
    huff
        Huff model of the first means of travel.
    beta_error
        Standard error of its β.
    cap_min
        Minutes at which a mean nearest time counts what is farther or unreachable.
    """

    huff: HuffModel
    beta_error: float
    cap_min: float


def demand_fields(inputs: ScoringInputs, policy: ScoringPolicy, model: ChoiceModel) -> DemandFields:
    """Return the fields of all means of travel and thresholds.

    Parameters
    ----------
    inputs
        Demand, outlets and travel times; the cells don't matter.
    policy
        Means of travel with thresholds, zone weights.
    model
        How demand chooses.
    """
    parts = [mode_fields(inputs, policy, mode, model) for mode in policy.modes]
    return DemandFields(
        next(one.steeper for one in parts if one.steeper is not None),
        {name: rate for one in parts for name, rate in one.rates.items()},
        {name: times for one in parts for name, times in one.percentiles.items()},
        {mode: value for one in parts for mode, value in one.reached.items()},
        {name: level for one in parts for name, level in one.levels.items()},
    )


@dataclass(frozen=True, eq=False)
class ModeFields:
    """The fields of one means of travel, see `DemandFields`; `steeper` is the first one's."""

    steeper: DemandRate | None
    rates: Mapping[str, DemandRate]
    percentiles: Mapping[str, tuple[Floats, float]]
    reached: Mapping[str, Floats]
    levels: Mapping[str, Floats]


def mode_fields(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    mode: Mode,
    model: ChoiceModel,
    *,
    known: KnownLevels | None = None,
    with_access: bool = True,
) -> ModeFields:
    """Return the fields of one means of travel.

    Parameters
    ----------
    inputs, policy, model
        As for `demand_fields`.
    mode
        The means of travel.
    known
        Levels of service that are taken as they are; None = all are found.
    with_access
        False leaves out measures of accessibility, which take most of the work.
    """
    rates: dict[str, DemandRate] = {}
    percentiles: dict[str, tuple[Floats, float]] = {}
    reached: dict[str, Floats] = {}
    levels: dict[str, Floats] = {}

    limits = policy.modes[mode]
    found = reach(inputs.times[mode])
    for minutes in limits:
        for key, one in coverage.threshold_rates(inputs, found, minutes).items():
            rates[threshold_name(key, mode, minutes)] = one
    for key, one in coverage.time_rates(inputs, found, model.cap_min).items():
        rates[f"{key}_{mode}"] = one
    for who in coverage.TIMED_SETS:
        for tag, q in coverage.PERCENTILES.items():
            percentiles[f"nearest_{who}_{tag}_{mode}"] = (found.nearest[who], q)
    if with_access:
        access = accessibilities(
            inputs.times[mode], inputs.demand_weight, np.ones(inputs.n_outlets),
            _measures(policy, mode), taking_part=inputs.ours, known=known,
        )  # fmt: skip
        reached[mode] = access[f"access_{EQUITY_METHOD}_{mode}"].value
        for name, one_of in access.items():
            part = PER_DEMAND * inputs.demand_weight * one_of.value
            rates[name] = DemandRate(part, inputs.demand_weight)
            levels[name] = one_of.level
    if mode != next(iter(policy.modes)):
        return ModeFields(None, rates, percentiles, reached, levels)
    rates["first_arrival_share"] = position.first_arrival(inputs, found)
    rates |= position.expected_rates(inputs, mode, model.huff)
    steeper = rates["expected_share"]
    if inputs.market is not None and inputs.market.compares:
        dearer = replace(model.huff, beta=model.huff.beta + model.beta_error)
        steeper = position.expected_rates(inputs, mode, dearer)["expected_share"]
    return ModeFields(steeper, rates, percentiles, reached, levels)


def _measures(policy: ScoringPolicy, mode: Mode) -> dict[str, Measure]:
    """Return the measures of accessibility by one means of travel, of ours, each supplying 1."""
    limits = policy.modes[mode]
    found = {
        threshold_name("access_2sfca", mode, minutes): Measure("2sfca", even_catchment(minutes))
        for minutes in limits
    }
    zoned = zoned_catchment(max(limits), policy.zone_weights)
    return found | {f"access_{one}_{mode}": Measure(one, zoned) for one in ZONED_METHODS}
