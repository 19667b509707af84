"""A handful of plans between balance, travel, compactness and change, none worse than another.

Each plan is a search with its own prices and bands. The first is made from scratch, or from the
former plan; every other starts from the plan found before it that is nearest to its aim, so it
takes a fraction of the time. Aims follow each other so that little has to change from one to the
next. Of all plans within the bands those stay that no other beats or equals in every figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gridmap.catalogue import Language, text
from gridmap.errors import InputError, fault
from gridmap.partition.objective import (
    Bands,
    Importance,
    border_m,
    broken_cells,
    changed_weight,
    loads,
    travel_cost,
)
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.partition.realign import NEAR
from gridmap.partition.refine import refine
from gridmap.partition.solve import solve
from gridmap.progress import Stop

#: Fewest and most plans that can be asked for.
FEWEST, MOST = 2, 7


@dataclass(frozen=True)
class Aim:
    """What one search is after.

    Attributes
    ----------
    name
        Part of its key in the catalogue.
    start
        Place of the aim in the list whose plan it starts from.
    compactness, change
        See `gridmap.partition.objective.Importance`.
    width
        Width of the bands, as a share of those asked for.
    needs_former
        Whether it only makes sense beside a former plan.
    """

    name: str
    start: int
    compactness: float
    change: float
    width: float = 1.0
    needs_former: bool = False


AIMS = (
    Aim("even", 0, 0.05, 0.3),
    Aim("travel", 0, 0.005, 0.0),
    Aim("compact", 0, 0.5, 0.0),
    Aim("balance", 0, 0.05, 0.0, 0.1),
    Aim("compact_balance", 2, 0.3, 0.0, 0.3),
    Aim("change", 0, 0.05, 10.0, needs_former=True),
    Aim("change_balance", 5, 0.05, 3.0, 0.3, needs_former=True),
)


@dataclass(frozen=True, eq=False)
class ParetoPlan:
    """One plan and its four figures; less is better in each.

    Attributes
    ----------
    aim
        What it was made for, see `AIMS`; "former" for the former plan itself.
    label
        Cell of each unit. Shape (n_units,).
    balance
        Worst deviation from the mean, as a share, over the workloads that are held.
    travel
        Σ first workload · seconds from the own centre.
    border_m
        Metres of border between cells.
    changed
        Former weight of the units that left their former cell.
    """

    aim: str
    label: Ints
    balance: float
    travel: float
    border_m: float
    changed: float

    @property
    def figures(self) -> tuple[float, float, float, float]:
        """Balance, travel, border and change."""
        return self.balance, self.travel, self.border_m, self.changed

    def text(self, language: Language = "en") -> str:
        """Return the aim and the figures as a sentence."""
        return text(
            "realign.plan",
            language,
            aim=text(f"realign.aim_{self.aim}", language),
            balance=f"{self.balance:.2%}",
            travel=f"{self.travel:.6g}",
            border_km=f"{self.border_m / 1000.0:.1f}",
            changed=f"{self.changed:.6g}",
        )


def pareto_plans(
    problem: PartitionProblem,
    bands: Bands,
    *,
    n_plans: int = MOST,
    iterations: int = 4,
    seed: int = 1,
    stop: Stop | None = None,
    on_plan: Callable[[int, int], None] = lambda _made, _of: None,
) -> tuple[ParetoPlan, ...]:
    """Return plans of which none is beaten or equalled in all figures by another.

    There are fewer than `n_plans` where aims lead to the same plan, where one plan beats another
    in everything, or after a stop; at least one always. If no plan within the bands was found,
    those with the least excess stand in.

    Parameters
    ----------
    problem, bands
        What is to be cut, and the loads allowed in any of the plans. With `problem.former` change
        is a fourth figure; else it is 0 everywhere.
    n_plans
        Plans at most.
    iterations, seed, stop
        Of each search, see `gridmap.partition.refine.refine`.
    on_plan
        Called with the number of searches made, and of all.

    Returns
    -------
    tuple of ParetoPlan
        By travel, the shortest first.

    Raises
    ------
    InputError
        If `n_plans` is not within `FEWEST` and `MOST`.
    """
    if not FEWEST <= n_plans <= MOST:
        raise InputError(fault("realign.n_plans", found=n_plans, fewest=FEWEST, most=MOST))
    former = bool((problem.former >= 0).all())
    aims = [one for one in AIMS if not one.needs_former or (problem.former >= 0).any()]
    found: list[Ints] = []
    ended = False

    def asked(cost: float, /) -> bool:
        nonlocal ended
        ended = ended or (stop is not None and stop(cost))
        return ended

    for aim in aims:
        own = _narrowed(problem, bands, aim.width)
        importance = Importance(compactness=aim.compactness, change=aim.change)
        if found:
            label = refine(
                problem,
                found[aim.start],
                np.zeros_like(bands.low),
                own,
                iterations=iterations,
                seed=seed + len(found),
                stop=asked,
                importance=importance,
                params=NEAR,
            ).label
        else:
            label = solve(
                problem, own, iterations=iterations, seed=seed, stop=asked, importance=importance
            ).label
        found.append(label)
        on_plan(len(found), len(aims))
        if ended:
            break
    plans = [
        _measured(problem, bands, aim.name, label) for aim, label in zip(aims, found, strict=False)
    ]
    if former and not broken_cells(problem, problem.former):
        plans.append(_measured(problem, bands, "former", problem.former))
    over = [float(bands.excess(problem, loads(problem, one.label)).max()) for one in plans]
    kept = [one for one, excess in zip(plans, over, strict=True) if excess <= min(over) + 1e-9]
    chosen = _spread(_undominated(kept), n_plans)
    return tuple(sorted(chosen, key=lambda one: (one.travel, one.figures)))


def _narrowed(problem: PartitionProblem, bands: Bands, width: float) -> Bands:
    """Return the bands drawn in around their middle; sides without limit around the mean."""
    mean = np.broadcast_to(problem.target, bands.low.shape)
    both = np.isfinite(bands.low) & np.isfinite(bands.high)
    middle = np.where(
        both, (np.where(both, bands.low, 0.0) + np.where(both, bands.high, 0.0)) / 2.0, mean
    )
    low = np.where(np.isfinite(bands.low), middle - width * (middle - bands.low), -np.inf)
    high = np.where(np.isfinite(bands.high), middle + width * (bands.high - middle), np.inf)
    return replace(bands, low=low, high=high)


def _measured(problem: PartitionProblem, bands: Bands, aim: str, label: Ints) -> ParetoPlan:
    held = np.isfinite(bands.low).any(axis=0) | np.isfinite(bands.high).any(axis=0)
    held &= problem.target > 0.0
    off = np.abs(loads(problem, label)[:, held] / problem.target[held] - 1.0)
    return ParetoPlan(
        aim,
        label,
        balance=float(off.max(initial=0.0)),
        travel=travel_cost(problem, label),
        border_m=border_m(problem, label),
        changed=changed_weight(problem, label),
    )


def _undominated(plans: list[ParetoPlan]) -> list[ParetoPlan]:
    """Return the plans that none beats; of equals the first."""
    kept = []
    for place, one in enumerate(plans):
        beaten = False
        for other_place, other in enumerate(plans):
            no_worse = all(a <= b for a, b in zip(other.figures, one.figures, strict=True))
            beaten |= no_worse and (other.figures != one.figures or other_place < place)
        if not beaten:
            kept.append(one)
    return kept


def _spread(plans: list[ParetoPlan], most: int) -> list[ParetoPlan]:
    """Return so many plans that differ most: the best of each figure first, then the furthest."""
    figures: Floats = np.array([one.figures for one in plans])
    span = np.ptp(figures, axis=0)
    figures = (figures - figures.min(axis=0)) / np.where(span > 0.0, span, 1.0)
    chosen: list[int] = []
    for place in figures.argmin(axis=0).tolist():
        if place not in chosen and len(chosen) < most:
            chosen.append(place)
    while len(chosen) < min(most, len(plans)):
        apart = np.linalg.norm(figures[:, None] - figures[None, chosen], axis=2).min(axis=1)
        apart[chosen] = -1.0
        chosen.append(int(apart.argmax()))
    return [plans[place] for place in chosen]
