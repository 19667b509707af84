"""Write and read a scenario on an open connection."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gridmap import schemas
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
    partition = scenario.partition
    inserted = connection.execute(
        sa.insert(tables.scenario).values(
            territory_id=territory_id,
            created=now(),
            seed=scenario.seed,
            request=scenario.request.model_dump(mode="json"),
            travel_cost=partition.travel_cost,
            lower_bound=partition.lower_bound,
            notices=encode_faults(scenario.notices),
            partition_notices=encode_faults(partition.notices),
            details=dict(partition.details),
            report=dict(scenario.report),
        )
    )
    key = {"scenario_id": new_id(inserted)}
    connection.execute(
        sa.insert(tables.snapshot).values(**key, sequence=0, labels=encode_labels(partition.label))
    )
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
    return key["scenario_id"]


def load_scenario(connection: sa.Connection, head: Any, territory_hash: str) -> Scenario:
    """Read the scenario whose row in the table `scenario` is `head`."""

    def rows(table: sa.Table, *order: str) -> pd.DataFrame:
        return select(connection, table, table.c.scenario_id == head.scenario_id, order)

    labels = connection.execute(
        sa.select(tables.snapshot.c.labels)
        .where(tables.snapshot.c.scenario_id == head.scenario_id)
        .order_by(tables.snapshot.c.sequence.desc())
        .limit(1)
    ).scalar_one()
    cells = rows(tables.cell, "cell_id")
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
            label=decode_labels(labels),
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
