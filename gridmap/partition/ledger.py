"""The figures of a plan under way from one plan to the next, kept by difference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gridmap.partition.ground import Ground, sums
from gridmap.partition.redraw import DrawnPlan, Figures, unit_seconds
from gridmap.partition.redraw_kernels import Labels, relabel
from gridmap.territory import Floats, Ints

_NOWHERE = -1


class Ledger:
    """Books units out of their cells and into others.

    Parameters
    ----------
    plan
        Plan to start from; it is not changed.
    n_ids
        Cell ids that are needed.

    Attributes
    ----------
    label
        Cell of each unit so far. Shape (n_units,).
    touched
        Cells whose outline is no longer what it was.
    """

    def __init__(self, plan: DrawnPlan, n_ids: int) -> None:
        self._plan = plan
        self.label: Labels = plan.label.copy()
        self.touched: set[int] = set()
        old = plan.figures
        more = max(0, n_ids - len(old.size))
        self._load = np.pad(old.load, ((0, more), (0, 0)))
        self._travel: Floats = np.pad(old.travel, (0, more))
        self._size: Ints = np.pad(old.size, (0, more))
        self._area: Ints = np.pad(old.area, (0, more))
        self._perimeter_nm: Ints = np.pad(old.perimeter_nm, (0, more))
        self._border = dict(old.border)

    def move(
        self,
        units: Ints,
        target: Labels,
        centre_before: Mapping[int, int],
        centre_after: Mapping[int, int],
    ) -> None:
        """Move units to cells on the ground of the plan."""
        ground = self._plan.ground
        self._book(ground, centre_before, units, self.label[units], -1)
        self._relabel(ground, units, target)
        self._book(ground, centre_after, units, target, +1)

    def reshape(
        self,
        new: Ground,
        reshaped: Ints,
        units: Ints,
        target: Labels,
        centre_after: Mapping[int, int],
    ) -> None:
        """Move units while the ground under them changes.

        Units whose outline or workload changes leave their cell on the old ground and come to
        their cell on the new one, so that both are booked as they were and as they are.

        Parameters
        ----------
        new
            Ground after the change.
        reshaped
            Units with another outline or workload, and those added.
        units, target
            Units that get a cell, and the cells; added ones among them. Shape (n,).
        centre_after
            Centres after the change.
        """
        old = self._plan.ground
        shifted = (old.bridge_ends != new.bridge_ends).any(axis=1)
        ends = [old.bridge_ends[shifted].ravel(), new.bridge_ends[shifted].ravel()]
        every = np.unique(np.concatenate([reshaped, units, *ends]))
        leaving = np.append(
            every[every < min(old.n_units, new.n_units)], np.arange(new.n_units, old.n_units)
        )
        self._book(old, self._plan.centre, leaving, self.label[leaving], -1)
        self._relabel(old, leaving, np.full(len(leaving), _NOWHERE, dtype=np.int32))
        after = np.full(new.n_units, _NOWHERE, dtype=np.int32)
        kept = min(old.n_units, new.n_units)
        after[:kept] = self._plan.label[:kept]
        after[units] = target
        self.label = np.append(
            self.label[:kept], np.full(new.n_units - kept, _NOWHERE, dtype=np.int32)
        )
        coming = every[every < new.n_units]
        self._relabel(new, coming, after[coming])
        self._book(new, centre_after, coming, after[coming], +1)

    def recentre(self, ground: Ground, centre_after: Mapping[int, int]) -> None:
        """Count the travel of cells anew whose centre is another one."""
        for cell, unit in centre_after.items():
            if self._plan.centre.get(cell, unit) != unit:
                units = np.flatnonzero(self.label == cell)
                seconds = unit_seconds(ground, unit, units)
                self._travel[cell] = float(ground.weights[units, 0] @ seconds)

    def figures(self, n_ids: int) -> Figures:
        """Return the figures as they stand, for ids below `n_ids`."""
        empty = self._size == 0
        self._load[empty] = 0.0
        self._travel[empty] = 0.0
        return Figures(
            load=self._load[:n_ids],
            travel=self._travel[:n_ids],
            size=self._size[:n_ids],
            area=self._area[:n_ids],
            perimeter_nm=self._perimeter_nm[:n_ids],
            border=self._border,
        )

    def _book(
        self, ground: Ground, centre: Mapping[int, int], units: Ints, cells: Labels, sign: int
    ) -> None:
        """Add or take away what each unit brings to its cell by itself."""
        n_ids = len(self._size)
        row = cells.astype(np.int64)
        np.add.at(self._load, row, sign * ground.weights[units])
        self._size += sign * np.bincount(row, minlength=n_ids)
        self._area += sign * sums(row, ground.area[units], n_ids)
        for cell in np.unique(row).tolist():
            own = units[row == cell]
            seconds: Floats = unit_seconds(ground, centre[cell], own)
            self._travel[cell] += sign * float(ground.weights[own, 0] @ seconds)
            self.touched.add(cell)

    def _relabel(self, ground: Ground, units: Ints, target: Labels) -> None:
        """Give units a cell, with all that follows for borders and perimeters."""
        key, nm, links = relabel(
            units,
            target,
            self.label,
            ground.indptr,
            ground.indices,
            ground.shared_nm,
            ground.perimeter_nm,
            self._perimeter_nm,
        )
        pairs, row = np.unique(key, return_inverse=True)
        for pair, more, count in zip(
            pairs.tolist(),
            sums(row, nm, len(pairs)).tolist(),
            sums(row, links, len(pairs)).tolist(),
            strict=True,
        ):
            both = (pair >> 32, pair & 0xFFFFFFFF)
            length, number = self._border.get(both, (0, 0))
            if number + count:
                self._border[both] = (length + more, number + count)
            else:
                self._border.pop(both, None)
