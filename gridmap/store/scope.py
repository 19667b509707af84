"""How far a caller may reach; every method of the store takes one."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import PermissionDenied, fault


@dataclass(frozen=True)
class Scope:
    """The territories a caller may read and write, by name; None = all of them."""

    territories: frozenset[str] | None = None

    @classmethod
    def everything(cls) -> Scope:
        """Return the scope of the operator at the command line."""
        return cls()

    def allows(self, territory_name: str) -> bool:
        """Return whether the territory lies within the scope."""
        return self.territories is None or territory_name in self.territories

    def demand(self, territory_name: str) -> None:
        """Raise unless the territory lies within the scope.

        Raises
        ------
        PermissionDenied
            If it does not.
        """
        if not self.allows(territory_name):
            raise PermissionDenied(fault("store.out_of_scope", territory_name))
