"""What is saved is read back, and nobody reads beyond the scope."""

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from grid_town import grid_scenario, grid_territory

from gridmap import schemas
from gridmap.errors import PermissionDenied, StoreError
from gridmap.progress import Progress
from gridmap.store import tables
from gridmap.store.repository import Store
from gridmap.store.runs import announced
from gridmap.store.scope import Scope

EVERYTHING = Scope.everything()


def market_figures() -> pd.DataFrame:
    amounts = dict.fromkeys(schemas.MARKET_AMOUNTS, np.nan) | {"subscribers": [5.5, np.nan]}
    where = {"source": "m.csv", "place": "z", "unit": [0, 1], "part": 0.5, "outlet_id": ""}
    who = {"operator": "Own", "ours": True, "period": ["2024-06", ""]}
    return schemas.MARKET.validate(pd.DataFrame({**where, **who, **amounts}))


def visit_log() -> pd.DataFrame:
    columns = {"date": ["2026-06-01", ""], "route": ["R01-1", ""], "planned": [1.0, np.nan]}
    order = {"done": [False, True], "seq": [3.0, np.nan], "came": [np.nan, 33_300.0]}
    frame = pd.DataFrame({"outlet_id": ["o2", "o4"], **columns, **order})
    return schemas.VISIT_LOG.validate(frame)


def test_save_then_load_is_the_same(store: Store) -> None:
    """Territory and scenario come back equal, array by array and table by table."""
    outlets = grid_territory().outlets.assign(stocks=1.0, category_sales=np.nan)
    outlets.loc[0, ["stocks", "category_sales"]] = [np.nan, 7.5]
    territory = dataclasses.replace(
        grid_territory(), outlets=outlets, market=market_figures(), visit_log=visit_log()
    )
    scenario = grid_scenario(territory)
    number = store.save(EVERYTHING, territory, scenario)
    territory_2, scenario_2 = store.load(EVERYTHING, number)

    assert territory_2.content_hash == territory.content_hash
    pd.testing.assert_frame_equal(territory_2.market, territory.market)
    pd.testing.assert_frame_equal(territory_2.visit_log, territory.visit_log)
    assert shapely.equals_exact(territory_2.boundary, territory.boundary, tolerance=0.0)
    pd.testing.assert_frame_equal(territory_2.outlets, territory.outlets)
    pd.testing.assert_frame_equal(territory_2.demand, territory.demand)
    for field in dataclasses.fields(territory.units.adjacency):
        np.testing.assert_array_equal(
            getattr(territory_2.units.adjacency, field.name),
            getattr(territory.units.adjacency, field.name),
        )
    np.testing.assert_array_equal(
        territory_2.networks["walk"].line_xy, territory.networks["walk"].line_xy
    )
    assert territory_2.notices == territory.notices
    assert territory_2.invented == territory.invented
    assert list(territory_2.linework) == ["street"]

    np.testing.assert_array_equal(scenario_2.partition.label, scenario.partition.label)
    np.testing.assert_array_equal(scenario_2.partition.centre, scenario.partition.centre)
    assert scenario_2.partition.travel_cost == scenario.partition.travel_cost
    assert scenario_2.partition.notices == scenario.partition.notices
    assert scenario_2.partition.balances[0].tolerance == 0.05
    np.testing.assert_array_equal(
        scenario_2.partition.balances[0].load, scenario.partition.balances[0].load
    )
    for name in ("cells", "routes", "stops", "scores"):
        pd.testing.assert_frame_equal(getattr(scenario_2, name), getattr(scenario, name))
    assert scenario_2.request == scenario.request
    assert scenario_2.report == scenario.report
    assert scenario_2.notices == scenario.notices
    assert scenario_2.route_lines[0].equals(scenario.route_lines[0])


def test_a_territory_is_kept_once(store: Store) -> None:
    """Two plans of one territory share its rows."""
    territory = grid_territory()
    first = store.save(EVERYTHING, territory, grid_scenario(territory))
    second = store.save(EVERYTHING, territory, grid_scenario(territory))
    assert first != second
    with store._engine.connect() as connection:
        assert len(connection.execute(tables.territory.select()).all()) == 1


def test_newest_scenario_comes_first(store: Store) -> None:
    territory = grid_territory()
    numbers = [store.save(EVERYTHING, territory, grid_scenario(territory)) for _ in range(2)]
    listed = store.scenarios(EVERYTHING)
    assert [one.scenario_id for one in listed] == numbers[::-1]
    assert listed[0].territory_name == "Grid Town"
    assert listed[0].n_cells == 2


