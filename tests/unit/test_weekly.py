"""Days of a cycle and opening hours, read as people write them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.weekly import WEEKDAYS, cycle_days, opening_hours

H = 3600.0


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mo", {(1, 1), (2, 1), (3, 1), (4, 1)}),
        ("1,3:Mo", {(1, 1), (3, 1)}),
        ("1-2:Mo,We; 4:Fr", {(1, 1), (1, 3), (2, 1), (2, 3), (4, 5)}),
        ("2:Fr-Mo", {(2, 5), (2, 6), (2, 7), (2, 1)}),
        ("2:Wednesday", {(2, 3)}),
        ("1、3：周一", {(1, 1), (3, 1)}),
        ("2:周六至周日", {(2, 6), (2, 7)}),
        ("2:星期天", {(2, 7)}),
    ],
)
def test_days_of_a_cycle_of_four_weeks(text: str, days: set[tuple[int, int]]) -> None:
    assert cycle_days(text, 4) == days


@pytest.mark.parametrize("text", ["", "Xy", "5:Mo", "0:Mo", "3-2:Mo", "Mo;;Tu", "M", "1:", ":Mo"])
def test_days_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        cycle_days(text, 4)


def test_several_intervals_a_day_and_days_without_any() -> None:
    hours = opening_hours("Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00")
    assert hours[0] == hours[4] == ((9 * H, 12 * H), (14 * H, 18 * H))
    assert hours[5] == ((9 * H, 12 * H),)
    assert hours[6] == ()


@pytest.mark.parametrize(
    ("text", "monday", "sunday"),
    [
        ("24/7", ((0, 24),), ((0, 24),)),
        ("09:00-18:00", ((9, 18),), ((9, 18),)),
        ("09:00-18:00; Su off", ((9, 18),), ()),
        ("Mo-Su 9:00-18:00; Mo closed; PH off", (), ((9, 18),)),
        ("Mo-Sa 08:00-20:00; Mo 10:00-12:00", ((10, 12),), ()),
        ("Mo-Fr 08:00-12:00, Su 09:00-10:00", ((8, 12),), ((9, 10),)),
        ("Mo 08:00-12:00, Mo 11:00-15:00", ((8, 15),), ()),
        ("Su 18:00-02:00", ((0, 2),), ((18, 24),)),
        ("Su 18:00-26:00", ((0, 2),), ((18, 24),)),
        ("Mo 09:00-12:00;", ((9, 12),), ()),
        ("周一至周五 09:00-12:00，14:00-18:00；周日 10:00—12:00", ((9, 12), (14, 18)), ((10, 12),)),
    ],
)
def test_what_the_rules_mean(
    text: str, monday: tuple[tuple[int, int], ...], sunday: tuple[tuple[int, int], ...]
) -> None:
    hours = opening_hours(text)
    assert hours[0] == tuple((a * H, b * H) for a, b in monday)
    assert hours[6] == tuple((a * H, b * H) for a, b in sunday)


@pytest.mark.parametrize(
    "text",
    ["", "open", "Mo-Fr", "Mo-Fr sunrise-sunset", "Mo 9-12", "Mo 09:00-12:60", "Mo 25:00-26:00",
     "SH 09:00-12:00", "Xx 09:00-12:00", 'Mo 09:00-12:00 "by appointment"', "Mo 09:00-12:00; gone",
     "Jan Mo 09:00-12:00", "Mo 09:00+"],
)  # fmt: skip
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        opening_hours(text)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 59), st.integers(1, 600)),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_is_open(rules: list[tuple[int, int, int, int]]) -> None:
    """Each written minute is open on its weekday, or after midnight on the next."""
    parts = []
    for day, hour, minute, length in rules:
        end = hour * 60 + minute + length
        parts.append(f"{WEEKDAYS[day]} {hour:02d}:{minute:02d}-{end // 60:02d}:{end % 60:02d}")
    hours = opening_hours(", ".join(parts))
    for one in hours:
        assert all(0.0 <= a < b <= 24 * H for a, b in one)
        assert all(b < c for (_, b), (c, _) in pairwise(one))
    for day, hour, minute, length in rules:
        middle = hour * H + minute * 60.0 + length * 30.0
        on = (day + (middle >= 24 * H)) % 7
        assert any(a <= middle % (24 * H) <= b for a, b in hours[on])
