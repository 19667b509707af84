"""Write and read a scenario on an open connection."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gridmap import schemas
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.partition import Balance, Partition
from gridmap.policies import PlanRequest
from gridmap.scenario import Scenario
from gridmap.store import tables
from gridmap.store.encoding import (
    decode_faults,
    decode_labels,
    encode_faults,
    encode_labels,
)
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.rows import insert, new_id, now, positioned, select

_CELL_COLUMNS = (
    "cell_id",
    "code",
    "name",
    "centre_outlet_id",
    "manager",
    "area_m2",
    "compactness",
    "routes",
    "visit_minutes_per_day",
    "position_score",
    "coverage_score",
    "quadrant",
)


def save_scenario(connection: sa.Connection, territory_id: int, scenario: Scenario) -> int:
    """Write a scenario of a territory and return its number."""
    inserted = connection.execute(
        sa.insert(tables.scenario).values(
            territory_id=territory_id, created=now(), **_facts(scenario)
        )
    )
    key = {"scenario_id": new_id(inserted)}
    labels = encode_labels(scenario.partition.label)
    connection.execute(sa.insert(tables.snapshot).values(**key, sequence=0, labels=labels))
    _save_parts(connection, key, scenario)
    return key["scenario_id"]


def replace_plan(connection: sa.Connection, scenario_id: int, scenario: Scenario) -> None:
    """Write cells, routes and scores of a redrawn scenario in place of those it had.

    Cells that are closed keep their row, so that their code is not given to another one; its
    version is 0.
    """
    key = {"scenario_id": scenario_id}
    connection.execute(
        sa.update(tables.scenario)
        .where(tables.scenario.c.scenario_id == scenario_id)
        .values(created=now(), **_facts(scenario))
    )
    for table in (tables.cell_load, tables.route, tables.stop, tables.score):
        connection.execute(sa.delete(table).where(table.c.scenario_id == scenario_id))
    cell = tables.cell
    mine = cell.c.scenario_id == scenario_id
    open_ids = scenario.cells["cell_id"].tolist()
    connection.execute(sa.delete(cell).where(mine, cell.c.cell_id.in_(open_ids)))
    connection.execute(sa.update(cell).where(mine).values(version=0))
    _save_parts(connection, key, scenario)


def _facts(scenario: Scenario) -> dict[str, Any]:
    partition = scenario.partition
    return {
        "seed": scenario.seed,
        "request": scenario.request.model_dump(mode="json"),
        "travel_cost": partition.travel_cost,
        "lower_bound": partition.lower_bound,
        "notices": encode_faults(scenario.notices),
        "partition_notices": encode_faults(partition.notices),
        "details": dict(partition.details),
        "report": dict(scenario.report),
    }


def _save_parts(connection: sa.Connection, key: dict[str, int], scenario: Scenario) -> None:
    partition = scenario.partition
    cells = scenario.cells[list(_CELL_COLUMNS)].assign(version=1, centre_position=partition.centre)
    insert(connection, tables.cell, key, cells)
    for position, balance in enumerate(partition.balances):
        load = pd.DataFrame({"cell_id": scenario.cells["cell_id"], "load": balance.load}).assign(
            workload=balance.workload,
            position=position,
            tolerance=balance.tolerance,
            attainable=balance.attainable,
        )
        insert(connection, tables.cell_load, key, load)
    routes = scenario.routes.assign(line=shapely.to_wkb(scenario.route_lines))
    insert(connection, tables.route, key, positioned(routes))
    insert(connection, tables.stop, key, positioned(scenario.stops))
    insert(connection, tables.score, key, positioned(scenario.scores))


def load_scenario(
    connection: sa.Connection, head: Any, territory_hash: str, drawn: DrawnState | None = None
) -> Scenario:
    """Read the scenario whose row in the table `scenario` is `head`.

    `drawn` are the cells of a redrawn scenario as they were when its routes were planned.
    """

    def rows(table: sa.Table, *order: str) -> pd.DataFrame:
        return select(connection, table, table.c.scenario_id == head.scenario_id, order)

    cells = rows(tables.cell, "cell_id")
    if drawn is None:
        label = decode_labels(
            connection.execute(
                sa.select(tables.snapshot.c.labels)
                .where(tables.snapshot.c.scenario_id == head.scenario_id)
                .order_by(tables.snapshot.c.sequence.desc())
                .limit(1)
            ).scalar_one()
        )
    else:
        numbers = np.array(sorted(drawn.centre), dtype=np.int64)
        label = np.searchsorted(numbers, drawn.label)
        cells = cells[cells["cell_id"].isin(numbers + FIRST_CELL_ID)].reset_index(drop=True)
    loads = rows(tables.cell_load, "position", "cell_id")
    balances = []
    for _, load in loads.groupby("position", sort=True):
        first = load.iloc[0]
        tolerance = None if pd.isna(first["tolerance"]) else float(first["tolerance"])
        workload = str(first["workload"])
        balances.append(
            Balance(
                workload=workload,
                load=load["load"].to_numpy(np.float64),
                tolerance=tolerance,
                attainable=float(first["attainable"]),
            )
        )
        cells[workload] = load["load"].to_numpy(np.float64)
    routes = rows(tables.route, "position")
    lines = routes["line"].to_numpy()
    return Scenario(
        territory_hash=territory_hash,
        request=PlanRequest.model_validate(head.request),
        seed=head.seed,
        partition=Partition(
            centre=cells["centre_position"].to_numpy(np.int64),
            label=label,
            balances=tuple(balances),
            travel_cost=head.travel_cost,
            lower_bound=head.lower_bound,
            notices=decode_faults(head.partition_notices),
            details=head.details,
        ),
        cells=cells[[*_CELL_COLUMNS, *(one.workload for one in balances)]],
        routes=schemas.ROUTES.validate(routes),
        stops=schemas.STOPS.validate(rows(tables.stop, "position")),
        scores=schemas.SCORES.validate(rows(tables.score, "position")),
        route_lines=np.asarray(shapely.from_wkb(lines), dtype=object),
        notices=decode_faults(head.notices),
        report=head.report,
    )
