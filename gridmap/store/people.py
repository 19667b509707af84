"""All that the store knows of people, in one hand."""

from __future__ import annotations

import secrets
from typing import Final

import sqlalchemy as sa

from gridmap.errors import InputError, fault
from gridmap.store.accounts import Accounts
from gridmap.store.audit import AuditLog
from gridmap.store.contacts import ContactLog
from gridmap.store.grants import Grant
from gridmap.store.logins import Logins
from gridmap.store.passwords import Passwords
from gridmap.store.people_base import Clock
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.sessions import SessionLimits, Sessions
from gridmap.store.tokens import Tokens

#: Random bytes of a password that an administrator hands over: 20 characters.
_CHANCE_BYTES: Final = 15


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
        self.audit = AuditLog(engine)

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

    def add(self, scope: Scope, name: str, grant: Grant) -> str:
        """Add an account with a password made by chance and return it; it can't be shown again.

        Raises
        ------
        InputError, PermissionDenied
            As of `Accounts.add`.
        """
        password = secrets.token_urlsafe(_CHANCE_BYTES)
        self.accounts.add(scope, name, grant, password=password)
        return password

    def reset_password(self, scope: Scope, name: str) -> str:
        """Give an account a password made by chance and return it; it can't be shown again.

        Its sessions end, and wrong tries of before are forgotten.

        Raises
        ------
        InputError, PermissionDenied
            If there is no such account within reach; if the caller is no administrator.
        """
        password = secrets.token_urlsafe(_CHANCE_BYTES)
        self.accounts.set_password(scope, name, password)
        self.logins.forget(name)
        return password

    def change_own_password(self, scope: Scope, old: str, new: str, *, keep: str | None) -> None:
        """Give the caller another password; all sessions end but the one whose key is kept.

        Raises
        ------
        InputError
            If the old password is wrong or was tried too often, or the new one is weak.
        """
        name = scope.user
        if not self.logins.may_try(name) or self.accounts.signing_in(name, old) is None:
            raise InputError(fault("people.old_password", name))
        self.logins.forget(name)
        self.accounts.set_own_password(scope, new)
        self.sessions.end_own(scope, keep=keep)
