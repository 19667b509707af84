"""What the route sheets that were read back say of the cells of a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from dashboards.access import Plan
from dashboards.pages import Desk
from gridmap.scoring.field_counts import INVENTED_LOG, field_counts, field_metrics
from gridmap.store.sheet_visits import visits_read

#: Metrics of the visits that were made, in their order on the card.
METRICS = ("plan_rate", "call_compliance", "route_compliance", "visit_attainment")


@dataclass(frozen=True)
class CellVisits:
    """The visits of a cell that were read back.

    Attributes
    ----------
    planned, made
        Visits that stand on the sheets, and those of them that were made.
    first, last
        Days of the first and the last of them.
    values
        Value of each metric of `METRICS`, None where it cannot be told, and why not.
    """

    planned: int
    made: int
    first: str
    last: str
    values: tuple[tuple[str, float | None, str], ...]


def plan_visits(desk: Desk, plan: Plan) -> pd.DataFrame:
    """Return the log of the visits at the outlets of a plan, as far as the caller sees them."""
    if desk.work is None:
        raise LookupError("visits")
    ids = plan.territory.outlets["outlet_id"].astype(str)
    return visits_read(desk.work.engine, desk.scope(), plan.territory.name, set(ids))


def cell_visits(desk: Desk, plan: Plan, cell_id: int) -> CellVisits | None:
    """Return what was read back for a cell; None if nothing was."""
    if desk.work is None or cell_id not in plan.cell_ids:
        return None
    log = plan_visits(desk, plan)
    row = plan.scenario.cells["cell_id"].tolist().index(cell_id)
    outlets = plan.territory.outlets["outlet_id"].astype(str)
    mine = log[log["outlet_id"].isin(set(outlets[plan.cell_of_outlet == row]))]
    if mine.empty:
        return None
    partition = plan.scenario.partition
    real = tuple(one for one in plan.territory.invented if one != INVENTED_LOG)
    counts = field_counts(
        replace(plan.territory, visit_log=log, invented=real),
        partition.label,
        partition.n_cells,
        plan.scenario.request.routing,
    )
    found = field_metrics(counts, partition.n_cells)
    values = []
    for name in METRICS:
        value = float(found[name].value[row])
        values.append((name, None if pd.isna(value) else value, str(found[name].note[row])))
    return CellVisits(
        planned=int((mine["planned"] > 0.0).sum()),
        made=int(mine["done"].sum()),
        first=str(mine["date"].min()),
        last=str(mine["date"].max()),
        values=tuple(values),
    )
