"""Polygons made from labels."""

import numpy as np
import pytest
import shapely
from towns import grid_streets, linework, units_of

from gridmap.partition.cells import (
    cell_polygons,
    compactness,
    territory_polygon,
)
from gridmap.territory import Units

TOWN = shapely.box(0, 0, 300, 200)


@pytest.fixture(scope="module")
def town() -> Units:
    return units_of(linework(*grid_streets(3, 2)), TOWN)


def test_cells_are_the_unions_of_their_units(town: Units) -> None:
    cells = cell_polygons(town, np.array([0, 0, 1, 0, 1, 1]), 3)
    assert [cell.geom_type for cell in cells] == ["Polygon"] * 3
    assert shapely.area(cells).tolist() == [30_000.0, 30_000.0, 0.0]
    # The T-junction at (100, 100) is a vertex of both.
    for cell in cells[:2]:
        assert (200.0, 100.0) in cell.exterior.coords
    assert shapely.coverage_is_valid(cells[:2])


def test_cell_in_two_pieces_is_a_multipolygon(town: Units) -> None:
    cells = cell_polygons(town, np.array([0, 1, 0, 1, 1, 1]), 2)
    assert [cell.geom_type for cell in cells] == ["MultiPolygon", "Polygon"]


def test_cell_around_another_has_a_hole() -> None:
    units = units_of(linework(*grid_streets(3, 3)), shapely.box(0, 0, 300, 300))
    label = np.zeros(9, dtype=np.int64)
    label[4] = 1
    ring, inner = cell_polygons(units, label, 2)
    assert len(ring.interiors) == 1
    assert ring.area == 80_000.0
    assert inner.area == 10_000.0


def test_one_unit_is_its_own_cell(town: Units) -> None:
    cells = cell_polygons(town, np.arange(6), 6)
    assert all(cell.equals(unit) for cell, unit in zip(cells, town.polygons, strict=True))


def test_territory_is_the_union_of_all(town: Units) -> None:
    assert territory_polygon(town).equals(TOWN)
    assert len(territory_polygon(town).exterior.coords) == 11


def test_compactness_of_known_shapes() -> None:
    """A square has 4π/16 = π/4, a strip 1 by 9 has 36π/400, a circle 1."""
    shapes = np.array(
        [
            shapely.box(0, 0, 7, 7),
            shapely.box(0, 0, 1, 9),
            shapely.Point(0, 0).buffer(1, quad_segs=200),
            shapely.Polygon(),
        ],
        dtype=object,
    )
    expected = [np.pi / 4, 36 * np.pi / 400, 1.0, 0.0]
    assert compactness(shapes) == pytest.approx(expected, abs=1e-4)
