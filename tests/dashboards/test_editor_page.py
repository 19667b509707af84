"""The page around the editor: which plan opens how, drafts, and the balancing job."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from drawn_town import ADMIN, PLANNER

from dashboards.app import open_page
from dashboards.ids import App, Editor
from dashboards.map_editor import MapEditor
from dashboards.pages import editor
from dashboards.state import Page, Selection
from gridmap.catalogue import LANGUAGES, Language
from gridmap.errors import fault
from gridmap.jobs.job import Job, State
from gridmap.store.accounts import Grant
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.signed import browser_of, cookie, question
from tests.dashboards.test_pages import words_of
from tests.dashboards.working import Working, working

TOWN = frozenset({"Grid Town"})
GRANTS = {
    "li": Grant(Role.PLANNER, territories=TOWN),
    "watcher": Grant(Role.VIEWER, territories=TOWN),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    made = working(tmp_path_factory.mktemp("editor_page"), **GRANTS)
    yield made
    made.store.engine.dispose()


def chosen(scenario: int | None, language: Language = "en", **more: Any) -> Selection:
    return Selection(Page.EDITOR, language, scenario, **more)


def parts(tree: Any, kind: type) -> list[Any]:
    """Components of a kind in a layout."""
    found = [tree] if isinstance(tree, kind) else []
    children = getattr(tree, "children", None)
    if children is not None:
        for one in children if isinstance(children, (list, tuple)) else [children]:
            found += parts(one, kind)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_opens_in_the_editor(service: Working, language: Language) -> None:
    page = editor.layout(service.desk(), chosen(service.draft, language, cell=2))
    (found,) = parts(page, MapEditor)
    assert found.base == f"/editor/{service.draft}"
    assert (found.selected, found.language) == (2, language)
    assert found.labels["attribution"]
    assert "north" in words_of(page)
    links = [one for one in str(page).split("'") if one.startswith("/scenarios?")]
    assert links[0].endswith(f"&with={service.plan}")
    assert links[1] == f"/scenarios?scenario={service.draft}&lang={language}"


def test_the_view_is_that_of_the_territory(service: Working) -> None:
    (found,) = parts(editor.layout(service.desk(), chosen(service.draft)), MapEditor)
    west, south, east, north = found.view
    assert -7.49 < west < east < -7.48
    assert -0.01 < south < north < 0.01


def test_a_plan_offers_a_draft_and_those_there_are(service: Working) -> None:
    page = editor.layout(service.desk(PLANNER), chosen(service.plan))
    assert not parts(page, MapEditor)
    said = words_of(page)
    assert "Open a draft of this plan" in said
    assert f"north · {service.draft}" in said


def test_without_a_plan_in_the_address_the_newest_draft_opens(service: Working) -> None:
    (found,) = parts(editor.layout(service.desk(), chosen(None)), MapEditor)
    newest = max(one.scenario_id for one in service.work.drafts.versions(ADMIN))
    assert found.base == f"/editor/{newest}"


@pytest.mark.parametrize("scope", [ADMIN, Scope(territories=frozenset({"Elsewhere"}))])
def test_what_is_out_of_reach_says_what_to_do(service: Working, scope: Scope) -> None:
    page = editor.layout(service.desk(scope), chosen(9999 if scope is ADMIN else service.draft))
    assert not parts(page, MapEditor)
    said = words_of(page)
    assert "north" not in said
    assert ("not here" if scope is ADMIN else "No plan yet") in said


class Caller:
    """A browser that runs callbacks."""

    def __init__(self, service: Working, name: str) -> None:
        self.app = service.app()
        self.client = browser_of(self.app, name)

    def run(self, output: str, **values: Any) -> Any:
        asked = question(self.app, output, values)
        token = {"X-CSRFToken": cookie(self.client, "gridmap_csrf")}
        return self.client.post("/_dash-update-component", json=asked, headers=token)


def selection(scenario: int) -> dict[str, Any]:
    return chosen(scenario).data()


OPENED = f"{Editor.FAULT}.children"
BALANCED = f"..{Editor.JOB}.data...{Editor.ASKED}.children.."
WATCHED = f"..{Editor.PROGRESS}.children...{Editor.TICK}.disabled...{Editor.CANCEL}.hidden.."


def test_a_click_opens_a_draft_and_goes_there(service: Working) -> None:
    before = len(service.work.drafts.versions(ADMIN))
    answer = Caller(service, "li").run(OPENED, **{
        f"{Editor.OPEN}.n_clicks": 1, f"{Editor.NAME}.value": "  spring ",
        f"{App.SELECTION}.data": selection(service.plan),
    })  # fmt: skip
    assert answer.status_code == 200
    newest = service.work.drafts.versions(ADMIN)[0]
    assert len(service.work.drafts.versions(ADMIN)) == before + 1
    assert (newest.name, newest.author, newest.parent_id) == ("spring", "li", service.plan)
    went = json.loads(answer.text)["sideUpdate"][App.URL]
    assert went == {"pathname": "/editor", "search": f"?scenario={newest.scenario_id}&lang=en"}


def test_a_viewer_has_no_editor_and_opens_no_draft(service: Working) -> None:
    caller = Caller(service, "watcher")
    values = {f"{Editor.OPEN}.n_clicks": 1, f"{App.SELECTION}.data": selection(service.plan)}
    before = len(service.work.drafts.versions(ADMIN))
    assert caller.run(OPENED, **values).status_code == 403
    assert len(service.work.drafts.versions(ADMIN)) == before
    show = next(one for one in caller.app.callback_map if App.CONTENT in one)
    answer = caller.run(show, **{f"{App.URL}.pathname": "/editor", f"{App.URL}.search": ""})
    assert "This page is not for this account" in answer.text
    assert "MapEditor" not in answer.text


def test_another_cell_does_not_make_the_editor_anew(service: Working) -> None:
    caller = Caller(service, "li")
    show = next(one for one in caller.app.callback_map if App.CONTENT in one)
    address = {f"{App.URL}.pathname": "/editor", f"{App.URL}.search": f"?scenario={service.draft}"}
    first = caller.run(show, **address)
    assert "MapEditor" in first.text
    frame = json.loads(first.text)["response"][App.FRAME]["data"]
    address[f"{App.URL}.search"] += "&cell=1"
    second = caller.run(show, **address, **{f"{App.FRAME}.data": frame})
    assert "MapEditor" not in second.text
    assert json.loads(second.text)["response"][App.SELECTION]["data"]["cell"] == 1


def test_the_rest_is_balanced_by_a_job_that_can_be_cancelled(service: Working) -> None:
    caller, data = Caller(service, "li"), {f"{App.SELECTION}.data": selection(service.draft)}
    answer = caller.run(BALANCED, **data, **{f"{Editor.BALANCE}.n_clicks": 1})
    asked = json.loads(answer.text)["response"][Editor.JOB]["data"]
    job = service.work.queue.job(ADMIN, asked["job"])
    assert (job.kind, job.territory, job.user) == ("rebalance", "Grid Town", "li")
    kept = {**data, f"{Editor.JOB}.data": asked}
    seen = json.loads(caller.run(WATCHED, **kept).text)["response"]
    assert seen[Editor.TICK]["disabled"] is False
    assert seen[Editor.CANCEL]["hidden"] is False
    assert "waits" in str(seen[Editor.PROGRESS])
    caller.run(f"{Editor.CANCEL}.disabled", **kept, **{f"{Editor.CANCEL}.n_clicks": 1})
    seen = json.loads(caller.run(WATCHED, **kept).text)["response"]
    assert seen[Editor.TICK]["disabled"] is True
    assert "Cancelled" in str(seen[Editor.PROGRESS])


def job_in(state: State, **more: Any) -> Job:
    time = dt.datetime(2026, 1, 1, 12, 0, 10, tzinfo=dt.UTC)
    made = Job(
        1, "rebalance", "Grid Town", "li", state, 1, "jobs.stage.rebalance", 0.25, "", None,
        False, (), {}, time, time, time,
    )  # fmt: skip
    return replace(made, **more)


@pytest.mark.parametrize(
    ("job", "after_s", "said"),
    [
        (job_in(State.QUEUED), 1, "waits for its turn"),
        (job_in(State.QUEUED), 60, "gridmap worker"),
        (job_in(State.RUNNING), 1, "Balancing"),
        (job_in(State.RUNNING, cancel_asked=True), 1, "Cancelling"),
        (job_in(State.DONE, result={"moved": 0}), 1, "Nothing was moved"),
        (job_in(State.DONE, result={"moved": 7, "before": 0.25, "after": 0.04}), 1, "7 unit(s)"),
        (job_in(State.DONE, result={"moved": 7}), 600, ""),
        (job_in(State.CANCELLED), 1, "Cancelled"),
        (job_in(State.FAILED, faults=(fault("drafts.conflict", cell=3, author="wang", time="t"),)),
         1, "Cell 4 was changed by wang"),
    ],
)  # fmt: skip
def test_how_a_balancing_stands_is_said(job: Job, after_s: float, said: str) -> None:
    found = editor.progress(job, "en", now=job.created + dt.timedelta(seconds=after_s))
    assert said in words_of(found)
    assert bool(found) == bool(said)


def test_a_draft_without_routes_shows_the_ways_on(service: Working) -> None:
    """On pages that need routes; who may not edit hears that there is no such plan."""
    asked = Selection(page=Page.ROUTES, scenario=service.draft)
    plan, _, instead = open_page(service.desk(), asked)
    assert plan is None
    assert f"/editor?scenario={service.draft}" in str(instead)
    viewer = Scope(None, None, Role.VIEWER, "watcher")
    _, _, instead = open_page(service.desk(viewer), asked)
    assert "you may not see it" in str(instead)
