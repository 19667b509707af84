"""A service with a plan, a draft and accounts, and what an audit finds on its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from selenium.webdriver.support.ui import WebDriverWait

import tools
from dashboards.api.workshop import workshop_of
from dashboards.app import create_app
from gridmap.job_kinds import job_kinds, table_intake
from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import make_plan, plain_exports
from tests.dashboards.signed import CHEAP, OPERATOR, PASSWORD
from tools.browser import WAIT_S, served

AXE = Path(tools.__path__[0]) / "axe" / "node_modules" / "axe-core" / "axe.min.js"
ADMINISTRATOR = "chief"
#: Numbers of the plan and of the draft of it.
PLAN, DRAFT = 1, 2
GRANTS = {
    ADMINISTRATOR: Grant(Role.ADMIN, everywhere=True),
    "li": Grant(Role.PLANNER, territories=frozenset({"Test Town"})),
    "wang": Grant(Role.GRID_MANAGER, territories=frozenset({"Test Town"}),
                  cells=frozenset({"own-0"})),
}  # fmt: skip

#: Whether nothing moves that comes to an end.
_STILL = """
return document.getAnimations().every(one =>
  one.playState !== "running" || one.effect.getComputedTiming().endTime === Infinity);
"""

#: Starts axe; findings that are no more than moderate are left out.
_RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } })
  .then((told) => done(told.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => [one.id, one.help, one.nodes.slice(0, 6).map((node) =>
      node.target.join(" ") + " | " + (node.any[0] || node.all[0] || node.none[0] || {}).message),
    ])),
    (error) => done([["axe", String(error), []]]));
"""


@contextmanager
def audited_service(folder: Path) -> Iterator[str]:
    """Serve the town with a draft; the chief administers all of it."""
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    plan = make_plan()
    # a database knows no cell without minutes; one without visits has none of them
    cells = plan.scenario.cells.fillna({"visit_minutes_per_day": 0.0})
    scenario = replace(plan.scenario, cells=cells)
    number = store.save(Scope(user="zhao"), plan.territory, scenario)
    work = workshop_of(store.engine, job_kinds(), folder / "files", intake=table_intake(),
                       example="Helsinki centre")  # fmt: skip
    assert work.drafts.open(OPERATOR, number, name="north") == DRAFT
    people = People(store.engine, passwords=CHEAP)
    for name, grant in GRANTS.items():
        people.accounts.add(OPERATOR, name, grant, password=PASSWORD)
    app = create_app(store, exports=plain_exports(), people=people, work=work)
    with served(app.server) as where:
        yield where
    store.close()


def barriers(browser: Any) -> list[str]:
    """Return what axe finds serious or critical on the page as it is now."""
    if not AXE.exists():
        raise FileNotFoundError("axe-core is missing; run: sh tools/install_test_tools.sh")
    # what is still fading in has another contrast
    WebDriverWait(browser, WAIT_S).until(lambda one: one.execute_script(_STILL))
    # a page may not run scripts of others; the driver may
    browser.execute_script(AXE.read_text(encoding="utf-8") + "; window.axe = axe;")
    found = browser.execute_async_script(_RUN_AXE)
    return [f"{rule}: {what}\n    " + "\n    ".join(nodes) for rule, what, nodes in found]


def unroll(browser: Any) -> None:
    """Look at each table in turn, as what is out of sight is not drawn; end at the top."""
    tables = browser.execute_script("return [...document.querySelectorAll('.ag-root-wrapper')]")
    drawn = "return !arguments[0].querySelector('.ag-delay-render')"
    for table in tables:
        browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", table)
        if browser.execute_script("return arguments[0].checkVisibility()", table):
            WebDriverWait(browser, WAIT_S).until(
                lambda one, table=table: one.execute_script(drawn, table)
            )
    browser.execute_script("window.scrollTo(0, 0)")


def bytes_received(browser: Any) -> int:
    """Return how many bytes came over the wire since the last call, packed as they came."""
    total = 0.0
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.loadingFinished":
            total += message["params"]["encodedDataLength"]
    return int(total)


def first_paint_s(browser: Any) -> float:
    """Return after how many seconds the page first showed something."""
    said = browser.execute_script(
        "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    )
    return float(said) / 1000.0
