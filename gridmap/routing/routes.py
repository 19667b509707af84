"""Numbered routes: the days of a cycle as tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pandera.pandas as pa

from gridmap import schemas
from gridmap.policies import RoutingPolicy
from gridmap.routing.calendar import Calendar
from gridmap.routing.plan import CellRoutes, Tour
from gridmap.routing.route_times import RouteTimes
from gridmap.routing.timing import DayTimes


def route_number(cell_id: int, tour: Tour) -> str:
    """Return a route's number: cell, cycle day, and from the second manager on the manager.

    It says when the route is walked, and no other plan of the cell gives it to another day: what
    hangs on the number, such as a filled sheet, stays right when the cell is planned again.

    Examples
    --------
    >>> route_number(3, Tour(day=6, manager=0, places=(1,)))
    'R03-7'
    >>> route_number(3, Tour(day=6, manager=1, places=(2,)))
    'R03-7-2'
    """
    number = f"R{cell_id:02d}-{tour.day + 1}"
    return f"{number}-{tour.manager + 1}" if tour.manager else number


def number_routes(planned: CellRoutes, policy: RoutingPolicy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the routes and the stops of a cell.

    A day without a visit has no route, and its number stays free.
    `distance_m` is left 0: it is known once the ways are drawn on the streets.

    Returns
    -------
    tuple of DataFrame
        See `gridmap.schemas.ROUTES` and `gridmap.schemas.STOPS`.
    """
    cell, calendar = planned.cell, Calendar(policy)
    service_s = cell.service_s(policy)
    routes: list[dict[str, object]] = []
    stops: list[dict[str, object]] = []
    for number, tour, times in _timetable(planned, calendar):
        week, weekday = calendar.week_day(tour.day)
        stay_s = service_s[np.array(tour.places) - 1]
        routes.append(
            {
                "route_id": number,
                "number": number,
                "cell_id": cell.cell_id,
                "week": week,
                "weekday": weekday,
                "stops": len(tour.places),
                "travel_s": _travel_s(planned, tour, times),
                "service_s": float(stay_s.sum()),
                "distance_m": 0.0,
            }
        )
        for seq, (place, begin, stay) in enumerate(
            zip(tour.places, times.begins_s, stay_s, strict=True), 1
        ):
            stops.append(
                {
                    "route_id": number,
                    "seq": seq,
                    "outlet_id": cell.outlet_ids[place - 1],
                    "arrival_s": begin,
                    "service_s": float(stay),
                }
            )
    return _table(schemas.ROUTES, routes), _table(schemas.STOPS, stops)


def lunch_begins(planned: CellRoutes, policy: RoutingPolicy) -> dict[str, float]:
    """Return when lunch begins on each route that has one, in seconds after midnight."""
    timetable = _timetable(planned, Calendar(policy))
    return {number: times.lunch_s for number, _, times in timetable if times.lunch_s is not None}


def home_times(planned: CellRoutes, policy: RoutingPolicy) -> dict[str, float]:
    """Return when the manager is back from each route, in seconds after midnight."""
    timetable = _timetable(planned, Calendar(policy))
    return {number: times.home_s for number, _, times in timetable}


def route_managers(planned: CellRoutes, policy: RoutingPolicy) -> dict[str, str]:
    """Return the manager of each route by name; nothing if the policy names none."""
    if not policy.managers:
        return {}
    crew = policy.crew(planned.cell.centre_id)
    timetable = _timetable(planned, Calendar(policy))
    return {number: crew[tour.manager].name for number, tour, _ in timetable}


def _timetable(planned: CellRoutes, calendar: Calendar) -> Iterator[tuple[str, Tour, DayTimes]]:
    """Yield number and times of each route.

    A day whose windows cannot be kept has the times as if there were none: the checker says which.
    """
    times = RouteTimes(planned.cell, calendar.policy)
    for tour in planned.tours:
        found, _ = times.of(tour.day, tour.manager, tour.places)
        yield route_number(planned.cell.cell_id, tour), tour, found


def _travel_s(planned: CellRoutes, tour: Tour, times: DayTimes) -> float:
    if planned.cell.periods is None:
        return float(planned.legs_s(tour).sum())
    return float(sum(times.ways_s))


def _table(schema: pa.DataFrameSchema, rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = {name: [row[name] for row in rows] for name in schema.columns}
    table = pd.DataFrame(columns).astype(
        {name: str(column.dtype) for name, column in schema.columns.items()}
    )
    validated: pd.DataFrame = schema.validate(table)
    return validated
