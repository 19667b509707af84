"""Pictures of the dashboard, from the results of the demo.

    python tools/screenshots.py --demo demo --images docs/images       # those of the docs
    python tools/screenshots.py --demo demo --all out/screens          # every page, all ways
    python tools/screenshots.py --demo demo --all out --whole          # each page down to its end

With ``--all`` each page of the book is taken in both languages, light and dark, on a desk and on a
phone, by an administrator of a service with accounts and a draft. The accounts are invented; the
database of the demo is copied and stays as it is.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dash import Dash

from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.state import Page
from gridmap.catalogue import LANGUAGES
from gridmap.job_kinds import job_kinds, table_intake
from gridmap.store.grants import Grant
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.tokens import TokenWish
from tools.browser import DESKTOP, PHONE, chromium, served, settled
from tools.visits import PAGES, SIZES, Visit, Visitor, every_visit, sign_in

OF_THE_DOCS = {
    "map": Page.CELLS,
    "editor": Page.EDITOR,
    "plans": Page.SCENARIOS,
    "card": Page.CARD,
    "routes": Page.ROUTES,
    "data": Page.DATA,
}
#: So long a picture waits for a page that does not come to rest.
_STILL_S = 10.0
_MOST_PX = 6000
#: Height of the page if its columns had no bars to scroll with.
_HEIGHT = """
const column = [...document.querySelectorAll('.page-side, .routes-calendar, .routes-day')];
const more = column.map(one => one.scrollHeight - one.clientHeight);
return document.documentElement.scrollHeight + Math.max(0, ...more);
"""
#: A map keeps the height that it has in a window of usual size.
_FASTEN = """
for (const one of document.querySelectorAll('.map-frame > .plan-map'))
  if (getComputedStyle(one).position === 'relative') one.style.height = one.clientHeight + 'px';
"""
OPERATOR = Scope.everything()
ADMINISTRATOR = "Zhang Min"


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", type=Path, default=Path("demo"), help="folder of the results")
    parser.add_argument("--images", type=Path, help="where those of the docs go")
    parser.add_argument("--all", type=Path, help="where those of every page go")
    parser.add_argument("--pages", nargs="*", choices=[str(one) for one in PAGES],
                        help="only these pages")  # fmt: skip
    parser.add_argument("--whole", action="store_true",
                        help="of --all: each page down to its end")  # fmt: skip
    asked = parser.parse_args()
    if asked.images or not asked.all:
        take_for_docs(asked.demo, asked.images or Path("docs/images"))
    if asked.all:
        take_all(asked.demo, asked.all, asked.pages or [str(one) for one in PAGES],
                 whole=asked.whole)  # fmt: skip


def take_for_docs(demo: Path, images: Path) -> None:
    """Take the pages of the docs in both languages, light, on a desk and on a phone."""
    images.mkdir(parents=True, exist_ok=True)
    with visited(demo) as visitor:
        for size, (name, page), language in itertools.product(
            SIZES, OF_THE_DOCS.items(), LANGUAGES
        ):
            visitor.see(Visit(page, language, size=size))
            save(visitor.browser, images / f"{name}-{language}-{size}.png")


def take_all(demo: Path, folder: Path, pages: list[str], *, whole: bool = False) -> None:
    """Take every page in every language, theme and size."""
    folder.mkdir(parents=True, exist_ok=True)
    with visited(demo) as visitor:
        for visit in every_visit([one for one in PAGES if str(one) in pages]):
            visitor.see(visit)
            if whole:
                unroll(visitor.browser, SIZES[visit.size][0])
            save(visitor.browser, folder / f"{visit.name}.png")


def unroll(browser: Any, width: int) -> None:
    """Make the window as high as what the page, or its longest column, holds."""
    browser.execute_script(_FASTEN)
    height = browser.execute_script(_HEIGHT)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": min(height, _MOST_PX), "deviceScaleFactor": 1,
         "mobile": width == PHONE[0]},
    )  # fmt: skip
    settled(browser)


@contextmanager
def visited(demo: Path) -> Iterator[Visitor]:
    """Sign in to a service over a copy of the demo's database."""
    with working_copy(demo) as (address, query, draft, password), chromium(DESKTOP) as browser:
        sign_in(browser, address, ADMINISTRATOR, password)
        yield Visitor(browser, address, query, drawn=draft)


@contextmanager
def working_copy(demo: Path) -> Iterator[tuple[str, str, str, str]]:
    """Serve a copy of the demo's database; gives address, plan and cell, draft, password."""
    with (
        demo_copy(demo) as (app, query, draft, _, _, password),
        served(app.server) as address,
    ):
        yield address, query, draft, password


@contextmanager
def demo_copy(demo: Path) -> Iterator[tuple[Dash, str, str, People, Workshop, str]]:
    """Give the application over a copy of the demo's database.

    Plan and cell, the draft, people, workshop and the password of the administrator follow.
    """
    with TemporaryDirectory(prefix="gridmap-screens-") as folder:
        copy = Path(folder) / "gridmap.db"
        shutil.copy(demo / "gridmap.db", copy)
        store = Store(f"sqlite:///{copy}")
        work = workshop_of(store.engine, job_kinds(), Path(folder) / "files",
                           intake=table_intake())  # fmt: skip
        query = _query(store)
        newest = store.scenarios(OPERATOR)[0]
        draft = work.drafts.open(OPERATOR, newest.scenario_id, name="north")
        people = store.people()
        password = invented_accounts(store, newest.territory_name, seed=7)
        app = create_app(store, basemaps=demo / "basemaps", people=people, work=work)
        yield app, query, f"scenario={draft}", people, work, password
        store.close()


def invented_accounts(store: Store, territory: str, *, seed: int) -> str:
    """Add invented accounts of each role and return the password of the administrator."""
    draw = random.Random(seed)  # noqa: S311 — names, not secrets
    people = store.people()
    password = people.add(OPERATOR, ADMINISTRATOR, Grant(Role.ADMIN, everywhere=True))
    cells = store.load(OPERATOR, store.scenarios(OPERATOR)[0].scenario_id)[1].cells
    given = ["Wei", "Fang", "Jun", "Lan", "Tao", "Yan"]
    for role in (Role.VIEWER, Role.GRID_MANAGER, Role.PLANNER, Role.REGIONAL_MANAGER):
        name = (
            f"{draw.choice(['Li', 'Wang', 'Chen', 'Zhao'])} {given.pop(draw.randrange(len(given)))}"
        )
        centre = str(cells["centre_outlet_id"].iloc[draw.randrange(len(cells))])
        own = frozenset({centre}) if role is Role.GRID_MANAGER else frozenset()
        people.add(OPERATOR, name, Grant(role, territories=frozenset({territory}), cells=own))
        if role is Role.PLANNER:
            people.tokens.add(OPERATOR, name, TokenWish("QGIS", days=90))
    return password


def _query(store: Store) -> str:
    newest = store.scenarios(OPERATOR)[0].scenario_id
    cells = store.load(OPERATOR, newest)[1].cells
    return f"scenario={newest}&cell={int(cells['cell_id'].iloc[len(cells) // 2])}"


def save(browser: Any, path: Path) -> None:
    """Save the page once two looks at it are alike: what comes late is there then."""
    before, now = b"", browser.get_screenshot_as_png()
    end = time.monotonic() + _STILL_S
    while now != before and time.monotonic() < end:
        time.sleep(0.2)
        before, now = now, browser.get_screenshot_as_png()
    path.write_bytes(now)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
