"""The states of a territory's data: each import makes a new one, and plans are made of any.

A territory never changes, as its plans have to be made again from it. New outlets or a new log of
visits are therefore another territory of the same name, of which the newest is planned next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.errors import StoreError, fault
from gridmap.policies import PlanRequest
from gridmap.store import tables
from gridmap.store.audit import record
from gridmap.store.engine import reading
from gridmap.store.scope import Scope
from gridmap.store.territories import load_territory, save_territory
from gridmap.territory import Territory

_TERRITORY, _SCENARIO = tables.territory, tables.scenario


@dataclass(frozen=True)
class TerritoryState:
    """What a list of states shows of one.

    Attributes
    ----------
    number, territory_hash
        Number in the store, and hash of the content.
    outlets, demand, visits, market, units
        How many rows there are of each.
    ownership
        How many outlets there are of each ownership.
    excluded
        Rows of the input that were left out.
    invented
        What is made-up sample data.
    sources
        Hash of each input file by its name.
    plans
        How many plans were made of it.
    """

    number: int
    territory_hash: str
    name: str
    created: dt.datetime
    outlets: int
    ownership: Mapping[str, int]
    demand: int
    visits: int
    market: int
    units: int
    excluded: int
    invented: tuple[str, ...]
    sources: Mapping[str, str]
    plans: int


def territory_names(engine: sa.Engine, scope: Scope) -> list[str]:
    """Return the names of the territories within the scope, in order."""
    with reading(engine, scope) as connection:
        names = connection.execute(sa.select(_TERRITORY.c.name).distinct()).scalars().all()
    return sorted(one for one in names if scope.allows(one))


def states_of(engine: sa.Engine, scope: Scope, name: str) -> list[TerritoryState]:
    """Return the states of a territory, the newest first; none if it is out of reach."""
    if not scope.allows(name):
        return []
    query = (
        sa.select(
            _TERRITORY.c.territory_id,
            _TERRITORY.c.content_hash,
            _TERRITORY.c.created,
            _TERRITORY.c.invented,
            _TERRITORY.c.sources,
            *(
                _count(table).label(label)
                for label, table in (
                    ("demand", tables.demand),
                    ("visits", tables.visit_log),
                    ("market", tables.market),
                    ("units", tables.unit),
                    ("excluded", tables.excluded),
                    ("plans", _SCENARIO),
                )
            ),
        )
        .where(_TERRITORY.c.name == name)
        .order_by(_TERRITORY.c.territory_id.desc())
    )
    outlet = tables.outlet
    owners = (
        sa.select(outlet.c.territory_id, outlet.c.ownership, sa.func.count().label("rows"))
        .join(_TERRITORY, _TERRITORY.c.territory_id == outlet.c.territory_id)
        .where(_TERRITORY.c.name == name)
        .group_by(outlet.c.territory_id, outlet.c.ownership)
    )
    with reading(engine, scope) as connection:
        rows = connection.execute(query).all()
        counted = connection.execute(owners).all()
    found = []
    for row in rows:
        ownership = {
            one.ownership: int(one.rows) for one in counted if one.territory_id == row.territory_id
        }
        found.append(
            TerritoryState(
                row.territory_id, row.content_hash, name, _utc(row.created),
                outlets=sum(ownership.values()), ownership=ownership, demand=row.demand,
                visits=row.visits, market=row.market, units=row.units, excluded=row.excluded,
                invented=tuple(row.invented), sources=row.sources, plans=row.plans,
            )
        )  # fmt: skip
    return found


def load_state(engine: sa.Engine, scope: Scope, territory_hash: str) -> Territory:
    """Read a state of a territory's data by its hash.

    Raises
    ------
    StoreError
        If there is none within the scope.
    """
    with reading(engine, scope) as connection:
        row = connection.execute(
            sa.select(_TERRITORY.c.territory_id, _TERRITORY.c.name).where(
                _TERRITORY.c.content_hash == territory_hash
            )
        ).one_or_none()
        if row is None or not scope.allows(row.name):
            raise StoreError(fault("data.no_state", territory_hash[:12]))
        return load_territory(connection, row.territory_id)


def other_hashes(engine: sa.Engine, territory_hash: str) -> list[str]:
    """Return the hashes of all other states of the same territory, the newest first.

    It says nothing of what is in them, and asks for no scope.
    """
    other = _TERRITORY.alias("other")
    query = (
        sa.select(other.c.content_hash)
        .join(_TERRITORY, _TERRITORY.c.name == other.c.name)
        .where(_TERRITORY.c.content_hash == territory_hash, other.c.content_hash != territory_hash)
        .order_by(other.c.territory_id.desc())
    )
    with reading(engine, Scope.everything()) as connection:
        return list(connection.execute(query).scalars())


def newest_request(engine: sa.Engine, scope: Scope, name: str) -> PlanRequest | None:
    """Return what was asked of the newest plan of a territory; None = there is no plan."""
    query = (
        sa.select(_SCENARIO.c.request)
        .join(_TERRITORY, _TERRITORY.c.territory_id == _SCENARIO.c.territory_id)
        .where(_TERRITORY.c.name == name)
        .order_by(_SCENARIO.c.scenario_id.desc())
        .limit(1)
    )
    with reading(engine, scope) as connection:
        found = connection.execute(query).scalar_one_or_none()
    return None if found is None or not scope.allows(name) else PlanRequest.model_validate(found)


def save_state(
    connection: sa.Connection, scope: Scope, territory: Territory, *, base: str, file: str
) -> int:
    """Write a new state on an open connection and return its number.

    Parameters
    ----------
    base
        Hash of the state it was made from, which must still be the newest.
    file
        Name of the table that made it, for the audit.

    Raises
    ------
    StoreError
        If there is a newer state by now; made again, it builds on that one.
    """
    newest = connection.execute(
        sa.select(_TERRITORY.c.content_hash)
        .where(_TERRITORY.c.name == territory.name)
        .order_by(_TERRITORY.c.territory_id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if newest != base:
        raise StoreError(fault("data.newer_state", territory.name))
    number = save_territory(connection, territory)
    record(connection, scope, "imported", f"territory/{number}", file=file)
    return number


def _count(table: sa.Table) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .select_from(table)
        .where(table.c.territory_id == _TERRITORY.c.territory_id)
        .scalar_subquery()
    )


def _utc(time: dt.datetime) -> dt.datetime:
    # SQLite hands times back without their zone.
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time
