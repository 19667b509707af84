"""What the page of the routes shows of a cell's cycle: stops, days of managers, cures, the walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dashboards.access import Plan
from dashboards.geojson import stops_of, to_degrees
from dashboards.queries import Stop, stop_of
from gridmap.cell_cycle import CellCycle, cell_cycle
from gridmap.errors import Fault
from gridmap.planned_cells import bordering_cells
from gridmap.routing.cures import find_cures, told_cures
from gridmap.routing.diagnose import Diagnosis, diagnose, overload

Floats = NDArray[np.float64]
#: Metres by which another passage of a street may be farther from a stop than the nearest.
_AS_NEAR_M = 3.0
#: Week and weekday, both from 1.
Day = tuple[int, int]


@dataclass(frozen=True)
class ManagerDays:
    """Minutes of work of one manager on each working day of the cycle; 0 = no route."""

    name: str
    days: tuple[Day, ...]
    minutes: tuple[float, ...]
    limit_min: float

    @property
    def busy(self) -> tuple[float, ...]:
        """Minutes of the days with a route, rising."""
        return tuple(sorted(one for one in self.minutes if one > 0.0))


@dataclass(frozen=True)
class Load:
    """What a cell's visits need of its cycle, what stands against it, and what would help."""

    diagnosis: Diagnosis
    reasons: tuple[Fault, ...]
    cures: tuple[Fault, ...]


def cycle_day(plan: Plan, day: Day) -> int:
    """Return the number, from 0, of a day of the cycle."""
    working = plan.scenario.request.routing.working_days
    return (day[0] - 1) * len(working) + working.index(day[1])


def day_named(plan: Plan, number: int) -> Day:
    """Return week and weekday of a cycle day that counts from 0."""
    working = plan.scenario.request.routing.working_days
    week, at = divmod(number, len(working))
    return week + 1, working[at]


def cycle_stops(plan: Plan, cell_id: int) -> dict[Day, list[Stop]]:
    """Return the stops of each day of a cell, in the order of the visits."""

    def made() -> dict[Day, list[Stop]]:
        routes = plan.scenario.routes
        found: dict[Day, list[Stop]] = {}
        for row in stops_of(plan, routes[routes["cell_id"] == cell_id]).to_dict("records"):
            found.setdefault((int(row["week"]), int(row["weekday"])), []).append(stop_of(row))
        return found

    return plan.once(("cycle_stops", cell_id), made)


def manager_days(plan: Plan, cell_id: int) -> list[ManagerDays]:
    """Return how the work of a cell's managers spreads over the days of the cycle."""
    policy, scenario = plan.scenario.request.routing, plan.scenario
    days = tuple(day_named(plan, number) for number in range(policy.cycle_days))
    names = scenario.report.get("route_managers", {})
    routes = scenario.routes[scenario.routes["cell_id"] == cell_id]
    minutes: dict[str, dict[Day, float]] = {}
    for row in routes.to_dict("records"):
        mine = minutes.setdefault(str(names.get(str(row["route_id"]), "")), {})
        busy_s = float(row["travel_s"]) + float(row["service_s"])
        mine[int(row["week"]), int(row["weekday"])] = busy_s / 60.0
    limits = {one.name: one.max_minutes for one in policy.managers if one.max_minutes is not None}
    return [
        ManagerDays(
            name,
            days,
            tuple(mine.get(day, 0.0) for day in days),
            float(limits.get(name, policy.day.max_minutes)),
        )
        for name, mine in sorted(minutes.items())
    ]


def cell_load(plan: Plan, cell_id: int, cycle: CellCycle | None = None) -> Load | None:
    """Return whether the visits of a cell fit, and what would help; None without its streets.

    `cycle` is that of the cell, if it is at hand.
    """
    if plan.scenario.request.routing.mode not in plan.territory.networks:
        return None
    return plan.once(("cell_load", cell_id), lambda: _load(plan, cell_id, cycle))


def _load(plan: Plan, cell_id: int, known: CellCycle | None) -> Load:
    cycle = known or cell_cycle(plan.territory, plan.scenario, cell_id)
    found = diagnose(cycle.visits, cycle.policy)
    told = tuple(
        one
        for one in plan.scenario.notices
        if one.key == "routing.left_out" and one.where == cycle.visits.name
    )
    if not found.overloaded:
        return Load(found, (*overload(cycle.visits, found), *told), ())
    numbers = plan.scenario.cells["cell_id"].to_numpy(np.int64)
    beside = bordering_cells(plan.territory, plan.scenario.partition, numbers)
    neighbours = {
        one.visits.name: diagnose(one.visits, one.policy)
        for one in (
            cell_cycle(plan.territory, plan.scenario, number)
            for number in sorted(beside.get(cell_id, ()))
        )
    }
    cures = find_cures(cycle.visits, cycle.policy, found)
    return Load(
        found,
        (*overload(cycle.visits, found), *told),
        told_cures(cycle.visits, found, cures, neighbours),
    )


