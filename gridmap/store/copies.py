"""The cells of any scenario as a state to redraw, and copies of scenarios."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from gridmap.partition.drawn_state import DrawnState
from gridmap.store import tables
from gridmap.store.edit_log import state_at
from gridmap.store.encoding import decode_labels
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.rows import new_id, now
from gridmap.store.versions import Version

#: What a draft takes over. Routes and scores are those of the old borders and stay behind.
CELLS_ONLY = (tables.cell,)
#: What a copy takes over to be the same plan.
WHOLE = (tables.cell, tables.cell_load, tables.route, tables.stop, tables.score)


def version_state(connection: sa.Connection, one: Version) -> DrawnState:
    """Return the cells of a scenario, whether it was planned or redrawn."""
    if one.next_cell is not None:
        return state_at(connection, one.scenario_id, one.head)
    labels = connection.execute(
        sa.select(tables.snapshot.c.labels).where(
            tables.snapshot.c.scenario_id == one.scenario_id, tables.snapshot.c.sequence == 0
        )
    ).scalar_one()
    cell, outlet = tables.cell, tables.outlet
    centres = connection.execute(
        sa.select(cell.c.cell_id, outlet.c.unit)
        .join(
            outlet,
            (outlet.c.territory_id == one.territory_id)
            & (outlet.c.position == cell.c.centre_position),
        )
        .where(cell.c.scenario_id == one.scenario_id)
    ).all()
    centre = {cell_id - FIRST_CELL_ID: unit for cell_id, unit in centres}
    return DrawnState(
        label=decode_labels(labels).astype(np.int32), centre=centre, next_cell=max(centre) + 1
    )


def copied(connection: sa.Connection, scenario_id: int, parts: tuple[sa.Table, ...]) -> int:
    """Copy what was asked and some tables of a scenario, and return the number of the copy."""
    source = tables.scenario
    names = [column.name for column in source.c if column.name not in ("scenario_id", "created")]
    row = connection.execute(
        sa.select(*(source.c[name] for name in names)).where(source.c.scenario_id == scenario_id)
    ).one()
    inserted = connection.execute(
        sa.insert(source).values(created=now(), **dict(zip(names, row, strict=True)))
    )
    child = new_id(inserted)
    for part in parts:
        rest = [column.name for column in part.c if column.name != "scenario_id"]
        connection.execute(
            sa.insert(part).from_select(
                ["scenario_id", *rest],
                sa.select(sa.literal(child), *(part.c[name] for name in rest)).where(
                    part.c.scenario_id == scenario_id
                ),
            )
        )
    return child
