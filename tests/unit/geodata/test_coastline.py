"""The land part of a boundary by hand-made coasts; the land is on the left of each line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from osm_text import write_osm
from shapely.geometry.base import BaseGeometry

from geodata.coastline import Land, clip_to_land, read_coastline
from geodata.osm_lines import read_linework

CRS = "EPSG:32650"
X, Y = 500_000.0, 3_500_000.0


def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [(X + x, Y + y) for x, y in points]


def coast(*lines: list[tuple[float, float]]) -> np.ndarray:
    return np.array([shapely.LineString(at(*line)) for line in lines], dtype=object)


def box(left: float, bottom: float, right: float, top: float) -> BaseGeometry:
    return shapely.box(X + left, Y + bottom, X + right, Y + top)


SQUARE = box(0, 0, 1000, 1000)
#: From south to north: the land is in the west, 400 m of 1000.
STRAIGHT = [(400.0, -50.0), (400.0, 1050.0)]


def clip(boundary: BaseGeometry, *lines: list[tuple[float, float]], always: bool = True) -> Land:
    return clip_to_land(boundary, coast(*lines), crs=CRS, always=always)


def keys(land: Land) -> list[str]:
    for one in land.notices:
        assert one.text("en") and one.text("zh")
    return [one.key for one in land.notices]


def same(one: BaseGeometry, other: BaseGeometry) -> bool:
    return bool(shapely.area(shapely.symmetric_difference(one, other)) < 0.5)


def test_land_is_on_the_left() -> None:
    land = clip(SQUARE, STRAIGHT)
    assert same(land.shape, box(0, 0, 400, 1000))
    assert land.sea_m2 == pytest.approx(600_000.0)
    assert keys(land) == ["places.coast_cut"]
    assert land.notices[0].values == {"km2": pytest.approx(0.6), "share": pytest.approx(0.6)}
    assert same(clip(SQUARE, STRAIGHT[::-1]).shape, box(400, 0, 1000, 1000))


def test_a_coast_in_several_ways_is_one_coast() -> None:
    pieces = [[(400.0, 300.0), (400.0, 1050.0)], [(400.0, -50.0), (400.0, 300.0)]]
    assert same(clip(SQUARE, *pieces).shape, box(0, 0, 400, 1000))


def test_islands_are_land_and_kept_as_parts() -> None:
    island = [(600.0, 400.0), (700.0, 400.0), (700.0, 500.0), (600.0, 500.0), (600.0, 400.0)]
    land = clip(SQUARE, STRAIGHT, island)
    assert same(land.shape, shapely.union(box(0, 0, 400, 1000), box(600, 400, 700, 500)))
    assert len(shapely.get_parts(land.shape)) == 2


def test_islands_alone_say_that_the_rest_is_sea() -> None:
    island = [(600.0, 400.0), (700.0, 400.0), (700.0, 500.0), (600.0, 500.0), (600.0, 400.0)]
    assert same(clip(SQUARE, island).shape, box(600, 400, 700, 500))
    # Turned round it is a lagoon in the land.
    lagoon = clip(SQUARE, island[::-1], always=True)
    assert same(lagoon.shape, shapely.difference(SQUARE, box(600, 400, 700, 500)))


def test_little_sea_stays_unless_asked_for() -> None:
    near_the_border = [(995.0, -50.0), (995.0, 1050.0)]
    kept = clip(SQUARE, near_the_border, always=False)
    assert (kept.shape.area, kept.sea_m2, keys(kept)) == (1e6, 0.0, ["places.coast_small"])
    cut = clip(SQUARE, near_the_border, always=True)
    assert cut.shape.area == pytest.approx(995_000.0)
    assert keys(cut) == ["places.coast_cut"]


def test_a_district_that_is_mostly_sea_is_cut_unasked() -> None:
    """Land in the west: 40 % of the square, or 60 %."""
    mostly_sea = [(x, y) for x, y in STRAIGHT]
    assert same(clip(SQUARE, mostly_sea, always=False).shape, box(0, 0, 400, 1000))
    mostly_land = [(x + 200.0, y) for x, y in STRAIGHT]
    land = clip(SQUARE, mostly_land, always=False)
    assert same(land.shape, SQUARE)
    assert keys(land) == ["places.coast_small"]


def test_an_estuary_cuts_deep_into_the_land() -> None:
    # The sea is in the south; the river mouth reaches to 800 m north, 100 m wide.
    line = [
        (1050.0, 200.0), (550.0, 200.0), (550.0, 800.0), (450.0, 800.0), (450.0, 200.0),
        (-50.0, 200.0),
    ]  # fmt: skip
    # Going west the left is south, so this is turned round: going east the left is north.
    land = clip(SQUARE, line[::-1])
    assert land.sea_m2 == pytest.approx(200_000.0 + 60_000.0)


def test_a_closed_estuary_leaves_an_exclave_of_the_land() -> None:
    # The coast leaves the boundary in the west and returns: two strips of land.
    lower = [(-50.0, 300.0), (1050.0, 300.0)]
    upper = [(-50.0, 700.0), (1050.0, 700.0)]
    land = clip(SQUARE, lower[::-1], upper)
    assert same(land.shape, shapely.union(box(0, 0, 1000, 300), box(0, 700, 1000, 1000)))


def test_a_part_without_coast_is_land_and_holes_stay_holes() -> None:
    exclave = box(2000, 0, 2500, 500)
    enclave = box(100, 100, 200, 200)
    boundary = shapely.union(shapely.difference(SQUARE, enclave), exclave)
    expected = shapely.union(shapely.difference(box(0, 0, 400, 1000), enclave), exclave)
    assert same(clip(boundary, STRAIGHT).shape, expected)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ([[(400.0, -50.0), (400.0, 600.0)]], "places.coast_gap"),
        ([STRAIGHT, [(700.0, 300.0), (800.0, 300.0), (800.0, 400.0)]], "places.coast_gap"),
        ([STRAIGHT, [(700.0, -50.0), (700.0, 1050.0)]], "places.coast_contradictory"),
        ([STRAIGHT, STRAIGHT[::-1]], "places.coast_contradictory"),
    ],
)
def test_a_broken_coast_leaves_the_boundary_whole(
    lines: list[list[tuple[float, float]]], key: str
) -> None:
    land = clip(SQUARE, *lines)
    assert land.shape is SQUARE and land.sea_m2 == 0.0
    assert keys(land) == [key]
    # Named by degrees: the middle of UTM zone 50.
    assert "117.0" in land.notices[0].text() and "31.6" in land.notices[0].text()


def test_a_boundary_that_is_all_sea_is_left_whole() -> None:
    land = clip(box(500, 0, 900, 1000), [(500.0, -50.0), (500.0, 1050.0)])
    assert keys(land) == ["places.coast_no_land"]
    assert land.shape.area == pytest.approx(400_000.0)


def test_without_a_coast_nothing_happens() -> None:
    far = [(5000.0, 0.0), (5000.0, 10.0)]
    assert keys(clip(SQUARE, far, always=False)) == []
    assert keys(clip(SQUARE, far, always=True)) == ["places.coast_none"]
    assert clip_to_land(SQUARE, np.empty(0, dtype=object), crs=CRS).shape is SQUARE


def test_scraps_at_the_border_are_dropped_and_told_but_no_islet() -> None:
    # A sawtooth touches the eastern border: a scrap of 5 m by 8 m / 2.
    tooth = [(1050.0, 496.0), (995.0, 500.0), (1050.0, 504.0)]
    islet = [(600.0, 400.0), (605.0, 400.0), (605.0, 405.0), (600.0, 405.0), (600.0, 400.0)]
    land = clip(SQUARE, STRAIGHT, tooth[::-1], islet)
    assert keys(land) == ["places.coast_cut", "places.coast_slivers"]
    assert land.notices[1].values["count"] == 1
    assert same(land.shape, shapely.union(box(0, 0, 400, 1000), box(600, 400, 605, 405)))


def test_slanted_coast_agrees_with_plain_geometry() -> None:
    """Any straight coast cuts a half-plane off; nearly upright ones are split by noding."""
    rng = np.random.default_rng(3)
    for _ in range(30):
        start, end = (rng.uniform(-0.03, 0.03), -20.0), (rng.uniform(-0.03, 0.03), 1020.0)
        line = [(500.0 + start[0], start[1]), (500.0 + end[0], end[1])]
        extra = box(499.0, 100.0, 501.0, 101.0)
        boundary = shapely.difference(SQUARE, extra)
        land = clip(boundary, line)
        assert keys(land) == ["places.coast_cut"]
        # 0.03 m aside along 1000 m, and the extra hole is cut the same way.
        expected = shapely.difference(box(0, 0, 500, 1000), extra)
        assert shapely.symmetric_difference(land.shape, expected).area < 35.0


def test_only_coastline_ways_are_read_and_lakes_are_none(tmp_path: Path) -> None:
    nodes = {1: (9.0, 1.0), 2: (9.01, 1.0), 3: (9.01, 1.01), 4: (9.0, 1.01)}
    path = write_osm(
        tmp_path / "sea.osm",
        nodes,
        {
            1: ([1, 2, 99, 3, 4], {"natural": "coastline"}),
            2: ([1, 2, 3, 4, 1], {"natural": "water"}),
            3: ([1, 3], {"highway": "residential"}),
        },
    )
    lines = read_coastline(path, "EPSG:32632")
    # The node that lacks cuts the way in two.
    assert len(lines) == 2
    assert [len(line.coords) for line in lines] == [2, 2]
    street = read_linework(path, "EPSG:32632").lines[0]
    assert shapely.distance(shapely.Point(lines[0].coords[0]), street) < 0.001


def test_a_file_without_coast_gives_none(tmp_path: Path) -> None:
    path = write_osm(
        tmp_path / "a.osm", {1: (9.0, 1.0), 2: (9.1, 1.0)}, {1: ([1, 2], {"highway": "x"})}
    )
    assert len(read_coastline(path, "EPSG:32632")) == 0
