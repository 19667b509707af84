"""REST over two towns in SQLite, and programs that ask it with the tokens of people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawn_town import ADMIN, saved_plan
from flask.testing import FlaskClient
from grid_town import grid_scenario, grid_territory

from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from gridmap.job_kinds import job_kinds
from gridmap.store.accounts import Grant
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.tokens import TokenWish
from tests.dashboards.fixtures import plain_exports
from tests.dashboards.signed import OPERATOR, people_with

V1 = "/api/v1"
TOWN = frozenset({"Grid Town"})
ROLES = {
    "li": Role.PLANNER,
    "wang": Role.PLANNER,
    "chen": Role.REGIONAL_MANAGER,
    "watcher": Role.VIEWER,
    "manager": Role.GRID_MANAGER,
}


class Caller:
    """A program that asks with a person's token, or with none."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client = client
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str, status: int = 200) -> Any:
        """What an address tells."""
        return self._said(self.client.get(V1 + path, headers=self.headers), status)

    def post(self, path: str, body: object = None, status: int = 200, **headers: str) -> Any:
        """What is told to who sends JSON."""
        answer = self.client.post(V1 + path, json=body or {}, headers=self.headers | headers)
        return self._said(answer, status)

    def hand_in(self, path: str, form: dict[str, Any], status: int = 202, **headers: str) -> Any:
        """What is told to who sends a form."""
        answer = self.client.post(V1 + path, data=form, headers=self.headers | headers)
        return self._said(answer, status)

    def _said(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return json.loads(answer.text)


@dataclass(frozen=True, eq=False)
class Town:
    """Callers by name, and the numbers of the own and of the foreign plan."""

    callers: dict[str, Caller]
    own: int
    foreign: int
    store: Store
    work: Workshop

    def __getitem__(self, name: str) -> Caller:
        """A caller."""
        return self.callers[name]

    def draft(self, name: str = "li") -> int:
        """The number of a new draft of the own plan."""
        made = self[name].post(f"/scenarios/{self.own}/drafts", {"name": "north"}, 201)
        return int(made["scenario_id"])


def town_in(folder: Path) -> Town:
    """The service over Grid Town, and Elsewhere, where nobody reaches."""
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    own = saved_plan(store)
    elsewhere = grid_territory(name="Elsewhere")
    foreign = store.save(ADMIN, elsewhere, grid_scenario(elsewhere))
    centre = str(store.load(ADMIN, own)[1].cells["centre_outlet_id"].iloc[0])
    grants = {
        name: Grant(
            role,
            territories=TOWN,
            cells=frozenset({centre}) if role is Role.GRID_MANAGER else frozenset(),
        )
        for name, role in ROLES.items()
    }
    people = people_with(folder, **grants)
    work = workshop_of(store.engine, job_kinds(), folder / "files")
    app = create_app(store, exports=plain_exports(), people=people, work=work)
    callers = {
        name: Caller(
            app.server.test_client(), people.tokens.add(OPERATOR, name, TokenWish("x", role=role))
        )
        for name, role in ROLES.items()
    }
    callers["nobody"] = Caller(app.server.test_client(), None)
    return Town(callers, own, foreign, store, work)


def versions_of(caller: Caller, draft: int) -> dict[int, int]:
    """The versions of the cells of a draft, as an edit gives them back."""
    return {one["cell_id"]: one["version"] for one in caller.get(f"/drafts/{draft}")["cells"]}


def move(unit: int, to: int, versions: dict[int, int]) -> dict[str, object]:
    """An edit that gives a unit to a cell."""
    return {"edit": {"kind": "move", "units": [unit], "to": to}, "versions": versions}


def middle_of(caller: Caller, draft: int, *units: int) -> list[float]:
    """Longitude and latitude in the middle of units."""
    told = caller.get(f"/drafts/{draft}/units?limit=1000")["items"]
    lonlat = np.array([[told[one]["lon"], told[one]["lat"]] for one in units])
    return [float(one) for one in lonlat.mean(axis=0)]
