"""The dictionary of operators and brands, and how a name is cut into words.

The dictionary is built in, see ``data/brands/NOTICE.md``.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TextIO

Words = tuple[str, ...]

_FOLDER = files("geodata") / "data" / "brands"

#: Scripts written without blanks: each letter is a word of its own. Kana, Han, Thai, Lao, Khmer
#: and Burmese.
_LETTER = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f"
)
_WORD = re.compile(rf"[{_LETTER}]|[^\W_{_LETTER}]+")
_SINGLE = re.compile(f"[{_LETTER}]")
_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_ACCENTED = re.compile("[\u00c0-\u052f\u1e00-\u1fff]")
_ACCENTS = re.compile("[\u0300-\u036f]")

#: Which kinds of business an outlet of a kind may belong to. Kinds are the values of
#: OpenStreetMap or what tables call them.
GROUPS_OF_KIND: Mapping[str, frozenset[str]] = {
    kind: frozenset(groups.split())
    for kinds, groups in (
        ("bank atm bureau_de_change 银行 自助银行 信用社", "bank"),
        ("fuel gas_station 加油站 加气站", "fuel"),
        (
            "supermarket convenience kiosk newsagent grocery general food deli "
            "超市 便利店 便利 小卖部 食杂店 商店 百货店",
            "food",
        ),
        ("pharmacy chemist 药店 药房 大药房", "pharmacy"),
        ("electronics appliance computer 家电 电器 数码", "electronics telecom"),
        (
            "mobile_phone telecommunication mobile_phone_accessories telecom phone 营业厅 手机店 "
            "手机 手机卖场 通信 通讯 专营店 专卖店 代理点 合作厅 运营商",
            "telecom electronics",
        ),
    )
    for kind in kinds.split()
}
#: Keys of OpenStreetMap: a kind ``amenity=pub`` is known, and none of the dictionary's.
_OSM_KIND = re.compile(r"[a-z_]+=.+")


@dataclass(frozen=True)
class Entry:
    """An operator in the dictionary.

    Attributes
    ----------
    operator
        Name that is used.
    group
        Kind of business.
    countries
        Where it exists, lower case ISO codes; ``001`` = anywhere.
    """

    operator: str
    group: str
    countries: frozenset[str]


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Entries by their names, cut into words.

    Attributes
    ----------
    by_words
        Entries that have a name.
    lengths
        Numbers of words that the names beginning with a word have, the most first.
    """

    by_words: Mapping[Words, tuple[Entry, ...]]
    lengths: Mapping[str, tuple[int, ...]]


def says_little(words: Words) -> bool:
    """Return whether a name only describes a place, as ``Food Market`` does."""
    known = ordinary_words("descriptors")
    return all(one in known for one in words) or "".join(words) in known


@cache
def ordinary_words(which: Literal["descriptors", "everyday"]) -> frozenset[str]:
    """Return the words that say what a place is, or everyday words that are brands somewhere."""
    table = tomllib.loads((_FOLDER / "ordinary_words.toml").read_text(encoding="utf-8"))
    return frozenset(table[which].split())


def words_of(name: str) -> Words:
    """Return the words of a name in one spelling.

    Width, case, accents and punctuation do not count; Chinese, Japanese and other letters written
    without blanks are words of their own: ``R-Kioski`` and ``r kioski`` are the same, and
    ``Shell`` is no word of ``Shelley``.
    """
    plain = name.casefold() if name.isascii() else unicodedata.normalize("NFKC", name).casefold()
    if _ACCENTED.search(plain):
        plain = _ACCENTS.sub("", unicodedata.normalize("NFD", plain))
        plain = unicodedata.normalize("NFC", plain)
    return tuple(_WORD.findall(_APOSTROPHES.sub("", plain)))


def is_letter(word: str) -> bool:
    """Return whether a word is a letter of a script that is written without blanks."""
    return len(word) == 1 and _SINGLE.match(word) is not None


@cache
def groups_of(kind: str) -> frozenset[str] | None:
    """Return the kinds of business that fit the kind of an outlet, None if it says nothing."""
    plain = unicodedata.normalize("NFKC", kind).strip().casefold()
    found = GROUPS_OF_KIND.get(plain.rpartition("=")[2])
    if found is not None:
        return found
    return frozenset() if _OSM_KIND.fullmatch(plain) and not plain.endswith("=yes") else None


@cache
def dictionary(countries: frozenset[str] = frozenset()) -> Dictionary:
    """Return the built-in dictionary, that of some countries if they are given.

    Parameters
    ----------
    countries
        ISO 3166, two letters in lower case; empty = everywhere.

    Notes
    -----
    The table of telecom operators comes before that of brands: where both have an operator, the
    names of the two are joined. Names that only describe a place are left out.
    """
    merged: dict[tuple[str, str], tuple[str, set[str], set[str]]] = {}
    for row in _rows():
        operator, names = row["operator"], row["names"].split(";")
        where = set(row["countries"].split(";"))
        key = (" ".join(words_of(operator)), row["group"])
        _, known, there = merged.setdefault(key, (operator, set(), set()))
        known.update((operator, *names))
        there |= where
    by_words: dict[Words, list[Entry]] = {}
    for (_, group), (operator, names_, there) in merged.items():
        if countries and not there & {*countries, "001"}:
            continue
        entry = Entry(operator, group, frozenset(there))
        for words in sorted({words_of(one) for one in names_} - {()}):
            if not says_little(words):
                by_words.setdefault(words, []).append(entry)
    lengths: dict[str, set[int]] = {}
    for words in by_words:
        lengths.setdefault(words[0], set()).add(len(words))
    return Dictionary(
        {words: tuple(found) for words, found in by_words.items()},
        {word: tuple(sorted(found, reverse=True)) for word, found in lengths.items()},
    )


def _rows() -> Iterator[dict[str, str]]:
    tables: tuple[TextIO, ...] = (
        io.StringIO((_FOLDER / "telecom.csv").read_text(encoding="utf-8")),
        io.StringIO(gzip.decompress((_FOLDER / "brands.csv.gz").read_bytes()).decode("utf-8")),
    )
    for table in tables:
        yield from csv.DictReader(table)
