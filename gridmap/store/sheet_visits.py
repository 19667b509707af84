"""Visits that were read back from filled route sheets: each is kept once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from gridmap import schemas
from gridmap.store.audit import record
from gridmap.store.engine import reading
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope
from gridmap.store.tables import territory
from gridmap.store.visit_tables import sheet_visit

_KEY = ("outlet_id", "date", "route")
_COLUMNS = tuple(schemas.VISIT_LOG.columns)


@dataclass(frozen=True)
class Kept:
    """How many visits are new, say something else than before, or were there already."""

    new: int
    changed: int
    same: int


def keep_visits(
    connection: sa.Connection, scope: Scope, territory_name: str, log: pd.DataFrame
) -> Kept:
    """Keep visits on an open connection; one that is known by outlet, day and route is replaced.

    Parameters
    ----------
    log
        A `gridmap.schemas.VISIT_LOG` in which every visit has its day; of two rows of one visit
        the last counts.

    Raises
    ------
    PermissionDenied
        If the caller may not import into the territory.
    """
    scope.demand(territory_name, Permission.IMPORT)
    # two who hand in the same sheet wait for each other
    connection.execute(
        sa.select(territory.c.territory_id)
        .where(territory.c.name == territory_name)
        .order_by(territory.c.territory_id)
        .with_for_update()
    ).all()
    before = {
        tuple(row[name] for name in _KEY): row for row in _rows(connection, territory_name, log)
    }
    given = {tuple(row[name] for name in _KEY): row for row in _plain(log)}
    new = [row for key, row in given.items() if key not in before]
    changed = [row for key, row in given.items() if key in before and before[key] != row]
    mark = {"territory_name": territory_name, "author": scope.user, "made": now()}
    for row in changed:
        mine = sheet_visit.c.territory_name == territory_name
        for name in _KEY:
            mine &= sheet_visit.c[name] == row[name]
        connection.execute(sa.update(sheet_visit).where(mine).values(**row, **mark))
    if new:
        connection.execute(sa.insert(sheet_visit), [{**row, **mark} for row in new])
    kept = Kept(len(new), len(changed), len(given) - len(new) - len(changed))
    if new or changed:
        record(connection, scope, "visits_read", f"territory/{territory_name}", **asdict(kept))
    return kept


def visits_read(
    engine: sa.Engine, scope: Scope, territory_name: str, outlets: Collection[str]
) -> pd.DataFrame:
    """Return the visits at some outlets as a `gridmap.schemas.VISIT_LOG`, by day and route.

    The store does not know which cell an outlet is in, as plans differ in that: whoever may see
    some cells only asks with the outlets of these.

    Raises
    ------
    PermissionDenied
        If the caller may not read the territory.
    """
    scope.demand(territory_name)
    order = (sheet_visit.c.date, sheet_visit.c.route, sheet_visit.c.seq, sheet_visit.c.outlet_id)
    query = (
        sa.select(*(sheet_visit.c[name] for name in _COLUMNS))
        .where(sheet_visit.c.territory_name == territory_name)
        .order_by(*order)
    )
    with reading(engine, scope) as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    found = pd.DataFrame(rows, columns=list(_COLUMNS))
    found = found[found["outlet_id"].isin(set(outlets))].reset_index(drop=True)
    floats = dict.fromkeys(("planned", "seq", "came"), float)
    texts = dict.fromkeys(("outlet_id", "date", "route"), str)
    return schemas.VISIT_LOG.validate(found.astype({**texts, **floats, "done": bool}))


def _rows(
    connection: sa.Connection, territory_name: str, log: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return what is kept of the days of a log."""
    query = sa.select(*(sheet_visit.c[name] for name in _COLUMNS)).where(
        sheet_visit.c.territory_name == territory_name,
        sheet_visit.c.date.in_(sorted(set(log["date"]))),
    )
    return [dict(row._mapping) for row in connection.execute(query)]


def _plain(log: pd.DataFrame) -> list[dict[str, Any]]:
    rows = log[list(_COLUMNS)].to_dict("records")
    return [
        {
            str(name): None if isinstance(value, float) and np.isnan(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]
