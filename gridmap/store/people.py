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

    def sign_in(self, name: str, password: str, *, instead_of: str | None = None) -> str | None:
        """Return the key of a new session; None for whatever reason it cannot be."""
        if not self.logins.may_try(name):
            return None
        account_id = self.accounts.signing_in(name, password)
        if account_id is None:
            return None
        self.logins.forget(name)
        return self.sessions.begin(account_id, instead_of=instead_of)
