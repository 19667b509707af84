"""What would cure a balance that cannot be reached.

For each pocket of a certificate: another unit for the centre, a merger of two cells, another
outlet as centre, or a wider tolerance. Each is tried on the changed problem first: it is offered
only if no cell of that pocket or of the change is named any more, and fewer cells than before. What
is left proven elsewhere is another pocket's matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gridmap.errors import Fault, fault
from gridmap.partition.certificate import Certificate, certify
from gridmap.partition.pocket import Pocket
from gridmap.partition.problem import Ints, PartitionProblem

Kind = Literal["move_centre", "merge_cells", "other_centre", "widen_tolerance"]

#: Units tried as a new place of a centre, and cells tried for a merger, for each pocket.
MOST_TRIES = 3
#: Tolerances are offered in steps of it.
STEP = 0.01


@dataclass(frozen=True)
class Cure:
    """A change that takes the proof away.

    Attributes
    ----------
    kind
        `move_centre`: the cell's centre to `unit`. `merge_cells`: the two cells, at the second
        one's centre. `other_centre`: another outlet, in `unit`, as the cell's centre.
        `widen_tolerance`: to `tolerance`.
    cells
        The cells concerned.
    unit
        The new unit of the centre, or -1.
    tolerance
        The tolerance with which the proof is gone: the one asked for or the wider one.
    """

    kind: Kind
    cells: tuple[int, ...]
    unit: int
    tolerance: float


def cures(
    problem: PartitionProblem,
    tolerance: float,
    certificate: Certificate,
    *,
    candidates: Sequence[int] = (),
    most_pockets: int = 5,
) -> tuple[tuple[Pocket, tuple[Cure, ...]], ...]:
    """Return the pockets with their cures, one of each kind at most.

    Parameters
    ----------
    problem, tolerance
        As certified; the first workload counts.
    certificate
        What was proven.
    candidates
        Units of outlets that could be centres instead.
    most_pockets
        Pockets looked at, in the order of the certificate, one of each group of rivals.
    """
    found: list[tuple[Pocket, tuple[Cure, ...]]] = []
    seen: set[int] = set()
    before = len(certificate.pockets)
    for pocket in certificate.pockets:
        rivals = pocket.rivals or (pocket.cell,)
        if len(found) == most_pockets:
            break
        if seen & set(rivals):
            continue
        seen |= set(rivals)
        tried = (
            _first(problem, pocket, before, _moves(problem, tolerance, pocket)),
            _first(problem, pocket, before, _mergers(problem, tolerance, pocket)),
            _first(problem, pocket, before, _others(problem, tolerance, pocket, candidates)),
            _widening(problem, tolerance, pocket, certificate),
        )
        found.append((pocket, tuple(one for one in tried if one is not None)))
    return tuple(found)


def cured(problem: PartitionProblem, cure: Cure) -> PartitionProblem:
    """Return the problem with the change made.

    Travel from a moved centre stays as it was, since nothing about balance depends on it.
    """
    fixed, centre = problem.fixed.copy(), problem.centre_unit.copy()
    travel_s = problem.travel_s
    if cure.kind in {"move_centre", "other_centre"}:
        (cell,) = cure.cells
        fixed[centre[cell]] = -1
        centre[cell] = cure.unit
        fixed[cure.unit] = cell
    elif cure.kind == "merge_cells":
        gone, kept = cure.cells
        fixed[fixed == gone] = kept
        fixed[problem.centre_unit[gone]] = -1
        fixed = np.where(fixed > gone, fixed - 1, fixed)
        centre, travel_s = np.delete(centre, gone), np.delete(travel_s, gone, axis=1)
    return replace(problem, fixed=fixed, centre_unit=centre, travel_s=travel_s)


def said(cure: Cure, outlet_ids: Sequence[str]) -> Fault:
    """Return the cure as a notice; `outlet_ids` name the cells. Shape (n_cells,)."""
    values: dict[str, object] = {
        "cell": outlet_ids[cure.cells[0]],
        "tolerance": f"{100.0 * cure.tolerance:.1f} %",
    }
    if cure.kind == "merge_cells":
        values["other"] = outlet_ids[cure.cells[1]]
    elif cure.kind != "widen_tolerance":
        values["unit"] = cure.unit
    return fault(f"cures.{cure.kind}", **values)


def _first(
    problem: PartitionProblem, pocket: Pocket, before: int, tried: Iterator[Cure]
) -> Cure | None:
    return next((one for one in tried if _helps(problem, pocket, before, one)), None)


def _helps(problem: PartitionProblem, pocket: Pocket, before: int, cure: Cure) -> bool:
    """Whether nobody concerned is named in the changed problem, and fewer cells than before."""
    concerned = {*(pocket.rivals or (pocket.cell,)), *cure.cells}
    if cure.kind == "merge_cells":
        gone = cure.cells[0]
        concerned = {cell - (cell > gone) for cell in concerned - {gone}}
    proof = certify(cured(problem, cure), cure.tolerance)
    named = {cell for one in proof.pockets for cell in (one.cell, *one.rivals)}
    return proof.bound == 0.0 or (0 < len(proof.pockets) < before and not named & concerned)


def _moves(problem: PartitionProblem, tolerance: float, pocket: Pocket) -> Iterator[Cure]:
    """Move the centre to the units outside the pocket that are the fewest steps away."""
    hemmed = {*pocket.units, *pocket.necks}
    taken = set(problem.centre_unit.tolist())
    steps = _steps(problem, int(problem.centre_unit[pocket.cell]))
    outside = [
        unit
        for unit in np.argsort(steps, kind="stable").tolist()
        if unit not in hemmed
        and unit not in taken
        and problem.fixed[unit] < 0
        and 0 < steps[unit] < problem.n_units
        # One step from a centre or neck it would be hemmed in as before.
        and not hemmed & set(_neighbours(problem, unit))
    ]
    for unit in outside[: 4 * MOST_TRIES : 4]:
        yield Cure("move_centre", (pocket.cell,), unit, tolerance)


def _mergers(problem: PartitionProblem, tolerance: float, pocket: Pocket) -> Iterator[Cure]:
    """Merge the cell with a rival, else with the cells whose centres are the fewest steps away."""
    steps = _steps(problem, int(problem.centre_unit[pocket.cell]))[problem.centre_unit]
    order = sorted(
        (one for one in range(problem.n_cells) if one != pocket.cell),
        key=lambda one: (one not in pocket.rivals, int(steps[one]), one),
    )
    for other in order[:MOST_TRIES] if problem.n_cells > 2 else []:
        yield Cure("merge_cells", (pocket.cell, other), -1, tolerance)


def _others(
    problem: PartitionProblem, tolerance: float, pocket: Pocket, candidates: Sequence[int]
) -> Iterator[Cure]:
    """Take the candidate the fewest steps away that does not lie in the pocket."""
    steps = _steps(problem, int(problem.centre_unit[pocket.cell]))
    hemmed = {*pocket.units, *pocket.necks, *problem.centre_unit.tolist()}
    free = [one for one in candidates if one not in hemmed and problem.fixed[one] < 0]
    for unit in sorted(set(free), key=lambda one: (int(steps[one]), one))[:MOST_TRIES]:
        yield Cure("other_centre", (pocket.cell,), unit, tolerance)


def _widening(
    problem: PartitionProblem, tolerance: float, pocket: Pocket, certificate: Certificate
) -> Cure | None:
    """Widen to what the pocket needs, or to what all pockets need."""
    for needed in (abs(pocket.load_share - 1.0), certificate.bound):
        wide = math.ceil(needed / STEP + 1e-9) * STEP
        cure = Cure("widen_tolerance", (pocket.cell,), -1, round(wide, 4))
        if wide > tolerance and _helps(problem, pocket, len(certificate.pockets), cure):
            return cure
    return None


def _neighbours(problem: PartitionProblem, unit: int) -> list[int]:
    found: list[int] = problem.indices[problem.indptr[unit] : problem.indptr[unit + 1]].tolist()
    return found


def _steps(problem: PartitionProblem, start: int) -> Ints:
    """Return the steps from a unit to all; `n_units` where there is no way."""
    steps = np.full(problem.n_units, problem.n_units, dtype=np.int64)
    steps[start] = 0
    order = [start]
    for unit in order:
        for other in _neighbours(problem, unit):
            if steps[other] == problem.n_units:
                steps[other] = steps[unit] + 1
                order.append(other)
    return steps
