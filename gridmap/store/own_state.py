"""The part of a redrawn scenario that a grid manager may see: the own cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from gridmap.errors import PermissionDenied, fault
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.redraw import CLOSED
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.scope import Scope
from gridmap.store.tables import cell
from gridmap.store.versions import Version


def own_numbers(connection: sa.Connection, scope: Scope, one: Version) -> frozenset[int] | None:
    """Return the numbers, from 0, of the caller's cells, closed ones too; None = all cells.

    Raises
    ------
    PermissionDenied
        If the caller is limited to some cells and the scenario has none of them.
    """
    if scope.cells is None:
        return None
    found = connection.execute(
        sa.select(cell.c.cell_id).where(
            cell.c.scenario_id == one.scenario_id,
            cell.c.centre_outlet_id.in_(sorted(scope.cells)),
        )
    ).scalars()
    own = frozenset(number - FIRST_CELL_ID for number in found)
    if not own:
        raise PermissionDenied(fault("store.out_of_scope", one.territory_name))
    return own


def own_state(state: DrawnState, own: frozenset[int] | None) -> DrawnState:
    """Return a state in which the units of foreign cells are in no cell and have no outline.

    Numbers of cells and units are those of the whole. All foreign cells together are one: what
    is in no own cell. It can be looked at and not redrawn.
    """
    if own is None:
        return state
    mine = np.isin(state.label, sorted(own))
    units = frozenset(np.flatnonzero(mine).tolist())
    return replace(
        state,
        label=np.where(mine, state.label, CLOSED).astype(state.label.dtype),
        centre={number: unit for number, unit in state.centre.items() if number in own},
        locked_cells=state.locked_cells & own,
        locked_units=state.locked_units & units,
        outlines={unit: rings for unit, rings in state.outlines.items() if unit in units},
        weights={unit: loads for unit, loads in state.weights.items() if unit in units},
        rows={unit: row for unit, row in state.rows.items() if unit in units},
        points={point: unit for point, unit in state.points.items() if unit in units},
    )
