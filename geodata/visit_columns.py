"""What the columns of the outlets' table say about visits: hours, days, priority."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from geodata.sieve import Sieve
from geodata.values import empty
from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import OutletVisits, RoutingPolicy
from gridmap.weekly import cycle_days, opening_hours

#: Columns that are read only if the project names them: many tables have hours nobody vouches for.
VISIT_FIELDS = ("hours", "visit_days", "no_visit_days", "fixed_visits", "priority")
PRIORITY = re.compile(r"[+-]?[0-9](?:\.0+)?")


def read_visit_columns(
    sieve: Sieve, text: Mapping[str, pd.Series[str]], *, weeks: int
) -> tuple[dict[str, OutletVisits], list[Fault]]:
    """Return what each kept outlet asks for by its id, and a fault for each cell not readable.

    Parameters
    ----------
    sieve
        The table and which of its rows are kept.
    text
        Values of `VISIT_FIELDS` and of the id.
    weeks
        Weeks of the cycle, which days may name.
    """
    asked: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    for field in VISIT_FIELDS:
        said = sieve.kept & ~empty(text[field])
        for at in said.nonzero()[0].tolist():
            outlet, cell = str(text["id"].iloc[at]), str(text[field].iloc[at]).strip()
            try:
                asked.setdefault(outlet, {})[field] = _READ[field](cell, weeks)
            except ValueError as error:
                where = f"{sieve.table.name} {sieve.table.row[at]} ({outlet}) {field}"
                found = error if field == "hours" else cell
                faults.append(fault(_FAULT[field], where, found=found, weeks=weeks))
    return {one: OutletVisits(**given) for one, given in asked.items()}, faults


def with_columns(policy: RoutingPolicy, asked: Mapping[str, OutletVisits]) -> RoutingPolicy:
    """Return a policy with what the columns ask for; the project file's own word counts more.

    Raises
    ------
    pydantic.ValidationError
        If the two together cannot be kept.
    """
    together = {
        outlet: asked.get(outlet, OutletVisits()).model_dump()
        | policy.outlets.get(outlet, OutletVisits()).model_dump(exclude_unset=True)
        for outlet in dict.fromkeys((*asked, *policy.outlets))
    }
    given = policy.model_dump(exclude_unset=True) | {"outlets": together}
    return RoutingPolicy.model_validate(given)


def unknown_outlets(policy: RoutingPolicy, ids: pd.Series[str], file: str) -> list[Fault]:
    """Return a fault if [routing] names outlets that the table does not have."""
    named = dict.fromkeys(
        (
            *policy.outlets,
            *(one.outlet for one in policy.appointments),
            *(one.centre for one in policy.managers if one.centre),
            *(
                place
                for one in policy.managers
                for place in (one.start, one.end)
                if isinstance(place, str) and place
            ),
        )
    )
    lacking = [one for one in named if one not in set(ids)]
    return [fault("visits.outlets_unknown", file, ids=some_ids(lacking))] if lacking else []


def _hours(cell: str, _weeks: int) -> str:
    opening_hours(cell)
    return cell


def _days(cell: str, weeks: int) -> str:
    cycle_days(cell, weeks)
    return cell


def _priority(cell: str, _weeks: int) -> int:
    if not PRIORITY.fullmatch(cell):
        raise ValueError(cell)
    return int(float(cell))


_READ: dict[str, Callable[[str, int], str | int]] = {
    "hours": _hours,
    "visit_days": _days,
    "no_visit_days": _days,
    "fixed_visits": _days,
    "priority": _priority,
}
_FAULT = {
    "hours": "visits.hours_unreadable",
    "visit_days": "visits.days_unreadable",
    "no_visit_days": "visits.days_unreadable",
    "fixed_visits": "visits.days_unreadable",
    "priority": "visits.number_unreadable",
}
