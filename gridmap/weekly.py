"""Days of a cycle and opening hours as people write them.

Days are weekdays, with weeks of the cycle before a colon if not all are meant: ``Mo``, ``Mo-Fr``,
``Mo,Th``, ``1,3:Mo``, ``1-2:Mo,We; 4:Fr``. Opening hours are the plain part of OpenStreetMap's
syntax: ``Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00``, ``24/7``, ``Su off``. Weekdays may be
English in full or Chinese (周一至周五).

References
----------
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

#: A day of the cycle: week and weekday, both from 1; weekday 1 = Monday.
WeekDay = tuple[int, int]
#: Intervals of one weekday in seconds after midnight, sorted and apart.
Intervals = tuple[tuple[float, float], ...]

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_S = 86_400.0

_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_DASHES = str.maketrans({"至": "-", "到": "-", "~": "-", "–": "-", "—": "-", "−": "-", "、": ","})
_PARTS = re.compile(r"\s*;\s*")
_RANGE = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")
_DAY = r"[A-Za-z]+(?:\s*-\s*[A-Za-z]+)?"
_TIME = r"\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}"
_RULE = re.compile(
    rf"(?P<days>{_DAY}(?:\s*,\s*{_DAY})*)?(?:\s+|(?<=[a-z])|^)"
    rf"(?P<times>{_TIME}(?:\s*,\s*{_TIME})*|off|closed|24/7)",
    re.IGNORECASE,
)
_ONE_TIME = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@cache
def cycle_days(text: str, weeks: int) -> frozenset[WeekDay]:
    """Return the days of a cycle that a text such as ``1,3:Mo`` names.

    Raises
    ------
    ValueError
        With the part that cannot be read, or names a week that the cycle does not have.
    """
    found: set[WeekDay] = set()
    for part in _PARTS.split(_plain(text)):
        said, colon, days = part.rpartition(":")
        named = _weeks(said, weeks, part) if colon else range(1, weeks + 1)
        found.update((week, day) for week in named for day in _weekdays(days, part))
    return frozenset(found)


@cache
def opening_hours(text: str) -> tuple[Intervals, ...]:
    """Return the intervals of each weekday, Monday first, in seconds after midnight.

    A later rule replaces what earlier ones said of its days; after a comma it adds to them. Hours
    past midnight go on the next day. What is said of public holidays is passed over: nobody is
    visited on these.

    Raises
    ------
    ValueError
        With the part that cannot be read.
    """
    open_: list[list[tuple[float, float]]] = [[] for _ in WEEKDAYS]
    plain = _plain(text)
    at, adds = 0, False
    while True:
        match = _RULE.match(plain, at)
        if match is None:
            raise ValueError(plain[at:] or text)
        days = _open_days(match["days"], match[0])
        times = [] if match["times"].lower() in {"off", "closed"} else _times(match["times"])
        if not adds:
            for day in days:
                open_[day - 1] = []
        for day in days:
            for start, end in times:
                open_[day - 1].append((start, min(end, DAY_S)))
                if end > DAY_S:
                    open_[day % 7].append((0.0, end - DAY_S))
        at = match.end()
        follows = re.compile(r"\s*([;,])\s*").match(plain, at)
        if follows is None or not plain[follows.end() :].strip():
            break
        at, adds = follows.end(), follows[1] == ","
    if plain[at:].strip(" ;"):
        raise ValueError(plain[at:])
    return tuple(_apart(one) for one in open_)


def _plain(text: str) -> str:
    """Return a text with plain signs, and weekdays in Latin letters."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).strip()
    return _CHINESE.sub(lambda one: WEEKDAYS[min("一二三四五六日天".index(one[1]), 6)], plain)


def _weeks(text: str, weeks: int, part: str) -> list[int]:
    found: list[int] = []
    for one in text.split(","):
        match = _RANGE.fullmatch(one.strip())
        first = int(match[1]) if match else 0
        last = int(match[2] or first) if match else 0
        if not 1 <= first <= last <= weeks:
            raise ValueError(part)
        found.extend(range(first, last + 1))
    return found


def _weekdays(text: str, part: str) -> list[int]:
    found: list[int] = []
    for one in text.split(","):
        first, dash, last = (side.strip() for side in one.partition("-"))
        start = _weekday(first, part)
        length = (_weekday(last, part) - start) % 7 if dash else 0
        found.extend((start - 1 + step) % 7 + 1 for step in range(length + 1))
    return found


def _weekday(name: str, part: str) -> int:
    """Return 1 for Mo, Mon or Monday, and so on."""
    for number, full in enumerate(_NAMES, 1):
        if len(name) >= 2 and full.startswith(name.lower()):
            return number
    raise ValueError(part)


def _open_days(text: str | None, part: str) -> list[int]:
    if text is None:
        return list(range(1, 8))
    named = [one.strip() for one in text.split(",")]
    return [day for one in named if one.upper() != "PH" for day in _weekdays(one, part)]


def _times(text: str) -> list[tuple[float, float]]:
    if text == "24/7":
        return [(0.0, DAY_S)]
    found = []
    for match in _ONE_TIME.finditer(text):
        hour, minute, last_hour, last_minute = (int(one) for one in match.groups())
        start = hour * 3600.0 + minute * 60.0
        end = last_hour * 3600.0 + last_minute * 60.0
        if minute > 59 or last_minute > 59 or start >= DAY_S or end > 2.0 * DAY_S:
            raise ValueError(match[0])
        found.append((start, end if end > start else end + DAY_S))
    return found


def _apart(intervals: list[tuple[float, float]]) -> Intervals:
    """Return intervals sorted and joined where they touch."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
