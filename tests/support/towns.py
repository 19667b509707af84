"""Small hand-made linework for the tests of units."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.units import UnitLimits, build_units
from gridmap.territory import Floats, Units

LOCAL = LineKind.LOCAL_STREET
#: Hardly anything is cut or joined, so that the faces can be counted by hand.
LOOSE = UnitLimits(
    max_area_m2=1e9,
    max_demand_share=1e9,
    min_area_m2=1.0,
    min_width_m=0.5,
    sliver_area_m2=1.0,
    sliver_width_m=0.5,
    strip_width_m=0.5,
)
Line = tuple[LineKind, list[tuple[float, float]]]


def linework(*lines: Line, water: list[BaseGeometry] | None = None) -> Linework:
    """Lines given as kind and coordinates."""
    geometries = np.array([shapely.LineString(xy) for _, xy in lines], dtype=object)
    kinds = np.array([int(kind) for kind, _ in lines], dtype=np.int64)
    return Linework(geometries, kinds, water=np.array(water or [], dtype=object))


def grid_streets(columns: int, rows: int, side_m: float = 100.0) -> list[Line]:
    """Streets between the blocks of a grid town, from border to border."""
    right, top = columns * side_m, rows * side_m
    upright = [(LOCAL, [(x * side_m, -5.0), (x * side_m, top + 5.0)]) for x in range(1, columns)]
    level = [(LOCAL, [(-5.0, y * side_m), (right + 5.0, y * side_m)]) for y in range(1, rows)]
    return [*upright, *level]


def units_of(
    lines: Linework,
    boundary: BaseGeometry,
    *,
    own: list[tuple[float, float]] | Floats = (),  # type: ignore[assignment]
    demand: list[tuple[float, float]] | Floats = (),  # type: ignore[assignment]
    weight: list[float] | Floats | None = None,
    limits: UnitLimits = LOOSE,
) -> Units:
    """Build units from plain lists."""
    demand_xy = np.array(demand, dtype=float).reshape(-1, 2)
    demand_weight = np.ones(len(demand_xy)) if weight is None else np.array(weight, dtype=float)
    return build_units(
        lines,
        boundary,
        own_xy=np.array(own, dtype=float).reshape(-1, 2),
        demand_xy=demand_xy,
        demand_weight=demand_weight,
        limits=limits,
    )


def assert_exact(units: Units, boundary: BaseGeometry) -> None:
    """Every edge has its opposite or is border; vertices are on the grid; areas add up."""
    edges: set[tuple[tuple[float, float], tuple[float, float]]] = set()
    for polygon in units.polygons:
        assert polygon.is_valid and polygon.geom_type == "Polygon"
        oriented = shapely.orient_polygons(polygon)
        for ring in (oriented.exterior, *oriented.interiors):
            xy = [tuple(point) for point in shapely.get_coordinates(ring).tolist()]
            assert all(value == round(value * 100) / 100 for point in xy for value in point), (
                "a vertex is not on the grid"
            )
            for edge in pairwise(xy):
                assert edge not in edges, "an edge is used twice"
                edges.add(edge)
    alone = np.array([edge for edge in edges if edge[::-1] not in edges])
    middle = shapely.points(alone.mean(axis=1))
    assert (shapely.distance(boundary.boundary, middle) <= 0.02).all()
    assert (shapely.distance(boundary.boundary, shapely.points(alone[:, 0])) <= 0.02).all()
    assert shapely.coverage_is_valid(units.polygons)
    assert abs(units.area_m2.sum() - boundary.area) <= 0.02 * boundary.length + 1e-9
