"""Whose an outlet is, whether it gets visits and which grade it has."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.brand_names import dictionary
from geodata.brands import match_operators
from geodata.project_file import Grades, OutletsSection, Rule, VisitRule

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

USUAL_SHARES = {"A": 15.0, "B": 35.0, "C": 50.0}


def name_operators(outlets: pd.DataFrame, section: OutletsSection) -> pd.Series[str]:
    """Return the operator of each outlet.

    First the names given by `operators`; else the operator of the file; else, as the operator is
    often part of the name only, what a rule's regular expression found there; else the built-in
    dictionary, unless `dictionary` is false.
    """
    matches = operator_matches(outlets, section)
    return matches["operator"].set_axis(outlets.index)


def operator_matches(outlets: pd.DataFrame, section: OutletsSection) -> pd.DataFrame:
    """Return the operator of each outlet and why, see `geodata.brands.match_operators`."""
    ownership = (section.own, section.rival, section.partner)
    wanted = frozenset(section.countries)
    words = None if section.dictionary is False else dictionary(wanted)
    return match_operators(
        outlets["name"].tolist(),
        outlets["operator"].tolist(),
        outlets["kind"].tolist(),
        rules=section.operators,
        patterns=[pattern for rule in ownership if rule for pattern in rule.match],
        dictionary=words,
        merge=section.dictionary is True,
    )


def ownership_of(outlets: pd.DataFrame, section: OutletsSection) -> NDArray[np.object_]:
    """Return own, rival, partner or other of each outlet; the first that fits, in this order.

    Shape (n_outlets,).
    """
    ownership = np.full(len(outlets), "other", dtype=object)
    for name, rule in (
        ("partner", section.partner),
        ("rival", section.rival),
        ("own", section.own),
    ):
        if rule is not None:
            ownership[fits(outlets, rule)] = name
    return ownership


def visited(
    outlets: pd.DataFrame, rule: VisitRule | None, *, centres: Sequence[str] | None
) -> Bools:
    """Return which outlets get visits. Shape (n_outlets,).

    With a rule: those that fit it and whose ownership it names. Without one: partners, and own
    outlets that are not the centre of a cell, since a centre is the base its manager works from.

    Parameters
    ----------
    centres
        Ids of the outlets that are centres; None = each own outlet.
    """
    ownership = outlets["ownership"]
    if rule is not None:
        return fits(outlets, rule) & ownership.isin(rule.ownership).to_numpy()
    partner = (ownership == "partner").to_numpy()
    if centres is None:
        return partner
    own = (ownership == "own").to_numpy()
    return partner | (own & ~outlets["outlet_id"].isin(centres).to_numpy())


def fits(outlets: pd.DataFrame, rule: Rule) -> Bools:
    """Return which outlets fit every key of a rule. Shape (n_outlets,)."""
    fit = np.ones(len(outlets), dtype=bool)
    if rule.match:
        found = _finds(outlets["operator"], rule.match) | _finds(outlets["name"], rule.match)
        fit &= found.to_numpy(dtype=bool)
    if rule.kind:
        fit &= of_kind(outlets["kind"], rule.kind)
    if rule.id:
        fit &= outlets["outlet_id"].isin(rule.id).to_numpy()
    return fit


def of_kind(kind: pd.Series[str], wanted: Sequence[str]) -> Bools:
    """Return which kinds are wanted: by the whole value or the part after ``=``. Shape (n,)."""
    patterns = [one.casefold() for one in wanted]
    answer = {
        value: any(
            fnmatch.fnmatchcase(part, pattern)
            for pattern in patterns
            for part in (value.casefold(), value.casefold().rpartition("=")[2])
        )
        for value in set(kind)
    }
    return np.array([answer[value] for value in kind], dtype=bool)


def grade_by_quantile(ids: Sequence[str], potential: Floats, grades: Grades) -> list[str]:
    """Return the grade of each outlet: the best share gets the first grade, and so on.

    Outlets without a potential stand last; of equal ones the order is that of the ids.
    """
    worth = np.where(np.isnan(potential), -np.inf, potential)
    order = sorted(range(len(ids)), key=lambda at: (-worth[at], ids[at]))
    names = list(grades.shares)
    ends = np.floor(np.cumsum(list(grades.shares.values())) / 100.0 * len(ids) + 0.5)
    found = [""] * len(ids)
    for rank, at in enumerate(order):
        found[at] = names[min(int(np.searchsorted(ends, rank, side="right")), len(names) - 1)]
    return found


def default_grades(policy: Mapping[str, object]) -> Grades:
    """Return the shares of grades for a project that names none.

    15, 35 and 50 % for A, B and C; equal shares if the policy has other grades.
    """
    if set(policy) == set(USUAL_SHARES):
        return Grades(shares=USUAL_SHARES)
    return Grades(shares={grade: 100.0 / len(policy) for grade in policy})


def _finds(text: pd.Series[str], patterns: Sequence[str]) -> pd.Series[bool]:
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    answer = {value: any(one.search(value) for one in compiled) for value in set(text)}
    return pd.Series([answer[value] for value in text], index=text.index, dtype=bool)
