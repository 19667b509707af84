"""Jobs in the background: plan, re-route, score, export, and import of a table."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from argon2 import PasswordHasher
from command_line import CommandLine
from grid_town import grid_territory

from geodata.boundaries import unproject
from geodata.import_kind import IMPORT
from gridmap.errors import Cancelled, InputError, PermissionDenied, StoreError, fault
from gridmap.jobs.kinds import Task
from gridmap.jobs.queue import Queue
from gridmap.jobs.standard import STANDARD
from gridmap.planning import make_plan
from gridmap.policies import PlanRequest
from gridmap.progress import Progress, Report, silent
from gridmap.store.accounts import Grant
from gridmap.store.engine import writing
from gridmap.store.passwords import Passwords
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.states import save_state, states_of

EVERYTHING = Scope.everything()
KINDS = {**STANDARD, IMPORT.name: IMPORT}
TOWN = "Grid Town"
SEED = 5


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with one small scenario, number 1."""
    address = f"sqlite:///{tmp_path_factory.mktemp('jobs') / 'gridmap.db'}"
    store = Store(address)
    territory = grid_territory()
    request = PlanRequest.model_validate(
        {
            "routing": {"mode": "walk", "iterations": 50},
            "partition": {"tolerance": 0.5},
            "scoring": {"modes": {"walk": [5]}},
        }
    )
    scenario = make_plan(territory, request, seed=SEED, best_effort=True)
    assert store.save(EVERYTHING, territory, scenario) == 1
    store.close()
    return address


def run(
    url: str,
    folder: Path,
    kind: str,
    *,
    scope: Scope = EVERYTHING,
    territory: str = TOWN,
    report: Report = silent,
    **arguments: Any,
) -> dict[str, Any]:
    """Do a job in this process and write its result."""
    store = Store(url)
    task = Task(store, scope, territory, arguments, folder / "7-1", folder, report)
    write = KINDS[kind].run(task)
    with writing(store.engine, Scope.everything()) as connection:
        result = dict(write(connection))
    store.close()
    return result


def test_the_same_plan_comes_out_of_the_store(url: str, tmp_path: Path) -> None:
    """Territory and request of a scenario with its seed give the scenario again."""
    told: list[Progress] = []
    made = run(url, tmp_path, "plan", scenario_id=1, best_effort=True, report=told.append)
    assert made["broken"] == []
    store = Store(url)
    (_, old), (_, new) = (store.load(EVERYTHING, one) for one in (1, made["scenario_id"]))
    np.testing.assert_array_equal(new.partition.label, old.partition.label)
    for name in ("routes", "stops", "scores", "cells"):
        pd.testing.assert_frame_equal(getattr(new, name), getattr(old, name))
    assert new.report["seed"] == SEED
    stages = list(dict.fromkeys(one.stage for one in told))
    assert stages == list(KINDS["plan"].stages)


def test_rerouting_keeps_the_cells_and_scoring_the_routes(url: str, tmp_path: Path) -> None:
    store = Store(url)
    _, old = store.load(EVERYTHING, 1)
    wider = old.request.model_copy(
        update={"scoring": old.request.scoring.model_copy(update={"modes": {"walk": (10.0,)}})}
    )
    asked = wider.model_dump(mode="json")
    routed = run(url, tmp_path, "reroute", scenario_id=1, seed=9, best_effort=True)
    scored = run(url, tmp_path, "score", scenario_id=1, request=asked)
    _, again = store.load(EVERYTHING, routed["scenario_id"])
    _, rated = store.load(EVERYTHING, scored["scenario_id"])
    for one in (again, rated):
        np.testing.assert_array_equal(one.partition.label, old.partition.label)
    assert again.partition.details["kept"]
    assert again.seed == 9
    pd.testing.assert_frame_equal(rated.routes, old.routes)
    assert rated.request.scoring.modes == {"walk": (10.0,)}
    assert not rated.scores["metric"].equals(old.scores["metric"])
    assert list(rated.cells.columns) == list(old.cells.columns)


