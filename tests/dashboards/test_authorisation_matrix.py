"""Every role × every address and callback × own, other and no scope, from the service itself."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from gridmap.store.roles import PERMISSIONS, Role
from tests.dashboards.asking import Ask, answers, listed, rules
from tests.dashboards.signed import OPERATOR, browser_of
from tests.dashboards.two_towns import (
    FOREIGN_DRAFT,
    FOREIGN_JOB,
    FOREIGN_PLAN,
    FOREIGN_TOWN,
    NO_TOWN,
    NOT_THERE,
    OWN_TOWN,
    Service,
    service_of,
)

#: What only the other town holds, and what only cells of others hold.
NUMBERS = re.compile(rf"\b({FOREIGN_PLAN}|{FOREIGN_DRAFT}|{FOREIGN_JOB})\b")
FOREIGN = re.compile(rf"Foreign|f-own-|f-p-|f-r-|XF0\d|{NUMBERS.pattern}")
OTHER_CELLS = re.compile(r"own-[123]|p-[123]-|r-[123]-|G0[234]|Harbour|Station|Park|Kiosk [234]")
CONTACT = "Li Wei"
#: What is another text each time, whatever is asked: figures of the process, the empty shell.
RESTLESS = ("GET /metrics", "GET /", "GET /<path:path>")
WRITES = re.compile(r"POST /api/v1/(?!<path:unknown>)")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The service, which keeps both plans at hand as somebody has seen them."""
    made = service_of(tmp_path_factory.mktemp("towns"))
    seen = browser_of(made.app, "everything")
    for plan in (made.own_plan, made.foreign.plan):
        assert seen.get(f"/data/{plan}/cells.geojson").status_code == 200
    return made


@pytest.fixture(scope="module")
def browsers(service: Service) -> dict[Role, FlaskClient]:
    """A browser for each role."""
    return {role: browser_of(service.app, role.value) for role in Role}


def may(role: Role, ask: Ask) -> bool:
    return ask.demand == "public" or ask.demand in PERMISSIONS[role]


@pytest.mark.parametrize("role", list(Role))
def test_the_own_territory_is_seen_as_far_as_the_role_reaches(
    service: Service, browsers: dict[Role, FlaskClient], role: Role
) -> None:
    """An answer exactly where the role carries what is demanded, and no word of others."""
    seen, asked, written = 0, set(), set()
    for ask, status, said in answers(service.app, browsers[role], service.own(role)):
        asked.add(ask.name)
        assert (status != 403) == may(role, ask), (ask, status, said[:300])
        assert status < 500, (ask, status)
        assert not FOREIGN.search(said), (ask, FOREIGN.search(said))
        if role is Role.GRID_MANAGER:
            assert not OTHER_CELLS.search(said), (ask, OTHER_CELLS.search(said))
        if role is Role.VIEWER:
            assert CONTACT not in said, ask
        seen += "Market" in said or "own-0" in said
        written |= {ask.name} if WRITES.match(ask.name) and status < 300 else set()
    assert asked == listed(service.app), "all of it, and nothing else"
    assert seen >= 10, "the search must have had something to find"
    if role is Role.REGIONAL_MANAGER:
        refused = {one for one in asked if WRITES.match(one)} - written
        # these towns have no streets to route along: see test_rest_cycles.py
        assert {one for one in refused if "/cycle/" not in one} <= {
            "POST /api/v1/scenarios/<int:scenario_id>/send_back",  # nothing is in review yet
        }, "what is sent must be good enough to be refused for its scope only"


@pytest.mark.parametrize("role", list(Role))
def test_another_territory_looks_like_none(
    service: Service, browsers: dict[Role, FlaskClient], role: Role
) -> None:
    """Whatever is asked about it, the answer is the one about numbers that nothing has."""
    app, client = service.app, browsers[role]
    foreign = answers(app, client, service.foreign)
    absent = answers(app, client, service.absent)
    for (ask, status, said), (_, as_status, as_said) in zip(foreign, absent, strict=True):
        assert status < 500, (ask, status)
        told = said.replace(FOREIGN_TOWN, "")
        told = NUMBERS.sub("#", told)
        assert not FOREIGN.search(told), (ask, FOREIGN.search(told))
        about_one = re.search(r"scenario_id|job_id|<name>|POST /api/v1/(imports|exports|jobs)$",
                              ask.name)  # fmt: skip
        if about_one:
            assert status == (404 if may(role, ask) else 403), (ask, status, said[:300])
        if ask.demand != "public" and ask.name not in RESTLESS:
            as_told = re.sub(rf"\b{NOT_THERE}\b", "#", as_said).replace(NO_TOWN, "")
            assert (status, told) == (as_status, as_told), ask


def test_a_grid_manager_sees_nothing_of_the_next_cell(
    service: Service, browsers: dict[Role, FlaskClient]
) -> None:
    own = service.own(Role.GRID_MANAGER)
    for ask, status, said in answers(service.app, browsers[Role.GRID_MANAGER], own, 2):
        assert status < 500, (ask, status)
        assert not OTHER_CELLS.search(said), (ask, OTHER_CELLS.search(said))
        if "cell_id" in ask.name:
            assert status == (404 if may(Role.GRID_MANAGER, ask) else 403), (ask, status)


def test_a_stranger_sees_nothing(service: Service) -> None:
    client, own = service.app.server.test_client(), service.own(Role.PLANNER)
    for ask, status, said in answers(service.app, client, own, signed_in=False):
        if ask.demand == "public":
            continue
        assert status in (302, 401), (ask, status)
        assert not re.search(f"Market|own-|{OWN_TOWN}", said), ask
        if " on " in ask.name:
            assert (status, said) == (401, "")


def test_the_foreign_territory_would_be_found_if_it_were_shown(service: Service) -> None:
    """The search itself works: to who may see it, the other territory is full of its marks."""
    app, client = service.app, browser_of(service.app, "everything")
    found = {
        ask.name.split(" on ")[0]
        for ask, _, said in answers(app, client, service.foreign)
        if FOREIGN.search(said)
    }
    reads = {
        f"GET {rule.rule}"
        for rule, method in rules(app)
        if method == "GET" and {"scenario_id", "job_id"} & rule.arguments
    }
    assert len(found) >= 20
    assert {one for one in reads - found if one.startswith("GET /api/v1")} == set()


def test_who_saw_contacts_is_written_down(
    service: Service, browsers: dict[Role, FlaskClient]
) -> None:
    """A planner opens the card and a file; a viewer sees none and leaves no line."""
    own = service.own_plan
    for role in (Role.PLANNER, Role.VIEWER):
        browsers[role].get(f"/download/{own}/plan.gpkg").close()
    noted = service.people.contacts.list(OPERATOR)
    assert ("planner", own, "plan_file") in {
        (one.account, one.scenario_id, one.what) for one in noted
    }
    assert not any(one.account == "viewer" for one in noted)
    foreign = {one.account for one in noted if one.scenario_id == service.foreign.plan}
    assert foreign == {"everything"}
