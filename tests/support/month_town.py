"""A town with market figures of two months, and plans of it on two sets of borders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from grid_town import grid_scenario, grid_territory

from gridmap import schemas
from gridmap.scenario import Scenario
from gridmap.territory import Territory

#: Three cells of two columns each, and the same with the second border one column to the east.
COLUMN = np.arange(24) % 6
OLD_LABEL = COLUMN // 2
NEW_LABEL = np.array([0, 0, 1, 1, 1, 2])[COLUMN]
COVERED = "coverage_ours_walk_10"
MONTHS = ("2024-03", "2024-06")
COVERED_OLD_NEW = ([1.0, 1.0, 0.4, 0.6, 0.2, 0.0], [1.0, 1.0, 0.5, 0.5, 0.8, 0.0])


def at_hand(
    label: np.ndarray, covered: np.ndarray, *, moved: bool = False
) -> tuple[Territory, Scenario]:
    """Return a plan in which `covered` is the share covered in each unit.

    Of 100 subscribers of each unit 40 are ours in March; in June 60 in the westmost two columns.
    """
    town = grid_territory()
    if moved:
        outlets = town.outlets.copy()
        outlets.loc[0, "x"] += 5.0
        town = replace(town, outlets=outlets)
    town = replace(town, market=market_rows())
    base = grid_scenario(town)
    n_cells = int(label.max()) + 1
    rows = []
    for cell in range(n_cells):
        mine = label == cell
        above, below = float(10.0 * covered[mine].sum()), float(10.0 * mine.sum())
        figures = {
            COVERED: (above / below, above, below),
            "position_score": (50.0 + cell, np.nan, np.nan),
        }
        rows += [(cell + 1, name, *three) for name, three in figures.items()]
    scores = pd.DataFrame(rows, columns=["cell_id", "metric", "value", "numerator", "denominator"])
    scores = scores.assign(n=1, p05=np.nan, p95=np.nan, rank_low=np.nan, rank_high=np.nan, note="")
    scores = scores[list(schemas.SCORES.columns)].sort_values(["metric", "cell_id"])
    cells = base.cells.iloc[[0, 1, 1][:n_cells]].assign(
        cell_id=np.arange(n_cells) + 1, code=[f"C{one + 1:02d}" for one in range(n_cells)]
    )
    scenario = replace(
        base,
        partition=replace(base.partition, label=label, centre=np.array([0, 1])),
        cells=cells.reset_index(drop=True),
        scores=schemas.SCORES.validate(scores.reset_index(drop=True)),
        point_rates=pd.DataFrame({COVERED: 10.0 * covered}),
    )
    return town, scenario


def market_rows() -> pd.DataFrame:
    rows = [
        {"source": "m.csv", "place": f"z{unit}", "unit": unit, "part": 1.0, "outlet_id": "",
         "operator": operator, "ours": operator == "Own", "period": month,
         **dict.fromkeys(schemas.MARKET_AMOUNTS, np.nan),
         "subscribers": ours if operator == "Own" else 100.0 - ours}
        for month in MONTHS
        for unit in range(24)
        for ours in [60.0 if month == MONTHS[1] and unit % 6 < 2 else 40.0]
        for operator in ("Own", "Rival")
    ]  # fmt: skip
    return schemas.MARKET.validate(pd.DataFrame(rows)[list(schemas.MARKET.columns)])
