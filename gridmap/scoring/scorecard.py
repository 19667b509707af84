"""The scorecard of every cell: all metrics and both scores as one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridmap.errors import InputError, fault
from gridmap.policies import Mode, ScoringPolicy
from gridmap.schemas import SCORES
from gridmap.scoring import coverage, execution, field_counts, market, position
from gridmap.scoring.clusters import cluster_metrics
from gridmap.scoring.composite import CompositeRules, Score, score_composite, structural_zeros
from gridmap.scoring.demand_fields import ChoiceModel, DemandFields, demand_fields
from gridmap.scoring.equity import equity
from gridmap.scoring.huff import HuffModel
from gridmap.scoring.indicators import ScorePlan, main_threshold, score_plans, scoring_faults
from gridmap.scoring.inputs import Floats, Ints, ScoringInputs
from gridmap.scoring.making import ScoreParts
from gridmap.scoring.measures import (
    CellValues,
    Notes,
    amount,
    demand_rate,
    missing,
    notes,
    quotient,
    rate,
)
from gridmap.scoring.metrics import METRICS, Metric, Named, named, note_text, threshold_name
from gridmap.scoring.sampling import band, resample, widened

#: Draws of the shares where the policy asks for no bands.
SHARE_DRAWS = 200
#: Metrics of the Huff model.
EXPECTED = ("expected_share", "expected_share_own", "rival_pressure")
#: Places of the sources of chance, see `_chances`.
SHARES, CLUSTERS = 3, 4

__all__ = [
    "METRICS",
    "Metric",
    "Named",
    "ScoringSettings",
    "cell_summary",
    "fields_of",
    "named",
    "note_text",
    "pool_cells",
    "rescore_cells",
    "score_cells",
    "score_with_parts",
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
    settings: ScoringSettings = ScoringSettings(),
    fields: DemandFields | None = None,
) -> tuple[pd.DataFrame, dict[str, ScoreParts]]:
    """Return the answer of `score_cells`, and what ``position`` and ``coverage`` are made of."""
    _check(inputs, policy)
    if fields is None:
        fields = fields_of(inputs, policy, settings)
    chances = _chances(seed)
    names = _indicator_names(inputs, policy)
    table, samples = _demand_table(inputs, fields, keep=names, draws=policy.draws, rng=chances[0])
    table |= _outlet_table(inputs, settings)
    table |= _market(inputs, policy)
    steeper = demand_rate(inputs, fields.steeper).value
    table |= _execution(
        inputs, policy, table, samples, steeper=steeper, rng=chances[SHARES], cells=None
    )
    table |= _clusters(inputs, policy, table, chances[CLUSTERS])
    table["quadrant"] = _quadrant(table, policy)
    table |= _scores(inputs, policy, settings, table=table, samples=samples, chances=chances)
    parts = {
        key: ScoreParts(
            plan,
            {one.metric: table[one.metric].value for one in plan.indicators},
            {one.metric: samples[one.metric] for one in plan.indicators if one.metric in samples},
            table[f"{key}_score"].value,
            settings.rules,
        )
        for key, plan in score_plans(policy, subscribers=_compares(inputs)).items()
    }
    return _long_form(inputs.ids, table), parts


def rescore_cells(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    cells: Ints,
    *,
    fields: DemandFields,
    before: pd.DataFrame,
    seed: int,
    settings: ScoringSettings = ScoringSettings(),
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
    chances = _chances(seed)
    names = _indicator_names(inputs, policy)
    table, samples = _demand_table(demand, fields, keep=names, draws=policy.draws, rng=chances[0])
    # Some metrics compare a cell with all others: these are made for all, of what is cheap.
    elsewhere = before[~before["cell_id"].isin(inputs.ids[cells])]
    whole = {
        name: _among(inputs, table[name], cells, elsewhere[elsewhere["metric"] == name])
        for name in ("expected_share", _covered(policy))
    }
    rest = _outlet_table(inputs, settings)
    rest |= _market(inputs, policy)
    whole |= rest
    steeper = demand_rate(demand, fields.steeper).value
    rest |= _execution(
        inputs, policy, whole, samples, steeper=steeper, rng=chances[SHARES], cells=cells
    )
    whole |= rest
    rest |= _clusters(inputs, policy, whole, chances[CLUSTERS])
    rest["quadrant"] = _quadrant(whole, policy)
    table |= {name: values.take(cells) for name, values in rest.items()}
    for name in names - whole.keys():
        earlier = elsewhere[elsewhere["metric"] == name]
        whole[name] = _among(inputs, table[name], cells, earlier)
    scores = _scores(
        inputs, policy, settings, table=whole, samples=samples, chances=chances, cells=cells
    )
    nothing = np.full(len(cells), np.nan)
    for name, values in scores.items():
        table[name] = replace(values, rank_low=nothing, rank_high=nothing)
    return _long_form(inputs.ids[cells], table)


def fields_of(
    inputs: ScoringInputs, policy: ScoringPolicy, settings: ScoringSettings = ScoringSettings()
) -> DemandFields:
    """Return what each demand point has, whatever its cell: what a redraw leaves as it is."""
    return demand_fields(inputs, policy, choice_model(policy, settings))


def choice_model(policy: ScoringPolicy, settings: ScoringSettings) -> ChoiceModel:
    """Return how demand chooses: as fitted, else as the policy says."""
    model = settings.huff or HuffModel.of(policy)
    error = policy.beta_error if settings.beta_error is None else settings.beta_error
    return ChoiceModel(model, error, settings.nearest_cap_min)


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


def _chances(seed: int) -> list[np.random.Generator]:
    """Return sources of chance: sampling, position and coverage score, shares, clusters."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)]


