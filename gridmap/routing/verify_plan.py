"""A plan as its checker reads it: tables and policy, no code of the planner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from gridmap.policies import Manager, RoutingPolicy
from gridmap.visit_checks import dated_day
from gridmap.weekly import WeekDay, cycle_days, opening_hours

#: Seconds by which sums of written times may differ from one another.
ROUNDING_S = 1.0


@dataclass(frozen=True)
class Visit:
    """One stop: its route and outlet, the cycle day from 0, and seconds after midnight."""

    route: str
    outlet: str
    day: int
    begin_s: float
    leave_s: float


@dataclass(frozen=True, eq=False)
class WrittenPlan:
    """A plan as it was written, and what was asked for."""

    outlets: pd.DataFrame
    routes: pd.DataFrame
    stops: pd.DataFrame
    policy: RoutingPolicy
    left_out: frozenset[str]
    lunch_begins_s: Mapping[str, float] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    home_s: Mapping[str, float] = field(default_factory=dict)
    period_legs: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def manager_of(self) -> dict[str, Manager | None]:
        """The manager of each route by its id; None where nobody of that name is in the cell."""
        found: dict[str, Manager | None] = {}
        for route, cell in zip(self.routes["route_id"], self.routes["cell_id"], strict=True):
            crew = {one.name: one for one in self.policy.crew(self.centres.get(cell, ""))}
            sole = next(iter(crew)) if len(crew) == 1 else ""
            found[str(route)] = crew.get(self.managers.get(str(route), sole))
        return found

    @cached_property
    def centres(self) -> dict[int, str]:
        """Id of the centre outlet of each cell."""
        if "is_centre" not in self.outlets:
            return {}
        centres = self.outlets[self.outlets["is_centre"].astype(bool)]
        return dict(zip(centres["cell_id"], centres["outlet_id"], strict=True))

    def limits(self, own: str, usual: float) -> pd.Series:
        """Return a limit of each route by its id: its manager's own, or the usual one."""
        return pd.Series(
            {
                route: usual if one is None or getattr(one, own) is None else getattr(one, own)
                for route, one in self.manager_of.items()
            },
            dtype=float,
        )

    @cached_property
    def due(self) -> pd.Series:
        """Visits that each visited outlet is due, by outlet id."""
        visited = self.outlets[self.outlets["visited"].astype(bool)].set_index("outlet_id")
        grades = self.policy.grade_policy
        visits = {name: float(one.visits) for name, one in grades.items()}
        due = visited["grade"].map(visits).astype(float).fillna(0.0)
        for outlet, asked in self.policy.outlets.items():
            if asked.fixed_visits and outlet in due.index:
                due[outlet] = len(cycle_days(asked.fixed_visits, self.policy.weeks))
        return due

    @cached_property
    def holidays(self) -> frozenset[int]:
        """Cycle days, from 0, without visits."""
        return frozenset(
            day
            for text in self.policy.holidays
            for day in self.numbers(dated_day(text, self.policy))
        )

    @cached_property
    def appointments(self) -> dict[tuple[str, int], tuple[float, float]]:
        """Windows of the appointments by outlet and cycle day."""
        return {
            (one.outlet, day): one.window_s
            for one in self.policy.appointments
            for day in self.numbers(dated_day(one.day, self.policy))
        }

    def numbers(self, days: Collection[WeekDay]) -> set[int]:
        """Return the numbers, from 0, of those days of the cycle that are worked."""
        worked = self.policy.working_days
        return {
            (week - 1) * len(worked) + worked.index(weekday)
            for week, weekday in days
            if weekday in worked
        }

    def open_s(self, outlet: str, day: int) -> tuple[tuple[float, float], ...] | None:
        """Return when an outlet is open on a day; None = always, or an appointment counts."""
        asked = self.policy.outlets.get(outlet)
        if asked is None or not asked.hours or (outlet, day) in self.appointments:
            return None
        weekday = self.policy.working_days[day % len(self.policy.working_days)]
        return opening_hours(asked.hours)[weekday - 1]

    @cached_property
    def visits(self) -> list[Visit]:
        """All stops on days of the cycle, in the order of the days."""
        stops = self.days.dropna(subset="day")
        columns = (stops[name] for name in ("route_id", "outlet_id", "day", "arrival_s"))
        return [
            Visit(str(route), str(outlet), int(day), float(begin), float(begin + minutes * 60.0))
            for route, outlet, day, begin, minutes in zip(
                *columns, stops["service_min"], strict=True
            )
        ]

    @cached_property
    def visit_days(self) -> dict[str, list[int]]:
        """Cycle days of each outlet's visits, sorted."""
        found: dict[str, list[int]] = {}
        for one in self.visits:
            found.setdefault(one.outlet, []).append(one.day)
        return found

    @cached_property
    def days(self) -> pd.DataFrame:
        """Stops with the cycle day of their route, from 0, in the order of the days."""
        weekday = {day: index for index, day in enumerate(self.policy.working_days)}
        routes = self.routes.assign(
            day=(self.routes["week"] - 1) * len(weekday) + self.routes["weekday"].map(weekday)
        )
        columns = ["route_id", "day", "cell_id"]
        joined = self.stops.merge(routes[columns], on="route_id", how="left")
        return joined.sort_values(["day", "route_id", "seq"], kind="stable")
