"""The cycle of one cell of a finished plan: read, and put back with other days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import schemas
from gridmap.bases import bases_of
from gridmap.errors import InputError, StoreError, fault
from gridmap.planned_routes import drawn_way
from gridmap.policies import RoutingPolicy
from gridmap.routing.diagnose import diagnose
from gridmap.routing.period_ways import cell_ways, written_legs
from gridmap.routing.plan import CellRoutes, Shifts
from gridmap.routing.problem import CellVisits
from gridmap.routing.regularity import regularity
from gridmap.routing.routes import (
    home_times,
    lunch_begins,
    number_routes,
    route_managers,
    route_number,
)
from gridmap.routing.under_way import LastRoutes
from gridmap.routing.verify import day_balance
from gridmap.scenario import Scenario
from gridmap.territory import Territory
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import Snapped, TravelEngine
from gridmap.travel.engines import open_engine
from gridmap.travel.network import StreetNetwork

#: Outlets of each route in order, by cycle day from 0 and number of the manager in the crew.
Days = Mapping[tuple[int, int], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class CellCycle:
    """The cycle of a cell with the ways between its places.

    Attributes
    ----------
    visits
        Outlets and ways; where the cycle is under way, with what is done of it.
    policy
        Grades, cycle and working day.
    days
        The routes.
    network, places
        Where the ways between the places are drawn. There is no engine: some work in the thread
        alone that made them, and a cycle is kept for whichever thread comes next.
    left_out
        Outlets of the cell that are on no route although they are due.
    """

    visits: CellVisits
    policy: RoutingPolicy
    days: Days
    network: StreetNetwork
    places: Snapped
    left_out: tuple[str, ...] = ()

    @property
    def shifts(self) -> Shifts:
        """The routes as places by day and manager."""
        place = {outlet: at for at, outlet in enumerate(self.visits.outlet_ids, 1)}
        crew = self.policy.crew(self.visits.centre_id)
        return tuple(
            tuple(
                tuple(place[one] for one in self.days.get((day, manager), ()))
                for manager in range(len(crew))
            )
            for day in range(self.policy.cycle_days)
        )

    def with_shifts(self, shifts: Shifts) -> CellCycle:
        """Return the cycle with other routes."""
        ids = self.visits.outlet_ids
        days = {
            (day, manager): tuple(ids[place - 1] for place in places)
            for day, routes in enumerate(shifts)
            for manager, places in enumerate(routes)
            if places
        }
        visited = {one for outlets in days.values() for one in outlets}
        lost = tuple(one for one in self.left_out if one not in visited)
        return replace(self, days=days, left_out=lost)

    def with_days(self, days: Days) -> CellCycle:
        """Return the cycle with other routes, given by outlets.

        Raises
        ------
        InputError
            If the cell has no such outlet or day.
        """
        known = set(self.visits.outlet_ids)
        crew = len(self.policy.crew(self.visits.centre_id))
        for (day, manager), outlets in days.items():
            if not (0 <= day < self.policy.cycle_days and 0 <= manager < crew):
                raise InputError(fault("cycle.no_such_visit", f"{day + 1}"))
            for one in outlets:
                if one not in known:
                    raise InputError(fault("cycle.no_such_visit", one))
        return replace(self, days={slot: outlets for slot, outlets in days.items() if outlets})


def cell_cycle(territory: Territory, scenario: Scenario, cell_id: int) -> CellCycle:
    """Return the cycle of a cell as a plan has it.

    Raises
    ------
    StoreError
        If the plan has no such cell.
    InputError
        If the territory has no streets, along which routes could be changed.
    """
    ids = scenario.cells["cell_id"].to_numpy(np.int64)
    found = np.flatnonzero(ids == cell_id)
    if not len(found):
        raise StoreError(fault("cycle.no_cell", cell_id))
    row, policy, outlets = int(found[0]), scenario.request.routing, territory.outlets
    partition = scenario.partition
    outlet_cell = partition.label[outlets["unit"].to_numpy()]
    mine = np.flatnonzero(outlets["visited"].to_numpy(bool) & (outlet_cell == row))
    network = territory.networks.get(policy.mode)
    if network is None:
        raise InputError(fault("cycle.no_streets", territory.name, mode=policy.mode))
    engine = open_engine(network)
    bases = bases_of(territory, policy, engine)
    centre_id = str(outlets["outlet_id"].iloc[partition.centre[row]])
    behind, managers_bases = bases.of_cell(policy, centre_id, len(mine))
    places = bases.snapped.take(np.concatenate([partition.centre[row : row + 1], mine, behind]))
    travel_s, periods = cell_ways(territory, policy, engine, [places])[0]
    outlet_ids = tuple(outlets["outlet_id"].iloc[mine].astype(str))
    days = days_of_cell(scenario, cell_id)
    visited = {one for listed in days.values() for one in listed}
    lost = set(scenario.report.get("left_out_visits", ())) & set(outlet_ids)
    visits = CellVisits(
        cell_id=cell_id,
        outlet_ids=outlet_ids,
        grades=tuple(outlets["grade"].iloc[mine]),
        travel_s=travel_s,
        periods=periods,
        kinds=tuple(outlets["kind"].iloc[mine]),
        centre_id=centre_id,
        bases=managers_bases,
        last=_under_way(scenario, days),
    )
    return CellCycle(visits, policy, days, network, places, tuple(sorted(lost - visited)))


def days_of_cell(scenario: Scenario, cell_id: int) -> Days:
    """Return the routes of a cell of a plan; the manager is read from the route's number."""
    working = scenario.request.routing.working_days
    routes = scenario.routes[scenario.routes["cell_id"].to_numpy() == cell_id]
    stops = scenario.stops[scenario.stops["route_id"].isin(set(routes["route_id"]))]
    by_route = {
        str(number): tuple(one["outlet_id"].astype(str))
        for number, one in stops.sort_values(["route_id", "seq"]).groupby("route_id")
    }
    found = {}
    for number, week, weekday in zip(
        routes["route_id"].astype(str), routes["week"], routes["weekday"], strict=True
    ):
        day = (int(week) - 1) * len(working) + working.index(int(weekday))
        parts = number.split("-")
        found[day, int(parts[2]) - 1 if len(parts) > 2 else 0] = by_route.get(number, ())
    return dict(sorted(found.items()))


