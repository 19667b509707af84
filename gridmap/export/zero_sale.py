"""Our outlets that sold nothing, as a sheet: a list to go through, cell by cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridmap.catalogue import Language, text
from gridmap.export.sheet_column import Column
from gridmap.scenario import Scenario
from gridmap.scoring.market_inputs import known_sales
from gridmap.territory import Territory


def zero_sale_outlets(territory: Territory, scenario: Scenario) -> pd.DataFrame | None:
    """Return our outlets that are known to have sold nothing; None if no sales are known.

    Returns
    -------
    DataFrame
        code (of the cell), outlet_id, name, ownership, grade and last_visit (ISO, empty where the
        log tells none), by cell and id.
    """
    if territory.outlets.empty:
        return None
    sales = known_sales(territory, territory.outlets, carry=scenario.request.scoring.carry_forward)
    if sales is None:
        return None
    ours = territory.outlets["ownership"].isin(["own", "partner"]).to_numpy()
    found = territory.outlets[ours & (sales == 0.0)]
    cell = scenario.partition.label[found["unit"].to_numpy(dtype=np.int64)] + 1
    codes = dict(zip(scenario.cells["cell_id"], scenario.cells["code"], strict=True))
    listed: pd.DataFrame = found[["outlet_id", "name", "ownership", "grade"]].assign(
        code=[str(codes.get(one, "")) for one in cell],
        last_visit=found["outlet_id"].map(_last_visits(territory.visit_log)).fillna(""),
    )
    return listed.sort_values(["code", "outlet_id"], kind="stable", ignore_index=True)


def zero_sale_columns(
    territory: Territory, scenario: Scenario, language: Language
) -> list[Column] | None:
    """Return the columns of the sheet, or None where no sales are known."""
    found = zero_sale_outlets(territory, scenario)
    if found is None:
        return None
    owner = [text(f"visitlog.ownership.{one}", language) for one in found["ownership"]]

    def column(key: str, cells: list[object], width: int) -> Column:
        return Column(text(f"visitlog.column.{key}", language), cells, width=width)

    return [
        column("code", found["code"].tolist(), 12),
        column("outlet_id", found["outlet_id"].tolist(), 16),
        column("name", found["name"].tolist(), 28),
        column("ownership", list(owner), 12),
        column("grade", found["grade"].tolist(), 8),
        column("last_visit", found["last_visit"].tolist(), 14),
    ]


def _last_visits(log: pd.DataFrame | None) -> pd.Series[str]:
    """Return the last day on which each outlet was visited, by its id."""
    if log is None:
        return pd.Series(dtype=object)
    made = log[log["done"] & (log["date"] != "")]
    return made.groupby("outlet_id")["date"].max()
