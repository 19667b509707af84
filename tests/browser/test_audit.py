"""Each page as people with other eyes, hands and screens meet it: no barrier, no error, no weight.

`make test` looks at every page once, with language, theme and size in turn; `make test-deep` looks
at all of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.book import OF_A_PLAN, OF_THE_DESK
from dashboards.state import Page
from tests.browser.acting import asked_elsewhere, complaints
from tests.browser.audited import barriers, bytes_received, first_paint_s, unroll
from tools.browser import PHONE, chromium, requests_sent
from tools.visits import SIZES, Visit, Visitor, each_page_once, every_visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("audit")]

FIRST_PAINT_S = 0.5
FIRST_VISIT_BYTES, SECOND_VISIT_BYTES = 2_500_000, 200_000


def faults_of(browser: Any, visit: Visit, address: str) -> list[str]:
    """What is wrong with a page that has just been opened."""
    script = "return [document.documentElement.lang, document.title,"
    script += " document.querySelector('meta[name=viewport]')?.content,"
    script += " document.documentElement.scrollWidth - window.innerWidth,"
    script += " document.documentElement.dataset.mantineColorScheme]"
    language, title, viewport, too_wide, theme = browser.execute_script(script)
    wanted_theme = "dark" if visit.dark else "light"
    faults = [
        *([f"lang is {language!r}"] if language != visit.language else []),
        *([f"title is {title!r}"] if not title or title == "gridmap" else []),
        *(["no viewport"] if "width=device-width" not in (viewport or "") else []),
        *([f"{too_wide} px wider than the window"] if too_wide > 0 else []),
        *([f"theme is {theme}"] if theme != wanted_theme else []),
        *barriers(browser),
    ]
    faults += [f"asks {one}" for one in asked_elsewhere(browser, address)]
    return faults + complaints(browser)


def audit(visitor: Visitor, visit: Visit, address: str) -> None:
    visitor.browser.get_log("browser")
    requests_sent(visitor.browser)
    visitor.see(visit)
    unroll(visitor.browser)
    faults = faults_of(visitor.browser, visit, address)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("visit", each_page_once(), ids=lambda one: one.name)
def test_a_page_has_no_barrier(visitor: Visitor, visit: Visit, audited: str) -> None:
    audit(visitor, visit, audited)


@pytest.mark.parametrize(("language", "dark"), [("en", True), ("zh", False)])
def test_the_form_for_signing_in_has_no_barrier(audited: str, language: str, dark: bool) -> None:
    """It has no theme of its own: it follows the device."""
    with chromium(PHONE) as browser:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        browser.get(f"{audited}/sign-in?lang={language}")
        assert browser.execute_script("return document.documentElement.lang") == language
        assert barriers(browser) == []


@pytest.mark.deep
@pytest.mark.parametrize("visit", every_visit(), ids=lambda one: one.name)
def test_no_page_has_a_barrier_in_any_language_and_theme(
    visitor: Visitor, visit: Visit, audited: str
) -> None:
    audit(visitor, visit, audited)


def test_every_page_of_the_book_is_visited() -> None:
    """Pages, languages, themes and sizes all come in turn."""
    once = each_page_once()
    assert {one.page for one in once} == {*OF_A_PLAN, *OF_THE_DESK}
    assert {(one.language, one.dark) for one in each_page_once(list(Page) * 2)} == {
        ("en", False), ("en", True), ("zh", False), ("zh", True)}  # fmt: skip
    assert {one.size for one in once} == set(SIZES)


def test_an_audit_sees_a_barrier(visitor: Visitor) -> None:
    """A picture without a word and a grey text on grey are found, or the audit is blind."""
    visitor.see(Visit(Page.HELP))
    visitor.browser.execute_script(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        ' \'<img src="/assets/symbols/own.svg">'
        '<p style="color:#aaa;background:#999">grey</p>\')'
    )
    found = "".join(barriers(visitor.browser))
    assert "image-alt" in found
    assert "color-contrast" in found


def test_a_visit_is_light(visitor: Visitor) -> None:
    """The first visit with nothing kept, and the second."""
    browser = visitor.browser
    browser.get("about:blank")
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    bytes_received(browser)
    weights = []
    for _ in range(2):
        visitor.see(Visit(Page.CELLS))
        weights.append(bytes_received(browser))
    assert 500_000 < weights[0] <= FIRST_VISIT_BYTES
    assert weights[1] <= SECOND_VISIT_BYTES


@pytest.mark.deep
@pytest.mark.parametrize("page", [Page.CELLS, Page.CARD, Page.ROUTES])
def test_a_page_is_soon_seen(visitor: Visitor, page: Page) -> None:
    """The swiftest of five counts: what else the machine does is no matter of ours."""
    paints = []
    for _ in range(5):
        visitor.see(Visit(page))
        paints.append(first_paint_s(visitor.browser))
    assert min(paints) <= FIRST_PAINT_S, paints


def pages_printed(browser: Any) -> int:
    """How many sheets of A4 the page that is open takes on a printer."""
    import base64
    import io

    import pypdf

    asked = {"preferCSSPageSize": True, "paperWidth": 8.27, "paperHeight": 11.69,
             "printBackground": True}  # fmt: skip
    told = browser.execute_cdp_cmd("Page.printToPDF", asked)
    return len(pypdf.PdfReader(io.BytesIO(base64.b64decode(told["data"]))).pages)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_cell_card_prints_on_one_sheet(visitor: Visitor, language: Any) -> None:
    visitor.see(Visit(Page.CARD, language))
    assert pages_printed(visitor.browser) == 1
