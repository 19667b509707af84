"""What a re-plan changes: one line a visit, with its reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

#: Number of the route of each visit, by outlet and then by cycle day from 0.
Visits = Mapping[str, Mapping[int, str]]

#: Why a visit changed: the outlet stands elsewhere, is new, or is gone; the visit was missed; its
#: manager is on leave; or it made room for others.
REASONS = ("moved", "new", "closed", "caught_up", "leave", "shifted")


@dataclass(frozen=True)
class Change:
    """A visit that is not as it was; the day is None, and the route empty, where there is none."""

    outlet: str
    old_day: int | None
    new_day: int | None
    old_route: str
    new_route: str
    reason: str


@dataclass(frozen=True)
class News:
    """What has happened since the last plan.

    Attributes
    ----------
    from_day
        Days before this one are done.
    missed
        Days of visits that were not made, by outlet.
    relocated
        Outlets that stand elsewhere.
    known
        Outlets that there are and that are to be visited.
    leave
        Numbers of the last plan's routes whose manager is on leave.
    """

    from_day: int = 0
    missed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    relocated: Collection[str] = ()
    known: Collection[str] = ()
    leave: Collection[str] = ()


def list_changes(last: Visits, new: Visits, news: News) -> tuple[Change, ...]:
    """Return what changes from the first day ahead on, by outlet and day.

    Visits that went are paired with those that came in the order of their days.
    """
    found: list[Change] = []
    for outlet in sorted(last.keys() | new.keys()):
        found.extend(_of_outlet(outlet, last.get(outlet, {}), new.get(outlet, {}), news))
    return tuple(found)


def _of_outlet(
    outlet: str, last: Mapping[int, str], new: Mapping[int, str], news: News
) -> list[Change]:
    old = {day: route for day, route in last.items() if day >= news.from_day}
    now = {day: route for day, route in new.items() if day >= news.from_day}
    if outlet not in news.known:
        return [
            Change(outlet, day, None, route, "", "closed") for day, route in sorted(old.items())
        ]
    if not last:
        return [Change(outlet, None, day, "", route, "new") for day, route in sorted(now.items())]
    rows = []
    for day in sorted(old.keys() & now.keys()):
        if outlet in news.relocated or old[day] != now[day]:
            reason = _reason(outlet, old[day], news)
            rows.append(Change(outlet, day, day, old[day], now[day], reason))
    came = sorted(now.keys() - old.keys())
    went = sorted(old.keys() - now.keys())
    missed = sorted(news.missed.get(outlet, ()))
    # The visits that are made up for come last, since the others go on from where they were.
    for before, after in zip_longest(went, came[: len(went)]):
        reason = _reason(outlet, old[before], news)
        route = "" if after is None else now[after]
        rows.append(Change(outlet, before, after, old[before], route, reason))
    for before, after in zip_longest(missed, came[len(went) :]):
        reason = "caught_up" if before is not None else _reason(outlet, "", news)
        was = "" if before is None else last.get(before, "")
        route = "" if after is None else now[after]
        rows.append(Change(outlet, before, after, was, route, reason))
    return rows


def _reason(outlet: str, route: str, news: News) -> str:
    if outlet in news.relocated:
        return "moved"
    return "leave" if route in news.leave else "shifted"
