"""A plan by the periods of the day, as a user makes it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import icalendar
import pyogrio
import pytest
from command_line import CommandLine

from benchmarks.day_periods import day_project, differences
from benchmarks.route_truth import truth_of
from geodata.project import load_project
from gridmap.planning import make_plan
from gridmap.policies import clock_of


@pytest.fixture(scope="module")
def day_town(tmp_path_factory: pytest.TempPathFactory, town: Path) -> Path:
    """Project file of the invented town, by car and by the periods of the day."""
    folder = tmp_path_factory.mktemp("day") / "town"
    shutil.copytree(town.parent, folder)
    words = town.read_text(encoding="utf-8").replace("[routing]", '[routing]\nday.start = "09:30"')
    town_at_half_past_nine = folder / "late.toml"
    town_at_half_past_nine.write_text(words, encoding="utf-8")
    return day_project(town_at_half_past_nine, folder, iterations=10)


def test_times_are_those_of_the_streets_in_each_period(day_town: Path) -> None:
    """Days begin at 9:30, in the morning's traffic, and go on after it.

    Arrivals and the moments of coming back follow, to the second, from plain searches on the
    network of each period.
    """
    territory, request = load_project(day_town)
    scenario = make_plan(territory, request, seed=3)
    assert truth_of(territory, scenario).good
    found = differences(territory, scenario)
    assert found.travel_share_most > 0.01
    assert found.arrival_most_s > 5.0
    one_network = truth_of(replace(territory, day_networks={}), scenario)
    assert not one_network.good


def test_plan_check_and_calendar_by_the_periods(
    gridmap: CommandLine, day_town: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    done = gridmap("plan", day_town, "--out", folder, "--seed", 3)
    assert done.code == 0, done.err
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["checks"]["way_periods"] is True
    assert any("am 07:00, midday 10:00" in one for one in report["territory_notices"])
    checked = gridmap("check", folder / "plan.gpkg")
    assert checked.code == 0
    assert "Ways take the time of the period" in checked.out

    told = gridmap("export", folder, "--format", "ics", "--out", tmp_path / "ics",
                   "--start", "2026-03-02")  # fmt: skip
    assert told.code == 0, told.err
    ends = []
    for file in (tmp_path / "ics").rglob("*.ics"):
        events = icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")
        ends += [
            one["DTEND"].dt.strftime("%H:%M") for one in events if one["STATUS"] == "CONFIRMED"
        ]
    assert sorted(ends) == sorted(clock_of(one) for one in report["home_s"].values())

    stops = gpd.read_file(folder / "plan.gpkg", layer="stops")
    stops.loc[4, "arrival_s"] += 20.0
    pyogrio.write_dataframe(stops, folder / "plan.gpkg", layer="stops")
    spoilt = gridmap("check", folder / "plan.gpkg")
    assert spoilt.code != 0
    assert str(stops.loc[4, "route_id"]) in spoilt.out + spoilt.err
