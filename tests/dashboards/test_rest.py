"""REST under /api/v1, what is read: roles, scope, places, and what is told when it fails."""

import pytest

from dashboards.api.description import describe
from dashboards.api.draft_routes import draft_out
from gridmap.errors import PermissionDenied
from gridmap.partition.edits import Lock
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.rest_town import ROLES, TOWN, V1, Town


@pytest.mark.parametrize("table", ["", "/cells", "/cells/1", "/routes", "/stops", "/scores"])
def test_a_plan_is_read_and_a_foreign_one_looks_like_none(town: Town, table: str) -> None:
    town["watcher"].get(f"/scenarios/{town.own}{table}")
    hidden = town["watcher"].get(f"/scenarios/{town.foreign}{table}", 404)
    assert hidden == town["watcher"].get(f"/scenarios/9999{table}", 404)


@pytest.mark.parametrize("table", ["routes", "stops", "scores"])
def test_tables_are_of_one_cell_where_one_is_named(town: Town, table: str) -> None:
    caller, path = town["watcher"], f"/scenarios/{town.own}/{table}"
    whole, parts = caller.get(path), [caller.get(f"{path}?cell_id={one}") for one in (1, 2)]
    assert whole["total"] == sum(one["total"] for one in parts)
    for number, part in enumerate(parts, start=1):
        assert {one["cell_id"] for one in part["items"]} <= {number}


def test_pages_of_a_table_follow_each_other(town: Town) -> None:
    caller, path = town["watcher"], f"/scenarios/{town.own}/cells"
    whole = caller.get(path)
    pages = [caller.get(f"{path}?limit=1&offset={one}") for one in range(whole["total"] + 1)]
    assert [*(one for page in pages for one in page["items"])] == whole["items"]


def test_lists_hold_what_is_in_scope(town: Town) -> None:
    found = town["watcher"].get("/territories")["items"]
    assert [one["name"] for one in found] == ["Grid Town"]
    assert {one["territory"] for one in town["li"].get("/scenarios")["items"]} == TOWN
    assert town["li"].get("/scenarios?territory=Elsewhere")["total"] == 0


def test_drafts_without_a_plan_are_for_those_who_draw(town: Town) -> None:
    draft = town.draft()
    assert town["wang"].get(f"/scenarios/{draft}")["planned"] is False
    told = town["wang"].get(f"/scenarios/{draft}/cells", 409)["faults"]
    assert [one["key"] for one in told] == ["drafts.not_planned"]
    for table in ("", "/cells"):
        hidden = town["watcher"].get(f"/scenarios/{draft}{table}", 404)
        assert hidden == town["watcher"].get(f"/scenarios/9999{table}", 404)
    listed = {name: town[name].get("/scenarios?limit=1000")["items"] for name in ROLES}
    seen = {name: draft in {one["scenario_id"] for one in items} for name, items in listed.items()}
    assert seen == {"li": True, "wang": True, "chen": True, "watcher": False, "manager": False}


def test_a_grid_manager_reads_the_own_cell_only(town: Town) -> None:
    cells = town["manager"].get(f"/scenarios/{town.own}/cells")["items"]
    assert [one["cell_id"] for one in cells] == [1]
    town["manager"].get(f"/scenarios/{town.own}/cells/2", 404)


def test_who_has_some_cells_only_sees_and_draws_no_others(town: Town) -> None:
    """No account draws with some cells only, and if one did: units of others are in none."""
    drafts, scope = town.work.drafts, Scope(TOWN, frozenset({"o7"}), Role.PLANNER, "half")
    own = town.store.load(scope.everything(), town.own)[1].cells["centre_outlet_id"].iloc[0]
    scope = Scope(TOWN, frozenset({own}), Role.PLANNER, "half")
    draft = town.draft()
    told = draft_out(drafts.head(scope, draft))
    assert [(one.cell_id, one.units) for one in told.cells] == [(1, 12)]
    with pytest.raises(PermissionDenied):
        town.work.table.edit(scope, draft, Lock(cells=(0,)), key="k", versions={0: 1})


def test_who_brings_no_token_is_told_so_in_json(town: Town) -> None:
    assert town["nobody"].get("/territories", 401)["faults"][0]["key"] == "api.sign_in"
    assert town["nobody"].get("/nothing", 401)["faults"][0]["key"] == "api.sign_in"


