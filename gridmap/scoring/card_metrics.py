"""The metrics of a scorecard, group by group, as they follow from one another.

Outlets, visits and weights come first, then demand with its sampling bands, shares, execution,
clusters, the quadrant, and both scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gridmap.policies import Mode, ScoringPolicy
from gridmap.scoring import coverage, execution, field_counts, market, position
from gridmap.scoring.card_settings import ScoringSettings
from gridmap.scoring.clusters import cluster_metrics
from gridmap.scoring.composite import Score, score_composite, structural_zeros
from gridmap.scoring.demand_fields import DemandFields
from gridmap.scoring.equity import equity
from gridmap.scoring.indicators import ScorePlan, main_threshold, score_plans
from gridmap.scoring.inputs import Floats, Ints, ScoringInputs
from gridmap.scoring.measures import (
    CellValues,
    Notes,
    amount,
    demand_rate,
    missing,
    notes,
    rate,
)
from gridmap.scoring.metrics import threshold_name
from gridmap.scoring.sampling import band, resample, widened

#: Draws of the shares where the policy asks for no bands.
SHARE_DRAWS = 200

#: Places of the sources of chance, see `chances_of`.
SHARES, CLUSTERS = 3, 4
#: Metrics of the Huff model.
EXPECTED = ("expected_share", "expected_share_own", "rival_pressure")


def main_mode(policy: ScoringPolicy) -> tuple[Mode, tuple[float, ...]]:
    """Return the first means of travel and its thresholds."""
    return next(iter(policy.modes.items()))


def plans_of_scores(inputs: ScoringInputs, policy: ScoringPolicy) -> dict[str, ScorePlan]:
    """Return what the scores are made of, after what is known."""
    visits = inputs.field_work is not None and inputs.field_work.tells_visits
    return score_plans(policy, subscribers=compares(inputs), visits=visits)


def chances_of(seed: int) -> list[np.random.Generator]:
    """Return sources of chance: sampling, position and coverage score, shares, clusters."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)]


def outlet_metrics(inputs: ScoringInputs, settings: ScoringSettings) -> dict[str, CellValues]:
    """Return the metrics that are counted from outlets, visits and weights alone."""
    table = coverage.outlet_density(inputs)
    table |= coverage.channel_mix(inputs)
    table |= coverage.frequency_attainment(inputs)
    table |= coverage.active_outlet_rates(inputs)
    table |= coverage.demand_and_potential(inputs, threshold=settings.rules.data_threshold)
    table["managed_partner_share"] = coverage.managed_partner_share(inputs)
    table |= position.outlet_position(inputs)
    table |= field_counts.field_metrics(inputs.field_work, inputs.n_cells)
    table["outlet_productivity"] = field_counts.outlet_productivity(inputs)
    table["sell_depth"] = field_counts.sell_depth(inputs)
    if "market" in inputs.invented:
        for name in ("active_outlet_rate", "active_outlet_rate_reported", "sell_depth"):
            note = table[name].note
            note[(note == "") | (note == "rests_on_carried")] = "rests_on_invented"
    return table


def compares(inputs: ScoringInputs) -> bool:
    """Return whether subscribers of rivals are known too."""
    return inputs.market is not None and inputs.market.compares


def clusters(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    table: Mapping[str, CellValues],
    rng: np.random.Generator,
) -> dict[str, CellValues]:
    """Return where high and low shares lie together."""
    one = table["share_shrunk" if compares(inputs) else "expected_share"]
    return cluster_metrics(
        one.value, inputs.cell_pairs, rate=policy.false_discovery, rng=rng, note=one.note
    )


def covered(policy: ScoringPolicy) -> str:
    """Return the name of the coverage that quadrants go by."""
    mode, thresholds = main_mode(policy)
    return threshold_name("coverage_ours", mode, main_threshold(thresholds))


def quadrant(table: Mapping[str, CellValues], policy: ScoringPolicy) -> CellValues:
    """Return the quadrant of the competitive position of each cell."""
    code = position.quadrant(
        table["relative_share"].value,
        table["expected_share"].value,
        table[covered(policy)].value,
        table["potential" if policy.quadrants.by == "potential" else "market_growth"].value,
        policy.quadrants,
    )
    return position.quadrant_values(code)


def both_scores(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    settings: ScoringSettings,
    *,
    table: Mapping[str, CellValues],
    samples: Mapping[str, Floats],
    chances: Sequence[np.random.Generator],
    cells: Ints | None = None,
) -> dict[str, CellValues]:
    """Return both scores and how much data they rest on, of all cells or of some.

    The table is of all cells, the samples are of those that are scored.
    """
    at = slice(None) if cells is None else cells
    basis: str | Notes = "rests_on_outlets"
    if inputs.market is not None and inputs.market.compares:
        basis = inputs.market.notes[at]
    # Of what the coverage score is made of, only sales and visits may be carried or invented.
    sales, service = (table[one].note[at] for one in ("active_outlet_rate", "visit_attainment"))
    doubtful = np.where(np.isin(sales, ["rests_on_carried", "rests_on_invented"]), sales, "")
    invented = (doubtful == "") & (service == "visits_invented")
    doubtful = np.where(invented, service, doubtful)
    found: dict[str, CellValues] = {}
    plans = plans_of_scores(inputs, policy)
    for key, chance, note in zip(plans, chances[1:SHARES], (basis, doubtful), strict=True):
        plan = plans[key]
        score = score_composite(
            plan.indicators,
            {one.metric: table[one.metric].value for one in plan.indicators},
            samples,
            settings.rules,
            draws=policy.draws,
            rng=chance,
            dimension_weights=plan.dimension_weights,
            cells=cells,
            zeros=structural_zeros(plan.indicators, table),
        )
        found |= _score_values(key, score, note)
    return found


