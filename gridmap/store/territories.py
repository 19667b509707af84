"""Write and read a territory on an open connection."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gridmap import schemas
from gridmap.store import tables
from gridmap.store.encoding import (
    decode_faults,
    decode_geometries,
    decode_network,
    encode_faults,
    encode_geometries,
    encode_network,
)
from gridmap.store.rows import insert, new_id, now, positioned, select
from gridmap.territory import Adjacency, Territory, Units
from gridmap.travel.day_networks import DayNetworks

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


def save_territory(connection: sa.Connection, territory: Territory) -> int:
    """Write a territory, unless one of the same content is there, and return its number."""
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
            created=now(),
        )
    )
    key = {"territory_id": new_id(inserted)}
    insert(
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
    insert(connection, tables.unit_pair, key, pairs)
    insert(connection, tables.outlet, key, positioned(territory.outlets))
    insert(connection, tables.demand, key, positioned(territory.demand))
    insert(connection, tables.excluded, key, positioned(territory.excluded))
    if territory.market is not None:
        insert(connection, tables.market, key, positioned(territory.market))
    if territory.visit_log is not None:
        insert(connection, tables.visit_log, key, positioned(territory.visit_log))
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
    save_periods(connection, key["territory_id"], territory)
    for kind, geometries in sorted(territory.linework.items()):
        connection.execute(
            sa.insert(tables.linework).values(
                **key, kind=kind, geometry=encode_geometries(geometries)
            )
        )
    return key["territory_id"]


def load_territory(connection: sa.Connection, territory_id: int) -> Territory:
    """Read a territory by its number."""

    def rows(table: sa.Table, *order: str) -> pd.DataFrame:
        return select(connection, table, table.c.territory_id == territory_id, order)

    head = connection.execute(
        sa.select(tables.territory).where(tables.territory.c.territory_id == territory_id)
    ).one()
    units = rows(tables.unit, "unit_id")
    pairs = rows(tables.unit_pair, "first", "second")
    figures = rows(tables.market, "position")
    log = rows(tables.visit_log, "position")
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
        day_networks=_day_networks(connection, territory_id),
        linework={row.kind: decode_geometries(row.geometry) for row in lines},
        notices=decode_faults(head.notices),
        invented=tuple(head.invented),
        sources=head.sources,
        attribution=head.attribution,
        excluded=rows(tables.excluded, "position")[list(_EXCLUDED_COLUMNS)],
        market=None if figures.empty else schemas.MARKET.validate(figures.astype({"ours": bool})),
        visit_log=None if log.empty else schemas.VISIT_LOG.validate(log.astype({"done": bool})),
    )


def save_periods(connection: sa.Connection, territory_id: int, territory: Territory) -> None:
    """Write the networks of each part of the day."""
    for mode, day in sorted(territory.day_networks.items()):
        for position, (period, network) in enumerate(day.networks.items()):
            connection.execute(
                sa.insert(tables.period_network).values(
                    territory_id=territory_id,
                    mode=mode,
                    period=period,
                    begin_s=day.begins_s[period],
                    position=position,
                    crs=network.crs,
                    names=list(network.names),
                    road_classes=list(network.road_classes),
                    arrays=encode_network(network),
                )
            )


def _day_networks(connection: sa.Connection, territory_id: int) -> dict[str, DayNetworks]:
    table = tables.period_network
    rows = connection.execute(
        sa.select(table)
        .where(table.c.territory_id == territory_id)
        .order_by(table.c.mode, table.c.position)
    ).all()
    return {
        mode: DayNetworks(
            begins_s={row.period: row.begin_s for row in rows if row.mode == mode},
            networks={
                row.period: decode_network(mode, row.crs, row.names, row.road_classes, row.arrays)
                for row in rows
                if row.mode == mode
            },
        )
        for mode in dict.fromkeys(row.mode for row in rows)
    }
