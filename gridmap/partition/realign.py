"""A new plan near an old one, and how near any plan could be.

The former plan is repaired first, then searched with a price on change:

1. *Repair*: units that may not stay go to the cheapest cell, cells without a former unit grow from
   their centres at the prices of the balanced transport problem, and what no longer hangs together
   with its centre is taken up by neighbours.
2. *Search*: the annealing of `gridmap.partition.refine`, hardly warm, from there. Load that has to
   travel through a chain of cells does so along its borders; what left its cell for nothing comes
   back in the polish.

A former plan that keeps every band in one piece is returned as it is. Otherwise, if more moves
than `MOST_RATIO` times the neighbour flow (`gridmap.partition.least_change`), the price on change
is raised, up to `TRIES` times in all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gridmap.catalogue import Language, text
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.least_change import LeastChange, least_change, neighbours, stayable
from gridmap.partition.objective import IMPORTANCE, Bands, Importance, broken_cells, loads
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import Bools, Floats, Ints, PartitionProblem
from gridmap.partition.refine import PARAMS, Refined, refine
from gridmap.partition.regrow import regrow
from gridmap.progress import Stop

#: Moved workload that is good enough, in neighbour flows.
MOST_RATIO = 1.5
#: Searches at most, each at a change price so many times higher than the last.
TRIES = 3
DEARER = 3.0
CHANGE_PRICE = 3.0

#: Hardly warm, and towards bands hardly narrower: a hot plan forgets where it came from.
NEAR = replace(
    PARAMS,
    heat=(0.003, 3e-4),
    starts=1,
    sweeps=600,
    release_sweeps=300,
    narrowings=(0.1, 0.02),
)


@dataclass(frozen=True, eq=False)
class Realigned:
    """A plan near a former one.

    Attributes
    ----------
    label
        Cell of each unit. Shape (n_units,).
    moved_units
        Units that left their former cell, ascending.
    new_units
        Units that had no former cell, ascending; they count as no change.
    moved_load
        Load of the moved units in each workload.
    beyond_load
        The part of it that went to a cell that was no neighbour of the former one.
    least
        Bounds on `moved_load`. They hold for plans with loads in the bands.
    moved_customers, moved_outlets
        Rows of the customers and outlets in moved units, ascending.
    touched_cells
        Cells that lost or got a unit, ascending.
    broken_cells
        Cells not in one piece, because a unit had no way to the only cell it may belong to.
    worst_excess
        Largest load outside its band, in mean loads; 0 = all within.
    change_price
        The price on change of the search that found the plan; 0 if the former plan was kept.
    """

    label: Ints
    moved_units: Ints
    new_units: Ints
    moved_load: tuple[float, ...]
    beyond_load: tuple[float, ...]
    least: LeastChange
    moved_customers: Ints
    moved_outlets: Ints
    touched_cells: tuple[int, ...]
    broken_cells: tuple[int, ...]
    worst_excess: float
    change_price: float

    @property
    def ratio(self) -> float:
        """Moved first workload in neighbour flows; 1 if nothing had to move and nothing did."""
        flow, moved = self.least.neighbour_flow[0], self.moved_load[0]
        if flow > 0.0:
            return moved / flow
        return 1.0 if moved == 0.0 else float("inf")

    def lines(self, language: Language = "en") -> tuple[str, ...]:
        """Return what changed, what had to, and what is left outside the bands, as sentences."""
        total = len(self.label)
        found = [
            text(
                "realign.moved",
                language,
                units=len(self.moved_units),
                of=total,
                cells=len(self.touched_cells),
                customers=len(self.moved_customers),
                outlets=len(self.moved_outlets),
            )
        ]
        bounds = zip(self.moved_load, self.least.proven, self.least.neighbour_flow, strict=True)
        for number, (moved, proven, flow) in enumerate(bounds, start=1):
            # An infinite bound says that the bands cannot be kept, which is the last sentence.
            if np.isfinite(flow):
                found.append(
                    text(
                        "realign.bound",
                        language,
                        workload=number,
                        moved=f"{moved:.6g}",
                        proven=f"{proven:.6g}",
                        flow=f"{flow:.6g}",
                    )
                )
        if self.worst_excess > 0.0:
            found.append(text("realign.outside", language, excess=f"{self.worst_excess:.2%}"))
        return tuple(found)


def realign(
    problem: PartitionProblem,
    former_label: Ints,
    bands: Bands,
    *,
    change_price: float = CHANGE_PRICE,
    iterations: int = 5,
    seed: int = 1,
    stop: Stop | None = None,
    on_round: Callable[[int], None] = lambda _: None,
    importance: Importance = IMPORTANCE,
    customer_unit: Ints | None = None,
    outlet_unit: Ints | None = None,
) -> Realigned:
    """Return a plan in the bands that is near the former one.

    Parameters
    ----------
    problem, bands
        What is to be cut now, and the loads allowed. What counts as change is
        `problem.former_weight`; its `former` is not read.
    former_label
        Cell of each unit in the former plan in today's numbers; -1 where the unit is new or its
        cell is closed. Shape (n_units,).
    change_price
        Price of taking a mean cell's former weight elsewhere, in mean cells' travel; raised if
        too much moves.
    iterations, seed, stop, on_round, importance
        See `gridmap.partition.refine.refine`; `importance.change` is not read, and `iterations`
        are those of each try.
    customer_unit, outlet_unit
        Unit of each customer and of each outlet, to name those that move.

    Raises
    ------
    InputError
        If the former plan names cells that are not, or customers or outlets stand in units that
        are not, or the price is not above 0.
    """
    former = np.asarray(former_label, dtype=np.int64)
    customers, outlets = (
        np.asarray([] if one is None else one, dtype=np.int64)
        for one in (customer_unit, outlet_unit)
    )
    _check(problem, former, change_price, customers, outlets)
    problem = replace(problem, former=former)
    least = least_change(problem, former, bands)
    start, price_s = repaired(problem, former, bands)
    over = float(bands.excess(problem, loads(problem, start)).max())
    found, paid = start, 0.0
    if over > 0.0 or (start != former).any() or broken_cells(problem, start):
        refined, paid = _search(
            problem,
            start,
            price_s,
            bands,
            enough=MOST_RATIO * least.neighbour_flow[0],
            change_price=change_price,
            iterations=iterations,
            seed=seed,
            stop=stop,
            on_round=on_round,
            importance=importance,
        )
        found, over = refined.label, refined.worst_excess
    moved = (former >= 0) & (found != former)
    return Realigned(
        label=found,
        moved_units=np.flatnonzero(moved),
        new_units=np.flatnonzero(former < 0),
        moved_load=_load(problem, moved),
        beyond_load=_load(problem, _beyond(problem, moved, found)),
        least=least,
        moved_customers=np.flatnonzero(moved[customers]),
        moved_outlets=np.flatnonzero(moved[outlets]),
        touched_cells=_touched(former, found),
        broken_cells=broken_cells(problem, found),
        worst_excess=over,
        change_price=paid,
    )


def repaired(problem: PartitionProblem, former: Ints, bands: Bands) -> tuple[Ints, Floats]:
    """Return the former plan made whole for today's cells, and the prices used.

    Shapes (n_units,) and (n_cells, n_workloads).
    """
    stays = stayable(problem, former)
    price_s = np.zeros_like(bands.low)
    new = np.bincount(former[stays], minlength=problem.n_cells) == 0
    finite = np.isfinite(bands.low[:, 0]).all() and np.isfinite(bands.high[:, 0]).all()
    if new.any() and finite:
        price_s[:, 0] = cell_prices(problem, bands.low[:, 0], bands.high[:, 0]).price_s
    cost = problem.travel_s + price_s[:, 0]
    cheapest = cost.argmin(axis=1).astype(np.int64)
    label = np.where(stays & ~new[cheapest], former, cheapest)
    return regrow(problem, label, cost), price_s


def _search(
    problem: PartitionProblem,
    start: Ints,
    price_s: Floats,
    bands: Bands,
    *,
    enough: float,
    change_price: float,
    iterations: int,
    seed: int,
    stop: Stop | None,
    on_round: Callable[[int], None],
    importance: Importance,
) -> tuple[Refined, float]:
    """Return the best of a few searches, and its price on change.

    `enough` is the moved first workload that ends them.
    """
    tried: list[tuple[Refined, float]] = []
    params, price, last = NEAR, change_price, _Last(stop)
    while len(tried) < TRIES:
        done = sum(one.rounds for one, _ in tried)

        def count(made: int, done: int = done) -> None:
            on_round(done + made)

        found = refine(
            problem,
            start,
            price_s,
            bands,
            iterations=iterations,
            seed=seed,
            stop=None if stop is None else last,
            on_round=count,
            importance=replace(importance, change=price),
            params=params,
        )
        tried.append((found, price))
        outside, moved = _rank(problem, found)
        if last.said or (outside == 0.0 and moved <= enough):
            break
        if outside > 0.0:
            # Walls that no search at this heat gets through; the price on change stays.
            params = PARAMS
        else:
            price *= DEARER
    return min(tried, key=lambda one: _rank(problem, one[0]))


class _Last:
    """A stopping criterion that is not asked again once it has said so."""

    def __init__(self, stop: Stop | None) -> None:
        self._stop, self.said = stop, False

    def __call__(self, cost: float, /) -> bool:
        self.said = self.said or (self._stop is not None and self._stop(cost))
        return self.said


def _rank(problem: PartitionProblem, found: Refined) -> tuple[float, float]:
    """Return (excess, moved first workload); less is better."""
    moved = (problem.former >= 0) & (found.label != problem.former)
    return found.worst_excess, _load(problem, moved)[0]


def _load(problem: PartitionProblem, units: Bools) -> tuple[float, ...]:
    return tuple(problem.weights[units].sum(axis=0).tolist())


def _beyond(problem: PartitionProblem, moved: Bools, label: Ints) -> Bools:
    """Return the moved units whose new cell was no neighbour of the former one."""
    former = problem.former
    near = neighbours(problem, former, stayable(problem, former))
    beyond = moved.copy()
    beyond[moved] = ~near[former[moved], label[moved]]
    return beyond


def _touched(former: Ints, label: Ints) -> tuple[int, ...]:
    changed = former != label
    cells = np.union1d(former[changed], label[changed])
    return tuple(cells[cells >= 0].tolist())


def _check(
    problem: PartitionProblem, former: Ints, change_price: float, customers: Ints, outlets: Ints
) -> None:
    n_units, n_cells = problem.n_units, problem.n_cells
    faults: list[Fault] = []
    if former.shape != (n_units,):
        faults.append(fault("realign.former_size", found=former.size, expected=n_units))
    else:
        unknown = np.unique(former[(former < -1) | (former >= n_cells)])
        if len(unknown):
            faults.append(
                fault("realign.former_cell", cells=some_ids(unknown.tolist()), most=n_cells - 1)
            )
    if not change_price > 0.0:
        faults.append(fault("realign.change_price", found=change_price))
    for key, units in (("realign.customer_unit", customers), ("realign.outlet_unit", outlets)):
        rows = np.flatnonzero((units < 0) | (units >= n_units))
        if len(rows):
            faults.append(fault(key, rows=some_ids(rows.tolist()), most=n_units - 1))
    if faults:
        raise InputError(*faults)
