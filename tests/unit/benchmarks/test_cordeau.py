"""Periodic routing instances: read, turned into a problem, written, judged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cordeau import Instance, problem_of, read_instance, write_plan
from benchmarks.cordeau_check import duration, length, plan_faults

PLAIN = """1 2 3 3
10 5
 0 0

40 0
0 0 0 0 0 0 0
1 3 4 1 2 2 2 6 5
2 0 4 1 4 1 1 4
3 9 9 0 7 0 0
"""
# The line of day 2 has no limits; the blank line is left out; customer 3 asks for no visit.
TIMED = """5 1 2 1
100 9
0 0 0 0 0 0 0 10 60
1 0 10 5 1 1 1 1 40 45
2 0 20 5 1 1 1 1 0 58
"""


@pytest.fixture
def plain(tmp_path: Path) -> Instance:
    return _read(tmp_path, PLAIN)


@pytest.fixture
def timed(tmp_path: Path) -> Instance:
    return _read(tmp_path, TIMED)


def _read(folder: Path, text: str) -> Instance:
    path = folder / "tiny"
    path.write_text(text, encoding="utf-8")
    return read_instance(path)


def test_the_leftmost_bit_is_the_first_day(plain: Instance) -> None:
    """6 = 110 and 5 = 101 of three days; 4 = 100; no pattern = no visit."""
    assert plain.patterns == (
        (),
        (frozenset({0, 1}), frozenset({0, 2})),
        (frozenset({0}),),
        (frozenset(),),
    )
    assert plain.n_visits == 3


def test_nought_is_no_limit(plain: Instance) -> None:
    assert plain.most_duration.tolist() == [10.0, np.inf, 40.0]
    assert plain.most_load.tolist() == [5.0, np.inf, np.inf]


def test_the_problem_says_the_same(plain: Instance) -> None:
    problem = problem_of(plain)
    assert problem.patterns.astype(int).tolist() == [[1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 0]]
    assert problem.first_pattern.tolist() == [0, 0, 2, 3]
    assert problem.last_pattern.tolist() == [0, 2, 3, 4]
    assert problem.travel[0, 1] == 5.0
    assert (problem.n_places, problem.n_days, problem.n_managers) == (4, 3, 2)
    assert problem.most_load.tolist() == [[5.0, 5.0], [np.inf, np.inf], [np.inf, np.inf]]
    assert not problem.timed
    assert not problem.wait_counts
    assert not problem.pattern_price.any()


def test_windows_hold_every_day(timed: Instance) -> None:
    problem = problem_of(timed)
    assert problem.windows.shape == (3, 1, 1, 2)
    assert problem.windows[:, 0, 0].tolist() == [[10.0, 60.0], [40.0, 45.0], [0.0, 58.0]]
    assert problem.wait_counts
    assert problem.timed


def test_all_faults_of_a_file_are_named(tmp_path: Path) -> None:
    broken = TIMED.replace("1 1 1 1 40 45", "1 1 1 2 40 45").replace("1 1 1 1 0 58", "1 1 1 1 0")
    with pytest.raises(ValueError, match=r"pattern 2 has more than 1 days; place 2: a window"):
        _read(tmp_path, broken)
    with pytest.raises(ValueError, match="type 2"):
        _read(tmp_path, PLAIN.replace("1 2 3 3", "2 2 3 3", 1))
    with pytest.raises(ValueError, match="7 lines, 8 expected"):
        _read(tmp_path, PLAIN.replace("3 9 9 0 7 0 0\n", ""))


def test_a_plan_is_written_without_empty_routes(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, 1.5, [[[np.int64(2), 1], []], [[]], []])
    assert json.loads(path.read_text()) == {"cost": 1.5, "days": [[[2, 1]], [], []]}


GOOD = [[[1], [2]], [], [[1]]]


def test_a_good_plan_has_no_fault(plain: Instance) -> None:
    """Two times to customer 1 and back, 5 each way, once to customer 2, 4 each way."""
    assert plan_faults(plain, GOOD) == ["day 1: lasts 11.0000, over 10"]
    roomy = [[[2]], [[1]], [[1]]]
    assert plan_faults(plain, roomy) == ["customer 1: days [1, 2] are none of its patterns"]
    assert length(plain, GOOD) == 28.0


@pytest.mark.parametrize(
    ("days", "fault"),
    [
        ([[[1], [2]], []], "2 days instead of 3"),
        ([[[1], [2]], [], [[1], [1], [1]]], "day 3: 3 routes for 2 managers"),
        ([[[1], [2]], [], [[1]]], "day 1: lasts 11.0000, over 10"),
        ([[[1, 2]], [], [[1]]], "day 1: load 6 over 5"),
        ([[[1], [2]], [], [[1, 4]]], "day 3: no such customers [4]"),
        ([[[2]], [[1]], [[1]]], "customer 1: days [1, 2] are none of its patterns"),
        ([[[1], [2]], [], [[1, 1]]], "customer 1: more than once on a day, [0, 2, 2]"),
        ([[[1], [2]], [[3]], [[1]]], "customer 3: days [1] are none of its patterns"),
        ([[[1]], [], [[1]]], "customer 2: days [] are none of its patterns"),
    ],
)
def test_each_broken_rule_is_named(plain: Instance, days: list, fault: str) -> None:
    assert fault in plan_faults(plain, days)


def test_a_route_leaves_as_late_as_it_can(timed: Instance) -> None:
    """It reaches 1 at 40 (leaving at 30), serves to 45, 2 at 55, serves to 60, back at 80: late
    by 20, and 50 long. The other way round it leaves at 10, reaches 2 at 30, serves to 35, 1 at
    45, back at 60, in time and 50 long.
    """
    assert duration(timed, [1, 2]) == (50.0, 20.0)
    assert duration(timed, [2, 1]) == (50.0, 0.0)
    assert plan_faults(timed, [[[1, 2]]]) == ["day 1: late by 20.0000"]
    assert plan_faults(timed, [[[2, 1]]]) == []
    # Alone, 1 is reached at 40: left at 30, back at 55, 15 of waiting spared.
    assert duration(timed, [1]) == (25.0, 0.0)


def test_a_route_cannot_leave_after_its_first_window(tmp_path: Path) -> None:
    """1 closes at 45 and is 10 away: it leaves at 35 at the latest; 2 opens at 90 and takes 5, so
    it is back at 115, after 80.
    """
    late = _read(
        tmp_path, TIMED.replace("1 1 1 1 0 58", "1 1 1 1 90 99").replace("10 60", "10 200")
    )
    assert duration(late, [1, 2]) == (80.0, 0.0)
