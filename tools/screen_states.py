"""Pictures of what is seen seldom: nothing there yet, nothing allowed, something wrong, a job.

python tools/screen_states.py --demo demo --to out/states
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.state import Page
from gridmap.job_kinds import job_kinds, table_intake
from gridmap.store.grants import Grant
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from tools.browser import DESKTOP, WAIT_S, chromium, served, settled
from tools.screenshots import ADMINISTRATOR, OPERATOR, demo_copy, save, unroll
from tools.visits import SIZES, Visit, Visitor, sign_in

#: Each state once by day on a desk, and once at night in Chinese on a phone.
WAYS: tuple[tuple[Any, bool, str], ...] = (("en", False, "desktop"), ("zh", True, "phone"))
READER = "Li Na"
_FIRST_ROW = ".ag-center-cols-container [row-index='0'] .ag-cell"
BAD_TABLE = (
    "outlet_id,name,x,y,operator,ownership,grade\n"
    "K1,Corner shop,24.9402,60.1699,Elisa,partner,A\n"
    "K2,Far away,124.9402,60.1699,Elisa,partner,B\n"
    "K2,,24.9412,60.1702,Elisa,friend,D\n"
    "K4,Station,north,60.1712,Telia,rival,C\n"
)


def main() -> None:
    """Take the pictures of all states."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", type=Path, default=Path("demo"), help="folder of the results")
    parser.add_argument("--to", type=Path, required=True, help="where the pictures go")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    with chromium(DESKTOP) as browser:
        with empty_service() as (address, _, password):
            take_forms(browser, address, asked.to)
            sign_in(browser, address, ADMINISTRATOR, password)
            take(Visitor(browser, address, ""), asked.to, NOTHING_YET)
            leave(browser)
        with (
            demo_copy(asked.demo) as (app, query, draft, people, work, password),
            served(app.server) as address,
        ):
            start_jobs(work)
            sign_in(browser, address, ADMINISTRATOR, password)
            take(Visitor(browser, address, query, drawn=draft), asked.to, states(draft))
            leave(browser)
            sign_in(browser, address, READER, add_reader(people))
            take(Visitor(browser, address, query), asked.to, NOTHING_ALLOWED)
            leave(browser)


State = tuple[str, Page, str, Callable[[Any, Path], None]]


def leave(browser: Any) -> None:
    """Ask the service for nothing more, and be nobody to the next."""
    browser.delete_all_cookies()
    browser.get("about:blank")


def rest(_browser: Any, _folder: Path) -> None:
    """Leave the page as it opens."""


def press(selector: str) -> Callable[[Any, Path], None]:
    """Return what presses a button once it is there."""

    def pressed(browser: Any, _: Path) -> None:
        WebDriverWait(browser, WAIT_S).until(
            lambda one: one.execute_script(
                "const found = document.querySelector(arguments[0]); found?.click();"
                " return !!found;", selector,
            )
        )  # fmt: skip
        settled(browser)

    return pressed


def hand_in(browser: Any, folder: Path) -> None:
    """Hand in a table with faults."""
    table = folder / "outlets-with-faults.csv"
    table.write_text(BAD_TABLE)
    field = WebDriverWait(browser, WAIT_S).until(
        lambda one: one.find_element(By.CSS_SELECTOR, ".file-drop input[type=file]")
    )
    field.send_keys(str(table.resolve()))
    WebDriverWait(browser, WAIT_S).until(
        lambda one: one.execute_script("return !!document.querySelector('.data-faults, .data-go')")
    )
    settled(browser)


NOTHING_YET: tuple[State, ...] = (
    ("first-run", Page.CELLS, "", rest),
    ("first-plans", Page.SCENARIOS, "", rest),
    ("first-editor", Page.EDITOR, "", rest),
    ("first-data", Page.DATA, "", rest),
    ("first-jobs", Page.JOBS, "", rest),
)
NOTHING_ALLOWED: tuple[State, ...] = (
    ("denied-people", Page.PEOPLE, "", rest),
    ("denied-plan", Page.CARD, "scenario=99", rest),
    ("reader-plans", Page.SCENARIOS, "", rest),
    ("reader-card", Page.CARD, "", rest),
)


def states(draft: str) -> tuple[State, ...]:
    """Return what an administrator sees seldom."""
    return (
        ("audit", Page.PEOPLE, "", press("[role=tab][id$='tab-audit']")),
        ("contacts", Page.PEOPLE, "", press("[role=tab][id$='tab-contacts']")),
        (
            "account-chosen",
            Page.PEOPLE,
            "",
            press(_FIRST_ROW),
        ),
        ("offer", Page.EDITOR, "scenario=1", rest),
        ("unknown-plan", Page.CELLS, "scenario=99", rest),
        ("compare", Page.SCENARIOS, f"{draft}&with=1", rest),
        ("compare-same", Page.SCENARIOS, "scenario=1&with=1", rest),
        ("plan-dialog", Page.SCENARIOS, "scenario=1", press("#plans-submit")),
        ("draft-routes", Page.ROUTES, draft, rest),
        ("jobs", Page.JOBS, "", rest),
        ("import-faults", Page.DATA, "", hand_in),
        (
            "editor-keys",
            Page.EDITOR,
            draft,
            press("[data-action=help]"),
        ),
    )


def take(visitor: Visitor, folder: Path, wanted: tuple[State, ...]) -> None:
    """Take each state in both ways."""
    for name, page, query, act in wanted:
        for language, dark, size in WAYS:
            visitor.see(Visit(page, language, dark, size), query=query)
            act(visitor.browser, folder)
            if page is not Page.EDITOR:
                unroll(visitor.browser, SIZES[size][0])
            save(visitor.browser, folder / f"{name}-{language}.png")


def take_forms(browser: Any, address: str, folder: Path) -> None:
    """Take the form for signing in, and what it says of a wrong password."""
    for language, dark, size in WAYS:
        width, height = SIZES[size]
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        browser.get(f"{address}/sign-in?lang={language}")
        save(browser, folder / f"sign-in-{language}.png")
        browser.find_element(By.NAME, "name").send_keys(ADMINISTRATOR)
        browser.find_element(By.NAME, "password").send_keys("wrong")
        browser.find_element(By.CSS_SELECTOR, "form button").click()
        save(browser, folder / f"sign-in-wrong-{language}.png")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def start_jobs(work: Workshop) -> None:
    """Ask for jobs that no worker takes up, and cancel one of them."""
    newest = work.drafts.versions(OPERATOR)[0]
    asked = {"scenario_id": newest.scenario_id}
    for _ in range(2):
        job = work.queue.ask(OPERATOR, "rebalance", newest.territory_name, asked)
    work.queue.cancel(OPERATOR, job)


def add_reader(people: People) -> str:
    """Add somebody who may only read, and return the password."""
    return people.add(OPERATOR, READER, Grant(Role.VIEWER, everywhere=True))


@contextmanager
def empty_service() -> Iterator[tuple[str, Workshop, str]]:
    """Serve a store without plans; gives address, workshop, password of the administrator."""
    with TemporaryDirectory(prefix="gridmap-states-") as folder:
        store = Store(f"sqlite:///{folder}/gridmap.db")
        work = workshop_of(store.engine, job_kinds(), Path(folder) / "files",
                           intake=table_intake(), example="Helsinki centre")  # fmt: skip
        people = store.people()
        password = people.add(OPERATOR, ADMINISTRATOR, Grant(Role.ADMIN, everywhere=True))
        app = create_app(store, people=people, work=work)
        with served(app.server) as address:
            yield address, work, password
        store.close()


if __name__ == "__main__":
    main()
