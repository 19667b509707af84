"""Numbered routes: the days of a cycle as tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pandera.pandas as pa

from gridmap import schemas
from gridmap.policies import RoutingPolicy
from gridmap.routing.calendar import Calendar
from gridmap.routing.plan import CellRoutes
from gridmap.routing.timing import DayTimes, plain_times, windowed_times
from gridmap.routing.visit_times import visit_times


def route_number(cell_id: int, number: int) -> str:
    """Return a route's number, for example ``R03-2``."""
    return f"R{cell_id:02d}-{number}"


def number_routes(planned: CellRoutes, policy: RoutingPolicy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the routes and the stops of a cell.

    Days without a visit get no number; the others are numbered in order of week and weekday.
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
    for number, day, times in _timetable(planned, calendar):
        places = planned.days[day]
        week, weekday = calendar.week_day(day)
        stay_s = service_s[np.array(places) - 1]
        routes.append(
            {
                "route_id": number,
                "number": number,
                "cell_id": cell.cell_id,
                "week": week,
                "weekday": weekday,
                "stops": len(places),
                "travel_s": float(_legs_s(planned, day).sum()),
                "service_s": float(stay_s.sum()),
                "distance_m": 0.0,
            }
        )
        for seq, (place, begin, stay) in enumerate(
            zip(places, times.begins_s, stay_s, strict=True), 1
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


def _timetable(planned: CellRoutes, calendar: Calendar) -> Iterator[tuple[str, int, DayTimes]]:
    """Yield number, cycle day and times of each day with a visit.

    A day whose windows cannot be kept has the times as if there were none: the checker says which.
    """
    cell, day = planned.cell, calendar.policy.day
    service_s = cell.service_s(calendar.policy)
    times = visit_times(cell, calendar)
    count = 0
    for at, places in enumerate(planned.days):
        if not places:
            continue
        count += 1
        legs = _legs_s(planned, at).tolist()
        outlets = [place - 1 for place in places]
        stays = service_s[outlets].tolist()
        found = None
        if times.timed:
            windows = [times.windows[outlet][at] for outlet in outlets]
            found = windowed_times(legs, stays, windows, day)
        yield (
            route_number(cell.cell_id, count),
            at,
            found or plain_times(legs, stays, day),
        )


def _legs_s(planned: CellRoutes, day: int) -> np.ndarray:
    """Return the seconds of each way of a day, from the centre and back. Shape (n_stops + 1,)."""
    way = np.array([0, *planned.days[day], 0])
    return np.asarray(planned.cell.travel_s[way[:-1], way[1:]], dtype=np.float64)


def _table(schema: pa.DataFrameSchema, rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = {name: [row[name] for row in rows] for name in schema.columns}
    table = pd.DataFrame(columns).astype(
        {name: str(column.dtype) for name, column in schema.columns.items()}
    )
    validated: pd.DataFrame = schema.validate(table)
    return validated
