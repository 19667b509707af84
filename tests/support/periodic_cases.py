"""Small periodic problems, and what a plan of one costs by the definition alone."""

from __future__ import annotations

from itertools import pairwise, permutations, product

import numpy as np

from gridmap.routing.periodic import Evenness, Lunch, PeriodicPlan, PeriodicProblem

HOUR = 3600.0


def random_problem(
    n_outlets: int,
    seed: int,
    *,
    n_days: int = 4,
    n_managers: int = 1,
    most_load: float = np.inf,
    most_duration: float = np.inf,
    symmetric: bool = True,
    windows: bool = False,
    lunch: Lunch | None = None,
    even: float = 0.0,
    loss: float | None = None,
    wait_counts: bool = False,
) -> PeriodicProblem:
    """Outlets at random places that want one or two evenly spaced visits a cycle."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0.0, HOUR, (n_outlets + 1, 2))
    travel = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    if not symmetric:
        travel = travel * rng.uniform(1.0, 1.3, travel.shape)
        np.fill_diagonal(travel, 0.0)
    rows: list[np.ndarray] = []
    prices: list[float] = []
    first, last = [0], [0]
    for _ in range(n_outlets):
        visits = int(rng.integers(1, 3))
        first.append(len(rows))
        for start in range(n_days // visits):
            row = np.zeros(n_days, dtype=bool)
            row[start :: n_days // visits] = True
            rows.append(row)
            prices.append(0.0)
        if loss is not None:
            rows.append(np.zeros(n_days, dtype=bool))
            prices.append(loss)
        last.append(len(rows))
    return PeriodicProblem(
        travel=travel,
        service=np.append(0.0, rng.uniform(300.0, 900.0, n_outlets)),
        load=np.append(0.0, np.ones(n_outlets)),
        patterns=np.array(rows),
        pattern_price=np.array(prices),
        first_pattern=np.array(first),
        last_pattern=np.array(last),
        start=np.zeros(n_managers, dtype=np.int64),
        end=np.zeros(n_managers, dtype=np.int64),
        most_load=np.full((n_days, n_managers), most_load),
        least_load=np.zeros((n_days, n_managers)),
        most_duration=np.full((n_days, n_managers), most_duration),
        may_visit=np.ones((n_managers, n_outlets + 1), dtype=bool),
        windows=_windows(rng, n_outlets, n_days) if windows else np.empty((0, 0, 0, 2)),
        lunch=lunch or Lunch(),
        evenness=Evenness(even, 4.0 * HOUR, n_outlets / n_days),
        wait_counts=wait_counts,
    )


def _windows(rng: np.random.Generator, n_outlets: int, n_days: int) -> np.ndarray:
    opens = rng.uniform(8.0 * HOUR, 12.0 * HOUR, (n_outlets + 1, n_days, 1))
    array = np.stack([opens, opens + rng.uniform(3.0, 6.0, opens.shape) * HOUR], axis=3)
    array[0] = (8.0 * HOUR, 20.0 * HOUR)
    return np.ascontiguousarray(array)


def travel_of(problem: PeriodicProblem, stops: tuple[int, ...]) -> float:
    """Travel of a route from place 0 and back."""
    way = [0, *stops, 0] if stops else []
    return float(sum(problem.travel[a, b] for a, b in pairwise(way)))


def cost_of(problem: PeriodicProblem, plan: PeriodicPlan) -> float:
    """Travel, prices of patterns and unevenness of a plan."""
    total = 0.0
    for day in plan.days:
        for stops in day:
            travel = travel_of(problem, stops)
            work = travel + sum(problem.service[one] for one in stops)
            even = problem.evenness
            total += travel + even.price * (
                (work / even.mean_work_s - 1.0) ** 2 + (len(stops) / even.mean_load - 1.0) ** 2
            )
    chosen = plan.pattern[plan.pattern >= 0]
    return total + float(problem.pattern_price[chosen].sum())


def lateness_of(problem: PeriodicProblem, day: int, stops: tuple[int, ...]) -> float:
    """Seconds by which a route that leaves as early as it can is late, put back at each stop."""
    if problem.windows.size == 0 and problem.lunch.minutes_s == 0.0:
        return 0.0
    now = float(problem.windows[0, day, 0, 0]) if problem.windows.size else 0.0
    hungry, late = problem.lunch.minutes_s > 0.0, 0.0
    for here, there in pairwise([0, *stops, 0]):
        way = float(problem.travel[here, there])
        begin = _begin(problem, day, there, now + way)
        end = begin + problem.service[there]
        if hungry and (now >= problem.lunch.after_s or end > problem.lunch.until_s):
            start = max(now, problem.lunch.after_s)
            late += max(0.0, start - problem.lunch.until_s)
            now, hungry = start + problem.lunch.minutes_s, False
            begin = _begin(problem, day, there, now + way)
        if problem.windows.size:
            closes = float(problem.windows[there, day, -1, 1])
            late += max(0.0, begin - closes)
            begin = min(begin, closes)
        now = begin + float(problem.service[there])
    return late


def _begin(problem: PeriodicProblem, day: int, place: int, now: float) -> float:
    if problem.windows.size:
        for opens, closes in problem.windows[place, day]:
            if now <= closes:
                return max(now, float(opens))
    return now


def faults_of(problem: PeriodicProblem, plan: PeriodicPlan) -> list[str]:
    """What a plan breaks: patterns, loads, durations, windows and lunch."""
    faults = []
    for place in range(problem.n_places):
        rows = range(problem.first_pattern[place], problem.last_pattern[place])
        visits = [sum(stops.count(place) for stops in day) for day in plan.days]
        known = [problem.patterns[row].astype(int).tolist() for row in rows]
        if rows and (visits not in known or plan.pattern[place] not in rows):
            faults.append(f"place {place}: {visits}")
        if rows and problem.patterns[plan.pattern[place]].astype(int).tolist() != visits:
            faults.append(f"place {place}: not its pattern")
    for number, day in enumerate(plan.days):
        for manager, stops in enumerate(day):
            load = sum(problem.load[one] for one in stops)
            work = travel_of(problem, stops) + sum(problem.service[one] for one in stops)
            if load > problem.most_load[number, manager] + 1e-6:
                faults.append(f"day {number}: load {load}")
            if not problem.wait_counts and work > problem.most_duration[number, manager] + 1e-6:
                faults.append(f"day {number}: duration {work}")
            if not problem.wait_counts and lateness_of(problem, number, stops) > 1e-6:
                faults.append(f"day {number}: late")
            faults += [
                f"day {number}: place {one} has no skilled manager"
                for one in stops
                if not problem.may_visit[manager, one]
            ]
    return faults


def least_cost(problem: PeriodicProblem) -> float:
    """The least travel of all plans with one manager and no evenness, by trying all of them."""
    places = [one for one in range(problem.n_places) if problem.last_pattern[one] > 0]
    choices = [range(problem.first_pattern[one], problem.last_pattern[one]) for one in places]
    tours: dict[tuple[int, frozenset[int]], float] = {}
    best = np.inf
    for chosen in product(*choices):
        total = float(problem.pattern_price[list(chosen)].sum())
        for day in range(problem.n_days):
            stops = frozenset(
                place
                for place, row in zip(places, chosen, strict=True)
                if problem.patterns[row, day]
            )
            if (day, stops) not in tours:
                tours[day, stops] = _least_tour(problem, day, stops)
            total += tours[day, stops]
            if total >= best:
                break
        best = min(best, total)
    return float(best)


def _least_tour(problem: PeriodicProblem, day: int, stops: frozenset[int]) -> float:
    if len(stops) > problem.most_load[day, 0]:
        return np.inf
    on_time = (
        order for order in permutations(sorted(stops)) if lateness_of(problem, day, order) <= 1e-6
    )
    return min((travel_of(problem, order) for order in on_time), default=np.inf)
