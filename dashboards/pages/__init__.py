"""One module a page: `layout` says what is there, `register` wires it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboards import queries
from dashboards.access import Plan, Plans
from dashboards.state import Selection
from dashboards.tiles import Basemaps
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
    """

    plans: Plans
    basemaps: Basemaps
    scope: Callable[[], Scope]

    def opened(self, data: dict[str, Any]) -> tuple[Plan, Selection]:
        """Return the plan and the selection that a browser sent, both checked anew."""
        chosen = Selection.of_data(data)
        plan = self.plans.plan(self.scope(), chosen.scenario or 0)
        return plan, queries.settle(plan, chosen)
