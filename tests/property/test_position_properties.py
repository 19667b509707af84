"""What must hold of market figures and of the Huff model for any town."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_inputs import random_inputs

from gridmap.policies import QuadrantPolicy, ScoringPolicy
from gridmap.scoring.huff import HuffModel
from gridmap.scoring.inputs import MarketCounts, ScoringInputs
from gridmap.scoring.market import market_position, port_balance
from gridmap.scoring.metrics import named
from gridmap.scoring.position import concentration, expected_rates, relative_share, shares
from gridmap.scoring.score_table import pool_cells
from gridmap.scoring.scorecard import score_cells

seeds = st.integers(0, 10_000)
QUICK = ScoringPolicy(draws=0)
KERNELS = st.sampled_from(
    [HuffModel(), HuffModel(0.15, kernel="exponential"), HuffModel(0.12, kernel="gaussian")]
)


def market_of(seed: int, n_cells: int, *, operators: int = 3, gaps: float = 0.0) -> MarketCounts:
    """Return a market in which every number that leaves an operator goes to another."""
    rng = np.random.default_rng(seed)
    base = rng.uniform(50.0, 900.0, (n_cells, operators))
    flow = rng.uniform(0.0, 5.0, (n_cells, operators, operators))
    flow[:, np.arange(operators), np.arange(operators)] = 0.0
    base[rng.random(base.shape) < gaps] = np.nan
    return MarketCounts(
        ("we", *(f"rival {k}" for k in range(1, operators))),
        base,
        additions=rng.uniform(1.0, 30.0, base.shape),
        departures=rng.uniform(1.0, 30.0, base.shape),
        ported_in=flow.sum(axis=1),
        ported_out=flow.sum(axis=2),
        households=rng.uniform(50.0, 900.0, n_cells),
        target=rng.uniform(1.0, 30.0, n_cells),
        earlier=base * rng.uniform(0.8, 1.2, base.shape),
        mean_base=base * 1.01,
    )


def town(seed: int, *, gaps: float = 0.0) -> ScoringInputs:
    inputs = random_inputs(seed)
    return replace(inputs, market=market_of(seed, inputs.n_cells, gaps=gaps))


def table(inputs: ScoringInputs, policy: ScoringPolicy = QUICK) -> pd.DataFrame:
    scores = score_cells(inputs, policy, seed=1)
    return scores.pivot(index="cell_id", columns="metric", values="value")


def expected(inputs: ScoringInputs, model: HuffModel) -> dict[str, np.ndarray]:
    rates = expected_rates(inputs, "walk", model)
    return {name: inputs.by_cell(one.part) for name, one in rates.items()}


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(1, 6))
def test_shares_of_all_operators_sum_to_1(seed, operators):
    counts = market_of(seed, 8, operators=operators).subscribers
    np.testing.assert_allclose(shares(counts).sum(axis=1), 1.0)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(2, 6))
def test_concentration_and_relative_share_keep_to_their_bounds(seed, operators):
    """1/n ≤ H ≤ 1, N = 1/H operators of the same size; above 1 is the leader and nobody else."""
    counts = market_of(seed, 8, operators=operators).subscribers
    hhi, n_eq, hhi_norm = concentration(shares(counts))
    np.testing.assert_allclose(hhi * n_eq, 1e4)
    assert ((n_eq >= 1.0) & (n_eq <= operators + 1e-9)).all()
    assert ((hhi_norm >= -1e-12) & (hhi_norm <= 1.0)).all()
    leads = counts.argmax(axis=1) == 0
    assert ((relative_share(counts) > 1.0) == leads).all()


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_net_ports_of_all_operators_sum_to_0(seed):
    """Also after pooling: what one operator wins another one loses."""
    market = market_of(seed, 8)
    assert market.ported_in is not None
    assert market.ported_out is not None
    balance = port_balance(market.ported_in, market.ported_out)
    np.testing.assert_allclose(balance.sum(axis=1), 0.0, atol=1e-9)
    every = 0.0
    for first in range(3):
        turn = [first, *(k for k in range(3) if k != first)]
        seen = replace(
            market,
            subscribers=market.subscribers[:, turn],
            ported_in=market.ported_in[:, turn],
            ported_out=market.ported_out[:, turn],
        )
        every += market_position(seen)["port_balance"].value.sum()
    assert every == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(seeds, KERNELS, st.floats(0.0, 0.5))
def test_two_halves_on_the_spot_are_one_outlet(seed, model, outside):
    """With α = 1 an outlet cut in two equal halves leaves every expected share as it was."""
    inputs = random_inputs(seed)
    model = replace(model, alpha=1.0, outside=outside)
    halved = split_outlet(inputs, seed % inputs.n_outlets)
    before, then = expected(inputs, model), expected(halved, model)
    for name in before:
        np.testing.assert_allclose(then[name], before[name], rtol=1e-9)


def split_outlet(inputs: ScoringInputs, at: int) -> ScoringInputs:
    order = np.append(np.arange(inputs.n_outlets), at)
    halved = take_outlets(inputs, order)
    assert halved.attraction is not None
    attraction = halved.attraction.copy()
    attraction[[at, -1]] /= 2.0
    return replace(halved, attraction=attraction)


def take_outlets(inputs: ScoringInputs, order: np.ndarray) -> ScoringInputs:
    per_outlet = ("outlet_cell", "ownership", "operator", "kind", "grade", "attraction")
    per_outlet += ("due_visits", "planned_visits")
    return replace(
        inputs,
        travel_min={"walk": inputs.travel_min["walk"][:, order]},
        **{name: getattr(inputs, name)[order] for name in per_outlet},
    )


@settings(max_examples=15, deadline=None)
@given(seeds, KERNELS, st.floats(0.01, 50.0))
def test_the_scale_of_attraction_does_not_matter(seed, model, factor):
    inputs = random_inputs(seed)
    assert inputs.attraction is not None
    scaled = replace(inputs, attraction=factor * inputs.attraction)
    before, then = expected(inputs, model), expected(scaled, model)
    for name in before:
        np.testing.assert_allclose(then[name], before[name], rtol=1e-9)


@settings(max_examples=12, deadline=None)
@given(seeds, st.floats(0.01, 50.0))
def test_the_unit_of_demand_and_of_counts_does_not_matter_to_rates(seed, factor):
    """Households or thousands of them; subscribers or tens of thousands (万户)."""
    inputs = town(seed)
    assert inputs.market is not None
    market = inputs.market
    scaled = replace(
        inputs,
        demand_weight=factor * inputs.demand_weight,
        market=replace(
            market,
            **{name: factor * amounts for name, amounts in market.tables().items()},
            **{name: factor * amounts for name, amounts in market.columns().items()},
        ),
    )
    policy = ScoringPolicy(draws=0, kappa=0.0)
    before, then = table(inputs, policy), table(scaled, policy)
    for name in before.columns:
        # Sizes have the unit, and how sure a share is depends on how many stand behind it.
        if named(name).metric.unit in ("share", "ratio", "points", "minutes"):
            np.testing.assert_allclose(then[name], before[name], rtol=1e-8, err_msg=name)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_the_order_of_the_rows_does_not_matter(seed):
    inputs = town(seed)
    rng = np.random.default_rng(seed)
    order, points = rng.permutation(inputs.n_outlets), rng.permutation(inputs.n_demand)
    shuffled = take_outlets(inputs, order)
    shuffled = replace(
        shuffled,
        demand_weight=inputs.demand_weight[points],
        demand_cell=inputs.demand_cell[points],
        travel_min={"walk": shuffled.travel_min["walk"][points]},
    )
    before, then = table(inputs), table(shuffled)
    for name in before.columns:
        # The interval that a reading rests on is drawn at random.
        if name != "execution":
            np.testing.assert_allclose(then[name], before[name], rtol=1e-8, err_msg=name)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_the_names_of_operators_and_cells_do_not_matter(seed):
    names = {"": "zz", "red": "aa", "blue": "mm"}
    for inputs in (town(seed), random_inputs(seed)):
        market = inputs.market
        renamed = replace(
            inputs,
            operator=np.array([names[one] for one in inputs.operator.tolist()]),
            market=market and replace(market, operators=("x", "y", "z")),
            cell_ids=np.arange(inputs.n_cells) + 700,
        )
        before, then = table(inputs), table(renamed)
        assert then.index.tolist() == (before.index + 700).tolist()
        np.testing.assert_allclose(then.to_numpy(), before.to_numpy(), rtol=1e-9)


def merged_market(market: MarketCounts, into: np.ndarray, n: int) -> MarketCounts:
    def summed(amounts: np.ndarray) -> np.ndarray:
        total = np.zeros((n, *amounts.shape[1:]))
        np.add.at(total, into, amounts)
        return total

    return replace(
        market,
        **{name: summed(amounts) for name, amounts in market.tables().items()},
        **{name: summed(amounts) for name, amounts in market.columns().items()},
    )


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(1, 3))
def test_merged_cells_have_the_market_of_their_parts(seed, n):
    """Σ/Σ of the parts is the figure of the whole, and no mean of the parts' figures."""
    inputs = town(seed)
    assert inputs.market is not None
    into = np.arange(inputs.n_cells) % n
    merged = replace(
        inputs,
        n_cells=n,
        area_m2=np.bincount(into, weights=inputs.area_m2, minlength=n),
        demand_cell=into[inputs.demand_cell],
        outlet_cell=into[inputs.outlet_cell],
        market=merged_market(inputs.market, into, n),
    )
    parts = pool_cells(score_cells(inputs, QUICK, seed=1), dict(enumerate(into.tolist())))
    parts = parts.set_index(["metric", "region"])["value"]
    whole = score_cells(merged, QUICK, seed=1).set_index(["metric", "cell_id"])["value"]
    for name in (
        "share", "additions_share", "net_adds", "net_adds_per_1k", "churn", "port_balance",
        "port_balance_per_1k", "base_growth", "market_growth", "penetration", "target_attainment",
        "expected_share",
    ):  # fmt: skip
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-9, err_msg=name)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_what_is_missing_is_missing_and_never_0(seed):
    """A cell that lacks a figure has no share, and does not change the others' shares."""
    inputs = town(seed, gaps=0.15)
    assert inputs.market is not None
    lacking = np.isnan(inputs.market.subscribers).any(axis=1)
    found = table(inputs)
    for name in ("share", "hhi", "relative_share", "share_change", "fair_share_index"):
        if inputs.market.compares:
            assert (np.isnan(found[name]) == lacking).all(), name
    ours = np.isnan(inputs.market.subscribers[:, 0])
    for name in ("churn", "net_adds_per_1k", "port_balance_per_1k", "base_growth", "penetration"):
        assert (np.isnan(found[name]) == ours).all(), name
    if inputs.market.compares:
        whole = table(replace(inputs, market=market_of(seed, inputs.n_cells)))
        np.testing.assert_allclose(found["share"][~lacking], whole["share"][~lacking])


