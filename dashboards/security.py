"""Headers that keep a browser from loading anything but our own files."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response

#: Names under which the service may be asked; others are refused, since a foreign name that
#: points to this machine would let a foreign page read the plans.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")

_YEAR_S = 365 * 24 * 3600

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # nothing to other sites; with no-referrer our own forms would come from the origin "null"
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def content_policy(script_hashes: Sequence[str]) -> str:
    """Return the content security policy.

    Scripts are our own files and the one inline script by which Dash starts, named by its hash.
    Mantine, AG Grid and Plotly write style elements, hence inline styles.
    """
    scripts = " ".join(script_hashes)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def secure(
    server: Flask, script_hashes: Sequence[str], hosts: Sequence[str], *, https: bool = False
) -> None:
    """Add the headers to every answer, and refuse questions to other hosts than `hosts`.

    With `https` browsers are told never to come by another way.
    """
    headers = {**_FIXED, "Content-Security-Policy": content_policy(script_hashes)}
    if https:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}"
    server.config["TRUSTED_HOSTS"] = list(hosts)

    @server.after_request
    def add_headers(answer: Response) -> Response:
        for name, value in headers.items():
            answer.headers[name] = value
        answer.headers.remove("Server")
        return answer
