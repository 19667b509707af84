"""The checker passes a good plan and catches each seeded fault by the rule meant for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.affinity import translate
from towns import grid_streets, linework, units_of

from gridmap.catalogue import text
from gridmap.checks import CheckResult
from gridmap.partition.cells import cell_polygons, territory_polygon
from gridmap.partition.verify import verify_cells

CRS = "EPSG:32635"
NAMES = ["cells", "territory", "outlets", "units", "demand"]
Layers = dict[str, gpd.GeoDataFrame]


def frame(columns: dict[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=CRS)


@pytest.fixture
def plan() -> Layers:
    """Six by four blocks far from the origin, an island, three cells, skew streets among them."""
    x, y = 431_000.0, 6_671_000.0
    lines = [
        (kind, [(x + a, y + b) for a, b in xy])
        for kind, xy in [
            *grid_streets(6, 4),
            (grid_streets(2, 1)[0][0], [(-10.0, 33.3), (610.0, 391.7)]),
        ]
    ]
    boundary = shapely.union(
        shapely.box(x, y, x + 600, y + 400), shapely.box(x + 900, y, x + 1000, y + 100)
    )
    units = units_of(linework(*lines), boundary)
    middle = units.inner_xy - [x, y]
    label = np.where(middle[:, 0] < 200, 0, np.where(middle[:, 0] < 400, 1, 2))
    n = len(units)
    own_unit = np.array([np.flatnonzero(label == cell)[0] for cell in range(3)])
    outlet_xy = np.concatenate([units.inner_xy[own_unit], units.inner_xy[::3]])
    outlet_unit = np.concatenate([own_unit, np.arange(n)[::3]])
    demand = np.arange(n) + 1.0
    return {
        "cells": frame(
            {
                "cell_id": [1, 2, 3],
                "centre_outlet_id": ["o0", "o1", "o2"],
                "demand": np.bincount(label, demand),
            },
            cell_polygons(units, label, 3),
        ),
        "territory": frame({"name": ["town"]}, [territory_polygon(units)]),
        "outlets": frame(
            {
                "outlet_id": [f"o{row}" for row in range(len(outlet_unit))],
                "cell_id": label[outlet_unit] + 1,
                "is_centre": np.arange(len(outlet_unit)) < 3,
            },
            shapely.points(outlet_xy),
        ),
        "units": frame(
            {"unit_id": np.arange(n), "cell_id": label + 1, "demand": demand}, units.polygons
        ),
        "demand": frame(
            {"weight": demand, "unit_id": np.arange(n), "cell_id": label + 1},
            shapely.points(units.inner_xy),
        ),
    }


def results_of(
    plan: Layers, tolerance: float | None = 9.0, attainable: float = 0.0
) -> list[CheckResult]:
    balances = [{"workload": "demand", "tolerance": tolerance, "attainable": attainable}]
    return verify_cells(*[plan[name] for name in NAMES], balances=balances)


def fault_keys(plan: Layers) -> set[str]:
    return {one.key for result in results_of(plan) for one in result.faults}


def broken(plan: Layers, tolerance: float | None = 9.0, attainable: float = 0.0) -> set[str]:
    results = results_of(plan, tolerance, attainable)
    for result in results:
        text(f"check.name.{result.name}", "zh")
        assert result.ok == (not result.faults)
        for one in result.faults:
            assert one.text("en") and one.text("zh")
    return {result.name for result in results if not result.ok}


def set_geometry(layer: gpd.GeoDataFrame, row: int, geometry: Any) -> None:
    changed = layer.geometry.to_numpy().copy()
    changed[row] = geometry
    layer["geometry"] = gpd.GeoSeries(list(changed), index=layer.index, crs=layer.crs)


def geometry(layer: gpd.GeoDataFrame, row: int) -> Any:
    return layer.geometry.iloc[row]


def moved_vertex(polygon: Any, step: float) -> Any:
    """The polygon with its easternmost inner vertex moved, as a careless edit would."""
    ring = shapely.get_coordinates(polygon.exterior)
    row = int(np.argmax(ring[1:-1, 0])) + 1
    ring[row, 0] += step
    return shapely.Polygon(ring, polygon.interiors)


def test_good_plan_passes(plan: Layers) -> None:
    assert broken(plan) == set()
    assert len(plan["units"]) > 25


def test_cell_on_two_parts_of_the_territory_is_allowed(plan: Layers) -> None:
    assert geometry(plan["cells"], 2).geom_type == "MultiPolygon"


@pytest.mark.parametrize("step", [0.001, 0.01, -0.001, -0.01])
def test_sliver_is_caught_by_the_edges(plan: Layers, step: float) -> None:
    """A border vertex of one cell moved by 1 mm or 1 cm: the areas stay within the tolerance."""
    set_geometry(plan["cells"], 0, moved_vertex(geometry(plan["cells"], 0), step))
    found = broken(plan)
    assert {"outer_edges", "units"} <= found
    assert "check.edge_alone" in fault_keys(plan)
    if step > 0:
        assert "overlap" in found


def test_overlap_is_caught(plan: Layers) -> None:
    cells = plan["cells"]
    extra = geometry(plan["units"], int(np.flatnonzero(plan["units"]["cell_id"] == 2)[3]))
    set_geometry(cells, 0, shapely.union(geometry(cells, 0), extra))
    assert {"overlap", "units", "area", "edges"} <= broken(plan)


def test_gap_is_caught(plan: Layers) -> None:
    units = plan["units"]
    corner = int(np.flatnonzero(units["cell_id"] == 1)[-1])
    cells = plan["cells"]
    set_geometry(cells, 0, shapely.difference(geometry(cells, 0), geometry(units, corner)))
    assert {"gap", "area", "units", "outer_edges"} <= broken(plan)
    assert {"check.gap", "check.border_open", "check.not_its_units"} <= fault_keys(plan)


def test_gap_and_overlap_of_equal_area_are_both_caught(plan: Layers) -> None:
    set_geometry(plan["cells"], 0, translate(geometry(plan["cells"], 0), 0.5, 0.0))
    found = broken(plan)
    assert {"gap", "overlap", "outer_edges"} <= found
    assert "area" not in found


def test_cell_beyond_the_territory_is_caught(plan: Layers) -> None:
    cells = plan["cells"]
    left, bottom, _, _ = geometry(cells, 0).bounds
    more = shapely.box(left - 50, bottom, left, bottom + 100)
    set_geometry(cells, 0, shapely.union(geometry(cells, 0), more))
    assert {"gap", "outer_edges"} <= broken(plan)


def test_same_cell_twice_is_caught(plan: Layers) -> None:
    set_geometry(plan["cells"], 1, geometry(plan["cells"], 0))
    assert {"edges", "overlap"} <= broken(plan)


def test_t_junction_without_a_vertex_is_caught(plan: Layers) -> None:
    """Without the vertices on its straight borders the cell covers the same ground."""
    cells = plan["cells"]
    set_geometry(cells, 0, shapely.simplify(geometry(cells, 0), 0.0))
    found = broken(plan)
    assert {"outer_edges", "coverage"} <= found
    assert not {"area", "overlap", "gap"} & found


def test_invalid_and_empty_areas_are_caught(plan: Layers) -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    set_geometry(plan["cells"], 0, translate(bow, 431_000, 6_671_000))
    assert "geometry" in broken(plan)
    set_geometry(plan["cells"], 0, shapely.Polygon())
    assert "geometry" in broken(plan)


def test_cell_in_two_pieces_is_caught(plan: Layers) -> None:
    """Geometry and label agree; only the pieces are wrong."""
    units, cells = plan["units"], plan["cells"]
    row = int(np.flatnonzero(units["cell_id"] == 1)[1])
    units.loc[row, "cell_id"] = 3
    for cell in (1, 3):
        own = units.geometry[units["cell_id"] == cell].to_numpy()
        set_geometry(cells, cell - 1, shapely.coverage_union_all(own))
        cells.loc[cell - 1, "demand"] = units["demand"][units["cell_id"] == cell].sum()
    plan["demand"]["cell_id"] = units["cell_id"]
    spots = plan["outlets"].geometry.within(geometry(units, row))
    plan["outlets"].loc[spots, "cell_id"] = 3
    assert broken(plan) == {"one_piece"}


def test_swapped_label_is_caught(plan: Layers) -> None:
    """A unit says another cell than the one it lies in; the loads no longer fit either."""
    plan["units"].loc[5, "cell_id"] = plan["units"].loc[5, "cell_id"] % 3 + 1
    assert broken(plan) == {"units", "points", "workloads"}


def test_missing_unit_is_caught(plan: Layers) -> None:
    plan["units"] = plan["units"].drop(index=7).reset_index(drop=True)
    plan["demand"] = plan["demand"].drop(index=7).reset_index(drop=True)
    assert broken(plan) == {"units", "workloads"}


def test_unit_given_twice_is_caught(plan: Layers) -> None:
    """Two units on the same ground, one of them instead of its neighbour."""
    set_geometry(plan["units"], 4, geometry(plan["units"], 3))
    assert "check.units_overlap" in fault_keys(plan)


def test_unit_cut_by_a_border_is_caught(plan: Layers) -> None:
    """The cells' common border is moved through the units, exactly fitting on both sides."""
    cells = plan["cells"]
    left, bottom, _, top = geometry(cells, 1).bounds
    strip = shapely.intersection(geometry(cells, 1), shapely.box(left, bottom, left + 30, top))
    set_geometry(cells, 0, shapely.union(geometry(cells, 0), strip))
    set_geometry(cells, 1, shapely.difference(geometry(cells, 1), strip))
    assert "units" in broken(plan)


