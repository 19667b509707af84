"""Sign in at another service by OpenID Connect; needs ``gridmap-planner[oidc]``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

import requests
from flask import Blueprint, Flask, make_response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from dashboards.secured import public
from dashboards.sign_in import local, sign_in_page
from dashboards.visitors import Visitors
from gridmap.catalogue import Language
from gridmap.errors import EngineError, fault

log = logging.getLogger(__name__)

_NEXT: Final = "next"
#: Seconds that the other service may take for an answer.
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True)
class SignInElsewhere:
    """The other service, and the way there and back.

    Attributes
    ----------
    issuer
        Its address, below which its ``.well-known/openid-configuration`` stands.
    client_id, client_secret
        What it knows us by.
    secret_key
        Signs the cookie in which a browser carries what must come back unchanged.
    public_url
        Address by which browsers reach us; empty = the one they used.
    """

    issuer: str
    client_id: str
    client_secret: str
    secret_key: str
    public_url: str = ""


def add_elsewhere(
    server: Flask, visitors: Visitors, provider: SignInElsewhere, *, language: Language
) -> None:
    """Add the way to the other service and back to a server.

    An account is known by issuer and subject, which the service never gives to another person;
    names and e-mail addresses may change hands.

    Parameters
    ----------
    server, visitors, provider
        Our server, who knows its callers, and the other service.
    language
        Language of pages whose address names none.

    Raises
    ------
    EngineError
        If Authlib is not installed.
    """
    client = _client(server, provider)
    server.secret_key = provider.secret_key
    server.config.update(
        SESSION_COOKIE_NAME=f"{'__Host-' if visitors.https else ''}gridmap_way",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=visitors.https,
    )
    refusals = _refusals()
    pages = Blueprint("elsewhere", __name__)

    def refused(problem: str) -> AnyResponse:
        session.clear()
        return sign_in_page(visitors, language, problem=problem, elsewhere=True)

    @pages.get("/sign-in/elsewhere")
    @public
    def leave() -> AnyResponse:
        session.clear()
        session[_NEXT] = local(request.args.get("next"))
        back = (provider.public_url or request.url_root).rstrip("/") + "/sign-in/elsewhere/done"
        try:
            answer: AnyResponse = client.authorize_redirect(back)
        except refusals as error:
            log.warning("the sign-in service cannot be asked: %s", error)
            return refused("people.sign_in.elsewhere_failed")
        return answer

    @pages.get("/sign-in/elsewhere/done")
    @public
    def come_back() -> AnyResponse:
        where = local(session.get(_NEXT))
        try:
            claims: dict[str, Any] = client.authorize_access_token()["userinfo"]
            issuer, subject = str(claims["iss"]), str(claims["sub"])
        except refusals as error:
            log.warning("the sign-in service refused, or its answer cannot be trusted: %s", error)
            return refused("people.sign_in.elsewhere_failed")
        people = visitors.people
        account_id = people.accounts.of_subject(f"{issuer}|{subject}")
        if issuer != provider.issuer or account_id is None:
            log.warning("nobody has this subject: %r", f"{issuer}|{subject}")
            return refused("people.sign_in.elsewhere_unknown")
        session.clear()
        answer = make_response(redirect(where, code=303))
        key = people.sessions.begin(account_id, instead_of=visitors.session_key())
        visitors.begin(answer, key)
        return answer

    server.register_blueprint(pages)


def _client(server: Flask, provider: SignInElsewhere) -> Any:
    try:
        from authlib.integrations.flask_client import OAuth
    except ModuleNotFoundError as error:
        raise EngineError(fault("people.no_authlib", reason=error)) from error
    metadata = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    return OAuth(server).register(
        "oidc",
        server_metadata_url=metadata,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        client_kwargs={
            "scope": "openid",
            "code_challenge_method": "S256",
            "default_timeout": _PATIENCE_S,
        },
    )


def _refusals() -> tuple[type[Exception], ...]:
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    return AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError
