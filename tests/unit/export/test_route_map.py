"""The map of a day."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_plan import sheet_plan

from gridmap.export import route_map, street_map
from gridmap.export.route_map import (
    DISC_MM,
    Area,
    Disc,
    Home,
    Name,
    Strokes,
    Window,
    day_shapes,
    fit_window,
    scale_bar,
    spread_discs,
)
from gridmap.export.street_map import StreetMap, words_mm

WINDOW = Window(500.0, 300.0, 5.0, 194.0, 120.0)


def test_a_window_shows_its_points_at_the_finest_round_scale() -> None:
    """950 m over 194 - 18 = 176 mm: 5.4 m/mm, so the next round scale is 6."""
    window = fit_window(np.array([[0.0, 0.0], [950.0, 100.0]]), 194.0, 120.0)
    assert window.metres_per_mm == 6.0
    assert (window.x, window.y) == (475.0, 50.0)
    on_paper = window.on_paper(np.array([[0.0, 0.0], [950.0, 100.0]]))
    assert on_paper.min() >= route_map.MARGIN_MM
    assert on_paper[:, 0].max() <= 194.0 - route_map.MARGIN_MM


def test_one_point_is_shown_at_the_finest_scale() -> None:
    assert fit_window(np.zeros((1, 2)), 194.0, 120.0).metres_per_mm == route_map.SCALES[0]


def test_beyond_the_round_scales_whole_kilometres_a_millimetre() -> None:
    window = fit_window(np.array([[0.0, 0.0], [176_000.0 * 1.5, 0.0]]), 194.0, 120.0)
    assert window.metres_per_mm == 2000.0


def test_the_middle_of_the_window_is_the_middle_of_the_paper() -> None:
    assert WINDOW.on_paper(np.array([[500.0, 300.0]])).tolist() == [[97.0, 60.0]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(10.0, 180.0), st.floats(10.0, 110.0)), min_size=1, max_size=20))
def test_discs_part_and_stay_inside(places: list[tuple[float, float]]) -> None:
    centres = spread_discs(np.array(places), WINDOW)
    assert centres.min() >= DISC_MM
    assert (centres <= np.array([194.0, 120.0]) - DISC_MM).all()
    gaps = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 1.6 * DISC_MM


def test_discs_at_one_place_part() -> None:
    centres = spread_discs(np.full((16, 2), 60.0), WINDOW)
    gaps = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 1.8 * DISC_MM


def test_discs_with_room_stay_where_they_are() -> None:
    places = np.array([[30.0, 30.0], [90.0, 90.0]])
    assert spread_discs(places, WINDOW) == pytest.approx(places, abs=0.05)


def test_a_day_has_its_way_numbers_and_home() -> None:
    way = np.array([[100.0, 100.0], [600.0, 100.0], [600.0, 400.0]])
    back = np.array([[600.0, 400.0], [100.0, 100.0]])
    shapes, taken = day_shapes(
        WINDOW,
        way_xy=way,
        return_xy=back,
        home_xy=way[0],
        stops_xy=way[1:],
        ringed=[True, False],
    )
    discs = [one for one in shapes if isinstance(one, Disc)]
    assert [(one.label, one.ringed) for one in discs] == [("1", True), ("2", False)]
    assert any(isinstance(one, Home) for one in shapes)
    dashed = [one for one in shapes if isinstance(one, Strokes) and one.dash == (1.6, 1.2)]
    assert len(dashed) == 1
    assert taken.shape[1] == 3
    arrows = [one for one in shapes if isinstance(one, route_map.Arrow)]
    assert {round(one.angle, 3) for one in arrows} <= {0.0, round(math.pi / 2, 3)}
    assert arrows


def test_places_beside_the_way_are_dotted_to_it() -> None:
    """A stop 100 m = 20 mm beside a way along y = 100 m; the other one is on it."""
    way = np.array([[100.0, 100.0], [600.0, 100.0]])
    shapes, _ = day_shapes(
        WINDOW,
        way_xy=way,
        return_xy=way[::-1],
        home_xy=way[0],
        stops_xy=np.array([[300.0, 200.0], [600.0, 100.0]]),
        ringed=[False, False],
    )
    (walks,) = [one for one in shapes if isinstance(one, Strokes) and one.width_mm == 0.35]
    expected = WINDOW.on_paper(np.array([[300.0, 200.0], [300.0, 100.0]]))
    assert len(walks.lines) == 1
    assert walks.lines[0] == pytest.approx(expected)


def test_discs_moved_away_are_tied_to_their_places() -> None:
    spot = np.array([[300.0, 300.0]])
    shapes, _ = day_shapes(
        WINDOW,
        way_xy=spot,
        return_xy=spot,
        home_xy=spot[0],
        stops_xy=np.repeat(spot, 5, axis=0),
        ringed=[False] * 5,
    )
    ties = [one for one in shapes if isinstance(one, Strokes) and one.width_mm == 0.3]
    assert len(ties) == 1


def test_scale_bar_is_round_and_not_too_long() -> None:
    """40 mm at 5 m/mm is 200 m."""
    bar = scale_bar(WINDOW)
    assert (bar.label, bar.length_mm) == ("200 m", 40.0)
    assert scale_bar(Window(0.0, 0.0, 50.0, 194.0, 120.0)).label == "2 km"


def test_chinese_letters_are_wider() -> None:
    assert words_mm("街街") > words_mm("ab")


@pytest.fixture(scope="module")
def streets() -> StreetMap:
    territory, _ = sheet_plan()
    linework = {
        "water": np.array(
            [shapely.box(0, 0, 50, 50), shapely.box(9e5, 9e5, 9.1e5, 9.1e5)], dtype=object
        ),
        "river": np.array([shapely.LineString([(0, 60), (600, 60)])], dtype=object),
        "street": np.array([shapely.LineString([(0, 80), (600, 80)])], dtype=object),
        "rail": np.array([shapely.LineString([(0, 70), (600, 70)])], dtype=object),
    }
    return StreetMap.of(replace(territory, linework=linework), "walk")


def test_ground_shows_water_below_streets(streets: StreetMap) -> None:
    """The grid town has residential streets only: one kind of line, after water and rails."""
    window = Window(300.0, 200.0, 5.0, 194.0, 120.0)
    shapes = streets.ground(window)
    assert isinstance(shapes[0], Area)
    assert sum(isinstance(one, Area) for one in shapes) == 1
    widths = [one.width_mm for one in shapes if isinstance(one, Strokes)]
    assert widths[0] == street_map.RIVER_MM
    assert street_map.STROKES[3][0] in widths
    assert widths[-1] in [width for width, _ in street_map.STROKES]
    for shape in shapes:
        rings = [shape.ring] if isinstance(shape, Area) else shape.lines  # type: ignore[union-attr]
        for line in rings:
            assert (line >= -1e-6).all()
            assert (line <= np.array([194.0, 120.0]) + 1e-6).all()


def test_a_coarse_map_leaves_the_small_streets_out(streets: StreetMap) -> None:
    window = Window(300.0, 200.0, 100.0, 194.0, 120.0)
    widths = [one.width_mm for one in streets.ground(window) if isinstance(one, Strokes)]
    assert set(widths) <= {street_map.RIVER_MM, 0.3, 1.8, 1.25}


def test_street_names_keep_clear_of_what_is_taken(streets: StreetMap) -> None:
    window = Window(300.0, 200.0, 5.0, 194.0, 120.0)
    free = streets.street_names(window, np.empty((0, 3)))
    assert {one.words for one in free} <= {"Main Street", "中央大街"}
    assert free
    taken = np.array([[97.0, 60.0, 1e3]])
    assert streets.street_names(window, taken) == []


def test_street_names_are_never_upside_down() -> None:
    line = np.array([[100.0, 20.0], [20.0, 20.0]])
    names = list(street_map._labels("Main Street", line))
    assert names
    assert all(isinstance(one, Name) and abs(one.angle) < 1e-9 for one in names)


def test_bent_or_short_streets_have_no_name() -> None:
    corner = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    assert list(street_map._labels("A long name", corner)) == []
    assert list(street_map._labels("A long name", np.array([[0.0, 0.0], [5.0, 0.0]]))) == []