def _main(policy: ScoringPolicy) -> tuple[Mode, tuple[float, ...]]:
    """Return the first means of travel and its thresholds."""
    return next(iter(policy.modes.items()))


def _plans(inputs: ScoringInputs, policy: ScoringPolicy) -> dict[str, ScorePlan]:
    """Return what the scores are made of, after what is known."""
    visits = inputs.field_work is not None and inputs.field_work.tells_visits
    return score_plans(policy, subscribers=_compares(inputs), visits=visits)


def _indicator_names(inputs: ScoringInputs, policy: ScoringPolicy) -> set[str]:
    plans = _plans(inputs, policy)
    return {one.metric for plan in plans.values() for one in plan.indicators}


def _among(
    inputs: ScoringInputs, values: CellValues, cells: Ints, elsewhere: pd.DataFrame
) -> CellValues:
    """Return new values of some cells among the earlier ones of the others."""
    rows = elsewhere.set_index("cell_id").reindex(inputs.ids)
    columns = [rows[name].to_numpy(np.float64, copy=True)
               for name in ("value", "numerator", "denominator", "n")]  # fmt: skip
    new = (values.value, values.numerator, values.denominator, values.n)
    for column, part in zip(columns, new, strict=True):
        column[cells] = part
    note = rows["note"].fillna("").to_numpy(dtype=object, copy=True)
    note[cells] = values.note
    value, numerator, denominator, n = columns
    # The table of scores has no number for what is never reached.
    value[(note == "unreachable") & np.isnan(value)] = np.inf
    return CellValues(value, numerator, denominator, np.nan_to_num(n).astype(np.int64), note)


def _outlet_table(inputs: ScoringInputs, settings: ScoringSettings) -> dict[str, CellValues]:
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


def _compares(inputs: ScoringInputs) -> bool:
    return inputs.market is not None and inputs.market.compares


def _clusters(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    table: Mapping[str, CellValues],
    rng: np.random.Generator,
) -> dict[str, CellValues]:
    one = table["share_shrunk" if _compares(inputs) else "expected_share"]
    return cluster_metrics(
        one.value, inputs.cell_pairs, rate=policy.false_discovery, rng=rng, note=one.note
    )


def _covered(policy: ScoringPolicy) -> str:
    """Return the name of the coverage that quadrants go by."""
    main_mode, thresholds = _main(policy)
    return threshold_name("coverage_ours", main_mode, main_threshold(thresholds))


def _quadrant(table: Mapping[str, CellValues], policy: ScoringPolicy) -> CellValues:
    code = position.quadrant(
        table["relative_share"].value,
        table["expected_share"].value,
        table[_covered(policy)].value,
        table["potential" if policy.quadrants.by == "potential" else "market_growth"].value,
        policy.quadrants,
    )
    return position.quadrant_values(code)


def _scores(
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
    plans = _plans(inputs, policy)
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


def _demand_table(
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
