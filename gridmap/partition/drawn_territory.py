"""The territory of a redrawn scenario: where units were cut, its units are the pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from gridmap.partition.borders import Borders, borders_of
from gridmap.partition.cells import cell_polygons
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.ground import NM_PER_M, OUTSIDE, edges_in_steps, length_nm, matching, sums
from gridmap.partition.noding import STEPS_PER_M
from gridmap.territory import Adjacency, Floats, Ints, Polygons, Territory, Units

#: What a border has of each kind; a piece of it has its share.
_KINDS_M = ("river_m", "rail_m", "motorway_m", "admin_m")


def drawn_territory(territory: Territory, state: DrawnState) -> Territory:
    """Return a territory with the units that a redrawn scenario has cut.

    Outlets and demand points are in the pieces they stand in. Market figures that name a unit
    stay with the piece that keeps its number. A border between pieces of two units has its share,
    by length, of the rivers, railways and crossings of the whole border; one inside a unit has
    none.

    Parameters
    ----------
    territory
        As it was planned.
    state
        Cells and reshaped units of the scenario.
    """
    if not state.outlines and state.n_units == len(territory.units):
        return territory
    whole = territory.units
    borders = borders_of(whole.polygons, state)
    units = Units(
        polygons=borders.polygons,
        part=whole.part[borders.row],
        water=whole.water[borders.row],
        adjacency=_adjacency(whole, borders),
        grid_m=whole.grid_m,
    )
    demand = _in_pieces(territory.demand, borders)
    unit = demand["unit"].to_numpy(np.int64).copy()
    for point, piece in state.points.items():
        if point < len(unit) and borders.row[piece] == borders.row[unit[point]]:
            unit[point] = piece  # on a border it is in the piece that the edit gave it to
    outline = cell_polygons(units, np.zeros(len(units), dtype=np.int64), 1)[0]
    return replace(
        territory,
        boundary=outline,  # cuts end in new vertices on it
        units=units,
        outlets=_in_pieces(territory.outlets, borders),
        demand=demand.assign(unit=unit),
    )


def _in_pieces(table: pd.DataFrame, borders: Borders) -> pd.DataFrame:
    """Return a table with the piece that each of its places stands in."""
    unit, xy = table["unit"].to_numpy(np.int64).copy(), table[["x", "y"]].to_numpy(np.float64)
    for cut in borders.cut.tolist():
        here = np.flatnonzero(unit == cut)
        pieces = np.flatnonzero(borders.row == cut)
        if len(here):
            tree = shapely.STRtree(borders.polygons[pieces])
            at, piece = tree.query_nearest(shapely.points(xy[here]), all_matches=False)
            unit[here[at]] = pieces[piece]
    return table.assign(unit=unit)


def _adjacency(whole: Units, borders: Borders) -> Adjacency:
    """Return the pairs of neighbours; those of units that nobody cut are as they were."""
    old = whole.adjacency
    kept = ~np.isin(old.first, borders.cut) & ~np.isin(old.second, borders.cut)
    first, second, shared_m = _pairs(borders)
    bridged = (old.shared_m == 0.0) & ~kept
    ends = _bridge_ends(old.first[bridged], old.second[bridged], borders)
    one, other = np.append(first, ends[:, 0]), np.append(second, ends[:, 1])
    shared_m = np.append(shared_m, np.zeros(len(ends)))
    parent = _places(old.first, old.second, borders.row[one], borders.row[other])
    full_m = np.where(parent < 0, 0.0, old.shared_m[parent])
    # A bridge stands whole on its pair of pieces, where the border has none to share.
    share = np.divide(shared_m, full_m, out=np.ones(len(one)), where=full_m > 0.0)
    share[parent < 0] = 0.0
    share = np.minimum(share, 1.0)
    columns = {
        "first": np.append(old.first[kept], np.minimum(one, other)),
        "second": np.append(old.second[kept], np.maximum(one, other)),
        "shared_m": np.append(old.shared_m[kept], shared_m),
        **{
            kind: np.append(getattr(old, kind)[kept], getattr(old, kind)[parent] * share)
            for kind in _KINDS_M
        },
        "crossings": np.append(
            old.crossings[kept], np.ceil(old.crossings[parent] * share - 1e-9).astype(np.int64)
        ),
    }
    order = np.lexsort((columns["second"], columns["first"]))
    return Adjacency(**{name: column[order] for name, column in columns.items()})


def _pairs(borders: Borders) -> tuple[Ints, Ints, Floats]:
    """Return the pairs that share a border, one of them cut, and its metres."""
    origin = np.floor(shapely.total_bounds(borders.polygons)[:2] * STEPS_PER_M).astype(np.int64)
    cut = np.flatnonzero(np.isin(borders.row, borders.cut))
    touched = np.unique(shapely.STRtree(borders.polygons).query(borders.polygons[cut])[1])
    polygons: Polygons = borders.polygons[touched]
    start, end, owner = edges_in_steps(polygons, origin)
    other = matching(start, end, owner)
    inner = (other != OUTSIDE) & (owner < other)
    one, two = touched[owner[inner]], touched[other[inner]]
    asked = np.isin(one, cut) | np.isin(two, cut)
    n_units = len(borders.row)
    key, pair = np.unique(one[asked] * n_units + two[asked], return_inverse=True)
    nm = sums(pair, length_nm(start, end)[inner][asked], len(key))
    return key // n_units, key % n_units, nm / NM_PER_M


def _bridge_ends(first: Ints, second: Ints, borders: Borders) -> Ints:
    """Return the pieces on which each bridge stands: those closest to each other. Shape (n, 2)."""
    ends = np.empty((len(first), 2), dtype=np.int64)
    for bridge, pair in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        here, there = (np.flatnonzero(borders.row == one) for one in pair)
        apart = shapely.distance(borders.polygons[here][:, None], borders.polygons[there][None, :])
        one, other = np.unravel_index(int(np.argmin(apart)), apart.shape)
        ends[bridge] = here[one], there[other]
    return ends


def _places(first: Ints, second: Ints, one: Ints, other: Ints) -> Ints:
    """Return the place of each pair of units among the sorted old pairs, or -1. Shape (n,)."""
    size = int(max(second.max(initial=0), one.max(initial=0), other.max(initial=0))) + 1
    known = first * size + second
    order = np.argsort(known)
    asked = np.minimum(one, other) * size + np.maximum(one, other)
    at = np.minimum(np.searchsorted(known[order], asked), max(len(known) - 1, 0))
    found = order[at]
    return np.where(known[found] == asked, found, -1)
