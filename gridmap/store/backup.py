"""Back up a database while it is in use, and restore it, each row verified.

A backup is one SQLite file with the tables of the store, whichever database it came from, so it
can be restored into either kind. It is read in one transaction, hence as of one moment. Beside the
rows it holds how many there are in each table and a digest of them; both are checked when it is
written and again before and after it is restored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import gridmap
from gridmap.errors import StoreError, fault
from gridmap.store import tables
from gridmap.store.engine import open_engine, reading, writing
from gridmap.store.rows import now
from gridmap.store.scope import Scope

#: Rows that are read and written at once.
_BATCH = 1000

#: What a backup says of itself; no table of the store.
_manifest = sa.Table(
    "backup_manifest",
    sa.MetaData(),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("version", sa.String, nullable=False),
)

#: Tables of a backup that the store does not have, or fills by itself.
_NOT_COPIED = (_manifest.name, "alembic_version")


@dataclass(frozen=True)
class Contents:
    """How many rows a table has, and a digest of them, whatever their order."""

    rows: int
    digest: str


def backup(source: sa.Engine, path: Path) -> dict[str, Contents]:
    """Write a backup; writers of the database need not stop.

    Parameters
    ----------
    source
        The database, its schema up to date.
    path
        File to write; it appears only when it is whole.

    Returns
    -------
    dict
        Contents by the name of the table.

    Raises
    ------
    StoreError
        If the file exists, cannot be written, or does not hold what was read.
    """
    if path.exists():
        raise StoreError(fault("backup.exists", path))
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with _opened(f"sqlite:///{partial.as_posix()}") as target:
            with _reading(source) as rows, target.begin() as written:
                read = _copied(rows, written)
                _manifest.create(written)
                _describe(written, read)
            with target.connect() as again:
                _compare(path, read, _contents(again, tables.metadata))
            with target.connect() as whole:  # one file, without its log beside it
                whole.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        _keep(partial, path)
    except (OSError, sa.exc.SQLAlchemyError) as error:
        raise StoreError(fault("backup.cannot_write", path, reason=error)) from error
    finally:
        for name in (partial, Path(f"{partial}-wal"), Path(f"{partial}-shm")):
            with suppress(OSError):
                name.unlink(missing_ok=True)
    return read


def verify(path: Path) -> dict[str, Contents]:
    """Return what a backup holds, after comparing it with what it says of itself.

    Raises
    ------
    StoreError
        If the file is no backup, or not what was written; every table that differs is named.
    """
    engine = _unchanged(path)
    try:
        with engine.connect() as connection:
            said = connection.execute(sa.select(_manifest)).all()
            held = sa.MetaData()  # it may have been written by an older program
            held.reflect(connection, only=lambda name, _: name not in _NOT_COPIED)
            found = _contents(connection, held)
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(fault("backup.no_backup", path)) from error
    finally:
        engine.dispose()
    _compare(path, {row.name: Contents(row.rows, row.digest) for row in said}, found)
    return found


def restore(path: Path, target: sa.Engine, *, replace: bool = False) -> dict[str, Contents]:
    """Write what a backup holds into a database, in one transaction.

    Parameters
    ----------
    path
        The backup; one of an older program is brought up to date on the way, in a copy.
    target
        The database, its schema up to date.
    replace
        Whether rows that are there already give way; without it they are a fault.

    Returns
    -------
    dict
        Contents by the name of the table.

    Raises
    ------
    StoreError
        If the backup is damaged or the database holds rows; it is then as it was.
    """
    verify(path)
    with _as_of_today(path) as source, _reading(source) as rows:
        try:
            with writing(target, Scope.everything()) as written:
                _make_room(written, path, replace=replace)
                read = _copied(rows, written)
                _compare(path, read, _contents(written, tables.metadata))
                _continue_numbers(written)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(fault("backup.cannot_restore", path, reason=error)) from error
    return read


class _Count:
    """Counts and digests the rows of a table; databases sort text differently, hence the sum."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, rows: list[dict[str, Any]]) -> None:
        self._rows += len(rows)
        for row in rows:
            self._sum += int.from_bytes(hashlib.sha256(_bytes(row)).digest())

    def contents(self) -> Contents:
        return Contents(self._rows, f"{self._sum % 2**256:064x}")


