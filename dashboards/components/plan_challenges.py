"""Challenges of a plan, the form that files one, and the form that answers one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.components.plan_list import day_of
from dashboards.components.words import words
from dashboards.ids import PlanIds
from dashboards.state import Selection
from gridmap.catalogue import Language
from gridmap.store.challenges import Challenge


def challenge_list(
    found: Sequence[Challenge], codes: Mapping[int, str], language: Language
) -> Component:
    """Return challenges with their answers, the open ones first."""
    return html.Ul([html.Li(_item(one, codes, language)) for one in found], className="challenges")


def file_form(cells: Sequence[tuple[int, str]], chosen: Selection, *, shown: bool) -> Component:
    """Return the form in which a grid manager says what is wrong."""
    say = words(chosen.language, "plans.challenge")
    here = {number for number, _ in cells}
    cell = (
        chosen.cell if chosen.cell in here else next(iter(here), None) if len(here) == 1 else None
    )
    return html.Div(
        [
            dmc.Title(say("file"), order=4),
            dmc.Select(
                id=PlanIds.CHALLENGE_CELL,
                label=say("cell"),
                data=[{"value": str(number), "label": name} for number, name in cells],
                value=None if cell is None else str(cell),
                searchable=True,
            ),
            dmc.Textarea(
                id=PlanIds.CHALLENGE_WORDS,
                label=say("words"),
                placeholder=say("words_hint"),
                value="",
                autosize=True,
                minRows=3,
            ),
            html.Button(say("send"), id=PlanIds.CHALLENGE_SEND, className="button button-main"),
            html.Div(id=PlanIds.CHALLENGE_SAID, role="alert", className="plan-fault"),
        ],
        className="plan-form",
        hidden=not shown,
    )


def answer_form(
    waiting: Sequence[Challenge], codes: Mapping[int, str], language: Language, *, shown: bool
) -> Component:
    """Return the form in which a challenge is accepted or refused."""
    say = words(language, "plans.challenge")
    data = [
        {
            "value": str(one.challenge_id),
            "label": say(
                "item", number=one.challenge_id, cell=_cell(one, codes), author=one.author
            ),
        }
        for one in waiting
    ]
    return html.Div(
        [
            dmc.Select(
                id=PlanIds.ANSWER_WHICH,
                label=say("which"),
                data=data,
                value=data[0]["value"] if data else None,
                allowDeselect=False,
            ),
            dmc.Textarea(
                id=PlanIds.ANSWER_WORDS, label=say("answer"), value="", autosize=True, minRows=2,
            ),
            html.Div(
                [
                    html.Button(say("accept"), id=PlanIds.ACCEPT, className="button button-main"),
                    html.Button(say("refuse"), id=PlanIds.REFUSE, className="button"),
                ],
                className="plan-acts",
            ),
            html.Div(id=PlanIds.ANSWER_SAID, role="alert", className="plan-fault"),
        ],
        className="plan-form",
        hidden=not shown,
    )  # fmt: skip


def _item(one: Challenge, codes: Mapping[int, str], language: Language) -> list[Component]:
    say = words(language, "plans.challenge")
    state = say("waiting") if one.answered is None else say(one.state)
    parts: list[Component] = [
        html.Div(
            [
                html.Strong(
                    say("item", number=one.challenge_id, cell=_cell(one, codes), author=one.author)
                ),
                html.Span(state, className=f"badge challenge-{one.state}"),
                html.Span(day_of(one.made), className="hint"),
            ],
            className="challenge-head",
        ),
        html.P(one.words),
    ]
    if one.answered is not None:
        who = say("who", author=one.answered_by, day=day_of(one.answered))
        parts.append(html.Blockquote([html.P(one.answer), html.Span(who, className="hint")]))
    return parts


def _cell(one: Challenge, codes: Mapping[int, str]) -> str:
    return codes.get(one.cell_id, f"#{one.cell_id}")
