"""Random secrets of which only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets


def new_secret(prefix: str = "") -> str:
    """Return 256 random bits as text that may stand in a cookie or a header."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the hash under which a random secret is kept; it needs no salt, being random."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
