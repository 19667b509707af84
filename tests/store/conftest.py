"""Every contract of the store is tested on SQLite and on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.postgres import postgres_server
from gridmap.store.repository import Store


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own on a socket in a temporary folder, gone afterwards."""
    given = os.environ.get("GRIDMAP_TEST_POSTGRES")
    if given:
        yield given
        return
    with postgres_server(fsync=False) as url:
        yield url


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "gridmap.db"
    Store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    if request.param == "sqlite":
        shutil.copy(empty_sqlite, tmp_path / "gridmap.db")
        opened = Store(f"sqlite:///{tmp_path / 'gridmap.db'}")
    else:
        opened = Store(request.getfixturevalue("postgres_url"))
        from gridmap.store import cell_tables, draft_tables, tables  # noqa: F401

        with opened._engine.begin() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                connection.execute(table.delete())
    yield opened
    opened.close()
