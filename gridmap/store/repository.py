"""Save and load territories and scenarios. Every method takes a `Scope`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.errors import InputError, StoreError, fault
from gridmap.progress import Progress
from gridmap.scenario import Scenario
from gridmap.store import tables
from gridmap.store.audit import record
from gridmap.store.cycle_tables import cycle_edit
from gridmap.store.draft_tables import version
from gridmap.store.engine import is_current, open_engine, reading, writing
from gridmap.store.fence import grant_service_role
from gridmap.store.gis import write_shapes
from gridmap.store.passwords import Passwords
from gridmap.store.people import People
from gridmap.store.replans import whole_plan
from gridmap.store.rows import new_id, now
from gridmap.store.scenarios import save_scenario
from gridmap.store.scope import Scope
from gridmap.store.seen import seen_by
from gridmap.store.sessions import SessionLimits
from gridmap.store.territories import save_territory
from gridmap.store.versions import add_version, version_of
from gridmap.territory import Territory

#: A run that has not been heard of for so long was killed; it is no longer shown.
_SILENCE = dt.timedelta(seconds=60)

#: Kinds of jobs that are shown as plans in the making.
_PLANNING = ("plan", "reroute", "example", "project")


_N_CELLS = (
    sa.select(sa.func.count())
    .select_from(tables.cell)
    .where(tables.cell.c.scenario_id == tables.scenario.c.scenario_id)
    .where(tables.cell.c.version > 0)  # closed cells have 0
    .scalar_subquery()
)
#: How often routes were changed by hand.
_ROUTED = (
    sa.select(sa.func.count())
    .select_from(cycle_edit)
    .where(cycle_edit.c.scenario_id == tables.scenario.c.scenario_id)
    .scalar_subquery()
    .label("routed")
)
#: Scenarios that have routes and scores, the newest first.
_SUMMARIES = (
    sa.select(
        tables.scenario.c.scenario_id,
        tables.territory.c.name,
        tables.scenario.c.created,
        tables.scenario.c.seed,
        _N_CELLS.label("n_cells"),
        tables.scenario.c.request["language"].as_string().label("language"),
    )
    .join(tables.territory)
    .join(version, version.c.scenario_id == tables.scenario.c.scenario_id)
    .where(version.c.planned == version.c.head)
    .order_by(tables.scenario.c.scenario_id.desc())
)


@dataclass(frozen=True)
class PlanRun:
    """A plan in the making: `stage` is a key of the catalogue, `fraction` lies in [0, 1]."""

    run_id: int
    name: str
    stage: str
    fraction: float
    detail: str


@dataclass(frozen=True)
class ScenarioSummary:
    """What a list of scenarios shows of one."""

    scenario_id: int
    territory_name: str
    created: str
    seed: int
    n_cells: int
    language: str


class Store:
    """Territories and scenarios in one database.

    Parameters
    ----------
    url
        ``sqlite:///path/to/file.db`` or ``postgresql+psycopg://…``.

    Raises
    ------
    StoreError
        If the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    @property
    def engine(self) -> sa.Engine:
        """The database, for the other parts of the store."""
        return self._engine

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def let_serve(self, role: str) -> None:
        """Let a role of PostgreSQL read and write behind the fence, and change no table.

        Raises
        ------
        InputError
            If the database is no PostgreSQL.
        StoreError
            If there is no such role, or the tables belong to somebody else.
        """
        if self._engine.dialect.name != "postgresql":
            raise InputError(fault("people.no_roles", role))
        try:
            with self._engine.begin() as connection:
                grant_service_role(connection, role)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(fault("people.cannot_grant", role, reason=error)) from error

    def people(
        self, *, passwords: Passwords | None = None, limits: SessionLimits | None = None
    ) -> People:
        """Return the accounts, sessions and tokens of the database."""
        return People(self._engine, passwords=passwords, limits=limits)

    def ready(self) -> bool:
        """Return whether the database can be read and has the schema of this program."""
        try:
            with self._engine.connect() as connection:
                return is_current(connection)
        except sa.exc.SQLAlchemyError:
            return False

    def scenarios(self, scope: Scope) -> list[ScenarioSummary]:
        """Return the scenarios within the scope that have routes and scores, the newest first."""
        with reading(self._engine, scope) as connection:
            rows = connection.execute(_SUMMARIES).all()
        return [
            ScenarioSummary(
                row.scenario_id,
                row.name,
                row.created.isoformat(timespec="seconds"),
                row.seed,
                row.n_cells,
                row.language,
            )
            for row in rows
            if scope.allows(row.name)
        ]

    def save(self, scope: Scope, territory: Territory, scenario: Scenario) -> int:
        """Write a scenario, and its territory if it is new, in one transaction.

        Returns
        -------
        int
            Number of the scenario.

        Raises
        ------
        PermissionDenied
            If the territory is out of scope.
        StoreError
            If the scenario was made for another territory, or the database refuses.
        """
        scope.demand(territory.name)
        if scenario.territory_hash != territory.content_hash:
            raise StoreError(fault("store.other_territory", territory.name))
        try:
            with writing(self._engine, scope) as connection:
                return save_plan(connection, scope, territory, scenario)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(fault("store.cannot_write", territory.name, reason=error)) from error

    def load(self, scope: Scope, scenario_id: int) -> tuple[Territory, Scenario]:
        """Read a scenario and its territory, as far as the scope reaches.

        Raises
        ------
        StoreError
            If there is no such scenario, or it is a draft without routes and scores.
        PermissionDenied
            If its territory is out of scope.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id)
            if one.planned != one.head:
                raise StoreError(fault("drafts.not_planned", scenario_id))
            territory, scenario = whole_plan(connection, one)
        return seen_by(scope, territory, scenario)

    def which_plan(self, scenario_id: int) -> str:
        """Return what is another text once a scenario is planned again or edited.

        Empty if there is no such scenario. It says nothing of what is in it.
        """
        query = (
            sa.select(tables.scenario.c.created, version.c.planned, version.c.head, _ROUTED)
            .join(version, version.c.scenario_id == tables.scenario.c.scenario_id)
            .where(tables.scenario.c.scenario_id == scenario_id)
        )
        with reading(self._engine, Scope.everything()) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return ""
        return f"{row.created.isoformat()} {row.planned} {row.head} {row.routed}"

    def begin_run(self, scope: Scope, name: str) -> int:
        """Announce that a plan of a territory is being made; return the number of the run."""
        scope.demand(name)
        time = now()
        with writing(self._engine, scope) as connection:
            connection.execute(
                sa.delete(tables.plan_run).where(tables.plan_run.c.updated < time - _SILENCE)
            )
            inserted = connection.execute(
                sa.insert(tables.plan_run).values(
                    name=name, stage="", fraction=0.0, detail="", started=time, updated=time
                )
            )
            return new_id(inserted)

    def tell_run(self, scope: Scope, run_id: int, progress: Progress) -> None:
        """Write down how far a run is."""
        with writing(self._engine, scope) as connection:
            connection.execute(
                sa.update(tables.plan_run)
                .where(_run_within(scope, run_id))
                .values(
                    stage=progress.stage,
                    fraction=progress.fraction,
                    detail=progress.detail,
                    updated=now(),
                )
            )

    def end_run(self, scope: Scope, run_id: int) -> None:
        """Take a run off the list, however it ended."""
        with writing(self._engine, scope) as connection:
            connection.execute(sa.delete(tables.plan_run).where(_run_within(scope, run_id)))

    def runs(self, scope: Scope) -> list[PlanRun]:
        """Return the plans in the making within the scope: at command lines, and as jobs."""
        table = tables.plan_run
        query = (
            sa.select(table.c.run_id, table.c.name, table.c.stage, table.c.fraction, table.c.detail)
            .where(table.c.updated >= now() - _SILENCE)
            .where(table.c.stage != "")
            .order_by(table.c.run_id)
        )
        job = tables.job
        jobs = (
            sa.select(
                job.c.job_id, job.c.territory.label("name"), job.c.stage, job.c.fraction,
                job.c.detail,
            )
            .where(job.c.state == "running", job.c.stage != "", job.c.lease_until >= now())
            .where(job.c.kind.in_(_PLANNING))
            .order_by(job.c.job_id)
        )  # fmt: skip
        with reading(self._engine, scope) as connection:
            found = [*connection.execute(query).all(), *connection.execute(jobs).all()]
        return [PlanRun(*row) for row in found if scope.allows(row.name)]


def save_plan(
    connection: sa.Connection, scope: Scope, territory: Territory, scenario: Scenario
) -> int:
    """Write a plan on an open connection, and its territory if it is new; return its number."""
    territory_id = save_territory(connection, territory)
    scenario_id = save_scenario(connection, territory_id, scenario)
    add_version(connection, scope, scenario_id, planned=0)
    write_shapes(connection, territory_id, territory, scenario_id, scenario)
    record(connection, scope, "planned", f"scenario/{scenario_id}", seed=scenario.seed)
    return scenario_id


def _run_within(scope: Scope, run_id: int) -> sa.ColumnElement[bool]:
    table = tables.plan_run
    mine = table.c.run_id == run_id
    if scope.territories is None:
        return mine
    return sa.and_(mine, table.c.name.in_(sorted(scope.territories)))
