"""Blind zones: which demand is one, what ground it has, and that lists survive being written."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from scoring_inputs import NAN, inputs_of
from scoring_town import POLICY, scored_town

from gridmap.policies import ScoringPolicy
from gridmap.scoring.blind_zones import Ground, blind_zones, link_distance, zone_ground
from gridmap.scoring.duplicates import duplicate_pairs
from gridmap.scoring.findings import (
    Effect,
    Fix,
    found_pairs,
    found_zones,
    pair_table,
    recorded,
    zone_table,
)
from gridmap.scoring.fixes import Fixer, Recruits
from gridmap.scoring.reach import reach

WALK = ScoringPolicy(modes={"walk": (5.0, 10.0, 15.0)}, draws=0)
CELLS = np.array([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)])


def line_town():
    """Return demand on a line: covered, three points 100 m apart, one across the border, one far.

    Gaps: 100 m, 100 m, 100 m over the border of the cells, 700 m.
    """
    xy = np.array([[100, 500], [800, 500], [900, 500], [980, 500], [1080, 500], [1780, 500.0]])
    inputs = inputs_of(
        [[5.0, 1.0], [11.0, 2.0], [12.0, NAN], [13.0, 10.0], [14.0, 3.0], [NAN, NAN]],
        ["own", "rival"],
        weight=[1.0, 2.0, 3.0, 4.0, 5.0, 50.0],
        demand_cell=[0, 0, 0, 0, 1, 1],
        n_cells=2,
        cell_ids=np.array([7, 8]),
    )
    ground = Ground(xy, np.array([[0.0, 500], [1000, 500]]), ("mine", "theirs"), CELLS)
    return inputs, ground


def test_chains_of_short_gaps_within_a_cell_are_zones():
    """By hand: {50}, {2, 3, 4} and {5}, for a border of cells parts 980 and 1080."""
    zones = [one.zone for one in blind_zones(*line_town_with(WALK))]
    assert [one.demand for one in zones] == [50.0, 9.0, 5.0]
    assert [one.cell_id for one in zones] == [8, 7, 8]
    assert [one.zone_id for one in zones] == [1, 2, 3]
    middle = zones[1]
    assert middle.points == 3
    assert middle.share_of_cell == pytest.approx(9 / 10)
    # Centre of demand (2·800 + 3·900 + 4·980) / 9 = 913: the point at 900 is nearest.
    assert (middle.x, middle.y) == (900.0, 500.0)
    assert (middle.nearest_own_id, middle.nearest_own_min) == ("mine", 12.0)
    assert (middle.nearest_rival_id, middle.nearest_rival_min) == ("", np.inf)
    assert middle.rival_covered == pytest.approx(6 / 9)


def line_town_with(policy):
    inputs, ground = line_town()
    return inputs, policy, ground


def test_the_ground_of_a_zone_holds_its_points_and_stays_in_its_cell():
    inputs, policy, ground = line_town_with(WALK)
    for one in blind_zones(inputs, policy, ground):
        cell = CELLS[one.zone.cell_id - 7]
        assert one.zone.shape.is_valid
        assert one.zone.shape.area > 0
        assert shapely.difference(one.zone.shape, cell).area == pytest.approx(0.0)
        assert shapely.covers(one.zone.shape, shapely.points(ground.demand_xy[one.rows])).all()
    # Neighbours at the longest gap are one piece.
    pair = np.array([[300.0, 500.0], [449.0, 500.0]])
    assert zone_ground(pair, CELLS[0], 150.0).geom_type == "Polygon"


def test_coarse_demand_has_longer_gaps():
    """A grid of 400 m: twice the median way to the next is 800 m."""
    x, y = np.meshgrid(np.arange(5) * 400.0, np.arange(5) * 400.0)
    assert link_distance(np.column_stack([x.ravel(), y.ravel()])) == 800.0
    assert link_distance(np.zeros((1, 2))) == 150.0


def cells_of_town(size: float):
    half = size / 2
    return np.array(
        [shapely.box(x, y, x + half, y + half) for y in (0.0, half) for x in (0.0, half)]
    )


def town_and_ground(seed: int):
    town = scored_town(seed, cut=False)
    ids = tuple(f"o{row}" for row in range(town.inputs.n_outlets))
    size = float(np.ceil(town.demand_xy[town.demand_xy[:, 0] < 1e5].max() / 100) * 100)
    demand_xy = town.demand_xy.copy()
    demand_xy[2] = [0.75 * size, 0.75 * size]  # the one off the streets is far from every cell
    return town, Ground(demand_xy, town.outlet_xy, ids, cells_of_town(size))


def test_zones_hold_all_demand_that_is_not_covered_once():
    town, ground = town_and_ground(3)
    zones = blind_zones(town.inputs, POLICY, ground)
    rows = np.sort(np.concatenate([one.rows for one in zones]))
    blind = reach(town.inputs.times["walk"]).nearest["ours"] > 4.0
    assert rows.tolist() == np.flatnonzero(blind).tolist()


def test_pairs_share_the_demand_that_both_reach():
    """By hand: a reaches 1 + 2 + 3, b 2 + 3, c 4; shared 5, all of b's."""
    inputs = inputs_of(
        [[1.0, 30.0, 30.0], [2.0, 3.0, 30.0], [10.0, 10.0, NAN], [11.0, 11.0, 5.0]],
        ["own", "own", "own"],
        weight=[1.0, 2.0, 3.0, 4.0],
    )
    ground = Ground(np.zeros((4, 2)), np.zeros((3, 2)), ("a", "b", "c"), CELLS[:1])
    (pair,) = duplicate_pairs(inputs, WALK, ground)
    assert (pair.first_id, pair.second_id) == ("a", "b")
    assert (pair.first_demand, pair.second_demand, pair.shared_demand) == (6.0, 5.0, 5.0)
    assert pair.overlap == 1.0


def test_lists_come_back_from_plain_json():
    town, ground = town_and_ground(5)
    session = town.what_if()
    fixer = Fixer(session, ground, Recruits((), np.empty((0, 2)), np.empty(0, np.int64), ()))
    zones = fixer.zones(blind_zones(town.inputs, POLICY, ground), most=2)
    pairs = fixer.pairs(duplicate_pairs(town.inputs, POLICY, ground), most=1)
    assert len(zones) > 2
    assert pairs
    words = json.dumps(
        {"blind_zones": recorded(zones), "duplicates": recorded(pairs)}, allow_nan=False
    )
    report = json.loads(words)
    again, pairs_again = found_zones(report), found_pairs(report)
    for one, other in zip((*zones, *pairs), (*again, *pairs_again), strict=True):
        assert one.shape.hausdorff_distance(other.shape) < 0.2
        plain = {key: value for key, value in vars(one).items() if key != "shape"}
        assert {key: vars(other)[key] for key in plain} == pytest.approx(plain, nan_ok=True) or (
            repr(plain) == repr({key: vars(other)[key] for key in plain})
        )
    table = zone_table(again, "EPSG:3067")
    assert table.crs == "EPSG:3067"
    assert list(table["zone_id"]) == [one.zone_id for one in zones]
    assert table["fix"].iloc[-1] == ""
    assert set(Effect.__dataclass_fields__) <= set(table)
    assert len(pair_table((), "EPSG:3067")) == 0
    assert Fix("none").effect is None
