"""The field by which the cells are coloured, and the classes with their names."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.ids import Cells
from dashboards.queries_shades import choices
from gridmap.catalogue import Language


def shade_panel(plan: Plan, language: Language) -> html.Details:
    """Return the field with its legend, which the browser fills in when a figure is chosen."""
    say = words(language, "overview.shade")
    return html.Details(
        [
            html.Summary(say("title")),
            dmc.Select(
                id=Cells.SHADE,
                data=choices(plan, language),
                placeholder=say("none"),
                clearable=True,
                searchable=True,
                size="xs",
                clearButtonProps=aria(label=say("none")),
                persistence=True,
                persistence_type="memory",
                **aria(label=say("title")),
            ),
            html.Div(
                id=Cells.SHADE_LEGEND,
                role="status",
                **{"data-one": say("one"), "data-more": say("more", count="#"),
                   "data-failed": say("failed")},
            ),
        ],
        open=True,
        className="legend shade-panel",
    )  # fmt: skip
