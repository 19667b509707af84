"""Who asks: the session in a cookie, or the token in a header, of the current request."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from flask import Response, abort, g, has_app_context, request

from gridmap.store.digests import digest
from gridmap.store.people import People
from gridmap.store.scope import Scope

#: Name of the field and of the header that repeat the token against forged requests.
CSRF_FIELD: Final = "csrf_token"
CSRF_HEADER: Final = "X-CSRFToken"
_SCHEME: Final = "Bearer "
_MOST_CHARACTERS: Final = 200
#: What an open page asks every few seconds though nobody sits before it.
_ASKED_BY_ITSELF: Final = ("gridmap.runs", "editor.steps", "rest.jobs", "cycle.head")


@dataclass(frozen=True)
class Visitor:
    """The caller of a request. `key` is that of the session; None = came with a token."""

    scope: Scope
    key: str | None


class Visitors:
    """Knows callers by what they bring.

    Parameters
    ----------
    people
        Accounts, sessions and tokens.
    https
        Whether browsers reach the service by https: cookies then are sent by no other way.
    proxies
        Servers before this one that add to ``X-Forwarded-For`` whom they were asked by.
    """

    def __init__(self, people: People, *, https: bool, proxies: int = 0) -> None:
        self.people = people
        self.proxies = proxies
        self.https = https
        # with this prefix a browser takes the cookie from this very host only
        prefix = "__Host-" if https else ""
        self.session_cookie = f"{prefix}gridmap_session"
        self.csrf_cookie = f"{prefix}gridmap_csrf"

    def scope(self) -> Scope:
        """Return how far the caller reaches; who is not signed in is sent away."""
        visitor = self.current()
        if visitor is None:
            abort(401)
        return visitor.scope

    def current(self) -> Visitor | None:
        """Return the caller of the current request, asked of the store once a request."""
        if "gridmap_visitor" not in g:
            g.gridmap_visitor = self._found()
        found: Visitor | None = g.gridmap_visitor
        return found

    def address(self) -> str:
        """Return the network address of the caller; empty if it is not known.

        What a browser says of itself is not believed: only what the nearest proxies added. The
        server with https that stands before us has the same address for everybody, which says
        nothing.
        """
        if not self.proxies:
            return "" if self.https else request.remote_addr or ""
        told = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
        return told[-self.proxies].strip() if len(told) >= self.proxies else ""

    def session_key(self) -> str | None:
        """Return the key of a session that the browser sent, whatever it is worth."""
        key = request.cookies.get(self.session_cookie)
        return key if key and len(key) <= _MOST_CHARACTERS else None

    def repeats_csrf_token(self) -> bool:
        """Return whether the request repeats the token that only our own pages can read."""
        key = self.session_key()
        expected = csrf_token(key) if key else request.cookies.get(self.csrf_cookie, "")
        given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
        return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())

    def begin(self, answer: Response, key: str) -> None:
        """Hand the key of a new session to the browser."""
        self._set(answer, self.session_cookie, key, httponly=True)
        self._set(answer, self.csrf_cookie, csrf_token(key), httponly=False)

    def end(self, answer: Response) -> None:
        """Take the key from the browser."""
        for name in (self.session_cookie, self.csrf_cookie):
            answer.delete_cookie(name, path="/", secure=self.https, samesite="Lax")

    def token_for_form(self, key: str | None) -> str:
        """Return the token for a form, of a session or of a browser that has none yet."""
        if key is not None:
            return csrf_token(key)
        return request.cookies.get(self.csrf_cookie) or secrets.token_urlsafe(32)

    def remember_stranger(self, answer: Response, token: str) -> None:
        """Let the browser bring the token of the form as a cookie too."""
        self._set(answer, self.csrf_cookie, token, httponly=False)

    def _found(self) -> Visitor | None:
        header = request.headers.get("Authorization", "")
        if header.startswith(_SCHEME) and len(header) <= _MOST_CHARACTERS:
            scope = self.people.tokens.scope(header.removeprefix(_SCHEME).strip())
            return None if scope is None else Visitor(scope, None)
        key = self.session_key()
        if key is None:
            return None
        used = request.endpoint not in _ASKED_BY_ITSELF
        scope = self.people.sessions.scope(key, used=used)
        return None if scope is None else Visitor(scope, key)

    def _set(self, answer: Response, name: str, value: str, *, httponly: bool) -> None:
        answer.set_cookie(
            name, value, path="/", httponly=httponly, secure=self.https, samesite="Lax"
        )


def csrf_token(key: str) -> str:
    """Return the token of a session; from it the key can't be found."""
    return digest(f"csrf {key}")


def current_key() -> str | None:
    """Return the key of the session of the current request; None = came with a token."""
    visitor: Visitor | None = g.get("gridmap_visitor") if has_app_context() else None
    return None if visitor is None else visitor.key
