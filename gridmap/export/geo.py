"""A plan as one GeoPackage, for exchange with any GIS and for `gridmap check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.export.report_layers import (
    CELL_SCORES_LAYER,
    GROUND_LAYER,
    REACH_LAYER,
    cell_scores_layer,
    ground_layer,
    reach_layer,
)
from gridmap.export.route_directions import DIRECTIONS_LAYER, directions_table
from gridmap.partition.cells import cell_polygons
from gridmap.planned_cells import unit_workloads
from gridmap.policies import clock_of
from gridmap.scenario import Scenario
from gridmap.scoring.findings import found_pairs, found_zones, pair_table, zone_table
from gridmap.territory import Territory

#: Name of the layer without geometry that carries what the checker needs to know.
PLAN_LAYER = "plan"
#: Name of the layer without geometry with the market figures of all months by unit, see
#: `gridmap.schemas.MARKET`; `gridmap compare` reads it.
MARKET_LAYER = "market"


def write_geopackage(territory: Territory, scenario: Scenario, path: Path) -> Path:
    """Write all layers of a plan; the file appears whole or not at all.

    Parameters
    ----------
    territory, scenario
        The plan and what it was made for.
    path
        File to write; an older one is replaced.

    Returns
    -------
    Path
        `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    draft.unlink(missing_ok=True)
    for name, layer in plan_layers(territory, scenario).items():
        layer.to_file(draft, layer=name, driver="GPKG", engine="pyogrio")
    gpd.GeoDataFrame(_plan_facts(territory, scenario)).to_file(
        draft, layer=PLAN_LAYER, driver="GPKG", engine="pyogrio"
    )
    if territory.market is not None and len(territory.market):
        gpd.GeoDataFrame(territory.market).to_file(
            draft, layer=MARKET_LAYER, driver="GPKG", engine="pyogrio"
        )
    if scenario.request.directions:
        gpd.GeoDataFrame(directions_table(territory, scenario)).to_file(
            draft, layer=DIRECTIONS_LAYER, driver="GPKG", engine="pyogrio"
        )
    draft.replace(path)
    return path


def plan_layers(territory: Territory, scenario: Scenario) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of a plan in the territory's reference system, by name."""
    label = scenario.partition.label
    cell_ids = scenario.cells["cell_id"].to_numpy()
    workloads = [balance.workload for balance in scenario.partition.balances]
    unit_cell = cell_ids[label]
    frame = _Frames(territory.crs)
    demand = territory.demand
    polygons = cell_polygons(territory.units, label, len(cell_ids))
    return {
        "territory": frame.of({"name": [territory.name]}, [territory.boundary]),
        "units": frame.of(
            {
                "unit_id": np.arange(len(territory.units)),
                "cell_id": unit_cell,
                **_unit_loads(territory, scenario, workloads),
            },
            territory.units.polygons,
        ),
        "cells": cells_layer(territory, scenario),
        "outlets": outlets_layer(territory, scenario).assign(
            unit_id=territory.outlets["unit"].to_numpy()
        ),
        "demand": frame.of(
            {
                "weight": demand["weight"].to_numpy(),
                "unit_id": demand["unit"].to_numpy(),
                "cell_id": unit_cell[demand["unit"].to_numpy()],
                **({} if scenario.point_rates is None else dict(scenario.point_rates.items())),
            },
            shapely.points(demand["x"].to_numpy(), demand["y"].to_numpy()),
        ),
        "routes": routes_layer(territory, scenario),
        "stops": frame.of(_stops(scenario), _stop_points(territory, scenario)),
        "scores": frame.of(scenario.scores.to_dict("list"), polygons[_cell_rows(scenario)]),
        "blind_zones": zone_table(found_zones(scenario.report), territory.crs),
        "duplicates": pair_table(found_pairs(scenario.report), territory.crs),
        CELL_SCORES_LAYER: cell_scores_layer(
            scenario.cells, polygons, scenario.scores, territory.crs
        ),
        GROUND_LAYER: ground_layer(territory, scenario.request.routing.mode),
        REACH_LAYER: reach_layer(territory, scenario.request),
    }


def cells_layer(territory: Territory, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the cells of a plan as polygons."""
    polygons = cell_polygons(territory.units, scenario.partition.label, len(scenario.cells))
    return _Frames(territory.crs).of(scenario.cells.to_dict("list"), polygons)


def outlets_layer(territory: Territory, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the outlets of a territory as points, each with its cell."""
    outlets = territory.outlets
    cell_of_unit = scenario.cells["cell_id"].to_numpy()[scenario.partition.label]
    told = ["outlet_id", "name", "ownership", "operator", "kind", "grade"]
    columns = {
        **outlets[[*told, "grade_source", "visited", "sales"]].to_dict("list"),
        "cell_id": cell_of_unit[outlets["unit"].to_numpy()],
        "is_centre": np.isin(np.arange(len(outlets)), scenario.partition.centre),
    }
    points = shapely.points(outlets["x"].to_numpy(), outlets["y"].to_numpy())
    return _Frames(territory.crs).of(columns, points)


def routes_layer(territory: Territory, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the routes of a plan as lines along the streets."""
    return _Frames(territory.crs).of(scenario.routes.to_dict("list"), scenario.route_lines)


class _Frames:
    """Makes GeoDataFrames of one reference system."""

    def __init__(self, crs: str) -> None:
        self._crs = crs

    def of(self, columns: dict[Any, Any], geometry: Any) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=list(geometry), crs=self._crs)


def _unit_loads(
    territory: Territory, scenario: Scenario, workloads: list[str]
) -> dict[str, np.ndarray]:
    loads = unit_workloads(territory, scenario.request)
    return {name: loads[name] for name in workloads}


def _stops(scenario: Scenario) -> dict[str, list[Any]]:
    stops = scenario.stops
    return {
        "route_id": stops["route_id"].to_list(),
        "seq": stops["seq"].to_list(),
        "outlet_id": stops["outlet_id"].to_list(),
        "planned_arrival": [clock_of(seconds) for seconds in stops["arrival_s"]],
        "arrival_s": stops["arrival_s"].to_list(),
        "service_min": (stops["service_s"] / 60.0).to_list(),
    }


def _stop_points(territory: Territory, scenario: Scenario) -> np.ndarray:
    row = pd.Index(territory.outlets["outlet_id"]).get_indexer(scenario.stops["outlet_id"])
    xy = territory.outlets[["x", "y"]].to_numpy()[row]
    return np.asarray(shapely.points(xy), dtype=object)


def _cell_rows(scenario: Scenario) -> np.ndarray:
    return np.asarray(pd.Index(scenario.cells["cell_id"]).get_indexer(scenario.scores["cell_id"]))


def _period(territory: Territory) -> str:
    """Return the last month of the market figures, empty where there is none."""
    records = territory.market
    return "" if records is None or not len(records) else str(records["period"].max())


def _plan_facts(territory: Territory, scenario: Scenario) -> pd.DataFrame:
    facts = {
        "attribution": territory.attribution,
        "invented": ", ".join(territory.invented),
        "period": _period(territory),
        "seed": str(scenario.seed),
        "request": scenario.request.model_dump_json(),
        "balances": json.dumps(
            [
                {
                    "workload": balance.workload,
                    "tolerance": balance.tolerance,
                    "attainable": balance.attainable,
                }
                for balance in scenario.partition.balances
            ]
        ),
        "left_out": json.dumps(scenario.report.get("left_out_visits", [])),
        "lunch_begins_s": json.dumps(scenario.report.get("lunch_begins_s", {})),
        "home_s": json.dumps(scenario.report.get("home_s", {})),
        "route_managers": json.dumps(scenario.report.get("route_managers", {})),
        "replan": json.dumps(scenario.report.get("replan", {})),
    }
    if scenario.report.get("period_legs"):
        facts["period_legs"] = json.dumps(scenario.report["period_legs"])
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())})
