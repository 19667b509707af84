"""Who has lost the account or a grant since asking for a job gets nothing when it runs."""

import pytest

from gridmap.errors import PermissionDenied
from gridmap.store.accounts import Grant
from gridmap.store.present import present_scope
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope

OPERATOR = Scope.everything()
PASSWORD = "a long phrase 9"  # noqa: S105
TOWNS = frozenset({"Newport", "Oldport"})


def test_a_job_runs_with_what_the_account_has_left(store: Store) -> None:
    accounts = store.people().accounts
    accounts.add(OPERATOR, "li", Grant(Role.PLANNER, territories=TOWNS), password=PASSWORD)
    asked = Scope(TOWNS, role=Role.PLANNER, user="li")
    assert present_scope(store.engine, asked) == asked
    token = Scope(frozenset({"Newport"}), role=Role.VIEWER, user="li")
    assert present_scope(store.engine, token) == token
    fewer = frozenset({"Oldport"})
    accounts.set_grant(OPERATOR, "li", Grant(Role.VIEWER, territories=fewer))
    assert present_scope(store.engine, asked) == Scope(fewer, role=Role.VIEWER, user="li")
    with pytest.raises(PermissionDenied):
        present_scope(store.engine, token).demand("Newport")
    accounts.set_disabled(OPERATOR, "li", True)
    with pytest.raises(PermissionDenied, match="disabled"):
        present_scope(store.engine, asked)


def test_the_operator_stays_as_is_and_strangers_do_not(store: Store) -> None:
    assert present_scope(store.engine, OPERATOR) == OPERATOR
    with pytest.raises(PermissionDenied, match="disabled or gone"):
        present_scope(store.engine, Scope(TOWNS, role=Role.ADMIN, user="operator"))
    with pytest.raises(PermissionDenied, match="disabled or gone"):
        present_scope(store.engine, Scope(role=Role.ADMIN, user="nobody"))
