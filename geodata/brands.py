"""Operators from names: rules of the user, the column of the file, then the dictionary.

An operator often stands only in the name of an outlet. A name counts where it is a whole word (or
a run of letters in a script without blanks), where the kind of business fits, and where one
operator only comes into question; whatever else was found is listed and left to the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geodata.brand_names import (
    Dictionary,
    Entry,
    Words,
    groups_of,
    is_letter,
    ordinary_words,
    words_of,
)

#: Columns of the review table.
COLUMNS = ("name", "kind", "given", "found", "operator", "source", "certainty", "candidates")
#: So many letters of a script without blanks are a name of their own, whatever the kind.
LETTERS_ENOUGH = 4
#: A single word of so many letters is one.
WORD_ENOUGH = 4


@dataclass(frozen=True)
class Match:
    """What the dictionary says about one name.

    Attributes
    ----------
    operator
        The operator, empty if there is none or more than one comes into question.
    found
        The words that matched.
    certainty
        ``sure``: the whole name; ``likely``: a part of it; empty without an operator.
    candidates
        Operators that come into question where none is certain.
    """

    operator: str = ""
    found: str = ""
    certainty: str = ""
    candidates: tuple[str, ...] = ()


NOTHING = Match()


def match_operators(
    names: Sequence[str],
    operators: Sequence[str],
    kinds: Sequence[str],
    *,
    rules: Mapping[str, Sequence[str]] | None = None,
    patterns: Iterable[str] = (),
    dictionary: Dictionary | None = None,
    merge: bool = False,
) -> pd.DataFrame:
    """Return the operator of each outlet and why.

    Parameters
    ----------
    names, operators, kinds
        Columns of the outlets, empty texts where they lack. Shapes (n,).
    rules
        Rules of the user: operator → regular expressions, looked for in operator and name.
        They win.
    patterns
        Regular expressions for ownership: what one finds in a name without operator becomes the
        operator.
    dictionary
        Dictionary for what is still open; None = none.
    merge
        Spell operators of the file that the dictionary takes for one as most of them are.
        A spelling stays where a pattern would no longer fit.

    Returns
    -------
    DataFrame
        name, kind, given (operator of the file), found, operator, source (rule, file, pattern,
        dictionary or empty), certainty (sure, likely or empty) and candidates, joined by ``|``.
        Shape (n, 8), the order is that of the input.
    """
    rules = rules or {}
    patterns = tuple(patterns)
    matcher = _Matcher(
        [(name, [re.compile(one, re.I) for one in some]) for name, some in rules.items()],
        [re.compile(one, re.I) for one in patterns],
        dictionary,
        _spellings(operators, kinds, patterns, dictionary, merge=merge),
    )
    known: dict[tuple[str, str, str], tuple[str, str, str, str, str]] = {}
    rows = []
    for name, given, kind in zip(names, operators, kinds, strict=True):
        key = (name, given, kind)
        if key not in known:
            known[key] = matcher.answer(*key)
        rows.append((name, kind, given, *known[key]))
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    frame["operator"] = one_spelling(frame["operator"])
    return frame


def one_spelling(names: pd.Series[str]) -> pd.Series[str]:
    """Return names of which those that differ by case only are spelt as most of them are."""
    count = names.value_counts().sort_index()
    best: dict[str, str] = {}
    for name in sorted(count.index, key=lambda one: (-count[one], one)):
        best.setdefault(name.casefold(), name)
    return names.map(lambda one: best[one.casefold()])


def look_up(name: str, kind: str, dictionary: Dictionary) -> Match:
    """Return what the dictionary says about a name.

    Of names that begin at one word the longest counts, and words are used once only. A kind that
    is known must fit the operator's business. A single word counts as the whole name, or at the
    beginning or end of it if the kind fits; one of less than three letters and an everyday word
    count as the whole name only. Everything else is a hint and no match.
    """
    groups = groups_of(kind)
    if groups is not None and not groups:
        return NOTHING
    words = words_of(name)
    certain: dict[str, tuple[Words, bool]] = {}
    doubtful: list[str] = []
    at = 0
    while at < len(words):
        entries, size = _longest(words, at, dictionary, groups)
        if not entries:
            at += 1
            continue
        found = words[at : at + size]
        fitting = sorted({one.operator for one in entries})
        whole = size == len(words)
        rim = at == 0 or at + size == len(words)
        if len(fitting) == 1 and _counts(found, whole=whole, rim=rim, known=groups is not None):
            certain.setdefault(fitting[0], (found, whole))
        else:
            doubtful += fitting
        at += size
    if len(certain) == 1:
        ((operator, (found, whole)),) = certain.items()
        return Match(operator, _joined(found), "sure" if whole else "likely")
    return Match(candidates=tuple(dict.fromkeys((*certain, *doubtful))))


def _longest(
    words: Words, at: int, dictionary: Dictionary, groups: frozenset[str] | None
) -> tuple[list[Entry], int]:
    """Return the entries whose name begins at a word and is the longest, and its length."""
    for size in dictionary.lengths.get(words[at], ()):
        if at + size > len(words):
            continue
        entries = dictionary.by_words.get(words[at : at + size], ())
        fitting = [one for one in entries if groups is None or one.group in groups]
        if fitting:
            # An operator of just this name comes before others that go by it, too.
            own = [one for one in fitting if words_of(one.operator) == words[at : at + size]]
            return own or fitting, size
    return [], 0


def _counts(found: Words, *, whole: bool, rim: bool, known: bool) -> bool:
    """Return whether words that are in the dictionary are enough to name an operator."""
    letters = sum(is_letter(one) for one in found)
    size = len("".join(found))
    if letters:
        return known or letters >= LETTERS_ENOUGH or (whole and letters > 1)
    if len(found) > 1:
        return True
    if whole:
        return known or size >= WORD_ENOUGH
    return known and rim and size > 2 and found[0] not in ordinary_words("everyday")


def _joined(found: Words) -> str:
    text = ""
    for one in found:
        text += one if not text or (is_letter(one) and is_letter(text[-1])) else f" {one}"
    return text


@dataclass(frozen=True, eq=False)
class _Matcher:
    """All that decides on the operator of one outlet."""

    rules: list[tuple[str, list[re.Pattern[str]]]]
    patterns: list[re.Pattern[str]]
    dictionary: Dictionary | None
    spelling: Mapping[tuple[str, str], str]

    def answer(self, name: str, given: str, kind: str) -> tuple[str, str, str, str, str]:
        """Return found, operator, source, certainty and candidates of one outlet."""
        for operator, some in self.rules:
            for one in some:
                hit = one.search(given) or one.search(name)
                if hit:
                    return hit[0], operator, "rule", "sure", ""
        if given:
            return given, self.spelling.get((given, kind), given), "file", "sure", ""
        for one in self.patterns:
            hit = one.search(name)
            if hit and hit[0].strip():
                return hit[0], hit[0].strip(), "pattern", "likely", ""
        if self.dictionary is None or not name:
            return "", "", "", "", ""
        match = look_up(name, kind, self.dictionary)
        operator = self.spelling.get((f"\0{match.operator}", ""), match.operator)
        source = "dictionary" if operator else ""
        return match.found, operator, source, match.certainty, "|".join(match.candidates)


def _spellings(
    operators: Sequence[str],
    kinds: Sequence[str],
    patterns: Sequence[str],
    dictionary: Dictionary | None,
    *,
    merge: bool,
) -> dict[tuple[str, str], str]:
    """Return the spelling of operators of the file, and of those of the dictionary.

    Outlets that the dictionary names get the spelling that the file has for the same operator;
    their keys begin with a zero byte.
    """
    if dictionary is None:
        return {}
    count: dict[tuple[str, str], int] = {}
    for given, kind in zip(operators, kinds, strict=True):
        if given:
            count[given, kind] = count.get((given, kind), 0) + 1
    same: dict[str, dict[str, int]] = {}
    entry: dict[tuple[str, str], str] = {}
    for (given, kind), times in count.items():
        match = look_up(given, kind, dictionary)
        if match.certainty == "sure":
            entry[given, kind] = match.operator
            spelt = same.setdefault(match.operator, {})
            spelt[given] = spelt.get(given, 0) + times
    best = {
        operator: min(spelt, key=lambda one: (-spelt[one], one)) for operator, spelt in same.items()
    }
    found = {(f"\0{operator}", ""): one for operator, one in best.items()}
    if merge:
        for (given, kind), operator in entry.items():
            if _alike(given, best[operator], patterns):
                found[given, kind] = best[operator]
    return found


def _alike(one: str, other: str, patterns: Sequence[str]) -> bool:
    """Return whether every pattern says the same about two spellings."""
    return all(
        bool(re.search(pattern, one, re.I)) == bool(re.search(pattern, other, re.I))
        for pattern in patterns
    )
