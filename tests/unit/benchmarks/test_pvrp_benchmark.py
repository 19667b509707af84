"""The harness of the periodic routing benchmark, with a stand-in for the engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks import pvrp_methods
from benchmarks.cordeau import Instance, read_instance
from benchmarks.cordeau_check import length, plan_faults
from benchmarks.pvrp import main, numbers
from benchmarks.pvrp_campaign import read_lines
from benchmarks.pvrp_methods import Run
from benchmarks.pvrp_peers import RULES, choose_days, days_then_pyvrp
from benchmarks.pvrp_plot import convergence, curves
from benchmarks.pvrp_table import by_size, per_instance, side_by_side, tables, with_gaps

# Customers left and right of the depot, each once in two days, two to a route: the sides have a
# day each, 2 · 10 + 2 · 10, or are mixed, 2 · (10 + 10) on both.
SIDES = """1 1 4 2
0 2
0 2
0 0 0 0 0 0 0
1 -10 0 0 1 1 2 1 2
2 -10 0 0 1 1 2 1 2
3 10 0 0 1 1 2 1 2
4 10 0 0 1 1 2 1 2
"""
BEST = [[[1, 2]], [[3, 4]]]
MIXED = [[[1, 3]], [[2, 4]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "sides"
    there.mkdir()
    (there / "s1").write_text(SIDES, encoding="utf-8")
    (there / "s2").write_text(SIDES, encoding="utf-8")
    (there / "bks.csv").write_text("name,n,bks\ns1,4,40\ns2,4,40\n", encoding="utf-8")
    return there


@pytest.fixture
def sides(folder: Path) -> Instance:
    return read_instance(folder / "s1")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Put a solver in place of the engine that always mixes the sides; the calls it gets."""
    made: list[dict] = []

    def solve_periodic(_problem, *, on_better=None, seconds=None, **asked):
        made.append({"seconds": seconds, **asked})
        if on_better is not None:
            on_better(0.5, 90.0)
            on_better(4.0, 80.0)
        return SimpleNamespace(days=MIXED, cost=80.0, travel=80.0)

    module = SimpleNamespace(solve_periodic=solve_periodic, compile_loops=lambda: None)
    monkeypatch.setitem(sys.modules, "gridmap.routing.portfolio", module)
    return made


