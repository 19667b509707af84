"""Whether a service may listen at an address, and whether people must sign in to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gridmap.errors import InputError, fault

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Admission:
    """How a service admits callers.

    Attributes
    ----------
    sign_in
        Whether people must sign in; without, only this machine can ask, and may do everything.
    https
        Whether browsers come by https.
    host
        Name under which browsers know the service; empty = that of this machine.
    """

    sign_in: bool
    https: bool = False
    host: str = ""


def admission(address: str, *, public_url: str, accounts: bool) -> Admission:
    """Decide how a service that listens at an address admits callers.

    Parameters
    ----------
    address
        Host to listen on.
    public_url
        Address that browsers use, that of the server before ours; may be empty.
    accounts
        Whether there is any account.

    Raises
    ------
    InputError
        If strangers could reach the service without signing in, or passwords could be read on
        their way.
    """
    here = address in LOOPBACK
    if not accounts:
        if not here or public_url:
            raise InputError(fault("cli.no_accounts", public_url or address))
        return Admission(sign_in=False)
    if not public_url:
        if not here:
            raise InputError(fault("cli.no_public_url", address))
        return Admission(sign_in=True)
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    plain = parts.scheme == "http" and host in LOOPBACK
    if not host or not (parts.scheme == "https" or plain) or parts.path not in ("", "/"):
        raise InputError(fault("cli.bad_public_url", public_url))
    return Admission(sign_in=True, https=parts.scheme == "https", host=host)
