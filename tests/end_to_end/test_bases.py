"""Managers who start and end at places of their own, from the project file to every file."""

import shutil
from pathlib import Path

import geopandas as gpd
import icalendar
import openpyxl
import pandas as pd
import pytest
import shapely
from command_line import CommandLine

from gridmap.checking import check_plan


@pytest.fixture
def project(town: Path, tmp_path: Path) -> Path:
    """The town, whose managers start at the fifth outlet and end at a bare point."""
    folder = tmp_path / "based"
    shutil.copytree(town.parent, folder)
    outlets = pd.read_csv(folder / "outlets.csv")
    lon, lat = outlets["lon"].iloc[5] + 0.0007, outlets["lat"].iloc[5]
    path = folder / town.name
    path.write_text(
        path.read_text(encoding="utf-8")
        + f'\n[[routing.managers]]\nname = "Ann"\nstart = "{outlets["outlet_id"].iloc[4]}"\n'
        + f"end = [{lon}, {lat}]\n",
        encoding="utf-8",
    )
    return path


def test_every_file_has_the_managers_places(
    gridmap: CommandLine, project: Path, tmp_path: Path
) -> None:
    done = gridmap("plan", project, "--out", tmp_path / "out", "--seed", "3", "--best-effort")
    assert done.code == 0, done.err
    plan = tmp_path / "out" / "plan.gpkg"
    outlets = pd.read_csv(project.parent / "outlets.csv", dtype={"outlet_id": str})
    routes = gpd.read_file(plan, layer="routes")
    shops = gpd.read_file(plan, layer="outlets").set_index("outlet_id")
    start = shops.geometry[outlets["outlet_id"].iloc[4]]
    ends = gpd.GeoSeries(
        [shapely.Point(outlets["lon"].iloc[5] + 0.0007, outlets["lat"].iloc[5])], crs=4326
    )
    end = ends.to_crs(routes.crs).iloc[0]
    for way in routes.geometry:
        assert start.distance(shapely.Point(way.coords[0])) < 120.0
        assert end.distance(shapely.Point(way.coords[-1])) < 120.0
    assert len({way.coords[0] for way in routes.geometry}) == 1
    assert len({way.coords[-1] for way in routes.geometry}) == 1
    book = openpyxl.load_workbook(next((tmp_path / "out" / "route_sheets").glob("*.xlsx")))
    assert "Ann: " in str(book.worksheets[0]["A3"].value)
    assert gridmap("check", plan).code == 0

    told = gridmap("export", tmp_path / "out", "--out", tmp_path / "feeds", "--start", "2026-03-02")
    assert told.code == 0, told.err
    calendar = next((tmp_path / "feeds" / "ics").glob("*.ics")).read_bytes()
    events = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    places = {str(one["location"]) for one in events if "location" in one}
    name = shops["name"][outlets["outlet_id"].iloc[4]]
    assert places == {name or outlets["outlet_id"].iloc[4]}


def test_a_way_from_somewhere_else_is_found(
    gridmap: CommandLine, project: Path, tmp_path: Path
) -> None:
    """One way is cut off at its first stop: it starts elsewhere, and no other rule is broken."""
    gridmap("plan", project, "--out", tmp_path / "out", "--seed", "3", "--best-effort")
    plan = tmp_path / "out" / "plan.gpkg"
    before = {one.name for one in check_plan(plan) if not one.ok}
    assert not before
    routes = gpd.read_file(plan, layer="routes")
    way = routes.geometry.iloc[0]
    routes.loc[0, "geometry"] = shapely.LineString(way.coords[len(way.coords) // 2 :])
    routes.to_file(plan, layer="routes", driver="GPKG", engine="pyogrio")
    assert {one.name for one in check_plan(plan) if not one.ok} == {"day_ends"}


def test_what_is_wrong_with_the_places_is_said_at_once(
    gridmap: CommandLine, project: Path, tmp_path: Path
) -> None:
    text = project.read_text(encoding="utf-8")
    text += '\n[[routing.managers]]\nname = "Bo"\nstart = "nowhere"\n'
    project.write_text(text, encoding="utf-8")
    told = gridmap("plan", project, "--out", tmp_path / "out")
    assert told.code == 1
    assert "nowhere" in told.err
    project.write_text(text.replace('"nowhere"', "[500.0, 3.0]"), encoding="utf-8")
    told = gridmap("plan", project, "--out", tmp_path / "out")
    assert told.code == 1
    assert "managers[2].start" in told.err
    assert "500" in told.err
    project.write_text(text.replace('"nowhere"', "[0.0, 3.0]"), encoding="utf-8")
    told = gridmap("plan", project, "--out", tmp_path / "out")
    assert told.code == 1
    assert "Bo" in told.err
    assert "0, 3" in told.err
