"""The field in which a cell is chosen by code or name."""

from __future__ import annotations

import dash_mantine_components as dmc

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.words import words
from dashboards.state import Selection


def cell_select(id: str, plan: Plan, chosen: Selection) -> dmc.Select:
    """Return the field with the cells of a plan, the selected one shown."""
    say = words(chosen.language)
    return dmc.Select(
        id=id,
        label=say("card.choose"),
        data=[{"value": str(number), "label": name} for number, name in queries.cell_names(plan)],
        value=None if chosen.cell is None else str(chosen.cell),
        searchable=True,
        allowDeselect=False,
        nothingFoundMessage=say("card.nothing_found"),
        className="cell-select",
    )
