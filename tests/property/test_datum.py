"""There and back again is nothing, all over China and nowhere else a shift."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gridmap.datum import Datum, from_wgs84, to_wgs84

CHINESE = st.tuples(st.floats(73.6, 135.0), st.floats(18.2, 53.5))
ABROAD = st.tuples(st.floats(-180.0, 71.9), st.floats(-85.0, 85.0))


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@given(st.lists(CHINESE, min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_round_trip_is_below_a_micrometre(datum: Datum, points: list[tuple[float, float]]) -> None:
    wgs = np.array(points)
    back = to_wgs84(from_wgs84(wgs, datum), datum)
    _, _, metres = Geod(ellps="WGS84").inv(wgs[:, 0], wgs[:, 1], back[:, 0], back[:, 1])
    assert np.max(metres) < 1e-6


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@given(st.lists(ABROAD, min_size=1, max_size=10))
@settings(max_examples=30, deadline=None)
def test_abroad_nothing_moves(datum: Datum, points: list[tuple[float, float]]) -> None:
    wgs = np.array(points)
    np.testing.assert_array_equal(from_wgs84(wgs, datum), wgs)
    np.testing.assert_array_equal(to_wgs84(wgs, datum), wgs)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@given(CHINESE)
@settings(max_examples=60, deadline=None)
def test_shift_is_as_large_as_known(datum: Datum, point: tuple[float, float]) -> None:
    """GCJ-02 is 22 to 678 m off; BD-09 stands about a kilometre off and never two."""
    shifted = from_wgs84(np.array([point]), datum)[0]
    _, _, metres = Geod(ellps="WGS84").inv(*point, *shifted)
    low, high = (15.0, 800.0) if datum == "gcj02" else (300.0, 2000.0)
    assert low < metres < high


def test_wgs84_is_a_copy() -> None:
    points = np.array([[116.0, 40.0]])
    assert to_wgs84(points, "wgs84") is not points
    np.testing.assert_array_equal(from_wgs84(points, "wgs84"), points)
