"""What people write into the cells of a route sheet, read as ticks, counts and times."""

from __future__ import annotations

import re
import unicodedata

from gridmap.export.visit_steps import Entry

#: A value of a field: done or not, a count, seconds after midnight, or words.
Value = bool | int | float | str

DONE = frozenset({"√", "✓", "✔", "☑", "✅", "v", "y", "yes", "对", "是", "有", "true", "ok", "1"})
NOT_DONE = frozenset(
    {"×", "✕", "✖", "✗", "✘", "☒", "❌", "x", "n", "no", "错", "否", "无", "false", "0"}
)
MOST_COUNTED = 999_999
#: Digits of either width; a ² is no 2.
COUNT = re.compile(r"[0-9０-９]{1,9}")
DAY_S = 86_400.0
CLOCK = re.compile(r"([01]?\d|2[0-3])(?::|点)([0-5]?\d)分?(?::([0-5]\d)(?:\.\d+)?)?")
#: What Excel puts before a time that was entered in a cell of dates.
ZERO_DAY = re.compile(r"(?:1899-12-3[01]|1900-01-0[01])[T ]")


def plain_entry(words: str) -> str:
    """Return an entry as it is compared: width, case and blanks around do not matter."""
    return unicodedata.normalize("NFKC", words).replace("\ufe0f", "").strip().casefold()


def read_entry(words: str, entry: Entry) -> Value | None:
    """Return the value of a cell that is not empty, or None if it makes no sense.

    Parameters
    ----------
    words
        The cell as text.
    entry
        What belongs into it.

    Examples
    --------
    >>> read_entry("✓", Entry.TICK), read_entry("Ｘ", Entry.TICK), read_entry("9:05", Entry.TIME)
    (True, False, 32700.0)
    """
    said = plain_entry(words)
    match entry:
        case Entry.TICK:
            return True if said in DONE else False if said in NOT_DONE else None
        case Entry.COUNT:
            counted = int(said) if COUNT.fullmatch(words.strip()) else -1
            return counted if 0 <= counted <= MOST_COUNTED else None
        case Entry.TIME:
            return _seconds(said)
        case Entry.TEXT:
            return " ".join(words.split())


def _seconds(said: str) -> float | None:
    """Return seconds after midnight; a number below 1 is Excel's share of a day."""
    said = ZERO_DAY.sub("", said.upper())
    found = CLOCK.fullmatch(said)
    if found:
        hours, minutes, seconds = (int(one or 0) for one in found.groups())
        return hours * 3600.0 + minutes * 60.0 + seconds
    if re.fullmatch(r"0?\.\d+", said, re.ASCII):
        return round(float(said) * DAY_S / 60.0) * 60.0 % DAY_S
    return None