def test_an_address_that_is_not_there_and_a_way_of_asking(town: Town) -> None:
    assert town["li"].get("/nothing", 404)["faults"][0]["key"] == "api.no_address"
    answer = town["li"].client.delete(f"{V1}/jobs", headers=town["li"].headers)
    assert (answer.status_code, answer.json["faults"][0]["key"]) == (405, "api.no_method")
    assert {*answer.headers["Allow"].split(", ")} == {"GET", "POST"}
    town["li"].get(f"/scenarios/{2**70}", 404)
    for path in ("/a%0Ab", "/scenarios/%0A/where"):
        assert town["li"].get(path, 404)["faults"][0]["key"] == "api.no_address"
    assert "html" in town["li"].client.get("/data/no%0Ano").content_type


def test_all_faults_at_once_in_both_languages(town: Town) -> None:
    english, chinese = (
        town["li"].get(f"/scenarios/{town.own}/where?lon=x&lang={one}", 422)["faults"]
        for one in ("en", "zh")
    )
    assert [one["where"] for one in english] == [one["where"] for one in chinese] == ["lon", "lat"]
    assert all(a["text"] != b["text"] for a, b in zip(english, chinese, strict=True))
    assert all(one["text"].split(": ")[1].isascii() is False for one in chinese)


@pytest.mark.parametrize("body", [b"{", b"NaN", b'{"name": "\\u0000"}', b"[" * 100_000, b"\xff"])
def test_a_body_that_cannot_be_kept_is_refused(town: Town, body: bytes) -> None:
    caller = town["li"]
    answer = caller.client.post(
        f"{V1}/scenarios/{town.own}/drafts", data=body, headers=caller.headers,
        content_type="application/json",
    )  # fmt: skip
    assert (answer.status_code, answer.json["faults"][0]["key"]) == (422, "api.no_json")


def test_a_place_inside_is_in_the_cell_of_its_unit(town: Town) -> None:
    units = town["li"].get(f"/drafts/{town.draft()}/units?cell_id=2&limit=1")["items"]
    place = f"lon={units[0]['lon']}&lat={units[0]['lat']}"
    said = town["watcher"].get(f"/scenarios/{town.own}/where?{place}")
    assert (said["unit"], said["cell_id"], said["code"]) == (units[0]["unit"], 2, "C02")
    hidden = town["manager"].get(f"/scenarios/{town.own}/where?{place}", 404)["faults"]
    assert hidden[0]["key"] == "api.outside"


def test_a_place_outside_is_in_no_cell(town: Town) -> None:
    said = town["li"].get(f"/scenarios/{town.own}/where?lon=0&lat=0", 404)
    assert said["faults"][0]["key"] == "api.outside"


def test_the_description_holds_every_route_and_every_model(town: Town) -> None:
    """From the running application; in both languages; no reference leads nowhere."""
    told = town["watcher"].get("/openapi.json")
    assert told["openapi"].startswith("3.1")
    there = {
        (method.lower(), rule.rule.removeprefix(V1).replace("<int:", "{").replace("<path:", "{")
         .replace(">", "}"))
        for rule in town["li"].client.application.url_map.iter_rules()
        if rule.rule.startswith(V1)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }  # fmt: skip
    described = {(method, path) for path, one in told["paths"].items() for method in one}
    untold = {one for one in there - described if one[1] != "/{unknown}"}
    assert untold == {("get", "/openapi.json")}
    assert described <= there
    names = [one["operationId"] for path in told["paths"].values() for one in path.values()]
    assert len(names) == len(set(names)) > 25
    references = {
        one.split('"')[0] for one in str(told).replace("'", '"').split("#/components/schemas/")[1:]
    }
    assert references == set(told["components"]["schemas"]) and "ProblemOut" in references
    chinese = town["watcher"].get("/openapi.json?lang=zh")
    for path, one in told["paths"].items():
        for method, said in one.items():
            assert said["summary"] != chinese["paths"][path][method]["summary"]
            assert {"400", "401", "403", "404"} <= set(said["responses"])
    with town["li"].client.application.test_request_context():
        assert describe(V1, "en")["paths"] == told["paths"]
