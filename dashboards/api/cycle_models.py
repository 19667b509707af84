"""Shapes of the routes of a draft that are read and changed by hand."""

from __future__ import annotations

from typing import Annotated

import pydantic

from dashboards.api.models import FaultOut, LoggedOut, Taken

#: Week of the cycle, and day of the week: 1 is Monday.
Week = Annotated[int, pydantic.Field(ge=1, le=520)]
Weekday = Annotated[int, pydantic.Field(ge=1, le=7)]
OutletId = Annotated[str, pydantic.Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Token = Annotated[str, pydantic.Field(max_length=100, pattern=r"^[^\x00]*$")]


class DayOut(pydantic.BaseModel):
    """A day of the cycle."""

    week: int
    weekday: int


class VisitOut(DayOut):
    """A visit."""

    outlet: str


class DayRouteOut(DayOut):
    """A route of a day: its outlets in the order of the visits."""

    route_id: str
    outlets: list[str]


class CycleOut(pydantic.BaseModel):
    """The routes of a cell, what is kept fixed, and what was changed by hand.

    A change names the `token` that it was made on; `author` and `changed` say who changed the
    routes last, empty if nobody did.
    """

    cell_id: int
    token: str
    version: int
    author: str
    changed: str
    routes: list[DayRouteOut]
    fixed_days: list[DayOut]
    fixed_visits: list[VisitOut]
    edits: list[LoggedOut]


class VisitIn(Taken):
    """A visit that might go to another day."""

    outlet: OutletId
    week: Week
    weekday: Weekday


class CostOut(DayOut):
    """What a move to a day would cost in travel, with how many other visits, or what forbids it."""

    allowed: bool
    travel_s: float
    along: int
    faults: list[FaultOut]


class CostsOut(pydantic.BaseModel):
    """The costs of each other day, and the token of the routes that they were counted on."""

    token: str
    days: list[CostOut]


class VisitMoveIn(VisitIn):
    """A visit to be moved to another day, on the routes of a token."""

    to_week: Week
    to_weekday: Weekday
    token: Token


class FixIn(Taken):
    """A visit, or without an outlet a day, to be kept fixed, or no longer."""

    outlet: OutletId | None = None
    week: Week
    weekday: Weekday
    fixed: bool = True
    token: Token


class TokenIn(Taken):
    """The token of the routes that were seen."""

    token: Token


class CycleEditOut(pydantic.BaseModel):
    """Where a change stands in the log, and the token of the routes as they are now."""

    sequence: int
    token: str
    repeated: bool
