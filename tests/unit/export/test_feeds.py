"""Files for calendars, navigation and maps, read back with the libraries that others use."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import gpxpy
import icalendar
import numpy as np
import pypdf
import pytest
from sheet_plan import sheet_plan, without_stops

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.errors import InputError
from gridmap.export.calendars import route_calendar
from gridmap.export.cycle_page import cycle_page
from gridmap.export.feeds import Feed, FeedRequest, export_feeds
from gridmap.export.geo import write_geopackage
from gridmap.export.plan_file import PlanFile, read_plan
from gridmap.policies import clock_of
from gridmap.scenario import Scenario
from gridmap.territory import Territory

MONDAY = date(2026, 3, 2)
GPX = "{http://www.topografix.com/GPX/1/1}"
Written = tuple[Path, PlanFile, Path, list[Path]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("plan")
    plan = write_geopackage(*sheet_plan(weeks=2), folder / "plan.gpkg")
    request = FeedRequest(start=MONDAY, cycles=3)
    return plan, read_plan(folder), folder, export_feeds(folder, folder / "out", request)


def of(files: list[Path], feed: Feed) -> list[Path]:
    return [one for one in files if one.parent.name == feed.value]


def events(path: Path) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT"))


@pytest.fixture(scope="module")
def directed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Territory, Scenario, Path]:
    """The plan with directions, and the file it is written to."""
    territory, scenario = sheet_plan(weeks=1)
    asked = scenario.request.model_copy(update={"directions": True})
    scenario = replace(scenario, request=asked)
    folder = tmp_path_factory.mktemp("directed")
    return territory, scenario, write_geopackage(territory, scenario, folder / "plan.gpkg")


@pytest.mark.parametrize("language", LANGUAGES)
def test_directions_lead_to_every_stop_and_back(
    directed: tuple[Territory, Scenario, Path], tmp_path: Path, language: Language
) -> None:
    _, scenario, plan = directed
    request = FeedRequest(feeds=(Feed.DIRECTIONS,), language=language)
    files = {one.stem: one for one in export_feeds(plan, tmp_path, request)}
    assert set(files) == set(scenario.routes["number"])
    arrive = text("travel.arrive", language)
    for cell in read_plan(plan).planned_cells():
        for day in cell.days:
            words = files[day.number].read_text(encoding="utf-8")
            at = [
                words.index(f"{clock_of(stop.arrival_s)}  [{stop.seq}] {stop.name}")
                for stop in day.stops
            ]
            assert at == sorted(at)
            back = f"{clock_of(day.finish_s)}  {text('sheets.back_at', language, name=cell.centre)}"
            assert words.index(back) > at[-1]
            assert arrive not in words
            assert "© OpenStreetMap" in words
            assert words.count("    - ") >= len(day.stops)
            assert ("Main Street" in words) or ("中央大街" in words)


def test_the_metres_and_seconds_of_directions_are_those_of_the_route(
    directed: tuple[Territory, Scenario, Path],
) -> None:
    """Seconds of the steps and of the ways to and from the street make the legs of the plan."""
    _, scenario, plan = directed
    steps = read_plan(plan).directions
    assert steps is not None
    metres = steps.groupby("route_id")["distance_m"].sum()
    driven = scenario.routes.set_index("route_id")["distance_m"]
    np.testing.assert_allclose(metres.loc[driven.index], driven, atol=1e-3)
    legs = steps.groupby("route_id")["leg"].max()
    stops = scenario.routes.set_index("route_id")["stops"]
    assert (legs.loc[stops.index] == stops + 1).all()


def test_a_plan_without_directions_says_how_to_get_them(written: Written, tmp_path: Path) -> None:
    plan, _, _, files = written
    assert not of(files, Feed.DIRECTIONS)
    with pytest.raises(InputError) as refused:
        export_feeds(plan, tmp_path, FeedRequest(feeds=(Feed.DIRECTIONS,)))
    assert "directions = true" in refused.value.text("en")


def test_each_manager_has_a_calendar_of_his_own(written: Written) -> None:
    """Two managers on the same day: two events with ids of their own, each under its name."""
    _, plan, _, _ = written
    cell = plan.planned_cells()[0]
    first, second, *others = cell.days
    days = [
        replace(first, manager="Li Wei"),
        replace(second, manager="王芳", week=first.week, weekday=first.weekday),
        *(replace(one, manager="Li Wei") for one in others),
    ]
    content = route_calendar(
        replace(cell, days=tuple(days)), plan.policy, start=MONDAY, revised=datetime.now(UTC)
    )
    found = list(icalendar.Calendar.from_ical(content).walk("VEVENT"))
    assert len({one["uid"] for one in found}) == len(found) == 2 * plan.policy.cycle_days
    going = [str(one["summary"]) for one in found if one["status"] == "CONFIRMED"]
    assert len(going) == len(days)
    assert [one for one in going if "王芳" in one] == [
        one for one in going if one.startswith(second.number)
    ]
    page = cycle_page(replace(cell, days=tuple(days)), plan.policy)
    words = pypdf.PdfReader(BytesIO(page)).pages[0].extract_text()
    assert first.number in words
    assert second.number in words
    assert "Li Wei, 王芳" in words


def test_each_route_is_an_event_on_its_day(written: Written) -> None:
    """Week 1 day 1 is the Monday given; each event comes back every two weeks, three times."""
    _, plan, _, files = written
    for path, cell in zip(of(files, Feed.ICS), plan.planned_cells(), strict=True):
        assert path.stem == cell.code
        found = {one["uid"]: one for one in events(path)}
        assert len(found) == plan.policy.cycle_days
        going = [one for one in found.values() if one["status"] == "CONFIRMED"]
        assert len(going) == len(cell.days)
        for day in cell.days:
            event = found[f"{cell.code}-20260302-w{day.week}d{day.weekday}@gridmap"]
            begin = event["dtstart"].dt
            assert begin.date() == MONDAY + timedelta(days=7 * (day.week - 1) + day.weekday - 1)
            assert (begin.hour, begin.minute, begin.tzinfo) == (8, 30, None)
            assert f"{event['dtend'].dt:%H:%M}" == clock_of(day.finish_s)
            assert day.number in event["summary"]
            for stop in day.stops:
                assert stop.name in event["description"]
            assert event["rrule"] == {"FREQ": ["WEEKLY"], "INTERVAL": [2], "COUNT": [3]}


def test_a_later_plan_updates_the_calendar(tmp_path: Path) -> None:
    """The same ids, a higher sequence, and days without a visit any more are cancelled."""
    territory, scenario = sheet_plan(weeks=1)
    path = write_geopackage(territory, scenario, tmp_path / "plan.gpkg")
    request = FeedRequest(feeds=(Feed.ICS,), start=MONDAY)
    first = events(export_feeds(path, tmp_path / "one", request)[0])
    write_geopackage(territory, without_stops(scenario), path)
    later = datetime.now().timestamp() + 3600
    os.utime(path, (later, later))
    again = events(export_feeds(path, tmp_path / "two", request)[0])
    assert [one["uid"] for one in first] == [one["uid"] for one in again]
    assert all(two["sequence"] > one["sequence"] for one, two in zip(first, again, strict=True))
    assert {str(one["status"]) for one in again} == {"CANCELLED"}


def test_gpx_has_the_structure_of_version_1_1(written: Written) -> None:
    """Order of elements, attributes and ranges as in the schema of GPX 1.1."""
    _, plan, _, files = written
    days = {day.number: day for cell in plan.planned_cells() for day in cell.days}
    tracks = of(files, Feed.GPX)
    assert {path.stem for path in tracks} == set(days)
    order = ["metadata", "wpt", "rte", "trk", "extensions"]
    in_point = ["ele", "time", "magvar", "geoidheight", "name", "cmt", "desc", "src", "link", "sym"]
    for path in tracks:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own file
        assert root.tag == f"{GPX}gpx"
        assert root.attrib["version"] == "1.1"
        assert root.attrib["creator"] == "gridmap"
        tags = [order.index(one.tag.removeprefix(GPX)) for one in root]
        assert tags == sorted(tags)
        for point in [*root.iter(f"{GPX}wpt"), *root.iter(f"{GPX}trkpt")]:
            assert -180.0 <= float(point.attrib["lon"]) < 180.0
            assert -90.0 <= float(point.attrib["lat"]) <= 90.0
            inner = [in_point.index(one.tag.removeprefix(GPX)) for one in point]
            assert inner == sorted(set(inner))
        read = gpxpy.parse(path.read_text(encoding="utf-8"))
        day = days[path.stem]
        assert [one.name for one in read.waypoints] == [
            f"{one.seq} {one.name}" for one in day.stops
        ]
        (segment,) = read.tracks[0].segments
        assert len(segment.points) == len(day.way)
        assert "OpenStreetMap" in read.description


@pytest.mark.parametrize("feed", [Feed.KML, Feed.GEOJSON])
def test_maps_reopen(written: Written, feed: Feed) -> None:
    _, plan, _, files = written
    expected = {"cells": plan.cells, "routes": plan.routes, "stops": plan.stops}
    for path in of(files, feed):
        read, layer = gpd.read_file(path), expected[path.stem].to_crs("EPSG:4326")
        assert len(read) == len(layer)
        assert read.crs.to_epsg() == 4326
        apart = [
            one.distance(other) for one, other in zip(read.geometry, layer.geometry, strict=True)
        ]
        assert max(apart) < 1e-6
    assert {path.stem for path in of(files, feed)} == set(expected)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_cycle_is_on_one_page(written: Written, language: Language, tmp_path: Path) -> None:
    plan_file, plan, _, _ = written
    request = FeedRequest((Feed.CALENDAR,), start=MONDAY, language=language)
    files = export_feeds(plan_file, tmp_path, request)
    for path, cell in zip(files, plan.planned_cells(), strict=True):
        reader = pypdf.PdfReader(BytesIO(path.read_bytes()))
        assert len(reader.pages) == 1
        words = reader.pages[0].extract_text()
        assert all(day.number in words for day in cell.days)
        assert text("sheets.overview", language) in words
        assert "3-02" in words


def test_only_the_cells_asked_for_are_written(written: Written, tmp_path: Path) -> None:
    files = export_feeds(written[0], tmp_path, FeedRequest((Feed.GPX,), cells=("C02",)))
    assert files
    assert all(path.name.startswith("R02-") for path in files)


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        (FeedRequest((Feed.ICS,)), "feeds.no_start"),
        (FeedRequest((Feed.ICS,), start=date(2026, 3, 3)), "feeds.no_monday"),
        (FeedRequest((Feed.GPX,), cells=("C9",)), "feeds.cell_unknown"),
    ],
)
def test_what_cannot_be_written_is_said(
    written: Written, tmp_path: Path, request_: FeedRequest, key: str
) -> None:
    with pytest.raises(InputError) as raised:
        export_feeds(written[0], tmp_path, request_)
    assert [one.key for one in raised.value.faults] == [key]


def test_the_same_plan_gives_the_same_bytes(written: Written, tmp_path: Path) -> None:
    plan_file, _, _, files = written
    again = export_feeds(plan_file, tmp_path, FeedRequest(start=MONDAY, cycles=3))
    assert [one.read_bytes() for one in again] == [one.read_bytes() for one in files]
