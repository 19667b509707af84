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


@dataclass(frozen=True)
class UnderWayFacts:
    """What a re-plan says of its cycle: the first day ahead, visits not made, and new outlets."""

    from_day: int = 0
    missed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    new: frozenset[str] = frozenset()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> UnderWayFacts:
        """Return what the layer `plan` says; no fact = nothing is done yet."""
        missed = {one: frozenset(days) for one, days in facts.get("missed", {}).items()}
        return cls(facts.get("from_day", 0), missed, frozenset(facts.get("new", ())))


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
    under_way: UnderWayFacts = field(default_factory=UnderWayFacts)

    def given_up(self, outlet: str) -> frozenset[int]:
        """Return the days whose visits of an outlet may be made on others.

        They were missed, or all who may come are on leave.
        """
        return self.under_way.missed.get(outlet, frozenset()) | self._leave.get(outlet, frozenset())

    @cached_property
    def _leave(self) -> dict[str, frozenset[int]]:
        if not any(one.leave for one in self.policy.managers):
            return {}
        table = self.outlets.drop_duplicates("outlet_id")
        kinds = table["kind"] if "kind" in table else [""] * len(table)
        columns = (table["outlet_id"], table["cell_id"], table["grade"], kinds)
        return {
            str(outlet): self._off(self.centres.get(cell, ""), str(grade), str(kind))
            for outlet, cell, grade, kind in zip(*columns, strict=True)
        }

    def _off(self, centre: str, grade: str, kind: str) -> frozenset[int]:
        """Return the days on which all who have the skills and else work are on leave."""
        needed = self.policy.needed_skills(grade, kind)
        usual: set[int] = set()
        there: set[int] = set()
        for one in self.policy.crew(centre):
            if not needed <= set(one.skills):
                continue
            week_days = cycle_days(one.days or "Mo-Su", self.policy.weeks)
            works = self.numbers(week_days)
            away = {day for text in one.leave for day in self.numbers(dated_day(text, self.policy))}
            usual |= works
            there |= works - away
        return frozenset(usual - there)

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
        """Cycle days of each outlet's visits, sorted, but for those that were missed."""
        found: dict[str, list[int]] = {}
        for one in self.visits:
            if one.day not in self.under_way.missed.get(one.outlet, ()):
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
