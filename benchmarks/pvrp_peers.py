"""The usual way to plan periodic visits without a solver for them: days first, then tours.

Days are chosen by greedy rules; each day alone is a vehicle routing problem, which PyVRP (MIT)
solves. Half of the time tries the rules, with ever new draws where they draw; the other half goes
to the days of the best plan, by visits, from the tours found so far.

References
----------
N. A. Wouda, L. Lan and W. Kool (2024), PyVRP: a high-performance VRP solver package, INFORMS
Journal on Computing 36: 943–955.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.cordeau import Days, Floats, Instance
from benchmarks.cordeau_check import length, plan_faults

if TYPE_CHECKING:
    import pyvrp

#: PyVRP counts in whole numbers: so many to a unit of the instance.
SCALE = 1000
#: Share of the time that goes to trying rules.
TRYING = 0.5
#: Most CPU seconds a visit for one trial: short, so that many are tried.
TRIAL_S = 0.003
#: So many repetitions without days that are new end the trials.
STALE = 200
#: What a load over the managers' capacity counts, in mean distances from the depot.
OVERLOAD = 1e6


@dataclass(frozen=True)
class Rule:
    """A greedy choice of days.

    Attributes
    ----------
    order
        Customers with most visits first, then by `angle` around the depot, `far` from it, by
        largest `demand`, or `drawn`; customers with a single pattern always come before others.
    price
        What a customer costs on a day: the way to the `nearest` place of that day, or its
        `insertion` into a tour of all of the day's places.
    balance
        Weight of the fullest day of a pattern, 1 = full costs a mean distance from the depot.
    """

    order: str
    price: str
    balance: float


RULES = tuple(
    Rule(*one)
    for one in product(
        ("angle", "far", "demand", "drawn"), ("nearest", "insertion"), (0.3, 1.0, 3.0)
    )
)


def choose_days(instance: Instance, rule: Rule, seed: int) -> list[list[int]]:
    """Return the customers of each day by a greedy rule."""
    depot = instance.travel[0]
    scale = float(depot[1:].mean()) or 1.0
    room = _room(instance)
    tours: list[list[int]] = [[0] for _ in range(instance.n_days)]
    used = np.zeros((instance.n_days, 2))
    for customer in _in_order(instance, rule.order, seed):
        need = np.array(
            [instance.demand[customer], instance.service[customer] + depot[customer] / 4]
        )

        def cost(pattern: frozenset[int], customer: int = customer, need: Floats = need) -> float:
            if not pattern:
                return 0.0
            days = sorted(pattern)
            way = sum(_price(instance, tours[day], customer, rule.price) for day in days)
            full = float(((used[days] + need) / room[days]).max())
            over = max(0.0, full - 1.0)
            return way / scale / len(days) + rule.balance * full + OVERLOAD * over

        for day in min(instance.patterns[customer], key=cost):
            place = cheapest_insertion(instance, tours[day], customer)[1]
            tours[day].insert(place, customer)
            used[day] += need
    return [sorted(tour[1:]) for tour in tours]


def _room(instance: Instance) -> Floats:
    """Return the load and minutes that all managers have a day. Shape (n_days, 2)."""
    room = instance.managers * np.column_stack([instance.most_load, instance.most_duration])
    even = instance.n_visits * instance.demand[1:].mean() / instance.n_days
    # Without any limit, a day is full at the even share.
    unlimited = ~np.isfinite(room).any(axis=1)
    room[unlimited, 0] = even
    return room


def _in_order(instance: Instance, order: str, seed: int) -> list[int]:
    x, y = (instance.xy - instance.xy[0]).T
    angle = np.arctan2(y, x)
    rng = np.random.default_rng(seed)
    key = {
        "angle": (angle + rng.uniform(0.0, 2.0 * np.pi)) % (2.0 * np.pi),
        "far": -instance.travel[0],
        "demand": -instance.demand,
        "drawn": rng.random(instance.n_places),
    }[order]

    def rank(customer: int) -> tuple[bool, int, float]:
        patterns = instance.patterns[customer]
        return len(patterns) > 1, -len(patterns[0]), float(key[customer])

    return sorted(range(1, instance.n_places), key=rank)


def _price(instance: Instance, tour: Sequence[int], customer: int, price: str) -> float:
    """Return what a customer costs on a day."""
    if price == "nearest":
        return float(instance.travel[customer][tour].min())
    return cheapest_insertion(instance, tour, customer)[0]


def cheapest_insertion(instance: Instance, tour: Sequence[int], customer: int) -> tuple[float, int]:
    """Return how much longer a round tour gets with a customer, and where it is inserted."""
    way = instance.travel[customer]
    here, after = np.array(tour), np.array([*tour[1:], tour[0]])
    longer = way[here] + way[after] - instance.travel[here, after]
    best = int(longer.argmin())
    return float(longer[best]), best + 1


class Day:
    """One day as PyVRP sees it, and the best tours found so far."""

    def __init__(self, instance: Instance, day: int, customers: Sequence[int]) -> None:
        self.instance = instance
        self.customers = list(customers)
        self.data = _data(instance, day, self.customers) if customers else None
        self.best: pyvrp.Solution | None = None

    def search(self, until_s: float, seed: int) -> None:
        """Search until the process has used so many CPU seconds; never lose a better plan."""
        import pyvrp
        import pyvrp.exceptions

        if self.data is None:
            return
        with warnings.catch_warnings():
            # A rule may choose days that have no tours: that is seen in the result.
            warnings.simplefilter("ignore", pyvrp.exceptions.PenaltyBoundWarning)
            found = pyvrp.solve(
                self.data,
                stop=lambda _best: time.process_time() >= until_s,
                seed=seed,
                collect_stats=False,
                display=False,
                initial_solution=self.best,
            ).best
        if self.best is None or _rank(found) <= _rank(self.best):
            self.best = found

    @property
    def routes(self) -> list[list[int]]:
        """Customers of each route, by their numbers in the instance."""
        if self.best is None:
            return []
        return [
            [self.customers[stop.idx] for stop in route if stop.type.name == "CLIENT"]
            for route in self.best.routes()
        ]

    @property
    def feasible(self) -> bool:
        """Whether all customers are on routes that keep the limits."""
        return self.data is None or (self.best is not None and self.best.is_feasible())


def _rank(solution: pyvrp.Solution) -> tuple[bool, int]:
    return not solution.is_feasible(), solution.distance()


def _data(instance: Instance, day: int, customers: Sequence[int]) -> pyvrp.ProblemData:
    """Return the problem of one day; times are rounded so that its plans keep the real limits."""
    import pyvrp

    places = [0, *customers]
    travel = instance.travel[np.ix_(places, places)] * SCALE
    service = np.ceil(instance.service * SCALE).astype(int)
    whole = bool((instance.demand == np.rint(instance.demand)).all())
    demand = np.ceil(instance.demand * (1 if whole else SCALE)).astype(int)
    opens, closes = np.zeros((2, instance.n_places), dtype=np.int64)
    closes[:] = np.iinfo(np.int64).max
    if instance.windows is not None:
        opens = np.ceil(instance.windows[:, 0] * SCALE).astype(np.int64)
        limited = np.isfinite(instance.windows[:, 1])
        closes[limited] = np.floor(instance.windows[limited, 1] * SCALE)

    def window(place: int) -> dict[str, int]:
        return {"tw_early": int(opens[place]), "tw_late": int(closes[place])}

    limits: dict[str, object] = {}
    if np.isfinite(instance.most_duration[day]):
        limits["shift_duration"] = int(instance.most_duration[day] * SCALE)
    if np.isfinite(instance.most_load[day]):
        limits["capacity"] = [int(instance.most_load[day] * (1 if whole else SCALE))]
    else:
        limits["capacity"] = [int(demand.sum())]
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(*instance.xy[place]) for place in places],
        clients=[
            pyvrp.Client(
                location=number,
                delivery=[int(demand[place])],
                service_duration=int(service[place]),
                **window(place),
            )
            for number, place in enumerate(customers, start=1)
        ],
        depots=[pyvrp.Depot(location=0, **window(0))],
        vehicle_types=[pyvrp.VehicleType(num_available=instance.managers, **limits)],
        distance_matrices=[np.rint(travel).astype(np.int64)],
        duration_matrices=[np.ceil(travel).astype(np.int64)],
    )


@dataclass(frozen=True, eq=False)
class Trial:
    """The days of one rule."""

    days: tuple[Day, ...]

    def search(self, until_s: float, seed: int) -> None:
        """Search day by day; each gets time by its visits."""
        began = time.process_time()
        visits = np.array([len(day.customers) for day in self.days])
        ends = began + (until_s - began) * np.cumsum(visits) / visits.sum()
        for day, end in zip(self.days, ends, strict=True):
            day.search(float(end), seed)

    @property
    def routes(self) -> list[list[list[int]]]:
        """Routes of each day."""
        return [day.routes for day in self.days]

    def rank(self, instance: Instance) -> tuple[int, float]:
        """Days out of order first, then travel."""
        return sum(not day.feasible for day in self.days), length(instance, self.routes)


def days_then_pyvrp(
    instance: Instance, seed: int, seconds: float
) -> tuple[Days | None, tuple[tuple[float, float], ...]]:
    """Return the best plan, or None, and when which cost was reached.

    Parameters
    ----------
    seconds
        CPU seconds for all rules and days together.
    """
    began = time.process_time()
    tried: list[Trial] = []
    better: list[tuple[float, float]] = []

    def note() -> None:
        out_of_order, cost = min(trial.rank(instance) for trial in tried)
        if not out_of_order and (not better or cost < better[-1][1]):
            better.append((time.process_time() - began, cost))

    trial_s = min(TRIAL_S * instance.n_visits, seconds * TRYING / len(RULES))
    for days in _different(instance, seed):
        now = time.process_time()
        if tried and now - began + trial_s > seconds * TRYING:
            break
        trial = Trial(tuple(Day(instance, day, customers) for day, customers in enumerate(days)))
        trial.search(now + trial_s, seed)
        tried.append(trial)
        note()
    best = min(tried, key=lambda one: one.rank(instance))
    best.search(began + seconds, seed)
    note()
    good = not plan_faults(instance, best.routes)
    return (best.routes if good else None), tuple(better)


def _different(instance: Instance, seed: int) -> Iterator[list[list[int]]]:
    """Yield the days of each rule, again and again with new draws, without repetitions."""
    seen: set[tuple[tuple[int, ...], ...]] = set()
    stale = 0
    for number in count():
        days = choose_days(
            instance, RULES[number % len(RULES)], seed + 1000 * (number // len(RULES))
        )
        mark = tuple(map(tuple, days))
        stale = stale + 1 if mark in seen else 0
        if stale > STALE:
            return
        if mark not in seen:
            seen.add(mark)
            yield days
