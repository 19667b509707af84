"""The editor's routes over a store: what is fetched, drawn, refused, and seen by a colleague."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import drawn_town
import numpy as np
import pytest
from flask.testing import FlaskClient
from grid_town import grid_scenario, grid_territory
from pyproj import Transformer

from dashboards.map_editor.container import decoded
from dashboards.map_editor.shelf import Presence
from gridmap.store.accounts import Grant
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.tokens import TokenWish
from tests.dashboards.signed import OPERATOR
from tests.dashboards.working import Working, working

TOWN, WEST_SHOP = frozenset({"Grid Town"}), frozenset({"o0"})
GRANTS = {
    "li": Grant(Role.PLANNER, territories=TOWN),
    "wang": Grant(Role.REGIONAL_MANAGER, territories=TOWN),
    "watcher": Grant(Role.VIEWER, territories=TOWN),
    "keeper": Grant(Role.GRID_MANAGER, territories=TOWN, cells=WEST_SHOP),
    "stranger": Grant(Role.PLANNER, territories=frozenset({"Elsewhere"})),
}
KEYS = count()


@dataclass(eq=False)
class Browser:
    """A browser at a draft, which takes over what it is told."""

    client: FlaskClient
    headers: dict[str, str]
    draft: int
    header: dict[str, Any] = field(default_factory=dict)
    label: np.ndarray = field(default_factory=lambda: np.empty(0))

    def get(self, path: str, **more: str) -> Any:
        return self.client.get(f"/editor/{self.draft}/{path}", headers=self.headers | more)

    def load(self) -> None:
        self.header, arrays = decoded(self.get("state.bin").data)
        self.label = arrays["label"].copy()

    @property
    def versions(self) -> dict[int, int]:
        return {one["cell"]: one["version"] for one in self.header["cells"]}

    def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        asked = {"key": f"k{next(KEYS)}", **body}
        answer = self.client.post(f"/editor/{self.draft}/{path}", json=asked, headers=self.headers)
        assert answer.status_code == status, answer.text
        assert answer.cache_control.no_store
        said: dict[str, Any] = json.loads(answer.text)
        return said

    def edit(self, kind: str, status: int = 200, **values: Any) -> dict[str, Any]:
        body = {"edit": {"kind": kind, **values}, "versions": self.versions}
        return self.post("edits", status, **body)

    def move(self, units: list[int], to: int, status: int = 200, **more: Any) -> dict[str, Any]:
        asked = {"edit": {"kind": "move", "units": units, "to": to}, "versions": self.versions}
        return self.post("edits", status, **{**asked, **more})

    def take(self, step: dict[str, Any]) -> None:
        for cell, units in step["moved"].items():
            self.label[np.cumsum(units)] = int(cell)
        for one in self.header["cells"]:
            one["version"] = step["cells"].get(str(one["cell"]), one["version"])
        self.header["sequence"] = step["sequence"]


@dataclass(frozen=True, eq=False)
class Town:
    """The service, and everybody's token."""

    service: Working
    client: FlaskClient
    tokens: dict[str, str]
    foreign: int

    def at(self, name: str, draft: int) -> Browser:
        return Browser(self.client, {"Authorization": f"Bearer {self.tokens[name]}"}, draft)

    def both(self) -> tuple[Browser, Browser]:
        """Two browsers at a new draft."""
        draft = self.service.work.drafts.open(Scope.everything(), self.service.plan)
        found = self.at("li", draft), self.at("wang", draft)
        for one in found:
            one.load()
        return found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    service = working(tmp_path_factory.mktemp("editor"), **GRANTS)
    elsewhere = grid_territory(name="Elsewhere")
    foreign = service.store.save(OPERATOR, elsewhere, grid_scenario(elsewhere))
    tokens = {
        name: service.people.tokens.add(OPERATOR, name, TokenWish("x", role=grant.role))
        for name, grant in GRANTS.items()
    }
    yield Town(service, service.app().server.test_client(), tokens,
               service.work.drafts.open(Scope.everything(), foreign))  # fmt: skip
    service.store.engine.dispose()


