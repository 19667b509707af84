"""Zones and grids become points; totals are kept to the last digit that counts."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.boundaries import project, unproject
from geodata.demand import grid_cells, spread_zones
from geodata.project_file import DemandSection
from geodata.rows import read_demand
from gridmap.datum import from_wgs84
from gridmap.errors import InputError

CRS = "EPSG:32650"
X, Y = 668_000.0, 3_546_000.0
AREA = shapely.box(X, Y, X + 1000.0, Y + 1000.0)


def box(left: float, bottom: float, right: float, top: float) -> shapely.Polygon:
    return shapely.box(X + left, Y + bottom, X + right, Y + top)


def zones(*some: object) -> np.ndarray:
    made = np.empty(len(some), dtype=object)
    made[:] = some
    return made


def test_a_zone_inside_keeps_all_and_one_cut_keeps_its_share() -> None:
    spread = spread_zones(
        zones(box(0, 0, 100, 100), box(900, 0, 1300, 100), box(2000, 0, 2100, 9)), AREA
    )
    assert spread.inside.tolist() == [pytest.approx(1.0), pytest.approx(0.25), 0.0]
    weights = spread.weights(np.array([10.0, 8.0, 5.0]))
    assert weights[spread.zone == 0].sum() == pytest.approx(10.0, rel=1e-12)
    assert weights[spread.zone == 1].sum() == pytest.approx(2.0, rel=1e-12)
    assert 2 not in spread.zone
    assert shapely.intersects_xy(AREA, spread.xy).all()


def test_points_lines_and_thin_zones_have_one_point() -> None:
    hook = shapely.LineString([(X + 100, Y + 500), (X + 100, Y + 100), (X + 500, Y + 100)]).buffer(
        0.1
    )
    spread = spread_zones(
        zones(shapely.Point(X + 5, Y + 5), shapely.Point(0, 0), hook, None, shapely.Polygon()), AREA
    )
    assert spread.zone.tolist() == [0, 2]
    assert spread.share.tolist() == [1.0, 1.0]
    assert spread.xy[0].tolist() == [X + 5, Y + 5]


def test_an_invalid_zone_is_mended() -> None:
    bow = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    assert spread_zones(zones(bow), AREA).share.sum() == pytest.approx(1.0, rel=1e-12)


def test_buildings_say_where_the_demand_is() -> None:
    by_xy = np.array([[X + 10, Y + 10], [X + 90, Y + 90], [X + 100, Y + 50], [X + 950, Y + 50]])
    spread = spread_zones(
        zones(box(0, 0, 100, 100), box(100, 0, 200, 100), box(300, 0, 400, 100)), AREA,
        by_xy=by_xy, by_weight=np.array([1.0, 3.0, 4.0, 9.0]),
    )  # fmt: skip
    weights = spread.weights(np.array([80.0, 7.0, 5.0]))
    # The building on the common border belongs to the first zone only: 80 · (1, 3, 4) / 8.
    assert weights[spread.zone == 0].tolist() == [10.0, 30.0, 40.0]
    # No building is in the others, so they are spread evenly.
    assert (spread.zone == 1).sum() == 64
    assert weights[spread.zone == 1].sum() == pytest.approx(7.0, rel=1e-12)
    none = spread_zones(zones(box(0, 0, 100, 100)), AREA, by_xy=by_xy, by_weight=np.zeros(4))
    assert len(none.zone) == 64


@st.composite
def tessellations(draw: st.DrawFn) -> np.ndarray:
    """Zones that tile 2 km by 2 km, some of them beyond the territory."""
    seed, n = draw(st.integers(0, 2**32 - 1)), draw(st.integers(3, 40))
    rng = np.random.default_rng(seed)
    frame = shapely.box(X - 500, Y - 500, X + 1500, Y + 1500)
    points = shapely.MultiPoint(rng.uniform(-500, 1500, (n, 2)) + np.array([X, Y]))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    return np.asarray(shapely.intersection(cells, frame), dtype=object)


@settings(max_examples=40, deadline=None)
@given(tessellations(), st.integers(0, 2**32 - 1), st.booleans())
def test_totals_are_conserved(cells: np.ndarray, seed: int, dasymetric: bool) -> None:
    """Points have what the zones have inside, zone by zone; lost and kept make up the whole."""
    rng = np.random.default_rng(seed)
    weight = rng.lognormal(5, 2, len(cells))
    by = rng.uniform(0, 1000, (50, 2)) + np.array([X, Y]) if dasymetric else None
    spread = spread_zones(cells, AREA, by_xy=by, by_weight=np.ones(50) if dasymetric else None)
    by_area = shapely.area(shapely.intersection(cells, AREA)) / shapely.area(cells)
    kept = np.bincount(spread.zone, spread.weights(weight), minlength=len(cells))
    np.testing.assert_allclose(kept, weight * by_area, rtol=1e-9, atol=1e-9 * weight.max())
    lost = float((weight * (1.0 - spread.inside)).sum())
    assert spread.weights(weight).sum() + lost == pytest.approx(weight.sum(), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(tessellations())
def test_weight_by_area_makes_the_area_of_the_territory(cells: np.ndarray) -> None:
    spread = spread_zones(cells, AREA)
    assert spread.weights(shapely.area(cells)).sum() == pytest.approx(1e6, rel=1e-9)


def grid(columns: int, rows: int, lon: float = 118.78, lat: float = 32.03) -> np.ndarray:
    x, y = np.meshgrid(lon + 0.001 * np.arange(columns), lat + 0.002 * np.arange(rows))
    return np.column_stack([x.ravel(), y.ravel()])


def test_cells_of_a_grid_tile_it_even_if_some_lack() -> None:
    centres = np.delete(grid(5, 4), [3, 11], axis=0)
    cells = grid_cells(centres)
    assert len(cells) == 18
    assert shapely.union_all(cells).area == pytest.approx(18 * 0.001 * 0.002, rel=1e-9)
    rounded = grid_cells(np.round(centres, 5))
    np.testing.assert_allclose(shapely.bounds(rounded), shapely.bounds(cells), atol=1e-5)


def test_rows_without_a_place_have_no_cell() -> None:
    centres = np.vstack([grid(2, 2), [np.nan, np.nan]])
    assert grid_cells(centres)[-1] is None
    assert grid_cells(np.full((2, 2), np.nan)).tolist() == [None, None]


def test_scattered_points_are_no_grid() -> None:
    with pytest.raises(ValueError, match="regular grid"):
        grid_cells(np.random.default_rng(1).uniform(0, 1, (30, 2)))
    with pytest.raises(ValueError, match="two columns"):
        grid_cells(np.array([[1.0, 1.0], [1.0, 2.0]]))


def centre_of(shape: shapely.Polygon) -> np.ndarray:
    return shapely.get_coordinates(unproject(shape.centroid, CRS))[0]


def test_a_table_of_a_grid(tmp_path: Path) -> None:
    lon, lat = centre_of(AREA)
    centres = grid(4, 3, lon, lat)
    lines = [f"{x:.6f},{y:.6f},{n + 1}" for n, (x, y) in enumerate(centres)]
    path = tmp_path / "g.csv"
    path.write_text("lon,lat,people\n" + "\n".join(lines))
    section = DemandSection(file="g.csv", weight="people", grid=True)
    rows = read_demand(path, section, crs=CRS, boundary=AREA)
    cells = [project(one, CRS) for one in grid_cells(np.round(centres, 6))]
    expected = sum(
        (n + 1) * cell.intersection(AREA).area / cell.area for n, cell in enumerate(cells)
    )
    assert rows.frame["weight"].sum() == pytest.approx(expected, rel=1e-9)
    assert len(rows.frame) > 12
    assert len(rows.given) == 0
    path.write_text("lon,lat,people\n" + "\n".join(lines) + f"\n{lon + 0.00037},{lat},5\n")
    with pytest.raises(InputError, match="regular grid"):
        read_demand(path, section, crs=CRS, boundary=AREA)


@pytest.mark.parametrize("datum", ["wgs84", "gcj02"])
def test_zones_of_a_file_with_buildings_in_another_datum(tmp_path: Path, datum: str) -> None:
    zone = unproject(box(100, 100, 300, 300), CRS)
    gpd.GeoDataFrame({"people": [90]}, geometry=[zone], crs=4326).to_file(tmp_path / "z.gpkg")
    houses = np.array([centre_of(box(110, 110, 130, 130)), centre_of(box(250, 250, 270, 270))])
    shifted = from_wgs84(houses, datum)  # type: ignore[arg-type]
    lines = [f"{x:.9f},{y:.9f},{n + 1}" for n, (x, y) in enumerate(shifted)]
    (tmp_path / "h.csv").write_text("lon,lat,m2\n" + "\n".join(lines))
    section = DemandSection.model_validate(
        {"file": "z.gpkg", "weight": "people", "within": "h.csv", "within_weight": "m2",
         "within_datum": datum}
    )  # fmt: skip
    rows = read_demand(
        tmp_path / "z.gpkg", section, crs=CRS, boundary=AREA, within=tmp_path / "h.csv"
    )
    assert rows.frame["weight"].tolist() == pytest.approx([30.0, 60.0], rel=1e-12)
    assert rows.frame[["x", "y"]].to_numpy() == pytest.approx(
        np.array([[X + 120, Y + 120], [X + 260, Y + 260]]), abs=0.01
    )
