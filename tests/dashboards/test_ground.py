"""Streets under a picture: read out of a basemap, and drawn where they lie."""

from __future__ import annotations

import re

import freestiler
import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from dashboards.ground import ground_picture
from dashboards.tiles import TileArchive

CRS = "EPSG:32635"
LEFT, BOTTOM = 386_000.0, 6_672_000.0
#: Ends of a street, and a corner of a square, in metres of the picture from its lower left.
STREET, CORNER = ((300.0, 300.0), (1200.0, 900.0)), (400.0, 1000.0)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> TileArchive:
    """A basemap of two streets along one line, a pond with an island, and a town's name."""
    ends = [(LEFT + x, BOTTOM + y) for x, y in STREET]
    x, y = LEFT + CORNER[0], BOTTOM + CORNER[1]
    pond = shapely.box(x, y, x + 300.0, y + 300.0) - shapely.box(x + 100, y + 100, x + 200, y + 200)
    path = tmp_path_factory.mktemp("ground") / "town.pmtiles"

    def layer(shape: shapely.Geometry) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame({"name": ["x"]}, geometry=[shape], crs=CRS).to_crs("EPSG:4326")

    freestiler.freestile(
        {
            "water": layer(pond),
            "road_primary": layer(shapely.LineString(ends)),
            "road_minor": layer(shapely.LineString(ends)),
            "place_city": layer(shapely.Point(ends[0])),
        },
        path,
        max_zoom=15,
        quiet=True,
    )
    return TileArchive(path)


def bounds(side_m: float) -> tuple[float, float, float, float]:
    return LEFT, BOTTOM, LEFT + side_m, BOTTOM + side_m


def places(drawn: str, colour: str) -> np.ndarray:
    """Return the points of all paths of a colour. Shape (n, 2)."""
    paths = "".join(re.findall(rf'"{colour}"[^>]*d="([^"]*)"', drawn))
    return np.array(re.findall(r"([\d.-]+),([\d.-]+)", paths), dtype=np.float64)


def test_a_street_is_drawn_where_it_lies(archive: TileArchive) -> None:
    """Both ends, and nothing beside the line; tiles hold places to a fraction of a metre."""
    found = places(ground_picture(archive, CRS, bounds(1500.0), 2.0), "#f5dd9a")
    ends = np.array([[x / 2.0, (1500.0 - y) / 2.0] for x, y in STREET])
    for end in ends:
        assert np.hypot(*(found - end).T).min() < 1.0
    line = shapely.LineString(ends)
    assert shapely.distance(line, shapely.points(found)).max() < 1.0


def test_water_has_its_corner_and_its_island(archive: TileArchive) -> None:
    drawn = ground_picture(archive, CRS, bounds(1500.0), 2.0)
    found = places(drawn, "#b4d3e6")
    for x, y in (CORNER, (CORNER[0] + 100.0, CORNER[1] + 100.0)):
        assert np.hypot(*(found - [x / 2.0, (1500.0 - y) / 2.0]).T).min() < 1.0


def test_ground_without_anything_is_plain(archive: TileArchive) -> None:
    """Somewhere else: the place is over the horizon."""
    far = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(25.4, 60.2)
    drawn = ground_picture(archive, CRS, (*far, far[0] + 900.0, far[1] + 900.0), 1.0)
    assert 'd="M' not in drawn
    assert '<rect width="900" height="900"' in drawn


def test_streets_of_houses_are_left_out_of_a_large_territory(archive: TileArchive) -> None:
    near, far = (ground_picture(archive, CRS, bounds(3000.0), one) for one in (8.0, 8.5))
    assert len(places(near, "#ffffff"))
    assert not len(places(far, "#ffffff"))
