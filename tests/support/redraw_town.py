"""A small town to redraw: uneven streets, a river, an island with a bridge and one without."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely
from towns import LOCAL, linework, units_of

from gridmap.partition.ground import Demand, Ground, Reach, bridges_of, build_ground
from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.redraw import DrawnPlan, draw
from gridmap.partition.units import UnitLimits
from gridmap.territory import Units

MAIN = shapely.box(0, 0, 900, 700)
BRIDGED = shapely.box(960, 200, 1200, 420)
LONELY = shapely.box(960, 500, 1160, 640)
TOWN = shapely.MultiPolygon([MAIN, BRIDGED, LONELY])
#: Own outlets; the first four are the centres of the cells at the beginning.
OWN = np.array(
    [
        (130.0, 130.0),
        (760.0, 160.0),
        (170.0, 560.0),
        (740.0, 580.0),
        (450.0, 350.0),
        (420.0, 90.0),
        (1100.0, 300.0),
    ]
)
N_CELLS = 4
LIMITS = UnitLimits(
    max_area_m2=1e9,
    max_extent_m=1e9,
    max_demand_share=1e9,
    min_area_m2=200.0,
    min_width_m=2.0,
    sliver_area_m2=20.0,
    sliver_width_m=1.0,
)


def _streets() -> Linework:
    rng = np.random.default_rng(7)
    lines = []
    for x in range(100, 900, 100):
        bends = [(x + rng.uniform(-25, 25), y) for y in range(0, 701, 100)]
        lines.append((LOCAL, [(x, -5.0), *bends, (x, 705.0)]))
    for y in range(100, 700, 100):
        bends = [(x, y + rng.uniform(-25, 25)) for x in range(0, 901, 100)]
        lines.append((LOCAL, [(-5.0, y), *bends, (905.0, y)]))
    lines.append((LineKind.RIVER, [(-5.0, 330.0), (300.0, 380.0), (600.0, 290.0), (905.0, 345.0)]))
    lines.append((LOCAL, [(1080.0, 190.0), (1050.0, 430.0)]))
    lines.append((LOCAL, [(955.0, 310.0), (1205.0, 330.0)]))
    lines.append((LOCAL, [(1060.0, 495.0), (1070.0, 645.0)]))
    bridges = np.array([shapely.LineString([(895, 250), (965, 255)])], dtype=object)
    drawn = linework(*lines)
    return Linework(drawn.lines, drawn.kinds, water=drawn.water, bridges=bridges)


@cache
def town() -> tuple[Units, np.ndarray, np.ndarray]:
    """Return units, demand points and their weights (two workloads)."""
    rng = np.random.default_rng(3)
    xy = np.round(rng.uniform((0, 0), (900, 700), (400, 2)), 2)
    weight = np.column_stack([rng.integers(1, 9, 400), rng.integers(0, 3, 400)]).astype(float)
    return units_of(_streets(), TOWN, own=OWN, limits=LIMITS), xy, weight


@cache
def town_ground() -> Ground:
    """Return the ground of the town; a fifth of the units have workload without points."""
    units, xy, point_weight = town()
    unit = units.locate(xy)
    weights = np.zeros((len(units), 2))
    np.add.at(weights, unit, point_weight)
    weights[::5, 1] += 4.0
    travel = {int(one): _seconds(units, int(one)) for one in units.locate(OWN)}
    return build_ground(
        units.polygons,
        weights=weights,
        reach=Reach(travel),
        bridges=bridges_of(units.adjacency),
        own_xy=OWN,
        demand=Demand(xy, point_weight),
    )


@cache
def town_plan() -> DrawnPlan:
    """Return four cells, each unit at its nearest centre as far as cells stay in one piece."""
    ground = town_ground()
    centre = {cell: int(unit) for cell, unit in enumerate(ground.own_unit[:N_CELLS])}
    label = np.full(ground.n_units, -1)
    for cell, unit in centre.items():
        label[unit] = cell
    travel = {cell: ground.reach.seconds(unit) for cell, unit in centre.items()}
    while (label < 0).any():
        offers = [
            (travel[int(label[unit])][other], int(other), int(label[unit]))
            for unit in np.flatnonzero(label >= 0)
            for other in ground.neighbours(int(unit))
            if label[other] < 0
        ]
        if not offers:
            label[label < 0] = 3
            break
        _, other, cell = min(offers)
        label[other] = cell
    return draw(ground, label, centre)


def _seconds(units: Units, centre: int) -> np.ndarray:
    away = units.inner_xy - units.inner_xy[centre]
    return np.hypot(away[:, 0], away[:, 1]) / 1.25


def grid_plan(columns: int, rows: int, label: list[int], centres: dict[int, int]) -> DrawnPlan:
    """Return a plan on squares of 100 m, row by row, each with workload 1 and 10.

    Travel is a second a metre between the middles; own outlets stand in the centres alone.
    """
    polygons = [
        shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100)
        for y in range(rows)
        for x in range(columns)
    ]
    middle = np.array(
        [(100.0 * x + 50, 100.0 * y + 50) for y in range(rows) for x in range(columns)]
    )
    ground = build_ground(
        np.array(polygons, dtype=object),
        weights=np.tile([1.0, 10.0], (len(middle), 1)),
        reach=Reach({}, lambda unit: np.hypot(*(middle - middle[unit]).T)),
        own_xy=middle[list(centres.values())],
    )
    return draw(ground, np.array(label), centres)
