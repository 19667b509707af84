"""Tables of rows into and out of the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from gridmap.errors import StoreError, fault


def positioned(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the position of each row, which keeps their order."""
    return table.assign(position=np.arange(len(table)))


def insert(
    connection: sa.Connection, table: sa.Table, key: dict[str, int], rows: pd.DataFrame
) -> None:
    """Insert the columns of `rows` that the table has, each row under `key`; NaN becomes NULL."""
    names = [column.name for column in table.columns if column.name in rows.columns]
    if rows.empty:
        return
    values = rows[names].astype(object).where(rows[names].notna(), None)
    connection.execute(
        sa.insert(table), [{**key, **_plain(row)} for row in values.to_dict("records")]
    )


def _plain(row: dict[Any, Any]) -> dict[Any, Any]:
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in row.items()
    }


def select(
    connection: sa.Connection,
    table: sa.Table,
    condition: sa.ColumnElement[bool],
    order: Iterable[str],
) -> pd.DataFrame:
    """Return the rows that fulfil a condition, in an order, with the types of the table."""
    query = sa.select(table).where(condition).order_by(*(table.c[name] for name in order))
    result = connection.execute(query)
    rows = pd.DataFrame(result.all(), columns=list(result.keys()))
    for column in table.columns:
        if isinstance(column.type, sa.Double):
            rows[column.name] = rows[column.name].astype(np.float64)
        elif isinstance(column.type, sa.Integer):
            rows[column.name] = rows[column.name].astype(np.int64)
        elif isinstance(column.type, sa.String):
            rows[column.name] = rows[column.name].astype(str)
    return rows


def new_id(result: sa.CursorResult[Any]) -> int:
    """Return the number that the database gave to the row just inserted."""
    key = result.inserted_primary_key
    if key is None:
        raise StoreError(fault("store.no_key"))
    return int(key[0])


def now() -> dt.datetime:
    """Return the time of the clock in UTC."""
    return dt.datetime.now(dt.UTC)