def demand_metrics(
    inputs: ScoringInputs,
    fields: DemandFields,
    *,
    keep: Collection[str],
    draws: int,
    rng: np.random.Generator,
) -> tuple[dict[str, CellValues], dict[str, Floats]]:
    """Return the metrics made of demand with their sampling bands, and the draws of some."""
    table = {
        name: demand_rate(inputs, one, empty=_empty(name)) for name, one in fields.rates.items()
    }
    for name, (times, q) in fields.percentiles.items():
        table[name] = coverage.nearest_percentile(inputs, times, q)
    drawn = resample(inputs, fields.rates, fields.percentiles, keep=keep, draws=draws, rng=rng)
    for name, ends in drawn.bands.items():
        low, high = widened(ends, table[name].value)
        table[name] = replace(table[name], p05=low, p95=high)
    unreached = inputs.by_cell(inputs.demand_weight - fields.rates["expected_share"].whole)
    cut = table["expected_share_slack"].value > 0.0
    for name in EXPECTED:
        table[name] = coverage.unreached_notes(table[name], unreached)
        table[name].note[cut & (table[name].note == "")] = "nearest_only"
    for mode, reached in fields.reached.items():
        measures = equity(inputs, reached)
        table |= {f"access_{key}_{mode}": values for key, values in measures.items()}
    return table, dict(drawn.kept)


def _empty(name: str) -> str:
    if name in (*EXPECTED, "expected_share_slack"):
        return "no_outlet_reached"
    return "nothing_covered" if name.startswith("duplicate_share_covered") else "no_demand"


def market_metrics(inputs: ScoringInputs, policy: ScoringPolicy) -> dict[str, CellValues]:
    """Return the metrics of shares: by subscribers where there are any, else by outlets."""
    counts, _, _ = position.operator_counts(inputs)
    found = position.share_position(counts, "rests_on_outlets")
    if inputs.market is None:
        absent = market.MARKET_METRICS
        return found | {name: missing(inputs.n_cells, "no_subscribers") for name in absent}
    return found | market.market_position(inputs.market, kappa=policy.kappa)


def execution_metrics(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    table: Mapping[str, CellValues],
    samples: dict[str, Floats],
    *,
    steeper: Floats,
    rng: np.random.Generator,
    cells: Ints | None,
) -> dict[str, CellValues]:
    """Return steadied share, execution gap and reading with their intervals.

    Draws of the share join the samples, so that its error enters the position score. Samples and
    `steeper`, the expected share were β larger by its standard error, are of `cells`, None = all;
    the others get no interval.
    """
    if inputs.market is None or not inputs.market.compares:
        why = "no_subscribers" if inputs.market is None else "no_rival_figures"
        return {name: missing(inputs.n_cells, why) for name in ("execution_gap", "execution")}
    base, basis = inputs.market.subscribers, inputs.market.notes
    shrunk, expected = table["share_shrunk"], table["expected_share"]
    error = execution.share_error(shrunk.value, base[:, 0], base.sum(axis=1), policy.kappa)
    at = np.arange(inputs.n_cells) if cells is None else cells
    places = samples["expected_share"]
    if not len(places):  # no bands are wanted: demand is taken as it is
        places = np.tile(expected.value[at], (SHARE_DRAWS, 1))
    drawn = execution.share_draws(shrunk.value[at], error[at], draws=len(places), rng=rng)
    gaps = execution.gap_draws(drawn, places, steeper=steeper - expected.value[at], rng=rng)
    if len(samples["expected_share"]):
        samples["share_shrunk"] = drawn
    gap = shrunk.value - expected.value
    low, high = np.full((2, inputs.n_cells), np.nan)
    low[at], high[at] = band(gaps, gap[at])
    share_low, share_high = np.full((2, inputs.n_cells), np.nan)
    share_low[at], share_high[at] = band(drawn, shrunk.value[at])
    empty = np.where(np.isnan(shrunk.value), shrunk.note, expected.note)
    found = amount(gap, shrunk.n, note=basis, additive=False)
    found.note[np.isnan(gap)] = empty[np.isnan(gap)]
    location = policy.location
    if location is None:
        location = float(expected.numerator.sum() / max(expected.denominator.sum(), 1e-300))
    code = execution.reading_codes(expected.value, low, high, location)
    return {
        "share_shrunk": replace(shrunk, p05=share_low, p95=share_high),
        "execution_gap": replace(found, p05=low, p95=high),
        "execution": execution.reading_values(code, basis),
    }


def _score_values(key: str, score: Score, basis: str | Notes) -> dict[str, CellValues]:
    remarks = notes(len(score.value), basis)
    empty = score.note != ""
    remarks[empty] = score.note[empty]
    nothing = np.full(len(score.value), np.nan)
    planned = np.full(len(score.value), float(score.planned))
    remark = notes(len(score.value), basis)
    if score.left_out or score.doubles:
        remark[:] = "indicator_left_out" if score.left_out else "indicator_double"
    remark[score.structural] = "structural_zero"
    return {
        f"{key}_score": CellValues(
            score.value,
            nothing,
            nothing,
            score.available,
            remarks,
            score.p05,
            score.p95,
            score.rank_low,
            score.rank_high,
        ),
        f"{key}_score_median": amount(
            score.p50, score.available, empty="too_little_data", additive=False
        ),
        f"{key}_data_coverage": rate(
            score.available.astype(np.float64), planned, planned, empty="", note=remark
        ),
    }
