"""What a log of changes has led to: all that a drawn plan adds to its ground, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gridmap.partition.change import Change
from gridmap.partition.ground import Ground
from gridmap.partition.redraw import CLOSED, DrawnPlan, draw
from gridmap.partition.redraw_kernels import Labels
from gridmap.partition.retile import Rings, retiled


@dataclass(frozen=True, eq=False)
class DrawnState:
    """Cells and locks as they stand, and the units that are no longer those of the territory.

    Attributes
    ----------
    label
        Cell of each unit. Shape (n_units,).
    centre
        Unit of the centre of each open cell.
    next_cell
        Id of the next new cell.
    locked_cells, locked_units
        What is locked.
    outlines, weights, rows, points
        Rings and workloads of reshaped units, the unit that each added one is a piece of, and
        the unit of demand points; see `Change`.
    """

    label: Labels
    centre: Mapping[int, int]
    next_cell: int
    locked_cells: frozenset[int] = frozenset()
    locked_units: frozenset[int] = frozenset()
    outlines: Mapping[int, Rings] = field(default_factory=dict)
    weights: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    rows: Mapping[int, int] = field(default_factory=dict)
    points: Mapping[int, int] = field(default_factory=dict)

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.label)

    def after(self, changes: Iterable[Change]) -> DrawnState:
        """Return the state after some changes, one after another; the rules are not asked."""
        label, centre, next_cell = self.label.copy(), dict(self.centre), self.next_cell
        cells, units = set(self.locked_cells), set(self.locked_units)
        outlines, weights = dict(self.outlines), dict(self.weights)
        rows, points = dict(self.rows), dict(self.points)
        for change in changes:
            if change.n_units is not None:
                label = _resized(label, change.n_units)
                for known in (outlines, weights, rows):
                    for unit in [unit for unit in known if unit >= change.n_units]:
                        del known[unit]
            kept = len(label)
            moved, target = change.moved()
            label[moved[moved < kept]] = target[moved < kept]
            centre |= dict(change.centres)
            next_cell = next_cell if change.next_cell is None else change.next_cell
            _lock(cells, change.cell_locks)
            _lock(units, change.unit_locks)
            outlines |= {unit: rings for unit, rings in change.outlines if unit < kept}
            weights |= {unit: loads for unit, loads in change.weights if unit < kept}
            rows |= {unit: row for unit, row in change.rows if unit < kept}
            points |= dict(change.points)
        return DrawnState(
            label=label,
            centre={cell: unit for cell, unit in centre.items() if unit != CLOSED},
            next_cell=next_cell,
            locked_cells=frozenset(cells),
            locked_units=frozenset(units),
            outlines=outlines,
            weights=weights,
            rows=rows,
            points=points,
        )

    def tiled(self, ground: Ground) -> Ground:
        """Return the ground of the territory with the units that were reshaped or added."""
        reshaped = self.outlines or self.weights or self.points or self.n_units != ground.n_units
        if not reshaped:
            return ground
        return retiled(
            ground,
            self.n_units,
            outlines=self.outlines,
            weights=self.weights,
            rows=self.rows,
            points=self.points,
        )

    def plan(self, ground: Ground) -> DrawnPlan:
        """Return the drawn plan on the ground of the territory, figures from scratch."""
        return self.on(self.tiled(ground))

    def on(self, tiled: Ground) -> DrawnPlan:
        """Return the drawn plan on a ground that has these units, figures from scratch."""
        return draw(
            tiled,
            self.label.astype(np.int64),
            self.centre,
            locked_cells=self.locked_cells,
            locked_units=self.locked_units,
            next_cell=self.next_cell,
        )

    def rest(self) -> Change:
        """Return everything but the labels as a change from nothing."""
        return Change(
            centres=tuple(sorted(self.centre.items())),
            cell_locks=tuple((cell, True) for cell in sorted(self.locked_cells)),
            unit_locks=tuple((unit, True) for unit in sorted(self.locked_units)),
            next_cell=self.next_cell,
            outlines=tuple(sorted(self.outlines.items())),
            weights=tuple(sorted(self.weights.items())),
            rows=tuple(sorted(self.rows.items())),
            points=tuple(sorted(self.points.items())),
        )


def state_of(label: Labels, rest: Change) -> DrawnState:
    """Return the state with these labels whose `DrawnState.rest` this is."""
    return DrawnState(label=label, centre={}, next_cell=0).after([rest])


def _resized(label: Labels, n_units: int) -> Labels:
    grown = np.full(n_units, CLOSED, dtype=np.int32)
    kept = min(n_units, len(label))
    grown[:kept] = label[:kept]
    return grown


def _lock(locked: set[int], given: tuple[tuple[int, bool], ...]) -> None:
    for one, on in given:
        (locked.add if on else locked.discard)(one)
