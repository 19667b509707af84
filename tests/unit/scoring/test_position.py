"""Competitive position, with the sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scoring_inputs import NAN, all_own, inputs_of

from gridmap.policies import QuadrantPolicy
from gridmap.scoring import market, position
from gridmap.scoring.huff import HuffModel, huff_shares
from gridmap.scoring.inputs import MarketCounts
from gridmap.scoring.measures import demand_rate
from gridmap.scoring.position import QUADRANTS
from gridmap.scoring.reach import reach


def test_rivals_are_counted_by_operator_and_ours_as_one():
    inputs = inputs_of(
        [[1.0] * 5],
        ["own", "partner", "rival", "rival", "rival"],
        operator=["we", "corner shop", "red", "blue", "red"],
    )
    counts, group, names = position.operator_counts(inputs)
    assert counts.tolist() == [[2.0, 1.0, 2.0]]
    assert group.tolist() == [0, 0, 2, 1, 2]
    assert names == ("", "blue", "red")
    found = position.share_position(counts, "rests_on_outlets")
    assert found["relative_share"].value[0] == pytest.approx(1.0)
    assert found["relative_share"].note[0] == "rests_on_outlets"
    assert found["hhi"].value[0] == pytest.approx(1e4 * 9 / 25)


def test_relative_share_without_rivals_or_without_anybody():
    found = position.share_position(
        np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 3.0], [NAN, 1.0]]), "rests_on_outlets"
    )["relative_share"]
    np.testing.assert_array_equal(found.value, [np.inf, NAN, 0.0, NAN])
    assert found.note.tolist() == [
        "no_rival",
        "nothing_to_compare",
        "rests_on_outlets",
        "nothing_to_compare",
    ]


def test_one_operator_alone_has_no_normalised_concentration():
    found = position.share_position(np.array([[2.0, 0.0], [0.0, 0.0]]), "rests_on_outlets")
    assert found["hhi"].value[0] == pytest.approx(1e4)
    assert found["hhi_norm"].note.tolist() == ["no_rival", "nothing_to_compare"]


def test_outlet_shares():
    inputs = inputs_of([[1.0] * 4], ["own", "partner", "rival", "rival"])
    found = position.outlet_position(inputs)
    assert found["outlet_share"].value[0] == 0.5
    assert found["outlet_share_own"].value[0] == 0.25


def test_nearer_than_the_least_time_makes_no_difference():
    shares = huff_shares(
        all_own([[0.0, 1.0]]), np.ones(2), np.array([0, 1]), 2, HuffModel(least_min=1.0)
    )
    assert shares.tolist() == [[0.5, 0.5]]


def test_huff_with_an_outside_option():
    """1/2² = 0.25 against 0.25 outside: half; unreachable goes outside as a whole."""
    minutes = all_own([[2.0], [NAN]])
    shares = huff_shares(minutes, np.ones(1), np.array([0]), 1, HuffModel(outside=0.25))
    assert shares.tolist() == [[0.5], [0.0]]


def test_attraction_counts_with_its_exponent():
    shares = huff_shares(
        all_own([[2.0, 2.0]]), np.array([3.0, 1.0]), np.array([0, 1]), 2, HuffModel(alpha=2.0)
    )
    assert shares[0] == pytest.approx([0.9, 0.1])


@pytest.mark.parametrize(
    "wrong", [{"beta": 0.0}, {"least_min": 0.0}, {"alpha": -1.0}, {"outside": -1.0}]
)
def test_senseless_huff_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match="Expected"):
        HuffModel(**wrong)


def test_demand_that_reaches_nobody_is_left_out_of_expected_shares():
    """Point 0 (weight 1): own 1/4 against rival 1/4; point 1 (weight 9) reaches nobody."""
    inputs = inputs_of([[2.0, 2.0], [NAN, NAN]], ["partner", "rival"], weight=[1.0, 9.0])
    rates = position.expected_rates(inputs, "walk", HuffModel())
    assert demand_rate(inputs, rates["expected_share"]).value[0] == pytest.approx(0.5)
    assert demand_rate(inputs, rates["expected_share_own"]).value[0] == pytest.approx(0.0)
    assert demand_rate(inputs, rates["rival_pressure"]).value[0] == pytest.approx(0.5)
    assert rates["expected_share"].whole.tolist() == [1.0, 0.0]


def test_a_tie_is_no_first_arrival():
    inputs = inputs_of(
        [[5.0, 9.0, 6.0], [6.0, 9.0, 6.0], [NAN, 3.0, NAN], [NAN, NAN, NAN]],
        ["own", "partner", "rival"],
    )
    found = position.first_arrival(inputs, reach(inputs.times["walk"]))
    assert found.part.tolist() == [1.0, 0.0, 1.0, 0.0]


def test_each_quadrant_has_its_cell():
    expected = list(QUADRANTS)
    code = position.quadrant(
        relative=np.array([1.5, 0.67, 0.5, 0.5, 0.5, NAN]),
        expected=np.full(6, NAN),
        coverage=np.array([0.0, 0.0, 0.5, 0.4, 0.4, 1.0]),
        potential=np.array([6.0, 6.0, 6.0, 6.0, 1.0, 6.0]),
    )
    assert [QUADRANTS[one] for one in code] == expected
    values = position.quadrant_values(code)
    assert values.note.tolist() == expected
    assert values.value.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_odds_of_the_expected_share_stand_in_for_the_relative_share():
    """0.6/0.4 = 1.5 and 0.5/0.5 = 1; 1 against nothing leads."""
    code = position.quadrant(np.full(3, NAN), np.array([0.61, 0.5, 1.0]), np.ones(3), np.ones(3))
    assert [QUADRANTS[one] for one in code] == ["leader", "contested", "leader"]


def test_a_weak_cell_whose_coverage_or_potential_is_unknown_stays_unknown():
    code = position.quadrant(
        np.array([0.1, 0.1]), np.full(2, NAN), np.array([NAN, 0.1]), np.array([NAN, NAN])
    )
    assert [QUADRANTS[one] for one in code] == ["unknown", "unknown"]


@pytest.mark.parametrize("wrong", [{"leader": 0.5}, {"contested": 0.0}, {"coverage": 1.5}])
def test_senseless_limits_are_refused(wrong):
    with pytest.raises(ValueError, match="QuadrantPolicy"):
        QuadrantPolicy(**wrong)


def test_shrunk_share_adds_kappa_average_subscribers():
    """Region 60/200 = 0.3: (10 + 100·0.3)/(100 + 100) = 0.2; an empty cell gets the region's."""
    shrunk = market.shrunk_share(np.array([10.0, 50.0, 0.0]), np.array([100.0, 100.0, 0.0]), 100.0)
    assert shrunk == pytest.approx([0.2, 0.4, 0.3])
    assert np.isnan(market.shrunk_share(np.zeros(1), np.zeros(1), 10.0)).all()


