"""What is shown while there is nothing to show."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboards.components.words import words
from gridmap.catalogue import Language


def no_scenario(language: Language) -> html.Div:
    """Return what to do when the store holds no plan yet."""
    say = words(language)
    return html.Div(
        dmc.Paper(
            [
                dmc.Title(say("empty.title"), order=2),
                html.P(say("empty.demo")),
                html.Pre("gridmap demo"),
                html.P(say("empty.plan")),
                html.Pre("gridmap plan PROJECT.toml --out DIR"),
                html.P(say("empty.reload")),
            ],
            withBorder=True,
            p="lg",
            radius="md",
        ),
        className="empty-state",
    )


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