def test_moved_outlet_is_caught(plan: Layers) -> None:
    other = geometry(plan["outlets"], 1)
    set_geometry(plan["outlets"], 0, other)
    assert broken(plan) == {"centres", "points"}


def test_centre_on_the_border_of_its_cell_is_caught(plan: Layers) -> None:
    corner = shapely.get_coordinates(geometry(plan["cells"], 0))[0]
    set_geometry(plan["outlets"], 0, shapely.Point(corner))
    assert broken(plan) == {"centres"}


def test_wrong_number_of_centres_is_caught(plan: Layers) -> None:
    plan["outlets"].loc[3, "is_centre"] = True
    assert broken(plan) == {"centres"}
    plan["outlets"].loc[[0, 3], "is_centre"] = False
    assert broken(plan) == {"centres"}


def test_cell_that_names_another_centre_than_it_holds_is_caught(plan: Layers) -> None:
    outlets = plan["outlets"]
    again = outlets.index[(outlets["cell_id"] == 1) & ~outlets["is_centre"]][0]
    outlets.loc[0, "is_centre"] = False
    outlets.loc[again, "is_centre"] = True
    assert broken(plan) == {"centres"}


def test_shared_centre_is_caught(plan: Layers) -> None:
    plan["cells"].loc[1, "centre_outlet_id"] = "o0"
    assert broken(plan) == {"centres"}


