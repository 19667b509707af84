"""Tables of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag

from dashboards.components.words import words
from gridmap.catalogue import Language

PERCENT = {"function": "params.value == null ? '–' : d3.format('+.1%')(params.value)"}
WHOLE = {"function": "params.value == null ? '–' : d3.format(',.0f')(params.value)"}
TENTH = {"function": "params.value == null ? '–' : d3.format(',.1f')(params.value)"}
HUNDREDTH = {"function": "params.value == null ? '–' : d3.format(',.2f')(params.value)"}


def grid(
    id: Any,
    columns: Sequence[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    *,
    language: Language,
    selectable: bool = False,
    height: str = "100%",
) -> dag.AgGrid:
    """Return a table; every row has an ``id``.

    Columns are as wide as their content, unless they have a ``flex`` of their own.
    """
    options: dict[str, Any] = {
        "theme": {"function": "themeQuartz.withParams({fontFamily: 'inherit', fontSize: 13})"},
        "rowHeight": 32,
        "headerHeight": 34,
        "suppressMovableColumns": True,
        # a column out of sight is then no empty heading to those who listen
        "suppressColumnVirtualisation": True,
        "suppressDragLeaveHidesColumns": True,
        "enableCellTextSelection": True,
        "localeText": {"noRowsToShow": words(language)("table.empty")},
    }
    if selectable:
        options["rowSelection"] = {
            "mode": "singleRow",
            "checkboxes": False,
            "enableClickSelection": True,
        }
    return dag.AgGrid(
        id=id,
        columnDefs=list(columns),
        rowData=list(rows),
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True},
        getRowId="params.data.id",
        dashGridOptions=options,
        columnSize=None if any("flex" in one for one in columns) else "autoSize",
        style={"height": height, "width": "100%"},
    )
