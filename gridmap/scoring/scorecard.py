"""The scorecard of every cell: all metrics and both scores as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridmap.errors import InputError, fault
from gridmap.policies import ScoringPolicy
from gridmap.schemas import SCORES
from gridmap.scoring import coverage, execution, market, position
from gridmap.scoring.clusters import cluster_metrics
from gridmap.scoring.composite import CompositeRules, Score, score_composite
from gridmap.scoring.huff import HuffModel
from gridmap.scoring.indicators import main_threshold, score_plans, scoring_faults
from gridmap.scoring.inputs import Floats, Ints, ScoringInputs
from gridmap.scoring.measures import (
    CellValues,
    DemandRate,
    Notes,
    amount,
    demand_rate,
    missing,
    notes,
    quotient,
    rate,
)
from gridmap.scoring.metrics import METRICS, Metric, Named, named, note_text, threshold_name
from gridmap.scoring.reach import reach
from gridmap.scoring.sampling import band, resample

#: Draws of the shares where the policy asks for no bands.
SHARE_DRAWS = 200

__all__ = [
    "METRICS",
    "Metric",
    "Named",
    "ScoringSettings",
    "cell_summary",
    "named",
    "note_text",
    "pool_cells",
    "score_cells",
]


@dataclass(frozen=True)
class ScoringSettings:
    """Settings of scoring beyond the policy of the project file.

    Attributes
    ----------
    huff, beta_error
        Huff model fitted to observed shares, with the standard error of its β; None = that of
        the policy.
    nearest_cap_min
        Minutes at which a mean nearest time counts what is farther or unreachable.
    rules
        Rules of the composite scores.
    """

    huff: HuffModel | None = None
    beta_error: float | None = None
    nearest_cap_min: float = 60.0
    rules: CompositeRules = field(default_factory=CompositeRules)


def score_cells(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    *,
    seed: int,
    settings: ScoringSettings = ScoringSettings(),
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
    _check(inputs, policy)
    sampling, position_chance, coverage_chance, share_chance, deal = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)
    )
    main_mode = next(iter(policy.modes))
    thresholds = policy.modes[main_mode]

    table: dict[str, CellValues] = {}
    rates: dict[str, DemandRate] = {}
    percentiles: dict[str, tuple[Floats, float]] = {}
    for mode, limits in policy.modes.items():
        found = reach(inputs, mode, limits)
        for minutes in limits:
            for key, one in coverage.threshold_rates(inputs, found, minutes).items():
                rates[threshold_name(key, mode, minutes)] = one
        for key, one in coverage.time_rates(inputs, found, settings.nearest_cap_min).items():
            rates[f"{key}_{mode}"] = one
        for key, values in coverage.nearest_percentiles(inputs, found).items():
            table[f"{key}_{mode}"] = values
        for who in coverage.TIMED_SETS:
            for tag, q in coverage.PERCENTILES.items():
                percentiles[f"nearest_{who}_{tag}_{mode}"] = (found.nearest[who], q)
        if mode == main_mode:
            rates["first_arrival_share"] = position.first_arrival(inputs, found)
    model = settings.huff or HuffModel.of(policy)
    rates |= position.expected_rates(inputs, main_mode, model)

    table |= {name: demand_rate(inputs, one, empty=_empty(name)) for name, one in rates.items()}
    samples = resample(inputs, rates, percentiles, draws=policy.draws, rng=sampling)
    for name, drawn in samples.items():
        table[name] = _with_band(table[name], drawn)
    unreached = inputs.by_cell(inputs.demand_weight - rates["expected_share"].whole)
    for name in ("expected_share", "expected_share_own", "rival_pressure"):
        table[name] = coverage.unreached_notes(table[name], unreached)

    table |= coverage.outlet_density(inputs)
    table |= coverage.channel_mix(inputs)
    table |= coverage.frequency_attainment(inputs)
    table |= coverage.active_outlet_rates(inputs)
    table |= coverage.demand_and_potential(inputs, threshold=settings.rules.data_threshold)
    table["managed_partner_share"] = coverage.managed_partner_share(inputs)
    table |= position.outlet_position(inputs)
    if "market" in inputs.invented:
        for name in ("active_outlet_rate", "active_outlet_rate_reported"):
            note = table[name].note
            note[note == ""] = "rests_on_invented"
    table |= _market(inputs, policy)
    table |= _execution(
        inputs, policy, table, samples, settings=settings, model=model, rng=share_chance
    )
    clustered = "share_shrunk" if inputs.market and inputs.market.compares else "expected_share"
    table |= cluster_metrics(
        table[clustered].value,
        inputs.cell_pairs,
        rate=policy.false_discovery,
        rng=deal,
        note=table[clustered].note,
    )

    compares = inputs.market is not None and inputs.market.compares
    basis = inputs.market.notes if inputs.market and compares else "rests_on_outlets"
    plans = score_plans(policy, subscribers=compares)
    chances = {"position": position_chance, "coverage": coverage_chance}
    for name, plan in plans.items():
        central = {one.metric: table[one.metric].value for one in plan.indicators}
        score = score_composite(
            plan.indicators,
            central,
            samples,
            settings.rules,
            draws=policy.draws,
            rng=chances[name],
            dimension_weights=plan.dimension_weights,
        )
        table |= _score_values(name, score, basis if name == "position" else "")

    covered = threshold_name("coverage_ours", main_mode, main_threshold(thresholds))
    code = position.quadrant(
        table["relative_share"].value,
        table["expected_share"].value,
        table[covered].value,
        table["potential" if policy.quadrants.by == "potential" else "market_growth"].value,
        policy.quadrants,
    )
    table["quadrant"] = position.quadrant_values(code)
    return _long_form(inputs.ids, table)


def cell_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of the table of cells.

    Parameters
    ----------
    scores
        Result of `score_cells`.

    Returns
    -------
    DataFrame
        One row a cell: cell_id, position_score, coverage_score (NaN = no score) and quadrant
        (key of `gridmap.scoring.position.QUADRANTS`).
    """
    cells = np.sort(scores["cell_id"].unique())
    by_metric = {
        name: scores[scores["metric"] == name].set_index("cell_id").reindex(cells)
        for name in ("position_score", "coverage_score", "quadrant")
    }
    return pd.DataFrame(
        {
            "cell_id": cells,
            "position_score": by_metric["position_score"]["value"].to_numpy(),
            "coverage_score": by_metric["coverage_score"]["value"].to_numpy(),
            "quadrant": by_metric["quadrant"]["note"].to_numpy(),
        }
    )


