"""`gridmap diff` shows what moves between two scenarios of the database."""

import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from drawn_town import desk, saved_plan
from typer.testing import CliRunner

from gridmap.cli import app
from gridmap.errors import InputError, PermissionDenied
from gridmap.partition.edits import Move, Split
from gridmap.store.differences import two_scenarios
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope


def told(store: Store, *arguments: object) -> str:
    url = store.engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(app, ["diff", *map(str, arguments), "--db", url])
    assert done.exception is None, done.output
    return done.output


def test_a_moved_and_a_cut_unit_are_told(store: Store, tmp_path: Path) -> None:
    """Unit 2 and the piece of column 3 west of x = 350, 4 · 5,000 m², change their cell."""
    li = desk(store)
    parent = li.draft - 1
    assert "no border changes" in told(store, parent, li.draft, "--language", "en")
    li.commit(Split(1, ((350.0, -10.0), (350.0, 700.0)), to=0, least_m2=1.0), "k1")
    found = json.loads(told(store, parent, li.draft, "--json"))
    (flow,) = found["flows"]
    assert (flow["old_cell"], flow["new_cell"], flow["units"]) == ("C02", "C01", 4)
    assert flow["area_m2"] == pytest.approx(20_000.0)
    assert found["total"]["outlets"] == len(found["outlets"]) == flow["outlets"]
    table = told(store, parent, li.draft, "--language", "zh", "--out", tmp_path / "d.xlsx")
    assert "原网格" in table and "合计" in table and "0.020" in table
    sheets = openpyxl.load_workbook(tmp_path / "d.xlsx")
    assert sheets.worksheets[0].cell(2, 1).value == "C02"
    told(store, parent, li.draft, "--out", tmp_path / "d.gpkg")
    assert gpd.read_file(tmp_path / "d.gpkg").area.sum() == pytest.approx(20_000.0)


def test_other_data_and_foreign_cells_are_refused(store: Store) -> None:
    li = desk(store)
    li.commit(Move((2,), 1), "k1")
    same = saved_plan(store)
    assert two_scenarios(store.engine, Scope.everything(), same, li.draft).old.cut.size == 0
    manager = Scope(cells=frozenset({"o0"}), role=Role.GRID_MANAGER, user="sun")
    with pytest.raises(PermissionDenied):
        two_scenarios(store.engine, manager, same, li.draft)
    from grid_town import grid_scenario, grid_territory

    larger = grid_territory(8, 4)
    other = store.save(Scope.everything(), larger, grid_scenario(larger))
    with pytest.raises(InputError, match="other data"):
        two_scenarios(store.engine, Scope.everything(), same, other)
    done = CliRunner().invoke(app, ["diff", "1", "2", "--out", "d.csv"])
    assert isinstance(done.exception, InputError)
