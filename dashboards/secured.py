"""What each callback and each address demands; the service starts only if all of them say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final, Literal, ParamSpec, TypeVar

from dash import Dash
from flask import Flask, abort, current_app

from gridmap.errors import EngineError, fault
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope

P = ParamSpec("P")
R = TypeVar("R")
#: A permission, or nothing but the way here.
Demand = Permission | Literal["public"]

#: What the addresses demand that Dash itself and Flask answer.
OF_DASH: Final[dict[str, Demand]] = {
    "static": "public",
    "_dash_assets.static": "public",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": "public",
    "/_favicon.ico": "public",
    "/_dash-layout": Permission.READ,
    "/_dash-dependencies": Permission.READ,
    "/_dash-update-component": Permission.READ,
    "/_reload-hash": Permission.READ,
    "/": Permission.READ,
    "/<path:path>": Permission.READ,
}

_MARK: Final = "gridmap_demand"
_SCOPE: Final = "gridmap.scope"


def secured(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only callers through whose role carries the permission; the others are forbidden."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_scope().may(permission):
                abort(403)
            return function(*args, **kwargs)

        setattr(guarded, _MARK, permission)
        return guarded

    return decorate


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Declare that an address is for everybody: it shows nothing of any plan."""
    setattr(function, _MARK, "public")
    return function


def ask_scope_of(server: Flask, scope: Callable[[], Scope]) -> None:
    """Say who tells how far the caller of the current request reaches."""
    server.extensions[_SCOPE] = scope


def current_scope() -> Scope:
    """Return how far the caller of the current request reaches."""
    scope: Scope = current_app.extensions[_SCOPE]()
    return scope


def demand_of(server: Flask, endpoint: str) -> Demand | None:
    """Return what an address demands; None if nobody has said."""
    declared: Demand | None = getattr(server.view_functions.get(endpoint), _MARK, None)
    return declared or OF_DASH.get(endpoint)


def demand_of_callback(app: Dash, output: str) -> Demand | None:
    """Return what a callback on the server demands; None if there is none, or nobody has said."""
    declared: Demand | None = getattr(callbacks(app).get(output), _MARK, None)
    return declared


def callbacks(app: Dash) -> dict[str, Any]:
    """Return the functions of the callbacks that run on the server, by their outputs."""
    return {
        output: one["callback"] for output, one in app.callback_map.items() if "callback" in one
    }


def require_declared(app: Dash) -> None:
    """Refuse to start with a callback or an address of which nobody has said what it demands.

    Raises
    ------
    EngineError
        Naming all of them.
    """
    if missing := [*_undeclared(app)]:
        raise EngineError(*(fault("people.undeclared", one) for one in missing))


def _undeclared(app: Dash) -> Iterator[str]:
    for rule in app.server.url_map.iter_rules():
        if demand_of(app.server, rule.endpoint) is None:
            yield rule.rule
    for output in callbacks(app):
        if demand_of_callback(app, output) is None:
            yield output
