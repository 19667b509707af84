"""What the cut of lists at the nearest outlets can do to expected shares, and what we say of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_inputs import inputs_of

from benchmarks.list_cut import cut_times
from gridmap.catalogue import LANGUAGES
from gridmap.policies import ScoringPolicy
from gridmap.scoring.huff import HuffModel, cut_slack, huff_shares
from gridmap.scoring.metrics import note_text
from gridmap.scoring.scorecard import score_cells
from gridmap.scoring.travel_times import full_times

MOST = 4
MODELS = st.builds(
    HuffModel,
    beta=st.floats(0.05, 2.0),
    alpha=st.sampled_from([0.5, 1.0, 2.0]),
    outside=st.sampled_from([0.0, 0.1]),
    kernel=st.sampled_from(["power", "exponential", "gaussian"]),
)


def share_and_slack(minutes, attraction, ours, model, most=MOST):
    times = cut_times(full_times(minutes, np.where(ours, "own", "rival")), most)
    group = np.where(ours, 0, 1)
    share = huff_shares(times, attraction, group, 2, model)[:, 0]
    return share, cut_slack(times, attraction, ours, model)


def with_one_more(seed: int, *, alike: bool = False):
    """Return times, attractions and owners of a town, and of one outlet more, the last."""
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(1.0, 50.0, (30, 9))
    minutes[rng.random(minutes.shape) < 0.3] = np.nan
    attraction = np.ones(9) if alike else rng.uniform(0.5, 4.0, 9)
    if not alike:
        attraction[-1] = 0.5  # as little as any, or less
    return minutes, attraction, rng.random(9) < 0.5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), MODELS, st.booleans())
def test_an_outlet_more_moves_a_share_the_wrong_way_by_no_more_than_the_slack(seed, model, own):
    minutes, attraction, ours = with_one_more(seed)
    ours[-1] = own
    first, slack = share_and_slack(minutes[:, :-1], attraction[:-1], ours[:-1], model)
    # As attractive as the least of the list that it enters; else it may be anything.
    for least in np.unique(attraction[:-1]):
        attraction[-1] = least
        then, _ = share_and_slack(minutes, attraction, ours, model)
        listed = cut_times(full_times(minutes[:, :-1], np.full(8, "own")), MOST)
        row = np.repeat(np.arange(30), np.diff(listed.start))
        lowest = np.full(30, np.inf)
        np.minimum.at(lowest, row, attraction[listed.outlet])
        fits = (lowest <= least) & ~np.isnan(first)
        gain = (then - first) * (1.0 if own else -1.0)
        assert (gain[fits] >= -slack[fits] - 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), MODELS, st.booleans())
def test_where_outlets_are_alike_the_cut_turns_nothing_round(seed, model, own):
    minutes, attraction, ours = with_one_more(seed, alike=True)
    ours[-1] = own
    first, slack = share_and_slack(minutes[:, :-1], attraction[:-1], ours[:-1], model)
    then, _ = share_and_slack(minutes, attraction, ours, model)
    known = ~np.isnan(first)
    assert ((then - first)[known] * (1.0 if own else -1.0) >= -1e-12).all()
    assert (slack == 0.0).all()


def test_the_slack_by_hand_and_the_outlet_that_takes_all_of_it():
    """Pulls 1 (ours), 1 (theirs), 4·¼ = 1 (ours, the last); a 4th as attractive as the least.

    2/3 of 3 before; the fourth, ours, 2 minutes away, pulls ¼: (1 + ¼)/(2 + ¼) = 5/9 after.
    """
    minutes, model = np.array([[1.0, 1.0, 2.0, 2.0]]), HuffModel(beta=2.0)
    attraction, ours = np.array([1.0, 1.0, 4.0, 1.0]), np.array([True, False, True, True])
    first, slack = share_and_slack(minutes[:, :3], attraction[:3], ours[:3], model, most=3)
    assert first == pytest.approx([2 / 3])
    order = [0, 1, 3, 2]  # of two equally near the lower number stays
    then, _ = share_and_slack(minutes, attraction[order], ours[order], model, most=3)
    assert then == pytest.approx([5 / 9])
    assert slack == pytest.approx([2 / 3 - 5 / 9])
    # A list with room for all has none.
    assert share_and_slack(minutes, attraction, ours, model, most=5)[1] == [0.0]


def test_the_slack_stands_in_the_scores_and_a_note_at_the_shares_that_it_is_about():
    inputs = inputs_of(
        [[1.0, 1.0, 2.0]], ["own", "rival", "own"], attraction=np.array([1.0, 1.0, 4.0])
    )
    policy = ScoringPolicy(draws=0, huff_beta=2.0)
    whole = score_cells(inputs, policy, seed=1).set_index("metric")
    cut = replace(inputs, travel_min={"walk": cut_times(inputs.times["walk"], 3)})
    found = score_cells(cut, policy, seed=1).set_index("metric")
    assert whole["value"]["expected_share_slack"] == 0.0
    assert found["value"]["expected_share_slack"] == pytest.approx(2 / 3 - 5 / 9)
    for name in ("expected_share", "expected_share_own", "rival_pressure"):
        assert (whole["note"][name], found["note"][name]) == ("", "nearest_only")
    for language in LANGUAGES:
        assert note_text("nearest_only", language) != "nearest_only"
