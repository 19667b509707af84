"""Jobs: what is under way, what came of it, and new ones."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.job_list import job_list, no_worker
from dashboards.components.words import words
from dashboards.ids import App, Jobs
from dashboards.pages import Desk
from dashboards.queries_jobs import jobs_of, shape_of
from dashboards.secured import secured
from dashboards.state import Selection
from gridmap.catalogue import Language
from gridmap.errors import GridmapError, PermissionDenied
from gridmap.export.feeds import Feed
from gridmap.jobs.standard import ExportArguments, PlanArguments, read_arguments
from gridmap.policies import PlanRequest
from gridmap.store.repository import ScenarioSummary
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.states import states_of

DEMANDS: Final = Permission.EXPORT
#: Kinds that can be started here, and what each demands.
KINDS: Final = {
    "plan": Permission.PLAN,
    "reroute": Permission.PLAN,
    "score": Permission.PLAN,
    "export": Permission.EXPORT,
}
_NEWEST, _OWN = "newest", "own"


def is_here(desk: Desk) -> bool:
    """Return whether this service can take jobs."""
    return desk.work is not None


def layout(desk: Desk, chosen: Selection) -> Component:
    """Return the page as its reader may see it now."""
    language, say = chosen.language, words(chosen.language, "jobspage")
    scope = desk.scope()
    plans = desk.plans.summaries(scope)
    return html.Div(
        [
            dcc.Store(id=Jobs.TICK),
            dcc.Store(id=Jobs.RETRY),
            dmc.Title(say("title"), order=2),
            html.Div(
                [
                    html.Section(
                        [
                            dmc.Title(say("list"), order=3),
                            html.P(
                                say("list_all" if scope.may(Permission.PLAN) else "list_mine"),
                                className="hint",
                            ),
                            html.Div(id=Jobs.LIST),
                        ],
                        className="panel",
                    ),
                    html.Section(_start(scope, plans, chosen), className="panel jobs-start"),
                ],
                className="jobs-columns",
            ),
            html.Div(lang=language),
        ],
        className="page-scroll jobs-page",
    )


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""

    @app.callback(
        Output(Jobs.LIST, "children"),
        Input(Jobs.TICK, "data"),
        State(App.SELECTION, "data"),
    )
    @secured(DEMANDS)
    def show(_: Any, selection: dict[str, Any] | None) -> Any:
        if desk.work is None:
            return no_update
        language = _language(selection)
        jobs = jobs_of(desk.work.queue, desk.scope(), language)
        return [
            no_worker(desk.work.queue.idle_s(), language),
            job_list(jobs, language, tick=Jobs.TICK, shape=shape_of(jobs)),
        ]

    @app.callback(
        Output(Jobs.STATE, "data"),
        Output(Jobs.STATE, "value"),
        Output(Jobs.SEED, "value"),
        Output(Jobs.TOLERANCE, "value"),
        Output(Jobs.CALLS, "value"),
        Output(Jobs.MINUTES, "value"),
        Output(Jobs.SETTINGS, "hidden"),
        Output(Jobs.FILES, "hidden"),
        Input(Jobs.PLAN, "value"),
        Input(Jobs.KIND, "value"),
        State(App.SELECTION, "data"),
    )
    @secured(DEMANDS)
    def settings(
        number: str | None, kind: str, selection: dict[str, Any] | None
    ) -> tuple[Any, ...]:
        planning = kind in ("plan", "reroute")
        hidden = (not planning, kind != "export")
        if not number or desk.work is None:
            return ([], None, 0, 5, 16, 420, *hidden)
        plan = desk.plan(int(number), "jobs")
        request, language = plan.scenario.request, _language(selection)
        states = states_of(desk.work.engine, desk.scope(), plan.territory.name)
        say = words(language, "jobspage")
        choices = [{"value": _OWN, "label": say("start.own_data")}]
        value = _OWN
        if kind == "plan" and states and states[0].territory_hash != plan.territory.content_hash:
            day = f"{states[0].created:%Y-%m-%d %H:%M}"
            choices.insert(0, {"value": _NEWEST, "label": say("start.new_data", day=day)})
            value = _NEWEST
        day_policy = request.routing.day
        return (
            choices,
            value,
            plan.scenario.seed,
            round(100.0 * request.partition.held_tolerance, 2),
            day_policy.max_calls,
            day_policy.max_minutes,
            *hidden,
        )

    @app.callback(
        Output(Jobs.TOLD, "children"),
        Output(Jobs.TICK, "data", allow_duplicate=True),
        Input(Jobs.START, "n_clicks"),
        State(Jobs.KIND, "value"),
        State(Jobs.PLAN, "value"),
        State(Jobs.STATE, "value"),
        State(Jobs.SEED, "value"),
        State(Jobs.TOLERANCE, "value"),
        State(Jobs.CALLS, "value"),
        State(Jobs.MINUTES, "value"),
        State(Jobs.SECONDS, "value"),
        State(Jobs.BEST_EFFORT, "checked"),
        State(Jobs.FORMATS, "value"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(DEMANDS)
    def start(clicks: int | None, *given: Any) -> tuple[Any, ...]:
        kind, number, state, seed, tolerance, calls, minutes, seconds, best, formats, chosen = given
        selection: dict[str, Any] | None = chosen
        language = _language(selection)
        if not clicks or not number or desk.work is None or kind not in KINDS:
            return no_update, no_update
        plan = desk.plan(int(number), "export" if kind == "export" else "jobs")
        scope, place = desk.scope(), plan.territory.name
        scope.demand(place, KINDS[kind])
        try:
            asked: dict[str, Any] = {"scenario_id": plan.scenario_id}
            if kind == "export":
                asked |= {"formats": formats or [], "language": language}
                read_arguments(ExportArguments, asked)
            elif kind != "score":
                asked |= {
                    "seed": seed,
                    "best_effort": bool(best),
                    "request": changed(
                        plan.scenario.request, tolerance=tolerance, calls=calls, minutes=minutes
                    ),
                }
                if isinstance(seconds, int | float) and seconds > 0:
                    asked["max_seconds"] = seconds
                if kind == "plan" and state == _NEWEST:
                    states = states_of(desk.work.engine, scope, place)
                    asked["territory_hash"] = states[0].territory_hash
                read_arguments(PlanArguments, asked)
            job = desk.work.queue.ask(scope, kind, place, asked)
        except PermissionDenied as error:
            return dmc.Alert(error.text(language), color="red"), no_update
        except GridmapError as error:
            listed = html.Ul([html.Li(one.text(language)) for one in error.faults])
            return dmc.Alert(listed, color="red"), no_update
        said = words(language, "jobspage")("start.asked", job=job)
        return dmc.Alert(said, color="blue"), f"asked {job}"

    @app.callback(
        Output(Jobs.TOLD, "children", allow_duplicate=True),
        Output(Jobs.TICK, "data", allow_duplicate=True),
        Input(Jobs.RETRY, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(DEMANDS)
    def retry(asked: dict[str, Any] | None, selection: dict[str, Any] | None) -> tuple[Any, ...]:
        if desk.work is None or not asked or not isinstance(asked.get("job"), int):
            return no_update, no_update
        language = _language(selection)
        scope = desk.scope()
        job = desk.work.queue.job(scope, asked["job"])
        if job.kind == "export":
            # who may see contacts and has them written into files is noted
            desk.plan(int(job.arguments["scenario_id"]), "export")
        try:
            again = desk.work.queue.ask(scope, job.kind, job.territory, job.arguments)
        except PermissionDenied as error:
            return dmc.Alert(error.text(language), color="red"), no_update
        said = words(language, "jobspage")("start.asked", job=again)
        return dmc.Alert(said, color="blue"), f"asked {again}"


def changed(
    request: PlanRequest, *, tolerance: object, calls: object, minutes: object
) -> dict[str, Any]:
    """Return a request with other limits, as JSON; what is wrong with it is said when it is read.

    Parameters
    ----------
    request
        What the plan was asked.
    tolerance
        Percent that the load of a cell may deviate from the mean; other workloads keep theirs.
    calls, minutes
        Most calls and minutes of a day.
    """
    asked = request.model_dump(mode="json")
    partition, day = asked["partition"], asked["routing"]["day"]
    if isinstance(tolerance, int | float):
        held = float(tolerance) / 100.0
        first = partition["workloads"][0]
        if isinstance(partition["tolerance"], dict):
            partition["tolerance"][first] = held
        else:
            partition["tolerance"] = held
    else:
        partition["tolerance"] = tolerance
    day["max_calls"], day["max_minutes"] = calls, minutes
    day["min_calls"] = min(day["min_calls"], calls) if isinstance(calls, int) else 0
    return asked


def _start(scope: Scope, plans: list[ScenarioSummary], chosen: Selection) -> list[Component]:
    """Return the form of a new job: the few settings that matter."""
    say = words(chosen.language, "jobspage")
    kinds = [one for one, demanded in KINDS.items() if scope.may(demanded)]
    first = chosen.scenario if chosen.scenario is not None else None
    known = {one.scenario_id for one in plans}
    value = first if first in known else (plans[0].scenario_id if plans else None)

    def amount(id: str, key: str, **options: Any) -> Component:
        return dmc.NumberInput(id=id, label=say(f"start.{key}"), allowNegative=False, **options)

    return [
        dmc.Title(say("start.title"), order=3),
        *([] if plans else [html.P(say("start.no_plan"), className="hint")]),
        html.Div(
            [
                dmc.Select(
                    id=Jobs.PLAN,
                    label=say("start.plan"),
                    data=[
                        {
                            "value": str(one.scenario_id),
                            "label": f"{one.territory_name} · {one.scenario_id} · "
                            f"{one.created[:10]}",
                        }
                        for one in plans
                    ],
                    value=None if value is None else str(value),
                    allowDeselect=False,
                    searchable=True,
                ),
                dmc.Select(
                    id=Jobs.KIND,
                    label=say("start.kind"),
                    data=[{"value": one, "label": say(f"kind.{one}")} for one in kinds],
                    value=kinds[0] if kinds else None,
                    allowDeselect=False,
                ),
                html.Div(
                    [
                        dmc.Select(
                            id=Jobs.STATE, label=say("start.data"), data=[], allowDeselect=False
                        ),
                        amount(Jobs.SEED, "seed", value=0, allowDecimal=False),
                        amount(Jobs.TOLERANCE, "tolerance", value=5, suffix=" %", max=99),
                        amount(Jobs.CALLS, "calls", value=16, min=1, allowDecimal=False),
                        amount(Jobs.MINUTES, "minutes", value=420, min=1),
                        amount(Jobs.SECONDS, "seconds", placeholder=say("start.no_limit")),
                        dmc.Checkbox(
                            id=Jobs.BEST_EFFORT, label=say("start.best_effort"), checked=False
                        ),
                    ],
                    id=Jobs.SETTINGS,
                    className="jobs-fields",
                ),
                html.Div(
                    dmc.MultiSelect(
                        id=Jobs.FORMATS,
                        label=say("start.formats"),
                        placeholder=say("start.all_formats"),
                        data=[
                            {"value": one.value, "label": say(f"format.{one.value}")}
                            for one in Feed
                        ],
                        value=[],
                    ),
                    id=Jobs.FILES,
                    hidden=True,
                ),
                html.Button(say("start.go"), id=Jobs.START, className="button button-main"),
            ],
            hidden=not plans,
            className="jobs-form",
        ),
        html.Div(id=Jobs.TOLD, **aria(live="polite")),
    ]


def _language(selection: dict[str, Any] | None) -> Language:
    return Selection.of_data(selection).language if selection else "en"
