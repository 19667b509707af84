"""Numbered routes: the days of a cycle as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa

from gridmap import schemas
from gridmap.policies import RoutingPolicy, WorkingDay, seconds_of
from gridmap.routing.plan import CellRoutes


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
    cell, days_a_week = planned.cell, len(policy.working_days)
    service_s = cell.service_s(policy)
    routes: list[dict[str, object]] = []
    stops: list[dict[str, object]] = []
    for day, places in enumerate(planned.days):
        if not places:
            continue
        number = route_number(cell.cell_id, len(routes) + 1)
        way = np.array([0, *places, 0])
        leg_s = cell.travel_s[way[:-1], way[1:]]
        stay_s = service_s[way[1:-1] - 1]
        routes.append(
            {
                "route_id": number,
                "number": number,
                "cell_id": cell.cell_id,
                "week": day // days_a_week + 1,
                "weekday": policy.working_days[day % days_a_week],
                "stops": len(places),
                "travel_s": float(leg_s.sum()),
                "service_s": float(stay_s.sum()),
                "distance_m": 0.0,
            }
        )
        arrivals = arrivals_s(leg_s[:-1], stay_s, policy.day)
        for seq, (place, arrival, stay) in enumerate(zip(places, arrivals, stay_s, strict=True), 1):
            stops.append(
                {
                    "route_id": number,
                    "seq": seq,
                    "outlet_id": cell.outlet_ids[place - 1],
                    "arrival_s": arrival,
                    "service_s": float(stay),
                }
            )
    return _table(schemas.ROUTES, routes), _table(schemas.STOPS, stops)


def arrivals_s(leg_s: np.ndarray, stay_s: np.ndarray, day: WorkingDay) -> list[float]:
    """Return the arrival at each stop in seconds after midnight.

    Lunch is taken once, as soon as the manager is between two stops at or after `day.lunch_after`.
    """
    now, eaten = day.start_s, day.lunch == 0.0
    arrivals = []
    for leg, stay in zip(leg_s, stay_s, strict=True):
        if not eaten and now >= seconds_of(day.lunch_after):
            now += day.lunch * 60.0
            eaten = True
        now += leg
        arrivals.append(float(now))
        now += stay
    return arrivals


def _table(schema: pa.DataFrameSchema, rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = {name: [row[name] for row in rows] for name in schema.columns}
    table = pd.DataFrame(columns).astype(
        {name: str(column.dtype) for name, column in schema.columns.items()}
    )
    validated: pd.DataFrame = schema.validate(table)
    return validated
