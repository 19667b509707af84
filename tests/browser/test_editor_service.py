"""A regional manager redraws a town, in a real browser before the real service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from job_worker import balancing_held
from selenium.webdriver.common.keys import Keys

from dashboards.api.workshop import Workshop
from gridmap.store.versions import Status
from tests.browser.acting import (
    fill,
    is_shown,
    nothing_wrong,
    press,
    signed_in,
    text_has,
    wait_for,
    wait_until,
)
from tests.browser.drawing import CHEN, GRANTS, REFUSALS, TOWN, Drawer, Drawing, page_of
from tests.dashboards.signed import PASSWORD
from tools.browser import DESKTOP, PHONE, chromium, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: What pages ask the service with.
CALLBACK = "POST /_dash-update-component"
TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(drawing: Drawing, downloads: Path) -> Iterator[Any]:  # noqa: ARG001
    with chromium(DESKTOP, downloads=downloads) as one:
        yield one


@pytest.fixture(autouse=True)
def _watched(browser: Any, drawing: Drawing) -> Iterator[None]:
    """Fail if the browser asked anybody else, or complained."""
    with nothing_wrong(drawing.address, browser, known=REFUSALS):
        yield


@pytest.fixture
def gridmap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def opened_draft(browser: Any, drawing: Drawing) -> Drawer:
    """Sign in, open a draft of the plan in force and go to the editor, as a person does."""
    path = f"/scenarios?scenario={drawing.plan}&lang=en"
    signed_in(browser, drawing.address, "chen", PASSWORD, path)
    settled(browser)
    press(browser, "#plans-open")
    fill(browser, "#plans-name", "autumn")
    press(browser, "#plans-confirm")
    text_has(browser, ".plan-detail h2", "autumn")
    draft = drawing.work.drafts.versions(CHEN)[0].scenario_id
    press(browser, ".plan-detail a[href^='/editor']")
    return drawing.drawer(browser, CHEN, draft)


def written(drawer: Drawer, kind: str, way: str = "edits", *, cuts: bool = False) -> None:
    """Demand that a gesture was asked for once, was written, and is shown as it was written.

    Where it `cuts` units the draft is fetched anew.
    """
    drawer.written()
    draft = f"/editor/{drawer.kept.draft}"
    anew = [f"GET {draft}/state.bin", f"GET {draft}/ground.bin"] if cuts else []
    assert drawer.asked() == [f"POST {draft}/{way}", *anew]
    assert drawer.last().kind == kind
    drawer.agrees()


def refused(drawer: Drawer, label: list[int], why: str, *, asked: list[str]) -> None:
    """Demand that a gesture was taken back with a reason, and nothing was written."""
    drawer.says(".gm-toast", why)
    drawer.saved()
    assert drawer.run("e.labels()") == label
    assert drawer.asked() == asked
    drawer.agrees()


def chosen(drawer: Drawer, cell: int) -> None:
    """Choose a cell; the address says so, and the page asks for its header."""
    drawer.choose(cell)
    wait_for(drawer.browser, f"return /[?&]cell={cell}(&|$)/.test(location.search)")
    settled(drawer.browser)
    assert drawer.asked() == [CALLBACK]


def redraw(drawer: Drawer) -> None:
    """Use the tools, one after the other."""
    at = drawer.at
    drawer.press(*"[[[[")
    chosen(drawer, 6)
    drawer.take("brush")
    drawer.drag(at(9, 7), at(9, 8))
    written(drawer, "brush")
    chosen(drawer, 4)
    drawer.take("lasso")
    drawer.drag(at(3.6, 8.6), at(3.6, 10.4), at(7.4, 10.4), at(7.4, 8.6))
    written(drawer, "brush")
    drawer.take("shift")
    drawer.drag(at(5, 13), at(5, 11.3), at(5, 10.6))
    written(drawer, "shift")
    chosen(drawer, 6)
    drawer.take("split")
    drawer.drag(at(10.2, 2.8), at(10.4, 8.9))
    written(drawer, "split", cuts=True)
    assert drawer.run("e.model.cells.size") == 13
    drawer.take("merge")
    drawer.click(drawer.centre_of(6))
    drawer.click(drawer.centre_of(13))
    written(drawer, "merge")
    drawer.take("lock")
    drawer.click(drawer.centre_of(9))
    written(drawer, "lock")


def be_refused(drawer: Drawer) -> None:
    """Break a rule that the browser knows, and one that only the service knows."""
    label, at = drawer.run("e.labels()"), drawer.at
    chosen(drawer, 9)
    drawer.take("brush")
    drawer.drag(at(1, 9), at(1, 6))
    refused(drawer, label, "C09 is locked", asked=[])
    chosen(drawer, 8)
    drawer.drag(at(3, 10), at(2, 10))
    refused(drawer, label, "are locked", asked=[])
    # what is cut off would be a cell, but there is no own outlet in it
    chosen(drawer, 10)
    drawer.take("split")
    drawer.drag(at(8.5, 14.4), at(3.5, 14.4))
    refused(drawer, label, "was taken back", asked=[f"POST /editor/{drawer.kept.draft}/edits"])
    assert "own outlet" in drawer.words(".gm-toast")


def undo_and_redo(drawer: Drawer) -> None:
    """Take back the lock, the merging and the cut; do them again."""
    after = drawer.run("e.labels()")
    for cuts in (False, False, True):
        drawer.press(Keys.CONTROL, "z")
        written(drawer, "undo", "undo", cuts=cuts)
    assert drawer.run("[e.model.cells.size, e.model.isCellLocked(9)]") == [12, False]
    for cuts in (True, False, False):
        drawer.press(Keys.CONTROL, "y")
        written(drawer, "redo", "redo", cuts=cuts)
    assert drawer.run("e.labels()") == after


def balance(drawer: Drawer, work: Workshop) -> None:
    """Have the rest balanced: stop it once, then wait for what it gives."""
    browser, before = drawer.browser, drawer.last().sequence
    with balancing_held(work.files):
        press(browser, "#editor-balance")
        wait_for(browser, "return document.querySelector('#editor-progress [role=progressbar]')"
                          "?.getAttribute('aria-valuenow') > 0")  # fmt: skip
        pressed = dt.datetime.now(dt.UTC)
        press(browser, "#editor-cancel")
        text_has(browser, "#editor-progress", "Cancelled; nothing was changed.")
    (job,) = work.queue.jobs(CHEN)
    assert job.ended is not None and (job.ended - pressed).total_seconds() <= 2.0
    assert drawer.last().sequence == before
    press(browser, "#editor-balance")
    text_has(browser, "#editor-progress", "Balanced:")
    drawer.written()
    assert drawer.last().kind == "rebalance"
    drawer.agrees()


def plan_routes(drawer: Drawer, work: Workshop) -> None:
    """Compare the draft with the plan in force, and have its routes planned."""
    browser, draft = drawer.browser, drawer.kept.draft
    press(browser, ".page-editor a[href*='with=1']")
    wait_for(
        browser,
        "const all = [...document.querySelectorAll('.slide img')];"
        "return all.length === 3 && all.every(one => one.complete && one.naturalWidth > 0)",
    )
    settled(browser)
    text_has(browser, ".plan-detail h2", "autumn")
    press(browser, "#plans-route")
    press(browser, "#plans-confirm")
    text_has(browser, "#plans-done", "routes")
    drawer.wait(lambda: work.drafts.version(CHEN, draft).planned == drawer.last().sequence)


def test_a_regional_manager_redraws_and_another_publishes(
    browser: Any, drawing: Drawing, downloads: Path, gridmap: CommandLine
) -> None:
    drawer, work = opened_draft(browser, drawing), drawing.work
    draft = drawer.kept.draft
    redraw(drawer)
    be_refused(drawer)
    undo_and_redo(drawer)
    balance(drawer, work)
    plan_routes(drawer, work)
    press(browser, "#plans-submit")
    press(browser, "#plans-confirm")
    text_has(browser, ".plan-detail .badge", "In review")
    # who drew it may not publish it
    settled(browser)
    assert not browser.execute_script("return document.querySelector('#plans-publish').hidden")
    assert browser.execute_script("return document.querySelector('#plans-publish').disabled")

    path = f"/scenarios?scenario={draft}&with={drawing.plan}&lang=en"
    signed_in(browser, drawing.address, "lin", PASSWORD, path)
    settled(browser)
    press(browser, "#plans-publish")
    press(browser, "#plans-confirm")
    text_has(browser, ".plan-detail .badge", "Published")
    assert work.workflow.effective(CHEN, "Wide Town", TODAY).scenario_id == draft
    assert work.drafts.version(CHEN, drawing.plan).status is Status.ARCHIVED

    browser.get(f"{drawing.address}/routes?scenario={draft}&cell=6&lang=en")
    settled(browser)
    press(browser, "a[href$='plan.gpkg']")
    checked = gridmap("check", came_down(browser, downloads, "*.gpkg"))
    assert checked.code == 0, checked.out


def came_down(browser: Any, folder: Path, pattern: str) -> Path:
    """Wait for a file that a link gives, until all of it is there."""
    wait_until(
        browser,
        lambda _: (
            not list(folder.glob("*.crdownload"))
            and [one for one in folder.glob(pattern) if one.stat().st_size]
        ),
    )
    (file,) = folder.glob(pattern)
    return file


@pytest.mark.parametrize(
    ("name", "page", "status"),
    [
        ("viewer", "This page is not for this account", 403),
        ("keeper", "This page is not for this account", 403),
        ("far keeper", "This page is not for this account", 403),
        # of another territory nothing is told, not even that it is there
        ("stranger", "No plan yet", 404),
    ],
)
def test_a_forbidden_link_is_refused(
    browser: Any, drawing: Drawing, name: str, page: str, status: int
) -> None:
    draft = drawing.draft()
    signed_in(browser, drawing.address, name, PASSWORD, page_of(draft))
    settled(browser)
    text_has(browser, "#app-content", page)
    assert not is_shown(browser, ".gm-editor, .page-editor")
    names_it = "Wide Town" in browser.execute_script("return document.body.textContent")
    assert names_it == (GRANTS[name].territories == TOWN)
    assert browser.execute_async_script(_KNOCK, draft) == [status] * 5
    assert drawing.work.drafts.history(CHEN, draft) == []
    browser.get_log("browser")  # the refusals, as they should be


#: Asks for a draft, and for an edit of it, with the token of the page.
_KNOCK = """
const [draft, done] = arguments;
const token = /gridmap_csrf=([^;]+)/.exec(document.cookie)[1];
const edit = { kind: "move", units: [8], to: 5 };
const post = {
  method: "POST",
  headers: { "Content-Type": "application/json", "X-CSRFToken": decodeURIComponent(token) },
  body: JSON.stringify({ key: "k", since: 0, edit, versions: { 5: 1, 9: 1 } }),
};
const asked = [["state.bin"], ["ground.bin"], ["outlets.bin"], ["steps?since=0"], ["edits", post]];
Promise.all(asked.map(([path, more]) => fetch(`/editor/${draft}/${path}`, more)))
  .then((answers) => done(answers.map((one) => one.status)));
