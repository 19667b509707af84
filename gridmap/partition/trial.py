"""A plan under way: units are tried one after another, and each try that breaks is taken back."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gridmap.errors import Fault
from gridmap.partition.change import Change
from gridmap.partition.ground import Ground
from gridmap.partition.redraw import DrawnPlan
from gridmap.partition.redraw_kernels import Labels
from gridmap.partition.rules import centre_parts, stays_whole
from gridmap.territory import Floats, Ints


@dataclass(frozen=True, eq=False)
class Draft:
    """What an edit wants to do, before the rules are asked.

    Attributes
    ----------
    change
        New values.
    left_out
        Units that were asked for and are not in it, ascending.
    notices
        What the person who drew should read.
    after
        The plan after the change, where it had to be made already.
    """

    change: Change
    left_out: tuple[int, ...] = ()
    notices: tuple[Fault, ...] = ()
    after: DrawnPlan | None = None


class Budget:
    """An amount of workload to be taken, as nearly as units allow.

    Parameters
    ----------
    weight
        Workload of each unit. Shape (n_units,).
    amount
        What is to be taken.
    """

    def __init__(self, weight: Floats, amount: float) -> None:
        self._weight = weight
        self._rest = amount

    def allows(self, unit: int) -> bool:
        """Return whether taking a unit comes no further from the amount than leaving it."""
        return self._rest > 0.0 and float(self._weight[unit]) <= 2.0 * self._rest

    def spend(self, unit: int) -> None:
        """Count a unit as taken."""
        self._rest -= float(self._weight[unit])


class Trial:
    """Labels that may be changed as long as every cell stays in one piece.

    Parameters
    ----------
    plan
        Plan to start from; it is not changed.
    centre
        Centres, where they differ from the plan's.
    """

    def __init__(self, plan: DrawnPlan, centre: Mapping[int, int] | None = None) -> None:
        self._plan = plan
        self.ground: Ground = plan.ground
        self.label: Labels = plan.label.copy()
        self.centre: Mapping[int, int] = plan.centre if centre is None else centre
        self._held = set(self.centre.values()) | plan.locked_units
        self._centred = set(centre_parts(self).tolist())

    def may_leave(self, unit: int) -> bool:
        """Return whether neither a lock nor its being a centre holds a unit."""
        cell = int(self._plan.label[unit])
        return unit not in self._held and cell not in self._plan.locked_cells

    def group(self, unit: int) -> Ints:
        """Return what goes with a unit: itself, or its whole part if that has no centre."""
        part = int(self.ground.component[unit])
        if part in self._centred:
            return np.array([unit], dtype=np.int64)
        return np.flatnonzero(self.ground.component == part)

    def give(self, units: Ints, to: int) -> bool:
        """Give units to a cell if that breaks none; return whether it was done."""
        if not all(self.may_leave(unit) for unit in units.tolist()):
            return False
        old = self.label[units]
        self.label[units] = to
        if all(stays_whole(self, cell, units, old) for cell in np.union1d(old, [to]).tolist()):
            return True
        self.label[units] = old
        return False

    def grow(self, to: int, cost: Floats, *, budget: Budget | None = None) -> list[int]:
        """Let a cell take units at its border, cheapest first, as long as no cell breaks.

        Parameters
        ----------
        to
            Cell that grows.
        cost
            The order in which it may take units; infinite for those that it may not take.
            Shape (n_units,).
        budget
            How much it may take; None for all.

        Returns
        -------
        list of int
            Units taken, in this order.
        """
        rim = self.ground.neighbourhood(np.flatnonzero(self.label == to))
        rim = rim[np.isfinite(cost[rim]) & (self.label[rim] != to)]
        queue = [(float(cost[unit]), unit) for unit in rim.tolist()]
        heapq.heapify(queue)
        taken: list[int] = []
        while queue:
            _, unit = heapq.heappop(queue)
            if self.label[unit] == to or not (budget is None or budget.allows(unit)):
                continue
            if not self.give(np.array([unit], dtype=np.int64), to):
                continue
            taken.append(unit)
            if budget is not None:
                budget.spend(unit)
            # A neighbour that could not leave before may be able to now.
            for other in self.ground.neighbours(unit).tolist():
                if np.isfinite(cost[other]) and self.label[other] != to:
                    heapq.heappush(queue, (float(cost[other]), other))
        return taken

    def change(
        self, *, centres: tuple[tuple[int, int], ...] = (), next_cell: int | None = None
    ) -> Change:
        """Return the change from the plan to the labels as they are."""
        units = np.flatnonzero(self.label != self._plan.label)
        pairs = zip(units.tolist(), self.label[units].tolist(), strict=True)
        return Change(labels=tuple(pairs), centres=centres, next_cell=next_cell)

    def in_order(self, units: Ints, cost: Floats) -> Floats:
        """Return the cost of some units among all, infinite for the others. (n_units,)."""
        every = np.full(self.ground.n_units, np.inf)
        every[units] = cost
        return every
