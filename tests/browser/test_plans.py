"""A plan from draft to publication and back, by three people, each in a browser of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from drawn_town import BOSS, PLANNER
from grid_town import grid_scenario, grid_territory
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from gridmap.partition.edits import Move
from gridmap.store.accounts import Grant
from gridmap.store.roles import Role
from gridmap.store.versions import Status
from tests.browser.audited import barriers
from tests.dashboards.signed import OPERATOR, PASSWORD
from tests.dashboards.working import Working, working
from tools.browser import DESKTOP, WAIT_S, chromium, requests_sent, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: What software rendering says about itself.
RENDERER_REMARKS = ("GPU stall due to ReadPixels",)
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
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    yield
    own = (address, "data:", "about:", "blob:")
    assert [one for one in requests_sent(browser) if not one.startswith(own)] == []
    said = [one["message"] for one in browser.get_log("browser")]
    assert [one for one in said if not any(known in one for known in RENDERER_REMARKS)] == []


def enter(browser: Any, address: str, name: str, query: str) -> None:
    """Sign in as somebody else and open the page."""
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.get(f"{address}/scenarios?{query}&lang=en")
    wait(browser, lambda one: one.find_elements(By.NAME, "password"))
    browser.find_element(By.NAME, "name").send_keys(name)
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, "form button").click()
    settled(browser)


def wait(browser: Any, until: Any) -> Any:
    return WebDriverWait(browser, WAIT_S).until(until)


def press(browser: Any, name: str) -> None:
    """Press a button as soon as it can be pressed."""
    wait(browser, lambda one: one.find_element(By.ID, name).is_displayed())
    wait(
        browser, lambda one: "mantine-Modal-overlay" not in one.page_source or in_dialog(one, name)
    )
    browser.find_element(By.ID, name).click()


def in_dialog(browser: Any, name: str) -> bool:
    return bool(browser.find_elements(By.CSS_SELECTOR, f".plan-dialog #{name}"))


def confirmed(browser: Any) -> None:
    press(browser, "plans-confirm")
    settled(browser)


def status_is(browser: Any, said: str) -> None:
    wait(browser, lambda one: said in one.find_element(By.CSS_SELECTOR, ".plan-detail .badge").text)


def test_a_plan_is_drawn_reviewed_compared_published_and_taken_back(
    browser: Any, address: str, service: Working
) -> None:
    work = service.work
    enter(browser, address, "planner", f"scenario={service.plan}")
    press(browser, "plans-open")
    wait(browser, lambda one: one.find_element(By.ID, "plans-name").is_displayed())
    browser.find_element(By.ID, "plans-name").send_keys("west")
    confirmed(browser)
    wait(browser, lambda one: "west" in one.find_element(By.CSS_SELECTOR, ".plan-detail h2").text)
    draft = max(one.scenario_id for one in work.drafts.versions(OPERATOR))
    # drawn in the editor, which has tests of its own
    head = work.drafts.head(PLANNER, draft)
    work.table.edit(PLANNER, draft, Move((2,), 1), key="a", versions=head.versions)
    press(browser, "plans-submit")
    confirmed(browser)
    status_is(browser, "In review")
    assert not browser.find_element(By.ID, "plans-publish").is_displayed()

    enter(browser, address, "regional", f"scenario={draft}&with={service.plan}")
    wait(browser, lambda one: one.execute_script(
        "const all = [...document.querySelectorAll('.slide img')];"
        "return all.length === 3 && all.every(one => one.complete && one.naturalWidth > 0)"
    ))  # fmt: skip
    thumb = browser.find_element(By.CSS_SELECTOR, "#plans-slider [role=slider]")
    at = "return document.getElementById('plans-slide').style.getPropertyValue('--at')"
    assert browser.execute_script(at) == "50%"
    assert barriers(browser) == []
    for key, expected in ((Keys.ARROW_RIGHT, "51%"), (Keys.HOME, "0%"), (Keys.END, "100%")):
        thumb.send_keys(key)
        wait(browser, lambda one, wanted=expected: one.execute_script(at) == wanted)
    # it has no routes, so it goes back
    assert not browser.find_element(By.ID, "plans-publish").is_displayed()
    press(browser, "plans-send-back")
    wait(browser, lambda one: one.find_element(By.ID, "plans-reason").is_displayed())
    assert barriers(browser) == []
    browser.find_element(By.ID, "plans-reason").send_keys("Plan the routes first.")
    confirmed(browser)
    status_is(browser, "Draft")

    anew = next(
        one.scenario_id for one in work.drafts.versions(OPERATOR) if one.status is Status.IN_REVIEW
    )
    browser.get(f"{address}/scenarios?scenario={anew}&lang=en")
    settled(browser)
    press(browser, "plans-publish")
    confirmed(browser)
    status_is(browser, "Published")
    assert work.workflow.effective(OPERATOR, "Grid Town", TODAY).scenario_id == anew

    browser.get(f"{address}/scenarios?scenario={service.plan}&lang=en")
    settled(browser)
    press(browser, "plans-roll-back")
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
    browser.find_element(By.PARTIAL_LINK_TEXT, "Challenge this border").click()
    settled(browser)
    words = wait(browser, lambda one: one.find_element(By.ID, "plans-challenge-words"))
    words.send_keys("The border should follow Grid Street.")
    press(browser, "plans-challenge-send")
    wait(browser, lambda one: "Grid Street" in "".join(
        each.text for each in one.find_elements(By.CSS_SELECTOR, ".challenges")
    ))  # fmt: skip
    assert not browser.find_elements(By.CSS_SELECTOR, "#plans-accept:not([hidden] *)")
    (filed,) = service.work.challenges.of(OPERATOR, held.scenario_id)
    assert (filed.author, filed.cell_id) == ("manager", 1)
