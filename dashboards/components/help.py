"""What a figure means and how it is reckoned, behind a small question mark."""

from __future__ import annotations

from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.state import Page
from gridmap.catalogue import Language, text
from gridmap.scoring.metrics import METRICS


def help_link(term: str, label: str, *, language: Language) -> dcc.Link:
    """Return a link to a word or figure on the page of help."""
    query = urlencode({"term": term, "lang": language})
    return dcc.Link(label, href=f"/{Page.HELP}?{query}", className="help-more")


def help_button(
    title: str, meaning: str, formula: str, *, language: Language, term: str = ""
) -> dmc.Popover:
    """Return a button that opens an explanation by mouse, touch and keyboard.

    With a term, a word or figure of the page of help, the explanation leads there.
    """
    say = words(language)
    parts = [html.Strong(title), html.P(meaning)]
    if formula:
        parts.append(html.P([say("help.formula"), " ", html.Code(formula)]))
    if term:
        more = text("handbook.more", language)
        parts.append(html.P(help_link(term, more, language=language)))
    return dmc.Popover(
        [
            # the target itself is the button: one inside it would be told apart by nobody
            dmc.PopoverTarget(
                "?",
                boxWrapperProps={
                    "component": "button",
                    "type": "button",
                    "className": "help-button",
                    **aria(label=say("help.of", title=title)),
                },
            ),
            dmc.PopoverDropdown(html.Div(parts, className="help-text")),
        ],
        position="bottom",
        width=300,
        withArrow=True,
        shadow="md",
        trapFocus=True,
        returnFocus=True,
    )


def metric_help(key: str, *, language: Language) -> dmc.Popover:
    """Return the explanation of a metric of the scorecard."""
    metric = METRICS[key]
    return help_button(
        metric.label(language),
        metric.meaning(language),
        metric.formula,
        language=language,
        term=key,
    )