def walks(plan: Plan, cell_id: int, day: Day) -> list[dict[str, object]]:
    """Return for each route of a day where its manager is at which time.

    Returns
    -------
    list of dict
        ``number``; ``line``: longitudes and latitudes along the streets; ``along``: metres at
        each of its corners; ``times``: seconds after midnight and metres, rising; in between the
        manager goes evenly, stands at stops and for lunch. ``stops``: begin and name of each.
    """

    def made() -> list[dict[str, object]]:
        table = plan.scenario.routes
        chosen = (
            (table["cell_id"] == cell_id) & (table["week"] == day[0]) & (table["weekday"] == day[1])
        ).to_numpy()
        lines = plan.scenario.route_lines[chosen]
        degrees = to_degrees(lines, plan.territory.crs) if len(lines) else lines
        stops = stops_of(plan, table[chosen])
        found = []
        for number, line, shown in zip(table["route_id"][chosen], lines, degrees, strict=True):
            mine = stops[stops["route_id"] == number].sort_values("seq")
            corners = shapely.get_coordinates(line)
            along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
            times = _times(plan, str(number), mine, line)
            found.append(
                {
                    "number": str(number),
                    "line": shapely.get_coordinates(shown).tolist(),
                    "along": along.round(1).tolist(),
                    "times": [[round(time_s), round(at_m, 1)] for time_s, at_m in times],
                    "stops": [
                        [round(float(row["arrival_s"])), str(row["name"] or row["outlet_id"])]
                        for row in mine.to_dict("records")
                    ],
                }
            )
        return found

    return plan.once(("walks", cell_id, day), made)


def _times(
    plan: Plan, number: str, stops: pd.DataFrame, line: shapely.LineString
) -> list[tuple[float, float]]:
    """Return seconds after midnight and metres along the line of a route, both rising."""
    xy = stops[["x", "y"]].to_numpy(np.float64)
    arrival_s = stops["arrival_s"].to_numpy(np.float64)
    service_s = stops["service_s"].to_numpy(np.float64)
    policy, report = plan.scenario.request.routing, plan.scenario.report
    start_s, leave_s = policy.day.start_s, arrival_s + service_s
    home_s = float(report.get("home_s", {}).get(number, leave_s[-1] if len(leave_s) else start_s))
    lunch_s = report.get("lunch_begins_s", {}).get(number)
    metres = places_along(line, xy, _expected(start_s, arrival_s, leave_s, home_s))
    begins = [start_s, *leave_s.tolist()]
    ends = [*arrival_s.tolist(), home_s]
    places = [0.0, *metres.tolist(), float(line.length)]
    found = [(start_s, 0.0)]
    for begin, end, at, to in zip(begins, ends, places[:-1], places[1:], strict=True):
        found.append((begin, at))
        if lunch_s is not None and begin <= lunch_s <= end:
            found.append((min(lunch_s + policy.day.lunch_s, end), at))
        found.append((end, to))
    return [(max(time_s, start_s), at) for time_s, at in found]


def _expected(start_s: float, arrival_s: Floats, leave_s: Floats, home_s: float) -> Floats:
    """Return the share of all travel that is done when each stop is reached."""
    ways = np.diff(np.concatenate([[start_s], np.stack([arrival_s, leave_s], 1).ravel(), [home_s]]))
    done = np.cumsum(np.maximum(ways[::2], 0.0))
    return np.asarray(done[:-1] / max(done[-1], 1.0))


def places_along(line: shapely.LineString, xy: Floats, expected: Floats) -> Floats:
    """Return the metres along a line at which it passes some points, in their order.

    A way that goes through a street twice passes a point twice: of the places that are nearly as
    near as the nearest, that is taken which is the nearest to the expected share of the line.

    Parameters
    ----------
    line
        In metres.
    xy
        Points. Shape (n, 2).
    expected
        Shares of the line. Shape (n,).
    """
    corners = shapely.get_coordinates(line)
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    found, least = [], 0.0
    for point, share in zip(xy, expected, strict=True):
        steps = np.diff(corners, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            t = ((point - corners[:-1]) * steps).sum(axis=1) / np.maximum(lengths**2, 1e-9)
        t = np.clip(t, 0.0, 1.0)
        away = np.hypot(*(corners[:-1] + t[:, None] * steps - point).T)
        along = starts + t * lengths
        ahead = along >= least - 1e-6
        if not ahead.any():
            found.append(least)
            continue
        near = ahead & (away <= away[ahead].min() + _AS_NEAR_M)
        choices = along[near]
        least = float(choices[np.argmin(np.abs(choices - share * line.length))])
        found.append(least)
    return np.array(found, dtype=np.float64)
