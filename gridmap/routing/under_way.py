"""A cycle that is under way: what the last plan says of a cell, and what has happened since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from gridmap.routing.calendar import Calendar, Patterns

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Days = Mapping[str, tuple[int, ...]]

#: Ways of making up for visits that are looked at, for each set of days of an outlet.
MOST_WAYS = 500


@dataclass(frozen=True)
class LastRoutes:
    """The last plan of a cell.

    Attributes
    ----------
    days
        Cycle days, from 0, of each outlet that it visits, by id.
    routes
        Outlets of each route in order, by cycle day and number of the manager in the crew.
    from_day
        Days before this one are done and stay as they are; 0 = none.
    missed
        Days before `from_day` on which an outlet was to be visited and was not.
    """

    days: Days
    routes: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    from_day: int = 0
    missed: Days = field(default_factory=dict)

    def past(self, outlet: str) -> frozenset[int]:
        """Return the days of the past on which an outlet was to be visited."""
        return frozenset(day for day in self.days.get(outlet, ()) if day < self.from_day)

    def done(self, outlet: str) -> int:
        """Return how many visits of an outlet took place."""
        return len(self.past(outlet)) - len(self.missed.get(outlet, ()))

    def owed(self, outlet: str, visits: int, n_days: int) -> int:
        """Return the visits that are left of those of the cycle.

        Whoever is new is due a share of them, rounded up.
        """
        if outlet in self.days:
            return max(visits - self.done(outlet), 0)
        return -(-visits * (n_days - self.from_day) // n_days)


def remaining_patterns(
    outlet: str,
    visits: int,
    patterns: Patterns,
    *,
    calendar: Calendar,
    last: LastRoutes | None,
    open_days: Bools,
) -> Patterns:
    """Return the sets of days that are left to an outlet.

    A set goes on from the visits that were to be made in the past. Its days on which nobody can
    come, and the visits that were missed, are made up for on other open days.

    Parameters
    ----------
    outlet
        Its id.
    visits
        Visits of the cycle.
    patterns
        What it may have when nobody is on leave and the whole cycle lies ahead.
    calendar
        Of the policy.
    last
        The cycle under way; None = nothing is done yet.
    open_days
        Days that are left and on which somebody can come. Shape (n_days,).

    Notes
    -----
    Where no set goes on from the past, because the outlet asks for other days than before, any
    days ahead are good, as many as are left.
    """
    from_day = 0 if last is None else last.from_day
    ahead = np.arange(calendar.n_days) >= from_day
    extra = 0
    skipped = patterns.skipped
    days = patterns.days & ahead
    if last is not None and from_day and outlet in last.days:
        past = np.zeros(calendar.n_days, dtype=bool)
        past[list(last.past(outlet))] = True
        extra = len(last.missed.get(outlet, ()))
        goes_on = ((patterns.days & ~ahead) == past).all(axis=1)
        if goes_on.any():
            days, skipped = days[goes_on], skipped[goes_on]
        else:
            days = np.zeros((1, calendar.n_days), dtype=bool)
            skipped, extra = np.zeros(1, dtype=np.int64), last.owed(outlet, visits, len(ahead))
    elif from_day and len(days):
        most = days.sum(axis=1) == days.sum(axis=1).max()
        days, skipped = days[most], skipped[most]
    least: dict[bytes, int] = {}
    for row, lacking in zip(days, skipped.tolist(), strict=True):
        for made_up in _made_up(row, open_days, extra):
            key = made_up.tobytes()
            least[key] = min(lacking, least.get(key, lacking))
    rows = np.frombuffer(b"".join(least), dtype=bool).reshape(-1, calendar.n_days)
    return Patterns(rows, np.array(list(least.values()), dtype=np.int64))


def _made_up(days: Bools, open_days: Bools, extra: int) -> Iterator[Bools]:
    """Yield days with those that are not open, and so many more, put on other open days."""
    count = int((days & ~open_days).sum()) + extra
    free = np.flatnonzero(open_days & ~days).tolist()
    for chosen in islice(combinations(free, count), MOST_WAYS):
        found = days & open_days
        found[list(chosen)] = True
        yield found
