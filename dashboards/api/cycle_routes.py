"""Routes of the call cycle of a cell: read it, ask what a move costs, change it, take it back."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Blueprint

from dashboards.api.contract import contract
from dashboards.api.cycle_models import (
    CostOut,
    CostsOut,
    CycleEditOut,
    CycleOut,
    DayOut,
    DayRouteOut,
    FixIn,
    TokenIn,
    VisitIn,
    VisitMoveIn,
    VisitOut,
)
from dashboards.api.draft_routes import key_of_request, logged_out
from dashboards.api.models import FaultOut
from dashboards.api.plan_routes import seen_plan
from dashboards.api.problems import NotThere, asked_language
from dashboards.api.workshop import Workshop
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language
from gridmap.errors import InputError, fault
from gridmap.policies import RoutingPolicy
from gridmap.routing.moving import Move
from gridmap.scenario import Scenario
from gridmap.store.cycle_log import CycleCommitted
from gridmap.store.roles import Permission
from gridmap.territory import Territory

_CYCLE = "/scenarios/<int:scenario_id>/cells/<int:cell_id>/cycle"


def add_cycle_routes(routes: Blueprint, desk: Desk, work: Workshop, *, language: Language) -> None:
    """Add the routes; only a draft that was opened with its routes can be changed."""

    @routes.get(_CYCLE)
    @secured(Permission.PLAN)
    @contract(gives=CycleOut)
    def cycle(scenario_id: int, cell_id: int) -> CycleOut:
        return cycle_out(desk, work, scenario_id, cell_id)

    @routes.post(f"{_CYCLE}/costs")
    @secured(Permission.PLAN)
    @contract(body=VisitIn, gives=CostsOut)
    def costs(scenario_id: int, cell_id: int, body: VisitIn) -> CostsOut:
        scope, policy = desk.scope(), policy_of(scenario_id, cell_id)
        day = number_of_day(policy, body.week, body.weekday)
        seen, moves = work.cycles.to_each_day(
            scope, scenario_id, cell_id, outlet=body.outlet, day=day
        )
        said = asked_language(language)
        return CostsOut(token=seen.head.token, days=[cost_out(one, policy, said) for one in moves])

    @routes.post(f"{_CYCLE}/move")
    @secured(Permission.PLAN)
    @contract(body=VisitMoveIn, gives=CycleEditOut, key=True)
    def move_visit(scenario_id: int, cell_id: int, body: VisitMoveIn) -> CycleEditOut:
        policy = policy_of(scenario_id, cell_id)
        day = number_of_day(policy, body.week, body.weekday)
        to = number_of_day(policy, body.to_week, body.to_weekday)
        return changed(
            scenario_id,
            cell_id,
            lambda key: work.cycles.move(
                desk.scope(), scenario_id, cell_id,
                outlet=body.outlet, day=day, to=to, key=key, token=body.token,
            ),
        )  # fmt: skip

    @routes.post(f"{_CYCLE}/fix")
    @secured(Permission.PLAN)
    @contract(body=FixIn, gives=CycleEditOut, key=True)
    def fix(scenario_id: int, cell_id: int, body: FixIn) -> CycleEditOut:
        day = number_of_day(policy_of(scenario_id, cell_id), body.week, body.weekday)
        return changed(
            scenario_id,
            cell_id,
            lambda key: work.cycles.pin(
                desk.scope(), scenario_id, cell_id,
                outlet=body.outlet or "", day=day, pinned=body.fixed, key=key, token=body.token,
            ),
        )  # fmt: skip

    @routes.post(f"{_CYCLE}/undo")
    @secured(Permission.PLAN)
    @contract(body=TokenIn, gives=CycleEditOut, key=True)
    def undo_routes(scenario_id: int, cell_id: int, body: TokenIn) -> CycleEditOut:
        where = (desk.scope(), scenario_id, cell_id)
        return changed(
            scenario_id, cell_id, lambda key: work.cycles.undo(*where, key=key, token=body.token)
        )

    @routes.post(f"{_CYCLE}/redo")
    @secured(Permission.PLAN)
    @contract(body=TokenIn, gives=CycleEditOut, key=True)
    def redo_routes(scenario_id: int, cell_id: int, body: TokenIn) -> CycleEditOut:
        where = (desk.scope(), scenario_id, cell_id)
        return changed(
            scenario_id, cell_id, lambda key: work.cycles.redo(*where, key=key, token=body.token)
        )

    def policy_of(scenario_id: int, cell_id: int) -> RoutingPolicy:
        return work.cycles.seen(desk.scope(), scenario_id, cell_id).cycle.policy

    def changed(
        scenario_id: int, cell_id: int, change: Callable[[str], CycleCommitted]
    ) -> CycleEditOut:
        """Change the routes under the key of the request, and let the pages show them."""
        done = change(key_of_request() or secrets.token_hex(16))

        def now() -> tuple[Territory, Scenario]:
            seen = work.cycles.seen(desk.scope(), scenario_id, cell_id)
            return seen.territory, seen.scenario

        desk.plans.renew(scenario_id, now)
        return CycleEditOut(sequence=done.sequence, token=done.token, repeated=done.repeated)


def number_of_day(policy: RoutingPolicy, week: int, weekday: int) -> int:
    """Return the number, from 0, of a day of the cycle.

    Raises
    ------
    InputError
        If the cycle has no such day.
    """
    working = policy.working_days
    number = (week - 1) * len(working) + (working.index(weekday) if weekday in working else 0)
    if weekday not in working or number >= policy.cycle_days:
        known = ", ".join(map(str, working))
        told = {"week": week, "day": weekday, "known": known}
        raise InputError(fault("cycle.no_such_day", f"{week}-{weekday}", **told))
    return number


def day_out(policy: RoutingPolicy, number: int) -> DayOut:
    """Return the day of a number from 0."""
    week, at = divmod(number, len(policy.working_days))
    return DayOut(week=week + 1, weekday=policy.working_days[at])


def cost_out(one: Move, policy: RoutingPolicy, language: Language) -> CostOut:
    """Return what a move to a day would cost."""
    return CostOut(
        **day_out(policy, one.to).model_dump(),
        allowed=not one.faults,
        travel_s=one.travel_s,
        along=max(len(one.steps) - 1, 0),
        faults=[
            FaultOut(key=each.key, text=each.text(language), where=each.where)
            for each in one.faults
        ],
    )


def cycle_out(desk: Desk, work: Workshop, scenario_id: int, cell_id: int) -> CycleOut:
    """Return the routes of a cell as they stand.

    Raises
    ------
    NotThere
        If the plan has no such cell.
    StoreError, PermissionDenied
        If there is no such scenario, or no plan of it yet; if the caller may not plan it.
    """
    scope = desk.scope()
    log = work.cycles.history(scope, scenario_id, cell_id)
    head = work.cycles.head(scope, scenario_id, cell_id)
    scenario = seen_plan(desk, scenario_id, "routes").scenario
    if cell_id not in set(scenario.cells["cell_id"]):
        raise NotThere
    policy, table = scenario.request.routing, scenario.routes
    outlets = scenario.stops.sort_values("seq").groupby("route_id")["outlet_id"].agg(list)
    return CycleOut(
        cell_id=cell_id,
        token=head.token,
        version=head.version,
        author=head.author,
        changed=head.changed,
        routes=[
            DayRouteOut(
                week=int(row["week"]),
                weekday=int(row["weekday"]),
                route_id=str(row["route_id"]),
                outlets=[str(one) for one in outlets.get(row["route_id"], [])],
            )
            for row in table[table["cell_id"] == cell_id].to_dict("records")
        ],
        fixed_days=[day_out(policy, one) for one in sorted(head.pins.days)],
        fixed_visits=[
            VisitOut(outlet=outlet, **day_out(policy, day).model_dump())
            for outlet, day in sorted(head.pins.visits)
        ],
        edits=[logged_out(one) for one in log],
    )
