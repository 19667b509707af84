"""PostgreSQL shows a service no row beyond the scope, even where the store forgets to filter."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from grid_town import grid_scenario, grid_territory

from gridmap.errors import InputError, StoreError
from gridmap.progress import Progress
from gridmap.store import people_tables, tables
from gridmap.store.engine import reading, writing
from gridmap.store.fence import fenced_tables, grant_service_role
from gridmap.store.repository import Store
from gridmap.store.scope import Scope

ROLE = "gridmap_web"
EVERYTHING = Scope.everything()
OWN, FOREIGN = "Own Town", "Foreign Town"
NARROW = Scope(frozenset({OWN}))


class Forgetful(Store):
    """A store one of whose methods forgets to filter, and another for whom it asks."""

    def rows(self, scope: Scope, table: sa.Table) -> int:
        with reading(self._engine, scope) as connection:
            return int(
                connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            )

    def names(self, scope: Scope) -> list[str]:
        with reading(self._engine, scope) as connection:
            return [*connection.execute(sa.select(tables.territory.c.name)).scalars()]

    def names_for_nobody(self) -> list[str]:
        with self._engine.connect() as connection:
            return [*connection.execute(sa.select(tables.territory.c.name)).scalars()]

    def rename(self, scope: Scope) -> int:
        with writing(self._engine, scope) as connection:
            done = connection.execute(sa.update(tables.territory).values(crs="EPSG:1"))
            return done.rowcount


@pytest.fixture(scope="module")
def service(postgres_url: str) -> Iterator[Forgetful]:
    """Two territories with a scenario each, and a store that signs in as a role without rights."""
    owner = Store(postgres_url)
    with owner._engine.begin() as connection:
        for table in reversed(people_tables.metadata.sorted_tables):
            connection.execute(table.delete())
        if not connection.exec_driver_sql(
            f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"
        ).first():
            connection.exec_driver_sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'of a test'")
        grant_service_role(connection, ROLE)
    for name in (OWN, FOREIGN):
        territory = dataclasses.replace(grid_territory(), name=name)
        owner.save(EVERYTHING, territory, grid_scenario(territory))
        owner.begin_run(EVERYTHING, name)
    url = sa.make_url(postgres_url).set(username=ROLE, password="of a test")  # noqa: S106
    opened = Forgetful(url.render_as_string(hide_password=False))
    yield opened
    opened.close()
    owner.close()


def test_a_method_that_forgets_its_filter_finds_no_foreign_row(service: Forgetful) -> None:
    """Of two territories alike, each fenced table shows half of its rows; to all, all."""
    counted = 0
    for table in people_tables.metadata.sorted_tables:
        if table.name in fenced_tables():
            whole = service.rows(EVERYTHING, table)
            assert service.rows(NARROW, table) * 2 == whole, table.name
            assert service.rows(Scope(frozenset()), table) == 0, table.name
            counted += whole > 0
    assert counted >= 12
    assert service.names(NARROW) == [OWN]
    assert service.names(Scope(frozenset({"*"}))) == []


def test_who_does_not_say_for_whom_finds_nothing(service: Forgetful) -> None:
    assert service.names_for_nobody() == []
    assert service.names(EVERYTHING) == [OWN, FOREIGN]
    # nor does a connection that somebody else has used before
    assert service.names_for_nobody() == []


def test_nothing_foreign_is_changed_or_added(service: Forgetful) -> None:
    assert service.rename(NARROW) == 1
    territory = dataclasses.replace(grid_territory(), name=FOREIGN, crs="EPSG:32633")
    lying = Scope(frozenset({OWN, FOREIGN}))
    object.__setattr__(lying, "territories", _Lying({OWN}))
    with pytest.raises(StoreError, match="row-level security"):
        service.save(lying, territory, grid_scenario(territory))


class _Lying(frozenset[str]):
    """A set that a faulty check believes to hold everything."""

    def __contains__(self, _: object) -> bool:
        return True


def test_the_store_works_within_the_fence(service: Forgetful) -> None:
    """What is in scope is read and written as ever."""
    (summary,) = service.scenarios(NARROW)
    territory, _ = service.load(NARROW, summary.scenario_id)
    assert territory.name == OWN
    run = service.begin_run(NARROW, OWN)
    service.tell_run(NARROW, run, Progress("planning.stage.routing", 0.5))
    assert [one.name for one in service.runs(NARROW)] == [OWN]
    service.end_run(NARROW, run)
    assert service.people().accounts.any() is False


def test_every_table_with_rows_of_a_territory_is_fenced(service: Forgetful) -> None:
    """A table that is added later is fenced by itself; those without a fence are listed here."""
    with service._engine.connect() as connection:
        fenced = set(
            connection.exec_driver_sql(
                "SELECT tablename FROM pg_policies WHERE schemaname = 'public'"
            ).scalars()
        )
    assert fenced == set(fenced_tables())
    free = {table.name for table in people_tables.metadata.sorted_tables} - fenced
    people = {"account", "account_grant", "region_territory", "session", "api_token"}
    # the audit is one chain over all territories; only an administrator of all of them reads it
    assert free == people | {"login_attempt", "contact_access", "audit"}


def test_the_rights_are_given_by_a_command(service: Forgetful, postgres_url: str) -> None:
    assert service.names(NARROW) == [OWN]
    owner = Store(postgres_url)
    owner.let_serve(ROLE)
    with pytest.raises(StoreError, match="CREATE ROLE"):
        owner.let_serve("nobody")
    owner.close()
    assert service.names(NARROW) == [OWN]


def test_sqlite_has_no_roles(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'gridmap.db'}")
    with pytest.raises(InputError, match="only PostgreSQL"):
        store.let_serve(ROLE)
    store.close()


def test_the_service_cannot_take_the_fence_down(service: Forgetful) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match="must be owner"),
        service._engine.begin() as connection,
    ):
        connection.exec_driver_sql("ALTER TABLE territory DISABLE ROW LEVEL SECURITY")
