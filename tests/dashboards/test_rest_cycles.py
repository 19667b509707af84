"""REST: the routes of a cell changed by hand, and the jobs that change a draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from job_runs import run_waiting
from routed_town import town

from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from gridmap.job_kinds import job_kinds
from gridmap.jobs.queue import State
from gridmap.store.accounts import Grant
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.tokens import TokenWish
from tests.dashboards.fixtures import plain_exports
from tests.dashboards.rest_town import Caller
from tests.dashboards.signed import OPERATOR, people_with


@dataclass(frozen=True)
class Routed:
    """Callers over a draft with routes; `bare` is a draft of a plan without streets."""

    callers: dict[str, Caller]
    work: Workshop
    store: Store
    plan: int
    draft: int
    bare: int

    def __getitem__(self, name: str) -> Caller:
        """A caller."""
        return self.callers[name]


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Routed]:
    folder: Path = tmp_path_factory.mktemp("cycles")
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    territory, scenario, _ = town()
    plan = store.save(Scope.everything(), territory, scenario)
    streetless = replace(territory, name="No Streets", networks={})
    of_it = replace(scenario, territory_hash=streetless.content_hash)
    bare_plan = store.save(Scope.everything(), streetless, of_it)
    here = frozenset({territory.name})
    grants = {
        "li": Grant(Role.PLANNER, everywhere=True),
        "wang": Grant(Role.PLANNER, everywhere=True),
        "watcher": Grant(Role.VIEWER, everywhere=True),
        "far": Grant(Role.PLANNER, territories=frozenset({"Elsewhere"})),
        "near": Grant(Role.PLANNER, territories=here),
    }
    people = people_with(folder, **grants)
    work = workshop_of(store.engine, job_kinds(), folder / "files")
    app = create_app(store, exports=plain_exports(), people=people, work=work)
    callers = {
        name: Caller(
            app.server.test_client(),
            people.tokens.add(OPERATOR, name, TokenWish("x", role=one.role)),
        )
        for name, one in grants.items()
    }
    made = callers["li"].post(f"/scenarios/{plan}/drafts", {"routes": True}, 201)
    bare = callers["li"].post(f"/scenarios/{bare_plan}/drafts", {"routes": True}, 201)
    assert made["planned"]
    yield Routed(callers, work, store, plan, made["scenario_id"], bare["scenario_id"])
    store.engine.dispose()


def keys(said: dict[str, Any]) -> list[str]:
    return [one["key"] for one in said["faults"]]


def days_of(seen: dict[str, Any], outlet: str) -> set[tuple[int, int]]:
    """The days on which an outlet is visited."""
    return {(one["week"], one["weekday"]) for one in seen["routes"] if outlet in one["outlets"]}


def free_move(li: Caller, cycle: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A visit and what a move of it to some day costs that no rule forbids."""
    for route in li.get(cycle)["routes"]:
        for outlet in route["outlets"]:
            visit = {"outlet": outlet, "week": route["week"], "weekday": route["weekday"]}
            for cost in li.post(f"{cycle}/costs", visit)["days"]:
                assert cost["allowed"] == (not cost["faults"])
                if cost["allowed"]:
                    return visit, cost
    raise AssertionError("no visit can be moved")


def test_a_visit_is_moved_fixed_taken_back_and_made_again(routed: Routed) -> None:
    li, cycle = routed["li"], f"/scenarios/{routed.draft}/cells/1/cycle"
    seen = li.get(cycle)
    visit, cost = free_move(li, cycle)
    old, new = (visit["week"], visit["weekday"]), (cost["week"], cost["weekday"])
    wish = {**visit, "to_week": new[0], "to_weekday": new[1], "token": seen["token"]}
    key = {"Idempotency-Key": "m1"}
    done = li.post(f"{cycle}/move", wish, **key)
    assert (done["sequence"], done["repeated"]) == (1, False)
    assert li.post(f"{cycle}/move", wish, **key) == {**done, "repeated": True}
    now = li.get(cycle)
    assert new in days_of(now, visit["outlet"]) and old not in days_of(now, visit["outlet"])
    assert (now["token"], now["author"]) == (done["token"], "li")
    assert [one["kind"] for one in now["edits"]] == ["move"]
    # what was seen before is of yesterday, and is told with a name
    late = routed["wang"].post(f"{cycle}/fix", {**visit, "token": seen["token"]}, 409)
    assert keys(late) == ["cycle.conflict"] and "li" in late["faults"][0]["text"]
    day = {"week": new[0], "weekday": new[1]}
    fixed = li.post(f"{cycle}/fix", {**day, "token": done["token"]})
    assert li.get(cycle)["fixed_days"] == [day]
    freed = li.post(f"{cycle}/fix", {**day, "fixed": False, "token": fixed["token"]})
    kept = {**day, "outlet": visit["outlet"], "token": freed["token"]}
    kept_one = li.post(f"{cycle}/fix", kept)
    assert li.get(cycle)["fixed_visits"] == [{**day, "outlet": visit["outlet"]}]
    token = kept_one["token"]
    for _ in range(4):
        token = li.post(f"{cycle}/undo", {"token": token})["token"]
    assert li.get(cycle)["routes"] == seen["routes"]
    assert keys(li.post(f"{cycle}/undo", {"token": token}, 409)) == ["drafts.nothing_to_undo"]
    token = li.post(f"{cycle}/redo", {"token": token})["token"]
    assert new in days_of(li.get(cycle), visit["outlet"])
    li.post(f"{cycle}/undo", {"token": token})


