"""What would make a cell's visits fit, in numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import RoutingPolicy
from gridmap.routing.diagnose import Diagnosis, least_minutes
from gridmap.routing.problem import CellVisits
from gridmap.routing.visits import by_importance


@dataclass(frozen=True)
class Cures:
    """Changes of which each alone takes the overload away; None = that one alone cannot.

    They mend what `diagnose` proves. Whether the days then come out, only a plan can tell.

    Attributes
    ----------
    fewer_visits
        Visits a cycle to give up by grade, the least important first.
    more_days
        Working days to add to the cycle.
    managers
        Managers instead of those there are.
    calls_a_day
        Calls a day to allow, where only calls are too many.
    move
        Outlets to give away, those that are farthest from the centre first.
    """

    fewer_visits: Mapping[str, int] | None
    more_days: int
    managers: int
    calls_a_day: int | None
    move: tuple[str, ...] | None


def find_cures(cell: CellVisits, policy: RoutingPolicy, found: Diagnosis) -> Cures:
    """Return what would make the visits of an overloaded cell fit."""
    return Cures(
        fewer_visits=_fewer_visits(cell, policy, found),
        more_days=_more_days(found),
        managers=_managers(found),
        calls_a_day=(
            math.ceil(found.calls_needed / found.days / found.managers)
            if found.calls_over and not found.minutes_over
            else None
        ),
        move=_move(cell, policy, found),
    )


def told_cures(
    cell: CellVisits, found: Diagnosis, cures: Cures, neighbours: Mapping[str, Diagnosis]
) -> tuple[Fault, ...]:
    """Return the cures of a cell as sentences.

    Parameters
    ----------
    cell, found, cures
        The cell, its diagnosis and what `find_cures` says.
    neighbours
        Diagnoses of the cells that it borders, by their names.
    """
    told: list[Fault] = []
    if cures.fewer_visits:
        listed = ", ".join(f"{grade}: {count}" for grade, count in cures.fewer_visits.items())
        told.append(fault("routing.cure.fewer_visits", cell.name, visits=listed))
    told.append(fault("routing.cure.more_days", cell.name, more=cures.more_days, days=found.days))
    told.append(
        fault("routing.cure.managers", cell.name, managers=cures.managers, now=found.managers)
    )
    if cures.calls_a_day is not None:
        told.append(fault("routing.cure.calls_a_day", cell.name, calls=cures.calls_a_day))
    if cures.move:
        told.append(_told_move(cell, cures.move, neighbours))
    return tuple(told)


def _told_move(
    cell: CellVisits, move: tuple[str, ...], neighbours: Mapping[str, Diagnosis]
) -> Fault:
    values = {"count": len(move), "ids": some_ids(move)}
    roomy = {name: one.spare_calls for name, one in neighbours.items() if not one.overloaded}
    if not roomy or max(roomy.values()) == 0:
        return fault("routing.cure.move", cell.name, **values)
    name = max(roomy, key=lambda one: (roomy[one], one))
    return fault("routing.cure.move_to", cell.name, **values, cell=name, spare=roomy[name])


def _fewer_visits(
    cell: CellVisits, policy: RoutingPolicy, found: Diagnosis
) -> dict[str, int] | None:
    """Give up visits of the least important grade, then of the next, until all else fits."""
    visits, minutes = cell.visits(policy), least_minutes(cell, policy)
    grades = np.array(cell.grades, dtype=object)
    calls, left = found.calls_over, found.minutes_over
    given_up: dict[str, int] = {}
    for grade in reversed(by_importance(policy)):
        mine = (grades == grade) & (visits > 0) & cell.reachable
        if not mine.any():
            continue
        each = float(minutes[mine].min())
        by_minutes = math.ceil(left / each - 1e-9) if each > 0.0 else 0
        count = min(max(calls, by_minutes), int(visits[mine].sum()))
        if count > 0:
            given_up[grade] = count
            calls, left = max(calls - count, 0), max(left - count * each, 0.0)
        if calls == 0 and left <= 1e-6:
            return given_up
    return None


def _more_days(found: Diagnosis) -> int:
    """Return the working days that a cycle needs beyond those it has, as full as these."""
    by_calls = found.calls_over / max(found.calls_available, 1)
    by_minutes = found.minutes_over / max(found.minutes_available, 1.0)
    return math.ceil(max(by_calls, by_minutes) * found.days - 1e-9)


def _managers(found: Diagnosis) -> int:
    """Return how many managers like those there are would be enough."""
    calls = found.calls_needed / max(found.calls_available, 1)
    minutes = found.minutes_needed / max(found.minutes_available, 1.0)
    return math.ceil(max(calls, minutes) * found.managers - 1e-9)


def _move(cell: CellVisits, policy: RoutingPolicy, found: Diagnosis) -> tuple[str, ...] | None:
    """Return the outlets to give away, the farthest first, until the others fit."""
    visits, minutes = cell.visits(policy), least_minutes(cell, policy)
    due = np.flatnonzero((visits > 0) & cell.reachable)
    away_s = cell.travel_s[0, 1 : len(visits) + 1][due]
    farthest_first = due[np.argsort(-away_s, kind="stable")]
    calls, left = float(found.calls_over), found.minutes_over
    gone: list[str] = []
    for outlet in farthest_first[:-1]:
        if calls <= 0.0 and left <= 0.0:
            break
        gone.append(cell.outlet_ids[outlet])
        calls -= visits[outlet]
        left -= visits[outlet] * minutes[outlet]
    return tuple(gone) if calls <= 0.0 and left <= 0.0 else None
