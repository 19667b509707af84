"""Open a database: SQLite with the settings that keep it safe, or PostgreSQL by URL."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

from gridmap.errors import StoreError, fault


def open_engine(url: str) -> sa.Engine:
    """Return an engine for `url` with its schema brought up to date.

    Parameters
    ----------
    url
        ``sqlite:///path/to/file.db`` or ``postgresql+psycopg://…``.

    Raises
    ------
    StoreError
        If the URL cannot be read or the database not be opened.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(fault("store.bad_url", url)) from error
    try:
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else sa.create_engine(url)
        migrate(engine)
    except (sa.exc.SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        place = parsed.render_as_string(hide_password=True)
        raise StoreError(fault("store.cannot_open", place, reason=str(error))) from error
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection in a transaction that may write; its end commits, an error takes back."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


def migrate(engine: sa.Engine) -> None:
    """Bring the schema of a database up to date."""
    config = _config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(connection: sa.Connection) -> bool:
    """Return whether a database has the schema of this program."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, module=_sqlite_module(), connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun by the event below
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _sqlite_module() -> ModuleType:
    # The SQLite that many Pythons bring can lose a commit when the write-ahead log is reset;
    # where a wheel with a mended one exists, it is a dependency and taken here.
    try:
        return importlib.import_module("pysqlite3")
    except ModuleNotFoundError:
        return importlib.import_module("sqlite3")
