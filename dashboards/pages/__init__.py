"""One module a page: `layout` says what is there, `register` wires it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboards import queries
from dashboards.access import Plan, Plans
from dashboards.state import Selection
from dashboards.tiles import Basemaps
from gridmap.store.contact_fields import has_contacts
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope


@dataclass(frozen=True, eq=False)
class Desk:
    """What a page works with.

    Attributes
    ----------
    plans
        The plans of the store.
    basemaps
        The basemaps of their territories.
    scope
        Says whose request this is. Asked in every callback and route, never kept.
    note
        Told whenever a caller sees names and homes of grid managers: who, of which scenario, and
        on which page or in which file.
    """

    plans: Plans
    basemaps: Basemaps
    scope: Callable[[], Scope]
    note: Callable[[Scope, int, str], None] = lambda *_: None

    def plan(self, scenario_id: int, what: str) -> Plan:
        """Return a plan as far as the caller may see it, on a page or for a file (`what`)."""
        scope = self.scope()
        plan = self.plans.plan(scope, scenario_id)
        if scope.may(Permission.READ_CONTACTS) and has_contacts(plan.scenario):
            self.note(scope, scenario_id, what)
        return plan

    def opened(self, data: dict[str, Any]) -> tuple[Plan, Selection]:
        """Return the plan and the selection that a browser sent, both checked anew."""
        chosen = Selection.of_data(data)
        plan = self.plan(chosen.scenario or 0, chosen.page)
        return plan, queries.settle(plan, chosen)
