"""Market figures of units become those of cells: sums, what is carried, and what stays missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from grid_town import grid_territory

from gridmap import schemas
from gridmap.scoring.market_inputs import market_counts, outlet_sales
from gridmap.territory import Territory

NAN = float("nan")
#: West half and east half of the town's 6 × 4 units.
LABEL = (np.arange(24) % 6 >= 3).astype(np.int64)


def town(*rows: dict[str, object]) -> Territory:
    """Return the grid town with market figures; a row is by zone unless it has an outlet."""
    usual = {"source": "m.csv", "part": 1.0, "outlet_id": "", "period": "2024-06"}
    usual |= dict.fromkeys(schemas.MARKET_AMOUNTS, NAN)
    whole = [{**usual, "place": f"z{row.get('unit')}", **row} for row in rows]
    for row in whole:
        row["ours"] = row["operator"] == "Own"
    frame = schemas.MARKET.validate(pd.DataFrame(whole)[list(schemas.MARKET.columns)])
    return replace(grid_territory(), market=frame)


def zone(unit: int, operator: str, subscribers: float, **more: object) -> dict[str, object]:
    return {"unit": unit, "operator": operator, "subscribers": subscribers, **more}


def outlet(number: int, operator: str, sales: float, **more: object) -> dict[str, object]:
    name = f"o{number}"
    unit = int(grid_territory().outlets["unit"].iloc[number])
    return {"unit": unit, "place": name, "outlet_id": name, "operator": operator, "sales": sales,
            **more}  # fmt: skip


def test_figures_are_summed_by_cell_and_operator_ours_first():
    land = town(
        zone(0, "Own", 5.0), zone(1, "Own", 7.0), zone(0, "Rival", 4.0), zone(5, "Own", 1.0),
        zone(5, "Rival", 2.0),
    )  # fmt: skip
    found = market_counts(land, LABEL, 2)
    assert found.operators == ("Own", "Rival")
    assert found.subscribers.tolist() == [[12.0, 4.0], [1.0, 2.0]]
    assert found.notes.tolist() == ["rests_on_subscribers"] * 2
    assert found.period == "2024-06"
    assert market_counts(replace(land, market=None), LABEL, 2) is None


def test_figures_follow_their_place_when_cells_are_redrawn():
    land = town(zone(0, "Own", 5.0), zone(5, "Own", 1.0), zone(0, "Rival", 1.0))
    swapped = market_counts(land, 1 - LABEL, 2)
    np.testing.assert_array_equal(swapped.subscribers, [[1.0, NAN], [5.0, 1.0]])


def test_what_is_missing_is_not_0():
    """Nobody says what the rival has in the east: the cell has no share."""
    found = market_counts(
        town(zone(0, "Own", 5.0), zone(0, "Rival", 4.0), zone(5, "Own", 1.0)), LABEL, 2
    )
    np.testing.assert_array_equal(found.subscribers, [[5.0, 4.0], [1.0, NAN]])


def test_an_operator_known_by_outlet_sells_nothing_where_it_has_none():
    """The rivals are o14 (north-east corner) and o13 (unit 3): both in the east."""
    names = grid_territory().outlets.set_index("outlet_id")["ownership"]
    rivals = names.index[names == "rival"].tolist()
    found = market_counts(
        town(
            zone(0, "Own", NAN, sales=5.0), zone(5, "Own", NAN, sales=5.0),
            *(outlet(int(one[1:]), "Rival", 3.0) for one in rivals),
        ), LABEL, 2,
    )  # fmt: skip
    assert found.subscribers.tolist() == [[5.0, 0.0], [5.0, 6.0]]
    assert found.notes.tolist() == ["rests_on_sales"] * 2


def test_an_outlet_that_is_silent_is_not_0():
    """Only one of two rival outlets of the east reports: half is too little for a figure."""
    names = grid_territory().outlets.set_index("outlet_id")["ownership"]
    rivals = names.index[names == "rival"].tolist()
    found = market_counts(town(outlet(int(rivals[0][1:]), "Rival", 3.0)), LABEL, 2)
    np.testing.assert_array_equal(found.subscribers, [[NAN, 0.0], [NAN, NAN]])


def test_most_of_a_cell_will_do_and_is_said():
    """Two of three zones of the west are known, 0.67 of them; one of two of the east is not."""
    land = town(
        *(zone(unit, who, value) for who in ("Own", "Rival")
          for unit, value in ((0, 2.0), (1, 3.0), (2, NAN), (4, 1.0), (5, NAN))),
    )  # fmt: skip
    found = market_counts(land, LABEL, 2)
    np.testing.assert_array_equal(found.subscribers, [[5.0, 5.0], [NAN, NAN]])
    assert found.notes[0] == "rests_on_incomplete"


@pytest.mark.parametrize(("carry", "value"), [(2, 9.0), (1, NAN)])
def test_an_older_figure_stands_in_for_so_many_months_and_is_said(carry, value):
    land = town(
        zone(0, "Own", 9.0, period="2024-04"), zone(0, "Own", NAN, period="2024-06"),
        zone(0, "Rival", 1.0), zone(5, "Own", 1.0), zone(5, "Rival", 1.0),
    )  # fmt: skip
    found = market_counts(land, LABEL, 2, carry=carry)
    np.testing.assert_array_equal(found.subscribers[0, 0], value)
    assert (found.notes[0] == "rests_on_carried") == (carry == 2)
    assert found.notes[1] == "rests_on_subscribers"


def test_growth_counts_from_the_first_month_within_a_year():
    land = town(
        zone(0, "Own", 50.0, period="2023-05"), zone(0, "Own", 80.0, period="2023-06"),
        zone(0, "Own", 90.0, period="2024-05"), zone(0, "Own", 100.0),
        zone(0, "Rival", 70.0, period="2023-06"), zone(0, "Rival", 100.0),
    )  # fmt: skip
    found = market_counts(land, LABEL, 2)
    assert found.since == "2023-06"
    assert found.earlier[0].tolist() == [80.0, 70.0]
    # The mean base takes the month before where it is known.
    assert found.mean_base[0].tolist() == [95.0, 100.0]


def test_households_of_a_place_count_once_for_all_its_operators():
    land = town(
        zone(0, "Own", 5.0, households=40.0, target=3.0), zone(0, "Rival", 4.0, households=40.0),
        zone(1, "Own", 5.0, households=2.0),
    )  # fmt: skip
    found = market_counts(land, LABEL, 2)
    np.testing.assert_array_equal(found.households, [42.0, NAN])
    np.testing.assert_array_equal(found.target, [3.0, NAN])


def test_sales_of_outlets_are_known_by_id():
    land = town(outlet(0, "Own", 0.0), outlet(1, "Own", 8.0), outlet(2, "Own", NAN))
    found, older = outlet_sales(land, land.outlets["outlet_id"])
    np.testing.assert_array_equal(found[:4], [0.0, 8.0, NAN, NAN])
    assert not older.any()
    assert np.isnan(outlet_sales(grid_territory(), land.outlets["outlet_id"])[0]).all()


@pytest.mark.parametrize("carry", [2, 1])
def test_older_sales_of_an_outlet_stand_in_for_so_many_months_and_are_said(carry):
    land = town(
        outlet(0, "Own", 7.0) | {"period": "2024-04"}, outlet(0, "Own", NAN),
        outlet(1, "Own", 8.0),
    )  # fmt: skip
    found, older = outlet_sales(land, land.outlets["outlet_id"], carry=carry)
    np.testing.assert_array_equal(found[:2], [7.0 if carry == 2 else NAN, 8.0])
    assert older[:2].tolist() == [carry == 2, False]


def test_any_older_figure_of_a_cell_is_said():
    """Subscribers are of the month, additions of the one before."""
    land = town(
        zone(0, "Own", 9.0, period="2024-05", additions=3.0), zone(0, "Own", 9.0),
        zone(5, "Own", 1.0, additions=1.0),
    )  # fmt: skip
    found = market_counts(land, LABEL, 2)
    assert found.additions is not None
    assert found.additions[:, 0].tolist() == [3.0, 1.0]
    assert found.notes.tolist() == ["rests_on_carried", "rests_on_subscribers"]


def test_invented_figures_are_said_to_be():
    land = town(zone(0, "Own", 5.0, source="invented"), zone(0, "Rival", 5.0, source="invented"))
    assert market_counts(land, LABEL, 2).notes.tolist() == ["rests_on_invented"] * 2
