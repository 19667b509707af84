"""What is missing is never 0: structural zero, carried forward, left out, and at last no score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scoring_inputs import NAN, inputs_of

from gridmap.catalogue import LANGUAGES
from gridmap.policies import ScoringPolicy
from gridmap.scoring.aggregation import CompositeRules, Indicator
from gridmap.scoring.card_settings import fields_of
from gridmap.scoring.composite import score_composite, structural_zeros
from gridmap.scoring.inputs import MarketCounts, ScoringInputs
from gridmap.scoring.measures import missing, rate
from gridmap.scoring.metrics import note_text
from gridmap.scoring.scorecard import rescore_cells, score_cells

POLICY = ScoringPolicy(draws=0)
#: Less is better, and nothing of nothing is none.
WASTE = Indicator("waste", "economy", 0.0, 1.0, direction=-1, zero_of_nothing=True)
REACH = Indicator("reach", "reach", 0.0, 1.0)


def table(waste, reach=0.5):
    n = len(waste.value)
    return {"waste": waste, "reach": rate(np.full(n, reach), np.ones(n), np.ones(n), empty="")}


def score(found, *, sampled=None, draws=0, cells=None):
    return score_composite(
        (WASTE, REACH),
        {name: one.value for name, one in found.items()},
        sampled or {},
        CompositeRules(),
        draws=draws,
        rng=np.random.default_rng(1),
        cells=cells,
        zeros=structural_zeros((WASTE, REACH), found),
    )


def test_nothing_of_nothing_is_0_and_what_is_unknown_is_not():
    """0 of 0 is no waste, √(100·50); an unknown sum, and 1 of 0, leave half of the data: none."""
    above = np.array([0.0, NAN, 0.0, 1.0, *[0.5] * 6])
    below = np.array([0.0, 0.0, NAN, 0.0, *[1.0] * 6])
    found = score(table(rate(above, below, np.ones(10), empty="nothing")))
    np.testing.assert_allclose(found.value, [5000**0.5, NAN, NAN, NAN, *[50.0] * 6])
    assert found.structural.tolist() == [True, *[False] * 9]
    assert found.available.tolist() == [2, 1, 1, 1, *[2] * 6]
    assert found.note.tolist() == ["", *["too_little_data"] * 3, *[""] * 6]
    assert not score(table(missing(3, "nothing"))).structural.any()


def test_a_structural_zero_is_one_in_every_draw_too():
    waste = rate(np.array([0.0, 0.5]), np.array([0.0, 1.0]), np.ones(2), empty="nothing")
    drawn = np.array([[NAN, 0.4], [NAN, 0.6]] * 20)
    found = score(table(waste), sampled={"waste": drawn}, draws=40)
    assert found.p05[0] > 50.0
    alone = score(table(waste), sampled={"waste": drawn[:, :1]}, draws=40, cells=np.array([0]))
    assert alone.value == pytest.approx(found.value[:1])
    assert alone.structural.tolist() == [True]
    assert np.isfinite(alone.p05).all()


def test_a_share_of_nothing_is_nothing_to_compare():
    assert structural_zeros((REACH,), {"reach": rate(*np.zeros((3, 2)), empty="nothing")}) == {}


def three_cells() -> ScoringInputs:
    """Cells 0 and 2 have an own outlet next door, cell 1 has none within an hour; all is known.

    Visits are planned as due and the outlets sell.
    """
    return inputs_of(
        [[3.0, 70.0, 9.0], [90.0, 80.0, 2.0], [70.0, 4.0, 9.0]],
        ["own", "own", "rival"],
        demand_cell=[0, 1, 2],
        outlet_cell=[0, 2, 1],
        grade=["A", "A", ""],
        n_cells=3,
        due_visits=np.array([2, 2, 0]),
        planned_visits=np.array([2, 2, 0]),
        sales=np.array([5.0, 5.0, NAN]),
    )


def wide(inputs: ScoringInputs):
    scores = score_cells(inputs, POLICY, seed=1)
    return (scores.pivot(index="cell_id", columns="metric", values=what) for what in
            ("value", "note"))  # fmt: skip


def test_a_cell_that_we_do_not_cover_has_a_coverage_score_and_a_bad_one():
    """Nothing is covered twice there; what visits and sales ask of outlets is left out.

    Reach and time are at the floor of 1, economy is 100: ³√(1·1·100).
    """
    value, note = wide(three_cells())
    assert value["coverage_score"][1] == pytest.approx(100.0 ** (1 / 3))
    assert value["coverage_score"][0] > 50.0
    assert note["coverage_data_coverage"].tolist() == ["", "structural_zero", ""]
    assert value["coverage_data_coverage"].tolist() == [1.0, 0.75, 1.0]
    # The metric itself stays what it is: there is no share of nothing.
    assert np.isnan(value["duplicate_share_covered_walk_10"][1])


def market(additions: float) -> MarketCounts:
    """Nobody in cell 1 is our subscriber; rivals have 100, and all flows of it are known."""
    return MarketCounts(
        ("we", "they"),
        np.array([[50.0, 50.0], [0.0, 100.0], [50.0, 50.0]]),
        additions=np.array([[5.0, 5.0], [additions, 5.0], [5.0, 5.0]]),
        departures=np.array([[2.0, 2.0], [0.0, 2.0], [2.0, 2.0]]),
        ported_in=np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]),
        ported_out=np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]),
    )


def test_where_we_have_nobody_and_nobody_comes_or_goes_growth_is_0():
    """Share, net additions, balance and expected share are there, the fair-share index is not."""
    value, note = wide(replace(three_cells(), market=market(0.0)))
    assert value["position_data_coverage"][1] == pytest.approx(0.8)
    assert note["position_data_coverage"][1] == "structural_zero"
    assert np.isfinite(value["position_score"][1])
    # Who comes to nobody is no growth of 0: 2 of 5 and the balance are too little.
    value, note = wide(replace(three_cells(), market=market(3.0)))
    assert value["position_data_coverage"][1] == pytest.approx(0.6)
    assert note["position_score"][1] == "too_little_data"


def test_an_unknown_flow_is_no_structural_zero():
    known = market(0.0)
    assert known.departures is not None
    departures = known.departures.copy()
    departures[1, 0] = NAN
    value, note = wide(replace(three_cells(), market=replace(known, departures=departures)))
    assert value["position_data_coverage"][1] == pytest.approx(0.6)
    assert note["position_score"][1] == "too_little_data"


def test_cells_scored_again_have_the_same_structural_zeros():
    inputs = three_cells()
    fields, before = fields_of(inputs, POLICY), score_cells(inputs, POLICY, seed=1)
    again = rescore_cells(inputs, POLICY, np.array([1]), fields=fields, before=before, seed=1)
    first = before[before["cell_id"] == 1].set_index("metric")
    for column in ("value", "note"):
        found = again.set_index("metric")[column]
        assert (found == first[column]).sum() + first[column].isna().sum() == len(found)


@pytest.mark.parametrize("invented", [(), ("market",)])
def test_sales_of_an_earlier_month_are_said_at_the_rate_and_at_the_score(invented):
    inputs = replace(
        three_cells(), sales_carried=np.array([True, False, False]), invented=invented,
    )  # fmt: skip
    _, note = wide(inputs)
    said = "rests_on_invented" if invented else "rests_on_carried"
    for name in ("active_outlet_rate", "active_outlet_rate_reported", "coverage_score"):
        assert note[name][0] == said
    assert note["coverage_score"][1] == ""
    assert note["coverage_score"][2] == ("rests_on_invented" if invented else "")
    for language in LANGUAGES:
        assert note_text(said, language) != said
        assert note_text("structural_zero", language) != "structural_zero"
