"""What stands on the route sheets of a cell, as plain values: the same for print and for Excel."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.datum import ShownDatum, from_wgs84, inside_china
from gridmap.export.visit_steps import stock_target
from gridmap.policies import DayPlace, MapLink, RoutingPolicy, WorkingDay, seconds_of
from gridmap.scenario import Scenario
from gridmap.territory import Territory
from gridmap.travel.snap import Snapper

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: A street farther than this from an outlet is not its address. Metres.
STREET_LIMIT_M = 80.0
#: Vertices this much farther from a stop than the nearest one are still the stop. Metres.
SAME_PLACE_M = 0.5


@dataclass(frozen=True)
class SheetPlace:
    """An outlet on a sheet.

    Attributes
    ----------
    outlet_id, name, grade
        As in the outlets table; a nameless outlet shows its id.
    street
        Name of the street it stands at, or empty.
    x, y
        Metres in the territory's reference system.
    lon, lat
        Degrees in `datum`.
    datum
        What the degrees are in: WGS-84 (EPSG:4326) or GCJ-02.
    sales
        Pieces sold in a cycle of visits, or None where nobody reported them.
    """

    outlet_id: str
    name: str
    grade: str
    street: str
    x: float
    y: float
    lon: float
    lat: float
    datum: ShownDatum = "wgs84"
    sales: float | None = None

    @property
    def stock_target(self) -> int | None:
        """Pieces that should be in stock, or None where sales are not known."""
        return None if self.sales is None else stock_target(self.sales)


@dataclass(frozen=True)
class SheetStop:
    """One visit of a day: when, how long, and how far from the place before."""

    seq: int
    place: SheetPlace
    arrival_s: float
    service_s: float
    leg_m: float


@dataclass(frozen=True, eq=False)
class SheetDay:
    """One route.

    Attributes
    ----------
    number
        Route number, for example ``R03-2``.
    week, weekday
        Day of the cycle; weekday 1 = Monday.
    stops
        In order.
    travel_s, service_s, distance_m
        Of the whole day.
    lunch_s
        Seconds after midnight at which lunch starts, or None when the day is over before.
    finish_s
        Seconds after midnight at which the day is over.
    way_xy, return_xy
        Street geometry to the last stop, and from there back. Shape (n_vertices, 2), metres.
    start_xy, end_xy
        Where the day starts and ends, metres. Shape (2,).
    manager
        Who goes, where the plan names the managers of its routes; else empty.
    """

    number: str
    week: int
    weekday: int
    stops: tuple[SheetStop, ...]
    travel_s: float
    service_s: float
    distance_m: float
    lunch_s: float | None
    finish_s: float
    way_xy: Floats
    return_xy: Floats
    start_xy: Floats
    end_xy: Floats
    manager: str = ""


@dataclass(frozen=True, eq=False)
class SheetBook:
    """All sheets of one cell.

    Attributes
    ----------
    territory, code, name, manager
        Heading; manager may be empty.
    home
        The centre outlet.
    bases
        Where the days start and end, in words.
    policy
        Cycle and working day.
    days
        Routes in the order of their numbers.
    outlets
        The outlets of the cell that are due visits, in the order of their names.
    boundary
        Outline of the cell.
    invented
        Columns that are invented sample data.
    attribution
        Source of the map.
    link
        Map that the codes of the stops open.
    """

    territory: str
    code: str
    name: str
    manager: str
    home: SheetPlace
    bases: str
    policy: RoutingPolicy
    days: tuple[SheetDay, ...]
    outlets: tuple[SheetPlace, ...]
    boundary: BaseGeometry
    invented: tuple[str, ...]
    attribution: str
    link: MapLink = "auto"

    @property
    def left_out(self) -> tuple[SheetPlace, ...]:
        """Outlets of the cell that are due visits and get none."""
        visited = {stop.place.outlet_id for day in self.days for stop in day.stops}
        return tuple(one for one in self.outlets if one.outlet_id not in visited)

    @property
    def knows_sales(self) -> bool:
        """Whether the sales of any outlet that is due visits are known."""
        return any(one.sales is not None for one in self.outlets)

    def manager_of(self, day: SheetDay) -> str:
        """Return who goes a route: its own manager, else that of the cell; may be empty."""
        return day.manager or self.manager

    @property
    def managers(self) -> tuple[str, ...]:
        """Names of all who go the routes of the cell, each once, sorted."""
        return tuple(sorted({name for day in self.days if (name := self.manager_of(day))}))

    def on_day(self, week: int, weekday: int) -> tuple[SheetDay, ...]:
        """Return the routes of a day of the cycle: one for each manager who works."""
        return tuple(day for day in self.days if (day.week, day.weekday) == (week, weekday))

    def visit_days(self) -> dict[str, list[SheetDay]]:
        """Return the routes of each visited outlet by its id."""
        found: dict[str, list[SheetDay]] = {}
        for day in self.days:
            for stop in day.stops:
                found.setdefault(stop.place.outlet_id, []).append(day)
        return found


def sheet_books(territory: Territory, scenario: Scenario) -> Iterator[SheetBook]:
    """Yield the sheets of each cell of a plan, in the order of `Scenario.cells`.

    Parameters
    ----------
    territory, scenario
        The plan; `Scenario.cells`, routes and stops may be cut down to some of its cells.
    """
    policy = scenario.request.routing
    places = _places(territory, policy.mode, scenario.request.datum)
    outlets = territory.outlets
    row_of = {outlet: row for row, outlet in enumerate(outlets["outlet_id"])}
    cell_of_row = scenario.partition.label[outlets["unit"].to_numpy()]
    due = outlets["visited"].to_numpy(bool) & _is_due(outlets["grade"], policy)
    days = _days(scenario, places, row_of, _DayEnds(territory, scenario, places, row_of))
    for cell in scenario.cells.to_dict("records"):
        centre = row_of[cell["centre_outlet_id"]]
        number = int(np.flatnonzero(scenario.partition.centre == centre)[0])
        mine = np.flatnonzero(due & (cell_of_row == number))
        units = territory.units.polygons[scenario.partition.label == number]
        yield SheetBook(
            territory=territory.name,
            code=str(cell["code"]),
            name=str(cell["name"]),
            manager="" if pd.isna(cell["manager"]) else str(cell["manager"]),
            home=places[centre],
            bases=_bases(policy, places[centre], places, row_of, scenario.request.datum),
            policy=policy,
            days=tuple(days.get(int(cell["cell_id"]), [])),
            outlets=tuple(
                sorted(
                    (places[row] for row in mine),
                    key=lambda one: (one.name.casefold(), one.outlet_id),
                )
            ),
            boundary=shapely.coverage_union_all(units),
            invented=territory.invented,
            attribution=territory.attribution,
            link=scenario.request.link,
        )


def lunch_and_finish(
    arrival_s: Floats, service_s: Floats, travel_s: float, day: WorkingDay
) -> tuple[float | None, float]:
    """Return when lunch starts, or None, and when the manager is back.

    Lunch is taken once, as soon as the manager is between two stops at or after
    `day.lunch_after`; a day that is over by then has none.

    Parameters
    ----------
    arrival_s, service_s
        Of each stop in order. Shape (n_stops,).
    travel_s
        Travel of the whole day.
    day
        The working day.
    """
    free_s = np.concatenate([[day.start_s], arrival_s[:-1] + service_s[:-1]])
    pauses = free_s[free_s >= seconds_of(day.lunch_after)]
    lunch_s = float(pauses[0]) if len(pauses) and day.lunch > 0.0 else None
    pause_s = day.lunch * 60.0 if lunch_s is not None else 0.0
    return lunch_s, day.start_s + travel_s + float(service_s.sum()) + pause_s


@dataclass(frozen=True, eq=False)
class _DayEnds:
    """Knows where each route starts and ends."""

    territory: Territory
    scenario: Scenario
    places: list[SheetPlace]
    row_of: dict[str, int]

    def xy(self, route: dict[Hashable, Any]) -> tuple[Floats, Floats]:
        """Return start and end of a route in metres. Shape (2,) each."""
        cells = self.scenario.cells
        centre = cells.loc[cells["cell_id"] == route["cell_id"], "centre_outlet_id"].iloc[0]
        managers = self.scenario.report.get("route_managers", {})
        policy = self.scenario.request.routing
        start, end = policy.day_ends(str(centre), managers.get(str(route["number"]), ""))
        return self._xy(start), self._xy(end)

    def _xy(self, place: DayPlace) -> Floats:
        if isinstance(place, str):
            found = self.places[self.row_of[place]]
            return np.array([found.x, found.y])
        to_metres = pyproj.Transformer.from_crs("EPSG:4326", self.territory.crs, always_xy=True)
        return np.array(to_metres.transform(*place), dtype=np.float64)


def _bases(
    policy: RoutingPolicy,
    home: SheetPlace,
    places: list[SheetPlace],
    row_of: dict[str, int],
    datum: ShownDatum,
) -> str:
    """Return where the days of a cell start and end: the centre, or each manager's places."""

    def told(place: DayPlace) -> str:
        if isinstance(place, str):
            return places[row_of[place]].name
        lon, lat = from_wgs84(np.array([place]), datum)[0]
        return f"{lon:.5f}, {lat:.5f}"

    crew = policy.crew(home.outlet_id)
    if not any(one.start or one.end for one in crew):
        return home.name
    ends = [(one, policy.day_ends(home.outlet_id, one.name)) for one in crew]
    return "; ".join(f"{one.name}: {told(start)} – {told(end)}" for one, (start, end) in ends)


