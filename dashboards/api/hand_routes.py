"""Routes of who has which cell: read it, and hand a cell over."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from dashboards.api.contract import contract
from dashboards.api.models import AssignmentOut, CellPaging, HandIn, Page
from dashboards.api.plan_routes import seen_plan
from dashboards.api.rows import page_of
from dashboards.api.workshop import Workshop
from dashboards.hand_over import HandWish, hand_over
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.store.roles import Permission


def add_hand_routes(routes: Blueprint, desk: Desk, work: Workshop) -> None:
    """Add the routes; a plan says which cells are meant, assignments outlive it."""

    @routes.get("/scenarios/<int:scenario_id>/assignments")
    @secured(Permission.READ_CONTACTS)
    @contract(query=CellPaging, gives=Page[AssignmentOut])
    def assignments(scenario_id: int, query: CellPaging) -> dict[str, Any]:
        found = of_cell(desk, work, scenario_id, query.cell_id)
        if found:
            desk.note(desk.scope(), scenario_id, "assignments")
        return page_of(found, query, lambda one: one)

    @routes.post("/scenarios/<int:scenario_id>/assignments")
    @secured(Permission.EDIT)
    @contract(body=HandIn, gives=Page[AssignmentOut], status=201)
    def hand(scenario_id: int, body: HandIn) -> dict[str, Any]:
        wish = HandWish(body.cell_id, body.person, body.begins, body.note)
        hand_over(desk, work, scenario_id, wish)
        found = of_cell(desk, work, scenario_id, body.cell_id)
        return page_of(found, CellPaging(), lambda one: one)


def of_cell(
    desk: Desk, work: Workshop, scenario_id: int, cell_id: int | None
) -> list[AssignmentOut]:
    """Return the assignments of a plan's cells, or of one of them, as far as they are seen."""
    plan = seen_plan(desk, scenario_id, "assignments")
    table = plan.scenario.cells
    number = dict(zip(table["centre_outlet_id"].astype(str), table["cell_id"], strict=True))
    return [
        AssignmentOut(
            cell_id=int(number[one.centre_outlet_id]),
            person=one.user_name,
            begins=one.begins,
            ends=one.ends,
            note=one.note,
            author=one.author,
        )
        for one in work.assignments.of(desk.scope(), plan.territory.name)
        if one.centre_outlet_id in number and cell_id in (None, number[one.centre_outlet_id])
    ]
