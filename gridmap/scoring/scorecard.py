"""The scorecard of every cell: all metrics and both scores as one table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gridmap.errors import InputError, fault
from gridmap.policies import ScoringPolicy
from gridmap.scoring.card_metrics import (
    CLUSTERS,
    SHARES,
    both_scores,
    chances_of,
    clusters,
    compares,
    covered,
    demand_metrics,
    execution_metrics,
    market_metrics,
    outlet_metrics,
    plans_of_scores,
    quadrant,
)
from gridmap.scoring.card_settings import PLAIN, ScoringSettings, fields_of
from gridmap.scoring.demand_fields import DemandFields
from gridmap.scoring.indicators import score_plans, scoring_faults
from gridmap.scoring.inputs import Ints, ScoringInputs
from gridmap.scoring.making import ScoreParts
from gridmap.scoring.measures import (
    demand_rate,
)
from gridmap.scoring.score_table import among, long_form


def score_cells(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    *,
    seed: int,
    settings: ScoringSettings = PLAIN,
    fields: DemandFields | None = None,
) -> pd.DataFrame:
    """Score every cell.

    Parameters
    ----------
    inputs
        Demand, outlets and travel times.
    policy
        Means of travel with thresholds, Huff exponent, draws. Position, quadrant and the
        coverage score use the first means of travel.
    seed
        Seed of the bands; the same seed gives the same table.
    settings
        Everything else.
    fields
        Answer of `fields_of`, kept from an earlier scoring with the same demand, outlets and
        travel times; None = made anew.

    Returns
    -------
    DataFrame
        See `gridmap.schemas.SCORES`; by metric, then by cell. Names of metrics hold means of
        travel and threshold, for example ``coverage_own_walk_10``.

    Raises
    ------
    InputError
        If travel times of a means of travel are not there.
    """
    return score_with_parts(inputs, policy, seed=seed, settings=settings, fields=fields)[0]


def score_with_parts(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    *,
    seed: int,
    settings: ScoringSettings = PLAIN,
    fields: DemandFields | None = None,
) -> tuple[pd.DataFrame, dict[str, ScoreParts]]:
    """Return the answer of `score_cells`, and what ``position`` and ``coverage`` are made of."""
    _check(inputs, policy)
    if fields is None:
        fields = fields_of(inputs, policy, settings)
    chances = chances_of(seed)
    names = _indicator_names(inputs, policy)
    table, samples = demand_metrics(inputs, fields, keep=names, draws=policy.draws, rng=chances[0])
    table |= outlet_metrics(inputs, settings)
    table |= market_metrics(inputs, policy)
    steeper = demand_rate(inputs, fields.steeper).value
    table |= execution_metrics(
        inputs, policy, table, samples, steeper=steeper, rng=chances[SHARES], cells=None
    )
    table |= clusters(inputs, policy, table, chances[CLUSTERS])
    table["quadrant"] = quadrant(table, policy)
    table |= both_scores(inputs, policy, settings, table=table, samples=samples, chances=chances)
    parts = {
        key: ScoreParts(
            plan,
            {one.metric: table[one.metric].value for one in plan.indicators},
            {one.metric: samples[one.metric] for one in plan.indicators if one.metric in samples},
            table[f"{key}_score"].value,
            settings.rules,
        )
        for key, plan in score_plans(policy, subscribers=compares(inputs)).items()
    }
    return long_form(inputs.ids, table), parts


def rescore_cells(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    cells: Ints,
    *,
    fields: DemandFields,
    before: pd.DataFrame,
    seed: int,
    settings: ScoringSettings = PLAIN,
) -> pd.DataFrame:
    """Score again only the cells that a redraw has touched.

    Values are those of a whole scoring; what is made of draws has others: bands, medians, and
    where it is close the reading of the execution gap. Ranks are left out: they need every cell.

    Parameters
    ----------
    inputs
        The same demand and outlets as before, in their new cells.
    policy, seed, settings
        As for `score_cells`.
    cells
        Numbers of the touched cells, from 0.
    fields
        What `fields_of` gave before the redraw.
    before
        The scores before it: what touched cells are compared with.

    Returns
    -------
    DataFrame
        As of `score_cells`, of the touched cells.
    """
    demand, rows = inputs.demand_of(cells)
    return rescore_demand(
        inputs, policy, cells, demand=demand, fields=fields.take(rows), before=before, seed=seed,
        settings=settings,
    )  # fmt: skip


def rescore_demand(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    cells: Ints,
    *,
    demand: ScoringInputs,
    fields: DemandFields,
    before: pd.DataFrame,
    seed: int,
    settings: ScoringSettings,
) -> pd.DataFrame:
    """Score some cells by the fields of their demand alone, see `rescore_cells`.

    Parameters
    ----------
    demand
        Answer of `ScoringInputs.demand_of`.
    fields
        Fields of that demand.
    """
    chances = chances_of(seed)
    names = _indicator_names(inputs, policy)
    table, samples = demand_metrics(demand, fields, keep=names, draws=policy.draws, rng=chances[0])
    # Some metrics compare a cell with all others: these are made for all, of what is cheap.
    elsewhere = before[~before["cell_id"].isin(inputs.ids[cells])]
    whole = {
        name: among(inputs, table[name], cells, elsewhere[elsewhere["metric"] == name])
        for name in ("expected_share", covered(policy))
    }
    rest = outlet_metrics(inputs, settings)
    rest |= market_metrics(inputs, policy)
    whole |= rest
    steeper = demand_rate(demand, fields.steeper).value
    rest |= execution_metrics(
        inputs, policy, whole, samples, steeper=steeper, rng=chances[SHARES], cells=cells
    )
    whole |= rest
    rest |= clusters(inputs, policy, whole, chances[CLUSTERS])
    rest["quadrant"] = quadrant(whole, policy)
    table |= {name: values.take(cells) for name, values in rest.items()}
    for name in names - whole.keys():
        earlier = elsewhere[elsewhere["metric"] == name]
        whole[name] = among(inputs, table[name], cells, earlier)
    scores = both_scores(
        inputs, policy, settings, table=whole, samples=samples, chances=chances, cells=cells
    )
    nothing = np.full(len(cells), np.nan)
    for name, values in scores.items():
        table[name] = replace(values, rank_low=nothing, rank_high=nothing)
    return long_form(inputs.ids[cells], table)


def _check(inputs: ScoringInputs, policy: ScoringPolicy) -> None:
    faults = [
        fault("scoring.fault.mode", mode) for mode in policy.modes if mode not in inputs.travel_min
    ]
    faults += [
        fault("scoring.fault.no_thresholds", mode)
        for mode, thresholds in policy.modes.items()
        if not thresholds
    ]
    if not policy.modes:
        faults.append(fault("scoring.fault.no_modes", "scoring.modes"))
    if inputs.n_cells == 0:
        faults.append(fault("scoring.fault.no_cells", "cells"))
    faults += scoring_faults(policy)
    if faults:
        raise InputError(*faults)


def _indicator_names(inputs: ScoringInputs, policy: ScoringPolicy) -> set[str]:
    plans = plans_of_scores(inputs, policy)
    return {one.metric for plan in plans.values() for one in plan.indicators}
