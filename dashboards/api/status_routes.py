"""Routes of the way from a draft to the plan that holds, and back."""

from __future__ import annotations

from flask import Blueprint

from dashboards.api.contract import contract
from dashboards.api.models import FromIn, Nothing, ReasonIn, ScenarioOut, UntilIn
from dashboards.api.plan_routes import scenario_out
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.store.roles import Permission


def add_status_routes(routes: Blueprint, desk: Desk, work: Workshop) -> None:
    """Add the routes; each answers with the scenario as it stands then."""

    def now(scenario_id: int) -> ScenarioOut:
        return scenario_out(work.drafts.version(desk.scope(), scenario_id))

    @routes.post("/scenarios/<int:scenario_id>/submit")
    @secured(Permission.EDIT)
    @contract(body=Nothing, gives=ScenarioOut)
    def submit(scenario_id: int, body: Nothing) -> ScenarioOut:  # noqa: ARG001
        work.workflow.submit(desk.scope(), scenario_id)
        return now(scenario_id)

    @routes.post("/scenarios/<int:scenario_id>/send_back")
    @secured(Permission.EDIT)
    @contract(body=ReasonIn, gives=ScenarioOut)
    def send_back(scenario_id: int, body: ReasonIn) -> ScenarioOut:
        work.workflow.send_back(desk.scope(), scenario_id, reason=body.reason)
        return now(scenario_id)

    @routes.post("/scenarios/<int:scenario_id>/publish")
    @secured(Permission.PUBLISH)
    @contract(body=FromIn, gives=ScenarioOut)
    def publish(scenario_id: int, body: FromIn) -> ScenarioOut:
        work.workflow.publish(desk.scope(), scenario_id, effective_from=body.effective_from)
        return now(scenario_id)

    @routes.post("/scenarios/<int:scenario_id>/archive")
    @secured(Permission.PUBLISH)
    @contract(body=UntilIn, gives=ScenarioOut)
    def archive(scenario_id: int, body: UntilIn) -> ScenarioOut:
        work.workflow.archive(desk.scope(), scenario_id, effective_until=body.effective_until)
        return now(scenario_id)

    @routes.post("/scenarios/<int:scenario_id>/roll_back")
    @secured(Permission.PUBLISH)
    @contract(body=FromIn, gives=ScenarioOut, status=201)
    def roll_back(scenario_id: int, body: FromIn) -> ScenarioOut:
        return now(
            work.workflow.roll_back(desk.scope(), scenario_id, effective_from=body.effective_from)
        )
