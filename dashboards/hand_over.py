"""Hand a cell over on a day: for the form of the page of plans and for REST."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dashboards.api.plan_routes import seen_plan
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from gridmap.errors import Fault, InputError, fault
from gridmap.store.scope import Scope


@dataclass(frozen=True)
class HandWish:
    """Which cell goes to whom from which day on; `person` None = to nobody."""

    cell_id: int
    person: str | None
    day: dt.date
    note: str = ""


def hand_over(desk: Desk, work: Workshop, scenario_id: int, wish: HandWish) -> str:
    """Write down who has a cell, and return the cell as people know it.

    The plan only says which cell is meant: assignments belong to cells and outlive plans.

    Raises
    ------
    InputError
        If the plan has no such cell within reach, nobody is named, the day is not after the last
        change of hands, or nothing would change.
    StoreError, PermissionDenied
        If there is no such plan; if the caller may not.
    """
    scope = desk.scope()
    one = work.drafts.version(scope, scenario_id)
    table = seen_plan(desk, scenario_id, "assignments").scenario.cells
    row = table[table["cell_id"] == wish.cell_id]
    if row.empty:
        raise InputError(fault("hands.fault.unknown_cell", wish.cell_id))
    cell = row.iloc[0]
    centre, code = str(cell["centre_outlet_id"]), str(cell["code"])
    try:
        _write(work, scope, (one.territory_name, centre), wish)
    except InputError as error:
        raise InputError(*(_named(each, centre, code) for each in error.faults)) from error
    return f"{code} · {cell['name']}"


def _write(work: Workshop, scope: Scope, cell: tuple[str, str], wish: HandWish) -> None:
    if wish.person is None:
        work.assignments.vacate(scope, *cell, day=wish.day, note=wish.note)
    else:
        work.assignments.assign(scope, *cell, wish.person, begins=wish.day, note=wish.note)


def _named(one: Fault, centre: str, code: str) -> Fault:
    """Return a fault about a cell with its code, which people know."""
    return Fault(one.key, code, one.values) if one.where == centre else one