def with_cycle(scenario: Scenario, cycle: CellCycle) -> Scenario:
    """Return a plan in which a cell has other routes; all else stays as it is.

    Scores are not made anew: they count who is visited and how often, and no move changes that.
    """
    cell_id, policy = cycle.visits.cell_id, cycle.policy
    done = CellRoutes(
        cell=cycle.visits,
        days=tuple(tuple(one for route in day for one in route) for day in cycle.shifts),
        diagnosis=diagnose(cycle.visits, policy),
        left_out=cycle.left_out,
        notices=(),
        shifts=cycle.shifts,
    )
    routes, stops = number_routes(done, policy)
    drawn = _drawn(scenario, cycle, done)
    routes = routes.assign(distance_m=[metres for _, metres in drawn])
    lines: NDArray[np.object_] = np.empty(len(drawn), dtype=object)
    lines[:] = [line for line, _ in drawn]
    old = (scenario.routes["cell_id"] == cell_id).to_numpy()
    gone = set(scenario.routes["route_id"][old].astype(str))
    all_routes, all_lines = _routes_in_place(scenario, old, routes, lines)
    all_stops = _in_order_of(
        all_routes,
        pd.concat([scenario.stops[~scenario.stops["route_id"].isin(gone)], stops]),
    )
    legs = written_legs([done]).get("legs_s", {})
    report: dict[str, Any] = dict(scenario.report)
    by_route: dict[str, Mapping[str, Any]] = {
        "lunch_begins_s": lunch_begins(done, policy),
        "home_s": home_times(done, policy),
        "route_managers": route_managers(done, policy),
    }
    for name, values in by_route.items():
        report[name] = {**_without(report.get(name, {}), gone), **values}
    if report.get("period_legs"):
        known = report["period_legs"]
        report["period_legs"] = {**known, "legs_s": _without(known["legs_s"], gone) | legs}
    lost = set(report.get("left_out_visits", ())) - set(cycle.visits.outlet_ids)
    report["left_out_visits"] = sorted(lost | set(cycle.left_out))
    if "day_balance" in report:
        report["day_balance"] = day_balance(all_routes, policy).to_dict("records")
        report["regularity"] = regularity(all_routes, all_stops)
    minutes = float((routes["travel_s"] + routes["service_s"]).sum()) / 60.0
    mine = scenario.cells["cell_id"] == cell_id
    cells = scenario.cells.assign(
        routes=scenario.cells["routes"].where(~mine, len(routes)),
        visit_minutes_per_day=scenario.cells["visit_minutes_per_day"].where(
            ~mine, minutes / policy.cycle_days
        ),
    )
    return replace(
        scenario,
        cells=cells,
        routes=all_routes,
        stops=all_stops,
        route_lines=all_lines,
        report=report,
    )


