"""Polygons of cells, derived from the units and their labels."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.territory import Floats, Ints, Polygons, Units


def cell_polygons(units: Units, label: Ints, n_cells: int) -> Polygons:
    """Return the polygon of each cell.

    Edges that two units of a cell share are dropped, all others stay as they are; so the
    cells fit each other as exactly as the units do.

    Parameters
    ----------
    units
        Units that tile the territory.
    label
        Cell of each unit, 0 … `n_cells` - 1. Shape (n_units,).
    n_cells
        Number of cells.

    Returns
    -------
    Polygons
        A Polygon a cell; a MultiPolygon for a cell in several pieces, which a proper plan
        has only where the territory is in several parts. A cell without units is an empty
        Polygon. Shape (n_cells,).
    """
    polygons = np.full(n_cells, shapely.Polygon(), dtype=object)
    order = np.argsort(label, kind="stable")
    start = np.searchsorted(label[order], np.arange(n_cells + 1))
    for cell in range(n_cells):
        own = units.polygons[order[start[cell] : start[cell + 1]]]
        if len(own):
            polygons[cell] = shapely.normalize(_union(own))
    return polygons


def territory_polygon(units: Units) -> BaseGeometry:
    """Return the territory as it is published: the union of its units."""
    return shapely.normalize(_union(units.polygons))


def compactness(polygons: Polygons) -> Floats:
    """Return the Polsby–Popper compactness 4π · area / perimeter²; a circle has 1.

    Parameters
    ----------
    polygons
        Polygons in metres; an empty one has 0. Shape (n,).

    References
    ----------
    D. D. Polsby and R. D. Popper (1991), The third criterion: compactness as a procedural
    safeguard against partisan gerrymandering, Yale Law & Policy Review 9: 301–353.
    """
    length = shapely.length(polygons)
    square = np.where(length > 0.0, length, 1.0) ** 2
    return np.asarray(4.0 * np.pi * shapely.area(polygons) / square, dtype=np.float64)


def _union(polygons: Polygons) -> BaseGeometry:
    return polygons[0] if len(polygons) == 1 else shapely.coverage_union_all(polygons)
