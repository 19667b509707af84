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
from gridmap.store import cell_tables, cycle_tables, draft_tables, visit_tables
from gridmap.store.fence import raise_fence, reach_of, tell_reach
from gridmap.store.gis import install
from gridmap.store.scope import Scope

#: Modules that add their tables to those of the store as soon as a database can be opened, so
#: that a backup takes all of them.
TABLE_MODULES = (cell_tables, cycle_tables, draft_tables, visit_tables)


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
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
        migrate(engine)
    except (sa.exc.SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        place = parsed.render_as_string(hide_password=True)
        raise StoreError(fault("store.cannot_open", place, reason=str(error))) from error
    return engine


def migrate(engine: sa.Engine) -> None:
    """Bring the schema of a database up to date."""
    config = _config()
    with writing(engine, Scope.everything()) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        install(connection)
        if engine.dialect.name == "postgresql":
            raise_fence(connection)


def _postgresql(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url)
    event.listen(engine, "begin", tell_reach)
    return engine


def is_current(connection: sa.Connection) -> bool:
    """Return whether a database has the schema of this program."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@contextmanager
def writing(engine: sa.Engine, scope: Scope) -> Iterator[sa.Connection]:
    """Yield a connection in one transaction that writes; an error takes all of it back."""
    options = {"writing": True, "reach": reach_of(scope)}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def saving(engine: sa.Engine, scope: Scope) -> Iterator[sa.Connection]:
    """Do what `writing` does, and say in our words what the database refuses.

    Raises
    ------
    StoreError
        If the database refuses; nothing was written.
    """
    try:
        with writing(engine, scope) as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        # The statement and its values are for the log, not for people.
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreError(fault("drafts.cannot_write", reason=reason)) from error


@contextmanager
def reading(engine: sa.Engine, scope: Scope) -> Iterator[sa.Connection]:
    """Yield a connection whose every query sees the same state of the database."""
    with engine.connect().execution_options(reach=reach_of(scope)) as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


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