def pool_cells(scores: pd.DataFrame, region: Mapping[int, int] | None = None) -> pd.DataFrame:
    """Return the rates of regions as sums over sums, never as means of the cells' rates.

    Parameters
    ----------
    scores
        Result of `score_cells`.
    region
        Region of each cell; None = all cells are one region 0.

    Returns
    -------
    DataFrame
        region, metric, value, numerator, denominator, n; only for metrics that can be summed.
        A metric that is missing in any cell for want of data is left out of that region; a cell
        with nothing below the line adds nothing.
    """
    names = scores["metric"].unique()
    additive = {name for name in names.tolist() if named(name).metric.additive}
    rows = scores[scores["metric"].isin(additive)]
    of = dict.fromkeys(rows["cell_id"].tolist(), 0) if region is None else dict(region)
    rows = rows.assign(region=rows["cell_id"].map(of)).dropna(subset=["region"])
    # A quantity has no denominator at all; a rate with an unknown sum spoils the region's.
    plain = rows["denominator"].isna() & (rows["numerator"] == rows["value"])
    unknown = rows["numerator"].isna() | (rows["denominator"].isna() & ~plain)
    rows = rows.assign(plain=plain, unknown=unknown, region=rows["region"].astype("int64"))
    pooled = rows.groupby(["region", "metric"], sort=False).agg(
        numerator=("numerator", "sum"),
        denominator=("denominator", "sum"),
        n=("n", "sum"),
        plain=("plain", "all"),
        unknown=("unknown", "any"),
    )
    pooled = pooled[~pooled["unknown"]].reset_index()
    above = pooled["numerator"].to_numpy(dtype=np.float64)
    below = pooled["denominator"].to_numpy(dtype=np.float64)
    single = pooled["plain"].to_numpy(dtype=bool)
    pooled["value"] = np.where(single, above, quotient(above, below))
    pooled["denominator"] = np.where(single, np.nan, below)
    return pooled[["region", "metric", "value", "numerator", "denominator", "n"]]


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


def _empty(name: str) -> str:
    if name in ("expected_share", "expected_share_own", "rival_pressure"):
        return "no_outlet_reached"
    return "nothing_covered" if name.startswith("duplicate_share_covered") else "no_demand"


def _with_band(values: CellValues, drawn: Floats) -> CellValues:
    if not len(drawn):
        return values
    low, high = band(drawn, values.value)
    return replace(values, p05=low, p95=high)


