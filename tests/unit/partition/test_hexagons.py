"""Hexagons as units."""

import h3
import numpy as np
import pytest
import shapely
from pyproj import Transformer
from towns import assert_exact

from gridmap.errors import InputError
from gridmap.partition.hexagons import hexagon_units

CRS = "EPSG:32635"
#: A square kilometre of Helsinki.
SQUARE = shapely.box(386_000, 6_672_000, 387_000, 6_673_000)


def test_hexagons_tile_the_square_exactly() -> None:
    units = hexagon_units(SQUARE, CRS, 9)
    assert_exact(units, SQUARE)
    to_lonlat = Transformer.from_crs(CRS, 4326, always_xy=True)
    around = shapely.transform(
        SQUARE.buffer(1000), lambda xy: np.column_stack(to_lonlat.transform(*xy.T))
    )
    share = []
    for cell in h3.geo_to_cells(around, 9):
        lat, lon = np.array(h3.cell_to_boundary(cell)).T
        hexagon = shapely.Polygon(
            np.column_stack(to_lonlat.transform(lon, lat, direction="INVERSE"))
        )
        share.append(shapely.intersection(hexagon, SQUARE).area)
    # Crumbs are joined, every other piece of a hexagon is a unit.
    assert len(units) == (np.array(share) >= 0.05 * h3.average_hexagon_area(9, unit="m^2")).sum()
    largest = np.sort(share)[-3:]
    assert np.sort(units.area_m2)[-3:].min() >= largest.min() - 1.0
    whole = units.polygons[shapely.distance(units.polygons, SQUARE.boundary) > 1.0]
    assert len(whole) >= 3
    assert (shapely.get_num_coordinates(whole) - 1).tolist() == [6] * len(whole)


def test_crumbs_at_the_border_are_joined() -> None:
    units = hexagon_units(SQUARE, CRS, 9)
    assert units.area_m2.min() >= 0.05 * h3.average_hexagon_area(9, unit="m^2")


def test_own_outlets_in_one_hexagon_are_cut_apart() -> None:
    own = np.array([[386_500.0, 6_672_500.0], [386_510.0, 6_672_500.0], [386_500.0, 6_672_501.0]])
    units = hexagon_units(SQUARE, CRS, 8, own_xy=own)
    assert_exact(units, SQUARE)
    assert len(set(units.locate(own).tolist())) == 3


def test_own_outlet_on_a_corner_ends_inside_a_unit() -> None:
    plain = hexagon_units(SQUARE, CRS, 9)
    corner = shapely.get_coordinates(plain.polygons[len(plain) // 2])[0]
    assert shapely.distance(SQUARE.boundary, shapely.Point(corner)) > 1
    units = hexagon_units(SQUARE, CRS, 9, own_xy=corner[None])
    assert_exact(units, SQUARE)
    unit = units.polygons[units.locate(corner[None])[0]]
    assert shapely.distance(unit.boundary, shapely.Point(corner)) >= 0.02


def test_islands_with_a_hole() -> None:
    ring = SQUARE.difference(shapely.box(386_400, 6_672_400, 386_600, 6_672_600))
    boundary = shapely.union(ring, shapely.box(388_000, 6_672_000, 388_200, 6_672_200))
    units = hexagon_units(boundary, CRS, 9)
    assert_exact(units, boundary)
    assert set(units.part.tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("resolution", "key"), [(16, "units.unknown_resolution"), (15, "units.too_many_hexagons")]
)
def test_unusable_resolutions_are_refused(resolution: int, key: str) -> None:
    with pytest.raises(InputError) as caught:
        hexagon_units(SQUARE, CRS, resolution)
    assert caught.value.faults[0].key == key