def _drawn(
    scenario: Scenario, cycle: CellCycle, done: CellRoutes
) -> list[tuple[shapely.LineString, float]]:
    """Return line and metres of each route; those of routes that stay are taken over."""
    known = days_of_cell(scenario, cycle.visits.cell_id)
    numbers = scenario.routes["route_id"].astype(str)
    kept = {
        number: (line, float(metres))
        for number, line, metres in zip(
            numbers, scenario.route_lines, scenario.routes["distance_m"], strict=True
        )
    }
    engine: TravelEngine | None = None
    found = []
    for tour in done.tours:
        slot = (tour.day, tour.manager)
        number = route_number(cycle.visits.cell_id, tour)
        if known.get(slot) == cycle.days.get(slot) and number in kept:
            found.append(kept[number])
            continue
        engine = engine or DijkstraEngine(cycle.network)
        found.append(drawn_way(engine, cycle.places, done.way(tour)))
    return found


def _under_way(scenario: Scenario, days: Days) -> LastRoutes | None:
    """Return what is done of a cycle that is under way; None if it lies ahead."""
    facts = scenario.report.get("replan") or {}
    if not facts.get("from_day"):
        return None
    missed = {outlet: tuple(when) for outlet, when in facts.get("missed", {}).items()}
    return LastRoutes(outlet_days(days), days, int(facts["from_day"]), missed)


def outlet_days(days: Days) -> dict[str, tuple[int, ...]]:
    """Return the cycle days of each outlet."""
    found: dict[str, set[int]] = {}
    for (day, _), outlets in days.items():
        for one in outlets:
            found.setdefault(one, set()).add(day)
    return {outlet: tuple(sorted(when)) for outlet, when in found.items()}


def _routes_in_place(
    scenario: Scenario,
    old: NDArray[np.bool_],
    routes: pd.DataFrame,
    lines: NDArray[np.object_],
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return all routes and lines with those of a cell in the place where they were."""
    at = int(np.flatnonzero(old)[0]) if old.any() else len(old)
    before, after = np.arange(len(old)) < at, np.arange(len(old)) >= at
    tables = [scenario.routes[before & ~old], routes, scenario.routes[after & ~old]]
    parts = [scenario.route_lines[before & ~old], lines, scenario.route_lines[after & ~old]]
    whole = pd.concat([one for one in tables if len(one)] or tables[:1], ignore_index=True)
    return schemas.ROUTES.validate(whole), np.concatenate(parts)


def _in_order_of(routes: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """Return stops in the order of their routes."""
    position = {number: at for at, number in enumerate(routes["route_id"].astype(str))}
    keyed = stops.assign(_at=stops["route_id"].astype(str).map(position))
    ordered = keyed.sort_values(["_at", "seq"], kind="stable").drop(columns="_at")
    return schemas.STOPS.validate(ordered.reset_index(drop=True))


def _without(values: Mapping[str, Any], gone: set[str]) -> dict[str, Any]:
    return {number: one for number, one in values.items() if number not in gone}
