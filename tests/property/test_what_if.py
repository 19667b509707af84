"""A what-if is what scoring says once the change is really made, whatever the town and change."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_town import POLICY, random_change, scored_town

from gridmap.scoring.blind_zones import Ground, blind_zones
from gridmap.scoring.duplicates import duplicate_pairs
from gridmap.scoring.fixes import Fixer, Recruits
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
        # In a cut list it takes the place of another: of one that is no more attractive.
        new = NewOutlet(x, y, 0, ownership=ownership, attraction=3.0 if cut else 1.0)
        found = session.outcome(Change(open=(new,)))
        before, after = by_cell(found.before)["value"], by_cell(found.after)["value"]
        for name in ("coverage_own_walk_4", "coverage_ours_walk_4", "expected_share"):
            gain = sign * (after[name] - before[name]).dropna()
            assert (gain >= -1e-12).all(), (name, ownership)
        both = after["blind_share_walk_4"] + after["coverage_ours_walk_4"]
        np.testing.assert_allclose(both, 1.0)


@pytest.mark.parametrize("n_recruits", [0, 3])
@settings(max_examples=6, deadline=None)
@given(seeds)
def test_the_effect_of_a_fix_is_what_scoring_says_once_it_is_really_made(n_recruits, seed):
    town = scored_town(seed, cut=False, n_outlets=12)
    demand_xy = town.demand_xy.copy()
    demand_xy[2] = demand_xy[3]  # the one off the streets is far from every cell
    size = demand_xy.max() + 1.0
    half = size / 2
    cells = np.array(
        [shapely.box(x, y, x + half, y + half) for y in (0.0, half) for x in (0.0, half)]
    )
    ids = tuple(f"o{row}" for row in range(town.inputs.n_outlets))
    ground = Ground(demand_xy, town.outlet_xy, ids, cells)
    places = demand_xy[5 : 5 + n_recruits]
    recruits = Recruits(
        tuple("abc")[:n_recruits], places, town.inputs.demand_cell[5 : 5 + n_recruits],
        ("store",) * n_recruits,
    )  # fmt: skip
    session = town.what_if()
    tried = []

    class Noting(Fixer):
        def effect(self, change, cell_id, mode, minutes):
            found = super().effect(change, cell_id, mode, minutes)
            tried.append((change, cell_id, found))
            return found

    fixer = Noting(session, ground, recruits)
    zones = fixer.zones(blind_zones(town.inputs, POLICY, ground), most=2)
    pairs = fixer.pairs(duplicate_pairs(town.inputs, POLICY, ground), most=2)
    for one in (*zones, *pairs):
        if one.fix is None or one.fix.effect is None:
            continue
        change, cell, effect = next(each for each in tried if each[2] is one.fix.effect)
        scores = by_cell(score_cells(town.after(change).inputs, POLICY, seed=1))["value"]
        for figure, metric in (
            ("coverage", "coverage_ours_walk_4"),
            ("blind", "blind_share_walk_4"),
            ("expected", "expected_share"),
            ("duplicate", "duplicate_share_walk_4"),
        ):
            predicted = getattr(effect, f"{figure}_after")
            np.testing.assert_allclose(predicted, scores[metric, cell], atol=1e-9, rtol=1e-9)
        assert effect.coverage_after + effect.blind_after == pytest.approx(1.0)
    for zone in zones[:2]:
        # A place in the zone is always tried, so something of it is covered; no share is lost.
        assert zone.fix is not None
        if zone.fix.effect is not None:
            assert zone.fix.effect.covered_change > 0.0
            assert not zone.fix.effect.expected_after < zone.fix.effect.expected_before - 1e-9
