"""What a figure means and how it is reckoned, behind a small question mark."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboards.components.aria import aria
from dashboards.components.words import words
from gridmap.catalogue import Language
from gridmap.scoring.metrics import METRICS


def help_button(title: str, meaning: str, formula: str, *, language: Language) -> dmc.Popover:
    """Return a button that opens an explanation by mouse, touch and keyboard."""
    say = words(language)
    parts = [html.Strong(title), html.P(meaning)]
    if formula:
        parts.append(html.P([say("help.formula"), " ", html.Code(formula)]))
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                html.Button("?", className="help-button", **aria(label=say("help.of", title=title)))
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
        metric.label(language), metric.meaning(language), metric.formula, language=language
    )