"""


def test_fingers_draw_and_move_the_map_of_a_phone(browser: Any, drawing: Drawing) -> None:
    with on_a_phone(browser):
        drawer = drawing.signed_in(browser, CHEN, drawing.draft())
        at = drawer.at
        drawer.choose(6)
        settled(browser)
        drawer.asked()
        drawer.take("brush")
        drawer.run("e.resizeBrush(-4)")
        drawer.swipe((at(9, 7), at(9, 8)))
        written(drawer, "brush")
        drawer.take("lasso")
        drawer.swipe((at(9.4, 7.6), at(9.4, 8.4), at(7.6, 8.4), at(7.6, 7.6)))
        written(drawer, "brush")
        (x, y), (x1, y1) = at(5, 5), at(5, 9)
        drawer.swipe(((x, y), (x, y + 80)), ((x1, y1), (x1, y1 + 80)))
        drawer.wait(lambda: at(5, 5)[1] > y + 30)
        assert drawer.asked() == []
        drawer.agrees()


def test_the_keyboard_and_the_table_do_what_the_mouse_does(browser: Any, drawing: Drawing) -> None:
    drawer = drawing.signed_in(browser, CHEN, drawing.draft())
    drawer.press(Keys.ARROW_UP, "c", "2")
    assert drawer.run("e.chosen") == 4, "the cell in the middle"
    settled(browser)
    drawer.asked()
    drawer.press(Keys.ARROW_RIGHT, Keys.ENTER)
    written(drawer, "move")
    drawer.press("5", Keys.ENTER, *[Keys.ARROW_UP] * 3, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    drawer.press(*[Keys.ARROW_DOWN] * 3, Keys.ENTER)
    written(drawer, "brush")
    drawer.press("l")
    written(drawer, "lock")
    drawer.says(".gm-live", "Lock changed")
    drawer.press("l")
    written(drawer, "lock")
    drawer.press("t")
    fields = "return [...document.querySelector('.gm-form').querySelectorAll('input')]"
    for field, words in zip(browser.execute_script(fields), ("76", "c08"), strict=True):
        field.send_keys(words)
    drawer.click_on(".gm-form button")
    written(drawer, "move")
    drawer.says(".gm-told", "Units moved")


@contextmanager
def on_a_phone(browser: Any) -> Iterator[None]:
    """Let a browser be that of a phone for a while."""
    sized(browser, PHONE, mobile=True)
    try:
        yield
    finally:
        sized(browser, DESKTOP, mobile=False)


def sized(browser: Any, size: tuple[int, int], *, mobile: bool) -> None:
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile},
    )
