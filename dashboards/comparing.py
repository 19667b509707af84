"""Two plans of one territory beside each other: what moves, what it costs, what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dashboards.api.workshop import Workshop
from dashboards.drawings import (
    Drawing,
    drawing_of,
    drawn_figures,
    largest_deviation,
    root_of,
    shown_version,
)
from dashboards.pages import Desk
from gridmap.errors import InputError, PermissionDenied, fault
from gridmap.export.border_changes import BorderChanges, border_changes
from gridmap.policies import GradePolicy
from gridmap.store.differences import two_scenarios
from gridmap.store.roles import Permission
from gridmap.store.versions import Version
from gridmap.territory import Floats


@dataclass(frozen=True)
class Loads:
    """Load of the cells of a plan in one workload; `tolerance` is None where none is asked for."""

    load: Floats
    tolerance: float | None

    @property
    def worst(self) -> float:
        """Largest relative deviation of a cell from the mean."""
        return largest_deviation(self.load)

    @property
    def outside(self) -> int | None:
        """Number of cells outside the tolerance."""
        if self.tolerance is None:
            return None
        mean = float(self.load.mean())
        return int((np.abs(self.load - mean) > self.tolerance * mean * (1.0 + 1e-12)).sum())


@dataclass(frozen=True)
class Cost:
    """What a change costs: what grid managers have to hand over.

    Attributes
    ----------
    visited, lost
        Visited outlets that change their cell, and those of them whose manager changes.
    visits, visit_min
        Visits a cycle at lost outlets, and their minutes.
    sales
        Sales a cycle of the lost outlets.
    demand_share
        Share of the demand that changes its cell.
    """

    visited: int
    lost: int
    visits: int
    visit_min: float
    sales: float
    demand_share: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two plans: OLD → NEW.

    Attributes
    ----------
    old, new
        Which ones.
    changes
        What moves; without names of managers for readers who may not see contacts.
    loads
        Loads before and after by workload.
    cost
        What the change costs.
    """

    old: Version
    new: Version
    changes: BorderChanges
    loads: Mapping[str, tuple[Loads, Loads]]
    cost: Cost


def compare(desk: Desk, work: Workshop, old_id: int, new_id: int, what: str = "") -> Comparison:
    """Return what differs between two scenarios that the caller sees.

    Parameters
    ----------
    desk, work
        Where they are.
    old_id, new_id
        The plan of before and the plan of after.
    what
        Page or file on which names of managers are shown; it is noted who saw them. Empty = they
        are not shown.

    Raises
    ------
    InputError
        If they are of different territories, or one and the same.
    StoreError, PermissionDenied
        If the caller does not see one of them, or has some of the cells only.
    """
    scope = desk.scope()
    old, new = (shown_version(desk, work, one) for one in (old_id, new_id))
    if scope.cells is not None:
        raise PermissionDenied(fault("plans.compare.some_cells"))
    if old_id == new_id:
        raise InputError(fault("plans.compare.same", old_id))
    changes = _changes(desk, work, old, new)
    cost = _cost(desk, work, old, changes)
    if not scope.may(Permission.READ_CONTACTS):
        outlets = changes.outlets.assign(old_manager="", new_manager="")
        changes = replace(changes, outlets=outlets)
    elif what and changes.outlets[["old_manager", "new_manager"]].astype(bool).to_numpy().any():
        for one in (old_id, new_id):
            desk.note(scope, one, what)
    before, after = (_loads(desk, work, one) for one in (old, new))
    limits = {name: one.tolerance for name, one in {**after, **before}.items()}
    loads = {
        name: (
            replace(before[name], tolerance=limits[name]),
            replace(after[name], tolerance=limits[name]),
        )
        for name in before
        if name in after
    }
    return Comparison(old, new, changes, loads, cost)


def two_drawings(desk: Desk, work: Workshop, old_id: int, new_id: int) -> tuple[Drawing, Drawing]:
    """Return the cells before and after; the same cell has the same colour where that can be.

    Raises
    ------
    StoreError, PermissionDenied
        If the caller does not see one of them.
    """
    before = drawing_of(desk, work, old_id)
    after = drawing_of(desk, work, new_id)
    return before, after.recoloured(before.by_centre())


def _changes(desk: Desk, work: Workshop, old: Version, new: Version) -> BorderChanges:
    """Return what moves, kept with the plan that the old scenario goes back to."""
    scope = desk.scope()

    def made() -> BorderChanges:
        two = two_scenarios(work.engine, scope, old.scenario_id, new.scenario_id)
        return border_changes(
            two.territory, two.old, two.new, old_names=two.old_names, new_names=two.new_names
        )

    ground = desk.plans.plan(scope, root_of(work.drafts, scope, old).scenario_id)
    key = ("changes", old.scenario_id, old.head, new.scenario_id, new.head)
    return ground.once(key, made)


def _loads(desk: Desk, work: Workshop, one: Version) -> dict[str, Loads]:
    """Return the load of each cell by workload; of a draft without routes as it is drawn."""
    scope = desk.scope()
    if one.planned == one.head:
        plan = desk.plans.plan(scope, one.scenario_id)
        balances = plan.scenario.partition.balances
        return {each.workload: Loads(each.load, each.tolerance) for each in balances}
    return {name: Loads(load, None) for name, load in drawn_figures(desk, work, one).loads.items()}


def _cost(desk: Desk, work: Workshop, old: Version, changes: BorderChanges) -> Cost:
    scope = desk.scope()
    plan = desk.plans.plan(scope, root_of(work.drafts, scope, old).scenario_id)
    policy: Mapping[str, GradePolicy] = plan.scenario.request.routing.grade_policy
    lost = changes.outlets[changes.outlets["lost"].astype(bool)]
    visits = [policy[grade] for grade in lost["grade"] if grade in policy]
    demand = float(plan.territory.demand["weight"].sum())
    return Cost(
        visited=int(changes.total["visited"]),
        lost=len(lost),
        visits=sum(one.visits for one in visits),
        visit_min=float(sum(one.visits * one.minutes for one in visits)),
        sales=float(lost["sales"].sum()),
        demand_share=changes.total["demand"] / demand if demand else 0.0,
    )
