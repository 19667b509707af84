"""Travel times as lists: what they hold, what they leave out, and what stays exact."""

from __future__ import annotations

import numpy as np
import pytest
from grid_town import SIDE_M, grid_network
from scoring_inputs import NAN

from gridmap.scoring.travel_times import OWNERS, full_times, measured_times
from gridmap.travel.dijkstra import DijkstraEngine

OWNERSHIP = np.array(["own", "rival", "own"])


def test_a_table_becomes_lists_in_the_order_of_time():
    times = full_times(np.array([[7.0, NAN, 3.0], [NAN] * 3, [5.0, 5.0, 5.0]]), OWNERSHIP)
    assert times.shape == (3, 3)
    assert times.start.tolist() == [0, 2, 2, 5]
    assert times.outlet.tolist() == [2, 0, 0, 1, 2]
    assert times.minutes.tolist() == [3.0, 7.0, 5.0, 5.0, 5.0]
    assert times.nearest["own"].tolist() == [3.0, np.inf, 5.0]
    assert times.nearest_outlet["own"].tolist() == [2, -1, 0]
    assert times.nearest["rival"].tolist() == [np.inf, np.inf, 5.0]
    assert times.nearest["partner"].tolist() == [np.inf] * 3
    assert times.second_own.tolist() == [7.0, np.inf, 5.0]
    assert not times.cut.any()


@pytest.mark.parametrize("entries", [1, 4, 1000])
def test_blocks_hold_every_entry_once(entries):
    times = full_times(np.array([[7.0, NAN, 3.0], [NAN] * 3, [5.0, 6.0, 7.0]]), OWNERSHIP)
    found = [
        (block.places.start + int(row), int(outlet), float(minutes))
        for block in times.blocks(entries)
        for row, outlet, minutes in zip(block.row, block.outlet, block.minutes, strict=True)
    ]
    assert found == [(0, 2, 3.0), (0, 0, 7.0), (2, 0, 5.0), (2, 1, 6.0), (2, 2, 7.0)]
    assert sum(block.places.stop - block.places.start for block in times.blocks(entries)) == 3


def town(seed: int = 3, n_demand: int = 60, n_outlets: int = 25):
    """Return an engine on a grid of streets, places of demand, two of them alike, and outlets."""
    rng = np.random.default_rng(seed)
    demand, outlets = (
        rng.uniform(0.0, 8 * SIDE_M, (n_demand, 2)),
        rng.uniform(0.0, 8 * SIDE_M, (n_outlets, 2)),
    )
    demand[1] = demand[0]
    demand[2] = [99_999.0, 99_999.0]
    ownership = rng.choice(np.array(OWNERS), n_outlets)
    return DijkstraEngine(grid_network(8, 8)), demand, outlets, ownership


def test_cut_lists_are_heads_of_the_full_ones_and_nearest_times_stay_exact():
    engine, demand, outlets, ownership = town()
    whole = measured_times(engine, demand, outlets, ownership)
    few = measured_times(engine, demand, outlets, ownership, cap_min=20.0, most=4, full_entries=0)
    assert whole.most is None
    assert few.n_places == whole.n_places == len(demand) - 1
    assert few.place.tolist() == whole.place.tolist()
    assert few.place[0] == few.place[1]
    for owner in OWNERS:
        np.testing.assert_allclose(few.nearest[owner], whole.nearest[owner], rtol=1e-6)
        assert few.nearest_outlet[owner].tolist() == whole.nearest_outlet[owner].tolist()
    np.testing.assert_allclose(few.second_own, whole.second_own, rtol=1e-6)
    for place in range(few.n_places):
        every = slice(whole.start[place], whole.start[place + 1])
        near = whole.outlet[every][whole.minutes[every] <= 20.0][:4]
        assert few.outlet[few.start[place] : few.start[place + 1]].tolist() == near.tolist()
    # The point off the streets reaches nothing; some lists are full, some end at the cap.
    assert np.isinf(few.nearest["own"][few.place[2]])
    assert 0 < few.cut.sum() < few.n_places


def test_minutes_are_those_of_the_engine():
    engine, demand, outlets, ownership = town()
    seconds = engine.matrix(engine.snap(outlets), engine.snap(demand)).T
    table = full_times(seconds / 60.0, ownership)
    times = measured_times(engine, demand, outlets, ownership)
    for row in range(len(demand)):
        place = times.place[row]
        listed = slice(times.start[place], times.start[place + 1])
        expected = slice(table.start[row], table.start[row + 1])
        assert times.outlet[listed].tolist() == table.outlet[expected].tolist()
        np.testing.assert_allclose(times.minutes[listed], table.minutes[expected], rtol=1e-6)


def test_weights_of_points_at_one_place_are_summed():
    engine, demand, outlets, ownership = town()
    times = measured_times(engine, demand, outlets, ownership)
    weight = np.arange(1.0, len(demand) + 1.0)
    summed = times.place_weights(weight)
    assert summed[times.place[0]] == 3.0
    assert summed.sum() == weight.sum()


def test_lists_that_do_not_fit_are_refused():
    engine, demand, outlets, ownership = town()
    with pytest.raises(ValueError, match="most >= 2"):
        measured_times(engine, demand, outlets, ownership, most=1)
