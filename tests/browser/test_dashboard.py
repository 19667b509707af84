"""The dashboard in a real browser: no request leaves the machine, no error on the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import freestiler
import geopandas as gpd
import pytest
import shapely
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from dashboards.app import create_app
from tests.browser.acting import (
    fill,
    nothing_wrong,
    press,
    text_has,
    text_of,
    wait_for,
)
from tests.dashboards.fixtures import MemoryStore, make_plan, plain_exports
from tools.browser import DESKTOP, PHONE, WAIT_S, chromium, requests_sent, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The town, served with a basemap of one street and one square."""
    tiles = tmp_path_factory.mktemp("tiles") / "town.pmtiles"
    square = gpd.GeoDataFrame(
        {"area": [1]}, geometry=[shapely.box(24.92, 60.16, 24.96, 60.18)], crs="EPSG:4326"
    )
    street = gpd.GeoDataFrame(
        {"name": ["High Street"], "name:en": ["High Street"], "name:zh": ["大街"]},
        geometry=[shapely.LineString([(24.92, 60.17), (24.96, 60.17)])],
        crs="EPSG:4326",
    )
    freestiler.freestile({"urban": square, "road_primary": street}, tiles, max_zoom=15, quiet=True)
    store = MemoryStore(make_plan(1), make_plan(2, name="Second Town"))
    app = create_app(store, basemaps=tiles, exports=plain_exports())
    with served(app.server) as where:
        yield where


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that the browser saves into."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def desktop(downloads: Path) -> Iterator[Any]:
    """A browser on a desk."""
    with chromium(DESKTOP, downloads=downloads) as browser:
        yield browser


@pytest.fixture(scope="module")
def phone() -> Iterator[Any]:
    """A browser in a pocket."""
    with chromium(PHONE) as browser:
        yield browser


@pytest.fixture
def watched(desktop: Any, phone: Any, address: str) -> Iterator[None]:
    """Fail if a browser asked anybody else, or complained."""
    with nothing_wrong(address, desktop, phone):
        yield


def click_map(browser: Any, longitude: float, latitude: float) -> None:
    """Click a place on the map by its coordinates."""
    at = browser.execute_script(
        "return document.querySelector('.plan-map-canvas').planView"
        ".project(arguments[0], arguments[1])",
        longitude,
        latitude,
    )
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        event = {"type": kind, "x": at["x"], "y": at["y"]}
        if kind != "mouseMoved":
            event |= {"button": "left", "clickCount": 1}
        browser.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def query_of(browser: Any) -> str:
    return str(browser.execute_script("return window.location.search"))


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    ("page", "language", "size"),
    [
        # the audit opens each page in all ways
        ("cells", "zh", "phone"),
        ("cell", "zh", "desktop"),
        ("routes", "en", "desktop"),
    ],
)
def test_each_page_opens(
    request: pytest.FixtureRequest, address: str, page: str, language: str, size: str
) -> None:
    browser = request.getfixturevalue(size)
    browser.get(f"{address}/{page}?scenario=1&cell=1&lang={language}")
    settled(browser)
    here = text_of(browser, ".nav-link-here")
    names = {
        "en": {"cells": "Cells", "cell": "Cell card", "routes": "Routes"},
        "zh": {"cells": "网格", "cell": "网格卡片", "routes": "拜访线路"},
    }
    assert here == names[language][page]
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.execute_script("return window.innerWidth"), "scrolls sideways"
    if page != "cell":
        credit = text_of(browser, ".maplibregl-ctrl-attrib")
        assert "© OpenStreetMap contributors" in credit
    body = text_of(browser, "body")
    assert ("编造的示例数据" if language == "zh" else "Invented sample data") in body


@pytest.mark.usefixtures("watched")
def test_a_click_on_the_map_chooses_a_cell_and_leads_to_its_card(
    desktop: Any, address: str
) -> None:
    desktop.get(f"{address}/cells?scenario=1&lang=en")
    settled(desktop)
    text_has(desktop, "#cells-preview", "Choose a cell")
    # the eastern half of the town, in the north: cell 4
    click_map(desktop, 24.9425, 60.1717)
    wait_for(desktop, "return document.querySelector('#cells-preview').innerText.includes('G04')")
    assert "cell=4" in query_of(desktop)
    press(desktop, "#cells-preview .button-main")
    wait_for(desktop, "return document.querySelector('#card-body h2')?.innerText.includes('G04')")
    text_has(desktop, "#tile-position", "No score")


