"""Clock visits: how alike the hours are at which an outlet is visited."""

from __future__ import annotations

import pandas as pd

#: Minutes from an outlet's median within which a visit counts as at its usual hour.
USUAL_MIN = 30.0


def regularity(routes: pd.DataFrame, stops: pd.DataFrame) -> dict[str, dict[str, float | int]]:
    """Return the regularity of each cell by its number as text, and over all as ``all``.

    Only outlets with several visits count: of one visit nothing can be said.

    Parameters
    ----------
    routes, stops
        See `gridmap.schemas`.

    Returns
    -------
    dict
        ``visits`` that count; ``spread_min``, their mean distance from the median arrival of
        their outlet in minutes; ``usual_share``, the share of them within `USUAL_MIN` of it.
        Cells without such visits are left out.
    """
    if stops.empty:
        return {}
    cell = stops["route_id"].map(routes.set_index("route_id")["cell_id"])
    table = stops.assign(cell_id=cell, arrival_min=stops["arrival_s"] / 60.0)
    by_outlet = table.groupby(["cell_id", "outlet_id"])["arrival_min"]
    off_min = (table["arrival_min"] - by_outlet.transform("median")).abs()
    often = by_outlet.transform("size") > 1
    counted = table.assign(off_min=off_min)[often]
    found = {
        str(cell_id): _figures(mine["off_min"]) for cell_id, mine in counted.groupby("cell_id")
    }
    return {**found, "all": _figures(counted["off_min"])} if found else {}


def _figures(off_min: pd.Series) -> dict[str, float | int]:
    return {
        "visits": len(off_min),
        "spread_min": round(float(off_min.mean()), 3),
        "usual_share": float((off_min <= USUAL_MIN).mean()),
    }
