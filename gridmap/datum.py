"""Coordinates in the datums of China: WGS-84, GCJ-02 and BD-09.

GCJ-02 has only a forward formula, so its inverse is found by fixed-point iteration; the one-step
inverse that is often used is metres off.

References
----------
The formula of GCJ-02 (Krasovsky ellipsoid) and of BD-09 as published in open converters, for
example coordTransform and eviltransform; there is no official document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Datum = Literal["wgs84", "gcj02", "bd09"]
#: Datums that coordinates are shown in.
ShownDatum = Literal["wgs84", "gcj02"]

SEMI_MAJOR_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
#: Where the shift applies: `(west, south, east, north)`; elsewhere all datums agree.
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
#: The shift changes by less than 1/100 of the way, so each round gains two digits and more.
ROUNDS = 10


def to_wgs84(lonlat: Floats, datum: Datum) -> Floats:
    """Return coordinates of a datum as WGS-84.

    Parameters
    ----------
    lonlat
        Longitude and latitude in degrees. Shape (n, 2).
    datum
        What they are given in.

    Returns
    -------
    Floats
        Longitude and latitude; points outside China are the same. Shape (n, 2).
    """
    if datum == "wgs84":
        return np.array(lonlat, dtype=np.float64)
    return _inverse(lonlat, _gcj02 if datum == "gcj02" else _bd09)


def from_wgs84(lonlat: Floats, datum: Datum) -> Floats:
    """Return WGS-84 coordinates in a datum; the inverse of `to_wgs84`. Shape (n, 2)."""
    lonlat = np.array(lonlat, dtype=np.float64)
    if datum == "wgs84":
        return lonlat
    return _gcj02(lonlat) if datum == "gcj02" else _bd09(lonlat)


def _inverse(lonlat: Floats, forward: Callable[[Floats], Floats]) -> Floats:
    target = np.array(lonlat, dtype=np.float64)
    found = target.copy()
    for _ in range(ROUNDS):
        found += target - forward(found)
    return found


def inside_china(lonlat: Floats) -> NDArray[np.bool_]:
    """Return which points lie where the shift applies. Shape (n,)."""
    west, south, east, north = CHINA
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _gcj02(lonlat: Floats) -> Floats:
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north_m = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    ) + (
        ripple
        + _waves(y, 20.0, 40.0)
        + 160.0 * np.sin(np.pi * y / 12.0)
        + 320.0 * np.sin(np.pi * y / 30.0)
    ) * 2.0 / 3.0
    east_m = (300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))) + (
        ripple
        + _waves(x, 20.0, 40.0)
        + 150.0 * np.sin(np.pi * x / 12.0)
        + 300.0 * np.sin(np.pi * x / 30.0)
    ) * 2.0 / 3.0
    lat = np.radians(lonlat[:, 1])
    w_squared = 1.0 - ECCENTRICITY_SQUARED * np.sin(lat) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / w_squared**1.5
    parallel_m = SEMI_MAJOR_M / np.sqrt(w_squared) * np.cos(lat)
    shift = np.degrees(np.column_stack([east_m / parallel_m, north_m / meridian_m]))
    return np.where(inside_china(lonlat)[:, None], lonlat + shift, lonlat)


def _waves(along: Floats, short: float, long: float) -> Floats:
    return np.asarray(short * np.sin(np.pi * along) + long * np.sin(np.pi * along / 3.0))


def _bd09(lonlat: Floats) -> Floats:
    gcj = _gcj02(lonlat)
    x, y = gcj[:, 0], gcj[:, 1]
    turn = np.pi * 3000.0 / 180.0
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * turn)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * turn)
    shifted = np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])
    return np.where(inside_china(lonlat)[:, None], shifted, lonlat)
