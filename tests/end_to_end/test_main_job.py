"""From files to a finished plan, and what it leaves behind."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pypdf
import pytest
from command_line import CommandLine

from gridmap.export.plan_file import read_plan
from gridmap.store.repository import Store
from gridmap.store.scope import Scope


def test_the_plan_is_whole(planned: Path) -> None:
    """Every file of the interface is there and can be read by another library."""
    layers = {name for name, _ in pyogrio.list_layers(planned / "plan.gpkg")}
    wanted = {"territory", "units", "cells", "outlets", "demand", "routes", "stops", "scores"}
    assert wanted <= layers
    cells = gpd.read_file(planned / "plan.gpkg", layer="cells")
    assert len(cells) == 3
    least = {
        "cell_id", "code", "name", "centre_outlet_id", "manager", "demand", "area_m2",
        "compactness", "routes", "visit_minutes_per_day", "position_score", "coverage_score",
        "quadrant",
    }  # fmt: skip
    assert least <= set(cells.columns)
    assert openpyxl.load_workbook(planned / "scorecards.xlsx").sheetnames
    for code in cells["code"]:
        assert len(pypdf.PdfReader(planned / "route_sheets" / f"{code}.pdf").pages) > 1
        assert openpyxl.load_workbook(planned / "route_sheets" / f"{code}.xlsx").sheetnames
    assert not list(planned.glob(".*part*"))


def test_the_report_says_how_it_came_about(planned: Path) -> None:
    report = json.loads((planned / "report.json").read_text(encoding="utf-8"))
    assert report["seed"] == 3
    assert set(report["timings_s"]) >= {"territory", "partition", "routing", "scoring", "files"}
    assert report["workloads"]["demand"]["worst_deviation"] <= 0.05
    assert report["travel_cost"] >= report["lower_bound"] > 0.0
    assert all(report["checks"].values())
    assert len(report["checks"]) == 35
    assert report["inputs_sha256"]
    assert report["invented"]
    assert [one["cell_id"] for one in report["day_balance"]] == [1, 2, 3]


def test_every_file_says_when_the_manager_is_back(planned: Path) -> None:
    """Home after the last stop by the way back, in the report as in the plan's file."""
    report = json.loads((planned / "report.json").read_text(encoding="utf-8"))
    days = [day for cell in read_plan(planned).planned_cells() for day in cell.days]
    assert {day.number for day in days} == set(report["home_s"])
    for day in days:
        assert day.finish_s == report["home_s"][day.number]
        last = day.stops[-1]
        on_the_way_s = day.finish_s - last.arrival_s - last.service_s
        assert 0.0 <= on_the_way_s <= day.travel_s + 3600.0


def test_the_scenario_is_in_the_database(planned: Path) -> None:
    store = Store(f"sqlite:///{planned / 'gridmap.db'}")
    (summary,) = store.scenarios(Scope.everything())
    territory, scenario = store.load(Scope.everything(), summary.scenario_id)
    assert scenario.partition.n_cells == summary.n_cells == 3
    assert scenario.territory_hash == territory.content_hash
    assert len(territory.excluded.columns)
    store.close()


def test_same_seed_same_report(
    planned: Path, town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    """Byte for byte, apart from the timings; the route sheets too."""
    assert gridmap("plan", town, "--out", tmp_path / "again", "--seed", "3").code == 0

    def without_timings(folder: Path) -> str:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        del report["timings_s"]
        return json.dumps(report)

    assert without_timings(tmp_path / "again") == without_timings(planned)
    for name in (
        "route_sheets/C01.pdf",
        "route_sheets/C01.xlsx",
        "scorecards.xlsx",
        "scores.csv",
        "cell_reports/C01.pdf",
        "cell_reports/book.pdf",
    ):
        assert (tmp_path / "again" / name).read_bytes() == (planned / name).read_bytes(), name


def test_another_seed_is_another_plan_that_holds_too(
    town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    done = gridmap("plan", town, "--out", tmp_path / "o", "--seed", "5", "--json")
    assert done.code == 0
    assert json.loads(done.out)["seed"] == 5
    assert gridmap("check", tmp_path / "o" / "plan.gpkg").code == 0


def test_time_limit_still_gives_a_plan(town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    done = gridmap("plan", town, "--out", tmp_path / "o", "--max-seconds", "0.2")
    assert done.code in {0, 2}
    assert (tmp_path / "o" / "report.json").exists()


def test_progress_goes_to_stderr_and_results_to_stdout(
    town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    done = gridmap("plan", town, "--out", tmp_path / "o")
    assert "Drawing the cells: started" in done.err
    assert done.err.count("Drawing the cells: done") == 1
    assert "3 cells" in done.out
    assert "started" not in done.out


@pytest.mark.parametrize("method", ["network", "voronoi"])
def test_the_baselines_plan_too(
    method: str, town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    folder = shutil.copytree(town.parent, tmp_path / "town")
    text = town.read_text(encoding="utf-8")
    assert "[partition]" in text
    text = text.replace("[partition]", f'[partition]\nmethod = "{method}"', 1)
    (folder / town.name).write_text(text, encoding="utf-8")
    done = gridmap("plan", folder / town.name, "--out", tmp_path / "o")
    assert done.code == 0, done.err
    assert gridmap("check", tmp_path / "o" / "plan.gpkg").code == 0


def test_chinese_from_end_to_end(town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    folder = shutil.copytree(town.parent, tmp_path / "town")
    text = town.read_text(encoding="utf-8")
    text = (
        text.replace('language = "en"', 'language = "zh"')
        if "language" in text
        else (text + '\n[output]\nlanguage = "zh"\n')
    )
    (folder / town.name).write_text(text, encoding="utf-8")
    done = gridmap("plan", folder / town.name, "--out", tmp_path / "o")
    assert done.code == 0, done.err
    assert "个网格" in done.out
    sheet = pypdf.PdfReader(tmp_path / "o" / "route_sheets" / "C01.pdf").pages[0].extract_text()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in sheet)
