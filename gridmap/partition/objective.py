"""Terms of the objective and rules of a partition, one function each.

A plan is a label a unit. The search minimises

    travel / (mu R)  +  ( c · border + b · reach across barriers + a · reach across
                          administrative lines ) / sqrt(area / cells)
                     +  s · changed weight / mean former weight of a cell

where mu is the mean load and R the mean travel to the nearest centre, so that all terms are
pure numbers; the workloads are constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem


@dataclass(frozen=True)
class Importance:
    """How much the terms count against each other.

    Attributes
    ----------
    compactness
        Price of a border as long as a mean cell is wide, in mean cells' travel.
    barrier, admin
        Price of reaching across a metre of barrier, and of administrative line, in metres of
        border.
    change
        Price of taking a mean cell's former weight elsewhere, in mean cells' travel.
    """

    compactness: float = 0.04
    barrier: float = 3.0
    admin: float = 0.5
    change: float = 1.0


IMPORTANCE = Importance()


@dataclass(frozen=True, eq=False)
class Bands:
    """Least and most load of each cell in each workload. Shapes (n_cells, n_workloads)."""

    low: Floats
    high: Floats

    @classmethod
    def around_mean(cls, problem: PartitionProblem, tolerances: Sequence[float | None]) -> Bands:
        """Return the bands mean · (1 ± tolerance); None = no limit, one entry a workload."""
        share = np.array([np.inf if one is None else one for one in tolerances])
        # A workload that is nowhere binds nobody.
        share[problem.target <= 0.0] = np.inf
        held = np.isfinite(share)
        mean = np.where(held, problem.target, 1.0)
        low = np.where(held, mean * (1.0 - np.where(held, share, 0.0)), -np.inf)
        high = np.where(held, mean * (1.0 + np.where(held, share, 0.0)), np.inf)
        return cls(np.tile(low, (problem.n_cells, 1)), np.tile(high, (problem.n_cells, 1)))

    def excess(self, problem: PartitionProblem, load: Floats) -> Floats:
        """Return how far loads are outside, in mean loads. Shape (n_cells, n_workloads)."""
        outside = np.maximum(np.maximum(load - self.high, self.low - load), 0.0)
        over: Floats = outside / np.where(problem.target > 0.0, problem.target, 1.0)
        return over


def loads(problem: PartitionProblem, label: Ints) -> Floats:
    """Return the load of each cell in each workload. Shape (n_cells, n_workloads)."""
    columns = [
        np.bincount(label, weights=column, minlength=problem.n_cells)
        for column in problem.weights.T
    ]
    return np.stack(columns, axis=1)


def travel_cost(problem: PartitionProblem, label: Ints) -> float:
    """Return Σ first workload · seconds from the own centre."""
    seconds = problem.travel_s[np.arange(problem.n_units), label]
    return float(problem.weights[:, 0] @ seconds)


def border_m(problem: PartitionProblem, label: Ints) -> float:
    """Return the metres of border between cells."""
    cut = label[problem.arc_from] != label[problem.indices]
    return float(problem.shared_m[cut].sum()) / 2.0


def barrier_reach_m(problem: PartitionProblem, label: Ints) -> float:
    """Return the metres of barrier that run inside cells, with cell on both sides."""
    inside = label[problem.arc_from] == label[problem.indices]
    return float(problem.barrier_m[inside].sum()) / 2.0


def admin_reach_m(problem: PartitionProblem, label: Ints) -> float:
    """Return the metres of administrative line that run inside cells."""
    inside = label[problem.arc_from] == label[problem.indices]
    return float(problem.admin_m[inside].sum()) / 2.0


def changed_weight(problem: PartitionProblem, label: Ints) -> float:
    """Return the former weight of the units that left their former cell."""
    moved = (problem.former >= 0) & (problem.former != label)
    return float(problem.former_weight[moved].sum())


def objective(problem: PartitionProblem, label: Ints, importance: Importance) -> float:
    """Return the weighted sum of all terms; see the head of the module."""
    lines_m = importance.compactness * border_m(problem, label)
    lines_m += importance.compactness * importance.barrier * barrier_reach_m(problem, label)
    lines_m += importance.compactness * importance.admin * admin_reach_m(problem, label)
    return float(
        travel_cost(problem, label) / cost_unit(problem)
        + lines_m / cell_width_m(problem)
        + importance.change * changed_weight(problem, label) / change_unit(problem)
    )


def cell_width_m(problem: PartitionProblem) -> float:
    """Return the side of a square as large as a mean cell, in metres."""
    return float(np.sqrt(problem.area_m2 / problem.n_cells))


def change_unit(problem: PartitionProblem) -> float:
    """Return the mean former weight of a cell, never 0."""
    mean = float(problem.former_weight.sum()) / problem.n_cells
    return mean if mean > 0.0 else 1.0


def cost_unit(problem: PartitionProblem) -> float:
    """Return the travel of a mean cell: mean load times mean seconds to the nearest centre."""
    return float(max(problem.target[0], 1e-300) * problem.mean_nearest_s)


def pieces(problem: PartitionProblem, label: Ints) -> Ints:
    """Return a number of the connected piece of one label that each unit lies in.

    Shape (n_units,).
    """
    same = label[problem.arc_from] == label[problem.indices]
    ends = (problem.arc_from[same], problem.indices[same])
    graph = csr_array((np.ones(len(ends[0])), ends), shape=(problem.n_units, problem.n_units))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def with_centre(problem: PartitionProblem, label: Ints) -> Bools:
    """Return which units hang together with the centre of their cell. Shape (n_units,)."""
    piece = pieces(problem, label)
    found: NDArray[np.bool_] = piece == piece[problem.centre_unit][label]
    return found


def broken_cells(problem: PartitionProblem, label: Ints) -> tuple[int, ...]:
    """Return the cells that break a rule: not in one piece, or without their fixed units."""
    strayed = ~with_centre(problem, label)
    misplaced = (problem.fixed >= 0) & (problem.fixed != label)
    cells = np.concatenate([label[strayed], problem.fixed[misplaced], label[misplaced]])
    return tuple(np.unique(cells).tolist())
