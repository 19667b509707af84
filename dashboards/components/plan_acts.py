"""What can be done with the chosen plan: buttons, and the question that each asks first."""

from __future__ import annotations

from typing import Final

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.ids import PlanIds
from dashboards.queries_plans import Act, PlanCard
from dashboards.state import Page, Selection
from gridmap.catalogue import Language
from gridmap.store.versions import Status, Version

#: The button of each act.
BUTTONS: Final[dict[Act, PlanIds]] = {
    Act.OPEN: PlanIds.OPEN,
    Act.ROUTE: PlanIds.ROUTE,
    Act.SUBMIT: PlanIds.SUBMIT,
    Act.SEND_BACK: PlanIds.SEND_BACK,
    Act.PUBLISH: PlanIds.PUBLISH,
    Act.ARCHIVE: PlanIds.ARCHIVE,
    Act.ROLL_BACK: PlanIds.ROLL_BACK,
}
#: The steps that lead on: the first of them that is possible stands out.
_MAIN: Final = (Act.ROUTE, Act.SUBMIT, Act.PUBLISH, Act.ROLL_BACK)


def act_buttons(
    card: PlanCard | None,
    acts: tuple[Act, ...],
    chosen: Selection,
    *,
    hindered: bool = False,
    may_edit: bool = False,
) -> Component:
    """Return the buttons; those that are not for this caller and plan are not shown.

    `hindered` says that two people are needed to publish and the caller is the first of them.
    """
    say = words(chosen.language, "plans")
    parts: list[Component] = []
    leading = next((one for one in _MAIN if one in acts), None)
    if card is not None and may_edit and _is_drawn(card.version):
        href = chosen.address(page=Page.EDITOR, other=None, cell=None)
        parts.append(dcc.Link(say("act.editor"), href=href, className="button"))
    for act, name in BUTTONS.items():
        main = " button-main" if act is leading else ""
        parts.append(
            html.Button(
                say(f"act.{act}"),
                id=name,
                className=f"button{main}",
                hidden=act not in acts,
                disabled=act is Act.PUBLISH and hindered,
            )
        )
    row = html.Div(parts, className="plan-acts", role="group", **aria(label=say("act.label")))
    return html.Div([row, *_remarks(card, acts, chosen.language, hindered=hindered)])


def _is_drawn(one: Version) -> bool:
    """Return whether a plan is redrawn itself; of others a draft is opened first."""
    return one.status is Status.DRAFT and one.next_cell is not None


def _remarks(
    card: PlanCard | None, acts: tuple[Act, ...], language: Language, *, hindered: bool
) -> list[Component]:
    say = words(language, "plans")
    found = []
    if card is not None and not acts:
        found.append(say("act.none"))
    if card is not None and not card.planned:
        found.append(say("unplanned" if Act.ROUTE in acts else "unplanned_late"))
    if hindered and Act.PUBLISH in acts:
        found.append(say("fault.four_eyes"))
    return [html.P(one, className="hint") for one in found]


def act_dialog(language: Language) -> dmc.Modal:
    """Return the question before an act, with the fields that some of them take."""
    say = words(language, "plans")
    return dmc.Modal(
        html.Div(
            [
                html.Div(id=PlanIds.ASKED),
                html.Div(
                    dmc.TextInput(id=PlanIds.NAME, label=say("act.name"), value=""),
                    id=PlanIds.NAME_ROW,
                ),
                html.Div(
                    dmc.TextInput(
                        id=PlanIds.DAY,
                        label=say("act.day"),
                        value="",
                        placeholder=say("act.day_hint"),
                        inputProps={"type": "date"},
                    ),
                    id=PlanIds.DAY_ROW,
                ),
                html.Div(
                    dmc.Textarea(
                        id=PlanIds.REASON,
                        label=say("act.reason"),
                        value="",
                        minRows=3,
                        autosize=True,
                    ),
                    id=PlanIds.REASON_ROW,
                ),
                html.Div(id=PlanIds.FAULT, role="alert", className="plan-fault"),
                html.Div(
                    [
                        html.Button(id=PlanIds.CONFIRM, className="button button-main"),
                        html.Button(say("act.cancel"), id=PlanIds.CANCEL, className="button"),
                    ],
                    className="plan-acts",
                ),
            ],
            className="plan-dialog",
        ),
        id=PlanIds.DIALOG,
        opened=False,
        title="",
        size="lg",
        closeButtonProps=aria(label=say("act.cancel")),
    )


def fault_list(said: list[str]) -> list[Component]:
    """Return what went wrong, one sentence a line."""
    return [html.P(one) for one in said]
