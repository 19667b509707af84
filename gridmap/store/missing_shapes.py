"""Layers for QGIS of plans that have none: older ones, restored ones, copies."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.store.draft_tables import version
from gridmap.store.engine import reading, writing
from gridmap.store.gis import has_postgis, replace_shapes, write_territory_shapes
from gridmap.store.replans import whole_plan
from gridmap.store.scope import Scope
from gridmap.store.territories import load_territory
from gridmap.store.versions import VERSIONS, as_version


def add_missing_shapes(engine: sa.Engine) -> int:
    """Write the layers of all plans that have none, one plan a transaction; return how many.

    Where there is no PostGIS, nothing is done.
    """
    everything = Scope.everything()
    with reading(engine, everything) as connection:
        if not has_postgis(connection):
            return 0
        there = sa.text("SELECT DISTINCT scenario_id FROM gis.cell_shape")
        drawn = set(connection.execute(there).scalars())
        planned = VERSIONS.where(version.c.planned == version.c.head)
        found = [as_version(row) for row in connection.execute(planned)]
    lacking = [one for one in found if one.scenario_id not in drawn]
    for one in lacking:
        with writing(engine, everything) as connection:
            territory, scenario = whole_plan(connection, one)
            whole = load_territory(connection, one.territory_id)
            write_territory_shapes(connection, one.territory_id, whole)
            replace_shapes(connection, one.scenario_id, territory, scenario)
    return len(lacking)
