"""Areas with gaps, overlaps and worse become units that tile the territory."""

import numpy as np
import pytest
import shapely
from towns import assert_exact, linework

from gridmap.errors import InputError
from gridmap.partition.coverage import area_units
from gridmap.partition.linework import LineKind

TOWN = shapely.box(0, 0, 300, 200)
NO_OWN = np.empty((0, 2))


def made(*areas: object, own: object = NO_OWN, lines: object = None, boundary: object = TOWN):  # type: ignore[no-untyped-def]
    return area_units(
        np.array(areas, dtype=object), boundary, own_xy=np.asarray(own), linework=lines
    )


def test_areas_that_tile_stay_as_they_are() -> None:
    units, report = made(shapely.box(0, 0, 100, 200), shapely.box(100, 0, 300, 200))
    assert_exact(units, TOWN)
    assert sorted(units.area_m2) == [20_000.0, 40_000.0]
    assert report.notices() == []
    assert (report.areas, report.units, report.moved) == (2, 2, 0)


def test_gap_and_overlap_go_to_a_neighbour_and_are_told() -> None:
    """A gap of 2 m by 200 m, and an overlap of 3 m by 200 m."""
    units, report = made(
        shapely.box(0, 0, 99, 200), shapely.box(101, 0, 203, 200), shapely.box(200, 0, 300, 200)
    )
    assert_exact(units, TOWN)
    assert len(units) == 3
    assert report.gap_m2 == pytest.approx(400.0)
    assert report.overlap_m2 == pytest.approx(600.0)
    # Of each pair one side changes: gains the gap, or loses the overlap.
    assert report.moved == 2
    [told] = report.notices("a.gpkg")
    assert told.text() == (
        "a.gpkg: 2 of 3 areas changed when gaps and overlaps were resolved: "
        "600 m² of overlap went to one area each, 400 m² of gap to a neighbour"
    )


def test_area_inside_another_stays_and_the_outer_one_gets_a_hole() -> None:
    units, report = made(TOWN, shapely.box(100, 50, 200, 150))
    assert_exact(units, TOWN)
    assert sorted(units.area_m2) == [10_000.0, 50_000.0]
    assert report.overlap_m2 == pytest.approx(10_000.0)


def test_ground_of_no_area_becomes_units_of_its_own() -> None:
    units, report = made(shapely.box(0, 0, 100, 200))
    assert_exact(units, TOWN)
    assert sorted(units.area_m2) == [20_000.0, 40_000.0]
    assert (report.rest_m2, report.rest_units) == (40_000.0, 1)
    assert "1 further units" in report.notices()[0].text()


def test_wide_ground_of_no_area_is_cut() -> None:
    wide = shapely.box(0, 0, 3000, 1000)
    units, report = made(shapely.box(0, 0, 1000, 1000), boundary=wide)
    assert_exact(units, wide)
    assert report.rest_units == len(units) - 1 >= 5
    assert units.area_m2.max() == 1e6


def test_rows_that_cannot_be_used_are_dropped_with_their_reason() -> None:
    """Rows 1 to 6: a line, nothing, elsewhere, a repetition, a crumb, a bow tie."""
    west, east = shapely.box(0, 0, 100, 200), shapely.box(100, 0, 300, 210)
    bow_tie = shapely.Polygon([(120, 20), (160, 60), (160, 20), (120, 60)])
    units, report = made(
        west,
        shapely.LineString([(0, 0), (9, 9)]),
        None,
        shapely.box(900, 0, 950, 50),
        west,
        shapely.box(100, 0, 100.5, 200),
        bow_tie,
        east,
    )
    assert_exact(units, TOWN)
    assert report.dropped == (
        (1, "unitfile.no_area"),
        (2, "unitfile.no_area"),
        (3, "unitfile.elsewhere"),
        (4, "unitfile.twice"),
        (5, "unitfile.too_small"),
    )
    assert report.mended == 1
    assert report.outside_m2 == pytest.approx(2000.0)
    texts = "\n".join(one.text("zh") for one in report.notices(first_row=2))
    assert "3, 4" in texts and "2,000 平方米" in texts


def test_covered_row_is_told() -> None:
    """Two halves cover a row, each keeping the longer border."""
    west, east = shapely.box(0, 0, 150, 200), shapely.box(150, 0, 300, 200)
    units, report = made(west, east, shapely.box(140, 0, 160, 200))
    assert_exact(units, TOWN)
    assert len(units) + len(report.dropped) == 3


def test_nothing_usable_is_refused() -> None:
    with pytest.raises(InputError, match="none of the 2 rows") as caught:
        made(shapely.Point(0, 0), shapely.box(900, 900, 990, 990))
    assert "1 行在区域之外" in caught.value.text("zh")


def test_area_in_pieces_becomes_a_unit_a_piece_and_crumbs_are_joined() -> None:
    pieces = shapely.MultiPolygon(
        [shapely.box(0, 0, 50, 200), shapely.box(250, 0, 300, 200), shapely.box(149, 0, 152, 20)]
    )
    units, report = made(pieces, shapely.box(50, 0, 250, 200).difference(pieces))
    assert_exact(units, TOWN)
    assert sorted(units.area_m2) == [10_000.0, 10_000.0, 40_000.0]
    assert report.parts == 1


def test_own_outlets_that_share_an_area_are_cut_apart() -> None:
    own = np.array([(20.0, 20.0), (80.0, 150.0), (200.0, 50.0)])
    units, _ = made(shapely.box(0, 0, 100, 200), shapely.box(100, 0, 300, 200), own=own)
    assert_exact(units, TOWN)
    assert len(set(units.locate(own).tolist())) == 3
    assert len(units) == 3


def test_own_outlets_at_one_place_are_refused() -> None:
    with pytest.raises(InputError, match="0 = 1"):
        made(TOWN, own=[(20.0, 20.0), (20.0, 20.0)])


def test_borders_beside_a_river_count_as_river() -> None:
    """The border runs 4 m beside the river for 120 m, then leaves it."""
    river = linework((LineKind.RIVER, [(104, 0), (104, 120), (300, 120)]))
    west = shapely.box(0, 0, 100, 200)
    east = TOWN.difference(west)
    lower = shapely.box(100, 0, 300, 60)
    units, _ = made(west, lower, east.difference(lower), lines=river)
    assert_exact(units, TOWN)
    pairs = units.adjacency
    assert pairs.river_m.tolist() == [60.0, 0.0, 0.0]
    assert pairs.shared_m.tolist() == [60.0, 140.0, 200.0]
