"""The downloads are the files that gridmap.export writes."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pyogrio
import pypdf
import pytest
from grid_town import grid_scenario, grid_territory

from dashboards.access import Plan
from dashboards.downloads import Downloads
from dashboards.exports import default_exports


@pytest.fixture(scope="module")
def plan() -> Plan:
    territory = grid_territory()
    return Plan(1, territory, grid_scenario(territory))


@pytest.fixture(scope="module")
def downloads() -> Downloads:
    return Downloads(default_exports())


def test_plan_is_a_geopackage(plan: Plan, downloads: Downloads, tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    path.write_bytes(downloads.plan(plan))
    assert {"cells", "routes", "stops"} <= set(pyogrio.list_layers(path)[:, 0])


def test_scorecards_are_a_workbook(plan: Plan, downloads: Downloads) -> None:
    book = openpyxl.load_workbook(BytesIO(downloads.scorecards(plan, "zh")))
    assert len(book.sheetnames) >= 3


def test_route_sheet_of_one_cell(plan: Plan, downloads: Downloads) -> None:
    pdf = pypdf.PdfReader(BytesIO(downloads.route_sheet(plan, 1, "pdf", "en")))
    said = "".join(page.extract_text() for page in pdf.pages)
    assert "C01" in said
    assert "C02" not in said
    assert openpyxl.load_workbook(BytesIO(downloads.route_sheet(plan, 1, "xlsx", "en"))).sheetnames
