"""Children that tile their parent, and every way in which they may not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geodata.tiling import TilingFinding, check_children, check_tiling, snap_tiling
from gridmap.errors import InputError

CRS = "EPSG:32650"
X, Y = 500_000.0, 3_500_000.0


def box(left: float, bottom: float, right: float, top: float) -> BaseGeometry:
    return shapely.box(X + left, Y + bottom, X + right, Y + top)


PARENT = box(0, 0, 200, 100)
WEST, EAST = box(0, 0, 100, 100), box(100, 0, 200, 100)


def check(*children: BaseGeometry, parent: BaseGeometry = PARENT) -> list[TilingFinding]:
    names = [chr(65 + one) for one in range(len(children))]
    return check_tiling(parent, list(children), names, crs=CRS)


def test_two_halves_tile_the_whole() -> None:
    assert check(WEST, EAST) == []
    # More vertices on the common border change nothing.
    assert check(shapely.segmentize(WEST, 7.0), EAST) == []


def test_a_gap_is_measured_placed_and_has_neighbours() -> None:
    (gap,) = check(box(0, 0, 99.5, 100), EAST)
    assert (gap.what, gap.area_m2) == ("gap", pytest.approx(50.0))
    # 2 · 50 m² by the perimeter of 201 m.
    assert gap.width_m == pytest.approx(100.0 / 201.0)
    assert set(gap.children) == {"A", "B"}
    # 99.75 m east of the meridian of UTM zone 50, and 3500 km north on the grid.
    assert gap.lonlat[0] == pytest.approx(117.00105, abs=1e-5)
    assert gap.lonlat[1] == pytest.approx(31.6356, abs=1e-3)


def test_an_overlap_names_both() -> None:
    (overlap,) = check(WEST, box(98, 0, 200, 100))
    assert (overlap.what, overlap.area_m2) == ("overlap", pytest.approx(200.0))
    assert overlap.children == ("A", "B")


def test_what_lies_beyond_the_parent() -> None:
    (beyond,) = check(WEST, box(100, 0, 203, 100))
    assert (beyond.what, beyond.area_m2, beyond.children) == ("beyond", pytest.approx(300), ("B",))


def test_one_step_of_the_grid_is_seen() -> None:
    (gap,) = check(box(0, 0, 99.99, 100), EAST)
    assert gap.area_m2 == pytest.approx(1.0)
    # Half a step falls on the same grid position: 99.996 is 100.00.
    assert check(box(0, 0, 99.996, 100), EAST) == []


def test_two_places_are_two_findings_the_larger_first() -> None:
    child = shapely.difference(WEST, shapely.union(box(10, 10, 20, 20), box(40, 40, 60, 60)))
    first, second = check(child, EAST)
    assert [first.area_m2, second.area_m2] == [pytest.approx(400.0), pytest.approx(100.0)]
    assert first.children == ("A",)


def test_parts_exclaves_and_enclaves() -> None:
    exclave = box(500, 0, 550, 50)
    enclave = box(20, 20, 40, 40)
    parent = shapely.union(PARENT, exclave)
    assert check(shapely.difference(WEST, enclave), shapely.union(EAST, exclave), enclave,
                 parent=parent) == []  # fmt: skip
    (gap,) = check(WEST, EAST, parent=parent)
    assert (gap.what, gap.area_m2, gap.children) == ("gap", pytest.approx(2500.0), ())


def test_no_child_is_one_gap() -> None:
    (gap,) = check()
    assert gap.area_m2 == pytest.approx(20_000.0)


def test_more_children_than_bits() -> None:
    parent = box(0, 0, 1300, 10)
    strips = [box(10 * n, 0, 10 * n + 10, 10) for n in range(130)]
    assert check(*strips, parent=parent) == []
    strips[100] = box(1000, 0, 1009.5, 10)
    (gap,) = check(*strips, parent=parent)
    assert gap.area_m2 == pytest.approx(5.0)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0.05, 0.95), min_size=2, max_size=8, unique=True),
    st.floats(0.0, 3.1),
    st.integers(0, 2**32 - 1),
)
def test_a_cut_parent_is_tiled_and_areas_account_for_any_change(
    cuts: list[float], angle: float, seed: int
) -> None:
    """Gaps and what lies beyond and overlaps make up the difference of the areas."""
    ends = np.sort([0.0, *cuts, 1.0])
    turned = [
        shapely.affinity.rotate(box(1000 * a, 0, 1000 * b, 300), angle, "center", use_radians=True)
        for a, b in pairwise(ends)
        if b - a > 0.01
    ]
    # Turned about their own centres they do not fit: a thing with gaps and overlaps.
    parent = box(0, 0, 1000, 300)
    findings = check(*turned, parent=parent)
    sums = dict.fromkeys(("gap", "overlap", "beyond"), 0.0)
    for one in findings:
        extra = len(one.children) - 1 if one.what == "overlap" else 1
        sums[one.what] += one.area_m2 * extra
    covered = shapely.union_all(turned)
    assert sums["gap"] == pytest.approx(shapely.difference(parent, covered).area, abs=60.0)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(turned))
    again = check(*[turned[one] for one in order], parent=parent)
    assert sorted(round(one.area_m2, 2) for one in again) == sorted(
        round(one.area_m2, 2) for one in findings
    )
    assert sums["overlap"] == pytest.approx(sum(one.area for one in turned) - covered.area, abs=60)


def test_slivers_are_snapped_and_wide_places_stay() -> None:
    west, east = box(0, 0, 99.5, 100), box(99.0, 0, 200.4, 100)
    snapped = snap_tiling(PARENT, [west, east], tolerance_m=1.0)
    assert check(*snapped) == []
    assert sum(one.area for one in snapped) == pytest.approx(PARENT.area)
    gap = snap_tiling(PARENT, [box(0, 0, 99.5, 100), EAST], tolerance_m=1.0)
    assert check(*gap) == []
    wide = snap_tiling(PARENT, [box(0, 0, 90, 100), EAST], tolerance_m=1.0)
    assert [one.what for one in check(*wide)] == ["gap"]


def admin(path: Path, **columns: Any) -> Path:
    lonlat = gpd.GeoSeries([WEST, EAST, PARENT], crs=CRS).to_crs("EPSG:4326")
    gpd.GeoDataFrame(columns, geometry=lonlat).to_file(path)
    return path


def test_children_of_a_file_by_level(tmp_path: Path) -> None:
    path = admin(tmp_path / "a.gpkg", name=["W", "", "P"], admin_level=["7", "7", "6"])
    (good,) = check_children(path, PARENT, crs=CRS, level="7")
    assert good.key == "places.tiling_good" and good.values["count"] == 2
    notices = check_children(path, PARENT, crs=CRS)
    assert [one.key for one in notices] == ["places.tiling_overlap"] * 2
    text = " ".join(one.text() for one in notices)
    assert "W, P" in text and "#2, P" in text and "10,000.00 m²" in text
    with pytest.raises(InputError, match="it has: 6, 7"):
        check_children(path, PARENT, crs=CRS, level="8")


def test_many_findings_are_summed_up(tmp_path: Path) -> None:
    holes = shapely.union_all([box(5 * n, 10, 5 * n + 2, 12) for n in range(1, 19)])
    path = tmp_path / "a.gpkg"
    lonlat = gpd.GeoSeries([shapely.difference(PARENT, holes)], crs=CRS).to_crs("EPSG:4326")
    gpd.GeoDataFrame({"n": [1]}, geometry=lonlat).to_file(path)
    notices = check_children(path, PARENT, crs=CRS)
    assert len(notices) == 13
    assert notices[-1].key == "places.tiling_more" and notices[-1].values["count"] == 6


def test_a_file_without_areas_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(117, 31)], crs="EPSG:4326").to_file(path)
    with pytest.raises(InputError):
        check_children(path, PARENT, crs=CRS)
