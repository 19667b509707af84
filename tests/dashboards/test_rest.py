"""REST under /api/v1: roles, drafts, two editors at once, and what is told when it fails."""

import json
import re

import pytest
from dash import Dash
from drawn_town import ADMIN, saved_plan
from flask.testing import FlaskClient
from grid_town import grid_scenario, grid_territory

from dashboards.api.workshop import workshop_of
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
ROLES = {"li": Role.PLANNER, "wang": Role.PLANNER, "watcher": Role.VIEWER}


class Caller:
    """A program that asks with a person's token, or with none."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client = client
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str, status: int = 200):
        return self._said(self.client.get(V1 + path, headers=self.headers), status)

    def post(self, path: str, body: object = None, status: int = 200, **headers: str):
        answer = self.client.post(V1 + path, json=body or {}, headers=self.headers | headers)
        return self._said(answer, status)

    def _said(self, answer, status: int):
        assert answer.status_code == status, answer.text
        return json.loads(answer.text)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory):
    """The service over two territories; the numbers of the own and the foreign plan."""
    folder = tmp_path_factory.mktemp("rest")
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    own = saved_plan(store)
    elsewhere = grid_territory(name="Elsewhere")
    foreign = store.save(ADMIN, elsewhere, grid_scenario(elsewhere))
    people = people_with(folder, **{n: Grant(r, territories=TOWN) for n, r in ROLES.items()})
    work = workshop_of(store.engine, job_kinds(), folder / "files")
    app: Dash = create_app(store, exports=plain_exports(), people=people, work=work)
    callers = {
        name: Caller(
            app.server.test_client(), people.tokens.add(OPERATOR, name, TokenWish("x", role=role))
        )
        for name, role in ROLES.items()
    }
    callers["nobody"] = Caller(app.server.test_client(), None)
    yield callers, own, foreign
    store.engine.dispose()


def draft_of(caller: Caller, plan: int) -> str:
    made = caller.post(f"/scenarios/{plan}/drafts", {"name": "north"}, 201)
    return f"/drafts/{made['scenario_id']}"


def versions_of(caller: Caller, draft: str) -> dict[int, int]:
    return {one["cell_id"]: one["version"] for one in caller.get(draft)["cells"]}


def move(unit: int, to: int, versions: dict[int, int]) -> dict[str, object]:
    return {"edit": {"kind": "move", "units": [unit], "to": to}, "versions": versions}


@pytest.mark.parametrize("table", ["", "/cells", "/cells/1", "/routes", "/stops", "/scores"])
def test_a_plan_is_read_and_a_foreign_one_looks_like_none(town, table: str) -> None:
    callers, own, foreign = town
    callers["watcher"].get(f"/scenarios/{own}{table}")
    hidden = callers["watcher"].get(f"/scenarios/{foreign}{table}", 404)
    assert hidden == callers["watcher"].get(f"/scenarios/9999{table}", 404)


def test_lists_hold_what_is_in_scope(town) -> None:
    callers, _, _ = town
    found = callers["watcher"].get("/territories")["items"]
    assert [one["name"] for one in found] == ["Grid Town"]
    assert {one["territory"] for one in callers["li"].get("/scenarios")["items"]} == TOWN


def test_who_brings_no_token_is_told_so_in_json(town) -> None:
    callers, _, _ = town
    assert callers["nobody"].get("/territories", 401)["faults"][0]["key"] == "api.sign_in"


def test_a_viewer_may_not_draw(town) -> None:
    callers, own, _ = town
    callers["watcher"].post(f"/scenarios/{own}/drafts", {}, 403)


def test_an_edit_is_done_once_undone_and_redone(town) -> None:
    callers, own, _ = town
    draft = draft_of(callers["li"], own)
    asked, key = move(2, 2, versions_of(callers["li"], draft)), {"Idempotency-Key": "a"}
    first = callers["li"].post(f"{draft}/edits", asked, **key)
    again = callers["li"].post(f"{draft}/edits", asked, **key)
    assert (first["moved"], again["repeated"]) == (1, True)
    assert again["sequence"] == first["sequence"]
    assert callers["li"].get(f"{draft}/units?cell_id=2")["total"] == 13
    callers["li"].post(f"{draft}/undo")
    assert callers["li"].get(f"{draft}/units?cell_id=2")["total"] == 12
    callers["li"].post(f"{draft}/redo")
    assert callers["li"].get(f"{draft}/units?cell_id=2")["total"] == 13


def test_who_comes_second_is_told_which_cells_and_who(town) -> None:
    callers, own, _ = town
    draft = draft_of(callers["li"], own)
    seen = versions_of(callers["wang"], draft)
    callers["li"].post(f"{draft}/edits", move(2, 2, seen))
    late = callers["wang"].post(f"{draft}/edits", move(8, 2, seen), 409)["faults"]
    told = [one["text"].split(" at ")[0] for one in late]
    assert told == ["Cell 1 was changed by li", "Cell 2 was changed by li"]


def test_all_faults_at_once_in_both_languages(town) -> None:
    callers, own, _ = town
    english, chinese = (
        callers["li"].get(f"/scenarios/{own}/where?lon=x&lang={one}", 422)["faults"]
        for one in ("en", "zh")
    )
    assert [one["where"] for one in english] == [one["where"] for one in chinese] == ["lon", "lat"]
    assert all(a["text"] != b["text"] for a, b in zip(english, chinese, strict=True))


def test_a_place_inside_is_in_the_cell_of_its_unit(town) -> None:
    callers, own, _ = town
    place = callers["li"].get(f"{draft_of(callers['li'], own)}/units?cell_id=2&limit=1")["items"][0]
    said = callers["watcher"].get(f"/scenarios/{own}/where?lon={place['lon']}&lat={place['lat']}")
    assert (said["unit"], said["code"]) == (place["unit"], "C02")


def test_a_place_outside_is_in_no_cell(town) -> None:
    callers, own, _ = town
    said = callers["li"].get(f"/scenarios/{own}/where?lon=0&lat=0", 404)
    assert said["faults"][0]["key"] == "api.outside"


@pytest.mark.parametrize("name", [*ROLES, "nobody"])
def test_no_route_tells_of_a_foreign_plan(town, name: str) -> None:
    """Every route that the application has, from the application itself."""
    callers, _, foreign = town
    caller, asked = callers[name], 0
    places = {"scenario_id": foreign, "cell_id": 1, "job_id": 1, "file": "x", "unknown": "x"}
    for rule in caller.client.application.url_map.iter_rules():
        if not rule.rule.startswith(f"{V1}/"):
            continue
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(places[found[1]]), rule.rule)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            answer = caller.client.open(address, method=method, headers=caller.headers)
            assert answer.status_code < 500, (method, rule.rule, answer.text)
            assert "Elsewhere" not in answer.text, (method, rule.rule)
            if name == "nobody":
                assert answer.status_code == 401, (method, rule.rule)
            elif "scenario_id" in rule.arguments:
                assert answer.status_code in (403, 404, 422), (method, rule.rule, answer.text)
            asked += 1
    assert asked > 25
