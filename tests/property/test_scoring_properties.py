"""What must hold of scores for any town."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_inputs import random_inputs

from gridmap.policies import ScoringPolicy
from gridmap.scoring.accessibility import (
    METHODS,
    accessibility,
    even_catchment,
    zoned_catchment,
)
from gridmap.scoring.card_settings import ScoringSettings, fields_of
from gridmap.scoring.composite import ranks
from gridmap.scoring.huff import HuffModel, huff_shares
from gridmap.scoring.inputs import FieldCounts, FieldSum, MarketCounts, ScoringInputs
from gridmap.scoring.metrics import named, threshold_name
from gridmap.scoring.score_table import pool_cells
from gridmap.scoring.scorecard import rescore_cells, score_cells

QUICK = ScoringPolicy(draws=0)
BANDED = ScoringPolicy(draws=40)
seeds = st.integers(0, 10_000)


def table(inputs: ScoringInputs, policy: ScoringPolicy = QUICK):
    scores = score_cells(inputs, policy, seed=1)
    return scores.pivot(index="cell_id", columns="metric", values="value")


def with_outlet(inputs: ScoringInputs, ownership: str, seed: int) -> ScoringInputs:
    """Return the inputs with one more outlet that some of the demand reaches."""
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(0.0, 40.0, inputs.n_demand)
    minutes[rng.random(inputs.n_demand) < 0.3] = np.nan
    travel = np.column_stack([inputs.travel_min["walk"], minutes])
    return replace(
        inputs,
        travel_min={"walk": travel},
        ownership=np.append(inputs.ownership, ownership),
        operator=np.append(inputs.operator, "new"),
        kind=np.append(inputs.kind, "store"),
        grade=np.append(inputs.grade, "A"),
        outlet_cell=np.append(inputs.outlet_cell, rng.integers(0, inputs.n_cells)),
        attraction=np.append(inputs.attraction, rng.uniform(0.5, 3.0)),
        due_visits=np.append(inputs.due_visits, 1),
        planned_visits=np.append(inputs.planned_visits, 1),
    )


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_blind_and_covered_are_everything(seed):
    wide = table(random_inputs(seed))
    np.testing.assert_allclose(wide["expected_share"] + wide["rival_pressure"], 1.0)
    for minutes in ("5", "10", "15"):
        both = wide[f"blind_share_walk_{minutes}"] + wide[f"coverage_ours_walk_{minutes}"]
        np.testing.assert_allclose(both, 1.0)
        split = wide[f"contested_walk_{minutes}"] + wide[f"rival_only_walk_{minutes}"]
        np.testing.assert_allclose(split, wide[f"coverage_rival_walk_{minutes}"])


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_an_own_outlet_more_never_lowers_coverage_or_expected_share(seed):
    before = random_inputs(seed)
    first, then = table(before), table(with_outlet(before, "own", seed))
    for name in first.columns:
        if name.startswith(("coverage_own_", "coverage_ours_", "expected_share")):
            assert (then[name] >= first[name] - 1e-12).all(), name


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_a_rival_more_never_raises_the_expected_share_and_leaves_our_coverage(seed):
    before = random_inputs(seed)
    first, then = table(before), table(with_outlet(before, "rival", seed))
    for name in ("expected_share", "expected_share_own", "first_arrival_share"):
        assert (then[name] <= first[name] + 1e-12).all(), name
    assert (then["rival_pressure"] >= first["rival_pressure"] - 1e-12).all()
    for name in first.columns:
        if name.startswith(("coverage_own_", "coverage_partner_", "coverage_ours_", "access_")):
            np.testing.assert_allclose(then[name], first[name], rtol=1e-12, err_msg=name)
        if name.startswith(("coverage_rival_", "contested_", "rival_only_")):
            assert (then[name] >= first[name] - 1e-12).all(), name


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(0.5, 4.0), st.floats(0.0, 2.0))
def test_huff_shares_of_all_operators_sum_to_1(seed, beta, alpha):
    inputs = random_inputs(seed)
    names, group = np.unique(inputs.operator, return_inverse=True)
    shares = huff_shares(
        inputs.times["walk"],
        inputs.attraction,
        group.astype(np.int64),
        len(names),
        HuffModel(beta=beta, alpha=alpha),
    )
    reached = ~np.isnan(inputs.travel_min["walk"]).all(axis=1)
    np.testing.assert_allclose(shares[reached].sum(axis=1), 1.0)
    assert np.isnan(shares[~reached]).all()


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(0.01, 3.0))
def test_with_an_outside_option_shares_and_those_who_buy_nowhere_sum_to_1(seed, outside):
    inputs = random_inputs(seed)
    assert inputs.attraction is not None
    model = HuffModel(outside=outside)
    everyone = np.zeros(inputs.n_outlets, dtype=np.int64)
    shares = huff_shares(inputs.times["walk"], inputs.attraction, everyone, 1, model)[:, 0]
    far = np.nan_to_num(inputs.travel_min["walk"], nan=np.inf)
    pull = model.utilities(far, inputs.attraction).sum(axis=1)
    np.testing.assert_allclose(shares + outside / (outside + pull), 1.0)


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(0.1, 60.0))
def test_the_unit_of_time_does_not_matter(seed, factor):
    """Minutes or seconds: thresholds, caps and the model in the same unit give the same rates."""
    inputs = random_inputs(seed)
    limits = (5.0, 10.0, 15.0)
    scaled = replace(inputs, travel_min={"walk": factor * inputs.travel_min["walk"]})
    for kernel, beta, at in (("power", 2.0, 2.0), ("exponential", 0.1, 0.1 / factor)):
        options = {"draws": 0, "huff_kernel": kernel}
        first = table(inputs, ScoringPolicy(huff_beta=beta, modes={"walk": limits}, **options))
        policy = ScoringPolicy(
            huff_beta=at,
            huff_least_min=factor,
            modes={"walk": tuple(factor * one for one in limits)},
            **options,
        )
        scores = score_cells(scaled, policy, seed=1, settings=ScoringSettings(
            nearest_cap_min=factor * ScoringSettings().nearest_cap_min))  # fmt: skip
        for name, values in first.items():
            one = named(name)
            in_time = factor if one.metric.unit == "minutes" else 1.0
            if one.minutes is not None:
                name = threshold_name(one.metric.key, one.mode, factor * one.minutes)  # noqa: PLW2901
            found = scores.loc[scores["metric"] == name, "value"].to_numpy()
            np.testing.assert_allclose(found, in_time * values, rtol=1e-7, err_msg=name)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_the_numbering_of_the_cells_does_not_matter(seed):
    """The same cells counted in another order have the same figures, scores included."""
    inputs = replace(random_inputs(seed), market=random_market(seed, 6))
    assert inputs.market is not None
    order = np.random.default_rng(seed).permutation(inputs.n_cells)
    number = np.argsort(order)  # of each old cell
    market = inputs.market
    moved = replace(
        inputs,
        area_m2=inputs.area_m2[order],
        demand_cell=number[inputs.demand_cell],
        outlet_cell=number[inputs.outlet_cell],
        market=replace(
            market, **{name: amounts[order] for name, amounts in market.tables().items()}
        ),
    )
    before, then = table(inputs), table(moved)
    for name in before.columns.drop("execution"):  # its interval is drawn at random
        np.testing.assert_allclose(
            then[name][number], before[name], rtol=1e-9, atol=1e-12, err_msg=name
        )


#: What stands in for an input that is not there, or is made of what is: these change, and say so.
STAND_INS = ("position_", "coverage_score", "coverage_data", "quadrant", "potential",
             "relative_share", "hhi", "n_eq", "hot_spot", "local_moran", "cluster",
             "share_shrunk")  # fmt: skip
MARKET_PARTS = ("additions", "departures", "ported_in", "ported_out", "earlier", "mean_base",
                "households", "target")  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(seeds, st.sets(st.sampled_from(["market", "sales", "visits", *MARKET_PARTS]), min_size=1))
def test_an_input_that_is_missing_makes_no_figure_0(seed, gone):
    """Whatever is left out, a metric stays as it was or is missing and says why."""
    inputs = whole_town(seed)
    assert inputs.market is not None
    parts = {name: None for name in MARKET_PARTS if name in gone}
    lacking = replace(inputs, market=replace(inputs.market, **parts))
    if "market" in gone:
        lacking = replace(lacking, market=None)
    if "sales" in gone:
        lacking = replace(lacking, sales=None)
    if "visits" in gone:
        lacking = replace(lacking, due_visits=None, planned_visits=None)
    before = score_cells(inputs, QUICK, seed=1).set_index(["metric", "cell_id"])
    then = score_cells(lacking, QUICK, seed=1).set_index(["metric", "cell_id"])
    value = then["value"]
    assert (then.loc[value.isna(), "note"] != "").all()
    names = value.index.get_level_values("metric")
    kept = value[value.notna() & ~names.str.startswith(STAND_INS)]
    if "mean_base" in gone:  # the base at the end of the month stands in for the mean
        kept = kept[~kept.index.get_level_values("metric").str.contains("churn|per_1k")]
    same = before["value"].reindex(kept.index)
    np.testing.assert_allclose(kept, same, rtol=1e-9)
    for name, part in (("churn", "departures"), ("penetration", "households"),
                       ("target_attainment", "target"), ("base_growth", "earlier"),
                       ("active_outlet_rate", "sales"), ("net_adds", "additions"),
                       ("port_balance", "ported_in"), ("share", "market"),
                       ("managed_partner_share", "visits")):  # fmt: skip
        if part in gone:
            assert value[name].isna().all(), name


def whole_town(seed: int) -> ScoringInputs:
    """Return a town of which everything is known."""
    inputs, rng = random_inputs(seed), np.random.default_rng(seed)
    base = rng.uniform(50.0, 500.0, (inputs.n_cells, 2))
    flows = {name: rng.uniform(1.0, 9.0, base.shape) for name in MARKET_PARTS[:4]}
    places = {name: rng.uniform(9.0, 99.0, inputs.n_cells) for name in MARKET_PARTS[6:]}
    market = MarketCounts(
        ("we", "they"), base, **flows, **places, earlier=0.9 * base, mean_base=0.95 * base
    )
    return replace(inputs, market=market, sales=rng.integers(0, 3, inputs.n_outlets) * 1.0)


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(1, 3))
def test_merged_cells_have_the_sums_of_their_parts(seed, n_merged):
    inputs = random_inputs(seed)
    into = np.arange(inputs.n_cells) % n_merged
    merged = replace(
        inputs,
        n_cells=n_merged,
        area_m2=np.bincount(into, weights=inputs.area_m2, minlength=n_merged),
        demand_cell=into[inputs.demand_cell],
        outlet_cell=into[inputs.outlet_cell],
    )
    parts = pool_cells(score_cells(inputs, QUICK, seed=1), dict(enumerate(into.tolist())))
    parts = parts.set_index(["region", "metric"]).sort_index()
    whole = score_cells(merged, QUICK, seed=1)
    whole = whole[[named(name).metric.additive for name in whole["metric"]]]
    whole = whole.set_index(["cell_id", "metric"]).sort_index()
    whole = whole.loc[parts.index]
    assert len(parts) > 30
    for column in ("numerator", "denominator", "value"):
        np.testing.assert_allclose(parts[column], whole[column], atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_scores_and_rank_bands_hold_their_centre(seed):
    scores = score_cells(random_inputs(seed), BANDED, seed=seed)
    for key in ("position_score", "coverage_score"):
        rows = scores[scores["metric"] == key]
        value = rows["value"].to_numpy()
        there = ~np.isnan(value)
        assert there.any()
        assert ((value[there] >= 0.0) & (value[there] <= 100.0)).all()
        for method in ("min", "max"):
            rank = ranks(value, method)[there]
            assert (rows["rank_low"].to_numpy()[there] <= rank).all()
            assert (rank <= rows["rank_high"].to_numpy()[there]).all()
        assert (rows["rank_low"].to_numpy()[there] >= 1.0).all()
        assert (rows["rank_high"].to_numpy()[there] <= there.sum()).all()
    banded = scores.dropna(subset=["p05", "p95", "value"])
    assert (banded["p05"] <= banded["value"]).all()
    assert (banded["value"] <= banded["p95"]).all()


@settings(max_examples=5, deadline=None)
@given(seeds)
def test_the_same_seed_gives_the_same_table(seed):
    inputs = random_inputs(seed)
    first = score_cells(inputs, BANDED, seed=seed)
    assert first.equals(score_cells(inputs, BANDED, seed=seed))
    assert not first.equals(score_cells(inputs, BANDED, seed=seed + 1))


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_shares_are_shares(seed):
    scores = score_cells(random_inputs(seed), QUICK, seed=1)
    share = [named(name).metric.unit == "share" for name in scores["metric"]]
    value = scores.loc[share, "value"].dropna()
    assert value.between(0.0, 1.0 + 1e-12).all()


def test_a_cells_score_does_not_move_because_another_cell_did():
    """Goalposts are fixed: take away what cell 5 has, and cell 0 keeps its score."""
    inputs = random_inputs(1)
    weight = inputs.demand_weight.copy()
    weight[inputs.demand_cell == 5] *= 9.0
    moved = table(replace(inputs, demand_weight=weight))
    assert moved["coverage_score"][0] == pytest.approx(table(inputs)["coverage_score"][0])


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from(METHODS), st.floats(1.0, 60.0), st.booleans())
def test_accessibility_hands_out_the_supply_that_is_reached(seed, method, limit_min, capacity):
    """Σw·A = ΣS over the outlets reached; for BFCA the levels of service sum up: ΣA = ΣS/D."""
    inputs = random_inputs(seed)
    supply = inputs.attraction if capacity else np.ones(inputs.n_outlets)
    catchment = even_catchment(limit_min) if method == "2sfca" else zoned_catchment(limit_min)
    found = accessibility(
        inputs.times["walk"],
        inputs.demand_weight,
        supply,
        catchment,
        method=method,
        taking_part=inputs.ours,
    )
    ours_min = inputs.travel_min["walk"][:, inputs.ours]
    inside = (np.nan_to_num(ours_min, nan=np.inf) <= limit_min).any(axis=1)
    assert (found.value[~inside] == 0.0).all()
    assert (found.value[inside] > 0.0).all()
    assert found.supply_reached <= supply[inputs.ours].sum() + 1e-9
    if method != "bfca":
        handed_out = (inputs.demand_weight * found.value).sum()
        assert handed_out == pytest.approx(found.supply_reached, rel=1e-9)
        return
    minutes = np.nan_to_num(inputs.travel_min["walk"][:, inputs.ours], nan=np.inf)
    zone = np.searchsorted(catchment.limits_min, minutes)
    f = np.append(catchment.weights, 0.0)[zone]
    choice = np.divide(f, f.sum(axis=1, keepdims=True), out=np.zeros_like(f), where=f > 0.0)
    demand = inputs.demand_weight @ choice
    level = supply[inputs.ours][demand > 0.0] / demand[demand > 0.0]
    assert found.value.sum() == pytest.approx(level.sum(), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(seeds, st.booleans(), st.booleans())
def test_cells_scored_again_have_what_a_whole_scoring_gives_them(seed, visits, shares):
    """Points and outlets go from cell 0 to cells 1 and 2; cells 3, 4 and 5 stay as they are."""
    inputs = random_inputs(seed)
    if visits:
        inputs = replace(inputs, field_work=random_visits(seed, inputs.n_cells))
    else:
        inputs = replace(inputs, due_visits=None, planned_visits=None)
    if shares:
        inputs = replace(inputs, market=random_market(seed, inputs.n_cells))
    rng = np.random.default_rng(seed)
    fields, before = fields_of(inputs, BANDED), score_cells(inputs, BANDED, seed=1)
    demand_cell, outlet_cell = inputs.demand_cell.copy(), inputs.outlet_cell.copy()
    for labels in (demand_cell, outlet_cell):
        leaving = (labels == 0) & (rng.random(len(labels)) < 0.5)
        labels[leaving] = rng.integers(1, 3, leaving.sum())
    redrawn = replace(inputs, demand_cell=demand_cell, outlet_cell=outlet_cell)
    touched = np.array([0, 2, 1])
    found = rescore_cells(redrawn, BANDED, touched, fields=fields, before=before, seed=1)
    whole = score_cells(redrawn, BANDED, seed=1)
    whole = whole[whole["cell_id"].isin(touched)]
    both = [
        frame.set_index(["metric", "cell_id"]).sort_index().drop(columns=["rank_low", "rank_high"])
        for frame in (found, whole)
    ]
    assert both[0].index.equals(both[1].index)
    # Made of draws, and these are others: the medians, and the reading where its band ends.
    names = both[0].index.get_level_values("metric")
    drawn = names.str.endswith("_median") | (names == "execution")
    assert (both[0]["note"] == both[1]["note"])[~drawn].all()
    for column in ("value", "numerator", "denominator", "n"):
        again, anew = (frame.loc[~drawn, column] for frame in both)
        np.testing.assert_allclose(again, anew, atol=1e-9, err_msg=column)
    assert (both[0]["p05"].isna() == both[1]["p05"].isna()).all()
    banded = found.dropna(subset=["p05", "p95", "value"])
    assert (banded["p05"] <= banded["value"]).all()
    assert (banded["value"] <= banded["p95"]).all()


def random_visits(seed: int, n_cells: int) -> FieldCounts:
    """Return made and due visits of the cells, some of them unknown."""
    rng = np.random.default_rng(seed)
    due = rng.integers(1, 9, n_cells) * 1.0
    due[rng.random(n_cells) < 0.2] = np.nan
    made = due * rng.random(n_cells)
    return FieldCounts(
        {
            "visit_attainment": FieldSum(
                made, due, np.ones(n_cells), "no_visits_due", "visits_invented"
            )
        },
        {},
    )


def random_market(seed: int, n_cells: int) -> MarketCounts:
    """Return subscribers of two operators, some of them unknown."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 500, (n_cells, 2)) * 1.0
    counts[rng.random((n_cells, 2)) < 0.2] = np.nan
    return MarketCounts(("we", "they"), counts, additions=counts / 10, departures=counts / 20)
