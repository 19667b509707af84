"""Rules: whose an outlet is, who is visited, which grade."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geodata.invented import invented_potential
from geodata.outlets import (
    default_grades,
    fits,
    grade_by_quantile,
    name_operators,
    of_kind,
    ownership_of,
    visited,
)
from geodata.project_file import Grades, OutletsSection, Rule, VisitRule


def outlets(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Rows of (operator, name, kind); ids are a, b, c …"""
    frame = pd.DataFrame(rows, columns=["operator", "name", "kind"], dtype=object)
    frame["outlet_id"] = [chr(97 + at) for at in range(len(rows))]
    return frame


def section(**rules: object) -> OutletsSection:
    return OutletsSection.model_validate({"file": "o.csv", "own": {"match": ["^Own"]}, **rules})


def test_first_fit_counts_own_then_rival_then_partner() -> None:
    rules = section(rival={"match": ["Own", "Shop"]}, partner={"match": ["."]})
    frame = outlets(("Own", "x", ""), ("", "own shop", ""), ("Shop", "", ""), ("a", "b", ""))
    assert ownership_of(frame, rules).tolist() == ["own", "own", "rival", "partner"]
    assert ownership_of(frame, section()).tolist() == ["own", "own", "other", "other"]


def test_match_looks_at_operator_and_name_whatever_the_case() -> None:
    frame = outlets(("ESSO", "", ""), ("", "Esso Express", ""), ("BP", "Esso", ""), ("BP", "", ""))
    assert fits(frame, Rule(match=("^esso",))).tolist() == [True, True, True, False]


def test_a_rule_needs_every_key_and_any_entry_of_each() -> None:
    frame = outlets(("A", "", "shop=kiosk"), ("A", "", "fuel"), ("B", "", "kiosk"), ("", "", ""))
    assert fits(frame, Rule(match=("A", "B"), kind=("kiosk",))).tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert fits(frame, Rule(id=("b", "z"))).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("kiosk", [True, True, False, False]),
        ("shop=kiosk", [True, False, False, False]),
        ("SHOP=*", [True, False, True, False]),
        ("shop", [False, False, False, False]),
    ],
)
def test_kinds(wanted: str, expected: list[bool]) -> None:
    kinds = pd.Series(["shop=kiosk", "Kiosk", "shop=yes", ""], dtype=object)
    assert of_kind(kinds, (wanted,)).tolist() == expected


def frame_of_all() -> pd.DataFrame:
    frame = outlets(*[("", "", "k")] * 5)
    return frame.assign(ownership=["own", "own", "partner", "rival", "other"])


def test_without_a_rule_partners_are_visited_and_own_ones_that_are_no_centre() -> None:
    assert visited(frame_of_all(), None, centres=None).tolist() == [0, 0, 1, 0, 0]
    assert visited(frame_of_all(), None, centres=("a",)).tolist() == [0, 1, 1, 0, 0]


def test_a_visit_rule_reaches_own_and_other_but_no_rival_unless_named() -> None:
    rule = VisitRule(kind=("k",))
    assert visited(frame_of_all(), rule, centres=None).tolist() == [1, 1, 1, 0, 1]
    rule = VisitRule(kind=("k",), ownership=("rival",))
    assert visited(frame_of_all(), rule, centres=None).tolist() == [0, 0, 0, 1, 0]


def test_operators_get_one_name() -> None:
    rules = section(operators={"S-group": ["^Alepa", "^S-market"]}, rival={"match": ["lidl"]})
    frame = outlets(
        ("", "Alepa Kluuvi", ""), ("S-Market", "x", ""), ("", "The Lidl shop", ""),
        ("elf", "", ""), ("ELF", "", ""), ("elf", "", ""), ("", "Else", ""),
    )  # fmt: skip
    assert name_operators(frame, rules).tolist() == [
        "S-group", "S-group", "Lidl", "elf", "elf", "elf", "",
    ]  # fmt: skip


def test_first_named_operator_wins() -> None:
    rules = section(operators={"One": ["x"], "Two": ["x"]})
    assert name_operators(outlets(("x", "", "")), rules).tolist() == ["One"]


def test_quantiles_by_hand() -> None:
    """15, 35, 50 % of 10: 1.5 rounds to 2 A, 5 are A or B, the rest C; NaN is last."""
    grades = Grades(shares={"A": 15.0, "B": 35.0, "C": 50.0})
    potential = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, np.nan])
    found = grade_by_quantile([f"{at}" for at in range(10)], potential, grades)
    assert "".join(found) == "CCCCBBBAAC"


def test_equal_potentials_go_by_id() -> None:
    grades = Grades(shares={"A": 50.0, "B": 50.0})
    assert grade_by_quantile(["z", "a"], np.array([1.0, 1.0]), grades) == ["B", "A"]
    assert grade_by_quantile(["z", "a"], np.array([np.nan, np.nan]), grades) == ["B", "A"]
    assert grade_by_quantile([], np.empty(0), grades) == []


def test_default_shares() -> None:
    assert default_grades({"A": 1, "B": 1, "C": 1}).shares == {"A": 15.0, "B": 35.0, "C": 50.0}
    assert default_grades({"gold": 1, "rest": 1}).shares == {"gold": 50.0, "rest": 50.0}


def test_invented_potential_depends_on_id_and_seed_only() -> None:
    first = invented_potential(["a", "b", "c"])
    np.testing.assert_array_equal(invented_potential(["c", "a"]), first[[2, 0]])
    assert (invented_potential(["a"], seed=1) != first[:1]).all()
    many = invented_potential([str(at) for at in range(4000)])
    assert (many > 0.0).all()
    assert abs(np.median(many) - 100.0) < 5.0
    assert invented_potential([]).shape == (0,)
