"""Bring the cells of a drawn plan back into balance, as near to how they were drawn as can be.

It is `gridmap.partition.realign` with the drawn plan as the former one. Locked cells and units
stay, and so do parts of the territory that hang on nothing: nobody loses or gains them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gridmap.partition.change import Change
from gridmap.partition.ground import AREA_PER_M2, NM_PER_M
from gridmap.partition.objective import Bands, loads
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem
from gridmap.partition.realign import realign
from gridmap.partition.redraw import DrawnPlan, unit_seconds
from gridmap.progress import Stop


@dataclass(frozen=True)
class Rebalanced:
    """A change that brings cells into balance.

    Attributes
    ----------
    change
        Units and the cells they come to; none if nothing helps.
    before, after
        Largest deviation from the mean load, as a share of it, over the cells that are not
        locked and the workloads that have a tolerance.
    """

    change: Change
    before: float
    after: float


def rebalance(
    plan: DrawnPlan,
    tolerances: Sequence[float | None],
    *,
    iterations: int = 5,
    seed: int = 1,
    stop: Stop | None = None,
    on_round: Callable[[int], None] = lambda _: None,
) -> Rebalanced:
    """Return the change that brings the cells of a plan within the tolerances.

    Parameters
    ----------
    plan
        Drawn plan.
    tolerances
        Allowed deviation of each workload as a share; None = only reported.
    iterations, seed, stop, on_round
        See `gridmap.partition.realign.realign`.

    Raises
    ------
    LookupError
        If nobody knows the travel from the centre of a cell.
    """
    cells = np.array(plan.cells, dtype=np.int64)
    former = np.searchsorted(cells, plan.label).astype(np.int64)
    locked = np.array([cell in plan.locked_cells for cell in plan.cells], dtype=np.bool_)
    problem = _problem(plan, cells, former, locked)
    bands = Bands.around_mean(problem, tolerances)
    # what cannot change is no reason to move anything
    bands.low[locked], bands.high[locked] = -np.inf, np.inf
    found = realign(
        problem, former, bands, iterations=iterations, seed=seed, stop=stop, on_round=on_round
    )
    label = np.where(problem.fixed >= 0, former, found.label)
    held = np.array([one is not None for one in tolerances], dtype=np.bool_)
    before, after = (_worst(problem, one, ~locked, held) for one in (former, label))
    moved = np.flatnonzero(label != former)
    # the worst cell may be hemmed in by locked ones: what counts is all that is outside
    outside = [float(bands.excess(problem, loads(problem, one)).sum()) for one in (former, label)]
    if outside[1] >= outside[0]:
        return Rebalanced(Change(), before, before)
    pairs = zip(moved.tolist(), cells[label[moved]].tolist(), strict=True)
    return Rebalanced(Change(labels=tuple(pairs)), before, after)


def _problem(plan: DrawnPlan, cells: Ints, former: Ints, locked: Bools) -> PartitionProblem:
    """Return the problem in which whatever is locked may stay only."""
    ground = plan.ground
    every = np.arange(ground.n_units)
    stays = locked[former]
    stays[sorted(plan.locked_units)] = True
    tail = np.repeat(every, np.diff(ground.indptr))
    once = tail < ground.indices
    centres = [plan.centre[cell] for cell in cells.tolist()]
    return PartitionProblem.from_pairs(
        tail[once],
        ground.indices[once],
        shared_m=ground.shared_nm[once] / NM_PER_M,
        weights=ground.weights,
        travel_s=np.column_stack([unit_seconds(ground, one, every) for one in centres]),
        centre_unit=np.array(centres, dtype=np.int64),
        area_m2=float(ground.area.sum()) / AREA_PER_M2,
        forced=np.where(stays, former, -1),
        forbidden=locked[None, :] & (former[:, None] != np.arange(len(cells))[None, :]),
    )


def _worst(problem: PartitionProblem, label: Ints, cells: Bools, held: Bools) -> float:
    """Return the largest deviation of some cells in some workloads, in mean loads."""
    target: Floats = problem.target
    asked = held & (target > 0.0)
    if not asked.any() or not cells.any():
        return 0.0
    load = loads(problem, label)[cells][:, asked]
    return float(np.abs(load / target[asked] - 1.0).max())