def test_empirical_bayes_draws_small_cells_more():
    """m = 0.4, s² = 0.04 in each; A = s² − m/n̄ with n̄ = 550; C = A/(A + m/n)."""
    ours, total = np.array([600.0, 60.0, 200.0, 20.0]), np.array([1000.0, 100.0, 1000.0, 100.0])
    found = market.empirical_bayes_share(ours, total)
    between = 0.04 - 0.4 / 550
    trust = between / (between + 0.4 / total)
    assert found == pytest.approx(0.4 + trust * np.array([0.2, 0.2, -0.2, -0.2]))
    assert abs(found[1] - 0.4) < abs(found[0] - 0.4)


def test_empirical_bayes_of_equal_cells_is_the_region_and_of_nothing_missing():
    equal = market.empirical_bayes_share(np.array([5.0, 50.0, NAN]), np.array([10.0, 100.0, 1.0]))
    np.testing.assert_allclose(equal, [0.5, 0.5, NAN])
    assert np.isnan(market.empirical_bayes_share(np.zeros(2), np.zeros(2))).all()


def counts(ours: float, theirs: float) -> np.ndarray:
    return np.array([[ours, theirs]])


def test_market_figures():
    """Share 200/1000; additions 30 of 100, so the index is 1.5; 30 − 10 net on 200."""
    figures = MarketCounts(
        ("we", "they"),
        subscribers=counts(200, 800),
        additions=counts(30, 70),
        departures=counts(10, 20),
        ported_in=counts(5, 2),
        ported_out=counts(2, 5),
    )
    found = {key: one.value[0] for key, one in market.market_position(figures).items()}
    assert found["share"] == pytest.approx(0.2)
    assert found["additions_share"] == pytest.approx(0.3)
    assert found["fair_share_index"] == pytest.approx(1.5)
    assert found["net_adds"] == pytest.approx(20.0)
    assert found["net_adds_per_1k"] == pytest.approx(100.0)
    assert found["churn"] == pytest.approx(0.05)
    assert found["port_balance"] == pytest.approx(3.0)
    assert found["port_balance_per_1k"] == pytest.approx(15.0)
    assert found["relative_share"] == pytest.approx(0.25)
    balance = market.port_balance(figures.ported_in, figures.ported_out)
    assert balance.sum() == pytest.approx(0.0)


def test_flows_that_were_not_given_are_missing_with_a_reason():
    found = market.market_position(MarketCounts(("we", "they"), counts(1, 1)), kappa=1.0)
    assert set(market.MARKET_METRICS) <= set(found)
    assert found["share_shrunk"].value[0] == pytest.approx(0.5)
    assert np.isnan(found["churn"].value[0])
    assert found["churn"].note[0] == "no_flow_data"
    only_new = MarketCounts(("we", "they"), counts(1, 1), additions=counts(1, 1))
    assert np.isnan(market.market_position(only_new)["net_adds"].value[0])


def test_growth_penetration_and_attainment_by_hand():
    """We grew from 80 to 100 of a market that grew from 200 to 240: share 0.4 to 0.41667."""
    found = market.market_position(
        MarketCounts(
            ("we", "they"),
            np.array([[100.0, 140.0], [NAN, 5.0]]),
            additions=np.array([[12.0, 9.0], [3.0, 3.0]]),
            departures=np.array([[9.5, 1.0], [1.0, 1.0]]),
            mean_base=np.array([[95.0, 130.0], [NAN, 5.0]]),
            households=np.array([50.0, 0.0]),
            target=np.array([10.0, NAN]),
            earlier=np.array([[80.0, 120.0], [4.0, 5.0]]),
        )
    )
    by_hand = {
        "base_growth": 20 / 80,
        "market_growth": 40 / 200,
        "share_change": 100 / 240 - 80 / 200,
        "penetration": 2.0,
        "target_attainment": 1.2,
        # Departures are over the mean base of the month, not over its end.
        "churn": 0.1,
        "net_adds_per_1k": 2.5 / 0.095,
    }
    for name, value in by_hand.items():
        assert found[name].value[0] == pytest.approx(value), name
        assert np.isnan(found[name].value[1]), name
    assert found["base_growth"].note[1] == "no_history"
    assert found["penetration"].note[1] == "no_households"
    assert found["target_attainment"].note[1] == "no_target"


def test_quadrants_may_go_by_growth_of_the_market():
    code = position.quadrant(
        np.array([0.1, 0.1, 0.1]), np.full(3, NAN), np.zeros(3), np.array([0.02, -0.05, NAN])
    )
    assert [QUADRANTS[one] for one in code] == ["white_space", "low_priority", "unknown"]
