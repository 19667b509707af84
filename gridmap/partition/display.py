"""Cells with fewer vertices, for maps; they still fit each other exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.territory import Floats, Polygons

#: How often the tolerance is halved before the cells are shown as they are.
_HALVINGS = 6


@dataclass(frozen=True, eq=False)
class DisplayCells:
    """Cells for display.

    Attributes
    ----------
    polygons
        Shape (n_cells,).
    tolerance_m
        Tolerance they were simplified with; 0 = not at all.
    """

    polygons: Polygons
    tolerance_m: float


def display_cells(
    polygons: Polygons, tolerance_m: float, *, centre_xy: Floats | None = None
) -> DisplayCells:
    """Drop vertices of cells, the same on both sides of each border.

    The tolerance is halved until every cell is valid and not empty, keeps its number of pieces,
    holds its own outlet, and every edge has its exact opposite or lies on the outer border.

    Parameters
    ----------
    polygons
        Cells that fit each other exactly; empty ones are left alone. Shape (n_cells,).
    tolerance_m
        About the side of a square whose loss is not seen. Metres.
    centre_xy
        Own outlet of each cell. Shape (n_cells, 2).

    References
    ----------
    M. Visvalingam and J. D. Whyatt (1993), Line generalisation by repeated elimination of points,
    The Cartographic Journal 30: 46–51; here on the common borders of the cells (GEOS).
    """
    if not tolerance_m >= 0.0:
        raise ValueError(f"Expected tolerance_m >= 0, found {tolerance_m}.")
    tried = tolerance_m
    for _ in range(_HALVINGS if tolerance_m > 0.0 else 0):
        simple = _simplified(polygons, tried)
        if _sound(simple, polygons, centre_xy):
            return DisplayCells(simple, tried)
        tried /= 2.0
    return DisplayCells(polygons, 0.0)


def fits_exactly(polygons: Polygons) -> bool:
    """Return whether polygons tile what they cover: their edges match to the last bit.

    No directed edge occurs twice, and the edges without an opposite are just the outline of all.
    """
    parts = shapely.get_parts(polygons)
    rings = shapely.get_rings(shapely.orient_polygons(parts))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    names, number = np.unique(xy, axis=0, return_inverse=True)
    number = number.ravel()
    tail, head = number[:-1][same], number[1:][same]
    forth, back = tail * len(names) + head, head * len(names) + tail
    if len(np.unique(forth)) != len(forth):
        return False
    alone = ~np.isin(forth, back)
    outline_m = float(np.hypot(*(xy[1:][same] - xy[:-1][same])[alone].T).sum())
    whole = shapely.union_all(parts)
    return bool(
        np.isclose(outline_m, whole.length, rtol=1e-9)
        and np.isclose(shapely.area(parts).sum(), whole.area, rtol=1e-9)
    )


def _simplified(polygons: Polygons, tolerance_m: float) -> Polygons:
    found = polygons.copy()
    here = ~shapely.is_empty(polygons)
    found[here] = shapely.coverage_simplify(polygons[here], tolerance_m)
    return found


def _sound(simple: Polygons, before: Polygons, centre_xy: Floats | None) -> bool:
    here = ~shapely.is_empty(before)
    if shapely.is_empty(simple[here]).any() or not shapely.is_valid(simple).all():
        return False
    if (shapely.get_num_geometries(simple) != shapely.get_num_geometries(before)).any():
        return False
    if centre_xy is not None:
        points = shapely.points(centre_xy[here])
        held = shapely.contains_properly(before[here], points)
        if not shapely.contains_properly(simple[here], points)[held].all():
            return False
    return fits_exactly(simple)
