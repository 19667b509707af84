"""How far who asked for something earlier reaches now."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.errors import PermissionDenied, fault
from gridmap.store.accounts import scope_of
from gridmap.store.people_base import name_key
from gridmap.store.people_tables import account
from gridmap.store.scope import Scope
from gridmap.store.tokens import common, lesser


def present_scope(engine: sa.Engine, asked: Scope) -> Scope:
    """Return how far who asked for a job reaches now.

    That is what the account reaches, and no more than it asked with: a token may reach less. The
    operator at the command line has no account and stays as is.

    Parameters
    ----------
    engine
        The database with the accounts.
    asked
        With what the job was asked for.

    Raises
    ------
    PermissionDenied
        If the account is disabled or gone.
    """
    with engine.connect() as connection:
        number = connection.execute(
            sa.select(account.c.account_id).where(account.c.name_key == name_key(asked.user))
        ).scalar_one_or_none()
        if number is None and asked == Scope.everything():
            return asked
        present = None if number is None else scope_of(connection, number)
    if present is None:
        raise PermissionDenied(fault("people.account_closed", asked.user))
    return Scope(
        territories=common(present.territories, asked.territories),
        cells=common(present.cells, asked.cells),
        role=lesser(present.role, asked.role),
        user=present.user,
    )