def test_one_instance_is_planned_and_written(
    folder: Path, calls: list[dict], capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "plan.json"
    words = [str(folder / "s1"), "--seconds", "7", "--seed", "3", "--method", "ruin"]
    main([*words, "--out", str(out)])
    assert json.loads(out.read_text()) == {"cost": 80.0, "days": MIXED}
    assert "cost 80.0000 feasible" in capsys.readouterr().out
    (run,) = calls
    assert run == {"seed": 3, "seconds": 7.0, "iterations": None, "method": "ruin"}


def test_a_campaign_goes_on_where_it_ended(
    folder: Path, calls: list[dict], capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "results.csv"
    words = ["--all", str(folder), "--bks", str(folder / "bks.csv"), "--seconds", "5"]
    words += ["--methods", "portfolio,ruin", "--out", str(out), "--plot", str(folder / "p.svg")]
    main([*words, "--seeds", "1"])
    lines = read_lines(out)
    # Two instances, two methods, marks at 1, 2 and 5 s.
    assert len(lines) == 12
    assert len(calls) == 4
    assert lines["cost"].tolist() == [90.0, 90.0, 80.0] * 4
    assert lines["feasible"].all()
    assert (folder / "p.svg").read_text().startswith("<svg")
    main([*words, "--seeds", "1-2"])
    assert len(read_lines(out)) == 24
    assert len(calls) == 8
    assert "| s2 | 4 | 40.00 | 80.00 | 100.00% | 100.00% | 2 of 2 |" in capsys.readouterr().out


def test_an_infeasible_plan_has_no_gap(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_instance: Instance, seed: int, _seconds: float, _iterations: None) -> Run:
        days = [[[1, 2]], [[3]]] if seed == 1 else BEST
        return Run(days, ((0.1, 40.0),), 1.0)

    monkeypatch.setitem(pvrp_methods.METHODS, "broken", broken)
    out = folder / "results.csv"
    words = ["--all", str(folder), "--bks", str(folder / "bks.csv"), "--only", "s1"]
    words += ["--seconds", "2", "--methods", "broken", "--seeds", "1,2", "--out", str(out)]
    main(words)
    lines = with_gaps(read_lines(out))
    assert lines["gap"].isna().tolist() == [True, True, False, False]
    assert lines["note"].iloc[0] == "customer 4: days [] are none of its patterns"
    assert "| s1 | 4 | 40.00 | 40.00 | 0.00% | 0.00% | 1 of 2 |" in capsys.readouterr().out


def test_the_engine_may_find_no_plan(
    sides: Instance, monkeypatch: pytest.MonkeyPatch, calls: list[dict]
) -> None:
    module = SimpleNamespace(solve_periodic=lambda *_, **__: None, compile_loops=lambda: None)
    monkeypatch.setitem(sys.modules, "gridmap.routing.portfolio", module)
    assert pvrp_methods.engine(sides, 1, 1.0, method="ruin").days is None
    assert not calls


def test_a_run_without_a_plan_has_no_cost() -> None:
    run = Run(None, (), 1.0)
    assert np.isnan(run.cost_at(5.0))
    assert Run(BEST, ((1.0, 50.0), (3.0, 40.0)), 4.0).cost_at(2.0) == 50.0


def test_numbers_of_a_list() -> None:
    assert numbers("1-3,7") == [1, 2, 3, 7]


@pytest.mark.parametrize(
    "words", [[], ["x"], ["--all", "x", "--seconds", "1"], ["--tables", "x", "--method", "y"]]
)
def test_what_is_missing_is_said(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "error:" in capsys.readouterr().err


def _lines(**gaps: list[float]) -> pd.DataFrame:
    """Return lines of one run a method with such gaps at 5, 15 and 60 s; NaN = no plan yet."""
    rows = [
        {
            "group": "g", "instance": instance, "visits": visits, "bks": 100.0, "seed": 1,
            "method": method, "seconds": 60.0, "mark_s": mark, "cost": 100.0 * (1.0 + gap),
            "feasible": True, "cpu_s": 60.0, "note": "",
        }
        for method, three in gaps.items()
        for instance, visits in (("p02", 104), ("p05", 200), ("p99", 300))
        for mark, gap in zip((5.0, 15.0, 60.0), three, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_sizes_and_easy_ones_stand_apart() -> None:
    table = by_size(with_gaps(_lines(ruin=[0.04, 0.02, 0.01])))
    assert table["visits"].tolist() == ["easy", "≤ 250", "250–500"]
    assert table["instances"].tolist() == ["1", "1", "1"]
    assert table[["5 s", "15 s", "60 s"]].iloc[1].tolist() == ["4.00%", "2.00%", "1.00%"]


def test_a_mark_without_a_plan_has_no_mean() -> None:
    lines = _lines(ruin=[np.nan, 0.02, 0.01])
    assert by_size(with_gaps(lines))["5 s"].tolist() == ["–", "–", "–"]
    assert [mark for mark, _ in curves(lines)["ruin"]] == [15.0, 60.0]


def test_one_seed_without_a_plan_leaves_the_mean_open() -> None:
    lines = _lines(ruin=[0.04, 0.02, 0.01])
    late = lines.assign(seed=2, cost=lines["cost"].where(lines["mark_s"] > 5.0))
    assert by_size(with_gaps(pd.concat([lines, late])))["5 s"].tolist() == ["–", "–", "–"]


def test_the_portfolio_behind_ruin_is_pointed_out() -> None:
    said = tables(_lines(portfolio=[0.025, 0.0, 0.0], ruin=[0.02, 0.0, 0.0]))
    assert "p05 at 5 s 0.50%" in said
    assert "alone: nowhere" in tables(_lines(portfolio=[0.021, 0, 0], ruin=[0.02, 0, 0]))


def test_methods_side_by_side() -> None:
    table = side_by_side(_lines(portfolio=[0, 0, 0.0], pyvrp=[0, 0, 0.25]))
    assert table["portfolio saves on pyvrp"].tolist() == ["20.00%"] * 3


def test_worst_and_mean_gap_of_seeds() -> None:
    lines = _lines(ruin=[0.0, 0.0, 0.03])
    both = pd.concat([lines, lines.assign(seed=2, cost=101.0)])
    row = per_instance(with_gaps(both)).iloc[1].tolist()
    assert row == ["p05", "200", "100.00", "102.00", "2.00%", "3.00%", "2 of 2"]


def test_the_drawing_needs_a_best_known_cost() -> None:
    with pytest.raises(ValueError, match="best known"):
        convergence(_lines(ruin=[0.0, 0.0, 0.0]).assign(bks=np.nan))


def test_greedy_days_follow_the_sides(sides: Instance) -> None:
    """Each rule keeps the patterns and the capacity; one at least finds a side for each day."""
    found = [choose_days(sides, rule, 1) for rule in RULES]
    assert all(sorted(a + b) == [1, 2, 3, 4] for a, b in found)
    assert all(len(day) == 2 for days in found for day in days)
    assert any(sorted(days) == [[1, 2], [3, 4]] for days in found)


def test_greedy_days_are_not_overfull(tmp_path: Path) -> None:
    """Four customers at one place are two a day, though a day with a neighbour costs nothing."""
    path = tmp_path / "heap"
    path.write_text(SIDES.replace("3 10", "3 -10").replace("4 10", "4 -10"), encoding="utf-8")
    heap = read_instance(path)
    for rule in RULES:
        assert [len(day) for day in choose_days(heap, rule, 1)] == [2, 2], rule


def test_the_peer_finds_the_best_days(sides: Instance) -> None:
    days, better = days_then_pyvrp(sides, 1, 0.3)
    assert days is not None
    assert plan_faults(sides, days) == []
    assert length(sides, days) == 40.0
    assert better[-1][1] == 40.0


def test_the_peer_keeps_windows_and_durations(tmp_path: Path) -> None:
    """Both on one route would be shorter, but their windows are too far apart for 30 minutes."""
    path = tmp_path / "timed"
    path.write_text(
        "5 2 2 1\n30 9\n0 0 0 0 0 0 0 0 100\n1 10 0 5 1 1 1 1 10 12\n2 10 1 5 1 1 1 1 60 65\n",
        encoding="utf-8",
    )
    timed = read_instance(path)
    days, _ = days_then_pyvrp(timed, 1, 0.3)
    assert days is not None
    assert sorted(days[0]) == [[1], [2]]
    assert plan_faults(timed, days) == []


def test_the_peer_says_when_it_has_no_plan(tmp_path: Path) -> None:
    """Five customers of load 1 for two days of load 2."""
    path = tmp_path / "full"
    path.write_text(SIDES.replace("1 1 4 2", "1 1 5 2") + "5 0 9 0 1 1 2 1 2\n", encoding="utf-8")
    days, better = days_then_pyvrp(read_instance(path), 1, 0.2)
    assert days is None
    assert better == ()
