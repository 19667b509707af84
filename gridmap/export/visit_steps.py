"""The seven steps of a visit and the five checks of visits, as fields to fill in.

Print and Excel show the same fields under the same words (catalogue area ``sheets``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from gridmap.catalogue import Language, text


class Entry(Enum):
    """What is written into a field."""

    TICK = "tick"
    COUNT = "count"
    TEXT = "text"
    TIME = "time"


@dataclass(frozen=True)
class Field:
    """One thing to note down; `key` names it in the catalogue."""

    key: str
    entry: Entry

    def label(self, language: Language) -> str:
        """Return the words beside it."""
        return text(f"sheets.field.{self.key}", language)


@dataclass(frozen=True)
class Step:
    """One of the seven steps with its fields."""

    number: int
    key: str
    fields: tuple[Field, ...]

    def label(self, language: Language) -> str:
        """Return the heading of the step with its number."""
        return f"{'①②③④⑤⑥⑦'[self.number - 1]} {text(f'sheets.step.{self.key}', language)}"


def _ticks(*keys: str) -> tuple[Field, ...]:
    return tuple(Field(key, Entry.TICK) for key in keys)


def _counts(*keys: str) -> tuple[Field, ...]:
    return tuple(Field(key, Entry.COUNT) for key in keys)


STEPS = (
    Step(1, "posters", _ticks("posters_whole", "posters_hung", "posters_height")),
    Step(2, "display", _ticks("display", "list_posted", "list_updated")),
    Step(3, "stock", (*_counts("sold", "stock"), *_ticks("stock_enough"))),
    Step(4, "complaints", _counts("environment", "market", "product", "other")),
    Step(5, "supply", (*_counts("ordered", "delivered"), *_ticks("recommended"))),
    Step(6, "information", _ticks("about_rivals", "about_place", "about_customers")),
    Step(7, "relation", _ticks("relation")),
)
TIMES = (Field("came", Entry.TIME), Field("left", Entry.TIME))
REMARK = Field("remark", Entry.TEXT)
CHECKS = ("self_report", "joint_visit", "report_review", "phone_check", "meeting")
#: Stock is enough from this multiple of a cycle's sales on.
ENOUGH_STOCK = 1.5
#: From this target on it is rounded up to whole fives, which are easier to count off.
COARSE_TARGET = 100


def stock_target(sales: float) -> int:
    """Return the pieces that should be in stock: 1.5 × the sales of a cycle, rounded up.

    Examples
    --------
    >>> stock_target(13.0), stock_target(0.0), stock_target(81.0)
    (20, 0, 125)
    """
    pieces = math.ceil(ENOUGH_STOCK * sales - 1e-6)
    return pieces if pieces < COARSE_TARGET else 5 * math.ceil(pieces / 5)


def entry_columns(language: Language) -> Iterator[tuple[Field, str]]:
    """Yield the fields in the order of their columns in Excel, with their headings."""
    for field in TIMES:
        yield field, field.label(language)
    for step in STEPS:
        for field in step.fields:
            yield field, f"{step.label(language)}\n{field.label(language)}"
    yield REMARK, REMARK.label(language)


def sheet_code(cell: str, route: str, week: int, weekday: int) -> str:
    """Return the code by which a filled sheet is known again, such as ``C03/R03-2/1-5``."""
    return f"{cell}/{route}/{week}-{weekday}"
