"""The gate that every request passes before anything else looks at it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

from dash import Dash
from flask import Response, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from dashboards.secured import Demand, current_scope, demand_of, demand_of_callback
from dashboards.visitors import Visitors

_READING: Final = ("GET", "HEAD", "OPTIONS")
_PAGES: Final = ("/", "/<path:path>")
_UPDATE: Final = "/_dash-update-component"
#: Nothing that a page sends today is larger; a route that takes files says more for itself.
MOST_BYTES: Final = 1_000_000


def add_gate(app: Dash, visitors: Visitors | None) -> None:
    """Put the gate before all routes and callbacks.

    Parameters
    ----------
    app
        The application.
    visitors
        Knows the callers; None = there are no accounts, and this machine alone can ask.
    """
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    @server.before_request
    def gate() -> AnyResponse | None:
        if request.endpoint is None:
            return None  # there is no such address, and Flask says so
        demand = demand_of(server, request.endpoint)
        if demand is None or _comes_from_elsewhere(demand):
            abort(403)
        if demand == "public":
            return None
        if visitors is not None:
            visitor = visitors.current()
            if visitor is None:
                return _sign_in_first()
            g.user = visitor.scope.user  # for the log
            forged = visitor.key is not None and not visitors.repeats_csrf_token()
            if forged and request.method not in _READING:
                abort(403)
        if not current_scope().may(demand):
            abort(403)
        if request.endpoint == _UPDATE:
            _require_callback(app)
        return None


def _comes_from_elsewhere(demand: Demand) -> bool:
    """Return whether a page of another site makes the browser ask.

    Following a link to here is fine, as is fetching our public files.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.method in _READING:
        navigates = request.headers.get("Sec-Fetch-Mode") == "navigate"
        return demand != "public" and site not in ("same-origin", "none") and not navigates
    origin = request.headers.get("Origin")
    return site != "same-origin" or (origin is not None and urlsplit(origin).netloc != request.host)


def _sign_in_first() -> AnyResponse:
    if request.endpoint in _PAGES and request.method in _READING:
        where = request.full_path.rstrip("?")
        return redirect(f"/sign-in?{urlencode({'next': where})}")
    return Response("", status=401)


def _require_callback(app: Dash) -> None:
    """Refuse what names no callback, or one of which nobody has said what it demands."""
    asked = request.get_json(silent=True)
    output = asked.get("output") if isinstance(asked, dict) else None
    if not isinstance(output, str) or demand_of_callback(app, output) is None:
        abort(400)
