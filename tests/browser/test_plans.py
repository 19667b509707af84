"""A plan from draft to publication and back, by three people, each in a browser of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from drawn_town import BOSS, PLANNER
from grid_town import grid_scenario, grid_territory
from selenium.webdriver.common.keys import Keys

from gridmap.partition.edits import Move
from gridmap.store.accounts import Grant
from gridmap.store.roles import Role
from gridmap.store.versions import Status
from tests.browser.acting import (
    fill,
    is_shown,
    nothing_wrong,
    press,
    signed_in,
    text_has,
    wait_for,
)
from tests.browser.audited import barriers
from tests.dashboards.signed import OPERATOR, PASSWORD
from tests.dashboards.working import Working, working
from tools.browser import DESKTOP, chromium, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TOWN = frozenset({"Grid Town"})
TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Working:
    """A published plan, to which the regional manager can go back, and one made anew in review."""
    made = working(
        tmp_path_factory.mktemp("plans"),
        planner=Grant(Role.PLANNER, territories=TOWN),
        regional=Grant(Role.REGIONAL_MANAGER, territories=TOWN),
        manager=Grant(Role.GRID_MANAGER, territories=TOWN, cells=frozenset({"o0"})),
    )
    flow = made.work.workflow
    flow.submit(PLANNER, made.plan)
    flow.publish(BOSS, made.plan, effective_from=TODAY - dt.timedelta(days=9))
    town = grid_territory()
    flow.submit(PLANNER, made.store.save(OPERATOR, town, grid_scenario(town)))
    return made


@pytest.fixture(scope="module")
def address(service: Working) -> Iterator[str]:
    with served(service.app().server) as where:
        yield where


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(DESKTOP) as one:
        yield one


@pytest.fixture(autouse=True)
def watched(browser: Any, address: str) -> Iterator[None]:
    """Fail if the browser asked anybody else, or complained."""
    with nothing_wrong(address, browser):
        yield


def enter(browser: Any, address: str, name: str, query: str) -> None:
    """Sign in as somebody else and open the page."""
    signed_in(browser, address, name, PASSWORD, f"/scenarios?{query}&lang=en")
    settled(browser)


def confirmed(browser: Any) -> None:
    """Say yes in the dialog, and wait until it is gone."""
    press(browser, ".plan-dialog #plans-confirm")
    wait_for(browser, "return document.querySelector('.mantine-Modal-overlay') === null")
    settled(browser)


def status_is(browser: Any, said: str) -> None:
    text_has(browser, ".plan-detail .badge", said)


def test_a_plan_is_drawn_reviewed_compared_published_and_taken_back(
    browser: Any, address: str, service: Working
) -> None:
    work = service.work
    enter(browser, address, "planner", f"scenario={service.plan}")
    press(browser, "#plans-open")
    fill(browser, "#plans-name", "west")
    confirmed(browser)
    text_has(browser, ".plan-detail h2", "west")
    draft = max(one.scenario_id for one in work.drafts.versions(OPERATOR))
    # drawn in the editor, which has tests of its own
    head = work.drafts.head(PLANNER, draft)
    work.table.edit(PLANNER, draft, Move((2,), 1), key="a", versions=head.versions)
    press(browser, "#plans-submit")
    confirmed(browser)
    status_is(browser, "In review")
    assert not is_shown(browser, "#plans-publish")

    enter(browser, address, "regional", f"scenario={draft}&with={service.plan}")
    wait_for(
        browser,
        "const all = [...document.querySelectorAll('.slide img')];"
        "return all.length === 3 && all.every(one => one.complete && one.naturalWidth > 0)",
    )
    at = "return document.getElementById('plans-slide').style.getPropertyValue('--at')"
    assert browser.execute_script(at) == "50%"
    assert barriers(browser) == []
    for key, expected in ((Keys.ARROW_RIGHT, "51%"), (Keys.HOME, "0%"), (Keys.END, "100%")):
        fill(browser, "#plans-slider [role=slider]", key)
        wait_for(browser, f"{at} === arguments[0]", expected)
    # it has no routes, so it goes back
    assert not is_shown(browser, "#plans-publish")
    press(browser, "#plans-send-back")
    wait_for(browser, "return document.querySelector('#plans-reason')?.checkVisibility()")
    assert barriers(browser) == []
    fill(browser, "#plans-reason", "Plan the routes first.")
    confirmed(browser)
    status_is(browser, "Draft")

    anew = next(
        one.scenario_id for one in work.drafts.versions(OPERATOR) if one.status is Status.IN_REVIEW
    )
    browser.get(f"{address}/scenarios?scenario={anew}&lang=en")
    settled(browser)
    press(browser, "#plans-publish")
    confirmed(browser)
    status_is(browser, "Published")
    assert work.workflow.effective(OPERATOR, "Grid Town", TODAY).scenario_id == anew

    browser.get(f"{address}/scenarios?scenario={service.plan}&lang=en")
    settled(browser)
    press(browser, "#plans-roll-back")
    confirmed(browser)
    status_is(browser, "Published")
    back = work.workflow.effective(OPERATOR, "Grid Town", TODAY)
    assert back.parent_id == service.plan
    assert work.drafts.version(OPERATOR, anew).status is Status.ARCHIVED


def test_a_grid_manager_challenges_a_border_from_the_card(
    browser: Any, address: str, service: Working
) -> None:
    held = service.work.workflow.effective(OPERATOR, "Grid Town", TODAY)
    enter(browser, address, "manager", f"scenario={held.scenario_id}")
    browser.get(f"{address}/cell?scenario={held.scenario_id}&cell=1&lang=en")
    settled(browser)
    press(browser, "#card-advice a.button[href*='/scenarios']")
    settled(browser)
    fill(browser, "#plans-challenge-words", "The border should follow Grid Street.")
    press(browser, "#plans-challenge-send")
    text_has(browser, ".challenges", "Grid Street")
    assert not is_shown(browser, "#plans-accept")
    (filed,) = service.work.challenges.of(OPERATOR, held.scenario_id)
    assert (filed.author, filed.cell_id) == ("manager", 1)


def test_a_vacant_cell_is_handed_over_from_its_alert(
    browser: Any, address: str, service: Working
) -> None:
    held = service.work.workflow.effective(OPERATOR, "Grid Town", TODAY)
    enter(browser, address, "planner", f"scenario={held.scenario_id}")
    browser.get(f"{address}/cells?scenario={held.scenario_id}&lang=en")
    settled(browser)
    press(browser, "#cells-alerts .alerts a[href*='/scenarios'][href*='cell=2']")
    text_has(browser, ".panel-hands h3", "Who has which cell")
    fill(browser, "#plans-hand-person", "zhou")
    press(browser, "#plans-hand-over")
    text_has(browser, "#plans-done", "goes to zhou")
    assert service.work.assignments.on(OPERATOR, "Grid Town", TODAY) == {"o1": "zhou"}
    assert barriers(browser) == []
