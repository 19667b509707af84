"""The frame of every page: brand, pages, scenario, language, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.ids import App
from dashboards.state import Page, Selection
from dashboards.visitors import CSRF_FIELD
from gridmap.catalogue import Language, text
from gridmap.store.repository import ScenarioSummary

_LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
_FONT = "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',system-ui,sans-serif"


@dataclass(frozen=True)
class Person:
    """Who is signed in, and the token that the form for leaving repeats."""

    name: str
    csrf_token: str


def shell() -> dmc.MantineProvider:
    """Return the layout; its parts are filled when the address is known."""
    return dmc.MantineProvider(
        [
            dcc.Location(id=App.URL, refresh=False),
            dcc.Store(id=App.DARK, storage_type="local"),
            dcc.Store(id=App.FRAME),
            dcc.Store(id=App.SELECTION),
            html.Header(id=App.HEADER, className="app-header"),
            html.Div(id=App.RUNS, className="app-runs", role="status"),
            html.Main(id=App.CONTENT, className="app-content"),
        ],
        id=App.THEME,
        forceColorScheme="light",
        theme={"fontFamily": _FONT, "headings": {"fontFamily": _FONT}, "primaryColor": "indigo"},
    )


def header(
    chosen: Selection,
    scenarios: Sequence[ScenarioSummary],
    pages: Sequence[Page],
    person: Person | None = None,
) -> list[Component]:
    """Return the header for a selection, the pages its reader has, and who is signed in."""
    say, options = words(chosen.language), _options(chosen, scenarios)
    return [
        html.Div("gridmap", className="brand"),
        html.Nav(
            [
                dcc.Link(
                    say(f"nav.{page.name.lower()}"),
                    href=chosen.address(page=page),
                    className="nav-link nav-link-here" if page == chosen.page else "nav-link",
                )
                for page in pages
                if page is not Page.ACCOUNT
            ],
            className="app-nav",
            **aria(label=say("nav.label")),
        ),
        html.Div(
            [
                dmc.Select(
                    id=App.SCENARIO,
                    data=options,
                    value=None if chosen.scenario is None else str(chosen.scenario),
                    allowDeselect=False,
                    size="xs",
                    className="scenario-select" if options else "scenario-select no-scenarios",
                    **aria(label=say("nav.scenario")),
                ),
                html.Div(
                    [
                        dcc.Link(
                            name,
                            href=chosen.address(language=language),
                            className="lang-link lang-link-here"
                            if language == chosen.language
                            else "lang-link",
                        )
                        for language, name in _LANGUAGE_NAMES.items()
                    ],
                    className="languages",
                ),
                html.Button(
                    "◐",
                    id=App.DARK_BUTTON,
                    className="dark-button",
                    title=say("nav.dark"),
                    **aria(label=say("nav.dark")),
                ),
                *(
                    []
                    if person is None
                    else [_own(person, chosen), _leave(person, chosen.language)]
                ),
            ],
            className="app-tools",
        ),
    ]


def _own(person: Person, chosen: Selection) -> Component:
    here = "nav-link nav-link-here" if chosen.page is Page.ACCOUNT else "nav-link"
    return dcc.Link(
        person.name,
        href=chosen.address(page=Page.ACCOUNT),
        className=f"{here} own-link",
        title=text("people.sign_in.signed_in", chosen.language, name=person.name),
    )


def _leave(person: Person, language: Language) -> Component:
    return html.Form(
        [
            dcc.Input(type="hidden", name=CSRF_FIELD, value=person.csrf_token),
            html.Button(
                text("people.sign_in.out", language),
                type="submit",
                className="button",
                title=text("people.sign_in.signed_in", language, name=person.name),
            ),
        ],
        action="/sign-out",
        method="POST",
    )


def _options(chosen: Selection, scenarios: Sequence[ScenarioSummary]) -> list[dict[str, str]]:
    """Return the plans to choose from, with the chosen one also if it has no routes yet."""
    word = text("pages.nav.scenario", chosen.language)
    labels = {
        one.scenario_id: f"{one.territory_name} · {word} {one.scenario_id} · {one.created[:10]}"
        for one in scenarios
    }
    if chosen.scenario is not None:
        labels.setdefault(chosen.scenario, f"{word} {chosen.scenario}")
    return [{"value": str(number), "label": label} for number, label in labels.items()]
