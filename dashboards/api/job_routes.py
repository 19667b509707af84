"""Routes of jobs in the background: ask for one, see how far it is, end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pydantic
from flask import Blueprint

from dashboards.api.contract import contract
from dashboards.api.draft_routes import key_of_request
from dashboards.api.models import JobIn, JobOut, Nothing, Page, Paging
from dashboards.api.problems import asked_language
from dashboards.api.rows import page_of
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language
from gridmap.jobs.cycle_job import REPLAN_CELL, CellArguments
from gridmap.jobs.listing import as_plain
from gridmap.jobs.rebalance_job import REBALANCE, RebalanceArguments
from gridmap.jobs.standard import PlanArguments, read_arguments
from gridmap.store.roles import Permission

#: So many jobs are listed, the newest first.
MOST_LISTED = 10_000
#: Arguments of the kinds that change a draft instead of making a scenario.
ARGUMENTS: Final[Mapping[str, type[pydantic.BaseModel]]] = {
    REBALANCE.name: RebalanceArguments,
    REPLAN_CELL.name: CellArguments,
}


def add_job_routes(routes: Blueprint, desk: Desk, work: Workshop, *, language: Language) -> None:
    """Add the routes."""

    def told(job_id: int) -> dict[str, Any]:
        return as_plain(work.queue.job(desk.scope(), job_id), asked_language(language))

    @routes.get("/jobs")
    @secured(Permission.READ)
    @contract(query=Paging, gives=Page[JobOut])
    def jobs(query: Paging) -> dict[str, Any]:
        found = work.queue.jobs(desk.scope(), most=MOST_LISTED)
        said = asked_language(language)
        return page_of(found, query, lambda one: as_plain(one, said))

    @routes.post("/jobs")
    @secured(Permission.PLAN)
    @contract(body=JobIn, gives=JobOut, status=202, key=True)
    def ask(body: JobIn) -> dict[str, Any]:
        scope = desk.scope()
        one = work.drafts.version(scope, body.scenario_id)
        asked = read_arguments(
            ARGUMENTS.get(body.kind, PlanArguments),
            {**body.arguments, "scenario_id": body.scenario_id},
            within="arguments",
        ).model_dump(mode="json", exclude_unset=True)
        key = key_of_request()
        return told(work.queue.ask(scope, body.kind, one.territory_name, asked, key=key))

    @routes.get("/jobs/<int:job_id>")
    @secured(Permission.READ)
    @contract(gives=JobOut)
    def job(job_id: int) -> dict[str, Any]:
        return told(job_id)

    @routes.post("/jobs/<int:job_id>/cancel")
    @secured(Permission.READ)
    @contract(body=Nothing, gives=JobOut)
    def cancel(job_id: int, body: Nothing) -> dict[str, Any]:  # noqa: ARG001
        work.queue.cancel(desk.scope(), job_id)
        return told(job_id)
