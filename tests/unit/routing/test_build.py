"""A cell as the problem of the engine, with figures by hand."""

from dataclasses import replace

import numpy as np
import pytest
from cell_visits import random_cell
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.policies import RoutingPolicy
from gridmap.routing.build import (
    CHANGED_DAY_S,
    LOST_S,
    NO_WAY_S,
    periodic_problem,
)
from gridmap.routing.periodic import PeriodicProblem
from gridmap.routing.problem import CellVisits
from gridmap.routing.timing import LUNCH_WITHIN_S
from gridmap.routing.under_way import LastRoutes

H = 3600.0
#: The centre 600 s from both outlets, which are 300 s apart.
TRAVEL_S = np.array([[0.0, 600, 600], [600, 0, 300], [600, 300, 0]])
CELL = CellVisits(1, ("a", "c"), ("A", "C"), TRAVEL_S)


def problem(cell: CellVisits = CELL, **given: object) -> PeriodicProblem:
    base = {
        "weeks": 2,
        "working_days": [1, 2],
        "grade_policy": {"A": {"visits": 2, "minutes": 20}, "C": {"visits": 1, "minutes": 10}},
    }
    return periodic_problem(cell, RoutingPolicy.model_validate(base | given))


def choices(one: PeriodicProblem, place: int) -> list[tuple[list[int], float]]:
    rows = range(one.first_pattern[place], one.last_pattern[place])
    return [
        (np.flatnonzero(one.patterns[row]).tolist(), float(one.pattern_price[row])) for row in rows
    ]


def test_days_and_prices() -> None:
    """A weekly on Monday or Tuesday; losing the C costs 1e7, the A (1 + 1) times as much."""
    one = problem()
    assert one.first_pattern[0] == one.last_pattern[0]
    assert choices(one, 1) == [([0, 2], 0.0), ([1, 3], 0.0), ([], 2.0 * LOST_S)]
    assert choices(one, 2) == [([0], 0.0), ([1], 0.0), ([2], 0.0), ([3], 0.0), ([], LOST_S)]


def test_units_and_limits() -> None:
    """Without windows the day has 570 - 60 min of lunch = 510, of which 420 for work."""
    one = problem()
    assert one.service.tolist() == [0.0, 1200.0, 600.0]
    assert one.load.tolist() == [0.0, 1.0, 1.0]
    assert one.most_load.tolist() == [[16.0]] * 4
    assert one.least_load.tolist() == [[0.0]] * 4
    assert one.most_duration.tolist() == [[420 * 60.0]] * 4
    assert not one.timed
    assert one.lunch.minutes_s == 0.0
    assert one.start.tolist() == one.end.tolist() == [0]
    assert one.may_visit.tolist() == [[True, True, True]]
    short = problem(day={"end": "12:30", "max_minutes": 420, "min_calls": 2})
    assert short.most_duration[0, 0] == 180 * 60.0
    assert short.least_load[0, 0] == 2.0


def test_the_even_day() -> None:
    """3 visits in 4 days; work 50 min of service and 3 · 300 s of way in 4 days, and 600 s home."""
    one = problem()
    assert one.evenness.mean_load == 0.75
    work = (2 * 1200 + 600) / 4 + 3 * 300 / 4 + 600
    assert one.evenness.mean_work_s == pytest.approx(work)
    assert one.evenness.price == pytest.approx(work)


def test_holidays_have_no_calls_and_shift_the_patterns() -> None:
    """The second Monday, day 2, is off: Monday's A goes to day 3, and nobody comes on day 2."""
    one = problem(holidays=["2:Mo"])
    assert one.most_load[:, 0].tolist() == [16.0, 16.0, 0.0, 16.0]
    assert [days for days, _ in choices(one, 1)] == [[0, 3], [1, 3], []]
    assert [days for days, _ in choices(one, 2)] == [[0], [1], [3], []]
    assert one.evenness.mean_load == 1.0


def test_a_skipped_visit_has_the_price_of_its_work() -> None:
    """Nobody loses the only visit."""
    one = problem(holidays=["2:Mo"], holiday_shift="skip")
    each = one.evenness.mean_work_s / one.evenness.mean_load
    assert choices(one, 1)[:2] == [([0], pytest.approx(each)), ([1, 3], 0.0)]
    assert [days for days, _ in choices(one, 2)] == [[0], [1], [3], []]


