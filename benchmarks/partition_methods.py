"""Plans of one case by the engine and by simple peers, and the figures that judge them all alike.

A method takes a case, a limit in seconds and a seed, and returns a label a unit. The figures come
from the label and the case alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from benchmarks.partition_cases import Case, straight_m
from gridmap.partition.certificate import Certificate
from gridmap.partition.objective import Bands, broken_cells, loads, pieces
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import Floats, Ints
from gridmap.partition.regrow import assign_and_regrow
from gridmap.partition.solve import solve_proven

#: How far from what is proven for it a pocket may stay, in mean loads.
POCKET_ROOM = 0.03
ROUNDING = 1e-9


class NoPlanError(Exception):
    """A method has not come to a plan."""


@dataclass(frozen=True, eq=False)
class Found:
    """The plan of a method.

    Attributes
    ----------
    label
        Cell of each unit. Shape (n_units,).
    bound
        Lower bound on the travel of plans in balance, where the method proves one.
    certificates
        What is proven about the balance of each workload, where the method proves it.
    note
        What a reader should know.
    """

    label: Ints
    bound: float | None = None
    certificates: tuple[Certificate, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """What a plan is worth; loads in mean loads.

    Attributes
    ----------
    worst
        Largest deviation from the mean load of each workload.
    met
        Whether all workloads that are held are within their tolerance.
    pieces
        Connected pieces of all cells together; as many as cells if each is whole.
    broken
        Cells that are not whole, or without their own outlet or another fixed unit.
    own_inside
        Cells that hold their own outlet.
    travel
        Σ first workload · travel from the own centre.
    compactness
        Mean Polsby–Popper compactness of the cells.
    """

    worst: tuple[float, ...]
    met: bool
    pieces: int
    broken: int
    own_inside: int
    travel: float
    compactness: float


Method = Callable[[Case, float, int], Found]


class Deadline:
    """Stop at a moment; the clock runs from the making on, so certificate and starts count."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def __call__(self, _best_cost: float, /) -> bool:
        """Look at the clock."""
        return self.left() <= 0.0

    def over(self) -> bool:
        """Look at the clock, also in the middle of a round."""
        return self.left() <= 0.0

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._end - time.monotonic()


def figures(case: Case, label: Ints) -> Figures:
    """Judge a plan."""
    problem = case.problem
    share = loads(problem, label) / np.where(problem.target > 0.0, problem.target, 1.0)
    worst = np.abs(share - 1.0).max(axis=0)
    worst[problem.target <= 0.0] = 0.0
    limit = [np.inf if one is None else one + ROUNDING for one in case.tolerances]
    centres = np.arange(problem.n_cells)
    return Figures(
        worst=tuple(worst.tolist()),
        met=bool((worst <= limit).all()),
        pieces=len(np.unique(pieces(problem, label))),
        broken=len(broken_cells(problem, label)),
        own_inside=int((label[problem.centre_unit] == centres).sum()),
        travel=travel_of(case, label),
        compactness=float(compactness(case, label).mean()),
    )


def travel_of(case: Case, label: Ints) -> float:
    """Return Σ first workload · travel from the own centre, also where a rule forbids the pair."""
    if case.streets_s is None:
        away = case.unit_xy - case.centre_xy[label]
        seconds = np.hypot(away[:, 0], away[:, 1])
    else:
        seconds = case.streets_s[np.arange(len(label)), label]
    return float(case.problem.weights[:, 0] @ seconds)


def compactness(case: Case, label: Ints) -> Floats:
    """Return 4π · area / perimeter² of each cell, 0 for an empty one. Shape (n_cells,).

    By sums over units: a cell's perimeter is that of its units less the borders inside, twice.
    """
    problem = case.problem
    k = problem.n_cells
    inside = label[problem.arc_from] == label[problem.indices]
    own = label[problem.arc_from[inside]]
    perimeter = np.bincount(label, weights=case.perimeter_m, minlength=k)
    perimeter -= np.bincount(own, weights=problem.shared_m[inside], minlength=k)
    area = np.bincount(label, weights=case.area_m2, minlength=k)
    square = np.where(perimeter > 0.0, perimeter, 1.0) ** 2
    found: Floats = 4.0 * np.pi * area / square
    return found


def decided(case: Case, label: Ints, certificates: tuple[Certificate, ...]) -> bool:
    """Return whether the plan is in balance, or it is proven that none is, with pockets named."""
    proven = any(one.bound > 0.0 and one.pockets for one in certificates)
    return proven or figures(case, label).met


def settled(case: Case, label: Ints, certificates: tuple[Certificate, ...]) -> bool:
    """Return whether every cell is within the tolerance but for the pockets.

    Each pocket has to be within three points of the load that is proven for it.
    """
    problem = case.problem
    share = loads(problem, label) / np.where(problem.target > 0.0, problem.target, 1.0)
    for column, tolerance in enumerate(case.tolerances):
        if tolerance is None or problem.target[column] <= 0.0:
            continue
        off = np.abs(share[:, column] - 1.0) > tolerance + ROUNDING
        for pocket in certificates[column].pockets if certificates else ():
            near = abs(share[pocket.cell, column] - pocket.load_share) <= POCKET_ROOM + ROUNDING
            off[pocket.cell] &= not near
        if off.any():
            return False
    return True


