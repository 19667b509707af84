"""Where the header of a table is, and which columns hold which field."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from geodata.workbooks import Merge, filled_down
from gridmap.datum import Datum
from gridmap.errors import Fault, fault

Kind = Literal["outlets", "demand", "visits", "market", "visit_log"]
FieldKind = Literal["steps", "complaints", "sightings"]
#: Names of a field: those of one tuple are equally good, an earlier one wins over a later one.
Names = Sequence[str | Sequence[str]]

#: Rows looked at to find the header.
SAMPLE = 40
#: So many rows a header may have.
DEEPEST = 3
#: A header fills this share of the columns that the fullest row does.
FILLED = 0.6
#: What is written between the rows of a header that has several.
JOINED = "/"
BRACKETS = re.compile(r"[(\[{（【〔〈<]([^)\]}）】〕〉>]*)[)\]}）】〕〉>]")
UNIT_AFTER = re.compile(r"[/_:：,，\s]\s*(?:单位[:：]?)?\s*([^/_:：,，\s]+)$")
NUMBERED = re.compile(r" #\d+$")
FACTORS = {
    "千": 1.0e3, "k": 1.0e3, "thousand": 1.0e3, "thousands": 1.0e3,
    "万": 1.0e4, "w": 1.0e4, "百万": 1.0e6, "million": 1.0e6, "millions": 1.0e6,
    "千万": 1.0e7, "亿": 1.0e8,
}  # fmt: skip
COUNTED = "元户人个台部件笔张家次只条单量rmb cny"
PERCENT = frozenset({"%", "百分比", "百分数", "percent", "pct"})
DATUMS: Mapping[str, Datum] = {
    "wgs84": "wgs84", "gps": "wgs84", "gcj02": "gcj02", "gcj": "gcj02", "高德": "gcj02",
    "火星": "gcj02", "腾讯": "gcj02", "bd09": "bd09", "百度": "bd09",
}  # fmt: skip


@dataclass(frozen=True)
class Header:
    """The header of a table.

    Attributes
    ----------
    columns
        A name for each column, none twice; several rows of a header are joined.
    first, last
        Its first and last row, from 0.
    """

    columns: tuple[str, ...]
    first: int
    last: int


@cache
def usual_names(kind: Kind | FieldKind) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Return the usual names of each field of a kind of table, in both languages."""
    text = files("geodata").joinpath("data/header_names.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return {
        field: tuple(tuple(names) for names in lists)
        for part in (content[kind], content["place"])
        for field, lists in part.items()
    }


@cache
def all_names() -> frozenset[str]:
    """Return every usual name of any field, as it is compared."""
    kinds: tuple[Kind, ...] = ("outlets", "demand", "visits")
    return frozenset(
        plain(name)
        for kind in kinds
        for lists in usual_names(kind).values()
        for names in lists
        for name in names
    )


def plain(name: str) -> str:
    """Return a name as it is compared: case, width, blanks and punctuation do not matter."""
    return "".join(one for one in unicodedata.normalize("NFKC", name).casefold() if one.isalnum())


def forms(column: str) -> list[str]:
    """Return how a column may be named: as it is, without its brackets, and its last row only."""
    column = NUMBERED.sub("", column)
    last = column.rpartition(JOINED)[2]
    tried = [column, BRACKETS.sub("", column), last, BRACKETS.sub("", last)]
    tried += [UNIT_AFTER.sub("", one) for one in tried[:2] if unit_of(one) != (1.0, False)]
    return [one for one in dict.fromkeys(plain(one) for one in tried) if one]


def unit_of(column: str) -> tuple[float, bool]:
    """Return the factor a column's name says its numbers have, and whether they are percents.

    ``月销量(万元)`` says 10,000; ``份额(%)`` says percent.
    """
    said = BRACKETS.findall(column) + UNIT_AFTER.findall(column)
    for one in said:
        unit = unicodedata.normalize("NFKC", one).strip().casefold().removeprefix("单位:").strip()
        if unit in PERCENT:
            return 1.0, True
        factor = FACTORS.get(unit) or FACTORS.get(unit.rstrip(COUNTED))
        if factor:
            return factor, False
    return 1.0, False


def datum_of(columns: Iterable[str]) -> set[Datum]:
    """Return the datums that columns of coordinates name, such as 高德经度 or lon (GCJ-02)."""
    return {datum for column in columns for name, datum in DATUMS.items() if name in plain(column)}


