"""Every role × every address and callback × own and other scope, made from the service itself.

Nothing is listed by hand but the values that fill an address: what is added to the service later
is asked here too, or the test fails because nobody has said how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from dashboards.access import Plan
from dashboards.downloads import Exports
from dashboards.secured import callbacks, demand_of, demand_of_callback
from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.repository import PlanRun
from gridmap.store.roles import PERMISSIONS, Permission, Role
from tests.dashboards.fixtures import MemoryStore, make_plan
from tests.dashboards.signed import (
    OPERATOR,
    app_with,
    browser_of,
    cookie,
    people_with,
    question,
)

#: The own territory, in which the grid manager has the first cell only, and another one.
OWN, OTHER = 1, 2
FOREIGN_TOWN = "Foreign Town"
GRANTS = {
    role.value: Grant(
        role,
        territories=frozenset({"Test Town"}),
        cells=frozenset({"own-0"}) if role is Role.GRID_MANAGER else frozenset(),
    )
    for role in Role
}
#: What fills the places of an address. A new kind of place has to be added here.
PLACES = {"scenario_id": OWN, "cell_id": 1, "z": 0, "x": 0, "y": 0, "kind": "pdf",
          "filename": "gridmap.css", "package_name": "dash", "fingerprinted_path": "dash.py",
          "path": "cells"}  # fmt: skip
#: A feature of each layer of the API, in the first cell.
FEATURES = {"cells": "1", "outlets": "own-0", "routes": "G01-1"}
#: What only the other territory holds, and what only cells of others hold.
FOREIGN = re.compile(r"Foreign|f-own-|f-p-|f-r-|XF0\d")
OTHER_CELLS = re.compile(r"own-[123]|p-[123]-|r-[123]-|G0[234]|Harbour|Station|Park|Kiosk [234]")
CONTACT = "Li Wei"


@dataclass(frozen=True)
class Ask:
    """One request: an address or a callback, for a plan."""

    name: str
    demand: Permission | str
    scenario: int
    cell: int


def foreign_plan() -> Plan:
    """The other territory, in which every id and name says that it is foreign."""
    plan = make_plan(OTHER, name=FOREIGN_TOWN)
    outlets = plan.territory.outlets
    outlets = outlets.assign(outlet_id="f-" + outlets["outlet_id"], name="Foreign kiosk")
    cells = plan.scenario.cells
    cells = cells.assign(
        code=cells["code"].str.replace("G", "XF"),
        name="Foreign " + cells["name"],
        centre_outlet_id="f-" + cells["centre_outlet_id"],
        manager="Foreign manager",
    )
    stops = plan.scenario.stops
    scenario = replace(
        plan.scenario, cells=cells, stops=stops.assign(outlet_id="f-" + stops["outlet_id"])
    )
    return replace(plan, territory=replace(plan.territory, outlets=outlets), scenario=scenario)


def telling_exports() -> Exports:
    """Exports that write all tables of a plan, so that whatever is in them can be found."""

    def tell(plan: Plan, path: Path) -> None:
        tables = [plan.territory.outlets, plan.territory.demand]
        scenario = plan.scenario
        tables += [scenario.cells, scenario.routes, scenario.stops]
        said = [table.to_csv() for table in tables]
        path.write_text(" ".join([*said, scenario.request.model_dump_json()]), encoding="utf-8")

    return Exports(
        plan=tell,
        scorecards=lambda plan, path, _: tell(plan, path),
        route_sheet=lambda plan, _cell, _kind, path, _: tell(plan, path),
    )


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """An account of each role for the own territory, and one that sees everything."""
    everything = Grant(Role.ADMIN, everywhere=True)
    return people_with(tmp_path_factory.mktemp("people"), **GRANTS, everything=everything)


@pytest.fixture(scope="module")
def app(people: People) -> Dash:
    """The service over two territories, which keeps both at hand as somebody has seen them."""
    made = service(people)
    seen = browser_of(made, "everything")
    assert [seen.get(f"/data/{one}/cells.geojson").status_code for one in (OWN, OTHER)] == [200] * 2
    return made


def service(people: People) -> Dash:
    store = MemoryStore(make_plan(OWN), foreign_plan())
    store.running = [PlanRun(1, FOREIGN_TOWN, "planning.stage.routing", 0.5, "")]
    return app_with(people, store=store, exports=telling_exports())


@pytest.fixture(scope="module")
def browsers(app: Dash) -> dict[Role, FlaskClient]:
    """A browser for each role."""
    return {role: browser_of(app, role.value) for role in Role}


def rules(app: Dash) -> Iterator[tuple[Rule, str]]:
    """Every address with each method that it answers."""
    for rule in app.server.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def filled(rule: Rule, scenario: int, cell: int) -> Iterator[str]:
    """The addresses of a rule for a scenario and a cell: one, or one for each layer."""
    for layer, feature in FEATURES.items():
        named = {"name": f"{scenario}-{layer}", "feature": feature}
        places = {**PLACES, "scenario_id": scenario, "cell_id": cell, **named}
        unknown = rule.arguments - set(places)
        assert not unknown, f"{rule.rule}: say in PLACES what fills {sorted(unknown)}"
        yield re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda found: str(places[found[1]]), rule.rule)  # noqa: B023
        if "name" not in rule.arguments:
            return


def values(scenario: int, cell: int, page: str) -> dict[str, object]:
    """What the browser holds that has chosen a plan and a cell."""
    selection = {"page": page, "language": "en", "scenario": scenario, "cell": cell}
    return {
        "app-url.pathname": f"/{page}",
        "app-url.search": f"?scenario={scenario}&cell={cell}&day=1-1",
        "app-selection.data": {**selection, "week": 1, "weekday": 1},
        "cells-workload.value": "demand",
    }


def headers(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": cookie(client, "gridmap_csrf")}


def answers(
    app: Dash, client: FlaskClient, scenario: int, cell: int
) -> Iterator[tuple[Ask, int, str]]:
    """Ask everything about a plan; each question with the status and text of its answer."""
    for rule, method in rules(app):
        if rule.endpoint in ("/_dash-update-component", "people.leave", "people.enter"):
            continue  # asked below by callback, and in test_sign_in.py
        demand = demand_of(app.server, rule.endpoint)
        assert demand is not None
        for address in filled(rule, scenario, cell):
            with client.open(address, method=method, headers=headers(client)) as answer:
                said = answer.get_data().decode("utf-8", "replace")
            yield Ask(f"{method} {rule.rule}", demand, scenario, cell), answer.status_code, said
    for output in callbacks(app):
        demand = demand_of_callback(app, output)
        assert demand is not None
        for page in ("cells", "cell", "routes"):
            answer = client.post(
                "/_dash-update-component",
                json=question(app, output, values(scenario, cell, page)),
                headers=headers(client),
            )
            yield (
                Ask(f"{output} on {page}", demand, scenario, cell),
                answer.status_code,
                answer.text,
            )


@pytest.mark.parametrize("role", list(Role))
def test_the_own_territory_is_seen_as_far_as_the_role_reaches(
    app: Dash, browsers: dict[Role, FlaskClient], role: Role
) -> None:
    """An answer exactly where the role carries what demands, and no word of others."""
    seen = 0
    for ask, status, said in answers(app, browsers[role], OWN, 1):
        allowed = ask.demand == "public" or ask.demand in PERMISSIONS[role]
        assert (status != 403) == allowed, (ask, status)
        assert status < 500, (ask, status)
        assert not FOREIGN.search(said), (ask, FOREIGN.search(said))
        if role is Role.GRID_MANAGER:
            assert not OTHER_CELLS.search(said), (ask, OTHER_CELLS.search(said))
        if role is Role.VIEWER:
            assert CONTACT not in said, ask
        seen += "Market" in said or "own-0" in said
    assert seen >= 10, "the search must have had something to find"


@pytest.mark.parametrize("role", list(Role))
def test_nothing_is_seen_of_another_territory(
    app: Dash, browsers: dict[Role, FlaskClient], role: Role
) -> None:
    for ask, status, said in answers(app, browsers[role], OTHER, 1):
        assert status < 500, (ask, status)
        assert not FOREIGN.search(said), (ask, FOREIGN.search(said))
        if "<int:scenario_id>" in ask.name or "<name>" in ask.name:
            assert status == 404, (ask, status)


def test_a_grid_manager_sees_nothing_of_the_next_cell(
    app: Dash, browsers: dict[Role, FlaskClient]
) -> None:
    for ask, status, said in answers(app, browsers[Role.GRID_MANAGER], OWN, 2):
        assert status < 500, (ask, status)
        assert not OTHER_CELLS.search(said), (ask, OTHER_CELLS.search(said))
        if "cell_id" in ask.name:
            assert status == 404, (ask, status)


def test_a_stranger_sees_nothing(app: Dash) -> None:
    client = app.server.test_client()
    for rule, method in rules(app):
        if demand_of(app.server, rule.endpoint) == "public":
            continue
        for address in filled(rule, OWN, 1):
            with client.open(address, method=method) as answer:
                said = answer.get_data().decode("utf-8", "replace")
            assert answer.status_code in (302, 401), (address, answer.status_code)
            assert not re.search("Market|own-|Test Town", said)
    for output in callbacks(app):
        asked = question(app, output, values(OWN, 1, "cells"))
        answer = client.post("/_dash-update-component", json=asked)
        assert (answer.status_code, answer.data) == (401, b"")


def test_the_foreign_territory_would_be_found_if_it_were_shown(tmp_path: Path) -> None:
    """The search itself works: to who may see it, the other territory is full of its marks."""
    wide = service(people_with(tmp_path, all=Grant(Role.ADMIN, everywhere=True)))
    client = browser_of(wide, "all")
    found = [ask for ask, _, said in answers(wide, client, OTHER, 1) if FOREIGN.search(said)]
    kinds = {ask.name.split(" on ")[0] for ask in found}
    assert len(kinds) >= 10, kinds


def test_who_saw_contacts_is_written_down(
    people: People, browsers: dict[Role, FlaskClient]
) -> None:
    """A planner opens the card and a file; a viewer sees none and leaves no line."""
    for role in (Role.PLANNER, Role.VIEWER):
        browsers[role].get("/download/1/plan.gpkg").close()
    noted = people.contacts.list(OPERATOR)
    assert ("planner", OWN, "plan_file") in {
        (one.account, one.scenario_id, one.what) for one in noted
    }
    assert not any(one.account == "viewer" for one in noted)
    assert {one.account for one in noted if one.scenario_id == OTHER} == {"everything"}