def _copied(reading: sa.Connection, writing: sa.Connection) -> dict[str, Contents]:
    """Copy every table, parents first, and return what was read."""
    copied = {}
    for table in tables.metadata.sorted_tables:
        count = _Count()
        for rows in _batches(reading, table):
            writing.execute(sa.insert(table), rows)
            count.add(rows)
        copied[table.name] = count.contents()
    return copied


def _contents(connection: sa.Connection, metadata: sa.MetaData) -> dict[str, Contents]:
    found = {}
    for table in metadata.tables.values():
        count = _Count()
        for rows in _batches(connection, table):
            count.add(rows)
        found[table.name] = count.contents()
    return found


def _batches(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as result:
        for rows in result.mappings().partitions(_BATCH):
            yield [dict(row) for row in rows]


def _bytes(row: Mapping[str, Any]) -> bytes:
    """Return a row as the same bytes, whichever database it comes from.

    What is empty is left out, so that a column that came later does not change older rows.
    """
    told = {name: value for name, value in row.items() if value is not None}
    return json.dumps(told, sort_keys=True, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, dt.datetime):
        # SQLite keeps no time zone; all times of the store are in UTC
        return value.replace(tzinfo=None).isoformat()
    return str(value)


def _describe(connection: sa.Connection, contents: Mapping[str, Contents]) -> None:
    rows = [
        {
            "name": name,
            "rows": one.rows,
            "digest": one.digest,
            "created": now(),
            "version": gridmap.__version__,
        }
        for name, one in contents.items()
    ]
    connection.execute(sa.insert(_manifest), rows)


def _compare(path: Path, expected: Mapping[str, Contents], found: Mapping[str, Contents]) -> None:
    """Raise with every table that differs."""
    missing = Contents(0, "")
    differing = [
        fault(
            "backup.differs",
            path,
            table=name,
            expected=expected.get(name, missing).rows,
            found=found.get(name, missing).rows,
        )
        for name in sorted({*expected, *found})
        if expected.get(name, missing) != found.get(name, missing)
    ]
    if differing:
        raise StoreError(*differing)


def _make_room(connection: sa.Connection, path: Path, *, replace: bool) -> None:
    backwards = list(reversed(tables.metadata.sorted_tables))
    if not replace:
        held = [
            table.name
            for table in backwards
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        ]
        if held:
            raise StoreError(fault("backup.not_empty", path, tables=", ".join(sorted(held))))
    for table in backwards:
        connection.execute(sa.delete(table))


def _continue_numbers(connection: sa.Connection) -> None:
    """Let PostgreSQL count on from the largest number that was restored."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        largest = sa.select(sa.func.coalesce(sa.func.max(column), 0)).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(sa.select(sa.func.setval(sequence, largest + 1, sa.false())))


@contextmanager
def _reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection that sees the database as of one moment."""
    with reading(engine, Scope.everything()) as connection, connection.begin():
        yield connection


@contextmanager
def _opened(url: str) -> Iterator[sa.Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _as_of_today(path: Path) -> Iterator[sa.Engine]:
    """Yield a copy of a backup whose schema is up to date."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "backup.db"
        shutil.copyfile(path, copy)
        with _opened(f"sqlite:///{copy.as_posix()}") as engine:
            yield engine


def _unchanged(path: Path) -> sa.Engine:
    """Return an engine that cannot write to the file, so that looking leaves it as it is."""
    if not path.is_file():
        raise StoreError(fault("backup.no_backup", path))
    address = f"sqlite:///file:{path.resolve().as_posix()}?mode=ro&immutable=1&uri=true"
    return sa.create_engine(address)


def _keep(partial: Path, path: Path) -> None:
    """Give a finished file its name once it is on the disk."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
