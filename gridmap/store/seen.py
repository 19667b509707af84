"""What of a plan a caller may see."""

from __future__ import annotations

from gridmap.scenario import Scenario
from gridmap.store.contact_fields import without_contacts
from gridmap.store.own_cells import only_cells
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.territory import Territory


def seen_by(scope: Scope, territory: Territory, scenario: Scenario) -> tuple[Territory, Scenario]:
    """Return the plan as the caller may see it: own cells, contacts or none.

    Raises
    ------
    PermissionDenied
        If the territory or all of its cells are out of scope.
    """
    scope.demand(territory.name)
    if not scope.may(Permission.READ_CONTACTS):
        scenario = without_contacts(territory, scenario)
    if scope.cells is not None:
        territory, scenario = only_cells(territory, scenario, scope.cells)
    return territory, scenario
