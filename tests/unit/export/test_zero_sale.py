"""The list of our outlets that sold nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from grid_town import grid_scenario, grid_territory

from gridmap import schemas
from gridmap.export.zero_sale import zero_sale_columns, zero_sale_outlets

TOWN = grid_territory()
SCENARIO = grid_scenario(TOWN)


def with_sales(**sales: float):
    column = TOWN.outlets["outlet_id"].map(sales)
    return replace(TOWN, outlets=TOWN.outlets.assign(sales=column.astype(float)))


def test_only_our_outlets_known_to_have_sold_nothing_are_listed():
    """o15 is a rival's, o3 sold something, the others reported nothing."""
    rival = TOWN.outlets.loc[TOWN.outlets["ownership"] == "rival", "outlet_id"].iloc[0]
    log = pd.DataFrame(
        {"outlet_id": ["o2", "o2", "o2"], "date": ["2026-06-01", "2026-06-15", "2026-06-29"],
         "route": "", "planned": np.nan, "done": [True, True, False], "seq": np.nan,
         "came": np.nan}
    )  # fmt: skip
    town = replace(
        with_sales(o0=0.0, o2=0.0, o3=4.0, **{rival: 0.0}),
        visit_log=schemas.VISIT_LOG.validate(log),
    )
    found = zero_sale_outlets(town, SCENARIO)
    assert found is not None
    assert found[["code", "outlet_id", "last_visit"]].to_numpy().tolist() == [
        ["C01", "o0", ""],
        ["C01", "o2", "2026-06-15"],
    ]
    headings = [one.heading for one in zero_sale_columns(town, SCENARIO, "zh") or []]
    assert headings == ["网格", "网点编号", "名称", "归属", "等级", "最近拜访"]


def test_without_sales_there_is_no_list_and_with_only_sellers_an_empty_one():
    assert zero_sale_columns(TOWN, SCENARIO, "en") is None
    found = zero_sale_columns(with_sales(o0=3.0), SCENARIO, "en")
    assert found is not None
    assert all(len(one.cells) == 0 for one in found)
