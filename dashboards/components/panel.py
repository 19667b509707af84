"""A titled part of a page."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component


def panel(title: str, explained: Component | None, *content: Component) -> Component:
    """Return content below its title, which a button may explain."""
    return html.Section(
        [
            html.Div(
                [dmc.Title(title, order=3), *([explained] if explained else [])],
                className="heading",
            ),
            *content,
        ],
        className="panel",
    )
