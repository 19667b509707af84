"""What plans are compared by before one looks at them: a few figures each, read without the plan.

Cells of different plans are the same cell if they have the same centre: numbers and borders may
differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sqlalchemy as sa

from gridmap.partition.drawn_state import DrawnState
from gridmap.store import tables
from gridmap.store.copies import version_state
from gridmap.store.engine import reading
from gridmap.store.scope import Scope
from gridmap.store.versions import Version
from gridmap.territory import Floats, Ints

#: Centre of a unit in no cell.
_NO_CENTRE = -1


@dataclass(frozen=True)
class PlanFigures:
    """Figures of a plan.

    Attributes
    ----------
    cells
        Number of open cells.
    deviation
        Largest relative deviation of a cell from the mean, by workload, the one held to the
        tolerance first; empty for a draft whose routes were not planned.
    compactness
        Mean Polsby–Popper compactness of the cells, or None.
    day_min
        Minutes of visits a day: mean over the cells, or None.
    moved
        Share of the demand whose cell has another centre than in the plan of reference, or None.
    """

    cells: int
    deviation: Mapping[str, float] = field(default_factory=dict)
    compactness: float | None = None
    day_min: float | None = None
    moved: float | None = None


def plan_figures(
    engine: sa.Engine, scope: Scope, plans: Sequence[Version], *, reference: Version | None = None
) -> dict[int, PlanFigures]:
    """Return the figures of some plans by their numbers.

    Parameters
    ----------
    engine
        The database of a `Store`.
    scope
        Who asks. Plans out of reach are left out; whoever has some of the cells only gets nothing,
        since the figures are of all cells.
    plans
        Which plans.
    reference
        The plan that `PlanFigures.moved` is measured from, for plans of the same territory.
    """
    within = [one for one in plans if scope.allows(one.territory_name)]
    if scope.cells is not None or not within:
        return {}
    with reading(engine, scope) as connection:
        planned = {one.scenario_id for one in within if one.planned == one.head}
        cells = _cells(connection, planned)
        deviation = _deviations(connection, planned)
        states = {one.scenario_id: version_state(connection, one) for one in within}
        moved: dict[int, float] = {}
        if reference is not None and scope.allows(reference.territory_name):
            weight = _unit_demand(connection, reference.territory_id)
            former = _centres(version_state(connection, reference))
            for one in within:
                if one.territory_id == reference.territory_id:
                    moved[one.scenario_id] = _moved(
                        former, _centres(states[one.scenario_id]), weight
                    )
    return {
        number: PlanFigures(
            cells=len(state.centre),
            deviation=deviation.get(number, {}),
            compactness=cells.get(number, (None, None))[0],
            day_min=cells.get(number, (None, None))[1],
            moved=moved.get(number),
        )
        for number, state in states.items()
    }


def _cells(
    connection: sa.Connection, planned: Iterable[int]
) -> dict[int, tuple[float | None, float | None]]:
    """Return mean compactness and mean minutes of visits a day by scenario."""
    cell = tables.cell.c
    query = (
        sa.select(
            cell.scenario_id,
            sa.func.avg(cell.compactness),
            sa.func.avg(cell.visit_minutes_per_day),
        )
        .where(cell.scenario_id.in_(sorted(planned)), cell.version > 0)
        .group_by(cell.scenario_id)
    )
    return {number: (one, other) for number, one, other in connection.execute(query)}


def _deviations(connection: sa.Connection, planned: Iterable[int]) -> dict[int, dict[str, float]]:
    load = tables.cell_load.c
    query = (
        sa.select(
            load.scenario_id,
            load.workload,
            sa.func.min(load.load),
            sa.func.max(load.load),
            sa.func.avg(load.load),
        )
        .where(load.scenario_id.in_(sorted(planned)))
        .group_by(load.scenario_id, load.workload, load.position)
        .order_by(load.scenario_id, load.position)
    )
    found: dict[int, dict[str, float]] = {}
    for number, workload, least, most, mean in connection.execute(query):
        worst = max(most / mean - 1.0, 1.0 - least / mean) if mean else 0.0
        found.setdefault(number, {})[workload] = float(worst)
    return found


def _unit_demand(connection: sa.Connection, territory_id: int) -> dict[int, float]:
    table = tables.demand.c
    query = (
        sa.select(table.unit, sa.func.sum(table.weight))
        .where(table.territory_id == territory_id, table.unit >= 0)
        .group_by(table.unit)
    )
    return {int(unit): float(weight) for unit, weight in connection.execute(query)}


def _centres(state: DrawnState) -> Ints:
    """Return the unit of the centre of each unit's cell. Shape (n_units,)."""
    centre = np.full(max(state.next_cell, 1), _NO_CENTRE, dtype=np.int64)
    for cell, unit in state.centre.items():
        centre[cell] = unit
    label = state.label.astype(np.int64)
    return np.where(label >= 0, centre[label], _NO_CENTRE)


def _moved(former: Ints, now: Ints, weight: Mapping[int, float]) -> float:
    """Return the share of the demand in units that changed; pieces of cut units do not count."""
    n_units = min(len(former), len(now))
    demand: Floats = np.zeros(n_units)
    for unit, amount in weight.items():
        if unit < n_units:
            demand[unit] = amount
    total = demand.sum()
    return float(demand[former[:n_units] != now[:n_units]].sum() / total) if total else 0.0
