"""How far a caller may reach; every method of the store takes one."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import PermissionDenied, fault
from gridmap.store.roles import PERMISSIONS, Permission, Role


@dataclass(frozen=True)
class Scope:
    """Who asks, as what, and for which territories and cells.

    Attributes
    ----------
    territories
        The territories the caller may reach, by name; None = all of them.
    cells
        The cells a grid manager may reach, by the centre outlet, which outlives plans;
        None = all cells of the territories.
    role
        What the caller may do there.
    user
        Name of the account that edits and audit entries carry.
    """

    territories: frozenset[str] | None = None
    cells: frozenset[str] | None = None
    role: Role = Role.ADMIN
    user: str = "operator"

    @classmethod
    def everything(cls) -> Scope:
        """Return the scope of the operator at the command line."""
        return cls()

    def allows(self, territory_name: str) -> bool:
        """Return whether the territory lies within the scope."""
        return self.territories is None or territory_name in self.territories

    def may(self, permission: Permission) -> bool:
        """Return whether the caller's role carries the permission."""
        return permission in PERMISSIONS[self.role]

    def demand(self, territory_name: str, permission: Permission = Permission.READ) -> None:
        """Raise unless the territory lies within the scope and the role carries the permission.

        Raises
        ------
        PermissionDenied
            If either does not hold.
        """
        if not self.allows(territory_name):
            raise PermissionDenied(fault("store.out_of_scope", territory_name))
        if not self.may(permission):
            raise PermissionDenied(
                fault("store.not_permitted", territory_name, role=self.role, permission=permission)
            )

    def administer(self) -> None:
        """Raise unless the caller administers everything: people, regions, tokens.

        Raises
        ------
        PermissionDenied
            If the role does not carry it, or not everywhere.
        """
        if self.territories is not None or not self.may(Permission.ADMINISTER):
            raise PermissionDenied(fault("people.no_administrator", self.user))

    def demand_administrator(self) -> None:
        """Raise unless the caller administers; how far is asked of each account.

        Raises
        ------
        PermissionDenied
            If the role does not carry it.
        """
        if not self.may(Permission.ADMINISTER):
            raise PermissionDenied(fault("people.no_administrator", self.user))

    def demand_all(self, permission: Permission) -> None:
        """Raise unless the caller may do this in every territory.

        Raises
        ------
        PermissionDenied
            If the scope is narrower or the role does not carry the permission.
        """
        if self.territories is not None or not self.may(permission):
            raise PermissionDenied(
                fault("store.not_permitted", role=self.role, permission=permission)
            )
