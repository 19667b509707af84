"""Read and write periodic routing instances in the layout of Cordeau, Gendreau and Laporte.

The first line is ``type managers customers days``; then comes a line ``duration load`` for each day
(0 = no limit) and a line for the depot and each customer: ``number x y service demand frequency
patterns pattern…`` and, in instances with windows, ``opens closes``. A pattern is a number whose
bits are the days, the leftmost of them the first. Travel is the straight line.

References
----------
J.-F. Cordeau, M. Gendreau and G. Laporte (1997), A tabu search heuristic for periodic and
multi-depot vehicle routing problems, Networks 30: 105–119.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gridmap.routing.periodic import PeriodicProblem

Floats = NDArray[np.float64]
#: ``days[day][route]`` are the customers of a route in order, without the depot.
Days = Sequence[Sequence[Sequence[int]]]

PLAIN, WINDOWS = 1, 5
KINDS = {PLAIN: "periodic", WINDOWS: "periodic with time windows"}


@dataclass(frozen=True, eq=False)
class Instance:
    """A periodic routing instance; place 0 is the depot, place i is customer i.

    Attributes
    ----------
    managers
        Routes that a day may have.
    xy, service, demand
        Of each place. Shapes (n_places, 2), (n_places,), (n_places,).
    patterns
        Sets of days, 0 the first, that each place may be visited on; none for the depot. A
        customer without visits has the empty set alone.
    most_duration, most_load
        Limits of a route on each day, ``inf`` = none. Shape (n_days,).
    windows
        Opening and closing of each place, or None. Shape (n_places, 2).
    """

    name: str
    managers: int
    xy: Floats
    service: Floats
    demand: Floats
    patterns: tuple[tuple[frozenset[int], ...], ...]
    most_duration: Floats
    most_load: Floats
    windows: Floats | None

    @property
    def n_places(self) -> int:
        """Depot and customers."""
        return len(self.service)

    @property
    def n_days(self) -> int:
        """Days of the cycle."""
        return len(self.most_load)

    @property
    def n_visits(self) -> int:
        """Visits of all customers in a cycle."""
        return sum(min(map(len, one)) for one in self.patterns[1:])

    @cached_property
    def travel(self) -> Floats:
        """Straight lines between places. Shape (n_places, n_places)."""
        x, y = self.xy.T
        return np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])


def read_instance(path: Path) -> Instance:
    """Read an instance.

    Raises
    ------
    ValueError
        If lines are missing or say what cannot be; all faults are named together.
    """
    lines = [one.split() for one in path.read_text(encoding="latin-1").splitlines() if one.strip()]
    kind, managers, customers, n_days = (int(word) for word in lines[0][:4])
    if kind not in KINDS:
        raise ValueError(f"{path}: type {kind}; {KINDS} are read here")
    wanted = 1 + n_days + 1 + customers
    if len(lines) < wanted:
        raise ValueError(f"{path}: {len(lines)} lines, {wanted} expected")
    limits = np.array([[float(word) for word in one[:2]] for one in lines[1 : 1 + n_days]])
    limits[limits == 0.0] = np.inf
    places = lines[1 + n_days : wanted]
    faults = [
        f"place {number}: numbered {one[0]}"
        for number, one in enumerate(places)
        if int(one[0]) != number
    ]
    patterns, windows = [], np.tile([0.0, np.inf], (len(places), 1))
    for number, one in enumerate(places):
        end = 7 + int(one[6])
        codes = [int(word) for word in one[7:end]]
        faults += [
            f"place {number}: pattern {code} has more than {n_days} days"
            for code in codes
            if not 0 <= code < 1 << n_days
        ]
        patterns.append(tuple(dict.fromkeys(_day_set(code, n_days) for code in codes)))
        if number and not patterns[-1]:
            patterns[-1] = (frozenset(),)
        if kind == WINDOWS:
            if len(one) < end + 2:
                faults.append(f"place {number}: a window is missing")
                continue
            windows[number] = [float(word) for word in one[end : end + 2]]
    if faults:
        raise ValueError(f"{path}: " + "; ".join(faults))
    return Instance(
        name=path.name,
        managers=managers,
        xy=np.array([[float(word) for word in one[1:3]] for one in places]),
        service=np.array([float(one[3]) for one in places]),
        demand=np.array([float(one[4]) for one in places]),
        patterns=((), *patterns[1:]),
        most_duration=limits[:, 0],
        most_load=limits[:, 1],
        windows=windows if kind == WINDOWS else None,
    )


def _day_set(code: int, n_days: int) -> frozenset[int]:
    return frozenset(day for day in range(n_days) if code >> (n_days - 1 - day) & 1)


def problem_of(instance: Instance) -> PeriodicProblem:
    """Return the problem that the engine solves: every manager may visit every customer."""
    counts = np.array([len(one) for one in instance.patterns])
    rows = [one for patterns in instance.patterns for one in patterns]
    patterns = np.zeros((len(rows), instance.n_days), dtype=np.bool_)
    for row, days in enumerate(rows):
        patterns[row, list(days)] = True
    shape = (instance.n_days, instance.managers)
    if instance.windows is None:
        windows = np.zeros((instance.n_places, instance.n_days, 0, 2))
    else:
        windows = np.repeat(instance.windows[:, None, None, :], instance.n_days, axis=1)
    return PeriodicProblem(
        travel=instance.travel,
        service=instance.service,
        load=instance.demand,
        patterns=patterns,
        pattern_price=np.zeros(len(rows)),
        first_pattern=np.cumsum(counts) - counts,
        last_pattern=np.cumsum(counts),
        start=np.zeros(instance.managers, dtype=np.int64),
        end=np.zeros(instance.managers, dtype=np.int64),
        most_load=np.broadcast_to(instance.most_load[:, None], shape).copy(),
        least_load=np.zeros(shape),
        most_duration=np.broadcast_to(instance.most_duration[:, None], shape).copy(),
        may_visit=np.ones((instance.managers, instance.n_places), dtype=np.bool_),
        windows=windows,
        wait_counts=instance.windows is not None,
    )


def write_instance(path: Path, instance: Instance) -> None:
    """Write an instance in the layout that `read_instance` reads."""
    kind = PLAIN if instance.windows is None else WINDOWS
    limits = np.column_stack([instance.most_duration, instance.most_load])
    limits[~np.isfinite(limits)] = 0.0
    rows: list[list[float]] = [
        [kind, instance.managers, instance.n_places - 1, instance.n_days],
        *limits.tolist(),
    ]
    for place, patterns in enumerate(instance.patterns):
        codes = [sum(1 << (instance.n_days - 1 - day) for day in days) for days in patterns if days]
        row = [place, *instance.xy[place], instance.service[place], instance.demand[place]]
        row += [len(patterns[0]) if patterns else 0, len(codes), *codes]
        row += [] if instance.windows is None else instance.windows[place].tolist()
        rows.append(row)
    text = "\n".join(" ".join(f"{one:.10g}" for one in row) for row in rows)
    path.write_text(text + "\n", encoding="ascii")


def write_plan(path: Path, cost: float, days: Days) -> None:
    """Write the cost and the routes of each day, empty ones left out, as JSON."""
    routes = [[[int(one) for one in route] for route in day if len(route)] for day in days]
    path.write_text(json.dumps({"cost": cost, "days": routes}) + "\n", encoding="utf-8")
