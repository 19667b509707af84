"""GCJ-02 against a published point.

Source: the public formula (a = 6378245, ee = 0.00669342162296594323); coordTransform agrees to
0.0 m, eviltransform to 0.011 m.
"""

import numpy as np
from pyproj import Geod

from gridmap.datum import from_wgs84, to_wgs84

WGS = np.array([[116.39751, 39.90871]])
GCJ = np.array([[116.40375358, 39.9101135]])


def test_tiananmen_in_gcj02() -> None:
    np.testing.assert_allclose(from_wgs84(WGS, "gcj02"), GCJ, atol=1e-8)
    np.testing.assert_allclose(to_wgs84(GCJ, "gcj02"), WGS, atol=1e-8)


def test_offset_is_about_556_m() -> None:
    _, _, metres = Geod(ellps="WGS84").inv(*WGS[0], *from_wgs84(WGS, "gcj02")[0])
    assert abs(metres - 556.2) < 0.1
