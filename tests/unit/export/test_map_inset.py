"""Where stops crowd, an inset parts them, and hides nothing that is needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.export.map_inset import MOST_HIDDEN_MM, Slot, crowds, find_insets, ranges
from gridmap.export.route_map import DISC_MM, Window

#: 200 × 120 mm at 10 m a millimetre, so 2000 × 1200 m; the middle is the origin.
MAIN = Window(0.0, 0.0, 10.0, 200.0, 120.0)
CORNER = Slot(136.0, 70.0, 64.0, 50.0)
BELOW = Slot(100.0, -80.0, 96.0, 66.0)
#: Four stops within 30 m in the south-west, which is 3 mm, and one far off.
CROWD = np.array([(-500.0, -300.0), (-490.0, -280.0), (-470.0, -300.0), (-480.0, -290.0)])
STOPS = np.vstack([CROWD, [(0.0, 0.0)]])
NOTHING = np.empty((0, 2))


def insets(stops: np.ndarray, *slots: Slot, clear: np.ndarray = NOTHING, way=NOTHING) -> list:
    every = np.vstack([clear, MAIN.on_paper(stops)])
    return find_insets(MAIN, stops, keep_clear=every, way=way, slots=slots)


def test_a_crowd_is_shown_so_large_that_its_discs_part() -> None:
    """30 m into 64 mm less two margins of 9 mm is 0.65, so 0.75 m a millimetre."""
    (one,) = insets(STOPS, CORNER)
    assert one.slot == CORNER
    assert one.stops.tolist() == [0, 1, 2, 3]
    assert one.window.metres_per_mm == 0.75
    places = one.window.on_paper(CROWD)
    gap = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    assert gap[~np.eye(4, dtype=bool)].min() > 2.0 * DISC_MM
    # The frame is that of the window: 48 × 37.5 m around (-485, -290), in millimetres of the map.
    assert one.frame == pytest.approx((100 - 48.5 - 2.4, 60 - 29 - 1.875, 4.8, 3.75))


def test_two_stops_side_by_side_and_stops_in_one_house_have_none() -> None:
    assert insets(np.vstack([CROWD[:2], [(0.0, 0.0)]]), CORNER) == []
    assert insets(np.tile([(100.0, 100.0)], (5, 1)) + np.arange(5)[:, None] * 0.1, CORNER) == []


def test_an_inset_covers_neither_stops_nor_its_own_frame_nor_much_of_the_way() -> None:
    """A stop at (145, 75) mm lies in the corner; so does a way of 20 mm; the other slot is free."""
    at_corner = np.array([[450.0, 150.0]])
    assert insets(np.vstack([STOPS, at_corner]), CORNER) == []
    assert insets(np.vstack([STOPS, at_corner]), CORNER, BELOW)[0].slot == BELOW
    assert insets(STOPS, CORNER, clear=np.array([[150.0, 80.0]])) == []
    way = np.column_stack([np.arange(150.0, 170.0), np.full(20, 80.0)])
    assert insets(STOPS, CORNER, way=way) == []
    assert len(insets(STOPS, CORNER, way=way[:MOST_HIDDEN_MM])) == 1
    own = insets(np.add(CROWD, (1000.0, 500.0)), Slot(140.0, 60.0, 60.0, 60.0))
    assert own == []


def test_the_largest_crowd_comes_first_and_two_have_an_inset_each() -> None:
    second = np.add(CROWD[:3], (900.0, 0.0))
    first, other = insets(np.vstack([second, CROWD]), BELOW, CORNER)
    assert (first.stops.tolist(), first.slot) == ([3, 4, 5, 6], BELOW)
    assert (other.stops.tolist(), other.slot) == ([0, 1, 2], CORNER)


def test_a_crowd_that_fills_the_map_is_not_enlarged() -> None:
    """Stops 4 mm apart along the whole map are one crowd, which no inset enlarges."""
    row = np.column_stack([np.arange(-900.0, 900.0, 40.0), np.zeros(45)])
    assert [len(one) for one in crowds(MAIN.on_paper(row))] == [45]
    assert insets(row, CORNER, BELOW) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-900.0, 900.0), st.floats(-500.0, 500.0)), min_size=1, max_size=25)
)
def test_each_stop_is_shown_once_and_never_hidden(places: list[tuple[float, float]]) -> None:
    stops = np.array(places)
    stops[: len(stops) // 2] /= 30.0
    found = insets(stops, CORNER, BELOW)
    shown = [row for one in found for row in one.stops.tolist()]
    assert len(shown) == len(set(shown))
    for one in found:
        assert not one.slot.holds(MAIN.on_paper(stops), DISC_MM).any()
        inside = one.window.on_paper(stops[one.stops])
        assert (inside >= 0.0).all()
        assert (inside <= (one.window.width_mm, one.window.height_mm)).all()


def test_numbers_in_short() -> None:
    assert ranges([1, 2, 3, 5, 8, 9]) == "1–3, 5, 8–9"
    assert ranges([4]) == "4"
    assert ranges([]) == ""
