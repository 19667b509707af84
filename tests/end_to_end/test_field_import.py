"""``gridmap import`` of what comes back from the field: filled sheets and lists."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from command_line import CommandLine
from sheet_plan import sheet_plan

from geodata.field_tables import import_field_table
from gridmap.errors import InputError
from gridmap.export.geo import write_geopackage
from gridmap.export.route_sheets import write_route_sheets
from gridmap.export.route_xlsx import HEAD_ROW, KNOWN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("field")
    territory, scenario = sheet_plan(weeks=1)
    write_geopackage(territory, scenario, folder / "plan.gpkg")
    write_route_sheets(territory, scenario, folder, "zh")
    return folder


def fill(path: Path, **cells: object) -> None:
    """Fill cells of the first route's sheet."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[1]
    for address, value in cells.items():
        sheet[address] = value
    workbook.save(path)


def test_a_filled_sheet_becomes_tables(folder: Path, gridmap: CommandLine) -> None:
    """The first stop: came 9:05, left 9:30, a poster whole, 4 sold, 7 left, 2 complaints."""
    path, row, first = folder / "C01.xlsx", HEAD_ROW + 2, len(KNOWN)
    at = [openpyxl.utils.get_column_letter(first + 1 + one) + str(row) for one in range(14)]
    values = {0: "9:05", 1: "9:30", 2: "√", 8: 4, 9: 7, 11: 2}
    fill(path, **{at[one]: value for one, value in values.items()})
    done = gridmap("import", path, "--kind", "visits", "--plan", folder / "plan.gpkg",
                   "--start", "2026-03-02", "--json")  # fmt: skip
    assert done.code == 0, done.err
    assert json.loads(done.out)["counts"] == {"visits": 1, "steps": 4, "complaints": 1}
    (visit,) = pd.read_csv(folder / "C01.clean.csv").to_dict("records")
    assert (visit["date"], visit["came_s"], visit["left_s"]) == ("2026-03-02", 32700.0, 34200.0)
    steps = pd.read_csv(folder / "C01.clean.steps.csv").set_index("field")["value"]
    assert steps.to_dict() == {"posters_whole": 1, "sold": 4, "stock": 7, "stock_enough": 1}
    complaint = pd.read_csv(folder / "C01.clean.complaints.csv").iloc[0]
    assert (complaint["category"], complaint["count"]) == ("environment", 2)


def test_what_makes_no_sense_is_named_and_nothing_written(
    folder: Path, gridmap: CommandLine
) -> None:
    path = folder / "C02.xlsx"
    fill(path, B6="nobody", H7="soon", J7="?")
    done = gridmap("import", path, "--kind", "visits", "--plan", folder / "plan.gpkg")
    assert done.code == 1
    sheet = openpyxl.load_workbook(path).sheetnames[1]
    assert [line.split(": ")[0] for line in done.err.strip().splitlines()] == [
        f"C02.xlsx, {sheet}!B6", f"C02.xlsx, {sheet}!H7", f"C02.xlsx, {sheet}!J7",
    ]  # fmt: skip
    assert not (folder / "C02.clean.csv").exists()


def test_lists_from_the_field_are_read(tmp_path: Path) -> None:
    steps = tmp_path / "steps.csv"
    steps.write_text(
        "网点编号,日期,步骤,项目,结果\no1,2026-03-02,3,库存,12\no1,2026-03-02,1,完好,×\n", "utf-8"
    )
    found = import_field_table(steps, "steps")
    assert found[["step", "field", "value"]].to_numpy().tolist() == [
        [3, "stock", 12.0], [1, "posters_whole", 0.0],
    ]  # fmt: skip
    complaints = tmp_path / "complaints.csv"
    complaints.write_text("outlet_id,date,category,count\no1,2026-03-02,market,2\n", "utf-8")
    assert import_field_table(complaints, "complaints")["count"].tolist() == [2]
    seen = tmp_path / "seen.csv"
    seen.write_text("date,about,operator,lon,lat,note\n2026-03-02,竞品,B,24.9,60.1,flag\n", "utf-8")
    assert import_field_table(seen, "sightings")["about"].tolist() == ["rival"]


def test_each_cell_of_a_list_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    path = tmp_path / "seen.csv"
    path.write_text("date,about,outlet_id,lon,lat\nsoon,weather,o1,,\n2026-03-02,rival,,200,1\n"
                    "2026-03-02,rival,,,\n", "utf-8")  # fmt: skip
    with pytest.raises(InputError) as raised:
        import_field_table(path, "sightings")
    assert {(one.where, one.key) for one in raised.value.faults} == {
        ("seen.csv:2 [date]", "tables.date_unread"),
        ("seen.csv:2 [about]", "fieldwork.word_unknown"),
        ("seen.csv:3 [lon]", "fieldwork.number_unread"),
        ("seen.csv:4 [outlet_id]", "fieldwork.nowhere"),
    }  # fmt: skip
