"""For which findings fixes are sought, and what may be moved or won over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from scoring_town import POLICY, scored_town

from gridmap.scoring.blind_zones import Ground, ZonePoints, blind_zones
from gridmap.scoring.findings import NO_FIX, BlindZone, sought
from gridmap.scoring.fixes import ALWAYS_SOUGHT, LEAST_SHARE, NOBODY, Fixer, Recruits
from gridmap.scoring.scorecard import score_cells

NOWHERE = Ground(np.zeros((1, 2)), np.zeros((0, 2)), (), np.array([shapely.box(0, 0, 1, 1)]))


class Sure(Fixer):
    """Knows a fix of everything at once."""

    def __init__(self) -> None:
        super().__init__(None, NOWHERE, NOBODY)  # type: ignore[arg-type]

    def of_zone(self, found):  # noqa: ARG002
        return NO_FIX


def zone_of(number: int, share: float) -> ZonePoints:
    nearest = ("", np.inf) * 3
    zone = BlindZone(
        number, 1, "walk", 10.0, share, 1, share, 0.0, 0.0, *nearest, 0.0, shapely.box(0, 0, 1, 1)
    )
    return ZonePoints(zone, np.array([0]))


def test_fixes_are_sought_for_the_largest_and_for_all_that_matter_in_their_cell():
    """Small zones of a small cell matter too; by hand 0.4 % of a cell is too little."""
    shares = [0.004] * ALWAYS_SOUGHT + [0.004, LEAST_SHARE, 0.2, 0.001]
    found = [zone_of(number, share) for number, share in enumerate(shares, start=1)]
    zones = Sure().zones(found)
    assert [one.fix is not None for one in zones[ALWAYS_SOUGHT:]] == [False, True, True, False]
    assert all(one.fix is not None for one in zones[:ALWAYS_SOUGHT])
    told = sought(zones)
    assert (told.sought, told.count) == (ALWAYS_SOUGHT + 2, ALWAYS_SOUGHT + 4)
    assert told.share == pytest.approx(1.0 - 0.005 / sum(shares))
    assert not told.whole
    # Never more than asked for.
    assert sum(one.fix is not None for one in Sure().zones(found, most=3)) == 3
    assert sought(()).share == 1.0


def town_fixes(seed: int, *, with_rivals: bool):
    """Return the town, its zones with fixes, and what was tried; nobody can be recruited."""
    town = scored_town(seed, cut=False, n_outlets=8)
    demand_xy = town.demand_xy.copy()
    demand_xy[2] = demand_xy[3]
    half = (demand_xy.max() + 1.0) / 2
    cells = np.array(
        [shapely.box(x, y, x + half, y + half) for y in (0.0, half) for x in (0.0, half)]
    )
    ids = tuple(f"o{row}" for row in range(town.inputs.n_outlets))
    ground = Ground(demand_xy, town.outlet_xy, ids, cells)
    rows = np.flatnonzero(town.inputs.ownership == "rival")
    rivals = Recruits(
        tuple(ids[row] for row in rows), town.outlet_xy[rows], town.inputs.outlet_cell[rows],
        tuple(town.inputs.kind[rows]),
    )  # fmt: skip
    tried = []

    class Noting(Fixer):
        def effect(self, change, cell_id, mode, minutes):
            effect = super().effect(change, cell_id, mode, minutes)
            tried.append((change, effect))
            return effect

    fixer = Noting(town.what_if(), ground, NOBODY, rivals if with_rivals else NOBODY)
    return town, fixer.zones(blind_zones(town.inputs, POLICY, ground), most=4), tried


def test_a_rival_that_is_won_over_is_a_partner_and_the_rivals_no_more():
    town, zones, tried = town_fixes(9, with_rivals=True)
    won = [one for one in zones if one.fix is not None and one.fix.kind == "win_over"]
    assert won
    for zone in won:
        change = next(change for change, effect in tried if effect is zone.fix.effect)
        (row,) = change.close
        assert f"o{row}" == zone.fix.outlet_id
        assert town.inputs.ownership[row] == "rival"
        (partner,) = change.open
        assert (partner.ownership, partner.operator) == ("partner", "")
        assert partner.attraction == town.inputs.attraction[row]
        scratch = score_cells(town.after(change).inputs, POLICY, seed=1)
        scratch = scratch[scratch["cell_id"] == zone.cell_id].set_index("metric")["value"]
        assert zone.fix.effect.coverage_after == pytest.approx(scratch["coverage_ours_walk_4"])
        assert zone.fix.effect.expected_after == pytest.approx(scratch["expected_share"])
        assert zone.fix.effect.coverage_after > zone.fix.effect.coverage_before
    _, without, _ = town_fixes(9, with_rivals=False)
    assert "win_over" not in {one.fix.kind for one in without if one.fix is not None}


def test_only_own_outlets_are_moved():
    moved = []
    for seed in range(4):
        town, zones, _ = town_fixes(seed, with_rivals=False)
        rows = [int(one.fix.outlet_id[1:]) for one in zones if one.fix and one.fix.kind == "move"]
        moved += [str(town.inputs.ownership[row]) for row in rows]
    assert moved
    assert set(moved) == {"own"}


def test_a_zone_says_nothing_of_a_fix_that_was_not_sought():
    zone = zone_of(1, 0.1).zone
    assert sought([zone, replace(zone, fix=NO_FIX)]).sought == 1
