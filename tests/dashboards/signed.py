"""The dashboard with accounts, and browsers that sign in to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from argon2 import PasswordHasher
from dash import Dash
from flask.testing import FlaskClient

from dashboards.access import PlanStore
from dashboards.app import create_app
from dashboards.downloads import Exports
from dashboards.elsewhere import SignInElsewhere
from gridmap.store.accounts import Grant
from gridmap.store.engine import open_engine
from gridmap.store.passwords import Passwords
from gridmap.store.people import People
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore, make_plan, plain_exports

OPERATOR = Scope.everything()
PASSWORD = "eine lange Reihe"  # noqa: S105
#: Real parameters take 50 ms a hash; these say the same of what is tested here.
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def people_with(folder: Path, **grants: Grant) -> People:
    """Accounts, by name, in a database of their own."""
    engine: sa.Engine = open_engine(f"sqlite:///{(folder / 'people.db').as_posix()}")
    people = People(engine, passwords=CHEAP)
    for name, grant in grants.items():
        people.accounts.add(OPERATOR, name, grant, password=PASSWORD)
    return people


def app_with(
    people: People,
    *,
    store: PlanStore | None = None,
    exports: Exports | None = None,
    https: bool = False,
    elsewhere: SignInElsewhere | None = None,
) -> Dash:
    """The dashboard over the town, for people."""
    return create_app(
        store or MemoryStore(make_plan()),
        exports=exports or plain_exports(),
        people=people,
        https=https,
        elsewhere=elsewhere,
    )


def token_on(page: str) -> str:
    """The token that a form repeats."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **fields: str) -> int:
    """Fill in the form as a browser does; the status of the answer."""
    token = token_on(client.get("/sign-in").text)
    form = {"name": name, "password": password, "csrf_token": token, **fields}
    return client.post("/sign-in", data=form).status_code


def browser_of(app: Dash, name: str) -> FlaskClient:
    """A browser in which a person has signed in."""
    client = app.server.test_client()
    assert sign_in(client, name) == 303
    return client


def cookie(client: FlaskClient, name: str) -> str:
    """The value of a cookie."""
    found = client.get_cookie(name)
    assert found is not None
    return found.value


def question(app: Dash, output: str, values: Mapping[str, object]) -> dict[str, object]:
    """What a browser sends to run a callback; `values` by id and property, else nothing."""
    wired = app.callback_map[output]
    ends = [end.rsplit(".", 1) for end in output.strip(".").split("...")]
    outputs = [{"id": name, "property": prop} for name, prop in ends]

    def filled(wires: list[dict[str, str]]) -> list[dict[str, object]]:
        return [{**one, "value": values.get(f"{one['id']}.{one['property']}")} for one in wires]

    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": filled(wired["inputs"]),
        "state": filled(wired["state"]),
        "changedPropIds": [],
    }