def find_header(
    records: Sequence[list[str]], merges: Sequence[Merge] = (), *, names: Iterable[str] = ()
) -> tuple[Header, int]:
    """Find the header of a table and how many names in it are known.

    It is the first row (or up to three rows together) with the most names known; where hardly any
    are, the first row that is about as full as the fullest. Titles above are thus passed over.

    Parameters
    ----------
    records
        Rows of the file, at least one of them with a value.
    merges
        Merged areas of a workbook.
    names
        Names that the user gave to columns.
    """
    known = all_names() | {plain(name) for name in names if name}
    areas = [one for one in merges if one[0] < SAMPLE]
    sample = [
        [cell.strip() for cell in row] for row in filled_down(records[:SAMPLE], areas, first=SAMPLE)
    ]
    filled = [at for at, row in enumerate(sample) if any(row)]
    if not filled:  # a page of blanks comes first: the first value is the header
        first = next(at for at, row in enumerate(records) if any(cell.strip() for cell in row))
        return Header(_unique([[cell.strip() for cell in records[first]]]), first, first), 0
    fullest = max(sum(map(bool, sample[at])) for at in filled)
    best = (0, 0, 0)  # names known, first row negative, depth negative
    for at in filled:
        for depth in range(1, DEEPEST + 1):
            rows = sample[at : at + depth]
            if len(rows) == depth and all(any(row) for row in rows):
                best = max(best, (_known(rows, known), -depth, -at))
    count, first, last = best[0], -best[2], -best[2] - best[1] - 1
    if count < 2:
        full = [at for at in filled if sum(map(bool, sample[at])) >= FILLED * fullest]
        first = last = first if count and first in full else full[0]
    above = first - 1
    if above >= 0 and _groups(sample[above], above, areas):
        first = above
    return Header(_unique(sample[first : last + 1]), first, last), count


def match_columns(
    where: str,
    columns: Sequence[str],
    given: Mapping[str, str | Sequence[str] | None],
    usual: Mapping[str, Names],
    required: Iterable[str],
) -> tuple[dict[str, list[str]], list[Fault]]:
    """Return the columns that hold each field, and what is wrong; see `tables.find_columns`."""
    have = ", ".join(columns)
    by_form: dict[str, list[str]] = {}
    for column in columns:
        for form in forms(column):
            by_form.setdefault(form, []).append(column)
    found: dict[str, list[str]] = {}
    faults: list[Fault] = []
    for field, lists in usual.items():
        asked = given.get(field)
        if asked is None:
            found[field] = _usual_column(by_form, lists)
            if len(found[field]) > 1:
                fits = ", ".join(found[field])
                faults.append(fault("tables.column_ambiguous", where, field=field, columns=fits))
                continue
        else:
            listed = [one for one in ([asked] if isinstance(asked, str) else asked) if one]
            named = {one: _named_column(one, columns, by_form) for one in listed}
            found[field] = [fits[0] for fits in named.values() if fits]
            wrong = [one for one in listed if len(named[one]) != 1]
            faults += [
                fault("tables.column_ambiguous", where, field=field, columns=", ".join(named[one]))
                if named[one]
                else fault("world.column_missing", where, field=field, column=one, have=have)
                for one in wrong
            ]
            if wrong:
                continue
        if field in required and not found[field]:
            faults.append(fault("world.column_needed", where, field=field, have=have))
    return found, faults


def _usual_column(by_form: Mapping[str, list[str]], lists: Names) -> list[str]:
    for names in lists:
        one_list = [names] if isinstance(names, str) else names
        fits = [column for name in one_list for column in by_form.get(plain(name), ())]
        if fits:
            return list(dict.fromkeys(fits))
    return []


def _named_column(name: str, columns: Sequence[str], by_form: Mapping[str, list[str]]) -> list[str]:
    """Return the columns a user may mean by a name: the very one, else those that fit."""
    return [name] if name in columns else by_form.get(plain(name), [])


def _known(rows: Sequence[list[str]], known: frozenset[str]) -> int:
    """Return how many different names of a header are known."""
    return len({form for label in _labels(rows) for form in forms(label) if form in known})


def _labels(rows: Sequence[list[str]]) -> list[str]:
    """Return a label a column: the different values of its rows, joined."""
    width = max(len(row) for row in rows)
    parts = [
        dict.fromkeys(row[at] for row in rows if at < len(row) and row[at]) for at in range(width)
    ]
    return [JOINED.join(one).replace("\r", "").replace("\n", "") for one in parts]


def _groups(row: Sequence[str], at: int, merges: Sequence[Merge]) -> bool:
    """Return whether a row has headings over several columns each, but not one over all."""
    spans = any(top == at and right > left for top, left, _, right in merges)
    return spans and len({cell for cell in row if cell}) > 1


def _unique(rows: Sequence[list[str]]) -> tuple[str, ...]:
    columns: list[str] = []
    taken: set[str] = set()
    for at, label in enumerate(_labels(rows), 1):
        name = label or f"#{at}"
        name = name if name not in taken else f"{name} #{at}"
        taken.add(name)
        columns.append(name)
    return tuple(columns)
