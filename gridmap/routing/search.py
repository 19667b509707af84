"""Choose days and sequence of all visits of a cell together.

Ruin and recreate with simulated annealing (Christiaens and Vanden Berghe, 2020), where an outlet
comes back on the *pattern* of days that costs least over all its visits: choosing the days first
and then solving each day perfectly is several per cent worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import RoutingPolicy
from gridmap.progress import Stop
from gridmap.routing import kernels
from gridmap.routing.diagnose import work_limit_s
from gridmap.routing.problem import CellVisits
from gridmap.routing.visits import by_importance, visit_patterns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Days with their places, calls, travel and service of each day, and the pattern of each place.
State = tuple[Ints, Ints, Floats, Floats, Ints]
#: Patterns of all places, first and last pattern of each place, service of each place.
VisitTable = tuple[Ints, Ints, Ints, Floats]

#: Ruin-and-recreate steps in an iteration of the policy: 100 000 by default, after which the cost
#: falls by less than 1 % in four times as many.
STEPS = 25
#: Iterations between two looks at the stopping criterion.
ROUND = 200
#: Most outlets that leave in one step.
MOST_OUT = 12
#: Temperature at the start and at the end, as shares of a mean leg.
HEAT = (2.0, 0.01)
#: What a day that is a whole target off costs, in mean days of work. It is measured in work, not in
#: travel: where outlets stand close together, travel is too little to hold the days even.
EVENNESS = 1.0
#: Seconds that leaving out an outlet of the least important grade costs: more than any travel.
LOST_S = 1e7


@dataclass(frozen=True, eq=False)
class CycleVisits:
    """Days of a cycle with their places in order.

    Attributes
    ----------
    days
        Places of each cycle day; place i + 1 is outlet i.
    left_out
        Outlets (not places) that no pattern of days has room for.
    """

    days: tuple[tuple[int, ...], ...]
    left_out: tuple[int, ...]


def search_cycle(
    cell: CellVisits, policy: RoutingPolicy, *, seed: int, stop: Stop | None = None
) -> CycleVisits:
    """Plan the cycle of a cell.

    Parameters
    ----------
    cell
        Outlets and ways; every outlet that is due must be reachable.
    policy
        Grades, cycle and day. Ends after `policy.iterations`.
    seed
        Seed of the search.
    stop
        May end the search earlier; asked between rounds with the best cost.
    """
    visits = cell.visits(policy)
    n_days = policy.cycle_days
    due = np.flatnonzero((visits > 0) & cell.reachable) + 1
    if len(due) == 0:
        return CycleVisits(((),) * n_days, ())
    places = np.concatenate([[0], due])
    travel_s = np.nan_to_num(cell.travel_s[np.ix_(places, places)], nan=kernels.NEVER)
    service_s = np.concatenate([[0.0], cell.service_s(policy)[due - 1]])
    table = _visit_table(visits[due - 1], service_s, policy)
    limits = np.array([policy.day.max_calls, work_limit_s(policy)])
    loss = _loss(np.array(cell.grades, dtype=object)[due - 1], policy)
    target = _target(visits[due - 1], service_s, travel_s, n_days)
    state, current, best = (_empty_state(len(places), n_days) for _ in range(3))
    for place in np.lexsort((np.arange(1, len(places)), -loss[1:])) + 1:
        kernels.insert_outlet(place, current, table, travel_s, limits, target, 0.0)
    kernels.copy_state(current, best)
    near = _neighbours(travel_s)
    leg_s = float(np.median(travel_s[travel_s < kernels.NEVER]))
    done, rng = 0, np.random.default_rng(seed)
    total = max(policy.iterations, 1)
    while done < policy.iterations:
        iterations = min(ROUND, policy.iterations - done)
        heat = _heat(leg_s, done / total, (done + iterations) / total)
        cost = kernels.search_round(
            state, current, best, table, travel_s, near, limits, target, loss,
            heat, MOST_OUT, iterations * STEPS, int(rng.integers(2**31)),
        )  # fmt: skip
        done += iterations
        if stop is not None and stop(float(cost)):
            break
    days, size, _, _, pattern_of = best
    rows = [kernels.improve_day(days[day, : size[day]], travel_s) for day in range(n_days)]
    return CycleVisits(
        days=tuple(tuple(int(places[place]) for place in row) for row in rows),
        left_out=tuple(int(places[place]) - 1 for place in np.flatnonzero(pattern_of[1:] < 0) + 1),
    )


def _visit_table(visits: Ints, service_s: Floats, policy: RoutingPolicy) -> VisitTable:
    """Return the patterns of all places, filled with -1, and where those of each place lie."""
    kinds = [visit_patterns(int(one), policy.weeks, len(policy.working_days)) for one in visits]
    width = max(kind.shape[1] for kind in kinds)
    starts: dict[int, tuple[int, int]] = {}
    rows: list[Ints] = []
    for one, kind in zip(visits, kinds, strict=True):
        if int(one) not in starts:
            begin = sum(len(row) for row in rows)
            starts[int(one)] = (begin, begin + len(kind))
            padded = np.full((len(kind), width), -1, dtype=np.int64)
            padded[:, : kind.shape[1]] = kind
            rows.append(padded)
    first = np.array([0, *(starts[int(one)][0] for one in visits)], dtype=np.int64)
    last = np.array([0, *(starts[int(one)][1] for one in visits)], dtype=np.int64)
    return np.concatenate(rows), first, last, service_s


def _loss(grades: NDArray[np.object_], policy: RoutingPolicy) -> Floats:
    """Return the price of leaving each place out, 0 for the centre.

    One outlet of a grade is worth more than all outlets of the less important grades together.
    """
    loss = np.zeros(len(grades) + 1)
    price = LOST_S
    for grade in reversed(by_importance(policy)):
        mine = grades == grade
        loss[1:][mine] = price
        price *= int(mine.sum()) + 1
    return loss


def _target(visits: Ints, service_s: Floats, travel_s: Floats, n_days: int) -> Floats:
    """Return (work in seconds, calls, price) of an even day."""
    calls = float(visits.sum()) / n_days
    nearest = np.where(np.eye(len(travel_s), dtype=bool), np.inf, travel_s).min(axis=1)
    travel = float(nearest[1:] @ visits) / n_days + float(travel_s[0, 1:].min() + 1.0)
    work = float(service_s[1:] @ visits) / n_days + travel
    return np.array([work, calls, EVENNESS * work])


def _empty_state(n_places: int, n_days: int) -> State:
    return (
        np.zeros((n_days, n_places), dtype=np.int64),
        np.zeros(n_days, dtype=np.int64),
        np.zeros(n_days),
        np.zeros(n_days),
        np.full(n_places, -1, dtype=np.int64),
    )


def _neighbours(travel_s: Floats) -> Ints:
    """Return for each place all places without the centre, itself first, then the nearest."""
    near = travel_s[:, 1:].copy()
    near[np.arange(1, len(near)), np.arange(len(near) - 1)] = -1.0
    return np.argsort(near, axis=1, kind="stable").astype(np.int64) + 1


def _heat(leg_s: float, start: float, end: float) -> Floats:
    """Return the temperatures of a round that covers a part of the whole cooling."""
    ratio = HEAT[1] / HEAT[0]
    scale = max(leg_s, 1.0) * HEAT[0]
    return np.array([scale * ratio**start, scale * ratio**end])
