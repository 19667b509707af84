"""Sign in and out: plain forms that need no script."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

from dashboards.secured import public
from dashboards.visitors import CSRF_FIELD, Visitors
from gridmap.catalogue import LANGUAGES, Language, text

_NAMES = {"en": "English", "zh": "中文"}


def add_sign_in(
    server: Flask, visitors: Visitors, *, language: Language, elsewhere: bool = False
) -> None:
    """Add the pages to a server.

    Parameters
    ----------
    server, visitors
        The server, and who knows its callers.
    language
        Language of a page whose address names none.
    elsewhere
        Whether there is another service at which people may sign in.
    """
    pages = Blueprint("people", __name__, template_folder="templates")

    @pages.get("/sign-in")
    @public
    def form() -> AnyResponse:
        return sign_in_page(visitors, language, elsewhere=elsewhere)

    @pages.post("/sign-in")
    @public
    def enter() -> AnyResponse:
        if not visitors.repeats_csrf_token():
            # an old page, say after another sign-in in the same browser: once more
            return sign_in_page(
                visitors, language, problem="people.sign_in.stale", elsewhere=elsewhere
            )
        key = visitors.people.sign_in(
            request.form.get("name", ""),
            request.form.get("password", ""),
            address=visitors.address(),
            instead_of=visitors.session_key(),
        )
        if key is None:
            return sign_in_page(
                visitors, language, problem="people.sign_in.wrong", elsewhere=elsewhere
            )
        answer = make_response(redirect(local(request.form.get("next")), code=303))
        visitors.begin(answer, key)
        return answer

    @pages.post("/sign-out")
    @public
    def leave() -> AnyResponse:
        if not visitors.repeats_csrf_token():
            abort(403)
        if key := visitors.session_key():
            visitors.people.sessions.end(key)
        answer = make_response(redirect("/sign-in", code=303))
        visitors.end(answer)
        return answer

    server.register_blueprint(pages)


def sign_in_page(
    visitors: Visitors, language: Language, *, problem: str = "", elsewhere: bool = False
) -> Response:
    """Return the form; with a problem, a key of the catalogue, it is an answer of refusal."""
    asked = request.args.get("lang", language)
    spoken = next((one for one in LANGUAGES if one == asked), language)
    key = visitors.session_key()
    token = visitors.token_for_form(key)
    answer = make_response(
        render_template(
            "sign_in.html",
            say=partial(_say, spoken),
            language=spoken,
            languages=[(one, _NAMES[one]) for one in LANGUAGES],
            problem=text(problem, spoken) if problem else "",
            csrf_field=CSRF_FIELD,
            csrf_token=token,
            next=local(request.values.get("next")),
            elsewhere=elsewhere,
        ),
        401 if problem else 200,
    )
    answer.cache_control.no_store = True
    if key is None:
        visitors.remember_stranger(answer, token)
    return answer


def local(address: str | None) -> str:
    """Return an address of our own pages; anything else becomes the first page."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(address)
    fine = address.isprintable() and not parts.scheme and not parts.netloc
    return address if fine and "\\" not in address else "/"


def _say(language: Language, name: str) -> str:
    return text(f"people.sign_in.{name}", language)
