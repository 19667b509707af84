"""A scope holds back what lies outside it, and what the role does not carry."""

import pytest

from gridmap.errors import PermissionDenied
from gridmap.store.roles import PERMISSIONS, Permission, Role
from gridmap.store.scope import Scope


def test_each_role_can_do_all_that_the_one_before_it_can() -> None:
    """viewer < grid manager < planner < regional manager < admin."""
    for lower, higher in zip(Role, list(Role)[1:], strict=False):
        assert PERMISSIONS[lower] < PERMISSIONS[higher]


def test_the_operator_at_the_command_line_may_do_everything() -> None:
    for permission in Permission:
        Scope.everything().demand("Anywhere", permission)


def test_a_role_is_refused_what_it_does_not_carry() -> None:
    """The fault names both, so that the reader knows whom to ask."""
    scope = Scope(frozenset({"Newport"}), role=Role.VIEWER, user="li")
    scope.demand("Newport")
    with pytest.raises(PermissionDenied) as caught:
        scope.demand("Newport", Permission.EDIT)
    assert "viewer" in str(caught.value)
    with pytest.raises(PermissionDenied):
        scope.demand("Elsewhere")
