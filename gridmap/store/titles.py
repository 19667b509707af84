"""What people call the cells of a scenario, and who looks after them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.tables import cell


@dataclass(frozen=True)
class CellTitle:
    """Code, name and manager of a cell; the last two may be empty."""

    code: str
    name: str
    manager: str


def cell_titles(
    connection: sa.Connection, scenario_id: int, cells: Collection[int] | None = None
) -> dict[int, CellTitle]:
    """Return the titles of cells by their number from 0, also of closed ones; None = all."""
    query = sa.select(cell.c.cell_id, cell.c.code, cell.c.name, cell.c.manager).where(
        cell.c.scenario_id == scenario_id
    )
    if cells is not None:
        query = query.where(cell.c.cell_id.in_([one + FIRST_CELL_ID for one in cells]))
    return {
        number - FIRST_CELL_ID: CellTitle(code, name, manager)
        for number, code, name, manager in connection.execute(query)
    }
