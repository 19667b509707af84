"""All that the store knows of people, in one hand."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.store.accounts import Accounts
from gridmap.store.contacts import ContactLog
from gridmap.store.logins import Logins
from gridmap.store.passwords import Passwords
from gridmap.store.people_base import Clock
from gridmap.store.rows import now
from gridmap.store.sessions import SessionLimits, Sessions
from gridmap.store.tokens import Tokens


class People:
    """Accounts, sessions, tokens, and the tries to sign in, of one database.

    Parameters
    ----------
    engine
        The database.
    passwords
        How passwords are hashed.
    limits
        How long a session lives.
    clock
        Tells the time in UTC.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        passwords: Passwords | None = None,
        limits: SessionLimits | None = None,
        clock: Clock = now,
    ) -> None:
        self.accounts = Accounts(engine, passwords=passwords, clock=clock)
        self.sessions = Sessions(engine, limits=limits, clock=clock)
        self.tokens = Tokens(engine, clock=clock)
        self.logins = Logins(engine, clock=clock)
        self.contacts = ContactLog(engine, clock=clock)

    def sign_in(
        self, name: str, password: str, *, address: str = "", instead_of: str | None = None
    ) -> str | None:
        """Return the key of a new session; None for whatever reason it cannot be.

        Parameters
        ----------
        name, password
            What was typed.
        address
            Where it came from, see `Logins.may_try`.
        instead_of
            Key that the browser held before; it ends.
        """
        if not self.logins.may_try(name, address):
            return None
        account_id = self.accounts.signing_in(name, password)
        if account_id is None:
            return None
        self.logins.succeeded(name, address)
        return self.sessions.begin(account_id, instead_of=instead_of)
