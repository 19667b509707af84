"""What an account is granted: a role, and how far it reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridmap.errors import Fault, fault
from gridmap.store.roles import Role


@dataclass(frozen=True)
class Grant:
    """What an account may do, and how far.

    Attributes
    ----------
    role
        What it may do.
    everywhere
        Whether it reaches all territories; the rest is then of no account.
    territories, regions
        Names of territories, and of sets of territories.
    cells
        Centre outlets of a grid manager's own cells; other roles have all cells.
    """

    role: Role
    everywhere: bool = False
    territories: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()

    def faults(self, name: str) -> list[Fault]:
        """Return what is wrong with the grant of an account."""
        found = []
        if self.role is Role.GRID_MANAGER and not self.cells:
            found.append(fault("people.manager_without_cells", name))
        if self.role is not Role.GRID_MANAGER and self.cells:
            found.append(fault("people.cells_without_manager", name, role=self.role))
        if not (self.everywhere or self.territories or self.regions):
            found.append(fault("people.reaches_nothing", name))
        return found

    def rows(self) -> list[tuple[str, str]]:
        """Return kind and name of all that is granted."""
        return [
            *([("everywhere", "")] if self.everywhere else []),
            *(("territory", one) for one in sorted(self.territories)),
            *(("region", one) for one in sorted(self.regions)),
            *(("cell", one) for one in sorted(self.cells)),
        ]

    def told(self) -> dict[str, object]:
        """Return the grant as the audit tells it."""
        reach = [f"{kind} {name}".rstrip() for kind, name in self.rows()]
        return {"role": self.role.value, "reach": reach}

    @classmethod
    def of_rows(cls, role: str, rows: Iterable[tuple[str, str]]) -> Grant:
        """Read what `rows` wrote."""
        named: dict[str, set[str]] = {}
        for kind, name in rows:
            named.setdefault(kind, set()).add(name)
        return cls(
            Role(role),
            everywhere="everywhere" in named,
            territories=frozenset(named.get("territory", ())),
            regions=frozenset(named.get("region", ())),
            cells=frozenset(named.get("cell", ())),
        )
