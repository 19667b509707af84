"""The page of people: who sees which accounts, what each button does, and what is shown once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dash.development.base_component import Component
from flask.testing import FlaskClient

from dashboards.book import pages_of
from dashboards.ids import Audit, Own
from dashboards.ids import People as Ids
from dashboards.pages import people as page
from dashboards.people_actions import ACTIONS, Outcome, act, form_of
from dashboards.queries_people import account_rows, detail_words
from dashboards.state import Page, Selection
from gridmap.catalogue import LANGUAGES, text
from gridmap.store.audit import BEGINNING, record
from gridmap.store.draft_tables import audit
from gridmap.store.engine import open_engine
from gridmap.store.grants import Grant
from gridmap.store.people import People
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.signed import CHEAP, PASSWORD, browser_of, cookie, question
from tests.dashboards.working import Working, working

GRID_TOWN = frozenset({"Grid Town"})
GRANTS = {
    "chief": Grant(Role.ADMIN, everywhere=True),
    "mayor": Grant(Role.ADMIN, territories=GRID_TOWN),
    "li": Grant(Role.PLANNER, territories=GRID_TOWN),
    "afar": Grant(Role.PLANNER, territories=frozenset({"Secret Valley"})),
}
CHIEF = Scope(role=Role.ADMIN, user="chief")
MAYOR = Scope(GRID_TOWN, role=Role.ADMIN, user="mayor")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Working, Path]:
    """A service with the accounts, and the file that they are in."""
    folder = tmp_path_factory.mktemp("people")
    service = working(folder, **GRANTS)
    service.people.audit._engine.dispose()  # all of it is then in the one file
    return service, folder / "people.db"


@pytest.fixture
def service(made: tuple[Working, Path], tmp_path: Path) -> Working:
    """The same service with a copy of its accounts."""
    shutil.copy(made[1], tmp_path / "people.db")
    engine = open_engine(f"sqlite:///{(tmp_path / 'people.db').as_posix()}")
    return replace(made[0], people=People(engine, passwords=CHEAP))


def text_in(tree: Any) -> str:
    """All that stands in a component and in the data of its tables and fields."""
    return str(tree.to_plotly_json()) if isinstance(tree, Component) else str(tree)


def press(
    service: Working, button: str, chosen: str = "", scope: Scope = CHIEF, **fields: Any
) -> Outcome:
    """What a button does with a row chosen and fields filled in."""
    rows = [one for one in account_rows(service.desk(CHIEF), "en") if one["name"] == chosen]
    values = {getattr(Ids, name.upper()): value for name, value in fields.items()}
    return act(service.desk(scope), button, form_of(rows, values), "en")


def rows_of(service: Working, scope: Scope) -> list[str]:
    return [one["name"] for one in account_rows(service.desk(scope), "en")]


def test_only_administrators_have_the_page(service: Working) -> None:
    for role in Role:
        scope = Scope(GRID_TOWN, role=role, user="x")
        assert (Page.PEOPLE in pages_of(service.desk(scope))) == (role is Role.ADMIN)
        assert Page.ACCOUNT in pages_of(service.desk(scope))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_of_a_part_sees_nothing_of_the_others(
    service: Working, language: Any
) -> None:
    chosen = Selection(page=Page.PEOPLE, language=language)
    shown = text_in(page.layout(service.desk(MAYOR), chosen))
    assert "Grid Town" in shown
    for hidden in ("afar", "Secret Valley", "chief", BEGINNING):
        assert hidden not in shown
    assert rows_of(service, MAYOR) == ["li", "mayor"]
    assert "Secret Valley" in text_in(page.layout(service.desk(CHIEF), chosen))


def test_an_account_is_added_and_its_password_shown_once(service: Working) -> None:
    made = press(service, Ids.ADD, name="wang", role="viewer", territories=["Grid Town"])
    assert made.good
    assert service.people.sign_in("wang", made.secret) is not None
    assert made.secret in text_in(page.secret(made, "en"))
    later = press(service, Ids.SAVE, "wang", role="planner", territories=["Grid Town"])
    assert later.good
    assert page.secret(later, "en") is None
    everything = page.filled(service.desk(CHIEF), [{"name": "wang"}], Selection())
    assert made.secret not in text_in(everything) + text_in(page.said(later))
    assert everything[4:6] == ("wang", "planner")


def test_all_faults_of_the_form_are_told(service: Working) -> None:
    refused = press(service, Ids.ADD, name="li", role="grid_manager")
    assert not refused.good
    assert len(refused.said) == 2
    assert not press(service, Ids.ADD, name=" ").good
    assert not press(service, Ids.ADD, name="LI", everywhere=True).good


def test_a_password_is_reset_and_sessions_end(service: Working) -> None:
    key = service.people.sign_in("li", PASSWORD)
    assert key is not None
    done = press(service, Ids.RESET, "li")
    assert done.good
    assert service.people.sessions.scope(key) is None
    assert service.people.sign_in("li", done.secret) is not None


def test_an_account_is_closed_and_opened(service: Working) -> None:
    assert press(service, Ids.DISABLE, "li").good
    assert service.people.sign_in("li", PASSWORD) is None
    assert press(service, Ids.DISABLE, "li").good
    assert service.people.sign_in("li", PASSWORD) is not None


def test_a_token_is_narrower_than_its_account_and_shown_once(service: Working) -> None:
    made = press(
        service, Ids.PROGRAM, "li", program_label="QGIS", program_days=30, program_role="viewer"
    )
    scope = service.people.tokens.scope(made.secret)
    assert scope == Scope(GRID_TOWN, role=Role.VIEWER, user="li")
    shown = text_in(page.filled(service.desk(CHIEF), [{"name": "li"}], Selection()))
    assert "QGIS" in shown
    assert made.secret not in shown
    assert press(service, Ids.END, "li").good
    assert service.people.tokens.scope(made.secret) is None
    assert not press(service, Ids.PROGRAM, "li", program_days=30).good
    assert not press(service, Ids.PROGRAM, "li", program_label="x", program_days=0).good


@pytest.mark.parametrize("button", [one for one in ACTIONS if one != Ids.ADD])
def test_no_button_reaches_beyond_the_own_territories(service: Working, button: str) -> None:
    """Even when the browser sends a row that its page never showed."""
    before = account_rows(service.desk(CHIEF), "en")
    done = press(service, button, "afar", MAYOR, territories=["Grid Town"],
                 program_label="x", program_days=9)  # fmt: skip
    assert not done.good
    assert not done.secret
    assert done.said == (text_of_no_account("afar"),)
    assert account_rows(service.desk(CHIEF), "en") == before


def text_of_no_account(name: str) -> str:
    return f"{name}: {text('people.no_account', 'en')}"


def test_nobody_gives_more_than_the_own_territories(service: Working) -> None:
    for wish in ({"everywhere": True}, {"territories": ["Grid Town", "Secret Valley"]}):
        assert not press(service, Ids.ADD, "", MAYOR, name="x", **wish).good
        assert not press(service, Ids.SAVE, "li", MAYOR, **wish).good
    assert press(service, Ids.ADD, "", MAYOR, name="x", territories=["Grid Town"]).good


@pytest.mark.parametrize("button", [Ids.SAVE, Ids.RESET, Ids.DISABLE, Ids.END])
def test_nobody_locks_himself_out(service: Working, button: str) -> None:
    assert not press(service, button, "chief", everywhere=True).good
    assert service.people.sign_in("chief", PASSWORD) is not None


def test_without_a_row_the_buttons_say_what_is_missing(service: Working) -> None:
    for button in ACTIONS:
        done = press(service, button)
        assert not done.good
        assert done.said


def ask(client: FlaskClient, app: Any, first_output: str, trigger: str, **values: Any) -> Any:
    """Run a callback as a browser does; the answer."""
    output = next(one for one in app.callback_map if first_output in one)
    asked = question(app, output, values) | {"changedPropIds": [trigger]}
    headers = {"X-CSRFToken": cookie(client, "gridmap_csrf")}
    return client.post("/_dash-update-component", json=asked, headers=headers)


def test_the_audit_shows_where_its_chain_is_broken(service: Working) -> None:
    app, engine = service.app(), service.people.audit._engine
    chief = browser_of(app, "chief")
    with engine.begin() as connection:
        for place in range(3):
            record(connection, CHIEF, "published", f"scenario/{place}")
    tab = {"people-tabs.value": "audit"}
    whole = ask(chief, app, Audit.BADGE, "people-tabs.value", **tab).text
    assert "audit-whole" in whole
    assert "7" in whole
    with engine.begin() as connection:
        connection.execute(sa.update(audit).where(audit.c.audit_id == 6).values(actor="nobody"))
    broken = ask(chief, app, Audit.BADGE, "people-tabs.value", **tab).text
    assert "audit-broken" in broken
    assert "row 6" in broken
    rows = ask(chief, app, f"{Audit.TABLE}.rowData", "people-tabs.value", **tab,
               **{"audit-scenario.value": 1}).json["response"]  # fmt: skip
    assert [one["actor"] for one in rows[Audit.TABLE]["rowData"]] == ["nobody"]
    assert "1" in rows[Audit.COUNT]["children"]


def test_an_administrator_of_a_part_gets_no_audit(service: Working) -> None:
    app = service.app()
    mayor = browser_of(app, "mayor")
    for output in (Audit.BADGE, f"{Audit.TABLE}.rowData"):
        told = ask(mayor, app, output, "people-tabs.value", **{"people-tabs.value": "audit"})
        assert "rowData" not in told.text
        assert "audit-whole" not in told.text
    planner = browser_of(app, "li")
    told = ask(planner, app, Audit.BADGE, "people-tabs.value", **{"people-tabs.value": "audit"})
    assert told.status_code == 403


def test_everybody_changes_the_own_password_and_ends_other_sessions(service: Working) -> None:
    app = service.app()
    here, elsewhere = browser_of(app, "li"), browser_of(app, "li")
    new = "a much better sentence"
    typed = {"own-old.value": PASSWORD, "own-new.value": new, "own-again.value": new}
    wrong = {**typed, "own-again.value": "another one altogether"}
    assert "red" in ask(here, app, Own.SAID, "own-change.n_clicks", **wrong).text
    wrong = {**typed, "own-old.value": "not it"}
    assert "red" in ask(here, app, Own.SAID, "own-change.n_clicks", **wrong).text
    assert elsewhere.get("/account").status_code == 200
    done = ask(here, app, Own.SAID, "own-change.n_clicks", **typed)
    assert "green" in done.text
    assert new not in done.text
    assert elsewhere.get("/account").status_code == 302
    assert here.get("/account").status_code == 200
    third = browser_of_new(app, new)
    assert "green" in ask(here, app, Own.SAID, "own-end-sessions.n_clicks").text
    assert third.get("/account").status_code == 302


def browser_of_new(app: Any, password: str) -> FlaskClient:
    from tests.dashboards.signed import sign_in

    client = app.server.test_client()
    assert sign_in(client, "li", password) == 303
    return client


def test_the_audit_tells_its_details_in_words() -> None:
    told = [
        detail_words("reach", ["territory Harbin", "cell K7"], "en"),
        detail_words("reach", ["everywhere"], "zh"),
        detail_words("role", "grid_manager", "zh"),
        detail_words("added", [], "en"),
        detail_words("unheard", 3, "en"),
    ]
    assert told == [
        "reach: territory Harbin, cell K7",
        "范围: 全部",
        "角色: 网格经理",
        "added: –",
        "unheard: 3",
    ]
