"""Clock visits, with figures by hand."""

import pandas as pd
import pytest

from gridmap.routing.regularity import regularity

ROUTES = pd.DataFrame({"route_id": ["r1", "r2", "r3", "r9"], "cell_id": [1, 1, 1, 2]})


def stops(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["route_id", "outlet_id", "minute"])
    return table.assign(arrival_s=table["minute"] * 60.0)


def test_by_hand() -> None:
    """a comes at 540, 550 and 600 (median 550: 10, 0, 50); b once does not count."""
    found = regularity(
        ROUTES, stops(("r1", "a", 540), ("r2", "a", 550), ("r3", "a", 600), ("r1", "b", 900))
    )
    assert found["1"] == {"visits": 3, "spread_min": 20.0, "usual_share": pytest.approx(2 / 3)}
    assert found["all"] == found["1"]
    assert "2" not in found


def test_cells_are_pooled_by_visits() -> None:
    """Cell 2 is half an hour off twice (±30 counts as usual), cell 1 not at all."""
    found = regularity(
        ROUTES,
        stops(("r1", "a", 540), ("r2", "a", 540), ("r9", "c", 500), ("r9", "c", 560)),
    )
    assert found["2"] == {"visits": 2, "spread_min": 30.0, "usual_share": 1.0}
    assert found["all"]["spread_min"] == 15.0


def test_without_second_visits_there_is_no_figure() -> None:
    assert regularity(ROUTES, stops(("r1", "a", 540), ("r2", "b", 540))) == {}