@pytest.fixture
def quarters(town: Town) -> tuple[Browser, Browser]:
    """Two browsers at a draft of four cells."""
    draft = drawn_town.quarters(town.service.store).draft
    found = town.at("li", draft), town.at("wang", draft)
    for one in found:
        one.load()
    return found


def lonlat(*places: tuple[float, float]) -> list[tuple[float, float]]:
    """Places in metres of the grid town as longitude and latitude."""
    project = Transformer.from_crs("EPSG:32630", "EPSG:4326", always_xy=True)
    return [project.transform(*one) for one in places]


def test_the_files_tell_of_all_units_and_cells(town: Town) -> None:
    li, _ = town.both()
    header, ground = decoded(li.get("ground.bin").data)
    _, outlets = decoded(li.get("outlets.bin").data)
    assert header["n_units"] == len(li.label) == 24
    assert header["hash"] == li.header["ground"]
    assert header["workloads"] == [{"name": "demand", "label": "Demand"}]
    assert len(ground["unit_ring"]) == 25
    # 6 × 4 squares have 6·5 + 4·7 sides; at the four corners of the town two of them are one line
    assert len(ground["arc_left"]) == 58 - 4
    assert outlets["kind"].tolist() == [0] * 2 + [1] * 11 + [2] * 2
    assert [one["totals"] for one in li.header["cells"]] == [[120.0], [120.0]]
    assert [(one["cell"], one["code"]) for one in li.header["cells"]] == [(1, "C01"), (2, "C02")]
    assert np.unique(li.label).tolist() == [1, 2]
    assert li.header["next_cell"] == 3


def test_positions_are_those_of_the_ground(town: Town) -> None:
    """A step is a millionth of a degree, so a place is found again within 0.1 m."""
    li, _ = town.both()
    header, ground = decoded(li.get("ground.bin").data)
    back = np.array(header["origin"]) + ground["inner_xy"].reshape(-1, 2) * header["step_deg"]
    expected = np.array(lonlat(*((100.0 * x + 50, 100.0 * y + 50) for y in range(4)
                                 for x in range(6))))  # fmt: skip
    assert np.abs(back - expected).max() <= 0.51e-6


def test_an_edit_is_a_step_that_both_browsers_take_over(town: Town) -> None:
    li, wang = town.both()
    said = li.move([2, 8], 2)
    assert said["step"]["moved"] == {"2": [2, 6]}
    assert said["step"]["mine"]
    assert said["can"] == {"undo": True, "redo": False}
    seen = json.loads(wang.get("steps?since=0").text)
    assert seen["steps"] == [{**said["step"], "mine": False}]
    assert json.loads(li.get("steps?since=1").text)["editors"] == ["wang"]
    wang.take(seen["steps"][0])
    assert json.loads(wang.get("steps?since=1").text)["steps"] == []
    li.load()
    assert (wang.label == li.label).all()
    assert wang.versions == li.versions
    # ten of demand in each unit
    assert [said["figures"][cell]["totals"] for cell in "12"] == [[100.0], [140.0]]
    assert [one["totals"] for one in li.header["cells"]] == [[100.0], [140.0]]


def test_minutes_and_calls_are_those_of_the_routes_until_a_cell_is_edited(town: Town) -> None:
    li, _ = town.both()
    assert not any(one["estimated"] for one in li.header["cells"])
    _, ground = decoded(li.get("ground.bin").data)
    daily = ground["daily"].reshape(-1, 2)
    said = li.move([2], 2)["figures"]["2"]
    li.load()
    east = li.header["cells"][1]
    assert said.items() <= east.items()
    asked = daily[li.label == 2].sum(axis=0)
    assert east["estimated"]
    assert east["minutes_per_day"] == pytest.approx(li.header["daily_factor"] * asked[0], abs=1e-3)
    assert east["calls_per_day"] == pytest.approx(asked[1], abs=1e-4)


