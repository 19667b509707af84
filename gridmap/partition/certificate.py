"""Balance that cannot be reached, with the proof.

Every plan gives each block (see `gridmap.partition.blocks`) to cells that get there from their
centres, and each neck to exactly one cell. The least worst deviation over all such sharings, by
mixed-integer programming, is a lower bound on the worst deviation of every plan in one piece;
what counts as proven is the *dual* bound of the solver, which holds even if it stops early.
It stops after a number of nodes, never by the clock. Simple bounds stand beside it: a unit too
heavy for any cell, and a part of the graph whose load does not fit its centres. Necks of two and
more units are the matter of `gridmap.partition.necks`; the greater bound counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridmap.partition.blocks import block_forest, mean_load
from gridmap.partition.gates import hemmed_groups
from gridmap.partition.mixed_program import dual_bound
from gridmap.partition.necks import Neck, narrow_pockets
from gridmap.partition.pocket import Pocket
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.partition.sharing import EPSILON, Sharing

#: Above so many yes-or-no decisions necks are left to the minimum cuts: it would take too long.
MOST_DECISIONS = 1_500
NODE_LIMIT = 400
#: Room around a pocket's load in the relaxation, in mean loads, since real units are coarse.
POCKET_ROOM = 0.03


@dataclass(frozen=True)
class Certificate:
    """What is proven about the balance.

    Attributes
    ----------
    bound
        No plan has a worst deviation below it; 0 where nothing beyond the tolerance is proven.
    pockets
        The cells that cannot be helped.
    """

    bound: float
    pockets: tuple[Pocket, ...] = ()


def certify(
    problem: PartitionProblem, tolerance: float, *, node_limit: int = NODE_LIMIT
) -> Certificate:
    """Prove, if possible, that no plan keeps the first workload within the tolerance.

    Parameters
    ----------
    problem
        Graph, centres and first workload; travel only decides which of several cells is named.
    tolerance
        Allowed deviation as a share.
    node_limit
        Nodes of the branch-and-bound tree.
    """
    if problem.n_cells == 1 or problem.target[0] == 0.0:
        return Certificate(0.0)
    blocks = block_forest(problem)
    model = Sharing(problem, blocks, tolerance)
    if model.n_decisions > MOST_DECISIONS:
        blocks = block_forest(problem, necks=False)
        model = Sharing(problem, blocks, tolerance)
    least = model.least_worst(node_limit)
    proven = max(dual_bound(least), 0.0)
    wide = [one for one in narrow_pockets(problem, tolerance) if one.bound > tolerance + EPSILON]
    bound = max(
        [
            simple_bound(problem),
            tolerance + proven if proven > EPSILON else 0.0,
            *(one.bound for one in wide),
        ]
    )
    if bound <= tolerance + EPSILON:
        return Certificate(0.0)
    named: tuple[Pocket, ...] = ()
    if proven > EPSILON:
        named = model.pockets(proven if least.x is None else float(least.x[0]), node_limit)
    return Certificate(bound, _with_wide(problem, tolerance, named, wide))


def certify_after(
    problem: PartitionProblem, tolerance: float, known: Certificate, label: Ints
) -> Certificate:
    """Look closer at the cells that a search left short, and add what is proven about them.

    Parameters
    ----------
    problem, tolerance
        As certified before.
    known
        What was proven before the search.
    label
        The plan the search ended with. Shape (n_units,).
    """
    mean = mean_load(problem)
    load = np.bincount(label, weights=problem.weights[:, 0], minlength=problem.n_cells) / mean
    named = {one.cell: one for one in known.pockets}
    short = np.flatnonzero(load < 1.0 - tolerance - EPSILON).tolist()
    bound = known.bound
    for group in hemmed_groups(
        problem, tolerance, label, tuple(one for one in short if one not in named)
    ):
        if group.bound <= tolerance + EPSILON:
            continue
        bound = max(bound, group.bound)
        for cell in group.short:
            named[cell] = Pocket(cell, 1.0 - group.bound, group.gates, rivals=group.short)
    return Certificate(bound, tuple(named[cell] for cell in sorted(named)))


def certify_each(
    problem: PartitionProblem, tolerances: Sequence[float], *, node_limit: int = NODE_LIMIT
) -> tuple[Certificate, ...]:
    """Return a certificate for each workload by itself.

    Parameters
    ----------
    problem
        Graph, centres and workloads.
    tolerances
        Allowed deviation of each workload; infinite for one that is not held.
    node_limit
        See `certify`.
    """
    found = []
    for column, tolerance in enumerate(tolerances):
        if not np.isfinite(tolerance):
            found.append(Certificate(0.0))
            continue
        alone = replace(problem, weights=problem.weights[:, [column]])
        found.append(certify(alone, tolerance, node_limit=node_limit))
    return tuple(found)


def _with_wide(
    problem: PartitionProblem,
    tolerance: float,
    named: tuple[Pocket, ...],
    wide: Sequence[Neck],
) -> tuple[Pocket, ...]:
    """Add the pockets of necks, inner before outer, and what is known of those named already.

    Whoever stays in an inner pocket also stays in the outer one and takes his share of it.
    """
    found = {one.cell: one for one in named}
    for neck in sorted(wide, key=lambda one: (len(one.units), one.units)):
        rivals = neck.cells
        if neck.staying == 0:
            # Also whoever has his centre in the neck has to share the burden.
            around = problem.fixed[list(neck.cut)]
            rivals = tuple(sorted({*neck.cells, *(int(one) for one in around if one >= 0)}))
        known = [cell for cell in rivals if cell in found]
        for cell in known:
            if not found[cell].rivals:
                found[cell] = replace(found[cell], units=neck.units, rivals=rivals)
        left = (neck.staying or len(rivals)) - len(known)
        if left <= 0 or (neck.staying == 0 and known):
            continue
        taken = sum(found[cell].load_share for cell in known)
        share = neck.load_share
        if neck.staying:
            share = max(neck.staying * share - taken, 0.0) / left
        # A scarce neck says how much those inside may hope for at most, never that it is too much.
        if share >= 1.0 - tolerance if neck.staying else abs(share - 1.0) <= tolerance:
            continue
        inner = [cell for cell in _from_neck(problem, neck, rivals) if cell not in found]
        for cell in inner[-left:]:
            found[cell] = Pocket(cell, share, neck.cut, neck.units, rivals)
    return tuple(found[cell] for cell in sorted(found))


def _from_neck(problem: PartitionProblem, neck: Neck, cells: Sequence[int]) -> list[int]:
    """Return the cells by the steps from the neck to their centres, inside the pocket."""
    steps = dict.fromkeys(neck.cut, 0)
    inside = set(neck.units)
    order = list(neck.cut)
    for unit in order:
        for other in problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]].tolist():
            if other in inside and other not in steps:
                steps[other] = steps[unit] + 1
                order.append(other)
    far = problem.n_units
    return sorted(cells, key=lambda cell: (steps.get(int(problem.centre_unit[cell]), far), cell))


def simple_bound(problem: PartitionProblem) -> float:
    """Return the bound that follows from the heaviest unit and from the parts of the graph."""
    mean = mean_load(problem)
    weight = problem.weights[:, 0]
    bound = max(0.0, float(weight.max()) / mean - 1.0)
    held = problem.fixed >= 0
    own = np.bincount(problem.fixed[held], weights=weight[held], minlength=problem.n_cells)
    bound = max(bound, float(own.max()) / mean - 1.0)
    of_centre = problem.component[problem.centre_unit]
    for part in np.unique(of_centre):
        cells = int((of_centre == part).sum())
        load = float(weight[problem.component == part].sum())
        bound = max(bound, abs(load / (cells * mean) - 1.0))
    return bound


def bands(
    problem: PartitionProblem, tolerance: float, certificate: Certificate
) -> tuple[Floats, Floats]:
    """Return the band of each cell's first workload, widened for proven pockets only.

    Shapes (n_cells,).
    """
    mean = float(problem.target[0])
    low = np.full(problem.n_cells, mean * (1.0 - tolerance))
    high = np.full(problem.n_cells, mean * (1.0 + tolerance))
    for pocket in certificate.pockets:
        low[pocket.cell] = min(low[pocket.cell], mean * (pocket.load_share - POCKET_ROOM))
        high[pocket.cell] = max(high[pocket.cell], mean * (pocket.load_share + POCKET_ROOM))
    return np.maximum(low, 0.0), high
