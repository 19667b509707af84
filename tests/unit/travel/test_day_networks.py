"""Parts of a working day, and the mean of networks over it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from grid_town import grid_network
from hypothesis import given
from hypothesis import strategies as st

from gridmap.travel.day_networks import (
    USUAL_BEGINS_S,
    DayNetworks,
    mean_network,
    parts_of_day,
)
from gridmap.travel.periods import PeriodFactors, with_period

H = 3600.0


def test_a_usual_day_lies_in_three_periods() -> None:
    """From 8:30 to 18:00 are 9.5 h: am until 10, midday until 16, pm for the last two."""
    parts = parts_of_day(USUAL_BEGINS_S, 8.5 * H, 18 * H)
    assert [(one.period, one.begin_s) for one in parts] == [
        ("am", 8.5 * H), ("midday", 10 * H), ("pm", 16 * H),
    ]  # fmt: skip
    np.testing.assert_allclose([9.5 * one.share for one in parts], [1.5, 6.0, 2.0])


def test_before_the_first_period_it_is_the_last() -> None:
    parts = parts_of_day(USUAL_BEGINS_S, 6 * H, 8 * H)
    assert [(one.period, one.share) for one in parts] == [("night", 0.5), ("am", 0.5)]


def test_a_day_that_ends_when_a_period_begins_has_nothing_of_it() -> None:
    parts = parts_of_day(USUAL_BEGINS_S, 10 * H, 16 * H)
    assert [(one.period, one.share) for one in parts] == [("midday", 1.0)]


@given(
    st.dictionaries(st.text(min_size=1), st.integers(0, 1439), min_size=1, max_size=6).filter(
        lambda one: len(set(one.values())) == len(one)
    ),
    st.tuples(st.integers(0, 1439), st.integers(1, 1439)).filter(lambda day: day[0] < day[1]),
)
def test_parts_fill_the_day(begins: dict[str, int], day: tuple[int, int]) -> None:
    """Every minute lies in the part whose period began last, counted round the clock."""
    start, end = day
    parts = parts_of_day({name: float(at) for name, at in begins.items()}, start, end)
    assert parts[0].begin_s == start
    assert sum(one.share for one in parts) == pytest.approx(1.0)
    minutes = dict.fromkeys(begins, 0)
    for minute in range(start, end):
        since = {name: (minute - at) % 1440 for name, at in begins.items()}
        minutes[min(since, key=lambda name: since[name])] += 1
    for name in begins:
        mine = sum(one.share for one in parts if one.period == name)
        assert mine * (end - start) == pytest.approx(minutes[name])


@pytest.mark.parametrize(("begins", "end"), [({}, 2.0), ({"am": 0.0}, 1.0)])
def test_no_period_and_no_day_are_refused(begins: dict[str, float], end: float) -> None:
    with pytest.raises(ValueError, match="Expected"):
        parts_of_day(begins, 1.0, end)


def test_seconds_are_the_mean_and_what_is_closed_stays_closed() -> None:
    """Half the speed for three quarters of the day: 2 · ¾ + 1 · ¼ = 1.75 times the seconds."""
    plain = grid_network(2, 1, mode="drive")
    plain = replace(plain, backward_s=np.full(plain.n_edges, np.inf))
    slow = with_period(plain, PeriodFactors(default=0.5))
    mean = mean_network([slow, plain], [0.75, 0.25])
    np.testing.assert_allclose(mean.forward_s, 1.75 * plain.forward_s)
    assert np.isinf(mean.backward_s).all()
    day = DayNetworks({"am": 0.0, "pm": 40.0}, {"am": slow, "pm": plain})
    np.testing.assert_allclose(day.mean(10.0, 50.0).forward_s, mean.forward_s)
