"""A what-if is what scoring says once the change is really made, whatever the town and change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_town import POLICY, random_change, scored_town

from gridmap.scoring.scorecard import score_cells
from gridmap.scoring.what_if import Change, NewOutlet

seeds = st.integers(0, 10_000)
FIGURES = ["value", "numerator", "denominator", "n"]


def by_cell(scores):
    return scores.set_index(["metric", "cell_id"])[FIGURES].sort_index().astype(float)


@pytest.mark.parametrize("cut", [False, True])
@settings(max_examples=25, deadline=None)
@given(seeds, seeds)
def test_scores_are_those_of_scoring_from_scratch(cut, seed, change_seed):
    town = scored_town(seed, cut=cut)
    change = random_change(town, change_seed)
    found = town.what_if().outcome(change)
    scratch = score_cells(town.after(change).inputs, POLICY, seed=1)
    here = by_cell(scratch[scratch["cell_id"].isin(found.cells)])
    after = by_cell(found.after)
    assert after.index.equals(here.index)
    np.testing.assert_allclose(after, here, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("cut", [False, True])
@settings(max_examples=12, deadline=None)
@given(seeds, seeds)
def test_cells_that_are_not_touched_keep_all_figures_of_their_demand(cut, seed, change_seed):
    town = scored_town(seed, cut=cut)
    change = random_change(town, change_seed)
    session = town.what_if()
    found = session.outcome(change)
    scratch = score_cells(town.after(change).inputs, POLICY, seed=1)
    of_demand = set(session.fields.rates) | set(session.fields.percentiles)

    def others(scores):
        keep = scores["metric"].isin(of_demand) & ~scores["cell_id"].isin(found.cells)
        return by_cell(scores[keep])

    np.testing.assert_allclose(others(session.scores), others(scratch), rtol=1e-9, atol=1e-9)


@settings(max_examples=12, deadline=None)
@given(seeds, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.booleans())
def test_an_own_outlet_never_lowers_coverage_or_expected_share_and_a_rival_never_raises_it(
    seed, right, up, cut
):
    town = scored_town(seed, cut=cut)
    session = town.what_if()
    x, y = np.array([right, up]) * town.outlet_xy.max(axis=0)
    for ownership, sign in (("own", 1.0), ("rival", -1.0)):
        found = session.outcome(Change(open=(NewOutlet(x, y, 0, ownership=ownership),)))
        before, after = by_cell(found.before)["value"], by_cell(found.after)["value"]
        names = ["coverage_own_walk_4", "coverage_ours_walk_4"]
        # In a cut list the new outlet may take the place of a larger one of ours.
        for name in names if cut else [*names, "expected_share"]:
            gain = sign * (after[name] - before[name]).dropna()
            assert (gain >= -1e-12).all(), (name, ownership)
        both = after["blind_share_walk_4"] + after["coverage_ours_walk_4"]
        np.testing.assert_allclose(both, 1.0)
