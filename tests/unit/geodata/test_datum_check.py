"""The datum is judged by the streets, and only where they say it clearly."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from geodata.boundaries import unproject
from geodata.datum_check import DatumFinding, datum_notices, suggest_datum
from gridmap.datum import Datum, from_wgs84

CRS = "EPSG:32650"
X, Y = 668_000.0, 3_546_000.0
DATUMS: tuple[Datum, ...] = get_args(Datum)


def crooked_streets(seed: int = 1) -> NDArray[np.object_]:
    """Streets about 300 m apart, none of them straight, so that no shift falls on the next one."""
    rng = np.random.default_rng(seed)
    lines = []
    for n in range(15):
        t = np.linspace(-500.0, 4500.0, 26)
        lines.append(np.column_stack([t, 290.0 * n + rng.normal(0, 40, 26)]))
        lines.append(np.column_stack([310.0 * n + rng.normal(0, 40, 26), t]))
    return np.array([shapely.LineString(line + np.array([X, Y])) for line in lines], dtype=object)


STREETS = crooked_streets()


def places(n: int = 200, *, seed: int = 2, off_m: float = 8.0) -> NDArray[np.float64]:
    """WGS-84 places some metres beside the streets."""
    rng = np.random.default_rng(seed)
    chosen = STREETS[rng.integers(0, len(STREETS), n)]
    points = shapely.line_interpolate_point(chosen, rng.uniform(600, 4400, n))
    xy = shapely.get_coordinates(points) + rng.normal(0, off_m, (n, 2))
    moved = [unproject(shapely.Point(one), CRS) for one in xy]
    return shapely.get_coordinates(np.array(moved, dtype=object))


def texts(finding: DatumFinding) -> list[str]:
    ids = np.array([f"r{n}" for n in range(len(finding.outlier))], dtype=object)
    notices = datum_notices(finding, "o.csv", ids, section="outlets")
    assert all(one.text("zh") for one in notices)
    return [one.text() for one in notices]


@pytest.mark.parametrize("true", DATUMS)
@pytest.mark.parametrize("declared", DATUMS)
def test_the_true_datum_is_found(true: Datum, declared: Datum) -> None:
    finding = suggest_datum(from_wgs84(places(), true), STREETS, declared, crs=CRS)
    assert finding.best == true
    assert finding.median_m[true] < 10.0
    assert finding.q90_m[true] < 20.0
    if true == declared:
        assert texts(finding) == []
    else:
        (said,) = texts(finding)
        assert f"declared {declared} but fit the streets better as {true}" in said
        assert f'[outlets] datum = "{true}"' in said
        assert f"median {finding.median_m[true]:.0f} m" in said


def test_rows_from_another_source_are_named() -> None:
    lonlat = places()
    lonlat[:30] = from_wgs84(lonlat[:30], "gcj02")
    finding = suggest_datum(lonlat, STREETS, "wgs84", crs=CRS)
    assert finding.best == "wgs84"
    named = np.flatnonzero(finding.outlier)
    # Some shifted places fall near another street by chance; a right one is never named.
    assert named.max() < 30 and len(named) >= 15
    (said,) = texts(finding)
    assert f"{len(named)} row(s)" in said and "r" in said


def test_places_away_from_streets_are_no_other_datum() -> None:
    """A fifth of the places lie deep inside the blocks: that is how towns are."""
    rng = np.random.default_rng(7)
    for seed in range(10):
        lonlat = places(seed=seed)
        deep = rng.uniform(500, 4000, (40, 2)) + np.array([X, Y])
        moved = [unproject(shapely.Point(one), CRS) for one in deep]
        lonlat[:40] = shapely.get_coordinates(np.array(moved, dtype=object))
        assert texts(suggest_datum(lonlat, STREETS, "wgs84", crs=CRS)) == []


@pytest.mark.parametrize("n", [0, 19])
def test_a_few_points_say_nothing(n: int) -> None:
    lonlat = from_wgs84(places(n), "gcj02") if n else np.empty((0, 2))
    finding = suggest_datum(lonlat, STREETS, "wgs84", crs=CRS)
    assert (finding.best, dict(finding.median_m), finding.n) == ("wgs84", {}, n)
    assert texts(finding) == []


def test_rows_without_a_place_and_abroad_are_not_asked() -> None:
    abroad = np.column_stack([np.full(50, -3.0), np.full(50, 51.5)])
    lonlat = np.vstack([places(15), abroad, np.full((30, 2), np.nan)])
    assert suggest_datum(lonlat, STREETS, "wgs84", crs=CRS).n == 15


def test_without_streets_nothing_is_said() -> None:
    nothing = np.empty(0, dtype=object)
    assert suggest_datum(places(), nothing, "wgs84", crs=CRS).median_m == {}


def test_points_anywhere_fit_no_datum_better() -> None:
    rng = np.random.default_rng(5)
    xy = rng.uniform(500, 4000, (300, 2)) + np.array([X, Y])
    moved = [unproject(shapely.Point(one), CRS) for one in xy]
    lonlat = shapely.get_coordinates(np.array(moved, dtype=object))
    finding = suggest_datum(lonlat, STREETS, "wgs84", crs=CRS)
    assert finding.best == "wgs84"
    assert finding.median_m["wgs84"] > 30.0


def test_many_points_are_sampled_and_outliers_found_among_all() -> None:
    lonlat = places(5000)
    lonlat[4000:4100] = from_wgs84(lonlat[4000:4100], "bd09")
    finding = suggest_datum(lonlat, STREETS, "wgs84", crs=CRS)
    assert finding.n == 2000
    named = np.flatnonzero(finding.outlier)
    assert len(named) > 30 and named.min() >= 4000 and named.max() < 4100
