"""Cells, units, outlets and routes as PostGIS layers, for QGIS.

Where PostgreSQL has PostGIS, the schema ``gis`` holds shapes with a GiST index, and views that
join them to their figures. Elsewhere nothing happens. The views run with the rights of who asks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import pyproj
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gridmap.partition.cells import cell_polygons
from gridmap.scenario import Scenario
from gridmap.territory import Territory

_LOG = logging.getLogger(__name__)

#: Table of shapes, the tables that its rows go with, and the column that tells rows apart.
_SHAPES = {
    "unit_shape": ("territory", "unit_id"),
    "outlet_shape": ("territory", "position"),
    "cell_shape": ("scenario", "cell_id"),
    "route_shape": ("scenario", "position"),
}

_VIEWS = {
    "units": """
        SELECT row_number() OVER () AS fid, t.name AS territory, s.unit_id, u.water, s.shape
        FROM gis.unit_shape s JOIN unit u USING (territory_id, unit_id)
        JOIN territory t USING (territory_id)""",
    "outlets": """
        SELECT row_number() OVER () AS fid, t.name AS territory, o.outlet_id, o.name, o.ownership,
            o.operator, o.kind, o.grade, o.visited, s.shape
        FROM gis.outlet_shape s JOIN outlet o USING (territory_id, position)
        JOIN territory t USING (territory_id)""",
    "cells": """
        SELECT row_number() OVER () AS fid, t.name AS territory, s.scenario_id, v.status,
            v.effective_from, v.effective_until, c.cell_id, c.code, c.name, c.manager, c.area_m2,
            c.routes, c.position_score, c.coverage_score, c.quadrant, s.shape
        FROM gis.cell_shape s JOIN cell c USING (scenario_id, cell_id)
        JOIN version v USING (scenario_id) JOIN scenario p USING (scenario_id)
        JOIN territory t USING (territory_id)""",
    "routes": """
        SELECT row_number() OVER () AS fid, t.name AS territory, s.scenario_id, v.status,
            r.route_id, r.number, r.cell_id, r.week, r.weekday, r.stops, r.distance_m, s.shape
        FROM gis.route_shape s JOIN route r USING (scenario_id, position)
        JOIN version v USING (scenario_id) JOIN scenario p USING (scenario_id)
        JOIN territory t USING (territory_id)""",
}


def has_postgis(connection: sa.Connection) -> bool:
    """Return whether the layers are there."""
    if connection.dialect.name != "postgresql":
        return False
    return connection.execute(sa.text("SELECT to_regclass('gis.cell_shape')")).scalar() is not None


def install(connection: sa.Connection) -> None:
    """Make the layers where PostGIS can be had and they are not there."""
    if connection.dialect.name != "postgresql" or has_postgis(connection):
        return
    known = sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")
    if not connection.execute(known).scalar():
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS postgis"))
            connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS gis"))
            for name, (owner, key) in _SHAPES.items():
                connection.execute(
                    sa.text(
                        f"CREATE TABLE gis.{name} ({owner}_id integer NOT NULL"
                        f" REFERENCES {owner} ON DELETE CASCADE, {key} integer NOT NULL,"
                        f" shape geometry NOT NULL, PRIMARY KEY ({owner}_id, {key}))"
                    )
                )
                connection.execute(sa.text(f"CREATE INDEX ON gis.{name} USING gist (shape)"))
                # as all tables: who does not own them sees what the scope of the caller reaches
                within = f"{owner}_id IN (SELECT {owner}_id FROM {owner})"  # noqa: S608
                connection.execute(sa.text(f"ALTER TABLE gis.{name} ENABLE ROW LEVEL SECURITY"))
                connection.execute(sa.text(f"CREATE POLICY scope ON gis.{name} USING ({within})"))
            for name, query in _VIEWS.items():
                connection.execute(
                    sa.text(f"CREATE VIEW gis.{name} WITH (security_invoker = true) AS {query}")
                )
    except sa.exc.DBAPIError as error:
        _LOG.warning("No layers for QGIS: %s", error.orig)


def write_shapes(
    connection: sa.Connection,
    territory_id: int,
    territory: Territory,
    scenario_id: int,
    scenario: Scenario,
) -> None:
    """Write the layers of a plan, and those of its territory if they are new."""
    if not has_postgis(connection):
        return
    write_territory_shapes(connection, territory_id, territory)
    _write_plan(connection, territory, scenario_id, scenario)


def write_territory_shapes(
    connection: sa.Connection, territory_id: int, territory: Territory
) -> None:
    """Write units and outlets of a territory if they are new; needs the layers."""
    srid = _srid(territory)
    there = sa.text("SELECT count(*) FROM gis.unit_shape WHERE territory_id = :owner")
    if not connection.execute(there, {"owner": territory_id}).scalar():
        xy = territory.outlets[["x", "y"]].to_numpy(np.float64)
        points = np.asarray(shapely.points(xy), dtype=object).reshape(-1)
        _insert(connection, "unit_shape", territory_id, srid, _numbered(territory.units.polygons))
        _insert(connection, "outlet_shape", territory_id, srid, _numbered(points))


def replace_shapes(
    connection: sa.Connection, scenario_id: int, territory: Territory, scenario: Scenario
) -> None:
    """Write the layers of a redrawn scenario in place of those it had."""
    if not has_postgis(connection):
        return
    for name in ("cell_shape", "route_shape"):
        connection.execute(
            sa.text(f"DELETE FROM gis.{name} WHERE scenario_id = :owner"),  # noqa: S608
            {"owner": scenario_id},
        )
    _write_plan(connection, territory, scenario_id, scenario)


def replace_route_shapes(
    connection: sa.Connection, scenario_id: int, territory: Territory, scenario: Scenario
) -> None:
    """Write the layer of the routes of a scenario in place of that it had."""
    if not has_postgis(connection):
        return
    connection.execute(
        sa.text("DELETE FROM gis.route_shape WHERE scenario_id = :owner"), {"owner": scenario_id}
    )
    lines = _numbered(scenario.route_lines)
    _insert(connection, "route_shape", scenario_id, _srid(territory), lines)


def _srid(territory: Territory) -> int:
    return pyproj.CRS.from_user_input(territory.crs).to_epsg() or 0


def _write_plan(
    connection: sa.Connection,
    territory: Territory,
    scenario_id: int,
    scenario: Scenario,
) -> None:
    srid = _srid(territory)
    cell_ids = scenario.cells["cell_id"].tolist()
    cells = cell_polygons(territory.units, scenario.partition.label, len(cell_ids))
    named = dict(zip(cell_ids, shapely.to_wkb(cells).tolist(), strict=True))
    _insert(connection, "cell_shape", scenario_id, srid, named)
    _insert(connection, "route_shape", scenario_id, srid, _numbered(scenario.route_lines))


def _numbered(shapes: NDArray[np.object_]) -> dict[int, bytes]:
    """Return shapes as WKB, each under its position."""
    return dict(enumerate(shapely.to_wkb(shapes).tolist()))


def _insert(
    connection: sa.Connection, name: str, owner_id: int, srid: int, shapes: Mapping[int, bytes]
) -> None:
    owner, key = _SHAPES[name]
    if not shapes:
        return
    columns: list[sa.ColumnClause[object]] = [
        sa.column(one) for one in (f"{owner}_id", key, "shape")
    ]
    binary = sa.bindparam("wkb", type_=sa.LargeBinary)
    shape = sa.func.ST_GeomFromWKB(binary, sa.bindparam("srid"))
    connection.execute(
        sa.insert(sa.table(name, *columns, schema="gis")).values(
            {f"{owner}_id": sa.bindparam("owner"), key: sa.bindparam("number"), "shape": shape}
        ),
        [
            {"owner": owner_id, "number": number, "wkb": wkb, "srid": srid}
            for number, wkb in shapes.items()
        ],
    )
