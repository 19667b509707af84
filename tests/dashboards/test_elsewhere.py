"""Signing in at another service, against a provider of our own on loopback."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, provider_on_loopback

from dashboards.elsewhere import SignInElsewhere
from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.roles import Role
from tests.dashboards.signed import OPERATOR, app_with, people_with

DATA = "/data/1/cells.geojson"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider_on_loopback() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The provider, which tells the truth."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    running.subject, running.lies, running.signing_key = "user-1", {}, running.key
    return running


@pytest.fixture
def people(tmp_path: Path, provider: Provider) -> People:
    """One person, who signs in at the provider only."""
    people = people_with(tmp_path)
    people.accounts.add(
        OPERATOR,
        "li",
        Grant(Role.VIEWER, everywhere=True),
        oidc_subject=f"{provider.issuer}|user-1",
    )
    return people


@pytest.fixture
def client(people: People, provider: Provider) -> FlaskClient:
    way = SignInElsewhere(provider.issuer, CLIENT_ID, CLIENT_SECRET, "k" * 32)
    return app_with(people, elsewhere=way).server.test_client()


def way_back(client: FlaskClient, provider: Provider) -> str:
    """Go to the provider; the address at which it sends the browser back."""
    away = client.get("/sign-in/elsewhere?next=/routes")
    assert away.status_code == 302, away.text
    assert away.location.startswith(f"{provider.issuer}/authorize?")
    back = urlsplit(provider.authorize(away.location))
    assert back.path == "/sign-in/elsewhere/done"
    return f"{back.path}?{back.query}"


def test_who_has_an_account_comes_back_signed_in(client: FlaskClient, provider: Provider) -> None:
    assert "/sign-in/elsewhere?" in client.get("/sign-in").text
    answer = client.get(way_back(client, provider))
    assert (answer.status_code, answer.location) == (303, "/routes")
    assert client.get(DATA).status_code == 200


def test_who_has_no_account_is_refused(client: FlaskClient, provider: Provider) -> None:
    provider.subject = "user-2"
    answer = client.get(way_back(client, provider))
    assert answer.status_code == 401
    assert "no account here" in answer.text
    assert client.get(DATA).status_code == 401


def test_a_closed_account_is_refused(
    client: FlaskClient, provider: Provider, people: People
) -> None:
    people.accounts.set_disabled(OPERATOR, "li", True)
    assert client.get(way_back(client, provider)).status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another"},
        {"iss": "http://evil.example"},
        {"nonce": "old"},
        {"exp": 1},
        {"sub": None},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_token_that_is_not_for_us_now_is_refused(
    client: FlaskClient, provider: Provider, lie: dict[str, object]
) -> None:
    provider.lies = lie
    assert client.get(way_back(client, provider)).status_code == 401
    assert client.get(DATA).status_code == 401


def test_a_token_signed_by_another_key_is_refused(client: FlaskClient, provider: Provider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "1"})
    assert client.get(way_back(client, provider)).status_code == 401


def test_a_code_is_good_for_the_browser_that_asked_only(
    client: FlaskClient, provider: Provider
) -> None:
    """A foreign page that sends a browser back with its own code (login forgery) gains nothing."""
    back = way_back(client, provider)
    victim = client.application.test_client()
    assert victim.get(back).status_code == 401
    assert client.get(back.replace("state=", "state=x")).status_code == 401


def test_a_code_is_good_once(client: FlaskClient, provider: Provider) -> None:
    back = way_back(client, provider)
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 401


def test_a_person_who_breaks_off_can_try_again(client: FlaskClient, provider: Provider) -> None:
    way_back(client, provider)
    answer = client.get("/sign-in/elsewhere/done?error=access_denied&state=x")
    assert answer.status_code == 401
    assert "try again" in answer.text


def test_a_service_that_is_away_is_told(people: People) -> None:
    way = SignInElsewhere("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET, "k" * 32)
    client = app_with(people, elsewhere=way).server.test_client()
    answer = client.get("/sign-in/elsewhere")
    assert answer.status_code == 401
    assert "did not work" in answer.text
