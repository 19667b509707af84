"""Reading places and buildings from small hand-written files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osm_text import write_osm
from pyproj import Geod

from geodata.osm import read_buildings, read_places_of_interest
from gridmap.errors import InputError

LAT = 51.5
NODES = {
    1: (3.0, LAT), 2: (3.01, LAT), 3: (3.01, LAT + 0.01), 4: (3.0, LAT + 0.01),
    5: (3.02, LAT), 6: (3.03, LAT), 10: (3.5, LAT), 9: (3.4, LAT),
}  # fmt: skip
SQUARE = [1, 2, 3, 4, 1]


def test_places(tmp_path: Path) -> None:
    path = write_osm(
        tmp_path / "a.osm",
        NODES,
        {
            7: (SQUARE, {"shop": "mall", "name": "Mall", "building": "retail"}),
            8: ([5, 6], {"shop": "kiosk"}),
            20: (SQUARE, {}),
        },
        relations={5: ([("way", 20, "outer")], {"type": "multipolygon", "amenity": "school"})},
        node_tags={
            10: {
                "shop": "bakery", "name": "面包店", "brand": "B", "operator": "O",
                "addr:street": "High Street", "addr:housenumber": "1a", "opening_hours": "24/7",
            },
            9: {"amenity": "bank", "addr:place": "Green"},
            5: {"amenity": "bench"},
        },
    )  # fmt: skip
    places = read_places_of_interest(path)
    assert places.columns.tolist() == [
        "osm_id", "lon", "lat", "category", "name", "brand", "operator", "street", "housenumber",
        "opening_hours",
    ]  # fmt: skip
    assert places["osm_id"].tolist() == ["n9", "n10", "w7", "r5"]
    assert places["category"].tolist() == [
        "amenity=bank", "shop=bakery", "shop=mall", "amenity=school",
    ]  # fmt: skip
    bakery = places.iloc[1].tolist()
    assert bakery == [
        "n10", 3.5, LAT, "shop=bakery", "面包店", "B", "O", "High Street", "1a", "24/7",
    ]  # fmt: skip
    assert places["street"].tolist() == ["Green", "High Street", "", ""]
    assert places.loc[2:, ["lon", "lat"]].to_numpy() == pytest.approx(
        np.array([[3.005, LAT + 0.005]] * 2), abs=1e-6
    )


def test_buildings(tmp_path: Path) -> None:
    """The area is that on the ellipsoid; levels that are no number are not known."""
    path = write_osm(
        tmp_path / "a.osm",
        NODES,
        {
            6: (SQUARE, {"building": "yes", "building:levels": "two"}),
            7: (SQUARE, {"building": "house", "building:levels": "2.5"}),
            8: (SQUARE, {"building": "no"}),
            9: ([1, 2, 3], {"building": "yes"}),
        },
    )
    buildings = read_buildings(path)
    assert buildings["osm_id"].tolist() == ["w6", "w7"]
    assert buildings["kind"].tolist() == ["yes", "house"]
    np.testing.assert_array_equal(buildings["levels"], [np.nan, 2.5])
    lon, lat = zip(*[NODES[node] for node in SQUARE], strict=True)
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)
    assert buildings["area_m2"].to_numpy() == pytest.approx([area, area], rel=1e-4)


def test_nothing_and_faults(tmp_path: Path) -> None:
    empty = write_osm(tmp_path / "a.osm", NODES, {})
    for read in (read_places_of_interest, read_buildings):
        assert len(read(empty)) == 0
        assert "osm_id" in read(empty).columns
        with pytest.raises(InputError, match="no such file"):
            read(tmp_path / "missing.osm")
        (tmp_path / "bad.osm").write_text("<osm", encoding="utf-8")
        with pytest.raises(InputError, match="cannot be read"):
            read(tmp_path / "bad.osm")
