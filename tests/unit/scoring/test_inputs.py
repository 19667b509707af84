"""Inputs of scoring: faults are found together, and tables are bound rightly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from scoring_inputs import NAN, inputs_of

from gridmap.errors import InputError
from gridmap.policies import RoutingPolicy
from gridmap.scoring.inputs import MarketCounts, scored_outlets, scoring_inputs
from gridmap.territory import Adjacency, Territory, Units


def test_every_wrong_shape_is_named_at_once():
    with pytest.raises(InputError) as caught:
        inputs_of([[1.0]], ["own"], attraction=np.ones(2), potential=np.ones(3))
    assert [one.where for one in caught.value.faults] == ["attraction", "potential"]
    assert "(2,)" in caught.value.text("en")
    assert "(2,)" in caught.value.text("zh")


def test_every_wrong_value_is_named_at_once():
    market = MarketCounts(("ours",), np.array([[-1.0]]))
    with pytest.raises(InputError) as caught:
        inputs_of(
            [[1.0, -2.0]],
            ["own", "nobody"],
            weight=[-1.0],
            demand_cell=[5],
            outlet_cell=[0, 9],
            attraction=np.array([1.0, NAN]),
            sales=np.array([NAN, -1.0]),
            market=market,
        )
    found = [one.where for one in caught.value.faults]
    assert found == [
        "demand_cell",
        "outlet_cell",
        "ownership",
        "demand_weight",
        "attraction",
        "sales",
        "travel_min[walk]",
        "subscribers",
    ]


def test_a_market_without_operators_is_refused():
    with pytest.raises(InputError) as caught:
        inputs_of([[1.0]], ["own"], market=MarketCounts((), np.empty((1, 0))))
    assert caught.value.faults[0].key == "scoring.fault.operators"


def test_an_outlet_outside_all_cells_is_counted_in_none():
    inputs = inputs_of([[1.0, 1.0]], ["own", "own"], outlet_cell=[-1, 0])
    assert inputs.outlets_by_cell(inputs.own).tolist() == [1.0]


def territory() -> Territory:
    """Two units of 1 km × 1 km side by side, and four outlets of which one is nobody's."""
    pairs = Adjacency(
        np.array([0]), np.array([1]), *[np.array([1000.0])] * 5, crossings=np.array([0])
    )
    polygons = np.array([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)])
    units = Units(polygons, np.zeros(2, int), np.zeros(2, bool), pairs, 0.01)
    outlets = pd.DataFrame(
        {
            "outlet_id": ["o", "p", "x", "r"],
            "name": "",
            "ownership": ["own", "partner", "other", "rival"],
            "operator": ["we", None, "", "they"],
            "kind": "shop",
            "grade": ["A", "B", "A", "A"],
            "visited": [True, True, True, False],
            "potential": [1.0, NAN, 2.0, 3.0],
            "sales": [0.0, NAN, 9.0, 7.0],
            "unit": [0, 1, 1, 1],
        }
    )
    demand = pd.DataFrame({"weight": [2.0, 3.0], "unit": [0, 1]})
    boundary = shapely.box(0, 0, 2000, 1000)
    return Territory(
        "t", "EPSG:3067", boundary, units, outlets, demand, {}, invented=("potential",)
    )


def test_a_territory_and_its_visits_become_inputs():
    land = territory()
    assert scored_outlets(land.outlets).tolist() == [0, 1, 3]
    stops = pd.DataFrame({"outlet_id": ["o", "o", "p"]})
    inputs = scoring_inputs(
        land,
        np.array([1, 0]),
        2,
        {"walk": np.zeros((2, 3), dtype=np.float32)},
        routing=RoutingPolicy(),
        stops=stops,
    )
    assert inputs.demand_cell.tolist() == [1, 0]
    assert inputs.outlet_cell.tolist() == [1, 0, 0]
    assert inputs.area_m2.tolist() == [1e6, 1e6]
    assert inputs.operator.tolist() == ["we", "", "they"]
    assert inputs.planned_visits is not None
    assert inputs.due_visits is not None
    assert inputs.planned_visits.tolist() == [2, 1, 0]
    # A asks for 4 and B for 2; the rival is not visited, so nothing is due.
    assert inputs.due_visits.tolist() == [4, 2, 0]
    assert inputs.invented == ("potential",)
    np.testing.assert_array_equal(inputs.sales, [0.0, NAN, 7.0])


def test_sales_that_nobody_reported_are_none():
    land = territory()
    silent = replace(land, outlets=land.outlets.assign(sales=NAN))
    assert scoring_inputs(silent, np.array([0, 0]), 1, {}).sales is None


def test_without_routes_no_visits_are_known():
    inputs = scoring_inputs(territory(), np.array([0, 0]), 1, {})
    assert inputs.planned_visits is None
    assert inputs.due_visits is None
