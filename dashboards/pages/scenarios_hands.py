"""On the page of plans: hand a cell over to somebody, or leave it vacant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from dashboards.api.workshop import Workshop
from dashboards.components.plan_acts import fault_list
from dashboards.components.words import words
from dashboards.hand_over import HandWish, hand_over
from dashboards.ids import App, PlanIds
from dashboards.pages import Desk
from dashboards.plan_acts import read_day, read_words, sentences
from dashboards.plan_forms import button_of, chosen_of, number_of
from dashboards.secured import secured
from dashboards.state import Selection
from gridmap.errors import GridmapError
from gridmap.store.roles import Permission


def register_hands(
    app: Dash, desk: Desk, work: Workshop, body: Callable[[Desk, Selection], list[Component]]
) -> None:
    """Wire the form; `body` draws the page anew."""

    @app.callback(
        Output(PlanIds.BODY, "children", allow_duplicate=True),
        Output(PlanIds.DONE, "children", allow_duplicate=True),
        Output(PlanIds.HAND_SAID, "children"),
        Input(PlanIds.HANDING, "data"),
        State(PlanIds.HAND_CELL, "value"),
        State(PlanIds.HAND_PERSON, "value"),
        State(PlanIds.HAND_DAY, "value"),
        State(PlanIds.HAND_NOTE, "value"),
        State(PlanIds.SHOWN, "data"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(Permission.EDIT)
    def hand(*sent: Any) -> tuple[Any, ...]:
        pressed, cell, person, day, note, shown, data = sent
        button = button_of(pressed)
        if button not in (PlanIds.HAND_OVER, PlanIds.VACATE) or shown is None:
            return (no_update,) * 3
        chosen = chosen_of(data, shown)
        vacate = button == PlanIds.VACATE
        try:
            wish = HandWish(
                number_of(cell, "hands.fault.no_cell"),
                None if vacate else read_words(str(person or "")),
                read_day(str(day or "")),
                read_words(str(note or "")),
            )
            done = hand_over(desk, work, shown, wish)
        except GridmapError as error:
            return no_update, "", fault_list(sentences(error, chosen.language))
        say = words(chosen.language, "hands.done")
        told = say("vacated" if vacate else "given", cell=done, person=person, day=wish.day)
        return body(desk, chosen), told, no_update
