"""What is shown while there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.words import words
from dashboards.pages import Desk
from dashboards.state import Page, Selection
from gridmap.catalogue import Language
from gridmap.errors import PermissionDenied, StoreError
from gridmap.store.roles import Permission


def no_scenario(desk: Desk, language: Language) -> html.Div:
    """Return what to do when the store holds no plan yet."""
    say = words(language)
    return empty(
        say("empty.title"),
        [
            html.P(say("empty.demo")),
            html.Pre("gridmap demo"),
            html.P(say("empty.plan")),
            html.Pre("gridmap plan PROJECT.toml --out DIR"),
            html.P(say("empty.reload")),
        ],
        desk,
        language,
    )


def empty(
    title: str,
    parts: Sequence[Component],
    desk: Desk,
    language: Language,
    *,
    instead: Sequence[Component] | None = None,
) -> html.Div:
    """Return an empty state: the buttons that its reader has, then the other ways in words.

    `instead` stands for the button that leads to the data page, on that page.
    """
    buttons = _buttons(desk, language)
    if instead is not None:
        buttons = [one for one in buttons if isinstance(one, html.Button)]
    say = words(language, "datapage")
    rest: list[Component] = list(parts)
    if buttons or instead:
        rest = [
            html.P(say("first.lead" if instead is None else "first.table")),
            html.Div(buttons, className="downloads"),
            html.P(id="first-told", role="status"),
            *(instead or ()),
            html.Details([html.Summary(say("first.commands")), *parts]),
        ]
    return html.Div(
        dmc.Paper([dmc.Title(title, order=2), *rest], withBorder=True, p="lg", radius="md"),
        className="empty-state",
    )


def _buttons(desk: Desk, language: Language) -> list[Component]:
    """Return the example as a job, and the way to the data page, as far as the reader may."""
    scope, work, say = desk.scope(), desk.work, words(language, "datapage")
    if work is None:
        return []
    found: list[Component] = []
    if work.example and scope.allows(work.example) and scope.may(Permission.PLAN):
        found.append(
            html.Button(
                say("first.example"),
                className="button button-main",
                **{
                    "data-example": Selection(Page.JOBS, language).address(),
                    "data-asking": say("first.asking"),
                    "data-refused": say("first.refused"),
                },
            )
        )
    if work.arrivals is not None and scope.may(Permission.IMPORT):
        to = Selection(Page.DATA, language).address()
        found.append(dcc.Link(say("first.import"), href=to, className="button"))
    return found


def unknown_scenario(scenario: int, language: Language) -> html.Div:
    """Return what to do when the address names a plan that is not there."""
    say = words(language)
    return html.Div(
        dmc.Paper(
            [
                dmc.Title(say("empty.unknown_title"), order=2),
                html.P(say("empty.unknown", scenario=scenario)),
            ],
            withBorder=True,
            p="lg",
            radius="md",
        ),
        className="empty-state",
    )


def unplanned(desk: Desk, chosen: Selection) -> html.Div | None:
    """Return the ways on from a draft that has no routes and scores yet; None if it is none."""
    work, scope = desk.work, desk.scope()
    if work is None or chosen.scenario is None or not scope.may(Permission.EDIT):
        return None
    try:
        draft = work.drafts.version(scope, chosen.scenario)
    except (StoreError, PermissionDenied):
        return None
    if draft.planned is not None:
        return None
    say = words(chosen.language)
    links = [
        dcc.Link(
            say(f"empty.unplanned_{page}"),
            href=chosen.address(page=page, cell=None),
            className=kind,
        )
        for page, kind in ((Page.EDITOR, "button"), (Page.SCENARIOS, "button button-main"))
    ]
    return html.Div(
        dmc.Paper(
            [
                dmc.Title(say("empty.unplanned_title"), order=2),
                html.P(say("empty.unplanned", scenario=chosen.scenario)),
                html.Div(links, className="downloads"),
            ],
            withBorder=True,
            p="lg",
            radius="md",
        ),
        className="empty-state",
    )


def no_page(language: Language) -> html.Div:
    """Return what to do when the address names a page that its reader does not have."""
    say = words(language)
    return html.Div(
        dmc.Paper(
            [dmc.Title(say("empty.no_page_title"), order=2), html.P(say("empty.no_page"))],
            withBorder=True,
            p="lg",
            radius="md",
        ),
        className="empty-state",
    )
