"""The service does not start with anything of which nobody said what it demands."""

from pathlib import Path

import pytest
from dash import Input, Output

from dashboards.app import create_app
from dashboards.secured import callbacks, demand_of, require_declared, secured
from gridmap.errors import EngineError
from gridmap.store.accounts import Grant
from gridmap.store.roles import Permission, Role
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore, make_plan, plain_exports
from tests.dashboards.signed import app_with, browser_of, people_with


def test_an_undeclared_address_is_found_at_the_start() -> None:
    app = create_app(MemoryStore(make_plan()), exports=plain_exports())
    app.server.add_url_rule("/secrets", view_func=lambda: "secrets", endpoint="secrets")
    with pytest.raises(EngineError, match="/secrets"):
        require_declared(app)


def test_an_undeclared_callback_is_found_at_the_start() -> None:
    app = create_app(MemoryStore(make_plan()), exports=plain_exports())

    @app.callback(Output("app-runs", "children"), Input("app-url", "search"))
    def leak(_: str) -> str:
        return "secrets"

    with pytest.raises(EngineError, match=r"app-runs\.children"):
        require_declared(app)
    asked = {
        "output": "app-runs.children",
        "outputs": {"id": "app-runs", "property": "children"},
        "inputs": [{"id": "app-url", "property": "search", "value": ""}],
        "changedPropIds": [],
    }
    answer = app.server.test_client().post("/_dash-update-component", json=asked)
    assert answer.status_code == 400
    assert b"secrets" not in answer.data


def test_what_is_added_after_the_start_is_refused() -> None:
    app = create_app(MemoryStore(make_plan()), exports=plain_exports())
    app.server.add_url_rule("/secrets", view_func=lambda: "secrets", endpoint="secrets")
    answer = app.server.test_client().get("/secrets")
    assert answer.status_code == 403
    assert b"secrets" not in answer.data


def test_what_the_role_does_not_carry_is_forbidden(tmp_path: Path) -> None:
    people = people_with(tmp_path, viewer=Grant(Role.VIEWER, everywhere=True))
    app = app_with(people)
    app.server.add_url_rule(
        "/edit", view_func=secured(Permission.EDIT)(lambda: "edited"), endpoint="edit"
    )
    assert browser_of(app, "viewer").get("/edit").status_code == 403


def test_the_decorator_itself_forbids() -> None:
    """A second lock behind the gate, for callbacks and for what is called from elsewhere."""
    from werkzeug.exceptions import Forbidden

    narrow = Scope(None, role=Role.VIEWER)
    app = create_app(MemoryStore(make_plan()), exports=plain_exports(), scope=lambda: narrow)
    with app.server.test_request_context("/"), pytest.raises(Forbidden):
        secured(Permission.EDIT)(lambda: "edited")()


def test_mcp_stays_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    app = create_app(MemoryStore(make_plan()), exports=plain_exports())
    assert not any("mcp" in rule.rule for rule in app.server.url_map.iter_rules())


def test_data_and_files_demand_more_than_being_there(tmp_path: Path) -> None:
    app = app_with(people_with(tmp_path))
    demands = {
        rule.rule: demand_of(app.server, rule.endpoint) for rule in app.server.url_map.iter_rules()
    }
    assert all(
        demand == Permission.EXPORT
        for rule, demand in demands.items()
        if rule.startswith("/download")
    )
    public = {rule for rule, demand in demands.items() if demand == "public"}
    assert public == {
        "/static/<path:filename>",
        "/assets/<path:filename>",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "/_favicon.ico",
        "/healthz",
        "/readyz",
        "/sign-in",
        "/sign-out",
    }
    assert len(callbacks(app)) >= 5
