"""A town small enough to check by hand: square units of 100 m on a street grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from gridmap import schemas
from gridmap.errors import fault
from gridmap.partition.partition import Balance, Partition
from gridmap.policies import PlanRequest
from gridmap.scenario import Scenario
from gridmap.territory import Adjacency, Territory, Units
from gridmap.travel.network import StreetNetwork

CRS = "EPSG:32630"
SIDE_M = 100.0
WALK_M_S = 1.25


def grid_units(columns: int, rows: int) -> Units:
    """Square units, row by row from the south-west."""
    west, south = np.meshgrid(np.arange(columns) * SIDE_M, np.arange(rows) * SIDE_M)
    polygons = shapely.box(
        west.ravel(), south.ravel(), west.ravel() + SIDE_M, south.ravel() + SIDE_M
    )
    number = np.arange(columns * rows).reshape(rows, columns)
    first = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    second = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    order = np.lexsort((second, first))
    none = np.zeros(len(first))
    return Units(
        polygons=np.asarray(polygons, dtype=object),
        part=np.zeros(columns * rows, dtype=np.int64),
        water=np.zeros(columns * rows, dtype=bool),
        adjacency=Adjacency(
            first=first[order],
            second=second[order],
            shared_m=np.full(len(first), SIDE_M),
            river_m=none,
            rail_m=none,
            motorway_m=none,
            admin_m=none,
            crossings=np.zeros(len(first), dtype=np.int64),
        ),
        grid_m=0.01,
    )


def grid_network(columns: int, rows: int, mode: str = "walk") -> StreetNetwork:
    """Streets along all borders of the units, open both ways at 1.25 m/s."""
    x, y = np.meshgrid(np.arange(columns + 1) * SIDE_M, np.arange(rows + 1) * SIDE_M)
    node = np.arange(x.size).reshape(x.shape)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()]).astype(np.int64)
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()]).astype(np.int64)
    xy = np.column_stack([x.ravel(), y.ravel()])
    n_edges = len(tail)
    seconds = np.full(n_edges, SIDE_M / WALK_M_S)
    return StreetNetwork(
        mode=mode,
        crs=CRS,
        node_xy=xy,
        node_osm_id=np.full(len(xy), -1, dtype=np.int64),
        tail=tail,
        head=head,
        length_m=np.full(n_edges, SIDE_M),
        forward_s=seconds,
        backward_s=seconds.copy(),
        name=np.ones(n_edges, dtype=np.int64),
        names=("", "Grid Street"),
        road_class=np.zeros(n_edges, dtype=np.int64),
        road_classes=("residential",),
        line_start=np.arange(n_edges + 1, dtype=np.int64) * 2,
        line_xy=np.stack([xy[tail], xy[head]], axis=1).reshape(-1, 2),
    )


def grid_territory(columns: int = 6, rows: int = 4, *, name: str = "Grid Town") -> Territory:
    """Own outlets in the middle of the west and the east half, partners in every other unit."""
    units = grid_units(columns, rows)
    rng = np.random.default_rng(7)
    own_unit = [columns + 1, 2 * columns + columns - 2]
    partner_unit = [unit for unit in range(0, columns * rows, 2) if unit not in own_unit]
    rival_unit = [columns // 2, columns * rows - 1]
    unit = np.array(own_unit + partner_unit + rival_unit, dtype=np.int64)
    inner = units.inner_xy[unit] + rng.uniform(-20, 20, (len(unit), 2)).round(2)
    kinds = ["own"] * len(own_unit) + ["partner"] * len(partner_unit) + ["rival"] * 2
    visited = np.array([kind == "partner" for kind in kinds])
    grade = np.where(visited, np.array(["A", "B", "C"])[np.arange(len(unit)) % 3], "")
    outlets = schemas.OUTLETS.validate(
        pd.DataFrame(
            {
                "outlet_id": [f"o{number}" for number in range(len(unit))],
                "name": [f"Outlet {number}" for number in range(len(unit))],
                "ownership": kinds,
                "operator": ["Own", *["Partner"] * (len(unit) - 3), "Rival", "Rival"][: len(unit)],
                "kind": "shop",
                "grade": grade,
                "grade_source": np.where(visited, "invented", ""),
                "visited": visited,
                "potential": np.linspace(1.0, 2.0, len(unit)),
                "x": inner[:, 0],
                "y": inner[:, 1],
                "unit": unit,
                "snap_distance_m": 10.0,
            }
        )
    )
    demand = schemas.DEMAND.validate(
        pd.DataFrame(
            {
                "demand_id": [f"d{number}" for number in range(len(units))],
                "weight": np.full(len(units), 10.0),
                "x": units.inner_xy[:, 0],
                "y": units.inner_xy[:, 1],
                "unit": np.arange(len(units), dtype=np.int64),
            }
        )
    )
    return Territory(
        name=name,
        crs=CRS,
        boundary=shapely.coverage_union_all(units.polygons),
        units=units,
        outlets=outlets,
        demand=demand,
        networks={"walk": grid_network(columns, rows)},
        linework={"street": np.array([shapely.LineString([(0, 0), (100, 0)])], dtype=object)},
        notices=(fault("store.no_scenario", "7"),),
        invented=("grade",),
        sources={"grid.osm": "0" * 64},
    )


def grid_scenario(territory: Territory) -> Scenario:
    """Two halves, one route, one score: enough to be kept and read back."""
    columns = 6
    label = (np.arange(len(territory.units)) % columns >= columns // 2).astype(np.int64)
    load = np.bincount(label, weights=territory.demand["weight"].to_numpy())
    cells = pd.DataFrame(
        {
            "cell_id": np.array([1, 2]),
            "code": ["C01", "C02"],
            "name": ["West", "East"],
            "centre_outlet_id": ["o0", "o1"],
            "manager": ["", ""],
            "area_m2": [120000.0, 120000.0],
            "compactness": [0.7, 0.7],
            "routes": np.array([1, 0]),
            "visit_minutes_per_day": [12.5, 0.0],
            "position_score": [50.0, np.nan],
            "coverage_score": [60.0, 40.0],
            "quadrant": ["leader", "unknown"],
            "demand": load,
        }
    )
    routes = pd.DataFrame(
        {
            "route_id": ["R01-1"],
            "number": ["R01-1"],
            "cell_id": np.array([1]),
            "week": np.array([1]),
            "weekday": np.array([1]),
            "stops": np.array([1]),
            "travel_s": [300.0],
            "service_s": [1500.0],
            "distance_m": [375.0],
        }
    )
    stops = pd.DataFrame(
        {
            "route_id": ["R01-1"],
            "seq": np.array([1]),
            "outlet_id": ["o2"],
            "arrival_s": [30700.0],
            "service_s": [1500.0],
        }
    )
    scores = pd.DataFrame(
        {
            "cell_id": np.array([1, 2]),
            "metric": ["hhi", "hhi"],
            "value": [5000.0, np.nan],
            "numerator": [1.0, np.nan],
            "denominator": [2.0, np.nan],
            "n": np.array([2, 0]),
            "p05": [np.nan, np.nan],
            "p95": [np.nan, np.nan],
            "rank_low": [np.nan, np.nan],
            "rank_high": [np.nan, np.nan],
            "note": ["", "no outlets"],
        }
    )
    return Scenario(
        territory_hash=territory.content_hash,
        request=PlanRequest(),
        seed=3,
        partition=Partition(
            centre=np.array([0, 1]),
            label=label,
            balances=(Balance("demand", load, tolerance=0.05),),
            travel_cost=1234.5,
            lower_bound=1200.0,
            notices=(fault("store.bad_url", "x"),),
            details={"rounds": 3},
        ),
        cells=cells,
        routes=schemas.ROUTES.validate(routes),
        stops=schemas.STOPS.validate(stops),
        scores=schemas.SCORES.validate(scores),
        route_lines=np.array([shapely.LineString([(0, 0), (0, 375)])], dtype=object),
        notices=(fault("store.cannot_open", "y", reason="z"),),
        report={"seed": 3},
    )
