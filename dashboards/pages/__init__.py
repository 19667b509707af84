"""One module a page: `layout` says what is there, `register` wires it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dash import Dash
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan, Plans
from dashboards.api.workshop import Workshop
from dashboards.state import Selection
from dashboards.tiles import Basemaps
from gridmap.store.contact_fields import has_contacts
from gridmap.store.people import People
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
    work: Workshop | None = None
    people: People | None = None

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


class PlanPage(Protocol):
    """A page that shows one plan."""

    def layout(self, plan: Plan, chosen: Selection, *, has_basemap: bool) -> Component:
        """Return the page of a plan."""
        ...

    def register(self, app: Dash, desk: Desk) -> None:
        """Wire the page."""
        ...


class DeskPage(Protocol):
    """A page that works on more than one plan, or is there before the first one."""

    @property
    def DEMANDS(self) -> Permission:  # noqa: N802 — a constant of the module
        """What its readers must be allowed; who may not does not see it in the header."""
        ...

    def is_here(self, desk: Desk) -> bool:
        """Return whether this service can do what the page is for."""
        ...

    def layout(self, desk: Desk, chosen: Selection) -> Component:
        """Return the page as its reader may see it now; it is made anew each time."""
        ...

    def register(self, app: Dash, desk: Desk) -> None:
        """Wire the page; each callback asks for what it demands by `secured`."""
        ...
