"""The ground with a few units reshaped: only their edges and neighbours are found anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.partition.ground import (
    Ground,
    cross,
    edge_blocks,
    edges_in_steps,
    length_nm,
    matching,
    sums,
)
from gridmap.partition.noding import STEPS_PER_M
from gridmap.territory import Ints, Polygons

#: Rings of a polygon, the outer one first, as flat coordinates in local steps.
Rings = tuple[tuple[int, ...], ...]


def rings_of(ground: Ground, unit: int) -> Rings:
    """Return the rings of a unit as plain whole numbers."""
    found = []
    for ring in shapely.get_rings(ground.polygons[unit]).tolist():
        steps = np.rint(shapely.get_coordinates(ring) * STEPS_PER_M).astype(np.int64)
        found.append(tuple((steps - ground.origin).ravel().tolist()))
    return tuple(found)


def polygon_of(ground: Ground, rings: Rings) -> BaseGeometry:
    """Return the polygon of some rings in metres, vertex for vertex."""
    xy = [ground.world_m(np.array(ring, dtype=np.int64).reshape(-1, 2)) for ring in rings]
    return shapely.Polygon(xy[0], xy[1:])


def retiled(
    ground: Ground,
    n_units: int,
    *,
    outlines: Mapping[int, Rings],
    weights: Mapping[int, tuple[float, ...]],
    rows: Mapping[int, int],
    points: Mapping[int, int],
) -> Ground:
    """Return the ground with other outlines and workloads of some units.

    Parameters
    ----------
    ground
        Ground before.
    n_units
        Number of units after; units are added and dropped at the end.
    outlines
        Rings of reshaped and of added units. Together they cover what the reshaped and the
        dropped ones covered before.
    weights
        Workloads of units.
    rows
        The unit that each added unit is a piece of.
    points
        Unit of demand points.

    Raises
    ------
    ValueError
        If the outlines do not fit what is around them.
    """
    reshaped = np.array(sorted(outlines), dtype=np.int64)
    polygons: Polygons = _resized(ground.polygons, n_units)
    for unit in reshaped.tolist():
        polygons[unit] = polygon_of(ground, outlines[unit])
    row, component = _resized(ground.row, n_units), _resized(ground.component, n_units)
    for unit, parent in rows.items():
        row[unit], component[unit] = parent, ground.component[parent]
    new_weights = _resized(ground.weights, n_units)
    for unit, values in weights.items():
        new_weights[unit] = values
    point_unit = ground.point_unit.copy()
    point_unit[list(points)] = list(points.values())
    return _with_edges(
        replace(
            ground,
            polygons=polygons,
            row=row,
            component=component,
            weights=new_weights,
            point_unit=point_unit,
            bridge_ends=_bridge_ends(ground, polygons, row, reshaped),
        ),
        ground,
        reshaped,
    )


def _with_edges(new: Ground, old: Ground, reshaped: Ints) -> Ground:
    """Find the edges and neighbours of reshaped units and of the units around them."""
    n_units = new.n_units
    gone = np.arange(n_units, old.n_units)
    before = np.append(reshaped[reshaped < old.n_units], gone)
    shifted = (old.bridge_ends != new.bridge_ends).any(axis=1)
    ends = [old.bridge_ends[shifted].ravel(), new.bridge_ends[shifted].ravel()]
    around = np.unique(np.concatenate([reshaped, old.neighbourhood(before), *ends]))
    around = around[around < n_units].astype(np.int64)
    still = np.setdiff1d(around, reshaped)

    start, end, place = edges_in_steps(new.polygons[reshaped], new.origin)
    kept, kept_owner = old.edges_of(still)
    owner = np.append(reshaped[place], kept_owner)
    start = np.concatenate([start, kept[:, :2]])
    end = np.concatenate([end, kept[:, 2:4]])
    other = matching(start, end, owner)
    beyond = kept[:, 4]
    unmatched = other[len(owner) - len(kept) :] < 0
    if np.isin(beyond[unmatched], np.append(around, gone)).any():
        raise ValueError("Expected outlines that fit the units around them.")
    other[len(owner) - len(kept) :][unmatched] = beyond[unmatched]
    order = np.argsort(owner, kind="stable")
    owner, start, end, other = owner[order], start[order], end[order], other[order]
    length = length_nm(start, end)

    edges = _resized(old.edges, n_units)
    rows = np.searchsorted(owner, np.append(around, n_units))
    edges[around] = edge_blocks(start, end, other, np.diff(rows))
    count, there, shared = _arcs(new, around, owner, other, length)
    indptr, (indices, shared_nm) = _replaced(
        old.indptr,
        (old.indices, old.shared_nm),
        around,
        count,
        values=(there, shared),
        n_rows=n_units,
    )
    perimeter, area = _resized(old.perimeter_nm, n_units), _resized(old.area, n_units)
    perimeter[around] = sums(np.searchsorted(around, owner), length, len(around))
    area[around] = sums(np.searchsorted(around, owner), cross(start, end), len(around))
    inner_xy = _resized(old.inner_xy, n_units)
    inner_xy[reshaped] = shapely.get_coordinates(shapely.point_on_surface(new.polygons[reshaped]))
    return replace(
        new,
        edges=edges,
        indptr=indptr,
        indices=indices,
        shared_nm=shared_nm,
        perimeter_nm=perimeter,
        area=area,
        inner_xy=inner_xy,
    )


def _arcs(
    new: Ground, around: Ints, owner: Ints, other: Ints, length: Ints
) -> tuple[Ints, Ints, Ints]:
    """Return how many neighbours each unit has, the neighbours, and the nanometres shared."""
    inner = other >= 0
    here = np.concatenate([owner[inner], *new.bridge_ends.T])
    there = np.concatenate([other[inner], *new.bridge_ends.T[::-1]])
    nm = np.append(length[inner], np.zeros(2 * len(new.bridge_ends), dtype=np.int64))
    asked = np.isin(here, around)
    key, pair = np.unique(here[asked] * new.n_units + there[asked], return_inverse=True)
    rows = np.searchsorted(key // new.n_units, np.append(around, new.n_units))
    return np.diff(rows), key % new.n_units, sums(pair, nm[asked], len(key))


def _bridge_ends(ground: Ground, polygons: Polygons, row: Ints, reshaped: Ints) -> Ints:
    """Return the pieces on which each bridge stands; it depends on the outlines alone."""
    ends = ground.bridge_ends.copy()
    gone = ground.row[len(row) :]
    asked = np.isin(ground.bridges, np.append(row[reshaped], gone)).any(axis=1)
    for bridge in np.flatnonzero(asked).tolist():
        here, there = (np.flatnonzero(row == one) for one in ground.bridges[bridge].tolist())
        apart = shapely.distance(polygons[here][:, None], polygons[there][None, :])
        first, second = np.unravel_index(int(np.argmin(apart)), apart.shape)
        ends[bridge] = here[first], there[second]
    return ends


def _resized(column: NDArray[Any], size: int) -> NDArray[Any]:
    """Return a copy cut off or lengthened at the end."""
    new = np.zeros((size, *column.shape[1:]), dtype=column.dtype)
    kept = min(size, len(column))
    new[:kept] = column[:kept]
    return new


def _replaced(
    ptr: Ints,
    columns: Sequence[NDArray[Any]],
    rows: Ints,
    count: Ints,
    *,
    values: Sequence[NDArray[Any]],
    n_rows: int,
) -> tuple[Ints, list[NDArray[Any]]]:
    """Replace some compressed rows; what stands between them is copied as a whole.

    Parameters
    ----------
    ptr, columns
        Compressed rows as they are.
    rows, count, values
        Rows to replace, ascending, their new lengths, and their values one after another.
        Rows beyond the old ones must all be among them.
    n_rows
        Number of rows after.
    """
    old_rows = len(ptr) - 1
    lengths = _resized(np.diff(ptr), n_rows)
    lengths[rows] = count
    new_ptr = np.append(0, np.cumsum(lengths)).astype(np.int64)
    first = np.append(0, np.cumsum(count))
    found = []
    for column, value in zip(columns, values, strict=True):
        pieces, done = [], 0
        for place, row in enumerate(rows.tolist()):
            pieces.append(column[ptr[min(done, old_rows)] : ptr[min(row, old_rows)]])
            pieces.append(value[first[place] : first[place + 1]])
            done = row + 1
        pieces.append(column[ptr[min(done, old_rows)] : ptr[min(n_rows, old_rows)]])
        found.append(np.concatenate(pieces))
    return new_ptr, found