@pytest.mark.usefixtures("watched")
def test_the_keyboard_chooses_a_cell_too(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/cells?scenario=1&lang=en")
    settled(desktop)
    canvas = "canvas.maplibregl-canvas"
    desktop.execute_script("document.querySelector(arguments[0]).focus()", canvas)
    fill(desktop, canvas, Keys.ARROW_RIGHT)
    fill(desktop, canvas, Keys.ENTER)
    wait_for(desktop, "return window.location.search.includes('cell=')")


@pytest.mark.usefixtures("watched")
def test_a_row_of_the_table_chooses_a_cell(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/cells?scenario=1&lang=en")
    settled(desktop)
    press(desktop, ".ag-center-cols-container [row-id='2']")
    wait_for(desktop, "return document.querySelector('#cells-preview').innerText.includes('G02')")
    assert "cell=2" in query_of(desktop)


@pytest.mark.usefixtures("watched")
def test_choosing_a_day_shows_its_numbered_stops(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/routes?scenario=1&cell=1&lang=en")
    settled(desktop)
    drawn = "return document.querySelector('.plan-map-canvas').dataset.stops"
    assert desktop.execute_script(drawn) == "4"
    press(desktop, "a[href*='day=2-4']")
    wait_for(desktop, f"{drawn} === '3'")
    numbers = "return [...document.querySelectorAll('.stop-number')].map(one => one.innerText)"
    assert desktop.execute_script(numbers) == ["1", "2", "3"]
    text_has(desktop, "#routes-summary", "Week 2, Thursday")
    assert "day=2-4" in query_of(desktop)


@pytest.mark.usefixtures("watched")
def test_another_day_keeps_the_map_and_asks_the_server_once(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/routes?scenario=1&cell=1&lang=en")
    settled(desktop)
    desktop.execute_script("document.querySelector('.plan-map-canvas').dataset.mark = 'kept'")
    requests_sent(desktop)
    press(desktop, "a[href*='day=1-4']")
    wait_for(desktop, "return document.querySelector('.plan-map-canvas').dataset.stops === '3'")
    assert desktop.execute_script("return document.querySelector('[data-mark=kept]') !== null")
    calls = [one for one in requests_sent(desktop) if "_dash-update-component" in one]
    # one for the selection, one for calendar, summary and timeline together
    assert len(calls) == 2


@pytest.mark.usefixtures("watched")
def test_the_language_keeps_the_selection(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/routes?scenario=1&cell=2&day=2-4&lang=en")
    settled(desktop)
    press(desktop, "a[href*='lang=zh']")
    wait_for(
        desktop, "return document.querySelector('#routes-summary')?.innerText.includes('星期四')"
    )
    text_has(desktop, "#routes-summary", "第 2 周")
    assert "cell=2" in query_of(desktop)


@pytest.mark.usefixtures("watched")
def test_another_plan_drops_cell_and_day(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/routes?scenario=1&cell=2&day=2-4&lang=en")
    settled(desktop)
    press(desktop, "#app-scenario")
    press(desktop, "[role=option]")
    wait_for(desktop, "return window.location.search.includes('scenario=2')")
    assert "cell=2" not in query_of(desktop)
    assert "day=" not in query_of(desktop)
    wait_for(desktop, "return document.querySelector('#routes-summary')?.innerText.includes('G01')")


@pytest.mark.usefixtures("watched")
def test_light_and_dark_are_remembered_and_stay_in_the_browser(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/cells?scenario=1&cell=1&lang=en")
    settled(desktop)
    requests_sent(desktop)
    scheme = "return document.documentElement.dataset.mantineColorScheme"
    assert desktop.execute_script(scheme) == "light"
    press(desktop, "#app-dark-button")
    wait_for(desktop, f"{scheme} === 'dark'")
    settled(desktop)
    assert [one for one in requests_sent(desktop) if "_dash-update" in one] == []
    desktop.refresh()
    settled(desktop)
    assert desktop.execute_script(scheme) == "dark"
    press(desktop, "#app-dark-button")
    wait_for(desktop, f"{scheme} === 'light'")


@pytest.mark.usefixtures("watched")
def test_a_figure_explains_itself(desktop: Any, address: str) -> None:
    desktop.get(f"{address}/cell?scenario=1&cell=1&lang=en")
    settled(desktop)
    press(desktop, "#tile-position .help-button")
    wait_for(desktop, "return document.querySelector('.help-text code') !== null")


@pytest.mark.usefixtures("watched")
def test_a_route_sheet_is_downloaded(desktop: Any, address: str, downloads: Path) -> None:
    desktop.get(f"{address}/routes?scenario=1&cell=2&lang=zh")
    settled(desktop)
    press(desktop, "a[href*='route_sheets/2.pdf']")
    path = downloads / "gridmap-routes-1-2.pdf"
    WebDriverWait(desktop, WAIT_S).until(lambda _: path.exists() and path.stat().st_size > 0)
    assert path.read_text() == "pdf of cell 2 of 1 in zh"


@pytest.mark.usefixtures("watched")
def test_no_plan_yet_says_what_to_do(desktop: Any) -> None:
    app = create_app(MemoryStore(), exports=plain_exports())
    with served(app.server) as where:
        desktop.get(where)
        wait_for(desktop, "return document.body.innerText.includes('gridmap demo')")
        desktop.get("about:blank")  # the page asks for plans in the making as long as it is open
        # this server is not the one that the watch knows
        sent = requests_sent(desktop)
        assert all(one.startswith((where, "data:", "about:")) for one in sent)


@pytest.mark.usefixtures("watched")
def test_the_chosen_cell_is_marked_on_charts_that_are_drawn_once(
    desktop: Any, address: str
) -> None:
    """The mark lies over bar, row and point; of the charts below nothing is drawn anew."""
    desktop.get(f"{address}/cells?scenario=1&cell=1&lang=en")
    settled(desktop)
    marked = (
        "return ['balance', 'league', 'quadrant'].map("
        "one => document.querySelector(`#cells-${one} .chart-mark`)?.dataset.cell)"
    )
    wait_for(desktop, f"{marked}.every(one => one === '1')")
    desktop.execute_script(
        "window.touched = 0;"
        "const watch = new MutationObserver(told => { window.touched += told.length });"
        "document.querySelectorAll('.cartesianlayer').forEach(one => watch.observe(one,"
        "  { subtree: true, childList: true, attributes: true }))"
    )
    press(desktop, ".ag-center-cols-container [row-id='2']")
    wait_for(desktop, f"{marked}.every(one => one === '2')")
    settled(desktop)
    assert desktop.execute_script("return window.touched") == 0
    # the bar and the point of the cell, and what lies over them
    over = (
        "const middle = one => { const box = one.getBoundingClientRect();"
        "  return [box.x + box.width / 2, box.y + box.height / 2]; };"
        "const mark = document.querySelector('#cells-balance .chart-mark');"
        "const bar = document.querySelectorAll('#cells-balance .bars .point')[1];"
        "const ring = document.querySelector('#cells-quadrant .chart-mark');"
        "const points = [...document.querySelectorAll('#cells-quadrant .points path')];"
        "const [x, y] = middle(ring);"
        "return [middle(mark)[1] - middle(bar)[1], Math.min(...points.map(one =>"
        "  Math.hypot(middle(one)[0] - x, middle(one)[1] - y))), ring.innerText]"
    )
    beside, away, code = desktop.execute_script(over)
    assert abs(beside) < 2
    assert away < 2
    assert code == "G02"
    # another workload is another chart, and the mark is still there
    bar = "document.querySelector('#cells-balance .bars .point path').getAttribute('d')"
    before = desktop.execute_script(f"return {bar}")
    press(
        desktop,
        "#cells-workload label[for$=visit_minutes], #cells-workload input + label ~ input + label",
    )
    wait_for(desktop, f"return {bar} !== arguments[0]", before)
    wait_for(desktop, f"{marked}[0] === '2'")
