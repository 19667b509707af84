"""A service with a plan of a town to redraw, and what is seen of the draft on the way."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job_worker import kinds_with_held_balancing, worker_at
from routed_town import wide_town

from benchmarks.editor_gestures import KeptDraft, differences
from benchmarks.editor_hand import Hand, Place
from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from gridmap.job_kinds import job_kinds
from gridmap.store.accounts import Grant
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.browser.acting import signed_in
from tests.dashboards.signed import PASSWORD, people_with
from tools.browser import served, settled

TOWN, ELSEWHERE = frozenset({"Wide Town"}), frozenset({"Elsewhere"})
#: Chen redraws, Lin looks at what Chen did, Wang is a colleague; the others may not.
GRANTS = {
    "chen": Grant(Role.REGIONAL_MANAGER, territories=TOWN),
    "lin": Grant(Role.REGIONAL_MANAGER, territories=TOWN),
    "wang": Grant(Role.PLANNER, territories=TOWN),
    "viewer": Grant(Role.VIEWER, territories=TOWN),
    "keeper": Grant(Role.GRID_MANAGER, territories=TOWN, cells=frozenset({"o74"})),
    "stranger": Grant(Role.PLANNER, territories=ELSEWHERE),
    "far keeper": Grant(Role.GRID_MANAGER, territories=ELSEWHERE, cells=frozenset({"x"})),
}
CHEN = Scope(role=Role.REGIONAL_MANAGER, user="chen", territories=TOWN)
WANG = Scope(role=Role.PLANNER, user="wang", territories=TOWN)
#: Units in a row of the town.
COLUMNS = 16
#: What a refusal and a conflict leave in the console of a browser.
REFUSALS = ("422 (", "409 (CONFLICT)")
#: What is asked for again and again, and what the mouse asks for on its way over an outlet.
_POLLED = re.compile(r"/steps$|^/runs$|/outlet/\d+$")


@dataclass(frozen=True, eq=False)
class Drawing:
    """A service in which two people must agree on a plan before it holds.

    Attributes
    ----------
    address
        Where it is.
    plan
        Number of the plan in force.
    """

    address: str
    work: Workshop
    plan: int

    def draft(self) -> int:
        """Open another draft of the plan."""
        return self.work.drafts.open(CHEN, self.plan)

    def drawer(self, browser: Any, scope: Scope, draft: int) -> Drawer:
        """Return somebody before a draft that the browser shows, once it can be redrawn."""
        found = Drawer(browser, KeptDraft(self.work, scope, draft), self.address)
        found.ready()
        settled(browser)
        found.asked()
        return found

    def signed_in(self, browser: Any, scope: Scope, draft: int) -> Drawer:
        """Sign somebody in who wants to redraw a draft."""
        signed_in(browser, self.address, scope.user, PASSWORD, page_of(draft))
        return self.drawer(browser, scope, draft)


def page_of(draft: int) -> str:
    """Return where a draft is redrawn."""
    return f"/editor?scenario={draft}&lang=en"


@contextmanager
def drawing_service(folder: Path) -> Iterator[Drawing]:
    """Serve the town with a published plan and a worker."""
    url = f"sqlite:///{(folder / 'plans.db').as_posix()}"
    store, files = Store(url), folder / "files"
    plan = store.save(Scope(user="zhao"), *wide_town())
    work = workshop_of(store.engine, job_kinds(), files, four_eyes=True)
    work.workflow.submit(WANG, plan)
    work.workflow.publish(CHEN, plan, effective_from=dt.date(2026, 1, 5))
    app = create_app(store, people=people_with(folder, **GRANTS), work=work)
    with served(app.server) as address, worker_at(url, files, kinds_with_held_balancing()):
        yield Drawing(address, work, plan)
    store.close()


@dataclass(eq=False)
class Drawer(Hand):
    """A person before a draft of a service, and the draft as the store keeps it."""

    browser: Any
    kept: KeptDraft
    address: str
    _sequence: int = 0

    def written(self) -> None:
        """Wait until the browser shows one step more than when this was last asked."""
        self._sequence += 1
        self.wait(lambda: self.run("e.sequence") == self._sequence)
        self.saved()

    def at(self, row: float, column: float) -> Place:
        """Return where a place of the town lies in the window, counted in units from south-west."""
        (x0, y0), (x1, _), (_, y1) = (self.place_of(unit) for unit in (0, 1, COLUMNS))
        return x0 + column * (x1 - x0), y0 + row * (y1 - y0)

    def agrees(self) -> None:
        """Demand that browser and store have the same draft."""
        found = differences(self, self.kept)
        assert not found, "\n".join(found)

    def asked(self) -> list[str]:
        """Return what was asked for since the last call, but for what others did meanwhile."""
        found = []
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                request = message["params"]["request"]
                place = str(request["url"]).removeprefix(self.address).partition("?")[0]
                if not place.startswith(("data:", "blob:")) and not _POLLED.search(place):
                    found.append(f"{request['method']} {place}")
        return found

    def last(self) -> Any:
        """Return the last line of the log."""
        return self.kept.work.drafts.history(self.kept.scope, self.kept.draft)[-1]