def test_a_grid_manager_exports_own_cells_only(url: str, tmp_path: Path) -> None:
    _, scenario = Store(url).load(EVERYTHING, 1)
    first, second = scenario.cells["code"].astype(str).tolist()[:2]
    centre = str(scenario.cells["centre_outlet_id"].iloc[0])
    own = Scope(frozenset({TOWN}), cells=frozenset({centre}))
    mine = run(url, tmp_path / "a", "export", scenario_id=1, formats=["geojson", "gpx"], scope=own)
    whole = run(url, tmp_path / "b", "export", scenario_id=1, formats=["geojson", "gpx"])
    assert mine["folder"] == "7-1"
    assert set(mine["files"]) < set(whole["files"])
    for name in mine["files"]:
        assert (tmp_path / "a" / "7-1" / name).is_file()
    without = Scope(frozenset({TOWN}), cells=frozenset({"nobody"}))
    for scope, said in ((own, "not yours"), (without, "not in your scope")):
        with pytest.raises(PermissionDenied, match=said):
            run(url, tmp_path, "export", scenario_id=1, cells=[second], scope=scope)
    assert first != second


def test_what_cannot_be_done_is_said(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        run(url, tmp_path, "plan", scenario_id="x", seed=-1, colour="red")
    assert [one.where for one in refused.value.faults] == ["scenario_id", "seed", "colour"]
    with pytest.raises(StoreError, match="no scenario"):
        run(url, tmp_path, "score", scenario_id=99)
    with pytest.raises(PermissionDenied):
        run(url, tmp_path, "plan", scenario_id=1, scope=Scope(frozenset({"Other Town"})))
    with pytest.raises(InputError, match="Grid Town"):
        run(url, tmp_path, "plan", scenario_id=1, territory="Other Town")
    for name in ("../gridmap.db", "missing.csv", "/etc/passwd"):
        with pytest.raises(InputError, match="inbox"):
            run(url, tmp_path, "import", file=name)


def test_a_table_is_imported(url: str, tmp_path: Path) -> None:
    """Rows become a new state of the territory, and the next plan is made of it."""
    old = grid_territory()
    places = unproject(shapely.multipoints(old.outlets[["x", "y"]].to_numpy()), old.crs)
    rows = [
        f"{one},{place.x:.7f},{place.y:.7f}"
        for one, place in zip(old.outlets["outlet_id"], shapely.get_parts(places), strict=True)
    ]
    table = "\n".join(["id,lon,lat", *rows[:-2], "new,x,0.001", ""])
    (tmp_path / "list.csv").write_text(table, encoding="utf-8")
    done = run(url, tmp_path, "import", file="list.csv", name="our list.csv")
    assert done["files"] == ["accepted.csv", "faults.csv", "faults.xlsx"]
    assert done["counts"] == {"accepted": len(rows) - 2, "repaired": 0, "rejected": 1}
    assert "-7.48" in (tmp_path / "7-1" / "accepted.csv").read_text(encoding="utf-8")
    store = Store(url)
    newest, before = states_of(store.engine, EVERYTHING, TOWN)
    assert newest.territory_hash == done["territory_hash"] != before.territory_hash
    assert (newest.outlets, newest.plans) == (before.outlets - 2, 0)
    assert "our list.csv" in newest.sources
    made = run(
        url, tmp_path, "plan", scenario_id=1, best_effort=True, seed=6,
        territory_hash=done["territory_hash"],
    )  # fmt: skip
    territory, scenario = store.load(EVERYTHING, made["scenario_id"])
    assert (territory.content_hash, scenario.seed) == (done["territory_hash"], 6)
    assert made["broken"] == []
    # somebody else imports while this table is read: tried again, it builds on that
    with pytest.raises(StoreError, match="meanwhile"), writing(store.engine, EVERYTHING) as one:
        save_state(one, EVERYTHING, old, base=before.territory_hash, file="late.csv")


def test_a_cancelled_plan_ends(url: str, tmp_path: Path) -> None:
    """The progress of a plan is where it learns that it shall end."""

    def stop(progress: Progress) -> None:
        if progress.stage.endswith("routing"):
            raise Cancelled(fault("cli.cancelled"))

    before = threading.active_count()
    with pytest.raises(Cancelled):
        run(url, tmp_path, "plan", scenario_id=1, best_effort=True, report=stop)
    assert threading.active_count() <= before


def test_jobs_from_the_command_line(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked, listed, run by a worker, and one cancelled before."""
    gridmap = CommandLine(monkeypatch, capsys)
    wanted = ("jobs", "--db", url, "--ask", "export", "--territory", TOWN, "--arguments")
    given = '{"scenario_id": 1, "formats": ["geojson"]}'
    assert gridmap("jobs", "--db", url).out == "no jobs\n"
    number = gridmap(*wanted, given, "--key", "k").out.strip()
    assert gridmap(*wanted, given, "--key", "k").out.strip() == number
    other = gridmap(*wanted, given).out.strip()
    assert gridmap("jobs", "--db", url, "--cancel", other).code == 0
    bad = gridmap(*wanted, "{")
    assert (bad.code, "--arguments" in bad.err) == (1, True)
    worked = gridmap("worker", "--db", url, "--files", tmp_path, "--name", "w", "--until-empty")
    assert (worked.code, f"job {number}: done" in worked.err) == (0, True)
    listed = json.loads(gridmap("jobs", "--db", url, "--json").out)
    assert [(one["job_id"], one["state"]) for one in listed] == [
        (int(other), "cancelled"),
        (int(number), "done"),
    ]
    made = listed[1]["result"]
    assert all((tmp_path / "jobs" / made["folder"] / one).is_file() for one in made["files"])
    assert "done" in gridmap("jobs", "--db", url).out


def test_the_worker_refuses_jobs_of_who_may_no_longer_ask(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One account was closed since it asked, one has another territory now, one another role."""
    own = tmp_path / "gridmap.db"
    shutil.copy(url.removeprefix("sqlite:///"), own)
    url = f"sqlite:///{own}"
    store = Store(url)
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    people = store.people(passwords=Passwords(cheap))
    queue = Queue(store.engine, KINDS)
    planner = Grant(Role.PLANNER, territories=frozenset({TOWN}))
    jobs = {}
    for name in ("closed", "moved", "lowered", "stayed"):
        people.accounts.add(EVERYTHING, name, planner, password="eine lange Reihe")  # noqa: S106
        scope = Scope(frozenset({TOWN}), role=Role.PLANNER, user=name)
        jobs[name] = queue.ask(scope, "score", TOWN, {"scenario_id": 1})
    people.accounts.set_disabled(EVERYTHING, "closed", True)
    elsewhere = Grant(Role.PLANNER, territories=frozenset({"Other Town"}))
    people.accounts.set_grant(EVERYTHING, "moved", elsewhere)
    people.accounts.set_grant(
        EVERYTHING, "lowered", Grant(Role.VIEWER, territories=frozenset({TOWN}))
    )
    gridmap = CommandLine(monkeypatch, capsys)
    worked = gridmap("worker", "--db", url, "--files", tmp_path, "--until-empty")
    assert worked.code == 0
    found = {name: queue.job(EVERYTHING, number) for name, number in jobs.items()}
    store.close()
    assert {name: one.state.value for name, one in found.items()} == {
        "closed": "failed", "moved": "failed", "lowered": "failed", "stayed": "done",
    }  # fmt: skip
    assert {name: one.faults[0].key for name, one in found.items() if one.faults} == {
        "closed": "people.account_closed",
        "moved": "store.out_of_scope",
        "lowered": "store.not_permitted",
    }
    assert "closed" in found["closed"].faults[0].text("en")
    assert all(one.attempts == 1 for one in found.values()), "refused, and not tried again"
