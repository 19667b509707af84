"""Simplified cells still fit each other."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from gridmap.partition.display import display_cells, fits_exactly


def wavy(seed: int = 0) -> np.ndarray:
    """Four cells between rugged lines, with common borders of 200 vertices each."""
    rng = np.random.default_rng(seed)
    y = np.linspace(0.0, 1000.0, 200)
    x = [np.zeros(200), *[c + rng.normal(0, 4.0, 200) for c in (250, 500, 750)], np.full(200, 1e3)]
    lines = [np.column_stack([one, y]).round(2) for one in x]
    return np.array(
        [shapely.Polygon([*a, *b[::-1]]) for a, b in pairwise(lines)],
        dtype=object,
    )


def test_borders_lose_vertices_on_both_sides_alike() -> None:
    cells = wavy()
    centres = np.array([(125.0 + 250 * one, 500.0) for one in range(4)])
    shown = display_cells(cells, 20.0, centre_xy=centres)
    assert shown.tolerance_m == 20.0
    before, after = (shapely.get_num_coordinates(one).sum() for one in (cells, shown.polygons))
    assert after < before / 3
    assert fits_exactly(shown.polygons)
    assert shapely.contains(shown.polygons, shapely.points(centres)).all()


def test_outlet_that_would_fall_out_makes_the_tolerance_finer() -> None:
    """The outlet stands in a tooth, 8 m wide, that a coarse tolerance cuts off."""
    tooth = [(100, 0), (100, 40), (115, 44), (100, 48), (100, 100)]
    west = shapely.Polygon([(0, 0), *tooth, (0, 100)])
    cells = np.array([west, shapely.box(0, 0, 200, 100).difference(west)], dtype=object)
    centres = np.array([(110.0, 44.0), (150.0, 20.0)])
    free = display_cells(cells, 30.0)
    assert free.tolerance_m == 30.0
    assert not free.polygons[0].contains(shapely.Point(110, 44))
    shown = display_cells(cells, 30.0, centre_xy=centres)
    assert 0.0 <= shown.tolerance_m < 30.0
    assert shapely.contains(shown.polygons, shapely.points(centres)).all()
    assert fits_exactly(shown.polygons)


def test_nothing_is_done_without_a_tolerance_or_if_nothing_helps() -> None:
    cells = wavy()
    assert display_cells(cells, 0.0).polygons is cells
    with pytest.raises(ValueError, match="Expected tolerance_m"):
        display_cells(cells, -1.0)


def test_cells_that_do_not_fit_are_shown_as_they_are() -> None:
    """Overlapping cells never fit, whatever the tolerance."""
    cells = np.array([shapely.box(0, 0, 100, 100), shapely.box(50, 0, 150, 100)], dtype=object)
    assert display_cells(cells, 5.0).tolerance_m == 0.0


def test_empty_cells_and_pieces_stay() -> None:
    cells = wavy()
    more = np.array([*cells, shapely.Polygon()], dtype=object)
    shown = display_cells(more, 10.0, centre_xy=np.zeros((5, 2)))
    assert shown.polygons[4].is_empty
    assert shown.tolerance_m == 10.0


@pytest.mark.parametrize(
    "second",
    [
        shapely.box(100, 0, 200, 99),
        shapely.box(99.99, 0, 200, 100),
        shapely.box(0, 0, 100, 100),
    ],
)
def test_a_missing_vertex_an_overlap_and_a_repetition_are_seen(second: shapely.Geometry) -> None:
    first = shapely.box(0, 0, 100, 100)
    assert fits_exactly(np.array([first, shapely.box(100, 0, 200, 100)], dtype=object))
    assert not fits_exactly(np.array([first, second], dtype=object))
