"""Visits of a cycle: how often a grade is due, and on which days it may be."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault, InputError, fault
from gridmap.policies import RoutingPolicy

Ints = NDArray[np.int64]

#: More sets of days than this for one grade are too many to weigh against one another.
MOST_PATTERNS = 5000


@cache
def visit_patterns(visits: int, weeks: int, days_a_week: int) -> Ints:
    """Return the sets of cycle days on which an outlet may be visited.

    A pattern is a first day and then steps as equal as whole days allow: a visit a week falls on
    the same weekday each week, one every second week likewise, and a single visit on any day.

    Parameters
    ----------
    visits
        Visits in the cycle.
    weeks, days_a_week
        Size of the cycle.

    Returns
    -------
    Ints
        One pattern a row, days counted from 0 and rising. Shape (n_patterns, visits).

    Raises
    ------
    InputError
        If there are more visits than working days.
    """
    cycle = weeks * days_a_week
    if visits > cycle:
        raise InputError(fault("routing.too_many_visits", visits=visits, days=cycle))
    if visits == 0:
        return np.empty((0, 0), dtype=np.int64)
    step = (np.arange(visits) * cycle) // visits
    shifted = np.sort((step[None, :] + np.arange(cycle)[:, None]) % cycle, axis=1)
    return np.unique(shifted, axis=0)


@cache
def spaced_patterns(visits: int, days: int, least_gap: int, most_gap: int) -> Ints:
    """Return all sets of days with such gaps from each visit to the next, round the cycle.

    Parameters
    ----------
    visits
        Visits in the cycle.
    days
        Working days of the cycle.
    least_gap, most_gap
        Working days between two visits; a single visit may be on any day.

    Returns
    -------
    Ints
        One set a row, days counted from 0 and rising. Shape (n_patterns, visits).

    Raises
    ------
    InputError
        If there are more than `MOST_PATTERNS`.
    """
    if visits == 0:
        return np.empty((0, 0), dtype=np.int64)
    found: list[tuple[int, ...]] = []

    def extend(chosen: tuple[int, ...]) -> None:
        left = visits - len(chosen)
        if left == 0:
            if visits == 1 or least_gap <= chosen[0] + days - chosen[-1] <= most_gap:
                found.append(chosen)
            if len(found) > MOST_PATTERNS:
                raise InputError(
                    fault("visits.too_many_patterns", most=MOST_PATTERNS, visits=visits)
                )
            return
        # The rest must still have room before the cycle begins anew.
        last = min(chosen[-1] + most_gap, days - 1 - (left - 1) * least_gap)
        for day in range(chosen[-1] + least_gap, last + 1):
            extend((*chosen, day))

    for first in range(days):
        extend((first,))
    return np.array(found, dtype=np.int64).reshape(-1, visits)


def by_importance(policy: RoutingPolicy) -> list[str]:
    """Return the grades, most visits first; equal ones as the policy lists them."""
    return sorted(policy.grade_policy, key=lambda grade: -policy.grade_policy[grade].visits)


def grade_faults(grades: tuple[str, ...], policy: RoutingPolicy) -> list[Fault]:
    """Return a fault for each grade that the policy does not know or cannot keep."""
    faults = []
    for grade in sorted(set(grades)):
        if grade not in policy.grade_policy:
            known = ", ".join(policy.grade_policy)
            faults.append(fault("routing.unknown_grade", grade or "-", known=known))
        elif policy.grade_policy[grade].visits > policy.cycle_days:
            faults.append(
                fault(
                    "routing.too_many_visits",
                    grade,
                    visits=policy.grade_policy[grade].visits,
                    days=policy.cycle_days,
                )
            )
    return faults