def test_the_same_gesture_sent_again_is_done_once(town: Town) -> None:
    li, _ = town.both()
    asked = {"key": "again", "versions": li.versions}
    first, again = li.move([2], 2, **asked), li.move([2], 2, **asked)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["step"] == again["step"]
    assert li.move([8], 2, 422, **asked)["faults"]


def test_who_comes_second_is_told_which_cells_and_what_was_done(town: Town) -> None:
    li, wang = town.both()
    done = li.move([2], 2)
    late = wang.move([8], 2, 409, since=0)
    assert [one.split(" at ")[0] for one in late["faults"]] == [
        "Cell 1 was changed by li",
        "Cell 2 was changed by li",
    ]
    assert [(one["cell"], one["author"]) for one in late["conflicts"]] == [(1, "li"), (2, "li")]
    assert [one["sequence"] for one in late["steps"]] == [done["step"]["sequence"]]
    wang.take(late["steps"][0])
    wang.move([8], 2)
    li.load()
    assert li.label[[2, 8]].tolist() == [2, 2]


def test_what_a_colleague_does_elsewhere_is_no_conflict(quarters: tuple[Browser, Browser]) -> None:
    """Also if the browser sends the versions of all cells, and if a rule forbids the edit."""
    li, wang = quarters
    li.move([2], 2)
    assert "own outlet" in wang.move([12], 4, 422)["faults"][0]
    wang.move([20], 4)


def test_a_rule_that_forbids_it_is_said_and_nothing_is_done(town: Town) -> None:
    li, _ = town.both()
    refused = li.move([0], 2, 422)
    assert "piece" in refused["faults"][0]
    assert json.loads(li.get("steps?since=0").text)["sequence"] == 0


def test_undo_and_redo_are_steps(town: Town) -> None:
    li, _ = town.both()
    before = li.label.copy()
    li.take(li.move([2], 2)["step"])
    undone = li.post("undo")
    assert undone["step"]["kind"] == "undo"
    assert undone["step"]["undoes"] == 1
    assert undone["can"] == {"undo": False, "redo": True}
    li.take(undone["step"])
    assert (li.label == before).all()
    li.take(li.post("redo")["step"])
    assert li.label[2] == 2
    assert li.post("redo", 422)["faults"]


def test_locks_are_told(town: Town) -> None:
    li, _ = town.both()
    said = li.edit("lock", cells=[2], units=[0], on=True)
    assert said["step"]["cell_locks"] == {"2": True}
    assert said["step"]["unit_locks"] == {"0": True}
    li.load()
    assert [one["locked"] for one in li.header["cells"]] == [False, True]
    assert li.header["locked_units"] == [0]
    li.move([2], 2, 422)


def test_a_cut_gives_another_ground_and_undo_the_former_one(town: Town) -> None:
    li, _ = town.both()
    whole = li.header["ground"]
    line = lonlat((-10.0, 310.0), (320.0, 350.0))
    step = li.edit("split", cell=1, line=line, to=2)["step"]
    assert step["ground"] != whole
    header, ground = decoded(li.get("ground.bin").data)
    _, outlets = decoded(li.get("outlets.bin").data)
    li.load()
    assert header["hash"] == li.header["ground"] == step["ground"]
    assert header["n_units"] == len(li.label) > 24
    assert ground["weight"].sum() == pytest.approx(240.0)
    assert outlets["unit"].max() < header["n_units"]
    assert sum(one["totals"][0] for one in li.header["cells"]) == pytest.approx(240.0)
    assert li.post("undo")["step"]["ground"] == whole


