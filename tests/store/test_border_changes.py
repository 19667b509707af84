"""What moves from OLD to NEW, counted by hand on the grid town, as table, layer and workbook."""

import dataclasses
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from drawn_town import PLANNER, Desk, town_ground
from grid_town import grid_territory

from gridmap import schemas
from gridmap.export.border_changes import (
    BorderChanges,
    border_changes,
    write_layer,
    write_workbook,
)
from gridmap.partition.borders import CellNames, borders_of, common_pieces
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.edit import redraw
from gridmap.partition.edits import Edit, Move, Split
from gridmap.territory import Territory

UNIT = np.arange(24)
START = DrawnState((UNIT % 6 >= 3).astype(np.int32), {0: 7, 1: 16}, 2)
NAMES = {0: CellNames("C01", "sun"), 1: CellNames("C02", "zhou")}


def town() -> Territory:
    territory = grid_territory()
    sales = np.where(territory.outlets["visited"], 5.0, np.nan)
    amounts = dict.fromkeys(schemas.MARKET_AMOUNTS, np.nan)
    market = pd.DataFrame(
        {
            "source": "m.csv", "place": "z", "unit": [2, 2, 3], "part": 1.0, "outlet_id": "",
            "operator": "Own", "ours": [True, True, False], "period": ["2026-05", "2026-06"] * 1
            + ["2026-06"], **amounts, "sales": [7.0, 11.0, 13.0],
        }
    )  # fmt: skip
    return dataclasses.replace(
        territory,
        outlets=territory.outlets.assign(sales=sales),
        market=schemas.MARKET.validate(market),
    )


def after(*edits: Edit) -> DrawnState:
    state = START
    for edit in edits:
        state = state.after([redraw(state.plan(town_ground()), edit).change])
    return state


def changes_to(new: DrawnState, *, names: dict[int, CellNames] | None = None) -> BorderChanges:
    territory = town()
    units = territory.units.polygons
    return border_changes(
        territory, borders_of(units, START), borders_of(units, new),
        old_names=NAMES, new_names=NAMES if names is None else names,
    )  # fmt: skip


def test_moved_units_with_all_on_them() -> None:
    """Units 2 and 8 go east: 2 × 10,000 m², two points of weight 10, the outlets in both."""
    changes = changes_to(after(Move((2, 8), 1)))
    (row,) = changes.flows.to_dict("records")
    there = town().outlets[town().outlets["unit"].isin([2, 8])]
    visited = int(there["visited"].sum())
    assert visited > 0
    assert row == {
        "old_cell": "C01", "new_cell": "C02", "units": 2, "area_m2": 20_000.0, "customers": 2,
        "demand": 20.0, "outlets": len(there), "visited": visited, "sales": 5.0 * visited,
        "month_sales": 11.0, "lost": visited,
    }  # fmt: skip
    assert changes.areas[0].equals(shapely.box(200, 0, 300, 200))
    assert set(changes.outlets["outlet_id"]) == set(there["outlet_id"])
    assert set(changes.outlets["new_manager"]) == {"zhou"}


def test_who_keeps_the_manager_loses_nothing() -> None:
    names = {0: CellNames("C01"), 1: CellNames("C02", "sun")}
    changes = changes_to(after(Move((2, 8), 1)), names=names)
    assert changes.total["lost"] == 0 and changes.total["visited"] > 0


def test_nothing_moved_is_an_empty_table(tmp_path: Path) -> None:
    changes = changes_to(START)
    assert changes.flows.empty and changes.outlets.empty
    write_layer(changes, tmp_path / "none.gpkg")
    write_workbook(changes, tmp_path / "none.xlsx", "en")


def test_cut_units_are_compared_piece_by_piece() -> None:
    """A line at x = 350 moves half of each of the four units between 300 and 400."""
    cut = after(Split(1, ((350.0, -10.0), (350.0, 410.0)), to=0, least_m2=1.0))
    changes = changes_to(cut)
    (row,) = changes.flows.to_dict("records")
    assert (row["units"], row["area_m2"]) == (4, pytest.approx(20_000.0))
    assert changes.areas[0].equals(shapely.box(300, 0, 350, 400))
    in_west = town().outlets[town().outlets["x"].between(300, 350)]
    assert set(changes.outlets["outlet_id"]) == set(in_west["outlet_id"])
    other = after(Split(1, ((310.0, -10.0), (310.0, 410.0)), to=0, least_m2=1.0))
    units = town().units.polygons
    pieces = common_pieces(borders_of(units, other), borders_of(units, cut))
    assert shapely.area(pieces.polygons).sum() == pytest.approx(240_000.0)
    moved = pieces.old != pieces.new
    assert shapely.area(pieces.polygons[moved]).sum() == pytest.approx(40.0 * 400)


def test_there_and_back_are_the_same_figures() -> None:
    new = after(Move((2, 8), 1))
    units = town().units.polygons
    back = border_changes(
        town(), borders_of(units, new), borders_of(units, START),
        old_names=NAMES, new_names=NAMES,
    )  # fmt: skip
    assert back.total == changes_to(new).total


def test_layer_and_workbook(tmp_path: Path) -> None:
    changes = changes_to(after(Move((2, 8), 1)))
    read = gpd.read_file(write_layer(changes, tmp_path / "c.gpkg"), layer="changes")
    assert read.crs == changes.crs and read["units"].tolist() == [2]
    world = gpd.read_file(write_layer(changes, tmp_path / "c.geojson"))
    assert world.crs == "EPSG:4326" and abs(world.geometry[0].bounds[0]) < 180
    for language, sheets in (("en", ["Moves", "Outlets"]), ("zh", ["调整明细", "网点"])):
        path = write_workbook(changes, tmp_path / f"{language}.xlsx", language)
        book = openpyxl.load_workbook(path)
        assert book.sheetnames == sheets
        flows = list(book[sheets[0]].values)
        assert flows[1][:3] == ("C01", "C02", 2) and flows[-1][2] == 2
        assert len(list(book[sheets[1]].values)) == 1 + len(changes.outlets)
    assert path.read_bytes() == write_workbook(changes, tmp_path / "again.xlsx", "zh").read_bytes()


def test_scenarios_of_a_store_are_compared(store) -> None:
    from drawn_town import desk

    li: Desk = desk(store)
    li.commit(Move((2, 8), 1), "k")
    head = li.drafts.head(PLANNER, li.draft)
    old = li.drafts.state(PLANNER, head.version.parent_id)
    units = town().units.polygons
    changes = border_changes(
        town(), borders_of(units, old), borders_of(units, head.state),
        old_names=li.drafts.names(PLANNER, head.version.parent_id),
        new_names=li.drafts.names(PLANNER, li.draft),
    )  # fmt: skip
    assert changes.flows[["old_cell", "new_cell", "units"]].to_numpy().tolist() == [
        ["C01", "C02", 2]
    ]
