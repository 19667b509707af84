"""Cells as they lie on the ground, to be compared with others of the same territory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.noding import STEPS_PER_M
from gridmap.territory import Floats, Ints, Polygons

#: What an intersection of cut units must measure to be a piece and no rounding.
_LEAST_M2 = 0.01


@dataclass(frozen=True)
class CellNames:
    """What people call a cell, and who looks after it; the manager may be empty."""

    code: str
    manager: str = ""

    @property
    def person(self) -> str:
        """Who the outlets know: the manager, or whoever has the cell."""
        return self.manager or self.code


@dataclass(frozen=True, eq=False)
class Borders:
    """Units with their cells, cut as they may be.

    Attributes
    ----------
    polygons
        One polygon a unit. Shape (n_units,).
    row
        The unit of the territory that each is, or is a piece of. Shape (n_units,).
    label
        Cell of each unit. Shape (n_units,).
    cut
        Units of the territory that are not as they were, ascending. Shape (n_cut,).
    """

    polygons: Polygons
    row: Ints
    label: Ints
    cut: Ints

    def cell_at(self, unit: Ints, xy: Floats) -> Ints:
        """Return the cell at points in units of the territory. Shape (n_points,)."""
        found = self.label[unit].copy()
        unsure = np.flatnonzero(np.isin(unit, self.cut))
        if len(unsure):
            pieces = np.flatnonzero(np.isin(self.row, self.cut))
            tree = shapely.STRtree(self.polygons[pieces])
            at, piece = tree.query_nearest(shapely.points(xy[unsure]), all_matches=False)
            found[unsure[at]] = self.label[pieces[piece]]
        return found


def borders_of(units: Polygons, state: DrawnState) -> Borders:
    """Return a state on the ground of a territory.

    Parameters
    ----------
    units
        Polygons of the territory's units. Shape (n_units,).
    state
        Cells of them; units may have been cut.
    """
    origin = np.floor(shapely.total_bounds(units)[:2] * STEPS_PER_M)
    polygons = np.empty(state.n_units, dtype=object)
    kept = min(len(units), state.n_units)
    polygons[:kept] = units[:kept]
    row = np.arange(state.n_units, dtype=np.int64)
    for unit, rings in state.outlines.items():
        xy = [(np.array(ring).reshape(-1, 2) + origin) / STEPS_PER_M for ring in rings]
        polygons[unit] = shapely.Polygon(xy[0], xy[1:])
    for unit, parent in state.rows.items():
        row[unit] = parent
    cut = np.unique(row[np.array(sorted(state.outlines), dtype=np.int64)])
    return Borders(polygons, row, state.label.astype(np.int64), cut)


@dataclass(frozen=True, eq=False)
class Pieces:
    """The ground in pieces that lie in one cell before and in one cell after.

    Attributes
    ----------
    polygons
        Shape (n_pieces,).
    row
        Unit of the territory. Shape (n_pieces,).
    old, new
        Cell before and after. Shape (n_pieces,).
    """

    polygons: NDArray[np.object_]
    row: Ints
    old: Ints
    new: Ints


def common_pieces(old: Borders, new: Borders) -> Pieces:
    """Return the pieces into which both together divide the territory."""
    cut = np.union1d(old.cut, new.cut)
    whole = np.flatnonzero(~np.isin(old.row, cut))
    first = np.flatnonzero(np.isin(old.row, cut))
    second = np.flatnonzero(np.isin(new.row, cut))
    tree = shapely.STRtree(new.polygons[second])
    one, other = tree.query(old.polygons[first])
    one, other = first[one], second[other]
    same = old.row[one] == new.row[other]
    one, other = one[same], other[same]
    common = shapely.intersection(old.polygons[one], new.polygons[other])
    large = shapely.area(common) > _LEAST_M2
    one, other = one[large], other[large]
    # A unit that nobody cut has the same number on both sides.
    return Pieces(
        polygons=np.concatenate([old.polygons[whole], common[large]]),
        row=np.concatenate([old.row[whole], old.row[one]]),
        old=np.concatenate([old.label[whole], old.label[one]]),
        new=np.concatenate([new.label[whole], new.label[other]]),
    )
