"""The whole service over two towns in one database, and an account of each role for the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from dash import Dash

from dashboards.access import Plan
from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.downloads import Exports
from gridmap.job_kinds import job_kinds, table_intake
from gridmap.partition.edits import Lock
from gridmap.progress import Progress
from gridmap.scenario import Scenario
from gridmap.store import tables
from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import make_plan
from tests.dashboards.signed import OPERATOR, people_with

OWN_TOWN, FOREIGN_TOWN, NO_TOWN = "Test Town", "Foreign Town", "Nowhere Town"
GRANTS = {
    role.value: Grant(
        role,
        territories=frozenset({OWN_TOWN}),
        cells=frozenset({"own-0"}) if role is Role.GRID_MANAGER else frozenset(),
    )
    for role in Role
}
#: Numbers of the plan, the draft and the job of the other town, so that they can be searched for.
FOREIGN_PLAN, FOREIGN_DRAFT, FOREIGN_JOB = 7_654_321, 7_654_322, 8_765_432
NOT_THERE = 999_999
#: A file that a job made.
FILE = "plan.txt"


@dataclass(frozen=True)
class Target:
    """What is asked about: numbers of a plan, of a draft of it and of a job, and the town."""

    plan: int
    draft: int
    job: int
    town: str


@dataclass(frozen=True, eq=False)
class Service:
    """The service with all its parts."""

    app: Dash
    people: People
    store: Store
    work: Workshop
    own_plan: int
    foreign: Target

    def own(self, account: str) -> Target:
        """The own plan with a new draft of it, and a finished job that the account asked for."""
        draft = self.work.drafts.open(OPERATOR, self.own_plan)
        scope = Scope(role=Role(account), user=account)
        return Target(self.own_plan, draft, done_job(self.work, scope, OWN_TOWN), OWN_TOWN)

    @property
    def absent(self) -> Target:
        """Numbers and a name that nothing has."""
        return Target(NOT_THERE, NOT_THERE, NOT_THERE, NO_TOWN)


def service_of(folder: Path, people: People | None = None) -> Service:
    """Both towns with a plan, a draft and a finished job each, and a plan in the making."""
    everything = Grant(Role.ADMIN, everywhere=True)
    people = people or people_with(folder, **GRANTS, everything=everything)
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    work = workshop_of(store.engine, job_kinds(), folder / "files", intake=table_intake())
    mine, other = make_plan(name=OWN_TOWN), foreign_plan()
    own_plan = store.save(OPERATOR, mine.territory, kept(mine.scenario))
    work.queue.ask(OPERATOR, "export", OWN_TOWN, {})
    with foreign_numbers(store.engine, own_plan):
        foreign = store.save(OPERATOR, other.territory, kept(other.scenario))
        draft = work.drafts.open(OPERATOR, foreign, name="Foreign draft")
        work.table.edit(
            Scope(user="Foreign editor"), draft, Lock(cells=(1,)), key="lock", versions={1: 1}
        )
        job = done_job(work, OPERATOR, FOREIGN_TOWN)
    run = store.begin_run(OPERATOR, FOREIGN_TOWN)
    store.tell_run(OPERATOR, run, Progress("planning.stage.routing", 0.5))
    app = create_app(store, exports=telling_exports(), people=people, work=work)
    target = Target(foreign, draft, job, FOREIGN_TOWN)
    assert target == Target(FOREIGN_PLAN, FOREIGN_DRAFT, FOREIGN_JOB, FOREIGN_TOWN)
    return Service(app, people, store, work, own_plan, target)


@contextmanager
def foreign_numbers(engine: sa.Engine, like: int) -> Iterator[None]:
    """Let the numbers of scenarios and jobs go on from those of the other town.

    A copy of a scenario and the only job have the numbers before, and are taken out at the end.
    """
    table, job = tables.scenario, tables.job
    copied = [
        sa.literal(FOREIGN_PLAN - 1) if one.name == "scenario_id" else one for one in table.columns
    ]
    row = sa.select(*copied).where(table.c.scenario_id == like)
    with engine.begin() as connection:
        connection.execute(sa.insert(table).from_select(list(table.columns), row))
        connection.execute(sa.update(job).values(job_id=FOREIGN_JOB - 1))
    yield
    with engine.begin() as connection:
        connection.execute(sa.delete(table).where(table.c.scenario_id == FOREIGN_PLAN - 1))
        connection.execute(sa.delete(job).where(job.c.job_id == FOREIGN_JOB - 1))


def kept(scenario: Scenario) -> Scenario:
    """A plan that a database takes: it knows no cell without minutes."""
    return replace(scenario, cells=scenario.cells.fillna({"visit_minutes_per_day": 0.0}))


def done_job(work: Workshop, scope: Scope, town: str) -> int:
    """Ask for an export, and let it have made a file that tells of its town."""
    job = work.queue.ask(scope, "export", town, {"scenario_id": 1})
    claim = work.queue.take("tests", lease_s=60.0)
    while claim is not None and claim.job_id != job:
        work.queue.cancelled(claim)
        claim = work.queue.take("tests", lease_s=60.0)
    assert claim is not None
    folder = work.files / "jobs" / f"job-{job}"
    folder.mkdir(parents=True)
    (folder / FILE).write_text(f"{town} own-0")
    work.queue.finish(claim, lambda _: {"folder": folder.name, "files": [FILE], "town": town})
    return job


def foreign_plan() -> Plan:
    """The other town, in which every id and name says that it is foreign."""
    plan = make_plan(name=FOREIGN_TOWN)
    outlets = plan.territory.outlets
    outlets = outlets.assign(outlet_id="f-" + outlets["outlet_id"], name="Foreign kiosk")
    cells = plan.scenario.cells
    cells = cells.assign(
        code=cells["code"].str.replace("G", "XF"),
        name="Foreign " + cells["name"],
        centre_outlet_id="f-" + cells["centre_outlet_id"],
        manager="Foreign manager",
    )
    territory = replace(plan.territory, outlets=outlets)
    stops = plan.scenario.stops
    scenario = replace(
        plan.scenario,
        territory_hash=territory.content_hash,
        cells=cells,
        stops=stops.assign(outlet_id="f-" + stops["outlet_id"]),
    )
    return replace(plan, territory=territory, scenario=scenario)


def telling_exports() -> Exports:
    """Exports that write all tables of a plan, so that whatever is in them can be found."""

    def tell(plan: Plan, path: Path) -> None:
        found = [plan.territory.outlets, plan.territory.demand]
        scenario = plan.scenario
        found += [scenario.cells, scenario.routes, scenario.stops]
        said = [table.to_csv() for table in found]
        path.write_text(" ".join([*said, scenario.request.model_dump_json()]), encoding="utf-8")

    return Exports(
        plan=tell,
        scorecards=lambda plan, path, _: tell(plan, path),
        route_sheet=lambda plan, _cell, _kind, path, _: tell(plan, path),
    )
