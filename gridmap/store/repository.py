"""Save and load territories and scenarios. Every method takes a `Scope`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gridmap import schemas
from gridmap.errors import StoreError, fault
from gridmap.partition.partition import Balance, Partition
from gridmap.policies import PlanRequest
from gridmap.progress import Progress
from gridmap.scenario import Scenario
from gridmap.store import tables
from gridmap.store.encoding import (
    decode_faults,
    decode_geometries,
    decode_labels,
    decode_network,
    encode_faults,
    encode_geometries,
    encode_labels,
    encode_network,
)
from gridmap.store.engine import open_engine
from gridmap.store.scope import Scope
from gridmap.territory import Adjacency, Territory, Units

_PAIR_COLUMNS = (
    "first",
    "second",
    "shared_m",
    "river_m",
    "rail_m",
    "motorway_m",
    "admin_m",
    "crossings",
)
_EXCLUDED_COLUMNS = ("file", "row", "id", "reason", "found")
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


#: A run that has not been heard of for so long was killed; it is no longer shown.
_SILENCE = dt.timedelta(seconds=60)


@dataclass(frozen=True)
class PlanRun:
    """A plan in the making: `stage` is a key of the catalogue, `fraction` lies in [0, 1]."""

    run_id: int
    name: str
    stage: str
    fraction: float
    detail: str


@dataclass(frozen=True)
class ScenarioSummary:
    """What a list of scenarios shows of one."""

    scenario_id: int
    territory_name: str
    created: str
    seed: int
    n_cells: int
    language: str


class Store:
    """Territories and scenarios in one database.

    Parameters
    ----------
    url
        ``sqlite:///path/to/file.db`` or ``postgresql+psycopg://…``.

    Raises
    ------
    StoreError
        If the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def scenarios(self, scope: Scope) -> list[ScenarioSummary]:
        """Return the scenarios within the scope, the newest first."""
        counted = (
            sa.select(sa.func.count())
            .select_from(tables.cell)
            .where(tables.cell.c.scenario_id == tables.scenario.c.scenario_id)
            .scalar_subquery()
        )
        query = (
            sa.select(
                tables.scenario.c.scenario_id,
                tables.territory.c.name,
                tables.scenario.c.created,
                tables.scenario.c.seed,
                counted.label("n_cells"),
                tables.scenario.c.request,
            )
            .join(tables.territory)
            .order_by(tables.scenario.c.scenario_id.desc())
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            ScenarioSummary(
                row.scenario_id,
                row.name,
                row.created.isoformat(timespec="seconds"),
                row.seed,
                row.n_cells,
                row.request["language"],
            )
            for row in rows
            if scope.allows(row.name)
        ]

    def save(self, scope: Scope, territory: Territory, scenario: Scenario) -> int:
        """Write a scenario, and its territory if it is new, in one transaction.

        Returns
        -------
        int
            Number of the scenario.

        Raises
        ------
        PermissionDenied
            If the territory is out of scope.
        StoreError
            If the scenario was made for another territory, or the database refuses.
        """
        scope.demand(territory.name)
        if scenario.territory_hash != territory.content_hash:
            raise StoreError(fault("store.other_territory", territory.name))
        try:
            with self._writing() as connection:
                territory_id = _save_territory(connection, territory)
                return _save_scenario(connection, territory_id, scenario)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(fault("store.cannot_write", territory.name, reason=error)) from error

    def load(self, scope: Scope, scenario_id: int) -> tuple[Territory, Scenario]:
        """Read a scenario and its territory.

        Raises
        ------
        StoreError
            If there is no such scenario.
        PermissionDenied
            If its territory is out of scope.
        """
        head = sa.select(tables.scenario, tables.territory.c.name).join(tables.territory)
        with self._engine.connect() as connection:
            row = connection.execute(
                head.where(tables.scenario.c.scenario_id == scenario_id)
            ).one_or_none()
            if row is None:
                raise StoreError(fault("store.no_scenario", scenario_id))
            scope.demand(row.name)
            territory = _load_territory(connection, row.territory_id)
            return territory, _load_scenario(connection, row, territory.content_hash)

    def begin_run(self, scope: Scope, name: str) -> int:
        """Announce that a plan of a territory is being made; return the number of the run."""
        scope.demand(name)
        now = _now()
        with self._writing() as connection:
            connection.execute(
                sa.delete(tables.plan_run).where(tables.plan_run.c.updated < now - _SILENCE)
            )
            inserted = connection.execute(
                sa.insert(tables.plan_run).values(
                    name=name, stage="", fraction=0.0, detail="", started=now, updated=now
                )
            )
            return _new_id(inserted)

    def tell_run(self, run_id: int, progress: Progress) -> None:
        """Write down how far a run is."""
        with self._writing() as connection:
            connection.execute(
                sa.update(tables.plan_run)
                .where(tables.plan_run.c.run_id == run_id)
                .values(
                    stage=progress.stage,
                    fraction=progress.fraction,
                    detail=progress.detail,
                    updated=_now(),
                )
            )

    def end_run(self, run_id: int) -> None:
        """Take a run off the list, however it ended."""
        with self._writing() as connection:
            connection.execute(sa.delete(tables.plan_run).where(tables.plan_run.c.run_id == run_id))

    def runs(self, scope: Scope) -> list[PlanRun]:
        """Return the plans in the making within the scope, the oldest first."""
        table = tables.plan_run
        query = (
            sa.select(table.c.run_id, table.c.name, table.c.stage, table.c.fraction, table.c.detail)
            .where(table.c.updated >= _now() - _SILENCE)
            .where(table.c.stage != "")
            .order_by(table.c.run_id)
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).all()
        return [PlanRun(*row) for row in found if scope.allows(row.name)]

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with (
            self._engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            yield connection


def _save_territory(connection: sa.Connection, territory: Territory) -> int:
    known = connection.execute(
        sa.select(tables.territory.c.territory_id).where(
            tables.territory.c.content_hash == territory.content_hash
        )
    ).scalar_one_or_none()
    if known is not None:
        return int(known)
    units = territory.units
    inserted = connection.execute(
        sa.insert(tables.territory).values(
            content_hash=territory.content_hash,
            name=territory.name,
            crs=territory.crs,
            boundary=shapely.to_wkb(territory.boundary),
            grid_m=units.grid_m,
            notices=encode_faults(territory.notices),
            invented=list(territory.invented),
            sources=dict(territory.sources),
            attribution=territory.attribution,
            created=_now(),
        )
    )
    key = {"territory_id": _new_id(inserted)}
    _insert(
        connection,
        tables.unit,
        key,
        pd.DataFrame(
            {
                "unit_id": np.arange(len(units)),
                "polygon": shapely.to_wkb(units.polygons),
                "part": units.part,
                "water": units.water,
            }
        ),
    )
    pairs = pd.DataFrame({name: getattr(units.adjacency, name) for name in _PAIR_COLUMNS})
    _insert(connection, tables.unit_pair, key, pairs)
    _insert(connection, tables.outlet, key, _positioned(territory.outlets))
    _insert(connection, tables.demand, key, _positioned(territory.demand))
    _insert(connection, tables.excluded, key, _positioned(territory.excluded))
    for mode, network in sorted(territory.networks.items()):
        connection.execute(
            sa.insert(tables.network).values(
                **key,
                mode=mode,
                crs=network.crs,
                names=list(network.names),
                road_classes=list(network.road_classes),
                arrays=encode_network(network),
            )
        )
    for kind, geometries in sorted(territory.linework.items()):
        connection.execute(
            sa.insert(tables.linework).values(
                **key, kind=kind, geometry=encode_geometries(geometries)
            )
        )
    return key["territory_id"]


def _load_territory(connection: sa.Connection, territory_id: int) -> Territory:
    def rows(table: sa.Table, *order: str) -> pd.DataFrame:
        return _select(connection, table, table.c.territory_id == territory_id, order)

    head = connection.execute(
        sa.select(tables.territory).where(tables.territory.c.territory_id == territory_id)
    ).one()
    units = rows(tables.unit, "unit_id")
    pairs = rows(tables.unit_pair, "first", "second")
    networks = connection.execute(
        sa.select(tables.network).where(tables.network.c.territory_id == territory_id)
    ).all()
    lines = connection.execute(
        sa.select(tables.linework).where(tables.linework.c.territory_id == territory_id)
    ).all()
    return Territory(
        name=head.name,
        crs=head.crs,
        boundary=shapely.from_wkb(head.boundary),
        units=Units(
            polygons=np.asarray(shapely.from_wkb(units["polygon"].to_numpy()), dtype=object),
            part=units["part"].to_numpy(np.int64),
            water=units["water"].to_numpy(bool),
            adjacency=Adjacency(
                **{
                    name: pairs[name].to_numpy(np.float64 if name.endswith("_m") else np.int64)
                    for name in _PAIR_COLUMNS
                }
            ),
            grid_m=head.grid_m,
        ),
        outlets=schemas.OUTLETS.validate(rows(tables.outlet, "position").astype({"visited": bool})),
        demand=schemas.DEMAND.validate(rows(tables.demand, "position")),
        networks={
            row.mode: decode_network(row.mode, row.crs, row.names, row.road_classes, row.arrays)
            for row in networks
        },
        linework={row.kind: decode_geometries(row.geometry) for row in lines},
        notices=decode_faults(head.notices),
        invented=tuple(head.invented),
        sources=head.sources,
        attribution=head.attribution,
        excluded=rows(tables.excluded, "position")[list(_EXCLUDED_COLUMNS)],
    )


def _save_scenario(connection: sa.Connection, territory_id: int, scenario: Scenario) -> int:
    partition = scenario.partition
    inserted = connection.execute(
        sa.insert(tables.scenario).values(
            territory_id=territory_id,
            created=_now(),
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
    key = {"scenario_id": _new_id(inserted)}
    connection.execute(
        sa.insert(tables.snapshot).values(**key, sequence=0, labels=encode_labels(partition.label))
    )
    cells = scenario.cells[list(_CELL_COLUMNS)].assign(version=1, centre_position=partition.centre)
    _insert(connection, tables.cell, key, cells)
    for position, balance in enumerate(partition.balances):
        load = pd.DataFrame({"cell_id": scenario.cells["cell_id"], "load": balance.load}).assign(
            workload=balance.workload,
            position=position,
            tolerance=balance.tolerance,
            attainable=balance.attainable,
        )
        _insert(connection, tables.cell_load, key, load)
    routes = scenario.routes.assign(line=shapely.to_wkb(scenario.route_lines))
    _insert(connection, tables.route, key, _positioned(routes))
    _insert(connection, tables.stop, key, _positioned(scenario.stops))
    _insert(connection, tables.score, key, _positioned(scenario.scores))
    return key["scenario_id"]


def _load_scenario(connection: sa.Connection, head: Any, territory_hash: str) -> Scenario:
    def rows(table: sa.Table, *order: str) -> pd.DataFrame:
        return _select(connection, table, table.c.scenario_id == head.scenario_id, order)

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


def _positioned(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(position=np.arange(len(table)))


def _insert(
    connection: sa.Connection, table: sa.Table, key: dict[str, int], rows: pd.DataFrame
) -> None:
    names = [column.name for column in table.columns if column.name in rows.columns]
    if rows.empty:
        return
    values = rows[names].astype(object).where(rows[names].notna(), None)
    connection.execute(
        sa.insert(table), [{**key, **_plain(row)} for row in values.to_dict("records")]
    )


def _plain(row: dict[Any, Any]) -> dict[Any, Any]:
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in row.items()
    }


def _select(
    connection: sa.Connection,
    table: sa.Table,
    condition: sa.ColumnElement[bool],
    order: Iterable[str],
) -> pd.DataFrame:
    query = sa.select(table).where(condition).order_by(*(table.c[name] for name in order))
    result = connection.execute(query)
    rows = pd.DataFrame(result.all(), columns=list(result.keys()))
    for column in table.columns:
        if isinstance(column.type, sa.Double):
            rows[column.name] = rows[column.name].astype(np.float64)
        elif isinstance(column.type, sa.Integer):
            rows[column.name] = rows[column.name].astype(np.int64)
        elif isinstance(column.type, sa.String):
            rows[column.name] = rows[column.name].astype(str)
    return rows


def _new_id(result: sa.CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    if key is None:
        raise StoreError(fault("store.no_key"))
    return int(key[0])


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
