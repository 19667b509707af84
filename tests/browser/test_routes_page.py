"""The planner's day in a real browser: a stop goes to another day, the rest is planned, files."""

from __future__ import annotations

import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader
from routed_town import town
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from gridmap.job_kinds import job_kinds
from gridmap.jobs.child import Work, _outcome
from gridmap.store.accounts import Grant
from gridmap.store.cycle_table import CycleTable
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.browser.acting import (
    fill,
    is_shown,
    nothing_wrong,
    press,
    signed_in,
    text_has,
    text_of,
    wait_for,
    wait_until,
)
from tests.dashboards.signed import PASSWORD, people_with
from tools.browser import DESKTOP, chromium, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
_ROLES = {"li": Role.PLANNER, "vi": Role.VIEWER}


#: Set while nobody takes up a job.
RESTING = threading.Event()


@contextmanager
def jobs_done(url: str, work: Workshop) -> Iterator[None]:
    """Do the jobs of the queue in this process while the test runs, unless there is a rest."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            claim = None if RESTING.is_set() else work.queue.take("tester", lease_s=60.0)
            if claim is None:
                time.sleep(0.1)
                continue
            folder = work.files / "jobs" / f"{claim.job_id}-{claim.fence}"
            kind = job_kinds()[claim.kind]
            _outcome(
                Work(url, kind, claim, folder, work.files / "inbox", "threads"), lambda _: None
            )

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A plan of four cells."""
    folder = tmp_path_factory.mktemp("routes")
    found = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    territory, scenario, _ = town()
    found.save(Scope.everything(), territory, scenario)
    return found


