"""The polygon of one cell, from the edges of its units that have another cell beyond."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.partition.ground import Ground, cross
from gridmap.partition.noding import pack
from gridmap.partition.redraw_kernels import Labels, trace
from gridmap.territory import Ints


def outline_of(ground: Ground, label: Labels, cell: int) -> BaseGeometry:
    """Return the polygon of a cell, in the normal order of vertices.

    Its edges are edges of units, none left out, so that cells match each other exactly. The
    rings are followed from edge to edge. Where a ring touches itself or the cell is in several
    parts, the order of the rings is not plain, and GEOS joins the units instead: it takes
    several times as long, but this is rare.

    Parameters
    ----------
    ground
        Units.
    label
        Cell of each unit. Shape (n_units,).
    cell
        A cell with at least one unit.
    """
    members = np.flatnonzero(label == cell)
    edges, _ = ground.edges_of(members)
    other = edges[:, 4]
    edges = edges[(other < 0) | (label[other] != cell)]
    start, end = edges[:, :2], edges[:, 2:4]
    rings = _rings(start, end)
    shell = [] if rings is None else [ring for ring in rings if _twice_area(start[ring]) > 0]
    if rings is None or len(shell) != 1:
        return shapely.normalize(shapely.coverage_union_all(ground.polygons[members]))
    holes = [ground.world_m(start[ring]) for ring in rings if ring is not shell[0]]
    return shapely.normalize(shapely.Polygon(ground.world_m(start[shell[0]]), holes))


def _rings(start: Ints, end: Ints) -> list[Ints] | None:
    """Return the edges of each ring in order, or None where a vertex is passed twice."""
    tail, head = pack(start), pack(end)
    order = np.argsort(tail)
    ranked = tail[order]
    if (ranked[1:] == ranked[:-1]).any():
        return None
    sequence, begin = trace(order[np.searchsorted(ranked, head)])
    return np.split(sequence, begin[1:-1])


def _twice_area(xy: Ints) -> int:
    return int(cross(xy, np.roll(xy, -1, axis=0)).sum())
