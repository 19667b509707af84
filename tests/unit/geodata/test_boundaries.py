"""Boundaries from every allowed format, and those that cannot be right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.boundaries import project, project_points, read_boundary, unproject, utm_crs
from geodata.vectors import read_vectors
from gridmap.datum import from_wgs84, to_wgs84
from gridmap.errors import InputError

SQUARE = shapely.box(118.77, 32.03, 118.79, 32.05)


def geojson(path: Path, *geometries: Any, crs: str | None = None) -> Path:
    features = [
        {"type": "Feature", "properties": {"n": n}, "geometry": json.loads(shapely.to_geojson(one))}
        for n, one in enumerate(geometries)
    ]
    content: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(content))
    return path


def one_key(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        read_boundary(path, **options)
    (found,) = error.value.faults
    assert found.text("en") and found.text("zh")
    return found.key


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.fgb"])
def test_formats_agree(tmp_path: Path, name: str) -> None:
    gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE], crs="EPSG:4326").to_file(tmp_path / name)
    boundary = read_boundary(tmp_path / name)
    assert boundary.crs == "EPSG:32650"
    assert boundary.notices == ()
    # 0.02° by 0.02° at 32.04° north: 1888 m by 2218 m.
    assert boundary.shape.area == pytest.approx(1888.0 * 2218.0, rel=0.002)


def test_another_reference_system_gives_the_same_place(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE], crs="EPSG:4326").to_crs("EPSG:3857")
    frame.to_file(tmp_path / "a.gpkg")
    expected = project(SQUARE, "EPSG:32650")
    difference = read_boundary(tmp_path / "a.gpkg").shape.symmetric_difference(expected)
    assert difference.area < 1.0


def test_parts_and_features_join(tmp_path: Path) -> None:
    """Two squares side by side are one; the third stays a part of its own."""
    east = shapely.box(118.79, 32.03, 118.81, 32.05)
    island = shapely.box(118.9, 32.03, 118.91, 32.05)
    many = shapely.MultiPolygon([SQUARE, island])
    shape = read_boundary(geojson(tmp_path / "a.geojson", many, east)).shape
    assert len(shapely.get_parts(shape)) == 2


def test_lines_and_points_beside_polygons_do_not_matter(tmp_path: Path) -> None:
    mixed = geojson(tmp_path / "a.geojson", shapely.Point(118, 32), SQUARE)
    assert read_boundary(mixed).shape.area > 0.0


def test_a_polygon_that_crosses_itself_is_repaired_and_said(tmp_path: Path) -> None:
    bowtie = shapely.Polygon([(118.7, 32.0), (118.8, 32.1), (118.8, 32.0), (118.7, 32.1)])
    boundary = read_boundary(geojson(tmp_path / "a.geojson", bowtie))
    assert boundary.shape.is_valid
    assert [one.key for one in boundary.notices] == ["world.boundary_repaired"]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datum(tmp_path: Path, datum: Any) -> None:
    # Straight edges are bent by the shift: what was drawn straight there has to stay so.
    fine = shapely.segmentize(SQUARE, 0.0005)
    shifted = shapely.transform(fine, lambda lonlat: from_wgs84(lonlat, datum))
    shape = read_boundary(geojson(tmp_path / "a.geojson", shifted), datum=datum).shape
    assert shape.symmetric_difference(project(fine, "EPSG:32650")).area < 10.0


def test_no_polygon(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    assert one_key(geojson(path, shapely.Point(1, 2))) == "world.no_polygon"
    assert one_key(geojson(path)) in {"world.no_polygon", "world.no_geometry"}
    flat = shapely.Polygon([(1, 1), (2, 2), (1, 1), (1, 1)])
    assert one_key(geojson(path, flat)) == "world.no_polygon"


def test_metres_labelled_as_degrees(tmp_path: Path) -> None:
    metres = shapely.box(500_000.0, 3_540_000.0, 501_000.0, 3_541_000.0)
    assert one_key(geojson(tmp_path / "a.geojson", metres)) == "world.crs_wrong"


def test_degrees_labelled_as_metres_are_nowhere_near(tmp_path: Path) -> None:
    """118 m, 32 m in UTM 50 is a place of a few centimetres south-west of the zone: no area."""
    path = geojson(tmp_path / "a.geojson", SQUARE, crs="urn:ogc:def:crs:EPSG::32650")
    assert read_boundary(path).shape.area < 1.0


def test_missing_reference_system(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE], crs=4326).to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    # Numbers that can be degrees are taken for such, and it is said.
    boundary = read_boundary(tmp_path / "a.shp")
    assert [one.key for one in boundary.notices] == ["sandbox.crs_assumed"]
    metres = gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE], crs=4326).to_crs(32650)
    metres.to_file(tmp_path / "b.shp")
    (tmp_path / "b.prj").unlink()
    assert one_key(tmp_path / "b.shp") == "world.crs_missing"


def test_missing_file_layer_and_format(tmp_path: Path) -> None:
    assert one_key(tmp_path / "none.gpkg") == "world.file_missing"
    (tmp_path / "a.gml").write_text("<gml/>")
    assert one_key(tmp_path / "a.gml") == "world.format_unknown"
    gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE], crs=4326).to_file(tmp_path / "a.gpkg")
    assert one_key(tmp_path / "a.gpkg", layer="other") == "world.layer_missing"


def test_a_table_without_geometry(tmp_path: Path) -> None:
    import pandas as pd
    import pyogrio

    pyogrio.write_dataframe(pd.DataFrame({"n": [1]}), tmp_path / "a.gpkg", layer="n")
    assert one_key(tmp_path / "a.gpkg") == "world.no_geometry"


@pytest.mark.parametrize(
    "content",
    [
        '<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>secret.csv</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>",
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read secret.gpkg"}',
        '["FeatureCollection"]',
        "[" * 100_000,
        "",
    ],
    ids=["vrt", "algorithm", "list", "deep", "empty"],
)
def test_a_geojson_that_is_none_never_reaches_gdal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    def reached(*_: object, **__: object) -> None:
        raise AssertionError("GDAL was asked")

    monkeypatch.setattr("pyogrio.list_layers", reached)
    (tmp_path / "a.geojson").write_text(content)
    assert one_key(tmp_path / "a.geojson") == "world.format_other"


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.fgb"])
def test_other_content_than_the_name_says(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<OGRVRTDataSource/>")
    assert one_key(tmp_path / name) == "world.format_other"


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(b"SQLite format 3\0" + b"\0" * 100)
    assert one_key(tmp_path / "a.gpkg") == "world.file_unreadable"


def test_the_virtual_format_is_switched_off(tmp_path: Path) -> None:
    import pyogrio

    read_vectors(geojson(tmp_path / "a.geojson", SQUARE))
    assert "OGR_VRT" not in pyogrio.list_drivers()


def test_a_wide_territory_is_remarked(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", shapely.box(10.0, 50.0, 18.0, 51.0))
    assert [one.key for one in read_boundary(path).notices] == ["world.boundary_wide"]


@pytest.mark.parametrize(
    ("lon", "lat", "crs"),
    [
        (24.94, 60.17, "EPSG:32635"),
        (-3.0, 51.6, "EPSG:32630"),
        (-71.3, -29.9, "EPSG:32719"),
        (180.0, 0.0, "EPSG:32660"),
        (-180.0, 0.0, "EPSG:32601"),
    ],
)
def test_utm_zone(lon: float, lat: float, crs: str) -> None:
    assert utm_crs(lon, lat) == crs


def test_there_and_back() -> None:
    back = unproject(project(SQUARE, "EPSG:32650"), "EPSG:32650")
    assert shapely.equals_exact(back, SQUARE, tolerance=1e-9)
    assert project_points(np.empty((0, 2)), "EPSG:32650").shape == (0, 2)


@pytest.mark.parametrize(("datum", "limit_m"), [("gcj02", 0.01), ("bd09", 0.05)])
def test_a_long_edge_stays_where_it_was_drawn(tmp_path: Path, datum: Any, limit_m: float) -> None:
    """An edge of 0.2° drawn straight in the datum, against a hundred points along it."""
    drawn = shapely.box(118.7, 32.0, 118.9, 32.1)
    boundary = read_boundary(geojson(tmp_path / "a.geojson", drawn), datum=datum)
    along = np.column_stack([np.linspace(118.7, 118.9, 101), np.full(101, 32.0)])
    points = shapely.points(project_points(to_wgs84(along, datum), boundary.crs))
    off = shapely.distance(boundary.shape.boundary, points)
    assert off.max() < limit_m
    # Shifting the corners alone is metres off: what the pieces are for.
    corners = shapely.transform(drawn, lambda lonlat: to_wgs84(lonlat, datum))
    coarse = project(corners, boundary.crs)
    assert shapely.distance(coarse.boundary, points).max() > 1.0


def test_unclosed_rings_and_features_are_named(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", SQUARE, shapely.box(118.79, 32.03, 118.8, 32.05))
    content = json.loads(path.read_text())
    content["features"][1]["geometry"]["coordinates"][0].pop()
    path.write_text(json.dumps(content))
    boundary = read_boundary(path)
    (notice,) = boundary.notices
    assert notice.key == "world.boundary_repaired"
    assert notice.values == {"count": 1, "which": "#2"}
    assert boundary.shape.area == pytest.approx(1.5 * 1888.0 * 2218.0, rel=0.002)


def test_a_reversed_ring_means_the_same_area(tmp_path: Path) -> None:
    boundary = read_boundary(geojson(tmp_path / "a.geojson", SQUARE.reverse()))
    assert boundary.shape.area == pytest.approx(1888.0 * 2218.0, rel=0.002)
