"""Cycle days, holidays, and the sets of days open to an outlet."""

from datetime import date
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InputError
from gridmap.policies import RoutingPolicy
from gridmap.routing.calendar import Calendar
from gridmap.routing.visits import spaced_patterns

A = {"A": {"visits": 4, "minutes": 20}}


def calendar(**given: object) -> Calendar:
    return Calendar(RoutingPolicy.model_validate({"grade_policy": A} | given))


def rows(days: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in days]


def patterns(one: Calendar, outlet: str = "o", *, shut: tuple[int, ...] = ()) -> list[list[int]]:
    open_days = np.ones(one.n_days, dtype=bool)
    open_days[list(shut)] = False
    general = one.grade_patterns(one.policy.grade_policy["A"])
    return rows(one.outlet_patterns(outlet, general, open_days).days)


def test_days_and_dates_of_a_cycle() -> None:
    """From Monday 30 November 2026, Monday to Wednesday: day 3 is the Monday after."""
    one = calendar(weeks=2, working_days=(1, 2, 3), cycle_start="2026-11-30", grade_policy={})
    assert one.week_day(3) == (2, 1)
    assert one.date_of(3) == date(2026, 12, 7)
    assert one.day_of(date(2026, 12, 7)) == 3
    assert one.day_of(date(2026, 12, 3)) is None  # a Thursday
    assert one.day_of(date(2026, 12, 14)) is None  # the cycle after
    assert one.days_of("Mo; 2:We") == {0, 3, 5}
    assert calendar().date_of(0) is None


def test_days_are_named_as_people_write_them() -> None:
    one = calendar()
    for text in ("Mo,We", "1,3:Mo", "Mo; 2:Fr", "1,2,3:Tu,Th"):
        assert one.named(one.days_of(text)) == text


@given(st.sets(st.integers(0, 19)))
def test_what_is_named_is_read_back(days: set[int]) -> None:
    one = calendar()
    if days:
        assert one.days_of(one.named(frozenset(days))) == days


@pytest.mark.parametrize(
    ("shift", "wanted", "expected"),
    [
        ("skip", {2, 7}, ({2}, 1)),
        ("after", {2, 7}, ({2, 8}, 0)),
        ("before", {2, 7}, ({2, 6}, 0)),
        ("nearest", {2, 7}, ({2, 6}, 0)),
        ("nearest", {6, 7}, ({6, 8}, 0)),
        ("after", {7, 8}, ({8, 9}, 0)),  # the eighth day has a visit
        ("before", {0, 5}, ({1, 5}, 0)),  # nothing is before the first day
        ("after", set(range(10)), (set(range(10)) - {0, 7}, 2)),  # no day is free
    ],
)
def test_visits_on_holidays_are_shifted(
    shift: str, wanted: set[int], expected: tuple[set[int], int]
) -> None:
    """Ten days of two weeks; the first Monday, 0, and the second Wednesday, 7, are holidays."""
    one = calendar(weeks=2, holidays=["1:Mo", "2:We"], holiday_shift=shift, grade_policy={})
    assert one.holidays == {0, 7}
    assert one.open_days == 8
    assert one.shifted(wanted) == expected


def test_dates_of_the_whole_year_may_be_given_as_holidays() -> None:
    one = calendar(
        cycle_start="2026-12-14", holidays=["2026-12-25", "2026-05-01", date(2027, 1, 1)]
    )
    assert one.holidays == {9, 14}


def test_a_weekly_outlet_avoids_nothing_but_moves() -> None:
    """The Wednesday pattern loses day 7 to day 8; the four others stay."""
    found = patterns(calendar(holidays=["2:We"]))
    assert [2, 8, 12, 17] in found
    assert [0, 5, 10, 15] in found
    assert len(found) == 5


def test_a_skipped_visit_is_counted() -> None:
    one = calendar(holidays=["2:We"], holiday_shift="skip")
    found = one.grade_patterns(one.policy.grade_policy["A"])
    assert dict(zip(map(tuple, rows(found.days)), found.skipped.tolist(), strict=True)) == {
        (0, 5, 10, 15): 0, (1, 6, 11, 16): 0, (2, 12, 17): 1, (3, 8, 13, 18): 0, (4, 9, 14, 19): 0,
    }  # fmt: skip


def test_patterns_given_outright() -> None:
    grade = {"A": {"visits": 2, "minutes": 20, "patterns": ["1,3:Mo", "2:Tu,Th"]}}
    assert patterns(calendar(grade_policy=grade)) == [[0, 10], [6, 8]]


def test_gaps_of_a_grade() -> None:
    """Two visits in a cycle of two weeks of two days, two or more days apart: 02, 13."""
    grade = {"A": {"visits": 2, "minutes": 20, "least_gap": 2}}
    one = calendar(weeks=2, working_days=(1, 2), grade_policy=grade)
    assert patterns(one) == [[0, 2], [1, 3]]


@given(st.integers(1, 4), st.integers(4, 12), st.integers(1, 3), st.integers(1, 12))
def test_gaps_are_those_asked_for(visits: int, days: int, least: int, most: int) -> None:
    """All sets of days with such gaps, by trying every set there is."""

    def fits(chosen: tuple[int, ...]) -> bool:
        round_ = [*chosen, chosen[0] + days]
        gaps = [b - a for a, b in pairwise(round_)]
        return visits == 1 or all(least <= gap <= most for gap in gaps)

    found = [tuple(row) for row in spaced_patterns(visits, days, least, most).tolist()]
    assert found == [one for one in combinations(range(days), visits) if fits(one)]


def test_gaps_that_leave_too_much_are_refused() -> None:
    with pytest.raises(InputError, match="more than 5000"):
        spaced_patterns(8, 20, 1, 20)


def test_days_of_an_outlet() -> None:
    def asked(**one: str) -> list[list[int]]:
        return patterns(calendar(outlets={"o": one}))

    assert asked(visit_days="Mo,Tu") == [[0, 5, 10, 15], [1, 6, 11, 16]]
    assert asked(no_visit_days="Mo-We; 3:Th") == [[4, 9, 14, 19]]
    assert asked(fixed_visits="1,3:Fr") == [[4, 14]]
    assert asked(visit_days="1:Mo") == []


def test_closed_days_and_appointments() -> None:
    """An appointment on a Tuesday leaves the Tuesdays, and holds against a forbidden one."""
    agreed = {"outlet": "o", "day": "2:Tu", "start": "09:00", "end": "10:00"}
    assert patterns(calendar(appointments=[agreed])) == [[1, 6, 11, 16]]
    assert patterns(calendar(), shut=(0, 1, 7)) == [[3, 8, 13, 18], [4, 9, 14, 19]]
    one = calendar(appointments=[agreed], outlets={"o": {"no_visit_days": "2:Tu"}})
    assert patterns(one) == [[1, 6, 11, 16]]
    assert patterns(one, "other") == [[day, day + 5, day + 10, day + 15] for day in range(5)]
