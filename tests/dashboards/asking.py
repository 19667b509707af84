"""Ask the service everything that it answers, made from the service itself.

Nothing is listed by hand but the values that fill addresses, parameters and bodies: what is added
to the service later is asked here too, or the test fails because nobody has said how.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pydantic
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from dashboards.api.contract import contract_of
from dashboards.ids import App
from dashboards.secured import callbacks, demand_of, demand_of_callback
from dashboards.state import Page
from gridmap.store.roles import Permission
from tests.dashboards.signed import cookie, question
from tests.dashboards.two_towns import FILE, Target

#: What fills the places of an address. A new kind of place has to be added here.
PLACES = {
    "cell_id": 1,
    "z": 0,
    "x": 0,
    "y": 0,
    "kind": "pdf",
    "filename": "gridmap.css",
    "package_name": "dash",
    "fingerprinted_path": "dash.py",
    "path": "cells",
    "file": FILE,
    "unknown": "nothing",
    "which": "after",
    "metric": "coverage",
    "row": 0,
}
#: A feature of each layer of the API, in the first cell.
FEATURES = {"cells": "1", "outlets": "own-0", "routes": "G01-1"}
#: What fills the fields of a query or a body that must be there; a new one has to be added here.
FIELDS: dict[str, Any] = {
    "kind": "reroute",
    "edit": {"kind": "lock", "cells": [1]},
    "versions": {"1": 1},
    "effective_from": "2026-03-01",
    "effective_until": "2026-04-01",
    "outlet": "p-0-1",
    "week": 1,
    "weekday": 1,
    "to_week": 1,
    "to_weekday": 2,
    "token": "seen",
    "lon": 25.0,
    "lat": 60.17,
}
_DAYS = itertools.count()
#: Asked elsewhere: callbacks one by one below, signing in and out in test_sign_in.py.
NOT_HERE = frozenset({"/_dash-update-component", "people.leave", "people.enter"})


@dataclass(frozen=True)
class Ask:
    """One request: an address or a callback, about a plan or a draft."""

    name: str
    demand: Permission | str
    about: str


def rules(app: Dash) -> list[tuple[Rule, str]]:
    """Every address with each method that it answers; what makes a draft again comes first.

    So a plan that was put before those who publish can still be published afterwards.
    """
    found = [
        (rule, method)
        for rule in app.server.url_map.iter_rules()
        if rule.endpoint not in NOT_HERE
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=lambda one: not one[0].endpoint.endswith("send_back"))


def pages(app: Dash, output: str) -> list[Page]:
    """The pages on which a callback is asked: all, if it hears of the address; else those with
    a selection.
    """
    heard = {one["id"] for one in app.callback_map[output]["inputs"]}
    return list(Page) if App.URL in heard else [Page.CELLS, Page.CARD, Page.ROUTES]


def listed(app: Dash) -> set[str]:
    """The names of all that can be asked: addresses with methods, callbacks on each page."""
    return {f"{method} {rule.rule}" for rule, method in rules(app)} | {
        f"{output} on {page}" for output in callbacks(app) for page in pages(app, output)
    }


def filled(rule: Rule, target: Target, cell: int) -> Iterator[tuple[str, str]]:
    """What an address of a rule is about, and the address: one, or one for each layer."""
    about = {"plan": target.plan, "draft": target.draft}
    if "scenario_id" not in rule.arguments:
        del about["draft"]
    for what, scenario in about.items():
        for layer, feature in FEATURES.items():
            named = {"name": f"{scenario}-{layer}", "feature": feature, "job_id": target.job,
                     "other_id": target.draft}  # fmt: skip
            places = {**PLACES, "scenario_id": scenario, "cell_id": cell, **named}
            unknown = rule.arguments - set(places)
            assert not unknown, f"{rule.rule}: say in PLACES what fills {sorted(unknown)}"
            path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda found: str(places[found[1]]), rule.rule)  # noqa: B023
            yield (layer if "name" in rule.arguments else what), path
            if "name" not in rule.arguments:
                break


def fields_of(model: type[pydantic.BaseModel], target: Target) -> dict[str, Any]:
    """Plausible values of the fields of a model, of all that must be there at least."""
    made = {
        "scenario_id": target.plan,
        "territory": target.town,
        "key": secrets.token_hex(8),
        # a cell changes hands on later days only, and to somebody else
        "person": secrets.token_hex(8),
        "begins": (dt.date(2026, 3, 1) + dt.timedelta(days=next(_DAYS))).isoformat(),
    }
    needed = {name for name, one in model.model_fields.items() if one.is_required()}
    # lists are asked whole, not of one cell
    known = {**FIELDS, **made} | ({"cell_id": 1} if "cell_id" in needed else {})
    unknown = needed - set(known)
    assert not unknown, f"{model.__name__}: say in FIELDS what fills {sorted(unknown)}"
    return {name: known[name] for name in model.model_fields if name in known}


def sent(app: Dash, rule: Rule, method: str, target: Target) -> Mapping[str, Any]:
    """Query and body that a route takes, from what it says of itself."""
    agreed = contract_of(app.server.view_functions[rule.endpoint])
    if agreed is None:
        return {}
    parts: dict[str, Any] = {}
    if agreed.query is not None:
        parts["query_string"] = fields_of(agreed.query, target)
    if agreed.body is not None and method != "GET":
        parts["json"] = fields_of(agreed.body, target)
    if agreed.file:
        table = f"id,lon,lat\n{secrets.token_hex(4)},25,60\n".encode()
        parts["data"] = {"file": (io.BytesIO(table), "table.csv")}
    return parts


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
    """What our own pages send with each request."""
    return {"X-CSRFToken": cookie(client, "gridmap_csrf")}


#: Letters that Dash draws by chance for each shell of a page: now and then they spell a code.
CHANCE = re.compile(r'"end_id":"[^"]*"')


def answers(
    app: Dash, client: FlaskClient, target: Target, cell: int = 1, *, signed_in: bool = True
) -> Iterator[tuple[Ask, int, str]]:
    """Ask everything about a target; each question with the status and text of its answer."""
    known = headers(client) if signed_in else {}
    for rule, method in rules(app):
        demand = demand_of(app.server, rule.endpoint)
        assert demand is not None
        for about, path in filled(rule, target, cell):
            parts = sent(app, rule, method, target)
            with client.open(path, method=method, headers=known, **parts) as answer:
                said = CHANCE.sub("", answer.get_data().decode("utf-8", "replace"))
            yield Ask(f"{method} {rule.rule}", demand, about), answer.status_code, said
    for output in callbacks(app):
        demand = demand_of_callback(app, output)
        assert demand is not None
        for page in pages(app, output):
            asked = question(app, output, values(target.plan, cell, page))
            answer = client.post("/_dash-update-component", json=asked, headers=known)
            yield Ask(f"{output} on {page}", demand, "plan"), answer.status_code, answer.text
