"""QGIS finds cells, units, outlets and routes as layers with an index; SQLite has none."""

import pytest
import sqlalchemy as sa
from drawn_town import PLANNER, saved_plan

from gridmap.store.gis import has_postgis, install
from gridmap.store.missing_shapes import add_missing_shapes
from gridmap.store.repository import Store
from gridmap.store.workflow import Workflow


def test_layers_of_a_plan(store: Store) -> None:
    number = saved_plan(store)
    again = saved_plan(store)
    with store.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert not has_postgis(connection)
            install(connection)
            return
        if not has_postgis(connection):
            pytest.fail("PostGIS is missing; tools/install_test_tools.sh installs it")
        Workflow(store.engine).submit(PLANNER, number)
        query = sa.text(
            "SELECT code, status, ST_Area(shape) AS area_m2, ST_SRID(shape) AS srid"
            " FROM gis.cells WHERE scenario_id = :number ORDER BY code"
        )
        rows = connection.execute(query, {"number": number}).all()
        assert [tuple(row) for row in rows] == [
            ("C01", "in_review", 120_000.0, 32630),
            ("C02", "in_review", 120_000.0, 32630),
        ]
        counts = {
            name: connection.execute(sa.text(f"SELECT count(*) FROM gis.{name}")).scalar()
            for name in ("units", "outlets", "cells", "routes")
        }
        assert counts["units"] == 24 and counts["cells"] == 4 and counts["routes"] == 2
        where = sa.text(
            "SELECT o.name FROM gis.outlets o JOIN gis.cells c ON o.shape && c.shape"
            " AND ST_Covers(c.shape, o.shape) WHERE c.scenario_id = :number AND c.code = 'C01'"
            " AND o.ownership = 'own'"
        )
        assert connection.execute(where, {"number": number}).scalars().all() == ["Outlet 0"]
        indexes = sa.text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'gis'")
        gist = [one for one in connection.execute(indexes).scalars() if "gist" in one]
        assert len(gist) == 4
    with store.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scenario WHERE scenario_id = :n"), {"n": again})
        assert connection.execute(sa.text("SELECT count(*) FROM gis.cells")).scalar() == 2


def test_plans_without_layers_get_them(store: Store) -> None:
    """As after a restore: all shapes are gone, and come back as they were."""
    saved_plan(store)
    saved_plan(store)
    if store.engine.dialect.name == "sqlite":
        assert add_missing_shapes(store.engine) == 0
        return
    names = ("unit_shape", "outlet_shape", "cell_shape", "route_shape")

    def shapes() -> list[list[object]]:
        with store.engine.connect() as connection:
            return [
                sorted(tuple(row) for row in connection.execute(sa.text(f"TABLE gis.{name}")))
                for name in names
            ]

    before = shapes()
    with store.engine.begin() as connection:
        for name in names:
            connection.execute(sa.text(f"DELETE FROM gis.{name}"))
    assert add_missing_shapes(store.engine) == 2
    assert shapes() == before
    assert add_missing_shapes(store.engine) == 0
