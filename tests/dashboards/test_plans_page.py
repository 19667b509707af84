"""The page of plans: who may do what with a plan as far as it is, what it shows, what it hides."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from dash import Dash
from dash.development.base_component import Component
from drawn_town import ADMIN, BOSS, PLANNER
from flask.testing import FlaskClient
from grid_town import grid_scenario, grid_territory
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.api.workshop import workshop_of
from dashboards.comparing import compare
from dashboards.components.plan_acts import BUTTONS
from dashboards.drawings import _figures_of_labels, _figures_on_ground, drawing_of
from dashboards.geojson import colours
from dashboards.pages import scenarios
from dashboards.plan_acts import sentences
from dashboards.queries_plans import Act, PlanCard, acts_of, shelves, unbeaten
from dashboards.state import Page, Selection
from gridmap.errors import InputError, PermissionDenied, fault
from gridmap.job_kinds import job_kinds
from gridmap.partition.edits import Move
from gridmap.settings import Settings
from gridmap.store.accounts import Grant
from gridmap.store.plan_figures import PlanFigures, plan_figures
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.tables import cell
from gridmap.store.versions import Status
from gridmap.store.workflow import Workflow
from tests.dashboards.signed import browser_of, cookie, question
from tests.dashboards.working import Working, working

TODAY = scenarios.today()
TOWN = frozenset({"Grid Town"})
MAKER = Scope(user="zhao")
OWN_CELL = frozenset({"o0"})
GRANTS = {
    role.value: Grant(
        role,
        territories=TOWN,
        cells=OWN_CELL if role is Role.GRID_MANAGER else frozenset(),
    )
    for role in Role
}
#: What must not stand in any answer to somebody who sees Grid Town only.
FOREIGN = re.compile("Elsewhere|foreign draft")


@dataclass(frozen=True)
class Shop:
    """The service with a plan in each status, and a territory that nobody of Grid Town sees."""

    service: Working
    app: Dash
    of: dict[Status, int]
    foreign: int
    browsers: dict[str, FlaskClient]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    service = working(tmp_path_factory.mktemp("plans"), **GRANTS)
    work, flow = service.work, service.work.workflow
    first = service.plan
    flow.submit(PLANNER, first)
    flow.publish(BOSS, first, effective_from=TODAY - dt.timedelta(days=9))
    flow.archive(BOSS, first, effective_until=TODAY - dt.timedelta(days=2))
    holds = flow.roll_back(BOSS, first, effective_from=TODAY - dt.timedelta(days=1))
    town = grid_territory()
    review = service.store.save(MAKER, town, grid_scenario(town))
    flow.submit(PLANNER, review)
    draft = service.draft
    head = work.drafts.head(PLANNER, draft)
    work.table.edit(PLANNER, draft, Move((2,), 1), key="a", versions=head.versions)
    elsewhere = grid_territory(name="Elsewhere")
    foreign = service.store.save(ADMIN, elsewhere, grid_scenario(elsewhere))
    work.drafts.open(ADMIN, foreign, name="foreign draft")
    app = service.app()
    return Shop(
        service,
        app,
        {
            Status.PUBLISHED: holds,
            Status.ARCHIVED: first,
            Status.IN_REVIEW: review,
            Status.DRAFT: draft,
        },
        foreign,
        {role.value: browser_of(app, role.value) for role in Role},
    )


def scope_of(role: Role) -> Scope:
    cells = OWN_CELL if role is Role.GRID_MANAGER else None
    return Scope(TOWN, cells, role, role.value)


def parts(tree: Any) -> list[Component]:
    """A component and all that is in it."""
    if isinstance(tree, (list, tuple)):
        return [one for each in tree for one in parts(each)]
    if not isinstance(tree, Component):
        return []
    return [tree, *parts(getattr(tree, "children", None))]


def body(shop: Shop, scope: Scope, **chosen: Any) -> list[Component]:
    return parts(scenarios.body(shop.service.desk(scope), Selection(page=Page.SCENARIOS, **chosen)))


def shown_acts(found: list[Component]) -> set[Act]:
    named = {one.id: one for one in found if getattr(one, "id", None)}
    return {act for act, name in BUTTONS.items() if not named[name].hidden}


def told(client: FlaskClient, app: Dash, output: str, pressed: str, **values: Any) -> Any:
    """What a callback answers when something was pressed."""
    named: dict[str, object] = {
        f"plans-{key.replace('_', '-')}.{'data' if key in ('shown', 'act') else 'value'}": value
        for key, value in values.items()
    }
    kept = next((one for one, names in scenarios._PRESSED.items() if pressed in names), None)
    if kept is None:
        named[f"{pressed}.n_clicks"] = 1
    else:
        named[f"{kept}.data"] = {"name": pressed, "at": 1}
    named["app-selection.data"] = Selection(page=Page.SCENARIOS).data()
    asked = question(app, output, named)
    headers = {"X-CSRFToken": cookie(client, "gridmap_csrf")}
    return client.post("/_dash-update-component", json=asked, headers=headers)


def output_of(app: Dash, part: str) -> str:
    return next(one for one in app.callback_map if part in one)


EDITS = {Role.PLANNER, Role.REGIONAL_MANAGER, Role.ADMIN}
PUBLISHES = {Role.REGIONAL_MANAGER, Role.ADMIN}


def allowed(role: Role, status: Status) -> set[Act]:
    """What a role may do with a plan as far as it is."""
    act, roles = {
        Status.DRAFT: (Act.SUBMIT, EDITS),
        Status.IN_REVIEW: (Act.PUBLISH, PUBLISHES),
        Status.PUBLISHED: (Act.ARCHIVE, PUBLISHES),
        Status.ARCHIVED: (Act.ROLL_BACK, PUBLISHES),
    }[status]
    expected = {act} if role in roles else set()
    if role in EDITS:
        expected |= {Act.ROUTE} if status is Status.DRAFT else set()
        expected |= {Act.OPEN} | ({Act.SEND_BACK} if status is Status.IN_REVIEW else set())
    return expected


@pytest.mark.parametrize("status", list(Status))
def test_what_may_be_done_by_role_and_status(shop: Shop, status: Status) -> None:
    one = shop.service.work.drafts.version(ADMIN, shop.of[status])
    for role in Role:
        assert set(acts_of(scope_of(role), one)) == allowed(role, status)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.VIEWER, Status.PUBLISHED),
        (Role.GRID_MANAGER, Status.ARCHIVED),
        (Role.PLANNER, Status.DRAFT),
        (Role.PLANNER, Status.IN_REVIEW),
        (Role.REGIONAL_MANAGER, Status.IN_REVIEW),
        (Role.REGIONAL_MANAGER, Status.ARCHIVED),
    ],
)
def test_only_buttons_that_may_be_pressed_are_shown(shop: Shop, role: Role, status: Status) -> None:
    found = body(shop, scope_of(role), scenario=shop.of[status])
    assert shown_acts(found) == allowed(role, status)
    editor = [one for one in found if str(getattr(one, "href", "")).startswith("/editor")]
    assert bool(editor) == (status is Status.DRAFT)


def test_the_plan_that_holds_today_comes_first_and_is_the_one_shown(shop: Shop) -> None:
    desk = shop.service.desk(scope_of(Role.PLANNER))
    (shelf,) = shelves(desk, shop.service.work, today=TODAY)
    assert [one.version.status for one in shelf.cards] == [
        Status.PUBLISHED, Status.IN_REVIEW, Status.DRAFT, Status.ARCHIVED,
    ]  # fmt: skip
    assert [one.holds for one in shelf.cards] == [True, False, False, False]
    # five days ago the archived one held
    (before,) = shelves(desk, shop.service.work, today=TODAY - dt.timedelta(days=5))
    assert before.cards[0].version.scenario_id == shop.of[Status.ARCHIVED]
    shown = next(one for one in body(shop, ADMIN) if getattr(one, "id", "") == "plans-shown")
    assert shown.data is not None


def test_drafts_without_routes_are_for_those_who_draw(shop: Shop) -> None:
    seen = {
        role: {
            card.version.scenario_id
            for shelf in shelves(shop.service.desk(scope_of(role)), shop.service.work, today=TODAY)
            for card in shelf.cards
        }
        for role in Role
    }
    planned = set(shop.of.values()) - {shop.of[Status.DRAFT]}
    assert seen[Role.VIEWER] == seen[Role.GRID_MANAGER] == planned
    assert seen[Role.PLANNER] >= set(shop.of.values())


def test_an_act_is_asked_for_done_and_shown(shop: Shop) -> None:
    """Submit: the question names the plan, then the buttons are those of the new status."""
    work, client = shop.service.work, shop.browsers["planner"]
    draft = work.drafts.open(PLANNER, shop.of[Status.PUBLISHED], name="west")
    asked = told(client, shop.app, output_of(shop.app, "plans-asked"), "plans-submit", shown=draft)
    assert asked.status_code == 200
    said = asked.get_json()["response"]
    assert said["plans-dialog"]["opened"] is True
    assert f"Plan {draft}" in str(said["plans-asked"])
    confirm = output_of(shop.app, "app-url.search")
    done = told(client, shop.app, confirm, "plans-confirm", act="submit", shown=draft)
    assert work.drafts.version(ADMIN, draft).status is Status.IN_REVIEW
    assert "is in review" in str(done.get_json()["response"]["plans-done"])
    # the same again: somebody was faster; a sentence, and the dialog stays
    again = told(client, shop.app, confirm, "plans-confirm", act="submit", shown=draft)
    found = again.get_json()["response"]
    # without routes it is not published, and the page says what to do
    waiting = body(shop, scope_of(Role.REGIONAL_MANAGER), scenario=draft)
    assert shown_acts(waiting) == {Act.OPEN, Act.SEND_BACK}
    assert "Only a draft can be planned" in str(waiting)
    assert found["plans-dialog"]["opened"] is True
    assert "'In review'" in str(found["plans-fault"])
    assert "Traceback" not in again.text
    work.workflow.send_back(PLANNER, draft)


def test_the_routes_of_a_draft_are_planned_by_a_job(shop: Shop) -> None:
    queue, client = shop.service.work.queue, shop.browsers["planner"]
    confirm = output_of(shop.app, "app-url.search")
    draft = shop.of[Status.DRAFT]
    done = told(client, shop.app, confirm, "plans-confirm", act="route", shown=draft)
    (job,) = queue.jobs(ADMIN)
    assert (job.kind, job.arguments) == ("reroute", {"scenario_id": draft})
    assert f"Job {job.job_id} plans the routes" in done.text
    # a viewer's wish is refused by the queue
    told(shop.browsers["viewer"], shop.app, confirm, "plans-confirm", act="route", shown=draft)
    assert len(queue.jobs(ADMIN)) == 1


def test_the_service_takes_four_eyes_from_its_settings(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GRIDMAP_FOUR_EYES", "true")
    four_eyes = Settings().four_eyes
    made = workshop_of(shop.service.store.engine, job_kinds(), tmp_path, four_eyes=four_eyes)
    assert made.workflow.four_eyes
    assert not shop.service.work.workflow.four_eyes


@pytest.mark.parametrize("day", ["", "1 March", "2026-02-30"])
def test_what_is_no_date_is_refused_with_a_sentence(shop: Shop, day: str) -> None:
    client, review = shop.browsers["regional_manager"], shop.of[Status.IN_REVIEW]
    confirm = output_of(shop.app, "app-url.search")
    answer = told(client, shop.app, confirm, "plans-confirm", act="publish", shown=review, day=day)
    assert "is no date" in str(answer.get_json()["response"]["plans-fault"])
    assert shop.service.work.drafts.version(ADMIN, review).status is Status.IN_REVIEW


def test_sending_back_takes_a_reason(shop: Shop) -> None:
    client, review = shop.browsers["planner"], shop.of[Status.IN_REVIEW]
    confirm = output_of(shop.app, "app-url.search")
    answer = told(
        client, shop.app, confirm, "plans-confirm", act="send_back", shown=review, reason=" "
    )
    assert "reason is empty" in str(answer.get_json()["response"]["plans-fault"])


@pytest.mark.parametrize("act", ["publish", "archive", "roll_back"])
def test_a_planner_cannot_publish_by_asking_for_it(shop: Shop, act: str) -> None:
    status = {"publish": Status.IN_REVIEW, "archive": Status.PUBLISHED}.get(act, Status.ARCHIVED)
    client, number = shop.browsers["planner"], shop.of[status]
    button = f"plans-{act.replace('_', '-')}"
    question_ = output_of(shop.app, "plans-asked")
    assert told(client, shop.app, question_, button, shown=number).status_code == 403
    confirm = output_of(shop.app, "app-url.search")
    day = TODAY.isoformat()
    answer = told(client, shop.app, confirm, "plans-confirm", act=act, shown=number, day=day)
    assert "publish" in str(answer.get_json()["response"]["plans-fault"])
    assert shop.service.work.drafts.version(ADMIN, number).status is status


def test_four_eyes_are_told_and_the_button_is_off(shop: Shop) -> None:
    work = replace(shop.service.work, workflow=Workflow(shop.service.store.engine, four_eyes=True))
    boss = Scope(TOWN, None, Role.REGIONAL_MANAGER, MAKER.user)
    desk = replace(shop.service.desk(boss), work=work)
    chosen = Selection(page=Page.SCENARIOS, scenario=shop.of[Status.IN_REVIEW])
    found = parts(scenarios.body(desk, chosen))
    button = next(one for one in found if getattr(one, "id", "") == "plans-publish")
    assert button.disabled is True
    assert "two people are needed" in str(found)
    other = replace(desk, scope=lambda: Scope(TOWN, None, Role.REGIONAL_MANAGER, "chen"))
    found = parts(scenarios.body(other, chosen))
    assert not next(one for one in found if getattr(one, "id", "") == "plans-publish").disabled


@pytest.mark.parametrize("role", list(Role))
def test_a_foreign_plan_leaves_no_trace(shop: Shop, role: Role) -> None:
    client, far = shop.browsers[role.value], shop.foreign
    near = shop.of[Status.PUBLISHED]
    for address in (
        f"/picture/{far}.svg",
        f"/picture/{far}/ground.svg",
        f"/picture/{near}/with/{far}/after.svg",
        f"/picture/{far}/with/{near}/moved.svg",
        f"/download/{near}/with/{far}/changes.xlsx",
        "/picture/99999.svg",
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.data) == (404, b""), address
    assert client.get("/picture/99999999999.svg").status_code == 404
    for number, other in ((far, None), (near, far), (None, None)):
        query = f"?scenario={number}&with={other}".replace("None", "")
        asked = question(
            shop.app,
            next(one for one in shop.app.callback_map if "app-header.children" in one),
            {"app-url.pathname": "/scenarios", "app-url.search": query},
        )
        headers = {"X-CSRFToken": cookie(client, "gridmap_csrf")}
        answer = client.post("/_dash-update-component", json=asked, headers=headers)
        assert answer.status_code == 200
        assert "Grid Town" in answer.text
        assert not FOREIGN.search(answer.text), FOREIGN.search(answer.text)
    for output, pressed in (("plans-asked", "plans-open"), ("app-url.search", "plans-confirm")):
        answer = told(client, shop.app, output_of(shop.app, output), pressed, act="open", shown=far)
        assert (answer.status_code, answer.data) == (404, b"")
    assert len(shop.service.work.drafts.versions(Scope(frozenset({"Elsewhere"})))) == 2


def test_a_picture_has_the_cells_in_the_colours_of_the_map(shop: Shop) -> None:
    number = shop.of[Status.PUBLISHED]
    client = shop.browsers["planner"]
    answer = client.get(f"/picture/{number}.svg")
    fills = re.findall(r'<path fill="([^"]+)"', answer.text)
    plan = shop.service.desk().plans.plan(ADMIN, number)
    assert fills == list(colours(plan))
    again = client.get(f"/picture/{number}.svg", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    # a grid manager gets the own cell, and a draft of all cells not at all
    own = shop.browsers["grid_manager"].get(f"/picture/{number}.svg")
    assert own.data.count(b"<path") == 1
    draft = shop.of[Status.DRAFT]
    assert shop.browsers["grid_manager"].get(f"/picture/{draft}.svg").status_code == 404
    assert client.get(f"/picture/{draft}.svg").data.count(b"<path") == 2


def test_a_draft_is_drawn_as_it_stands(shop: Shop) -> None:
    """Unit 2 (100 m × 100 m) was moved from the first to the second of two cells of 12 units."""
    desk = shop.service.desk()
    after = drawing_of(desk, shop.service.work, shop.of[Status.DRAFT])
    before = drawing_of(desk, shop.service.work, shop.of[Status.PUBLISHED])
    side_m2 = before.polygons[0].area / 12.0
    assert after.polygons[0].area == pytest.approx(11 * side_m2)
    assert after.polygons[1].area == pytest.approx(13 * side_m2)
    assert after.colours == before.colours


def test_the_figures_of_a_draft_are_those_of_its_ground(shop: Shop) -> None:
    """Summed over units they are what the ground of the editor gives, also where it is used."""
    desk, work, draft = shop.service.desk(PLANNER), shop.service.work, shop.of[Status.DRAFT]
    one, state = work.drafts.version(ADMIN, draft), work.drafts.state(ADMIN, draft)
    root = desk.plans.plan(ADMIN, shop.of[Status.ARCHIVED])
    quick = _figures_of_labels(root, state)
    exact = _figures_on_ground(work, ADMIN, one, root, state)
    assert quick.compactness == pytest.approx(exact.compactness, rel=1e-6)
    assert list(quick.loads) == list(exact.loads)
    for name, load in exact.loads.items():
        assert quick.loads[name] == pytest.approx(load)


def test_two_plans_are_compared(shop: Shop) -> None:
    work, old, new = shop.service.work, shop.of[Status.PUBLISHED], shop.of[Status.DRAFT]
    found = compare(shop.service.desk(PLANNER), work, old, new)
    assert found.changes.flows["units"].tolist() == [1]
    before, after = found.loads["demand"]
    assert before.worst == pytest.approx(0.0)
    # 11 and 13 units of 12 on average
    assert after.worst == pytest.approx(1 / 12)
    assert (before.outside, after.outside) == (0, 2)
    outlets = found.changes.outlets
    policy = shop.service.desk().plans.plan(ADMIN, old).scenario.request.routing.grade_policy
    lost = outlets[outlets["lost"].astype(bool)]
    assert found.cost.visits == sum(policy[grade].visits for grade in lost["grade"])
    said = str(body(shop, PLANNER, scenario=new, other=old))
    assert f"/picture/{old}/with/{new}/before.svg" in said
    with pytest.raises(InputError, match="same plan"):
        compare(shop.service.desk(PLANNER), work, old, old)


def test_the_difference_is_downloaded_without_names_for_who_may_not_see_them(shop: Shop) -> None:
    old, new = shop.of[Status.ARCHIVED], shop.of[Status.DRAFT]
    address = f"/download/{old}/with/{new}/changes"
    whole = shop.browsers["planner"].get(f"{address}.xlsx?lang=en")
    book = openpyxl.load_workbook(BytesIO(whole.data))
    assert book.sheetnames == ["Moves", "Outlets"]
    assert shop.browsers["planner"].get(f"{address}.gpkg").data.startswith(b"SQLite format 3")
    # a viewer does not see the draft, and of two plans no name of a manager
    assert shop.browsers["viewer"].get(f"{address}.xlsx").status_code == 404
    assert shop.browsers["grid_manager"].get(f"{address}.gpkg").status_code == 404
    assert shop.browsers["planner"].get(f"{address}.exe").status_code == 404


def test_names_of_managers_are_for_who_may_see_contacts_and_it_is_noted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, old, new = shop.service, shop.of[Status.ARCHIVED], shop.of[Status.DRAFT]
    with service.store.engine.begin() as connection:
        connection.execute(sa.update(cell).where(cell.c.scenario_id == old).values(manager="Wu"))
    noted: list[tuple[int, str]] = []
    desk = replace(service.desk(PLANNER), note=lambda _, number, what: noted.append((number, what)))
    found = compare(desk, service.work, old, new, "test")
    assert set(found.changes.outlets["old_manager"]) == {"Wu"}
    assert noted == [(old, "test"), (new, "test")]
    monkeypatch.setattr("dashboards.drawings.sees", lambda *_: True)
    viewer = replace(desk, scope=lambda: scope_of(Role.VIEWER))
    masked = compare(viewer, service.work, old, new, "test")
    assert len(masked.changes.outlets)
    assert "Wu" not in masked.changes.outlets.to_csv()
    assert len(noted) == 2


def test_who_sees_some_cells_compares_nothing(shop: Shop) -> None:
    old, new = shop.of[Status.ARCHIVED], shop.of[Status.PUBLISHED]
    found = body(shop, scope_of(Role.GRID_MANAGER), scenario=new, other=old)
    assert "you see your own ones" in str(found)
    assert f"/picture/{old}/with" not in str(found)


def test_a_challenge_is_filed_listed_and_answered(shop: Shop) -> None:
    manager, planner = shop.browsers["grid_manager"], shop.browsers["planner"]
    number = shop.of[Status.PUBLISHED]
    send, answer = (output_of(shop.app, f"plans-{one}-said") for one in ("challenge", "answer"))
    pressed = "plans-challenge-send"
    empty = told(manager, shop.app, send, pressed, shown=number, challenge_cell="1")
    assert "Say what is wrong" in str(empty.get_json()["response"]["plans-challenge-said"])
    words = {"challenge_words": "The border should follow Grid Street"}
    nowhere = told(manager, shop.app, send, pressed, shown=number, **words)
    assert "Choose the cell" in nowhere.text
    next_cell = told(manager, shop.app, send, pressed, shown=number, challenge_cell="2", **words)
    assert "not yours" in next_cell.text
    done = told(manager, shop.app, send, pressed, shown=number, challenge_cell="1", **words)
    assert "is filed" in done.text
    assert "Grid Street" in done.text
    (open_one,) = shop.service.work.challenges.of(ADMIN, number)
    which = {"shown": number, "answer_which": str(open_one.challenge_id)}
    refused = told(
        planner, shop.app, answer, "plans-refuse", **which, answer_words="It follows the river."
    )
    assert "is refused" in refused.text
    late = told(planner, shop.app, answer, "plans-accept", **which, answer_words="Yes.")
    assert "answered already by planner" in late.text
    # the answer of another plan's challenge is none of this plan's business
    strange = {**which, "shown": shop.of[Status.DRAFT]}
    other = told(planner, shop.app, answer, "plans-accept", **strange, answer_words="Yes.")
    assert "no challenge with this number" in other.text
    assert told(manager, shop.app, answer, "plans-accept", **which).status_code == 403
    assert told(shop.browsers["viewer"], shop.app, send, pressed, shown=number).status_code == 403


def test_who_has_which_cell_and_what_is_vacant(shop: Shop) -> None:
    assigned = shop.service.work.assignments
    number = shop.of[Status.PUBLISHED]
    assigned.assign(PLANNER, "Grid Town", "o0", "wang", begins=TODAY - dt.timedelta(days=3))
    found = str(body(shop, scope_of(Role.PLANNER), scenario=number))
    assert "1 of 2 cells are vacant today" in found
    assert "from nobody to wang" in found
    assert "wang" not in str(body(shop, scope_of(Role.VIEWER), scenario=number))


def test_a_cell_is_handed_over_and_left_vacant_by_who_may(shop: Shop) -> None:
    number, planner = shop.of[Status.PUBLISHED], shop.browsers["planner"]
    said = output_of(shop.app, "plans-hand-said")
    give, leave = "plans-hand-over", "plans-vacate"
    wish = {"shown": number, "hand_cell": "2", "hand_person": "zhou", "hand_day": str(TODAY)}
    for name in ("viewer", "grid_manager"):
        assert told(shop.browsers[name], shop.app, said, give, **wish).status_code == 403
    for wrong, words in (
        ({"hand_cell": None}, "Choose the cell"),
        ({"hand_cell": "77"}, "no such cell"),
        ({"hand_person": " "}, "nobody is named"),
        ({"hand_day": "tomorrow"}, "is no date"),
    ):
        assert words in told(planner, shop.app, said, give, **wish | wrong).text
    assert "nothing would change" in told(planner, shop.app, said, leave, **wish).text
    assert "vacant" in shown_hands(shop, number)[1]
    note = {"hand_note": "two keys"}
    done = told(planner, shop.app, said, give, **wish, **note).text
    assert "goes to zhou" in done and "from nobody to zhou" in done and "two keys" in done
    assert "zhou" in shown_hands(shop, number)[1]
    again = told(planner, shop.app, said, give, **wish).text
    assert f"the last change of hands of this cell is on {TODAY}" in again
    later = {**wish, "hand_day": str(TODAY + dt.timedelta(days=3))}
    assert "is vacant from" in told(planner, shop.app, said, leave, **later).text
    day, later_day = TODAY, TODAY + dt.timedelta(days=3)
    held = shop.service.work.assignments
    assert held.on(PLANNER, "Grid Town", day)["o1"] == "zhou"
    assert "o1" not in held.on(PLANNER, "Grid Town", later_day)


def shown_hands(shop: Shop, number: int) -> list[str]:
    """The choices of the form: each cell with whoever has it today."""
    found = body(shop, scope_of(Role.PLANNER), scenario=number)
    (select,) = (one for one in found if getattr(one, "id", None) == "plans-hand-cell")
    return [one["label"] for one in select.data]


def test_who_comes_from_a_vacant_cell_finds_its_form_first(shop: Shop) -> None:
    number = shop.of[Status.PUBLISHED]
    held, yesterday = shop.service.work.assignments, TODAY - dt.timedelta(days=1)
    if "o0" in held.on(PLANNER, "Grid Town", TODAY):  # from another test; else nobody had it yet
        held.vacate(PLANNER, "Grid Town", "o0", day=yesterday)
    found = body(shop, scope_of(Role.PLANNER), scenario=number, cell=1)
    panels = [one.className for one in found if "panel-" in str(getattr(one, "className", ""))]
    assert panels[0].endswith("panel-hands")
    (select,) = (one for one in found if getattr(one, "id", None) == "plans-hand-cell")
    assert select.value == "1"


def test_the_share_that_changes_hands_is_that_of_the_moved_unit(shop: Shop) -> None:
    """All units weigh the same: one of 24 changes its cell."""
    drafts, engine = shop.service.work.drafts, shop.service.store.engine
    held, draft = (drafts.version(ADMIN, shop.of[one]) for one in (Status.PUBLISHED, Status.DRAFT))
    weight = shop.service.desk().plans.plan(ADMIN, held.scenario_id).territory.demand
    expected = weight.loc[weight["unit"] == 2, "weight"].sum() / weight["weight"].sum()
    found = plan_figures(engine, ADMIN, [held, draft], reference=held)
    assert found[held.scenario_id].moved == 0.0
    assert found[draft.scenario_id].moved == pytest.approx(expected)
    assert found[held.scenario_id].deviation["demand"] == pytest.approx(0.0)
    assert plan_figures(engine, scope_of(Role.GRID_MANAGER), [held], reference=held) == {}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=7))
def test_unbeaten_plans_are_those_that_none_beats(costs: list[tuple[int, int, int]]) -> None:
    """From the definition; and there always is one."""

    def card(number: int, cost: tuple[int, int, int]) -> PlanCard:
        figures = PlanFigures(2, {"demand": cost[0]}, compactness=-cost[1], moved=cost[2])
        version: Any = type("Version", (), {"scenario_id": number})()
        return PlanCard(version, figures, holds=False)

    found = unbeaten([card(number, cost) for number, cost in enumerate(costs)])
    expected = {
        number
        for number, cost in enumerate(costs)
        if not any(
            all(other[at] <= cost[at] for at in range(3)) and other != cost for other in costs
        )
    }
    assert found == expected
    assert found


def test_without_a_plan_the_page_says_what_to_do(tmp_path: Path) -> None:
    service = working(tmp_path)
    found = parts(
        scenarios.body(
            service.desk(Scope(frozenset(), None, Role.PLANNER, "li")),
            Selection(page=Page.SCENARIOS),
        )
    )
    assert "No plan yet" in str(found)
    assert shown_acts(found) == set()


def test_what_is_out_of_reach_is_no_sentence() -> None:
    """It would say that there is something."""
    with pytest.raises(PermissionDenied):
        sentences(PermissionDenied(fault("store.out_of_scope", "Elsewhere")), "en")
    assert sentences(InputError(fault("plans.fault.no_cell")), "en") == [
        "Choose the cell that the challenge is about."
    ]


@pytest.mark.parametrize(("measure", "axis"), [("moved", "Change"), ("compactness", "Compactness")])
def test_the_chart_shows_each_plan_with_figures_once(shop: Shop, measure: str, axis: str) -> None:
    number, output = shop.of[Status.PUBLISHED], output_of(shop.app, "plans-figure.figure")
    client = shop.browsers["viewer"]
    answer = told(client, shop.app, output, "plans-measure", shown=number, measure=measure)
    figure = answer.get_json()["response"]["plans-figure"]["figure"]
    planned = {shop.of[one] for one in Status if one is not Status.DRAFT}
    assert planned <= set(figure["data"][0]["customdata"])
    assert len(set(figure["data"][0]["customdata"])) == len(figure["data"][0]["customdata"])
    assert figure["layout"]["yaxis"]["title"]["text"].startswith(axis)
