"""All plans within reach: review, publish, roll back, compare, challenge."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboards.api.workshop import Workshop
from dashboards.components.empty import no_scenario
from dashboards.components.plan_acts import BUTTONS, act_buttons, act_dialog, fault_list
from dashboards.components.plan_figures import figures_panel
from dashboards.components.plan_hands import hands_panel
from dashboards.components.plan_list import facts, holds_from, plan_list, plan_name, status_badge
from dashboards.components.plan_panels import (
    challenge_panel,
    compare_panel,
    side_figure,
    side_panel,
)
from dashboards.components.words import words
from dashboards.drawings import shown_version
from dashboards.figure_changes import months_of
from dashboards.ids import App, Figures, PlanIds
from dashboards.pages import Desk
from dashboards.pages.scenarios_figures import register_figures
from dashboards.pages.scenarios_hands import register_hands
from dashboards.plan_acts import Wish, perform, read_words, sentences
from dashboards.plan_files import add_plan_files
from dashboards.plan_forms import button_of, chosen_of, number_of
from dashboards.queries_hands import hands_of
from dashboards.queries_plans import Act, PlanCard, Shelf, acts_of, challenges_of, shelves
from dashboards.secured import secured
from dashboards.state import Page, Selection
from dashboards.wiring import in_browser
from gridmap.errors import GridmapError, InputError, fault
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.versions import Version

DEMANDS: Final = Permission.READ
#: Where it is kept which button was pressed, and the buttons. They are drawn anew with the page;
#: a callback of the server would run for each new one.
_PRESSED: Final = {
    PlanIds.ASKING: tuple(BUTTONS.values()),
    PlanIds.SENDING: (PlanIds.CHALLENGE_SEND,),
    PlanIds.ANSWERING: (PlanIds.ACCEPT, PlanIds.REFUSE),
    PlanIds.HANDING: (PlanIds.HAND_OVER, PlanIds.VACATE),
    Figures.ASKED: (Figures.GO,),
}


def is_here(desk: Desk) -> bool:
    """Return whether the service keeps plans that change."""
    return desk.work is not None


def layout(desk: Desk, chosen: Selection) -> Component:
    """Return the page; an address without a plan shows the one that holds today."""
    say = words(chosen.language, "plans")
    return html.Div(
        [
            html.Div(
                [dmc.Title(say("title"), order=2), html.P(say("hint"), className="hint")],
                className="plans-head",
            ),
            html.Div(id=PlanIds.DONE, role="status", className="plan-done"),
            html.Div(body(desk, chosen), id=PlanIds.BODY, className="plans-body"),
            act_dialog(chosen.language),
            *(dcc.Store(id=name) for name in (PlanIds.ACT, *_PRESSED)),
        ],
        className="page page-plans",
    )


def body(desk: Desk, asked: Selection) -> list[Component]:
    """Return list and chosen plan as they are now."""
    work = _work(desk)
    found = shelves(desk, work, today=today())
    chosen = _settled(found, asked)
    if not found:
        # what the buttons of a plan are wired to stays, out of sight
        detail = html.Div(_detail(desk, work, found, chosen), hidden=True)
        return [html.Div([no_scenario(desk, chosen.language), detail], className="plan-detail")]
    return [
        plan_list(found, chosen),
        html.Div(_detail(desk, work, found, chosen), className="plan-detail"),
    ]


def today() -> dt.date:
    """Return the day on which the page is opened, in UTC as all times of the store."""
    return dt.datetime.now(dt.UTC).date()


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""
    work = _work(desk)
    add_plan_files(app.server, desk, work)
    in_browser(app, "closePlan", Input(PlanIds.CANCEL, "n_clicks"), at_start=False)
    in_browser(app, "comparePlan", Input(PlanIds.OTHER, "value"), at_start=False)
    in_browser(app, "choosePlan", Input(PlanIds.FIGURE, "clickData"), at_start=False)
    in_browser(
        app,
        "slidePlans",
        Output(PlanIds.SLIDE, "style"),
        Output(PlanIds.SLIDE, "className"),
        Input(PlanIds.SLIDER, "value"),
        Input(PlanIds.ZOOM, "value"),
        Input(PlanIds.MOVED, "checked"),
    )
    for kept, buttons in _PRESSED.items():
        inputs = (Input(one, "n_clicks") for one in buttons)
        in_browser(app, "pressPlan", Output(kept, "data"), *inputs, at_start=False)
    _register_acts(app, desk, work)
    _register_challenges(app, desk, work)
    register_hands(app, desk, work, body)
    register_figures(app, desk, work)

    @app.callback(
        Output(PlanIds.FIGURE, "figure"),
        Input(PlanIds.MEASURE, "value"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.READ)
    def draw_side(measure: str, shown: int | None, data: dict[str, Any] | None) -> Any:
        found = shelves(desk, work, today=today())
        chosen = _settled(found, chosen_of(data, shown))
        shelf = _shelf_of(found, chosen.scenario)
        return side_figure(shelf, measure, chosen)


def _register_acts(app: Dash, desk: Desk, work: Workshop) -> None:
    @app.callback(
        Output(PlanIds.DIALOG, "opened"),
        Output(PlanIds.DIALOG, "title"),
        Output(PlanIds.ASKED, "children"),
        Output(PlanIds.NAME_ROW, "hidden"),
        Output(PlanIds.DAY_ROW, "hidden"),
        Output(PlanIds.REASON_ROW, "hidden"),
        Output(PlanIds.DAY, "value"),
        Output(PlanIds.REASON, "value"),
        Output(PlanIds.CONFIRM, "children"),
        Output(PlanIds.ACT, "data"),
        Output(PlanIds.FAULT, "children"),
        Input(PlanIds.ASKING, "data"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.READ)
    def ask(pressed: Any, shown: int | None, data: dict[str, Any] | None) -> tuple[Any, ...]:
        act = next((one for one, name in BUTTONS.items() if name == button_of(pressed)), None)
        if act is None or shown is None:
            return (no_update,) * 11
        chosen = chosen_of(data, shown)
        one = shown_version(desk, work, shown)
        if act not in acts_of(desk.scope(), one):
            abort(403)
        say = words(chosen.language, "plans")
        return (
            True,
            f"{say(f'act.{act}')} · {plan_name(one, chosen.language)}",
            _question(desk, work, one, act, chosen),
            act is not Act.OPEN,
            act not in (Act.PUBLISH, Act.ARCHIVE, Act.ROLL_BACK),
            act is not Act.SEND_BACK,
            today().isoformat(),
            "",
            say(f"act.{act}"),
            act.value,
            [],
        )

    @app.callback(
        Output(PlanIds.BODY, "children"),
        Output(PlanIds.DONE, "children"),
        Output(PlanIds.FAULT, "children", allow_duplicate=True),
        Output(PlanIds.DIALOG, "opened", allow_duplicate=True),
        Output(App.URL, "search"),
        Input(PlanIds.CONFIRM, "n_clicks"),
        State(PlanIds.ACT, "data"),
        State(PlanIds.NAME, "value"),
        State(PlanIds.DAY, "value"),
        State(PlanIds.REASON, "value"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.READ)
    def confirm(*sent: Any) -> tuple[Any, ...]:
        clicks, act, name, day, reason, shown, data = sent
        if not clicks or act not in set(Act) or shown is None:
            return (no_update,) * 5
        chosen = chosen_of(data, shown)
        shown_version(desk, work, shown)
        wish = Wish(Act(act), shown, str(name or ""), str(day or ""), str(reason or ""))
        try:
            done = perform(work, desk.scope(), wish, chosen.language)
        except GridmapError as error:
            wrong = fault_list(sentences(error, chosen.language))
            return body(desk, chosen), "", wrong, True, no_update
        if done.made is not None:
            address = chosen.address(scenario=done.made, other=None, cell=None)
            return no_update, "", [], False, "?" + address.partition("?")[2]
        said = words(chosen.language, "plans")("saved", said=done.said)
        return body(desk, chosen), said, [], False, no_update


def _register_challenges(app: Dash, desk: Desk, work: Workshop) -> None:
    @app.callback(
        Output(PlanIds.BODY, "children", allow_duplicate=True),
        Output(PlanIds.DONE, "children", allow_duplicate=True),
        Output(PlanIds.CHALLENGE_SAID, "children"),
        Input(PlanIds.SENDING, "data"),
        State(PlanIds.CHALLENGE_CELL, "value"),
        State(PlanIds.CHALLENGE_WORDS, "value"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.CHALLENGE)
    def send(*sent: Any) -> tuple[Any, ...]:
        pressed, cell, said, shown, data = sent
        if not button_of(pressed) or shown is None:
            return (no_update,) * 3
        chosen = chosen_of(data, shown)
        shown_version(desk, work, shown)
        try:
            number = number_of(cell, "plans.fault.no_cell")
            made = work.challenges.file(desk.scope(), shown, number, read_words(str(said or "")))
        except GridmapError as error:
            return no_update, "", fault_list(sentences(error, chosen.language))
        told = words(chosen.language, "plans")("done.challenge", number=made)
        return body(desk, chosen), told, no_update

    @app.callback(
        Output(PlanIds.BODY, "children", allow_duplicate=True),
        Output(PlanIds.DONE, "children", allow_duplicate=True),
        Output(PlanIds.ANSWER_SAID, "children"),
        Input(PlanIds.ANSWERING, "data"),
        State(PlanIds.ANSWER_WHICH, "value"),
        State(PlanIds.ANSWER_WORDS, "value"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.EDIT)
    def answer(*sent: Any) -> tuple[Any, ...]:
        pressed, which, said, shown, data = sent
        if not button_of(pressed) or shown is None:
            return (no_update,) * 3
        chosen, scope = chosen_of(data, shown), desk.scope()
        one = shown_version(desk, work, shown)
        accepted = button_of(pressed) == PlanIds.ACCEPT
        try:
            number = number_of(which, "plans.fault.no_challenge")
            if number not in {
                each.challenge_id for each in work.challenges.of(scope, one.scenario_id)
            }:
                raise InputError(fault("drafts.challenge.unknown"))
            work.challenges.answer(
                scope, number, accepted=accepted, answer=read_words(str(said or ""))
            )
        except GridmapError as error:
            return no_update, "", fault_list(sentences(error, chosen.language))
        word = "accepted" if accepted else "refused"
        told = words(chosen.language, "plans")(f"done.{word}", number=number)
        return body(desk, chosen), told, no_update


def _detail(desk: Desk, work: Workshop, found: list[Shelf], chosen: Selection) -> list[Component]:
    """Return the chosen plan: what it is, what can be done, how it compares, what is against it."""
    scope, language = desk.scope(), chosen.language
    card = _card_of(found, chosen.scenario)
    shelf = _shelf_of(found, chosen.scenario)
    acts = () if card is None else acts_of(scope, card.version)
    may_edit = scope.may(Permission.EDIT)
    hindered = card is not None and Act.PUBLISH in acts and _hindered(work, scope, card.version)
    head: list[Component]
    if card is None:
        say = words(language, "plans")
        unknown = say("unknown", number=chosen.scenario)
        head = [html.P(say("no_choice") if chosen.scenario is None else unknown, role="alert")]
    else:
        one = card.version
        head = [
            html.Div(
                [
                    dmc.Title(plan_name(one, language), order=2),
                    status_badge(one, language),
                    html.Span(holds_from(one, language), className="hint"),
                ],
                className="heading",
            ),
            facts(card, chosen),
        ]
    return [
        html.Section(
            [
                *head,
                act_buttons(card, acts, chosen, hindered=hindered, may_edit=may_edit),
                dcc.Store(id=PlanIds.SHOWN, data=None if card is None else chosen.scenario),
            ],
            className="panel",
        ),
        html.Div(_panels(desk, work, card, shelf, chosen), hidden=card is None),
    ]


def _panels(
    desk: Desk, work: Workshop, card: PlanCard | None, shelf: Shelf | None, chosen: Selection
) -> list[Component]:
    """Return the panels below the plan; whoever comes from a vacant cell finds its form first."""
    hands = hands_of(desk, work, card, today())
    panel = hands_panel(hands, chosen, today())
    rest = [
        compare_panel(desk, work, card, shelf, chosen),
        _figures(desk, card, chosen),
        challenge_panel(desk, work, card, chosen),
        side_panel(shelf, chosen, whole=desk.scope().cells is None),
    ]
    first = hands is not None and chosen.cell in hands.vacant
    return [panel, *rest] if first else [*rest[:3], panel, rest[3]]


def _figures(desk: Desk, card: PlanCard | None, chosen: Selection) -> Component:
    """Return the panel of the figures of all cells, for those who see all cells."""
    if card is None or not card.planned or desk.scope().cells is not None:
        return figures_panel([], [], chosen, shown=False)
    number = card.version.scenario_id
    table = desk.plans.plan(desk.scope(), number).scenario.cells
    months = months_of(desk, number)
    return figures_panel(months, table["code"].astype(str).tolist(), chosen, shown=True)


def _question(
    desk: Desk, work: Workshop, one: Version, act: Act, chosen: Selection
) -> list[Component]:
    """Return what an act does, and what speaks against it."""
    say, scope = words(chosen.language, "plans.ask"), desk.scope()
    said = [html.P(say(act.value, number=one.scenario_id, territory=one.territory_name))]
    warnings = []
    if act is Act.SUBMIT and one.planned != one.head:
        warnings.append(say("unplanned"))
    if act is Act.PUBLISH:
        waiting, _ = challenges_of(work, scope, one)
        if waiting:
            warnings.append(say("open_challenges", count=len(waiting)))
        if scope.user in work.workflow.authors(scope, one.scenario_id):
            warnings.append(say("own"))
    return [*said, *(html.P(each, className="plan-warning") for each in warnings)]


def _hindered(work: Workshop, scope: Scope, one: Version) -> bool:
    """Return whether two people are needed to publish and the caller is the first of them."""
    flow = work.workflow
    return flow.four_eyes and scope.user in flow.authors(scope, one.scenario_id)


def _settled(found: list[Shelf], asked: Selection) -> Selection:
    """Return the selection with the first plan chosen where the address names none."""
    chosen = replace(asked, page=Page.SCENARIOS)
    if chosen.scenario is None and found:
        return replace(chosen, scenario=found[0].cards[0].version.scenario_id)
    return chosen


def _shelf_of(found: list[Shelf], scenario_id: int | None) -> Shelf | None:
    holding = (
        shelf
        for shelf in found
        if any(card.version.scenario_id == scenario_id for card in shelf.cards)
    )
    return next(holding, None)


def _card_of(found: list[Shelf], scenario_id: int | None) -> PlanCard | None:
    every = (card for shelf in found for card in shelf.cards)
    return next((card for card in every if card.version.scenario_id == scenario_id), None)


def _work(desk: Desk) -> Workshop:
    if desk.work is None:
        raise LookupError("Expected a desk that `is_here`.")
    return desk.work
