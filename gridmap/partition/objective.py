"""Terms of the objective and rules of a partition, one function each.

A plan is a label a unit. The search minimises

    travel / (mu R)  +  ( c · border + b · reach across barriers ) / sqrt(area / cells)
                     +  s · mean square excess of the further workloads

where mu is the mean load and R the mean travel to the nearest centre, so that all terms are
pure numbers; the first workload is a constraint.
"""

from __future__ import annotations

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
    barrier
        Price of reaching across a metre of barrier, in metres of border.
    further
        Price of the squared excess of a further workload, in mean cells' travel.
    """

    compactness: float = 0.3
    barrier: float = 3.0
    further: float = 60.0


IMPORTANCE = Importance()


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


def further_excess(problem: PartitionProblem, label: Ints, tolerance: float) -> float:
    """Return Σ half the squared deviation beyond the tolerance, of all but the first workload."""
    target = problem.target[1:]
    used = target > 0
    deviation = loads(problem, label)[:, 1:][:, used] / target[used] - 1.0
    return 0.5 * float((np.maximum(np.abs(deviation) - tolerance, 0.0) ** 2).sum())


def objective(
    problem: PartitionProblem, label: Ints, tolerance: float, importance: Importance
) -> float:
    """Return the weighted sum of all terms; see the head of the module."""
    width_m = np.sqrt(problem.area_m2 / problem.n_cells)
    lines_m = border_m(problem, label) + importance.barrier * barrier_reach_m(problem, label)
    return float(
        travel_cost(problem, label) / cost_unit(problem)
        + importance.compactness * lines_m / width_m
        + importance.further * further_excess(problem, label, tolerance)
    )


def cost_unit(problem: PartitionProblem) -> float:
    """Return the travel of a mean cell: mean load times mean seconds to the nearest centre."""
    return float(max(problem.target[0], 1e-300) * problem.mean_nearest_s)


def violation(load: Floats, low: Floats, high: Floats) -> Floats:
    """Return how far each load is outside its band, in workload. Shape (n_cells,)."""
    return np.maximum(np.maximum(load - high, low - load), 0.0)


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