@pytest.fixture(scope="module")
def address(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with the plan, a planner, a viewer, and someone who does the jobs."""
    folder = tmp_path_factory.mktemp("service")
    url = str(store.engine.url)
    people = people_with(
        folder, **{one: Grant(role, everywhere=True) for one, role in _ROLES.items()}
    )
    work = workshop_of(store.engine, job_kinds(), folder / "files")
    app = create_app(store, people=people, work=work)
    with served(app.server) as where, jobs_done(url, work):
        yield where


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[Any]:
    with chromium(DESKTOP, downloads=downloads) as one:
        yield one


@pytest.fixture(autouse=True)
def _watched(browser: Any, address: str) -> Iterator[None]:
    """Fail if the browser asked anybody else, or complained."""
    with nothing_wrong(address, browser):
        yield


def chips(browser: Any) -> dict[int, list[str]]:
    """Outlets of each cycle day as the calendar shows them."""
    found: dict[int, list[str]] = {}
    for day, outlet in browser.execute_script(
        "return [...document.querySelectorAll('.chip-move')]"
        ".map(one => [Number(one.dataset.day), one.dataset.outlet])"
    ):
        found.setdefault(day, []).append(outlet)
    return found


def minutes(browser: Any, day: int) -> str:
    """What stands at the head of a day."""
    return text_of(browser, f".day-cell[data-day='{day}'] .day")


def chip(outlet: str, day: int) -> str:
    """The place of an outlet in the calendar."""
    return f".chip-move[data-outlet='{outlet}'][data-day='{day}']"


def is_on(browser: Any, outlet: str, day: int) -> None:
    """Wait until an outlet is visited on a day."""
    wait_for(browser, "return document.querySelector(arguments[0]) !== null", chip(outlet, day))


def test_a_planner_moves_stops_and_hands_out_the_sheets(
    browser: Any, address: str, downloads: Path, tmp_path: Path
) -> None:
    signed_in(browser, address, "li", PASSWORD, "/routes?scenario=1&cell=1&lang=en")
    settled(browser)
    assert chips(browser) == {}, "a plan as it was made is looked at"
    press(browser, "[data-wish=open]")
    wait_for(browser, "return window.location.search.includes('scenario=2')")
    wait_for(browser, "return document.querySelector('.chip-move') !== null")
    settled(browser)

    # a drag: the cost of each day is shown before the stop is let go
    before = chips(browser)
    counts = {one: sum(one in each for each in before.values()) for one in before[4]}
    outlet = next(one for one in before[4] if counts[one] == 1)
    heads = {day: minutes(browser, day) for day in (4, 1)}
    taken, target = (
        browser.find_element(By.CSS_SELECTOR, one)
        for one in (chip(outlet, 4), ".day-cell[data-day='1']")
    )
    held = ActionChains(browser).click_and_hold(taken).move_by_offset(8, 8)
    held.move_to_element(target).perform()
    wait_for(
        browser, "return document.querySelector('.drag-tip')?.innerText.includes('All rules are')"
    )
    shown = text_of(browser, ".drag-tip")
    assert "Week 1, Tuesday" in shown and "Week 1, Friday" in shown and "→" in shown
    ActionChains(browser).release().perform()
    is_on(browser, outlet, 1)
    assert outlet not in chips(browser).get(4, [])
    assert all(minutes(browser, day) != head for day, head in heads.items())

    # the keyboard: Enter opens the days, Enter on one of them moves the stop on
    fill(browser, chip(outlet, 1), Keys.ENTER)
    fill(browser, "button.choice[data-to='2']", Keys.ENTER)
    is_on(browser, outlet, 2)
    wait_for(browser, "return document.activeElement.dataset.outlet === arguments[0]", outlet)
    press(browser, "[data-wish=undo]")
    is_on(browser, outlet, 1)
    press(browser, "[data-wish=redo]")
    is_on(browser, outlet, 2)

    # it is kept fixed, and the rest is planned anew
    fill(browser, chip(outlet, 2), Keys.ENTER)
    press(browser, ".mantine-Modal-content [data-wish=pin]")
    wait_for(browser, "return document.querySelector('.chip-fixed') !== null")
    press(browser, "[data-wish=replan]")
    wait_for(browser, "return document.querySelector('.job-done .rest-table') !== null")
    is_on(browser, outlet, 2)

    # the sheets have the stop on its new day: the third day of the cycle
    book, paper = (downloads / f"gridmap-routes-2-1.{kind}" for kind in ("xlsx", "pdf"))
    for file in (book, paper):
        press(browser, f"a[href*='route_sheets/1{file.suffix}']")
        wait_until(browser, lambda _, file=file: file.exists())
    sheet = sheet_of_route(book, "R01-3")
    rows = [[str(one) for one in row] for row in sheet.iter_rows(values_only=True)]
    assert any(outlet in row for row in rows)
    pages = [page.extract_text() for page in PdfReader(paper).pages]
    name = str(town()[0].outlets.set_index("outlet_id")["name"][outlet])
    assert any("R01-3" in page and name in page for page in pages)

    # a sheet that was filled in is read back
    filled = tmp_path / "filled.xlsx"
    fill_in(book, filled, outlet)
    fill(browser, "#routes-upload input", str(filled))
    wait_for(
        browser, "return document.querySelector('.read-table td')?.innerText.includes('R01-3')"
    )
    text_has(browser, ".job-done", "1 not made with a remark")


def sheet_of_route(path: Path, route: str) -> Any:
    book = openpyxl.load_workbook(path)
    return next(
        sheet
        for sheet in book.worksheets
        if any(f"/{route}/" in str(one) for row in sheet.iter_rows(values_only=True) for one in row)
    )


def fill_in(source: Path, target: Path, outlet: str) -> None:
    """Write a remark beside an outlet of the route R01-3."""
    sheet = sheet_of_route(source, "R01-3")
    remark = next(
        cell.column
        for row in sheet.iter_rows()
        for cell in row
        if str(cell.value or "").startswith("Remark")
    )
    row = next(cell.row for line in sheet.iter_rows() for cell in line if str(cell.value) == outlet)
    sheet.cell(row, remark).value = "closed for holidays"
    sheet.parent.save(target)


def test_the_day_is_played_on_the_map(browser: Any, address: str) -> None:
    """The mark starts at the centre outlet and is elsewhere at noon; the slider moves it, too."""
    signed_in(browser, address, "li", PASSWORD, "/routes?scenario=1&cell=1&lang=en")
    settled(browser)
    place = "return document.querySelector('.walker')?.style.transform"
    fill(browser, "#routes-player input", Keys.ARROW_RIGHT)
    first = wait_for(browser, place)
    press(browser, "#routes-player button")
    wait_for(browser, f"{place} !== arguments[0]", first)
    text_has(browser, ".player-button", "Pause")
    wait_for(browser, "return document.querySelector('.stop-now') !== null")
    press(browser, "#routes-player button")
    text_has(browser, ".player-button", "Play the day")


def test_the_sheets_of_all_cells_come_in_one_archive(
    browser: Any, address: str, downloads: Path
) -> None:
    """The first wish is taken back before anybody takes it up."""
    signed_in(browser, address, "li", PASSWORD, "/routes?scenario=1&cell=1&lang=en")
    settled(browser)
    RESTING.set()
    try:
        press(browser, "[data-wish=export]")
        press(browser, "#routes-job-panel [data-wish=cancel]")
        text_has(browser, "#routes-job-panel", "cancelled")
    finally:
        RESTING.clear()
    press(browser, "[data-wish=export]")
    press(browser, "#routes-job-panel .job-done a[href$='.zip']")
    archive = wait_until(browser, lambda _: next(downloads.glob("*.zip"), None))
    names = zipfile.ZipFile(archive).namelist()
    for suffix in (".pdf", ".xlsx"):
        assert sum(one.endswith(suffix) for one in names) >= 4, names


def test_a_viewer_looks_and_does_not_move(browser: Any, address: str) -> None:
    signed_in(browser, address, "vi", PASSWORD, "/routes?scenario=1&cell=1&lang=en")
    settled(browser)
    assert is_shown(browser, ".chip")
    assert not is_shown(browser, ".chip-move, [data-wish=open], #routes-read")


def test_what_a_colleague_changes_is_shown_with_the_name(
    browser: Any, address: str, store: Store
) -> None:
    wang = Scope(role=Role.PLANNER, user="wang")
    cycles = CycleTable(store.engine)
    draft = cycles.open(wang, 1)
    signed_in(browser, address, "li", PASSWORD, f"/routes?scenario={draft}&cell=1&day=1-1&lang=en")
    settled(browser)
    assert is_shown(browser, "[data-wish=pin][data-day='0']")
    token = cycles.head(wang, draft, 1).token
    cycles.pin(wang, draft, 1, day=0, pinned=True, key="k", token=token)
    text_has(browser, "#routes-told", "wang changed the routes of this cell")
    wait_for(browser, "return document.querySelector('[data-wish=unpin]') !== null")
