"""Who has which cell of the plan that is published, and who gave it to whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dashboards import queries
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.queries_plans import PlanCard
from dashboards.state import Page
from gridmap.store.assignments import HandOver
from gridmap.store.roles import Permission
from gridmap.store.versions import Status


@dataclass(frozen=True)
class HeldCell:
    """A cell and whoever has it on a day; nobody: an empty name and no dates.

    `until` is the first day that is no longer theirs, None for open.
    """

    cell_id: int
    centre_outlet_id: str
    name: str
    person: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Hands:
    """The cells of a territory with their people, and every change of hands.

    Attributes
    ----------
    cells
        Those that the caller sees.
    log
        The newest change first.
    people
        Names that were answerable before, or that the plan or the accounts name.
    may_write
        Whether the caller may hand cells over.
    """

    cells: tuple[HeldCell, ...]
    log: tuple[HandOver, ...]
    people: tuple[str, ...]
    may_write: bool

    @property
    def vacant(self) -> frozenset[int]:
        """Numbers of the cells that nobody has."""
        return frozenset(one.cell_id for one in self.cells if not one.person)


def hands_of(desk: Desk, work: Workshop, card: PlanCard | None, day: dt.date) -> Hands | None:
    """Return who has which cell on a day; None for what is not published, or not for the caller."""
    scope = desk.scope()
    if card is None or not card.planned or card.version.status is not Status.PUBLISHED:
        return None
    if not scope.may(Permission.READ_CONTACTS):
        return None
    territory, number = card.version.territory_name, card.version.scenario_id
    plan = desk.plans.plan(scope, number)
    names = dict(queries.cell_names(plan))
    assigned = work.assignments.of(scope, territory)
    held = {
        one.centre_outlet_id: one
        for one in assigned
        if one.begins <= day and (one.ends is None or day < one.ends)
    }
    table = plan.scenario.cells
    cells = []
    for centre, cell in zip(table["centre_outlet_id"].astype(str), table["cell_id"], strict=True):
        one = held.get(centre)
        known = ("", None, None) if one is None else (one.user_name, one.begins, one.ends)
        cells.append(HeldCell(int(cell), centre, names[int(cell)], *known))
    if assigned:
        desk.note(scope, number, Page.SCENARIOS)
    people = {one.user_name for one in assigned} | {str(one) for one in table["manager"] if one}
    if desk.people is not None and scope.may(Permission.ADMINISTER):
        people |= {one.name for one in desk.people.accounts.list(scope) if not one.disabled}
    log = tuple(reversed(work.assignments.hand_overs(scope, territory)))
    return Hands(tuple(cells), log, tuple(sorted(people)), scope.may(Permission.EDIT))