def split_way(line_xy: Floats, stops_xy: Floats) -> Ints:
    """Return the vertex of a day's way at which each stop is reached.

    The way to a stop ends as soon as it is reached, so of several passes the first one after the
    stop before is meant.

    Parameters
    ----------
    line_xy
        Street geometry of the day. Shape (n_vertices, 2).
    stops_xy
        The stops in order. Shape (n_stops, 2).
    """
    found = np.zeros(len(stops_xy), dtype=np.int64)
    at = 0
    for index, xy in enumerate(stops_xy):
        distance_m = np.hypot(*(line_xy[at:] - xy).T)
        at += int(np.flatnonzero(distance_m <= distance_m.min() + SAME_PLACE_M)[0])
        found[index] = at
    return found


def _is_due(grades: pd.Series, policy: RoutingPolicy) -> NDArray[np.bool_]:
    asked = {grade for grade, one in policy.grade_policy.items() if one.visits > 0}
    return grades.isin(asked).to_numpy(bool)


def _places(territory: Territory, mode: str, datum: ShownDatum) -> list[SheetPlace]:
    outlets = territory.outlets
    xy = outlets[["x", "y"]].to_numpy(np.float64)
    to_degrees = pyproj.Transformer.from_crs(territory.crs, "EPSG:4326", always_xy=True)
    wgs84 = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
    lon, lat = from_wgs84(wgs84, datum).T
    streets = _street_names(territory, mode, xy)
    columns = (
        outlets["outlet_id"], outlets["name"], outlets["grade"], streets, xy, lon, lat,
        inside_china(wgs84), outlets["sales"],
    )  # fmt: skip
    return [
        SheetPlace(
            outlet_id=str(outlet_id),
            name=str(name).strip() or str(outlet_id),
            grade=str(grade),
            street=street,
            x=float(at[0]),
            y=float(at[1]),
            lon=float(east),
            lat=float(north),
            datum=datum if shifted else "wgs84",
            sales=None if pd.isna(sales) else float(sales),
        )
        for outlet_id, name, grade, street, at, east, north, shifted, sales in zip(
            *columns, strict=True
        )
    ]