@settings(max_examples=15, deadline=None)
@given(seeds, KERNELS, st.floats(0.0, 0.5))
def test_more_of_ours_never_lowers_and_more_of_theirs_never_raises(seed, model, outside):
    """For every kernel and with an outside option, which an own outlet takes from, too."""
    inputs = random_inputs(seed)
    model = replace(model, outside=outside)
    at = np.random.default_rng(seed).integers(0, inputs.n_outlets)
    more = take_outlets(inputs, np.append(np.arange(inputs.n_outlets), at))
    ownership = more.ownership.copy()
    before = expected(inputs, model)["expected_share"]
    ownership[-1] = "own"
    assert (
        expected(replace(more, ownership=ownership), model)["expected_share"] >= before - 1e-9
    ).all()
    ownership[-1] = "rival"
    assert (
        expected(replace(more, ownership=ownership), model)["expected_share"] <= before + 1e-9
    ).all()


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(0.1, 3.0))
def test_quadrants_follow_their_limits(seed, factor):
    """A leader by looser limits is one by all stricter ones that its share still passes."""
    inputs = town(seed)
    loose = table(inputs, ScoringPolicy(draws=0, quadrants=QuadrantPolicy(leader=0.7)))
    strict = table(inputs, ScoringPolicy(draws=0, quadrants=QuadrantPolicy(leader=0.7 + factor)))
    leaders = loose["quadrant"] == 0
    assert (leaders | (strict["quadrant"] != 0)).all()
    assert (loose["relative_share"][leaders] >= 0.7).all()
