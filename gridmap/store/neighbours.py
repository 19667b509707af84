"""What a grid manager may know of the cells next door: sums, and no outlet, name or place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from gridmap.scenario import Scenario
from gridmap.territory import Territory

Direction = Literal["e", "ne", "n", "nw", "w", "sw", "s", "se"]


@dataclass(frozen=True)
class Neighbour:
    """A cell that shares a border with another one, in sums.

    Attributes
    ----------
    cell_id
        Its number; None for whoever may not see the cell itself.
    direction
        Where its middle lies, seen from the middle of the other cell.
    shared_m
        Length of the border of both, in metres.
    outlets, visited
        All outlets in it, and those that get visits.
    deviation
        How far its load is above or below the mean of all cells, in the first workload.
    day_min
        Minutes of visits and travel a day.
    position, coverage
        Its scores; NaN where they are not known.
    """

    cell_id: int | None
    direction: Direction
    shared_m: float
    outlets: int
    visited: int
    deviation: float
    day_min: float
    position: float
    coverage: float

    @property
    def nameless(self) -> Neighbour:
        """The same without its number."""
        return replace(self, cell_id=None)


def neighbours(territory: Territory, scenario: Scenario) -> dict[int, tuple[Neighbour, ...]]:
    """Return the neighbours of each cell of a whole plan, the longest border first."""
    label, n_cells = scenario.partition.label, scenario.partition.n_cells
    pairs = territory.units.adjacency
    first, second = label[pairs.first], label[pairs.second]
    border = np.zeros((n_cells, n_cells))
    np.add.at(border, (first, second), pairs.shared_m)
    border += border.T
    np.fill_diagonal(border, 0.0)
    counts = np.maximum(np.bincount(label, minlength=n_cells), 1)
    middle = np.stack(
        [
            np.bincount(label, weights=territory.units.inner_xy[:, axis], minlength=n_cells)
            / counts
            for axis in (0, 1)
        ],
        axis=1,
    )
    cell_of = label[territory.outlets["unit"].to_numpy()]
    outlets = np.bincount(cell_of, minlength=n_cells)
    visited = np.bincount(cell_of[territory.outlets["visited"].to_numpy(bool)], minlength=n_cells)
    balance = scenario.partition.balances[0]
    table = scenario.cells
    day_min, position, coverage = (
        table[name].to_numpy(np.float64)
        for name in ("visit_minutes_per_day", "position_score", "coverage_score")
    )
    numbers = table["cell_id"].to_numpy(np.int64)

    def of(cell: int, other: int) -> Neighbour:
        return Neighbour(
            cell_id=int(numbers[other]),
            direction=_direction(*(middle[other] - middle[cell])),
            shared_m=float(border[cell, other]),
            outlets=int(outlets[other]),
            visited=int(visited[other]),
            deviation=float(balance.load[other] / balance.target - 1.0) if balance.target else 0.0,
            day_min=float(day_min[other]),
            position=float(position[other]),
            coverage=float(coverage[other]),
        )

    return {
        int(numbers[cell]): tuple(
            of(cell, int(other))
            for other in np.argsort(-border[cell], kind="stable")
            if border[cell, other] > 0.0
        )
        for cell in range(n_cells)
    }


def as_seen(
    found: dict[int, tuple[Neighbour, ...]], own: Collection[int]
) -> dict[int, tuple[Neighbour, ...]]:
    """Return the neighbours of one's own cells; those that are not one's own lose their number."""
    return {
        cell: tuple(one if one.cell_id in own else one.nameless for one in beside)
        for cell, beside in found.items()
        if cell in own
    }


def _direction(east: float, north: float) -> Direction:
    eighth = round(np.degrees(np.arctan2(north, east)) / 45.0) % 8
    names: tuple[Direction, ...] = get_args(Direction)
    return names[int(eighth)]