def test_windows_leave_room_for_the_visit_and_the_way() -> None:
    """Open 8:00 to 12:00 and 14:00 to 14:15: the day begins at 8:30, 10 min from there, and a
    visit of 20 min ends by noon; it does not fit into a quarter of an hour. Closed on Tuesdays.
    """
    one = problem(outlets={"a": {"hours": "Mo 08:00-12:00,14:00-14:15"}})
    assert one.timed
    assert one.windows.shape == (3, 4, 1, 2)
    assert one.windows[0, 0].tolist() == [[8.5 * H, 18 * H]]
    assert one.windows[1, 0].tolist() == [[8.5 * H + 600, 12 * H - 1200]]
    assert one.windows[2, 0].tolist() == [[8.5 * H + 600, 18 * H - 600 - 600]]
    assert [days for days, _ in choices(one, 1)] == [[0, 2], []]
    assert one.most_duration[0, 0] == 420 * 60.0
    assert (one.lunch.minutes_s, one.lunch.after_s) == (H, 12 * H)
    assert one.lunch.until_s == 12 * H + LUNCH_WITHIN_S


def test_several_windows_are_padded_by_the_last() -> None:
    one = problem(outlets={"a": {"hours": "Mo 09:00-12:00,14:00-17:00; Tu 10:00-12:00"}})
    assert one.windows[1, 0].tolist() == [[9 * H, 12 * H - 1200], [14 * H, 17 * H - 1200]]
    assert one.windows[1, 1].tolist() == [[10 * H, 12 * H - 1200]] * 2


def test_an_appointment_is_the_window_of_its_day() -> None:
    """It holds against the hours; on the other days these count."""
    one = problem(
        outlets={"a": {"hours": "09:00-10:00"}},
        appointments=[{"outlet": "a", "day": "1:Tu", "start": "15:00", "end": "15:30"}],
    )
    assert one.windows[1, 1].tolist() == [[15 * H, 15.5 * H]]
    assert one.windows[1, 3].tolist() == [[9 * H, 10 * H - 1200]]
    assert [days for days, _ in choices(one, 1)] == [[1, 3], []]


def test_lunch_in_a_window_makes_time_matter() -> None:
    one = problem(day={"lunch": 45, "lunch_after": "11:30", "lunch_until": "13:00"})
    assert one.timed
    assert (one.lunch.minutes_s, one.lunch.after_s, one.lunch.until_s) == (2700, 11.5 * H, 13 * H)


def test_other_days_than_last_time_cost_a_little() -> None:
    """Two days of the A and one of the C are new; leaving out costs what it did."""
    policy = RoutingPolicy.model_validate(
        {"weeks": 2, "working_days": [1, 2], "grade_policy": {
            "A": {"visits": 2, "minutes": 20}, "C": {"visits": 1, "minutes": 10}}}
    )  # fmt: skip
    cell = replace(CELL, last=LastRoutes({"a": (0, 2), "gone": (1,)}))
    one = periodic_problem(cell, policy)
    assert choices(one, 1) == [([0, 2], 0.0), ([1, 3], 2 * CHANGED_DAY_S), ([], 2.0 * LOST_S)]
    assert choices(one, 2)[0] == ([0], 0.0)


def test_who_is_not_due_or_cannot_be_reached_is_nowhere() -> None:
    travel_s = TRAVEL_S.copy()
    travel_s[0, 2] = np.nan
    one = problem(CellVisits(1, ("a", "c"), ("Z", "A"), travel_s), grade_policy={
        "Z": {"visits": 0, "minutes": 5}, "A": {"visits": 2, "minutes": 20}})  # fmt: skip
    assert choices(one, 1) == choices(one, 2) == [([], 0.0)]
    assert one.travel[0, 2] == NO_WAY_S
    assert one.evenness.price == 0.0


def test_priority_goes_before_grade() -> None:
    """The C of priority 1 is worth more than the A."""
    one = problem(outlets={"c": {"priority": 1}})
    assert choices(one, 1)[-1] == ([], LOST_S)
    assert choices(one, 2)[-1] == ([], 2.0 * LOST_S)


@settings(max_examples=30, deadline=None)
@given(outlets=st.integers(0, 25), seed=st.integers(0, 999), grades=st.sampled_from(["ABC", "AC"]))
def test_one_outlet_is_worth_more_than_all_lesser_ones(
    outlets: int, seed: int, grades: str
) -> None:
    cell = random_cell(outlets, seed, grades=grades)
    one = periodic_problem(cell, RoutingPolicy())
    loss = np.array([one.pattern_price[last - 1] for last in one.last_pattern[1:]])
    for price in set(loss):
        assert loss[loss < price].sum() < price
    assert all(one.last_pattern[1:] > one.first_pattern[1:])
    assert one.patterns.shape[1] == 20
