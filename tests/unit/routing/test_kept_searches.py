"""Finished searches on disk: found again, never trusted, and a killed run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cell_visits import random_cell

from gridmap.jobs.executor import Threads
from gridmap.policies import RoutingPolicy
from gridmap.routing import plan as plan_module
from gridmap.routing.build import periodic_problem
from gridmap.routing.cells import plan_cells
from gridmap.routing.kept_searches import KeptSearches, search_key
from gridmap.routing.plan import plan_cell_routes
from gridmap.routing.problem import CellVisits

POLICY = RoutingPolicy(iterations=40)
CELL = random_cell(25, 3)


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("searched again")


@pytest.fixture
def kept(tmp_path: Path) -> KeptSearches:
    return KeptSearches(tmp_path / "kept")


def files(kept: KeptSearches) -> list[Path]:
    return sorted(kept.folder.glob("*.json"))


def test_a_finished_search_is_not_made_again(
    kept: KeptSearches, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan_cell_routes(CELL, POLICY, seed=1, kept=kept)
    monkeypatch.setattr(plan_module, "solve_periodic", refuse)
    assert plan_cell_routes(CELL, POLICY, seed=1, kept=kept).shifts == first.shifts
    with pytest.raises(AssertionError, match="searched again"):
        plan_cell_routes(CELL, POLICY, seed=2, kept=kept)
    other = replace(CELL, travel_s=CELL.travel_s + np.eye(26))
    with pytest.raises(AssertionError, match="searched again"):
        plan_cell_routes(other, POLICY, seed=1, kept=kept)
    kept.clear()
    assert not kept.folder.exists()


def test_a_search_that_was_stopped_is_not_kept(kept: KeptSearches) -> None:
    plan_cell_routes(CELL, POLICY, seed=1, kept=kept, stop=lambda _cost, /: True)
    assert not files(kept)


@pytest.mark.parametrize("spoil", ["cut", "other_name", "edited", "forged"])
def test_a_spoilt_file_is_as_good_as_none(kept: KeptSearches, spoil: str) -> None:
    """`forged` has a right digest, but an outlet is visited on a day of no pattern of its own."""
    problem = periodic_problem(CELL, POLICY)
    first = plan_cell_routes(CELL, POLICY, seed=1, kept=kept)
    key = search_key(problem, seed=1, iterations=POLICY.iterations, first=())
    (file,) = files(kept)
    assert file.stem == key
    whole = kept.read(key, problem)
    assert whole is not None
    content = json.loads(file.read_text(encoding="utf-8"))
    if spoil == "cut":
        file.write_text(file.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    elif spoil == "other_name":
        key = "0" * 64
        file.rename(file.with_stem(key))
    elif spoil == "edited":
        content["plan"]["cost"] += 1.0
        file.write_text(json.dumps(content), encoding="utf-8")
    else:
        days = [list(day) for day in whole.days]
        busy = next(at for at, day in enumerate(days) if day[0])
        days[busy][0] = days[busy][0][1:]
        kept.write(key, replace(whole, days=tuple(tuple(day) for day in days)))
    assert kept.read(key, problem) is None
    assert plan_cell_routes(CELL, POLICY, seed=1, kept=kept).shifts == first.shifts


def cells_of_run() -> list[CellVisits]:
    return [replace(random_cell(60, seed), cell_id=seed + 1) for seed in range(6)]


def routes_of(kept: KeptSearches) -> bytes:
    """Plan the cells of the killed run, and return their routes as bytes."""
    policy = RoutingPolicy(iterations=150)
    planned = plan_cells(cells_of_run(), policy, seed=5, executor=Threads(1), kept=kept)
    return json.dumps([one.shifts for one in planned]).encode()


def test_a_killed_run_goes_on_where_it_was(
    kept: KeptSearches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = subprocess.Popen(
        [sys.executable, __file__, str(kept.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        end = time.monotonic() + 240.0
        while len(files(kept)) < 2 and time.monotonic() < end and child.poll() is None:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    finished = files(kept)
    assert child.returncode == -signal.SIGKILL
    assert 2 <= len(finished) < 6
    untouched = {file: file.stat().st_mtime_ns for file in finished}
    searched = []
    solve = plan_module.solve_periodic

    def count(problem: object, **options: object) -> object:
        searched.append(problem)
        return solve(problem, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(plan_module, "solve_periodic", count)
    resumed = routes_of(kept)
    assert len(searched) == 6 - len(finished)
    assert {file: file.stat().st_mtime_ns for file in finished} == untouched
    assert resumed == routes_of(KeptSearches(tmp_path / "anew"))


if __name__ == "__main__":
    routes_of(KeptSearches(Path(sys.argv[1])))
