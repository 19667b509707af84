"""A drawn plan that can be redrawn: cells, locks, and figures that are kept by difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from shapely.geometry.base import BaseGeometry

from gridmap.partition.ground import AREA_PER_M2, NM_PER_M, Ground, sums
from gridmap.partition.outline import outline_of
from gridmap.partition.redraw_kernels import Labels
from gridmap.territory import Floats, Ints, Polygons

#: A cell that is no more: where units have a centre, a closed cell has this.
CLOSED = -1


@dataclass(frozen=True, eq=False)
class Figures:
    """What is known of each cell; rows are cell ids, those of closed cells are zero.

    Attributes
    ----------
    load
        Workloads. Shape (n_ids, n_workloads).
    travel
        First workload times seconds from the centre. Shape (n_ids,).
    size
        Number of units. Shape (n_ids,).
    area
        Half square steps. Shape (n_ids,).
    perimeter_nm
        Nanometres. Shape (n_ids,).
    border
        Nanometres of border and number of neighbouring pairs of units between two cells, the
        lower id first; only cells that are neighbours.
    """

    load: Floats
    travel: Floats
    size: Ints
    area: Ints
    perimeter_nm: Ints
    border: Mapping[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, eq=False)
class DrawnPlan:
    """Cells drawn on a ground. Never changed: an edit gives another plan.

    Attributes
    ----------
    ground
        Units, shared with other plans.
    label
        Cell id of each unit. Shape (n_units,).
    centre
        Unit of the centre of each cell that is open. An id stays with its cell for good; that
        of a closed cell is not given again.
    next_cell
        Id of the next new cell.
    figures
        Loads, travel, borders, areas.
    locked_cells, locked_units
        Cells that neither lose nor gain units, and units that stay in their cell.
    """

    ground: Ground
    label: Labels
    centre: Mapping[int, int]
    next_cell: int
    figures: Figures
    locked_cells: frozenset[int] = frozenset()
    locked_units: frozenset[int] = frozenset()
    _outlines: dict[int, BaseGeometry] = field(default_factory=dict, repr=False)

    @property
    def cells(self) -> tuple[int, ...]:
        """Ids of the open cells, ascending."""
        return tuple(sorted(self.centre))

    @property
    def target(self) -> Floats:
        """Mean load of an open cell in each workload. Shape (n_workloads,)."""
        return np.asarray(self.figures.load.sum(axis=0) / len(self.centre))

    @property
    def travel_cost(self) -> float:
        """Σ first workload · seconds from the own centre."""
        return float(self.figures.travel.sum())

    @property
    def border_m(self) -> float:
        """Metres of border between cells."""
        return sum(nm for nm, _ in self.figures.border.values()) / NM_PER_M

    def members(self, cell: int) -> Ints:
        """Return the units of a cell, ascending."""
        return np.flatnonzero(self.label == cell)

    def seconds(self, cell: int, units: Ints) -> Floats:
        """Return the seconds from a cell's centre to some units.

        Raises
        ------
        LookupError
            If nobody knows the travel from that centre.
        """
        return unit_seconds(self.ground, self.centre[cell], units)

    def neighbours(self, cell: int) -> tuple[int, ...]:
        """Return the cells that share a border with a cell or that a bridge links to it."""
        pairs = (pair for pair in self.figures.border if cell in pair)
        return tuple(sorted(one if other == cell else other for one, other in pairs))

    def shared_m(self, one: int, other: int) -> float:
        """Return the metres of border between two cells."""
        pair = (min(one, other), max(one, other))
        return self.figures.border.get(pair, (0, 0))[0] / NM_PER_M

    def area_m2(self, cell: int) -> float:
        """Return the area of a cell."""
        return float(self.figures.area[cell]) / AREA_PER_M2

    def perimeter_m(self, cell: int) -> float:
        """Return the perimeter of a cell, holes included."""
        return float(self.figures.perimeter_nm[cell]) / NM_PER_M

    def compactness(self, cell: int) -> float:
        """Return the Polsby–Popper compactness 4π · area / perimeter² of a cell."""
        return float(4.0 * np.pi * self.area_m2(cell) / self.perimeter_m(cell) ** 2)

    def outline(self, cell: int) -> BaseGeometry:
        """Return the polygon of a cell; what an edit left alone is not made again."""
        if cell not in self._outlines:
            self._outlines[cell] = outline_of(self.ground, self.label, cell)
        return self._outlines[cell]

    def outlines(self) -> Polygons:
        """Return the polygons of the open cells, in the order of `cells`."""
        found = np.empty(len(self.centre), dtype=object)
        found[:] = [self.outline(cell) for cell in self.cells]
        return found

    def outline_cache(self, without: frozenset[int]) -> dict[int, BaseGeometry]:
        """Return the polygons made so far, but for some cells."""
        return {cell: one for cell, one in self._outlines.items() if cell not in without}


def unit_seconds(ground: Ground, centre: int, units: Ints) -> Floats:
    """Return the seconds from a centre's unit to some units.

    Pieces of a cut unit have the travel of the unit they were cut from.

    Raises
    ------
    LookupError
        If nobody knows the travel from there.
    """
    seconds = ground.reach.seconds(int(ground.row[centre]))
    if seconds is None:
        raise LookupError(f"No travel from unit {centre}.")
    return np.asarray(seconds[ground.row[units]], dtype=np.float64)


def draw(
    ground: Ground,
    label: Ints,
    centre_unit: Mapping[int, int],
    *,
    locked_cells: frozenset[int] = frozenset(),
    locked_units: frozenset[int] = frozenset(),
    next_cell: int = 0,
) -> DrawnPlan:
    """Return the plan of given cells, with all figures from scratch.

    Parameters
    ----------
    ground
        Units.
    label
        Cell of each unit. Shape (n_units,).
    centre_unit
        Unit of each cell's centre.
    locked_cells, locked_units
        What stays as it is.
    next_cell
        Id of the next new cell, where cells with high ids were closed.

    Raises
    ------
    ValueError
        If a unit is in a cell without a centre, or a centre is not in its cell.
    """
    cells = sorted(centre_unit)
    if len(label) != ground.n_units or not np.isin(label, cells).all():
        raise ValueError("Expected every unit in a cell that has a centre.")
    if any(label[unit] != cell for cell, unit in centre_unit.items()):
        raise ValueError("Expected every centre in its own cell.")
    narrow = np.asarray(label, dtype=np.int32)
    centre = {int(cell): int(centre_unit[cell]) for cell in cells}
    n_ids = max(next_cell, cells[-1] + 1)
    figures = figures_of(ground, narrow, centre, n_ids)
    return DrawnPlan(ground, narrow, centre, n_ids, figures, locked_cells, locked_units)


def figures_of(ground: Ground, label: Labels, centre: Mapping[int, int], n_ids: int) -> Figures:
    """Return all figures from scratch."""
    load = np.zeros((n_ids, ground.weights.shape[1]))
    np.add.at(load, label, ground.weights)
    travel = np.zeros(n_ids)
    ground.reach.prepare(int(ground.row[unit]) for unit in centre.values())
    for cell, unit in centre.items():
        units = np.flatnonzero(label == cell)
        travel[cell] = float(ground.weights[units, 0] @ unit_seconds(ground, unit, units))
    tail = np.repeat(np.arange(ground.n_units), np.diff(ground.indptr))
    one, other = label[tail].astype(np.int64), label[ground.indices].astype(np.int64)
    inner = sums(one[one == other], ground.shared_nm[one == other], n_ids)
    across = one < other
    key, pair = np.unique((one[across] << 32) + other[across], return_inverse=True)
    nm = sums(pair, ground.shared_nm[across], len(key))
    links = np.bincount(pair, minlength=len(key))
    border = {
        (int(k) >> 32, int(k) & 0xFFFFFFFF): (int(length), int(count))
        for k, length, count in zip(key.tolist(), nm, links, strict=True)
    }
    return Figures(
        load=load,
        travel=travel,
        size=np.bincount(label, minlength=n_ids).astype(np.int64),
        area=sums(label.astype(np.int64), ground.area, n_ids),
        perimeter_nm=sums(label.astype(np.int64), ground.perimeter_nm, n_ids) - inner,
        border=border,
    )