def test_a_file_is_kept_for_good_under_its_name_only(town: Town) -> None:
    li, _ = town.both()
    for file in ("ground.bin", "outlets.bin"):
        named, plain = li.get(f"{file}?g={li.header['ground']}"), li.get(file)
        assert named.cache_control.max_age == 365 * 24 * 3600
        assert named.cache_control.private
        assert plain.cache_control.no_cache
        assert plain.cache_control.max_age is None
        again = li.get(file, **{"If-None-Match": plain.headers["ETag"]})
        assert again.status_code == 304
    assert li.get("state.bin").cache_control.no_store
    assert li.get("steps").cache_control.no_store
    assert li.get("outlet/3").cache_control.no_store


def test_an_outlet_is_told_when_asked_for(town: Town) -> None:
    li, _ = town.both()
    said = json.loads(li.get("outlet/2?lang=zh").text)
    assert (said["outlet_id"], said["grade"], said["visited"]) == ("o2", "C", True)
    assert said["ownership"] == "社会渠道"
    assert li.get("outlet/15").status_code == 404


def test_a_plan_as_it_was_made_is_not_drawn_on(town: Town) -> None:
    answer = town.at("li", town.service.plan).get("state.bin")
    assert answer.status_code == 422
    assert "open a draft" in json.loads(answer.text)["faults"][0]


@pytest.mark.parametrize("name", ["watcher", "keeper", "stranger", "nobody"])
def test_no_route_answers_whoever_may_not_edit(town: Town, name: str) -> None:
    """Every route there is, from the application itself."""
    draft = town.service.draft
    headers = {} if name == "nobody" else town.at(name, draft).headers
    expected = {"nobody": 401, "stranger": 404}.get(name, 403)
    asked = 0
    for rule in town.client.application.url_map.iter_rules():
        if not rule.rule.startswith("/editor/"):
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            address = re.sub(r"<int:(\w+)>", lambda found: str(draft if "sc" in found[1] else 0),
                             rule.rule)  # fmt: skip
            body = {"key": "a", "edit": {"kind": "lock"}, "versions": {}}
            sent = {"json": body if "edits" in rule.rule else {"key": "a"}}
            answer = town.client.open(
                address, method=method, headers=headers, **(sent if method == "POST" else {})
            )
            assert answer.status_code == expected, (method, rule.rule, answer.text)
            assert "Grid Town" not in answer.text
            asked += 1
    assert asked == 8


def test_a_foreign_draft_looks_like_none(town: Town) -> None:
    assert town.at("li", town.foreign).get("state.bin").status_code == 404
    assert town.at("li", 9999).get("state.bin").status_code == 404
    assert town.at("li", 2**40).get("state.bin").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": "a b", "edit": {"kind": "lock"}, "versions": {}},
        {"key": "a", "edit": {"kind": "change", "labels": [[0, 1]]}, "versions": {}},
        {"key": "a", "edit": {"kind": "move", "units": [10**12], "to": 1}, "versions": {}},
        {"key": "a", "edit": {"kind": "brush", "to": 1, "stroke": [[999, 0]]}, "versions": {}},
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(town: Town, body: dict[str, Any]) -> None:
    li = town.at("li", town.service.draft)
    answer = li.client.post(f"/editor/{li.draft}/edits", json=body, headers=li.headers)
    assert answer.status_code == 422
    assert all(json.loads(answer.text)["faults"])


def test_a_browser_without_the_token_against_forgery_changes_nothing(town: Town) -> None:
    from tests.dashboards.signed import browser_of, cookie

    app = town.service.app()
    signed = browser_of(app, "li")
    body = {"key": "a", "edit": {"kind": "lock"}, "versions": {}}
    address = f"/editor/{town.service.draft}/edits"
    assert signed.post(address, json=body).status_code == 403
    token = {"X-CSRFToken": cookie(signed, "gridmap_csrf")}
    assert signed.post(address, json=body, headers=token).status_code != 403


def test_who_said_nothing_for_a_minute_is_gone() -> None:
    clock = iter([0.0, 30.0, 61.0])
    present = Presence(lambda: next(clock))
    assert present.at(1, "li") == []
    assert present.at(1, "wang") == ["li"]
    assert present.at(1, "wang") == []
