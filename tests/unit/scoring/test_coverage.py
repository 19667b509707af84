"""Coverage of a cell, with the sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scoring_inputs import NAN, inputs_of

from gridmap.scoring import coverage
from gridmap.scoring.measures import demand_rate, weighted_percentile
from gridmap.scoring.reach import reach


def rates_of(inputs, minutes=10.0):
    found = coverage.threshold_rates(inputs, reach(inputs.times["walk"]), minutes)
    return {key: demand_rate(inputs, one).value[0] for key, one in found.items()}


#: Weights 1, 2, 3, 4; own, own, partner, rival.
STREET = inputs_of(
    [
        [10.0, 4.0, 30.0, 9.0],  # two own, and a rival: duplicate and contested
        [11.0, 30.0, 10.0, 30.0],  # partner only
        [30.0, 30.0, 30.0, 5.0],  # rival only
        [NAN, NAN, NAN, NAN],  # reaches nothing
    ],
    ["own", "own", "partner", "rival"],
    weight=[1.0, 2.0, 3.0, 4.0],
)


def test_who_covers_what():
    """A time equal to the threshold is covered; unreachable demand stays below the line."""
    assert rates_of(STREET) == pytest.approx(
        {
            "coverage_own": 0.1,
            "coverage_partner": 0.2,
            "coverage_ours": 0.3,
            "coverage_rival": 0.4,
            "blind_share": 0.7,
            "duplicate_share": 0.1,
            "duplicate_share_covered": 1.0,
            "contested": 0.1,
            "rival_only": 0.3,
        }
    )


def test_one_own_outlet_is_no_duplicate():
    """A partner beside it does not make one either."""
    inputs = inputs_of([[1.0, 20.0, 1.0]], ["own", "own", "partner"])
    found = rates_of(inputs)
    assert (found["coverage_own"], found["duplicate_share"]) == (1.0, 0.0)


def test_unreachable_demand_counts_in_times():
    """Own: 4, 11, 30 and unreachable with weights 1 to 4; half of 10 is reached at 30 only."""
    found = reach(STREET.times["walk"])
    half = coverage.nearest_percentile(STREET, found.nearest["own"], 0.5)
    assert half.value.tolist() == [30.0]
    most = coverage.nearest_percentile(STREET, found.nearest["own"], 0.9)
    assert np.isinf(most.value[0])
    assert most.note[0] == "unreachable"
    times = coverage.time_rates(STREET, found, cap_min=20.0)
    # Ours: 4, 10, 20 (capped from 30) and 20 for the unreachable: 4 + 20 + 60 + 80 over 10.
    assert demand_rate(STREET, times["nearest_ours_mean"]).value[0] == pytest.approx(16.4)
    assert demand_rate(STREET, times["unreachable_share"]).value[0] == pytest.approx(0.4)


def test_percentile_takes_the_near_side_of_an_exact_share():
    inputs = inputs_of([[1.0], [2.0], [3.0]], ["own"], weight=[1.0, 1.0, 0.0], n_cells=2)
    times = np.array([1.0, 2.0, 0.5])
    assert weighted_percentile(inputs, times, 0.5).tolist()[0] == 1.0
    assert weighted_percentile(inputs, times, 0.51).tolist()[0] == 2.0
    assert np.isnan(weighted_percentile(inputs, times, 0.5)[1])
    assert np.isnan(weighted_percentile(inputs, times, 0.5, np.zeros(3))).all()


def test_percentiles_of_cells_that_are_not_in_order():
    inputs = inputs_of(
        [[1.0]] * 5, ["own"], demand_cell=[2, 0, 2, 0, 2], weight=[1, 1, 1, 3, 1], n_cells=3
    )
    found = weighted_percentile(inputs, np.array([9.0, 5.0, 7.0, 6.0, 8.0]), 0.5)
    assert found[0] == 6.0
    assert np.isnan(found[1])
    assert found[2] == 8.0


def test_density_and_mix():
    inputs = inputs_of(
        [[1.0] * 4],
        ["own", "partner", "partner", "rival"],
        kind=["store", "kiosk", "kiosk", "store"],
        weight=[5000.0],
        outlet_cell=[0, 0, 0, 0],
        n_cells=2,
        area_m2=np.array([2e6, 0.0]),
    )
    density = coverage.outlet_density(inputs)
    assert density["outlet_density"].value[0] == pytest.approx(1.5)
    assert density["outlet_density"].note[1] == "no_area"
    assert density["outlets_per_10k"].value[0] == pytest.approx(6.0)
    mix = coverage.channel_mix(inputs)
    assert mix["channel_mix_partner"].value[0] == pytest.approx(0.5)
    assert mix["kind_share_kiosk"].value[0] == pytest.approx(2 / 3)
    thirds = np.array([1, 2]) / 3
    assert mix["channel_entropy"].value[0] == pytest.approx(-(thirds * np.log(thirds)).sum())
    assert mix["channel_entropy"].note[1] == "no_outlets"


def test_a_managed_partner_has_grade_and_visits():
    inputs = inputs_of(
        [[1.0] * 5],
        ["partner"] * 4 + ["own"],
        grade=["A", "", "B", "A", "A"],
        planned_visits=np.array([1, 1, 0, 2, 3]),
    )
    found = coverage.managed_partner_share(inputs)
    assert (found.numerator[0], found.denominator[0]) == (2.0, 4.0)


def test_extra_visits_do_not_make_up_for_missing_ones():
    """A: min(6, 4) + min(2, 4) of 8; B: 1 of 2; C is due nothing."""
    inputs = inputs_of(
        [[1.0] * 4],
        ["own"] * 4,
        grade=["A", "A", "B", "C"],
        due_visits=np.array([4, 4, 2, 0]),
        planned_visits=np.array([6, 2, 1, 5]),
    )
    found = coverage.frequency_attainment(inputs)
    assert set(found) == {
        "frequency_attainment",
        "frequency_attainment_A",
        "frequency_attainment_B",
    }
    assert found["frequency_attainment"].value[0] == pytest.approx(0.7)
    assert found["frequency_attainment_A"].value[0] == pytest.approx(0.75)
    assert found["frequency_attainment_B"].value[0] == pytest.approx(0.5)


def test_without_routes_visits_are_missing_and_not_zero():
    inputs = inputs_of([[1.0]], ["partner"])
    for found in (
        coverage.managed_partner_share(inputs),
        coverage.frequency_attainment(inputs)["frequency_attainment"],
    ):
        assert np.isnan(found.value[0])
        assert found.note[0] == "no_routes"


def test_active_outlets_over_both_denominators():
    """Cell 0: one of three sold, two reported. Cell 1: nobody reported. Cell 2: no outlet."""
    inputs = inputs_of(
        [[1.0] * 5],
        ["own", "partner", "own", "own", "rival"],
        outlet_cell=[0, 0, 0, 1, 0],
        n_cells=3,
        sales=np.array([5.0, 0.0, NAN, NAN, 9.0]),
    )
    found = coverage.active_outlet_rates(inputs)
    np.testing.assert_allclose(found["active_outlet_rate"].value, [1 / 3, NAN, NAN])
    np.testing.assert_allclose(found["active_outlet_rate_reported"].value, [0.5, NAN, NAN])
    assert found["active_outlet_rate"].note.tolist() == ["", "no_sales", "no_outlets"]
    absent = coverage.active_outlet_rates(inputs_of([[1.0]], ["own"]))
    assert absent["active_outlet_rate"].note.tolist() == ["no_sales"]


def test_demand_stands_in_for_a_potential_that_few_outlets_have():
    few = inputs_of([[1.0] * 2], ["own", "own"], weight=[7.0], potential=np.array([4.0, NAN]))
    found = coverage.demand_and_potential(few)
    assert (found["potential"].value[0], found["potential"].note[0]) == (7.0, "potential_is_demand")
    assert coverage.demand_and_potential(few, threshold=0.5)["potential"].value[0] == 4.0
