"""The field by which the cells are coloured, and the classes with their names."""

from __future__ import annotations

from typing import Final

import dash_mantine_components as dmc
from dash import html

from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.ids import Cells
from dashboards.queries_shades import choices, shade_metrics
from gridmap.catalogue import Language

#: The choice of no figure: the colours tell cells apart.
NO_SHADE: Final = "cell"


def shade_panel(plan: Plan, language: Language, shade: str | None = None) -> html.Details:
    """Return the field with its legend, which the browser fills in when a figure is chosen.

    `shade` is the figure that the address names; one that the plan does not have is left out.
    """
    say = words(language, "overview.shade")
    known = shade in shade_metrics(plan)
    return html.Details(
        [
            html.Summary(say("title")),
            dmc.Select(
                id=Cells.SHADE,
                data=[{"value": NO_SHADE, "label": say("none")}, *choices(plan, language)],
                value=shade if known else NO_SHADE,
                allowDeselect=False,
                searchable=True,
                size="xs",
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
