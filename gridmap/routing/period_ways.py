"""The ways of cells in each part of the working day: from the networks, and for the plan's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import RoutingPolicy
from gridmap.routing.legs import PeriodWays
from gridmap.routing.plan import CellRoutes
from gridmap.routing.routes import route_number
from gridmap.territory import Territory
from gridmap.travel.day_networks import parts_of_day
from gridmap.travel.engine import Snapped, TravelEngine
from gridmap.travel.engines import open_engine

Floats = NDArray[np.float64]


def cell_ways(
    territory: Territory, policy: RoutingPolicy, engine: TravelEngine, stations: Sequence[Snapped]
) -> list[tuple[Floats, PeriodWays | None]]:
    """Return the seconds between the places of each cell, and those of each part of the day.

    Parameters
    ----------
    territory
        With networks by period, or without.
    policy
        Means of travel and working day.
    engine
        Engine of the network of the means of travel.
    stations
        Places of each cell.

    Returns
    -------
    list of tuple
        One a cell: seconds, NaN = no way, shape (n_places, n_places); and the ways by period,
        whose mean over the day these are, None where they do not depend on it.
    """
    day_networks = territory.day_networks.get(policy.mode)
    if day_networks is None:
        return [(seconds, None) for seconds in engine.matrices(stations)]
    parts = parts_of_day(day_networks.begins_s, policy.day.start_s, policy.day.end_s)
    of_period = {
        period: open_engine(day_networks.networks[period]).matrices(stations)
        for period in dict.fromkeys(one.period for one in parts)
    }
    begins_s, shares = tuple(one.begin_s for one in parts), tuple(one.share for one in parts)
    ways = [
        PeriodWays(begins_s, shares, np.stack([of_period[one.period][cell] for one in parts]))
        for cell in range(len(stations))
    ]
    return [(one.mean_s, one) for one in ways]


def written_legs(planned: Sequence[CellRoutes]) -> dict[str, Any]:
    """Return what a plan's file says on the ways of its routes in each part of the day.

    Returns
    -------
    dict
        ``begins_s``: when each part of the day begins; ``legs_s``: by route, one list a way, from
        the first to the way home, with its seconds in each part. Empty where ways do not depend
        on the time of day.
    """
    found: dict[str, Any] = {}
    for done in planned:
        if done.cell.periods is None:
            continue
        found.setdefault("begins_s", list(done.cell.periods.begins_s))
        for tour in done.tours:
            legs = done.cell.periods.legs(done.way(tour))
            found.setdefault("legs_s", {})[route_number(done.cell.cell_id, tour)] = [
                [round(one, 2) for one in leg.seconds] for leg in legs
            ]
    return found
