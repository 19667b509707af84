"""What a reader has chosen stays: colours of the map, its view, switches, place on the page."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.state import Page
from tests.browser.acting import fill, press, wait_for
from tools.browser import requests_sent, settled
from tools.visits import Visit, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("audit")]

MAP = "document.querySelector('.plan-map-canvas').planView.map"
LEGEND = "return [...document.querySelectorAll('#cells-shade-legend li')].map(one => one.innerText)"


def colour_by(browser: Any, name: str) -> None:
    """Choose a figure as a person does."""
    press(browser, "#cells-shade")
    option = f"[...document.querySelectorAll('[role=option]')].find(o => o.innerText === {name!r})"
    wait_for(browser, f"return !!({option})")
    browser.execute_script(f"({option}).click()")
    wait_for(browser, f"{LEGEND}.length > 0")


def test_colours_and_view_stay_in_another_language(visitor: Visitor) -> None:
    browser = visitor.browser
    visitor.see(Visit(Page.CELLS))
    requests_sent(browser)
    colour_by(browser, "Position score")
    asked = [one for one in requests_sent(browser) if "/data/" in one or "_dash-update" in one]
    assert len(asked) == 1
    assert "/shades/position_score.json" in asked[0]
    assert "by=position_score" in browser.current_url
    told = browser.execute_script(LEGEND)
    assert [one.split(" · ")[0] for one in told] == ["lowest", "middle", "highest", "not known"]
    settled(browser)
    fill = f"return {MAP}.getPaintProperty('cells-fill', 'fill-color')"
    missing = f"return {MAP}.getFilter('cells-missing')[2][1]"
    assert browser.execute_script(fill)[0] == "match"
    assert browser.execute_script(missing) == [4]

    press(browser, ".layer-blind")
    place = "[24.9405, 60.1662]"
    browser.execute_script(f"{MAP}.jumpTo({{ center: {place}, zoom: 16.25 }})")
    browser.execute_script("document.querySelector('.page-side').scrollTop = 240")
    settled(browser)
    press(browser, "a.lang-link[href*='lang=zh']")
    wait_for(browser, "return document.documentElement.lang === 'zh'")
    wait_for(browser, f"{LEGEND}.some(one => one.startsWith('未知'))")
    settled(browser)

    assert browser.execute_script(fill)[0] == "match"
    shown = browser.execute_script(
        f"const at = {MAP}.getCenter(); return [at.lng, at.lat, {MAP}.getZoom()]"
    )
    assert shown == pytest.approx([24.9405, 60.1662, 16.25], abs=1e-6)
    checked = "return [...document.querySelectorAll('.map-panels input:checked')].length"
    assert browser.execute_script(checked) == 1
    assert browser.execute_script("return document.querySelector('.page-side').scrollTop") == 240
    assert "cell=1" in browser.execute_script("return location.search")
    # without a figure the neighbours' own colours are back
    press(browser, "#cells-shade")
    wait_for(browser, "return !!document.querySelector('[role=option][value=cell]')")
    press(browser, "[role=option][value=cell]")
    wait_for(browser, f"{LEGEND}.length === 0")
    assert "by=" not in browser.current_url
    settled(browser)
    assert browser.execute_script(fill) == ["get", "colour"]


def test_a_link_shows_the_colours_of_its_sender(visitor: Visitor) -> None:
    browser = visitor.browser
    visitor.see(Visit(Page.CELLS))
    browser.get(browser.current_url + "&by=position_score")
    wait_for(browser, f"{LEGEND}.length > 0")
    settled(browser)
    fill = f"return {MAP}.getPaintProperty('cells-fill', 'fill-color')"
    assert browser.execute_script(fill)[0] == "match"


def test_a_dark_page_is_printed_light(visitor: Visitor) -> None:
    browser = visitor.browser
    visitor.see(Visit(Page.CELLS, dark=True))
    theme = "return document.documentElement.dataset.mantineColorScheme"
    corner = (
        "const sheet = document.querySelector('.plan-map-print');"
        "return [...sheet.getContext('2d').getImageData(4, 4, 1, 1).data].slice(0, 3)"
    )
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(theme) == "light"
    assert min(browser.execute_script(corner)) > 200
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script(theme) == "dark"
    ground = f"return {MAP}.getPaintProperty('ground', 'background-color')"
    assert browser.execute_script(ground) == "#171a1f"


def test_an_open_tab_stays_in_another_language(visitor: Visitor) -> None:
    browser = visitor.browser
    visitor.see(Visit(Page.PEOPLE))
    press(browser, "[role=tab][id$='tab-audit']")
    wait_for(browser, "return document.querySelector('.audit-whole') !== null")
    press(browser, "a.lang-link[href*='lang=zh']")
    wait_for(browser, "return document.querySelector('.audit-whole')?.innerText.includes('完整')")
    chosen = "return document.querySelector('[role=tab][aria-selected=true]').id"
    assert browser.execute_script(chosen).endswith("tab-audit")


def test_a_term_is_found_by_its_address_and_by_searching(visitor: Visitor) -> None:
    browser = visitor.browser
    visitor.see(Visit(Page.HELP, "zh", size="phone"))
    browser.get(browser.current_url + "&term=blind_share")
    settled(browser)
    wait_for(browser, "return document.activeElement.id === 'term-blind_share'")
    fill(browser, "#help-search", "盲区")
    shown = "[...document.querySelectorAll('.help-entry')].filter(one => !one.hidden)"
    wait_for(browser, f"return {shown}.length > 0 && {shown}.length < 20")
    assert browser.execute_script(f"return {shown}.every(one => one.textContent.includes('盲区'))")
    fill(browser, "#help-search", "zzz")
    wait_for(browser, "return !document.getElementById('help-nothing').hidden")
