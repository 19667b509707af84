"""Missed visits, from lists and from filled route sheets."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from sheet_plan import sheet_plan

from geodata.missed_visits import read_missed_visits
from gridmap.errors import InputError
from gridmap.export.route_sheets import write_route_sheets
from gridmap.export.route_xlsx import HEAD_ROW, KNOWN
from gridmap.export.visit_steps import REMARK, entry_columns


def test_a_list_with_days_routes_and_outcomes(tmp_path: Path) -> None:
    """The visit that was made does not count; a route wins over a day."""
    path = tmp_path / "visits.csv"
    path.write_text(
        "outlet_id,date,route,visited\na,2026-03-02,,False\nb,2:We,,no\nc,,R03-7,否\nd,1:Mo,,True\n",
        encoding="utf-8",
    )
    found = [(one.outlet, one.day) for one in read_missed_visits(path)]
    assert found == [("a", "2026-03-02"), ("b", "2:We"), ("c", "R03-7")]


def test_rows_without_an_outlet_are_named(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("outlet_id,day\n,1:Mo\na,1:Mo\n,1:Tu\n", encoding="utf-8")
    with pytest.raises(InputError) as wrong:
        read_missed_visits(path)
    assert [one.where for one in wrong.value.faults] == ["visits.csv:2", "visits.csv:4"]


def test_a_lone_remark_on_a_sheet_is_a_missed_visit(tmp_path: Path) -> None:
    territory, scenario = sheet_plan(weeks=1)
    write_route_sheets(territory, scenario, tmp_path, "zh")
    path = tmp_path / "C01.xlsx"
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[1]
    keys = [field.key for field, _ in entry_columns("zh")]
    remark = len(KNOWN) + 1 + keys.index(REMARK.key)
    sheet.cell(HEAD_ROW + 2, remark).value = "关门"
    workbook.save(path)
    (missed,) = read_missed_visits(path)
    assert missed.day in set(scenario.routes["number"])
    on_route = scenario.stops.loc[scenario.stops["route_id"] == missed.day, "outlet_id"]
    assert missed.outlet in set(on_route)
