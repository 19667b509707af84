"""REST under ``/api/v1``: each route reads what it was sent, makes one call, and answers."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from dashboards.api.cycle_routes import add_cycle_routes
from dashboards.api.description import describe
from dashboards.api.draft_routes import add_draft_routes
from dashboards.api.file_routes import add_file_routes
from dashboards.api.hand_routes import add_hand_routes
from dashboards.api.job_routes import add_job_routes
from dashboards.api.plan_routes import add_plan_routes
from dashboards.api.problems import NotThere, asked_language, problem, told, told_http
from dashboards.api.status_routes import add_status_routes
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language
from gridmap.errors import GridmapError, fault
from gridmap.store.roles import Permission

PREFIX = "/api/v1"
#: Ways of asking that get an answer in JSON, though it says that nothing is asked in that way.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")


def rest_blueprint(desk: Desk, work: Workshop, *, language: Language) -> Blueprint:
    """Return the routes under ``/api/v1``; each asks the scope anew."""
    routes = Blueprint("rest", __name__, url_prefix=PREFIX)
    add_plan_routes(routes, desk, work)
    add_draft_routes(routes, desk, work, language=language)
    add_cycle_routes(routes, desk, work, language=language)
    add_status_routes(routes, desk, work)
    add_hand_routes(routes, desk, work)
    add_job_routes(routes, desk, work, language=language)
    add_file_routes(routes, desk, work, language=language)

    @routes.get("/openapi.json")
    @secured(Permission.READ)
    def openapi() -> dict[str, object]:
        return describe(PREFIX, asked_language(language))

    @routes.route("/<path:unknown>", methods=METHODS)
    @secured(Permission.READ)
    def nowhere(unknown: str) -> Response:
        other = other_methods(f"{PREFIX}/{unknown}")
        if other:
            raise MethodNotAllowed(other)
        raise NotThere(fault("api.no_address"))

    @routes.errorhandler(GridmapError)
    def failed(error: GridmapError) -> Response:
        return told(error, asked_language(language))

    @routes.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return told_http(error, asked_language(language))

    @routes.app_errorhandler(NotFound)
    def no_address(error: NotFound) -> AnyResponse:
        # no rule takes an address with a line break, not even the one for unknown addresses
        if request.endpoint is None and request.path.startswith(f"{PREFIX}/"):
            return told(NotThere(fault("api.no_address")), asked_language(language))
        return error.get_response(request.environ)

    @routes.after_request
    def explain(answer: Response) -> Response:
        if answer.status_code != 401 or answer.data:
            return answer
        return problem(401, (fault("api.sign_in"),), asked_language(language))

    return routes


def other_methods(path: str) -> list[str]:
    """Return the methods by which a path of the API may be asked; none if there is no such path."""
    addresses = current_app.url_map.bind(request.host)
    found = []
    for method in METHODS:
        try:
            endpoint, _ = addresses.match(path, method=method)
        except (NotFound, RequestRedirect):
            continue
        if endpoint != "rest.nowhere":
            found.append(method)
    return found
