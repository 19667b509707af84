"""Signing in and out, and what protects a session in a browser."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards.secured import callbacks
from dashboards.sign_in import local
from dashboards.visitors import Visitors
from gridmap.store.accounts import Grant
from gridmap.store.logins import MOST_TRIES
from gridmap.store.people import People
from gridmap.store.roles import Role
from gridmap.store.tokens import TokenWish
from tests.dashboards.signed import (
    OPERATOR,
    PASSWORD,
    app_with,
    browser_of,
    cookie,
    people_with,
    question,
    sign_in,
    token_on,
)

TOWN = frozenset({"Test Town"})
DATA = "/data/1/cells.geojson"
UPDATE = "/_dash-update-component"


@pytest.fixture
def people(tmp_path: Path) -> People:
    return people_with(tmp_path, li=Grant(Role.PLANNER, territories=TOWN))


@pytest.fixture
def client(people: People) -> FlaskClient:
    """A browser in which nobody has signed in."""
    return app_with(people).server.test_client()


def test_without_signing_in_nothing_is_seen(client: FlaskClient) -> None:
    """Pages lead to the form and back; everything else answers 401 with nothing in it."""
    page = client.get("/cell?scenario=1&lang=zh")
    assert page.status_code == 302
    assert page.location == "/sign-in?next=%2Fcell%3Fscenario%3D1%26lang%3Dzh"
    for address in (DATA, "/_dash-layout", "/_dash-dependencies", "/runs"):
        answer = client.get(address)
        assert (answer.status_code, answer.data) == (401, b"")
    assert client.post(UPDATE, json={}).status_code == 401
    with client.get("/assets/gridmap.css") as style:
        assert style.status_code == 200


def test_the_form_is_in_both_languages_and_needs_no_script(client: FlaskClient) -> None:
    english, chinese = client.get("/sign-in"), client.get("/sign-in?lang=zh&next=/routes")
    assert '<html lang="en">' in english.text and "Password" in english.text
    assert '<html lang="zh">' in chinese.text and "密码" in chinese.text
    assert 'name="next" value="/routes"' in chinese.text
    assert 'name="viewport" content="width=device-width' in english.text
    assert "<script" not in english.text
    assert english.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in english.headers["Content-Security-Policy"]


def test_who_signs_in_sees_the_page_asked_for(client: FlaskClient) -> None:
    token = token_on(client.get("/sign-in?next=/routes?cell=2").text)
    form = {"name": "Li", "password": PASSWORD, "csrf_token": token, "next": "/routes?cell=2"}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.location) == (303, "/routes?cell=2")
    assert client.get(DATA).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb",
        "/a\\b", "", None,
    ],
)  # fmt: skip
def test_the_form_never_leads_to_another_site(address: str | None) -> None:
    assert local(address) == "/"


def test_a_stolen_session_dies_on_logout(people: People) -> None:
    app = app_with(people)
    mine, thief = browser_of(app, "li"), app.server.test_client()
    thief.set_cookie("gridmap_session", cookie(mine, "gridmap_session"))
    assert thief.get(DATA).status_code == 200
    left = mine.post("/sign-out", data={"csrf_token": cookie(mine, "gridmap_csrf")})
    assert (left.status_code, left.location) == (303, "/sign-in")
    assert mine.get_cookie("gridmap_session") is None
    assert thief.get(DATA).status_code == 401


def test_a_key_from_before_is_worth_nothing_after_signing_in(people: People) -> None:
    """Whoever put a key into the browser before (session fixation) gains nothing."""
    app = app_with(people)
    client = browser_of(app, "li")
    before = cookie(client, "gridmap_session")
    assert sign_in(client, "li") == 303
    assert cookie(client, "gridmap_session") != before
    thief = app.server.test_client()
    thief.set_cookie("gridmap_session", before)
    assert thief.get(DATA).status_code == 401


def test_the_cookies_are_out_of_reach(people: People) -> None:
    """Scripts can't read the key, other sites can't send it, and with https nothing else can."""
    for https, prefix in ((False, ""), (True, "__Host-")):
        client = app_with(people, https=https).server.test_client()
        where = "https://localhost" if https else "http://localhost"
        token = token_on(client.get("/sign-in", base_url=where).text)
        form = {"name": "li", "password": PASSWORD, "csrf_token": token}
        answer = client.post("/sign-in", data=form, base_url=where)
        set_ = [one for one in answer.headers.getlist("Set-Cookie") if "_session=" in one]
        assert len(set_) == 1
        assert set_[0].startswith(f"{prefix}gridmap_session=")
        assert ("Secure" in set_[0]) == https
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(set_[0].split("; "))
        assert "Domain" not in set_[0]
        assert ("Strict-Transport-Security" in answer.headers) == https


def test_ten_wrong_tries_lock_and_say_nothing_of_which_part_was_wrong(people: People) -> None:
    """For a name that exists and one that does not each of the answers is the same text."""
    said = {}
    for name in ("li", "nobody"):
        client = app_with(people).server.test_client()
        token = token_on(client.get("/sign-in").text)
        form = {"name": name, "password": "wrong wrong wrong", "csrf_token": token}
        answers = [client.post("/sign-in", data=form) for _ in range(MOST_TRIES)]
        answers.append(client.post("/sign-in", data={**form, "password": PASSWORD}))
        assert client.get(DATA).status_code == 401
        said[name] = {(one.status_code, one.text.replace(token, "")) for one in answers}
    assert said["li"] == said["nobody"]
    assert len(said["li"]) == 1


@pytest.mark.parametrize(
    ("https", "proxies", "told", "known"),
    [
        (False, 0, "192.0.2.7", "127.0.0.1"),
        (True, 0, "192.0.2.7", ""),
        (True, 1, "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        (True, 2, "6.6.6.6, 192.0.2.7, 10.0.0.1", "192.0.2.7"),
        (True, 2, "192.0.2.7", ""),
    ],
)
def test_an_address_is_believed_of_our_own_proxies_only(
    people: People, https: bool, proxies: int, told: str, known: str
) -> None:
    visitors = Visitors(people, https=https, proxies=proxies)
    with Flask("x").test_request_context(
        headers={"X-Forwarded-For": told}, environ_base={"REMOTE_ADDR": "127.0.0.1"}
    ):
        assert visitors.address() == known


def test_who_guesses_elsewhere_locks_nobody_out(people: People) -> None:
    client = app_with(people).server.test_client()
    for _ in range(MOST_TRIES):
        form = {
            "name": "li",
            "password": "wrong",
            "csrf_token": token_on(client.get("/sign-in").text),
        }
        client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert people.sign_in("li", PASSWORD, address="192.0.2.7") is None
    assert sign_in(client, "li") == 303


def test_the_page_names_who_is_signed_in_and_lets_them_leave(people: People) -> None:
    app = app_with(people)
    client = browser_of(app, "li")
    (output,) = (one for one in callbacks(app) if "app-header" in one)
    asked = question(app, output, {"app-url.pathname": "/cells", "app-url.search": ""})
    token = cookie(client, "gridmap_csrf")
    answer = client.post(UPDATE, json=asked, headers={"X-CSRFToken": token})
    assert answer.status_code == 200
    assert "Signed in as li" in answer.text
    assert token in answer.text
    assert cookie(client, "gridmap_session") not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-CSRFToken": "guess"}, 403),
        ({"X-CSRFToken": "TOKEN"}, 400),  # through the gate, where it names no callback
        ({"X-CSRFToken": "TOKEN", "Origin": "http://localhost"}, 400),
        ({"X-CSRFToken": "TOKEN", "Origin": "http://evil.example"}, 403),
        ({"X-CSRFToken": "TOKEN", "Origin": "null"}, 403),
        ({"X-CSRFToken": "TOKEN", "Sec-Fetch-Site": "same-origin"}, 400),
        ({"X-CSRFToken": "TOKEN", "Sec-Fetch-Site": "same-site"}, 403),
        ({"X-CSRFToken": "TOKEN", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_forged_requests_are_refused(people: People, headers: dict[str, str], status: int) -> None:
    client = browser_of(app_with(people), "li")
    token = cookie(client, "gridmap_csrf")
    sent = {name: value.replace("TOKEN", token) for name, value in headers.items()}
    assert client.post(UPDATE, json={"output": "none.such"}, headers=sent).status_code == status


def test_a_foreign_page_cannot_sign_a_browser_in_or_out(people: People) -> None:
    client = browser_of(app_with(people), "li")
    form = {"name": "li", "password": PASSWORD, "csrf_token": "guess"}
    before = cookie(client, "gridmap_session")
    assert client.post("/sign-in", data=form).status_code == 401
    assert client.post("/sign-out", data={"csrf_token": "guess"}).status_code == 403
    assert cookie(client, "gridmap_session") == before
    assert client.get(DATA).status_code == 200


def test_a_foreign_page_cannot_load_data(people: People) -> None:
    """But a link from elsewhere to a page of ours works."""
    client = browser_of(app_with(people), "li")
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert client.get(DATA, headers=foreign).status_code == 403
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/cells", headers=link).status_code == 200


def test_a_program_asks_with_a_token(people: People) -> None:
    client = app_with(people).server.test_client()
    token = people.tokens.add(OPERATOR, "li", TokenWish("QGIS"))
    asked = {"Authorization": f"Bearer {token}"}
    assert client.get(DATA, headers=asked).status_code == 200
    people.tokens.revoke(OPERATOR, token)
    assert client.get(DATA, headers=asked).status_code == 401
    assert client.get(DATA, headers={"Authorization": "Bearer x"}).status_code == 401


def test_large_requests_are_refused(people: People) -> None:
    client = browser_of(app_with(people), "li")
    headers = {"X-CSRFToken": cookie(client, "gridmap_csrf")}
    asked = {"output": "x" * 1_000_001}
    assert client.post(UPDATE, json=asked, headers=headers).status_code == 413
    assert client.post("/sign-in", data={"name": "x" * 1_000_001}).status_code == 413


def test_a_page_that_nobody_looks_at_does_not_keep_the_session(
    people: People, client: FlaskClient
) -> None:
    """The page asks for runs every two seconds by itself; that is no use of the session."""
    import datetime as dt

    assert sign_in(client, "li") == 303
    start = people.sessions._clock()
    late = dt.timedelta(minutes=0)
    people.sessions._clock = lambda: start + late
    for minutes in (20, 40, 59):
        late = dt.timedelta(minutes=minutes)
        assert client.get("/runs").status_code == 200
    late = dt.timedelta(minutes=61)
    assert client.get("/runs").status_code == 401
