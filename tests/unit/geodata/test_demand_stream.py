"""Demand in portions is the demand at once; each point belongs to exactly one unit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from grid_town import grid_units

from benchmarks.bind_demand import CRS, at_once, invented_units, write_points
from geodata.demand_stream import Columns, bind, read_portions
from gridmap import territory
from gridmap.errors import InputError


def lowest(polygons: np.ndarray, xy: np.ndarray) -> list[int]:
    """The definition, point by point: the lowest unit that touches it, else -1."""
    touching = [np.flatnonzero(shapely.intersects(polygons, shapely.Point(one))) for one in xy]
    return [int(one[0]) if len(one) else -1 for one in touching]


def test_a_point_on_a_border_is_of_the_lowest_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Corners, where four units meet, middles of borders, the rim, and outside; in portions."""
    monkeypatch.setattr(territory, "_PORTION", 7)
    square = grid_units(3, 2)
    x, y = np.meshgrid(np.arange(-50.0, 351.0, 50.0), np.arange(-50.0, 251.0, 50.0))
    xy = np.column_stack([x.ravel(), y.ravel()])
    assert square.locate(xy).tolist() == lowest(square.polygons, xy)
    assert square.locate(np.array([[100.0, 100.0], [300.0, 200.0], [301.0, 0.0]])).tolist() == [
        0, 5, -1,
    ]  # fmt: skip
    assert square.locate(np.empty((0, 2))).tolist() == []
    bent = invented_units(4, seed=3)
    vertices = np.unique(shapely.get_coordinates(bent.polygons), axis=0)
    assert bent.locate(vertices).tolist() == lowest(bent.polygons, vertices)


def test_portions_add_up_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CSV and Parquet in many portions, and all at once: the same demand of each unit."""
    monkeypatch.setattr("geodata.demand_stream.BYTES", 20_000)
    monkeypatch.setattr("geodata.demand_stream.ROWS", 999)
    units = invented_units(5, seed=1)
    path = tmp_path / "demand.csv"
    write_points(path, 4_000, 5, seed=2)
    pd.read_csv(path).to_parquet(tmp_path / "demand.parquet")
    whole = at_once(path, units)
    for one in (path, tmp_path / "demand.parquet"):
        assert len(list(read_portions(one))) > 3
        found = bind(read_portions(one), units, crs=CRS)
        np.testing.assert_array_equal(found.weight, whole.weight)
        np.testing.assert_array_equal(found.points, whole.points)
        assert found.points.sum() + found.outside_points == 4_000
        assert found.outside_points > 0


def test_the_datum_is_minded() -> None:
    """A point that GCJ-02 moves by some hundred metres lands in another unit."""
    square = grid_units(6, 4)
    to_degrees = pyproj.Transformer.from_crs("EPSG:32650", "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(450.0, 4_000_250.0)
    moved = shapely.transform(square.polygons, lambda xy: xy + np.array([0.0, 4e6]))
    units = territory.Units(moved, square.part, square.water, square.adjacency, square.grid_m)
    portion = np.array([[lon, lat, 2.0]])
    plain = bind([portion], units, crs="EPSG:32650")
    shifted = bind([portion], units, crs="EPSG:32650", datum="gcj02")
    assert plain.weight.sum() == 2.0
    assert not np.array_equal(plain.weight, shifted.weight)


def test_what_cannot_be_read_is_said_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("lon,lat,w\n24,60,1\n24,95,1\n24,60,-1\n")
    with pytest.raises(InputError, match=r"d\.csv 3: .*24, 95, 1.*2 such rows"):
        list(read_portions(path, Columns(weight="w")))
    with pytest.raises(InputError, match="weight"):
        list(read_portions(path))
    path.write_text("lon,lat,weight\n24,60,many\n")
    with pytest.raises(InputError, match="numbers"):
        list(read_portions(path))
    with pytest.raises(InputError, match=r"none\.csv"):
        list(read_portions(tmp_path / "none.csv"))