def test_what_cannot_be_changed_is_told(routed: Routed) -> None:
    li, cycle = routed["li"], f"/scenarios/{routed.draft}/cells/1/cycle"
    token = li.get(cycle)["token"]
    nobody = {"outlet": "nobody", "week": 1, "weekday": 1, "token": token}
    assert keys(li.post(f"{cycle}/fix", nobody, 422)) == ["cycle.no_such_visit"]
    sunday = li.post(f"{cycle}/fix", {"week": 1, "weekday": 7, "token": token}, 422)
    assert keys(sunday) == ["cycle.no_such_day"]
    assert "1, 2, 3, 4, 5" in sunday["faults"][0]["text"]
    zh = li.post(f"{cycle}/fix?lang=zh", {"week": 99, "weekday": 1, "token": token}, 422)
    assert "星期" in zh["faults"][0]["text"]
    day = {"week": 1, "weekday": 1, "token": token}
    made = li.post(f"/scenarios/{routed.plan}/cells/1/cycle/fix", day, 409)
    assert keys(made) == ["cycle.as_made"]
    bare = li.post(f"/scenarios/{routed.bare}/cells/1/cycle/fix", day, 422)
    assert keys(bare) == ["cycle.no_streets"]
    li.post(f"/scenarios/{routed.draft}/cells/77/cycle/fix", day, 404)
    li.get(f"/scenarios/{routed.draft}/cells/77/cycle", 404)


def test_who_may_not_plan_here_reads_and_changes_nothing(routed: Routed) -> None:
    cycle = f"/scenarios/{routed.draft}/cells/1/cycle"
    day = {"week": 1, "weekday": 1, "token": routed["li"].get(cycle)["token"]}
    visit = {"outlet": "x", "week": 1, "weekday": 1}
    for name, status in (("watcher", 403), ("far", 404)):
        routed[name].get(cycle, status)
        routed[name].post(f"{cycle}/costs", visit, status)
        routed[name].post(f"{cycle}/fix", day, status)
        routed[name].post(f"{cycle}/undo", {"token": day["token"]}, status)
    assert not routed["near"].get(cycle)["fixed_days"]


def test_a_cell_is_planned_anew_around_what_is_fixed_and_a_draft_balanced(routed: Routed) -> None:
    li, draft = routed["li"], routed.draft
    wrong = {"kind": "replan_cell", "scenario_id": draft}
    assert keys(li.post("/jobs", wrong, 422)) == ["fields.missing"]
    asked = {**wrong, "arguments": {"cell_id": 2, "max_seconds": 0.2}}
    routed["watcher"].post("/jobs", asked, 403)
    job = li.post("/jobs", asked, 202)["job_id"]
    balance = {"kind": "rebalance", "scenario_id": draft, "arguments": {"max_seconds": 0.2}}
    other = li.post("/jobs", balance, 202)["job_id"]
    assert run_waiting(routed.store, job_kinds(), routed.work.files) == [job, other]
    found = {one: routed.work.queue.job(OPERATOR, one) for one in (job, other)}
    assert [one.state for one in found.values()] == [State.DONE] * 2, found
    edits = li.get(f"/scenarios/{draft}/cells/2/cycle")["edits"]
    assert [(one["kind"], one["author"]) for one in edits] == [("replan", "li")]
