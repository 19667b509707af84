"""The files that others open: GPX by its schema, workbooks by LibreOffice."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest
from gpx_schema import gpx_faults
from sheet_plan import sheet_plan

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.export.feeds import Feed, FeedRequest, export_feeds
from gridmap.export.geo import write_geopackage
from gridmap.export.route_sheets import write_route_sheets
from gridmap.export.route_xlsx import HEAD_ROW
from gridmap.export.sheet_book import sheet_books
from gridmap.scenario import Scenario
from gridmap.territory import Territory

OFFICE = shutil.which("soffice")
HEAD = '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="x">'


@pytest.fixture(scope="module")
def plan() -> tuple[Territory, Scenario]:
    return sheet_plan(weeks=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_track_is_valid_gpx(
    plan: tuple[Territory, Scenario], tmp_path: Path, language: Language
) -> None:
    """Names with emoji, quotes and formulas included."""
    write_geopackage(*plan, tmp_path / "plan.gpkg")
    request = FeedRequest(feeds=(Feed.GPX,), language=language)
    files = export_feeds(tmp_path, tmp_path / "out", request)
    assert len(files) == len(plan[1].routes)
    assert [fault for one in files for fault in gpx_faults(one.read_bytes())] == []


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        ('<wpt lat="1" lon="2"/><metadata/>', "metadata stands after wpt"),
        ('<wpt lat="91" lon="2"/>', "lat is '91'"),
        ('<wpt lat="1" lon="180"/>', "lon is '180'"),
        ('<wpt lat="1e1" lon="2"/>', "lat is '1e1'"),
        ('<wpt lon="2"/>', "no attribute lat"),
        ('<wpt lat="1" lon="2" colour="red"/>', "unknown attribute colour"),
        ('<wpt lat="1" lon="2"><desc>b</desc><name>a</name></wpt>', "name stands after desc"),
        ('<wpt lat="1" lon="2"><name>a</name><name>b</name></wpt>', "name stands 2 times"),
        ('<wpt lat="1" lon="2"><time>noon</time></wpt>', "the value is 'noon'"),
        ('<wpt lat="1" lon="2"><fix>good</fix></wpt>', "the value is 'good'"),
        ("<track/>", "unknown element"),
        ('<trk><trkpt lat="1" lon="2"/></trk>', "unknown element"),
        ("<trk>words</trk>", "text between"),
        ("<trk><name><b/></name></trk>", "found elements"),
    ],
)
def test_the_check_of_gpx_sees_each_fault(inside: str, fault: str) -> None:
    (found,) = gpx_faults(f"{HEAD}{inside}</gpx>")
    assert fault in found


def test_the_check_of_gpx_wants_the_namespace() -> None:
    assert gpx_faults('<gpx version="1.1" creator="x"/>') != []
    assert gpx_faults(f"{HEAD}</gpx>") == []


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_libreoffice_opens_the_workbooks(
    plan: tuple[Territory, Scenario], tmp_path: Path, language: Language
) -> None:
    """Every sheet becomes a table with the stops of its route; no cell holds an error."""
    written = write_route_sheets(*plan, tmp_path / "sheets", language)
    for book, path in zip(sheet_books(*plan), written[1::2], strict=True):
        tables = _tables(path, tmp_path / path.stem)
        assert set(tables) == {text("sheets.overview", language), *(d.number for d in book.days)}
        for day in book.days:
            rows = tables[day.number]
            assert rows[HEAD_ROW][1] == text("sheets.column.outlet_id", language)
            stops = rows[HEAD_ROW + 1 : HEAD_ROW + 1 + len(day.stops)]
            assert [row[1:3] for row in stops] == [
                [stop.place.outlet_id, stop.place.name] for stop in day.stops
            ]
        errors = ("#NAME?", "#VALUE!", "#REF!", "Err:")
        cells = [cell for rows in tables.values() for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith(errors)]


def _tables(workbook: Path, folder: Path) -> dict[str, list[list[str]]]:
    """The sheets of a workbook as LibreOffice reads them, by name."""
    filter_ = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    command = [
        str(OFFICE), "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to", filter_, "--outdir", str(folder), str(workbook),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    found = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem.removeprefix(f"{workbook.stem}-")] = list(csv.reader(file))
    return found
