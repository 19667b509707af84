"""Patterns of visiting days."""

import numpy as np
import pytest

from gridmap.errors import InputError
from gridmap.policies import GradePolicy, RoutingPolicy
from gridmap.routing.visits import grade_faults, visit_patterns


def test_a_visit_a_week_stays_on_its_weekday() -> None:
    """4 visits in 4 weeks of 5 days: one pattern for each of the 5 weekdays, steps of 5."""
    patterns = visit_patterns(4, 4, 5)
    assert patterns.tolist() == [[day, day + 5, day + 10, day + 15] for day in range(5)]


def test_every_second_week() -> None:
    """2 visits in 4 weeks: 10 starts, 10 days apart."""
    assert visit_patterns(2, 4, 5).tolist() == [[day, day + 10] for day in range(10)]


def test_a_single_visit_may_be_any_day() -> None:
    assert visit_patterns(1, 4, 5).tolist() == [[day] for day in range(20)]


def test_uneven_numbers_are_spread_as_evenly_as_days_allow() -> None:
    """3 visits in 20 days: gaps of 6 or 7."""
    for pattern in visit_patterns(3, 4, 5):
        gaps = np.diff([*pattern, pattern[0] + 20])
        assert sorted(set(gaps.tolist())) == [6, 7]


def test_no_visit_has_no_pattern() -> None:
    assert visit_patterns(0, 4, 5).shape == (0, 0)


def test_more_visits_than_days_are_refused() -> None:
    with pytest.raises(InputError, match="6 visits in a cycle of 5"):
        visit_patterns(6, 1, 5)


def test_grades_without_policy_and_impossible_grades_are_told_together() -> None:
    policy = RoutingPolicy(weeks=1, grade_policy={"A": GradePolicy(visits=6, minutes=1.0)})
    faults = grade_faults(("A", "X", "A"), policy)
    assert [one.key for one in faults] == ["routing.too_many_visits", "routing.unknown_grade"]
    assert "X" in faults[1].text()
