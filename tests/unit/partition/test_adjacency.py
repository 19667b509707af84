"""What lies between neighbours."""

import numpy as np
import shapely
from towns import LOCAL, linework, units_of

from gridmap.partition.linework import LineKind

TOWN = shapely.box(0, 0, 300, 200)
RIVER = (LineKind.RIVER, [(-5.0, 100.0), (305.0, 100.0)])


def test_metres_of_each_kind() -> None:
    """The border at x = 100 is a railway below y = 50, a motorway above, and a street all along."""
    lines = linework(
        (LOCAL, [(100, -5), (100, 205)]),
        (LineKind.RAIL, [(100, -5), (100, 50)]),
        (LineKind.MOTORWAY, [(100, 50), (100, 205)]),
    )
    pairs = units_of(lines, TOWN).adjacency
    assert pairs.shared_m.tolist() == [200.0]
    assert pairs.rail_m.tolist() == [50.0]
    assert pairs.motorway_m.tolist() == [150.0]
    assert pairs.river_m.tolist() == [0.0]


def test_streets_across_a_river_are_crossings() -> None:
    """Streets at x = 100, 200 go over the river; both stand at a corner of the middle pair."""
    streets = [(LOCAL, [(x, -5.0), (x, 205.0)]) for x in (100.0, 200.0)]
    units = units_of(linework(RIVER, *streets), TOWN)
    pairs = units.adjacency
    over = {
        (int(one), int(other)): int(count)
        for one, other, count in zip(pairs.first, pairs.second, pairs.crossings, strict=True)
    }
    assert over == {(0, 1): 0, (1, 2): 0, (0, 3): 1, (1, 4): 2, (2, 5): 1, (3, 4): 0, (4, 5): 0}


def test_dead_end_at_the_bank_is_no_crossing() -> None:
    lines = linework(RIVER, (LOCAL, [(100, 20), (100, 100)]), (LOCAL, [(200, 20), (200, 180)]))
    pairs = units_of(lines, TOWN).adjacency
    assert pairs.crossings.tolist() == [1]
    assert pairs.river_m.tolist() == [300.0]


def test_bank_road_is_no_crossing() -> None:
    """A street that runs on the bank itself crosses nothing."""
    lines = linework(RIVER, (LOCAL, [(-5, 100), (150, 100), (305, 100)]))
    assert units_of(lines, TOWN).adjacency.crossings.tolist() == [0]


def test_pairs_ascend_and_are_unique() -> None:
    rng = np.random.default_rng(1)
    lines = linework(*[(LOCAL, rng.uniform(0, 300, (2, 2)).tolist()) for _ in range(30)])
    pairs = units_of(lines, TOWN).adjacency
    assert (pairs.first < pairs.second).all()
    key = pairs.first * 10_000 + pairs.second
    assert (np.diff(key) > 0).all()
