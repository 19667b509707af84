"""A service that changes plans: a store on SQLite with a plan and a draft of it, and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dash import Dash
from drawn_town import ADMIN, saved_plan

from dashboards.access import Plans
from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.pages import Desk
from dashboards.tiles import Basemaps
from gridmap.job_kinds import job_kinds, table_intake
from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import plain_exports
from tests.dashboards.signed import people_with


@dataclass(frozen=True, eq=False)
class Working:
    """The parts of the service; `plan` and `draft` are numbers of scenarios of Grid Town."""

    store: Store
    work: Workshop
    people: People
    plan: int
    draft: int

    def app(self, *, accounts: bool = True) -> Dash:
        """The service; without accounts whoever asks may do everything."""
        return create_app(
            self.store,
            exports=plain_exports(),
            people=self.people if accounts else None,
            work=self.work,
        )

    def desk(self, scope: Scope = ADMIN) -> Desk:
        """What a page works with when a caller of this reach asks."""
        return Desk(
            Plans(self.store), Basemaps(None), lambda: scope, work=self.work, people=self.people
        )


def working(folder: Path, **grants: Grant) -> Working:
    """A service in a folder, with accounts by name."""
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    plan = saved_plan(store)
    work = workshop_of(
        store.engine,
        job_kinds(),
        folder / "files",
        intake=table_intake(),
        example="Helsinki centre",
    )
    draft = work.drafts.open(ADMIN, plan, name="north")
    return Working(store, work, people_with(folder, **grants), plan, draft)