def balanced(case: Case, seconds: float, seed: int, iterations: int | None = None) -> Found:
    """Plan with the engine: certificate, prices, starts and rounds within the seconds."""
    stop = Deadline(seconds)
    solved, proof = solve_proven(
        case.problem,
        case.tolerances,
        iterations=10**9 if iterations is None else iterations,
        seed=seed,
        stop=stop,
    )
    return Found(solved.label, solved.lower_bound, proof.certificates, f"{solved.rounds} rounds")


def voronoi(case: Case, _seconds: float, _seed: int) -> Found:
    """Give each unit to the centre nearest as the crow flies."""
    label = straight_m(case.unit_xy, case.centre_xy).argmin(axis=1)
    return Found(label.astype(np.int64))


def network(case: Case, _seconds: float, _seed: int) -> Found:
    """Give each unit to the centre nearest by travel, then regrow what hangs loose."""
    return Found(assign_and_regrow(case.problem, case.problem.travel_s))


def largest_share(case: Case, seconds: float, _seed: int) -> Found:
    """Share units out by linear programming within the tolerances, then give each to one cell.

    The transport problem of location-allocation without contiguity; a unit that is shared goes
    where most of it goes. Columns that may gain are added until none is left, so that the
    optimum is that of all pairs.

    References
    ----------
    S. W. Hess and S. A. Samuels (1971), Experiences with a sales districting model: criteria and
    implementation, Management Science 18: P41–P54.
    """
    model = _Transport(case)
    end = Deadline(seconds)
    while True:
        share, gain = model.solve(end.left())
        if not model.add(gain):
            break
    order = np.lexsort((share, model.unit))
    label = np.empty(case.problem.n_units, dtype=np.int64)
    # The last of each unit in this order is its largest share.
    label[model.unit[order]] = model.cell[order]
    return Found(label, note=f"{len(model.unit)} of {case.problem.travel_s.size} pairs")


class _Transport:
    """The linear programme over some pairs of unit and cell; loads in mean loads."""

    FIRST_COLUMNS = 6
    PENALTY = 1e3

    def __init__(self, case: Case) -> None:
        self.problem = problem = case.problem
        asked = Bands.around_mean(problem, case.tolerances)
        self.target = np.where(problem.target > 0.0, problem.target, 1.0)
        self.low, self.high = asked.low / self.target, asked.high / self.target
        self.weights = problem.weights / self.target
        self.cost = self.weights[:, :1] * problem.travel_s / problem.mean_nearest_s
        self.cost[~np.isfinite(problem.travel_s)] = np.inf
        priced = problem.travel_s + cell_prices(problem, asked.low[:, 0], asked.high[:, 0]).price_s
        few = min(self.FIRST_COLUMNS, problem.n_cells)
        near = np.argpartition(priced, few - 1, axis=1)[:, :few]
        self.inside = np.zeros(priced.shape, dtype=bool)
        np.put_along_axis(self.inside, near, True, axis=1)
        self.inside &= np.isfinite(problem.travel_s)
        self.unit, self.cell = np.nonzero(self.inside)

    def solve(self, seconds: float) -> tuple[Floats, Floats]:
        """Return the share of each pair, and the reduced cost of all pairs."""
        if seconds <= 0.0:
            raise NoPlanError("time is up before the linear programme is solved")
        n, k, n_pairs = self.problem.n_units, self.problem.n_cells, len(self.unit)
        pairs = np.arange(n_pairs)
        once = csr_array((np.ones(n_pairs), (self.unit, pairs)), shape=(n, n_pairs))
        rows, sides = [], []
        for column, weight in enumerate(self.weights.T):
            load = csr_array((weight[self.unit], (self.cell, pairs)), shape=(k, n_pairs))
            rows += [load, -load]
            sides += [self.high[:, column], -self.low[:, column]]
        side = np.concatenate(sides)
        kept = np.flatnonzero(np.isfinite(side))
        # What is outside the band costs so much that it is used only where nothing else helps.
        slack = -csr_array((np.ones(len(kept)), (np.arange(len(kept)),) * 2))
        bound = hstack([csr_array(vstack(rows))[kept], slack]).tocsr()
        whole = hstack([once, csr_array((n, len(kept)))]).tocsr()
        found = linprog(
            np.concatenate([self.cost[self.unit, self.cell], np.full(len(kept), self.PENALTY)]),
            A_ub=bound,
            b_ub=side[kept],
            A_eq=whole,
            b_eq=np.ones(n),
            bounds=(0.0, None),
            method="highs",
            options={"time_limit": seconds},
        )
        if found.status != 0:
            raise NoPlanError(f"linear programme not solved: {found.message.splitlines()[0]}")
        price = np.zeros(len(side))
        price[kept] = found.ineqlin.marginals
        per_load = price.reshape(-1, 2, k)
        gain = self.cost - np.asarray(found.eqlin.marginals)[:, None]
        gain -= self.weights @ (per_load[:, 0] - per_load[:, 1])
        return np.asarray(found.x[:n_pairs]), gain

    def add(self, gain: Floats) -> bool:
        """Add the pairs that would better the optimum; return whether there are any."""
        more = ~self.inside & (gain < -1e-7)
        self.inside |= more
        self.unit, self.cell = np.nonzero(self.inside)
        return bool(more.any())


def peak_mb() -> float:
    """Return the most memory that this process and its children have held, in MB."""
    try:
        import resource
    except ImportError:
        return float("nan")
    most = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return float(most) / (2**20 if sys.platform == "darwin" else 2**10)
