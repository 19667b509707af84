"""A backup holds what was there at one moment, says so, and goes into either database."""

import datetime as dt
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from grid_town import grid_scenario, grid_territory

from gridmap.errors import StoreError
from gridmap.store import tables
from gridmap.store.backup import backup, restore, verify
from gridmap.store.engine import open_engine
from gridmap.store.repository import Store
from gridmap.store.scope import Scope

EVERYTHING = Scope.everything()


@pytest.fixture
def filled(store: Store) -> Store:
    territory = grid_territory()
    store.save(EVERYTHING, territory, grid_scenario(territory))
    store.save(EVERYTHING, territory, grid_scenario(territory))
    return store


@pytest.fixture
def empty(tmp_path: Path) -> sa.Engine:
    return open_engine(f"sqlite:///{tmp_path / 'other.db'}")


def test_what_is_restored_is_what_was_there(
    filled: Store, empty: sa.Engine, tmp_path: Path
) -> None:
    """From SQLite and from PostgreSQL into SQLite; and the plan can be loaded there."""
    written = backup(filled._engine, tmp_path / "plans.backup")
    assert written["scenario"].rows == 2
    assert restore(tmp_path / "plans.backup", empty) == written == verify(tmp_path / "plans.backup")
    other = Store(str(empty.url))
    for one in filled.scenarios(EVERYTHING):
        _, before = filled.load(EVERYTHING, one.scenario_id)
        _, after = other.load(EVERYTHING, one.scenario_id)
        np.testing.assert_array_equal(before.partition.label, after.partition.label)
        assert before.report == after.report
    other.close()


def test_numbers_go_on_after_the_largest_restored(filled: Store, tmp_path: Path) -> None:
    """Into the database it came from, which must not give a number twice."""
    backup(filled._engine, tmp_path / "plans.backup")
    restore(tmp_path / "plans.backup", filled._engine, replace=True)
    before = {one.scenario_id for one in filled.scenarios(EVERYTHING)}
    territory = grid_territory()
    assert filled.save(EVERYTHING, territory, grid_scenario(territory)) > max(before)


def test_a_database_with_rows_is_left_alone_unless_told(filled: Store, tmp_path: Path) -> None:
    backup(filled._engine, tmp_path / "plans.backup")
    with pytest.raises(StoreError, match="--replace"):
        restore(tmp_path / "plans.backup", filled._engine)
    assert len(filled.scenarios(EVERYTHING)) == 2


def test_a_backup_is_of_one_moment(filled: Store, tmp_path: Path, monkeypatch) -> None:
    """A plan that is saved while the backup is being read is whole in it, or not in it at all."""
    from gridmap.store import backup as module

    plain, late = module._batches, []

    def meanwhile(connection: sa.Connection, table: sa.Table):
        if table.name == "scenario" and not late:
            territory = grid_territory(name="Late Town")
            late.append(filled.save(EVERYTHING, territory, grid_scenario(territory)))
        return plain(connection, table)

    monkeypatch.setattr(module, "_batches", meanwhile)
    written = backup(filled._engine, tmp_path / "plans.backup")
    assert late
    assert written["scenario"].rows == 2
    assert len(filled.scenarios(EVERYTHING)) == 3


class TestDamage:
    """What is wrong with a file is said, and the database stays as it was."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        engine = open_engine(f"sqlite:///{tmp_path / 'source.db'}")
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            connection.execute(
                sa.insert(tables.plan_run).values(
                    name="a", stage="s", fraction=0.5, detail="",
                    started=dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
                    updated=dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
                )
            )  # fmt: skip
        path = tmp_path / "plans.backup"
        backup(engine, path)
        engine.dispose()
        return path

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE plan_run SET fraction = 0.51",
            "DELETE FROM plan_run",
            "DELETE FROM backup_manifest WHERE name = 'plan_run'",
        ],
    )
    def test_a_changed_row_is_seen(self, path: Path, change: str, empty: sa.Engine) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute(change)
        connection.close()
        with pytest.raises(StoreError, match="plan_run"):
            verify(path)
        with pytest.raises(StoreError, match="plan_run"):
            restore(path, empty)
        with empty.connect() as connection:
            assert not connection.execute(sa.select(tables.plan_run)).all()

    def test_no_file_and_no_backup(self, tmp_path: Path, empty: sa.Engine) -> None:
        (tmp_path / "text").write_text("no database")
        sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE t (a)")
        for name in ("missing", "text", "other.sqlite"):
            with pytest.raises(StoreError, match="no backup"):
                restore(tmp_path / name, empty)

    def test_no_backup_is_overwritten(self, path: Path, empty: sa.Engine) -> None:
        before = path.read_bytes()
        with pytest.raises(StoreError, match="already"):
            backup(empty, path)
        assert path.read_bytes() == before

    def test_looking_leaves_the_file_and_its_folder_as_they_are(self, path: Path) -> None:
        before, beside = path.read_bytes(), sorted(path.parent.iterdir())
        verify(path)
        assert path.read_bytes() == before
        assert sorted(path.parent.iterdir()) == beside

    def test_a_folder_that_cannot_be_written(self, empty: sa.Engine, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match="no file was left"):
            backup(empty, tmp_path / "file" / "plans.backup")