def _market(inputs: ScoringInputs, policy: ScoringPolicy) -> dict[str, CellValues]:
    """Return the metrics of shares: by subscribers where there are any, else by outlets."""
    counts, _, _ = position.operator_counts(inputs)
    found = position.share_position(counts, "rests_on_outlets")
    if inputs.market is None:
        absent = market.MARKET_METRICS
        return found | {name: missing(inputs.n_cells, "no_subscribers") for name in absent}
    return found | market.market_position(inputs.market, kappa=policy.kappa)


def _execution(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    table: Mapping[str, CellValues],
    samples: dict[str, Floats],
    *,
    settings: ScoringSettings,
    model: HuffModel,
    rng: np.random.Generator,
) -> dict[str, CellValues]:
    """Return steadied share, execution gap and reading with their intervals.

    Draws of the share join the samples, so that its error enters the position score.
    """
    if inputs.market is None or not inputs.market.compares:
        why = "no_subscribers" if inputs.market is None else "no_rival_figures"
        return {name: missing(inputs.n_cells, why) for name in ("execution_gap", "execution")}
    base, basis = inputs.market.subscribers, inputs.market.notes
    shrunk, expected = table["share_shrunk"], table["expected_share"]
    error = execution.share_error(shrunk.value, base[:, 0], base.sum(axis=1), policy.kappa)
    beta_error = policy.beta_error if settings.beta_error is None else settings.beta_error
    steeper = _steeper(inputs, policy, model, beta_error) - expected.value
    places = samples["expected_share"]
    if not len(places):  # no bands are wanted: demand is taken as it is
        places = np.tile(expected.value, (SHARE_DRAWS, 1))
    drawn = execution.share_draws(shrunk.value, error, draws=len(places), rng=rng)
    gaps = execution.gap_draws(drawn, places, steeper=steeper, rng=rng)
    if len(samples["expected_share"]):
        samples["share_shrunk"] = drawn
    gap = shrunk.value - expected.value
    low, high = band(gaps, gap)
    empty = np.where(np.isnan(shrunk.value), shrunk.note, expected.note)
    found = amount(gap, shrunk.n, note=basis, additive=False)
    found.note[np.isnan(gap)] = empty[np.isnan(gap)]
    location = policy.location
    if location is None:
        location = float(expected.numerator.sum() / max(expected.denominator.sum(), 1e-300))
    code = execution.reading_codes(expected.value, low, high, location)
    return {
        "share_shrunk": _with_band(shrunk, drawn),
        "execution_gap": replace(found, p05=low, p95=high),
        "execution": execution.reading_values(code, basis),
    }


def _steeper(
    inputs: ScoringInputs, policy: ScoringPolicy, model: HuffModel, beta_error: float
) -> Floats:
    """Return the expected share were β larger by its standard error. Shape (n_cells,)."""
    steeper = replace(model, beta=model.beta + beta_error)
    mode = next(iter(policy.modes))
    rates = position.expected_rates(inputs, mode, steeper)
    return demand_rate(inputs, rates["expected_share"]).value


def _score_values(key: str, score: Score, basis: str | Notes) -> dict[str, CellValues]:
    remarks = notes(len(score.value), basis)
    empty = score.note != ""
    remarks[empty] = score.note[empty]
    nothing = np.full(len(score.value), np.nan)
    planned = np.full(len(score.value), float(score.planned))
    remark = basis
    if score.left_out or score.doubles:
        remark = "indicator_left_out" if score.left_out else "indicator_double"
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


def _long_form(ids: Ints, table: Mapping[str, CellValues]) -> pd.DataFrame:
    """Return the table of scores: metrics in the order of the registry, cells in theirs."""
    place = {key: at for at, key in enumerate(METRICS)}
    names = sorted(table, key=lambda name: place[named(name).metric.key])

    def column(attribute: str) -> Floats:
        parts = []
        for name in names:
            values: Floats = getattr(table[name], attribute)
            parts.append(values if len(values) else np.full(len(ids), np.nan))
        joined = np.concatenate(parts)
        joined[~np.isfinite(joined)] = np.nan
        return joined

    frame = pd.DataFrame(
        {
            "cell_id": np.tile(ids, len(names)),
            "metric": np.repeat(np.array(names, dtype=object), len(ids)),
            "value": column("value"),
            "numerator": column("numerator"),
            "denominator": column("denominator"),
            "n": np.concatenate([table[name].n for name in names]),
            "p05": column("p05"),
            "p95": column("p95"),
            "rank_low": column("rank_low"),
            "rank_high": column("rank_high"),
            "note": np.concatenate([table[name].note for name in names]),
        }
    )
    return SCORES.validate(frame)
