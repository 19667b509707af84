"""The second fence: PostgreSQL itself shows a service only the rows within the caller's scope.

Each transaction says which territories its caller reaches; policies of the tables compare every
row with that. A method of the store that forgets its filter then finds no foreign row, and one
that forgets to say for whom it asks finds none at all. The fence stands for roles that do not own
the tables: the service signs in to the database as such a role, and only `gridmap migrate` as
their owner.
"""

from __future__ import annotations

import json
from typing import Final

import sqlalchemy as sa

from gridmap.store import people_tables
from gridmap.store.scope import Scope

#: Of whom a transaction asks; PostgreSQL forgets it at its end.
SETTING: Final = "gridmap.territories"
_ALL: Final = "*"
_POLICY: Final = "gridmap_scope"
_REACH: Final = f"current_setting('{SETTING}', true)"
_NAMES: Final = (
    f"SELECT jsonb_array_elements_text("
    f"COALESCE(NULLIF(NULLIF({_REACH}, ''), '{_ALL}'), '[]')::jsonb)"
)


def reach_of(scope: Scope) -> str:
    """Return the territories of a scope as a transaction says them."""
    if scope.territories is None:
        return _ALL
    return json.dumps(sorted(scope.territories))


def tell_reach(connection: sa.Connection) -> None:
    """Tell PostgreSQL at the start of a transaction how far its caller reaches."""
    reach = connection.get_execution_options().get("reach")
    if reach is not None:
        connection.exec_driver_sql(f"SELECT set_config('{SETTING}', %s, true)", (reach,))


def fenced_tables() -> dict[str, str]:
    """Return the condition of each table whose rows belong to a territory."""
    named = f"{_REACH} = '{_ALL}' OR {{}} IN ({_NAMES})"
    found = {one: named.format("name") for one in ("territory", "plan_run")}
    found["job"] = named.format("territory")
    for table in people_tables.account.metadata.sorted_tables:
        if "territory_name" in table.c and table is not people_tables.region_territory:
            found[table.name] = named.format("territory_name")
        for key, parent in (("territory_id", "territory"), ("scenario_id", "scenario")):
            if key in table.c and table.name not in (parent, "contact_access"):
                found.setdefault(table.name, f"{key} IN (SELECT {key} FROM {parent})")  # noqa: S608
    return found


def raise_fence(connection: sa.Connection) -> None:
    """Put up the policies that are missing; needs the owner of the tables if any is."""
    standing = set(
        connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = "
            "current_schema()::regnamespace"
        ).scalars()
    )
    quoted = connection.dialect.identifier_preparer.quote
    for name, condition in fenced_tables().items():
        if name not in standing:
            table = quoted(name)
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"CREATE POLICY {_POLICY} ON {table} USING ({condition})")


def grant_service_role(connection: sa.Connection, role: str) -> None:
    """Let a role read and write all tables as far as the fence lets it, and change none."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    schema = str(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
    place = connection.dialect.identifier_preparer.quote(schema)
    for right in (
        f"USAGE ON SCHEMA {place}",
        f"SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {place}",
        f"USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {place}",
    ):
        connection.exec_driver_sql(f"GRANT {right} TO {quoted}")
    if connection.exec_driver_sql("SELECT to_regnamespace('gis')").scalar() is not None:
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA gis TO {quoted}")
        connection.exec_driver_sql(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gis TO {quoted}"
        )
    connection.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}")