def _street_names(territory: Territory, mode: str, xy: Floats) -> list[str]:
    """Return the named street nearest to each point, or nothing where there is none near."""
    network = territory.networks[mode]
    named = np.array([name != "" for name in network.names])[network.name]
    if not named.any():
        return [""] * len(xy)
    # What has no name is left out of the search.
    streets = replace(network, no_stop=~named)
    edge = Snapper(streets, STREET_LIMIT_M).snap(xy).edge
    return [network.names[int(streets.name[one])] if one >= 0 else "" for one in edge]


def _days(
    scenario: Scenario, places: list[SheetPlace], row_of: dict[str, int], ends: _DayEnds
) -> dict[int, list[SheetDay]]:
    """Return the routes of each cell by its number."""
    stops_of = dict(iter(scenario.stops.sort_values(["route_id", "seq"]).groupby("route_id")))
    working_day = scenario.request.routing.day
    lunch_s, home_s, managers = (
        scenario.report.get(key, {}) for key in ("lunch_begins_s", "home_s", "route_managers")
    )
    found: dict[int, list[SheetDay]] = {}
    for route, line in zip(scenario.routes.to_dict("records"), scenario.route_lines, strict=True):
        stops = stops_of[route["route_id"]]
        visited = [places[row_of[outlet]] for outlet in stops["outlet_id"]]
        way_xy = shapely.get_coordinates(line)
        day = _day(route, way_xy, stops, visited, working_day, ends_xy=ends.xy(route))
        if day.number in home_s:
            day = replace(day, lunch_s=lunch_s.get(day.number), finish_s=home_s[day.number])
        day = replace(day, manager=managers.get(day.number, ""))
        found.setdefault(int(route["cell_id"]), []).append(day)
    return found


def _day(
    route: dict[Hashable, Any],
    line_xy: Floats,
    stops: pd.DataFrame,
    visited: list[SheetPlace],
    working_day: WorkingDay,
    *,
    ends_xy: tuple[Floats, Floats],
) -> SheetDay:
    arrival_s = stops["arrival_s"].to_numpy(np.float64)
    service_s = stops["service_s"].to_numpy(np.float64)
    travel_s, distance_m = float(route["travel_s"]), float(route["distance_m"])
    lunch_s, finish_s = lunch_and_finish(arrival_s, service_s, travel_s, working_day)
    vertex = split_way(line_xy, np.array([(one.x, one.y) for one in visited]))
    run_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line_xy, axis=0).T))])
    on_ground = distance_m / run_m[-1] if run_m[-1] > 0.0 else 1.0
    leg_m = np.diff(run_m[vertex], prepend=0.0) * on_ground
    columns = (visited, arrival_s, service_s, leg_m)
    return SheetDay(
        number=str(route["number"]),
        week=int(route["week"]),
        weekday=int(route["weekday"]),
        stops=tuple(
            SheetStop(seq, place, float(arrival), float(service), float(leg))
            for seq, (place, arrival, service, leg) in enumerate(zip(*columns, strict=True), 1)
        ),
        travel_s=travel_s,
        service_s=float(route["service_s"]),
        distance_m=distance_m,
        lunch_s=lunch_s,
        finish_s=finish_s,
        way_xy=line_xy[: vertex[-1] + 1],
        return_xy=line_xy[vertex[-1] :],
        start_xy=ends_xy[0],
        end_xy=ends_xy[1],
    )