def test_demand_in_another_cell_or_place_is_caught(plan: Layers) -> None:
    plan["demand"].loc[2, "cell_id"] = plan["demand"].loc[2, "cell_id"] % 3 + 1
    assert broken(plan) == {"points"}


def test_demand_that_names_another_unit_is_caught(plan: Layers) -> None:
    set_geometry(plan["demand"], 2, geometry(plan["demand"], 9))
    assert broken(plan) == {"points"}


def test_outlet_in_another_cell_is_caught(plan: Layers) -> None:
    plan["outlets"].loc[5, "cell_id"] = plan["outlets"].loc[5, "cell_id"] % 3 + 1
    assert broken(plan) == {"points"}


def test_wrong_load_of_a_cell_is_caught(plan: Layers) -> None:
    plan["cells"].loc[0, "demand"] *= 1.0 + 1e-6
    assert broken(plan) == {"workloads"}


def test_wrong_load_of_a_unit_is_caught(plan: Layers) -> None:
    """The cells' sums follow the wrong unit, so that only the demand points contradict."""
    plan["units"].loc[0, "demand"] += 1.0
    plan["cells"].loc[plan["units"].loc[0, "cell_id"] - 1, "demand"] += 1.0
    assert broken(plan) == {"workloads"}


def test_missing_load_is_caught(plan: Layers) -> None:
    plan["cells"].loc[0, "demand"] = np.nan
    assert broken(plan) == {"workloads", "balance"}


def test_balance_is_held_to_the_greater_of_tolerance_and_bound(plan: Layers) -> None:
    load = plan["cells"]["demand"]
    worst = float((load / load.mean() - 1.0).abs().max())
    assert worst > 0.01
    assert broken(plan, tolerance=worst * 0.99) == {"balance"}
    assert broken(plan, tolerance=worst) == set()
    assert broken(plan, tolerance=0.001, attainable=worst) == set()
    assert broken(plan, tolerance=None) == set()


def drop_column(plan: Layers) -> None:
    plan["demand"] = plan["demand"].drop(columns="weight")


def drop_rows(plan: Layers) -> None:
    plan["units"] = plan["units"].iloc[:0]


def reproject(plan: Layers) -> None:
    plan["territory"] = plan["territory"].to_crs(4326)


def repeat_id(plan: Layers) -> None:
    plan["units"].loc[1, "unit_id"] = 0


def name_a_stranger(plan: Layers) -> None:
    plan["cells"].loc[0, "centre_outlet_id"] = "nobody"


@pytest.mark.parametrize("spoil", [drop_column, drop_rows, reproject, repeat_id, name_a_stranger])
def test_unusable_tables_are_caught_first(plan: Layers, spoil: Callable[[Layers], None]) -> None:
    spoil(plan)
    assert broken(plan) == {"tables"}
