"""The times of the routes of one cell, and which of them break a limit of their day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import RoutingPolicy
from gridmap.routing.calendar import Calendar
from gridmap.routing.crew import crew_of
from gridmap.routing.diagnose import day_room_s
from gridmap.routing.legs import Leg
from gridmap.routing.problem import CellVisits
from gridmap.routing.timing import DayTimes, plain_times, windowed_times
from gridmap.routing.visit_times import visit_times

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Overrun:
    """A route that breaks a limit of its day when it is timed by the periods.

    Attributes
    ----------
    day, manager
        Which one.
    longer_s
        Seconds by which its ways take longer than in the mean of the day.
    later_s
        Seconds by which some moment of it comes later than by the mean.
    """

    day: int
    manager: int
    longer_s: float
    later_s: float


class RouteTimes:
    """Times the routes of a cell."""

    def __init__(self, cell: CellVisits, policy: RoutingPolicy) -> None:
        calendar = Calendar(policy)
        self.cell, self.policy = cell, policy
        self._service_s = cell.service_s(policy)
        self._times = visit_times(cell, calendar)
        self._most_s = np.minimum(crew_of(cell, calendar).most_s, day_room_s(policy))

    def of(self, day: int, manager: int, places: Sequence[int]) -> tuple[DayTimes, bool]:
        """Return the times of a route, and whether its windows, if any, are kept.

        A day whose windows cannot be kept has the times as if there were none.
        """
        return self._timed(day, places, self.cell.legs(self._way(manager, places)))

    def overruns(self, days: Sequence[Sequence[Sequence[int]]]) -> tuple[Overrun, ...]:
        """Return the routes that break a limit; ``days[day][manager]`` are places in order."""
        return tuple(
            self._overrun(day, manager, places)
            for day, routes in enumerate(days)
            for manager, places in enumerate(routes)
            if places and not self._kept(day, manager, places)
        )

    def _kept(self, day: int, manager: int, places: Sequence[int]) -> bool:
        times, windows_kept = self.of(day, manager, places)
        work_s = sum(times.ways_s) + sum(self._stays(places))
        in_time = times.home_s <= self.policy.day.end_s
        return bool(windows_kept and in_time and work_s <= self._most_s[manager])

    def _overrun(self, day: int, manager: int, places: Sequence[int]) -> Overrun:
        way, stays = np.array(self._way(manager, places)), self._stays(places)
        mean: list[Leg] = list(self.cell.travel_s[way[:-1], way[1:]].tolist())
        one, other = (
            plain_times(legs, stays, self.policy.day) for legs in (self.cell.legs(tuple(way)), mean)
        )
        late_s = np.subtract((*one.begins_s, one.home_s), (*other.begins_s, other.home_s))
        return Overrun(day, manager, sum(one.ways_s) - sum(other.ways_s), float(late_s.max()))

    def _timed(self, day: int, places: Sequence[int], legs: Sequence[Leg]) -> tuple[DayTimes, bool]:
        stays = self._stays(places)
        if not self._times.timed:
            return plain_times(legs, stays, self.policy.day), True
        windows = [self._times.windows[place - 1][day] for place in places]
        found = windowed_times(legs, stays, windows, self.policy.day)
        return found or plain_times(legs, stays, self.policy.day), found is not None

    def _stays(self, places: Sequence[int]) -> list[float]:
        return list(self._service_s[[place - 1 for place in places]].tolist())

    def _way(self, manager: int, places: Sequence[int]) -> tuple[int, ...]:
        start, end = self.cell.base(manager)
        return (start, *places, end)
