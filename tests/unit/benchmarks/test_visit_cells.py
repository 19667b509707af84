"""The invented cells and the practice of five weekday sectors."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.cordeau import Instance, problem_of, read_instance
from benchmarks.cordeau_check import duration
from benchmarks.visit_cells import (
    as_even,
    compare,
    figures,
    main,
    practice,
    sector_days,
    table,
    visit_cell,
)
from gridmap.routing.periodic import PeriodicProblem


@pytest.fixture(scope="module")
def cell() -> Instance:
    return visit_cell(20, 1)


@pytest.mark.parametrize("kind", ["urban", "rural"])
def test_a_cell_is_what_its_description_says(kind: str) -> None:
    cell = visit_cell(100, 3, kind)
    visits = [len(one[0]) for one in cell.patterns[1:]]
    # 15 A four times, 35 B twice, 50 C once.
    assert sorted(visits) == [1] * 50 + [2] * 35 + [4] * 15
    for patterns in cell.patterns[1:]:
        for days in patterns:
            assert len({day % 5 for day in days}) == 1
            weeks = sorted(day // 5 for day in days)
            assert set(np.diff(weeks)) <= {4 // len(days)}
    open_days = [len({min(one) % 5 for one in patterns}) for patterns in cell.patterns[1:]]
    # 15 of 100 are closed on a weekday, give or take.
    assert set(open_days) == {4, 5}
    assert 5 <= open_days.count(4) <= 25
    assert cell.windows is not None
    assert (cell.windows[:, 0] < cell.windows[:, 1]).all()
    width_min = {"urban": 22.5, "rural": 57.86}[kind]
    assert cell.xy.min() >= 0.0
    assert 0.8 * width_min < cell.xy.max() <= width_min


def test_the_same_arguments_give_the_same_cell() -> None:
    one, again, other = visit_cell(30, 1), visit_cell(30, 1), visit_cell(30, 2)
    assert (one.xy == again.xy).all()
    assert one.patterns == again.patterns
    assert not (one.xy == other.xy).all()


def test_a_written_cell_is_read_back(tmp_path: Path, cell: Instance) -> None:
    main(["--write", str(tmp_path), "--outlets", "20", "--seeds", "1"])
    read = read_instance(tmp_path / "urban_20_1")
    for name in ("xy", "service", "demand", "most_duration", "most_load", "windows"):
        assert np.array_equal(getattr(read, name), getattr(cell, name)), name
    assert (read.patterns, read.managers) == (cell.patterns, cell.managers)


@pytest.mark.parametrize("weeks", ["turns", "near"])
def test_sectors_keep_every_pattern(cell: Instance, weeks: str) -> None:
    days = sector_days(cell, 1, weeks)
    for outlet in range(1, cell.n_places):
        found = frozenset(day for day, there in enumerate(days) if outlet in there)
        assert found in cell.patterns[outlet]


def test_each_sector_has_a_weekday() -> None:
    """Five groups far apart, four outlets each with one visit: a group a weekday, one a day."""
    corner = np.array([[0, 0], [9, 0], [0, 9], [9, 9], [4, 4]]) * 10.0
    xy = np.repeat(corner, 4, axis=0) + np.random.default_rng(1).random((20, 2))
    plain = visit_cell(20, 1)
    any_day = tuple(frozenset({day}) for day in range(20))
    cell = Instance(
        **{**vars(plain), "xy": np.vstack([[45.0, 45.0], xy]), "patterns": ((), *[any_day] * 20)}
    )
    days = sector_days(cell, 0, "turns")
    assert [len(day) for day in days] == [1] * 20
    for weekday in range(5):
        together = {(one - 1) // 4 for week in range(4) for one in days[weekday + 5 * week]}
        assert len(together) == 1


def test_practice_makes_a_feasible_plan(cell: Instance) -> None:
    made = figures(cell, practice(cell, "turns", 1.0))
    assert made.faults == 0
    # 3 A · 4 + 7 B · 2 + 10 C · 1 visits on 20 days.
    assert made.least <= 36 / 20 <= made.most
    assert 0.0 < made.longest <= 420.0


def test_figures_of_a_plan(cell: Instance) -> None:
    """One call on the first day and two on the second: everything else is missing."""
    made = figures(cell, [[[1]], [[2, 3]], *[[]] * 18])
    legs = [(0, 1), (1, 0), (0, 2), (2, 3), (3, 0)]
    assert made.travel == pytest.approx(sum(cell.travel[one] for one in legs))
    assert (made.least, made.most) == (0, 2)
    assert made.longest == max(duration(cell, [1])[0], duration(cell, [2, 3])[0])
    assert made.faults > 0


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch, cell: Instance) -> list[PeriodicProblem]:
    """Put a solver in place of the engine that gives the practice's own plan."""
    asked: list[PeriodicProblem] = []
    days = practice(cell, "turns", 1.0)

    def solve_periodic(problem, *, on_better=None, **_asked):
        asked.append(problem)
        if on_better is not None:
            on_better(0.25, figures(cell, days).travel)
        return SimpleNamespace(days=days)

    module = SimpleNamespace(solve_periodic=solve_periodic, compile_loops=lambda: None)
    monkeypatch.setitem(sys.modules, "gridmap.routing.portfolio", module)
    return asked


def test_the_engine_gets_the_evenness_of_practice(
    cell: Instance, echo: list[PeriodicProblem]
) -> None:
    rows = compare(cell, "turns", ["portfolio"], 1.0, 1)
    peer, ours = rows
    assert ours["faults"] == 0
    assert ours["first_s"] == 0.25
    assert float(ours["saved"]) == pytest.approx(0.0, abs=0.02)
    problem = echo[-1]
    assert (problem.least_load == peer["least"]).all()
    assert (problem.most_load == peer["most"]).all()
    assert (problem.most_duration == peer["longest"]).all()
    assert "portfolio beside `turns`" in table(rows)


def test_only_the_limits_differ(cell: Instance) -> None:
    even, free = as_even(cell, figures(cell, practice(cell, "near", 0.5))), problem_of(cell)
    for name in ("travel", "patterns", "windows", "service"):
        assert np.array_equal(getattr(even, name), getattr(free, name))
    assert (even.least_load >= free.least_load).all()
    assert (even.most_load < free.most_load).all()


def test_a_cell_with_too_many_calls_is_not_compared(echo: list[PeriodicProblem]) -> None:
    """180 outlets have 324 visits, 16.2 a day, four more than twenty days of 16 hold."""
    rows = compare(visit_cell(180, 1), "turns", ["portfolio"], 1.0, 1)
    assert len(rows) == 1
    assert rows[0]["faults"] > 0
    assert not echo
    assert "urban_180_1" in table(rows)