def test_scope_is_checked_on_every_way_in(store: Store) -> None:
    """Listing hides, loading and saving refuse."""
    territory = grid_territory()
    number = store.save(EVERYTHING, territory, grid_scenario(territory))
    elsewhere = Scope(frozenset({"Other Town"}))
    assert store.scenarios(elsewhere) == []
    with pytest.raises(PermissionDenied, match="Grid Town"):
        store.load(elsewhere, number)
    with pytest.raises(PermissionDenied):
        store.save(elsewhere, territory, grid_scenario(territory))


def test_scenario_of_another_territory_is_refused(store: Store) -> None:
    other = grid_territory(name="Other Town")
    with pytest.raises(StoreError, match="another state"):
        store.save(EVERYTHING, other, grid_scenario(grid_territory()))
    assert store.scenarios(EVERYTHING) == []


def test_a_failed_save_leaves_nothing(store: Store) -> None:
    """A row the database refuses takes the whole plan back, territory included."""
    territory = grid_territory()
    scenario = grid_scenario(territory)
    broken = dataclasses.replace(scenario, cells=scenario.cells.assign(code=[None, "C02"]))
    with pytest.raises(StoreError, match="nothing was written"):
        store.save(EVERYTHING, territory, broken)
    with store._engine.connect() as connection:
        assert connection.execute(tables.territory.select()).all() == []


def test_unknown_scenario_is_an_error(store: Store) -> None:
    with pytest.raises(StoreError, match="no scenario"):
        store.load(EVERYTHING, 99)


def test_migrations_make_the_tables_of_the_code(store: Store) -> None:
    """The schema that the migrations build differs in nothing from the tables."""
    with store._engine.connect() as connection:
        # PostGIS brings a table of its own.
        ours = {"include_name": lambda name, kind, _: (kind, name) != ("table", "spatial_ref_sys")}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, tables.metadata) == []


def test_bad_addresses_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database address"):
        Store("nonsense")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path / 'file' / 'gridmap.db'}")


def test_a_plan_in_the_making_is_shown_until_it_ends(store: Store) -> None:
    """Stage and fraction are read back; the run is gone afterwards, also after a failure."""
    drawn: list[Progress] = []
    with (
        pytest.raises(RuntimeError, match="broken"),
        announced(store, EVERYTHING, "Grid Town", drawn.append) as report,
    ):
        assert store.runs(EVERYTHING) == []
        report(Progress("planning.stage.partition", 0.25, "C01"))
        report(Progress("planning.stage.partition", 0.26, "C01"))
        (run,) = store.runs(EVERYTHING)
        assert (run.name, run.stage) == ("Grid Town", "planning.stage.partition")
        assert (run.fraction, run.detail) == (0.25, "C01")
        assert store.runs(Scope(frozenset({"Other Town"}))) == []
        raise RuntimeError("broken")
    assert len(drawn) == 2
    assert store.runs(EVERYTHING) == []


def test_a_killed_run_is_forgotten(store: Store) -> None:
    """A run that was not heard of for more than a minute is not shown any more."""
    run_id = store.begin_run(EVERYTHING, "Grid Town")
    store.tell_run(EVERYTHING, run_id, Progress("planning.stage.partition", 0.5))
    old = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=2)
    with store._engine.begin() as connection:
        connection.execute(tables.plan_run.update().values(updated=old))
    assert store.runs(EVERYTHING) == []
    store.begin_run(EVERYTHING, "Grid Town")
    with store._engine.connect() as connection:
        assert len(connection.execute(tables.plan_run.select()).all()) == 1


def test_runs_need_the_scope(store: Store) -> None:
    with pytest.raises(PermissionDenied):
        store.begin_run(Scope(frozenset({"Other Town"})), "Grid Town")


def test_a_store_is_ready_while_its_schema_is_that_of_the_program(store: Store) -> None:
    """A service that runs on while the database was set back must not be asked."""
    assert store.ready()
    revision = sa.table("alembic_version", sa.column("version_num"))
    with store._engine.begin() as connection:
        now = connection.execute(sa.select(revision)).scalar_one()
        connection.execute(sa.update(revision).values(version_num="0001_first"))
    assert not store.ready()
    with store._engine.begin() as connection:
        connection.execute(sa.update(revision).values(version_num=now))
    assert store.ready()
