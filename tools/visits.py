"""Every page in both languages, light and dark, on a desk and on a phone: for pictures and audits.

Which pages there are is read from the book of pages, so that a new one is looked at too.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from dashboards.book import OF_A_PLAN, OF_THE_DESK
from dashboards.state import Page
from gridmap.catalogue import LANGUAGES, Language
from tools.browser import DESKTOP, PHONE, WAIT_S, settled

PAGES: tuple[Page, ...] = (*OF_A_PLAN, *OF_THE_DESK)
SIZES = {"desktop": DESKTOP, "phone": PHONE}


@dataclass(frozen=True)
class Visit:
    """A page as somebody looks at it."""

    page: Page
    language: Language = "en"
    dark: bool = False
    size: str = "desktop"

    @property
    def name(self) -> str:
        """Name for files and tests."""
        return f"{self.page}-{self.language}-{'dark' if self.dark else 'light'}-{self.size}"


def every_visit(pages: Sequence[Page] = PAGES) -> list[Visit]:
    """Return every page in every language, theme and size."""
    return [Visit(*one) for one in itertools.product(pages, LANGUAGES, (False, True), SIZES)]


def each_page_once(pages: Sequence[Page] = PAGES) -> list[Visit]:
    """Return every page once, with language, theme and size taken in turn."""
    turns = itertools.cycle(itertools.product(LANGUAGES, (False, True), SIZES))
    steps = itertools.islice(turns, 0, None, 3)  # 3 and 8 have no common part: all come in turn
    return [Visit(page, *turn) for page, turn in zip(pages, steps, strict=False)]


def sign_in(browser: Any, address: str, name: str, password: str) -> None:
    """Sign in as a person does."""
    browser.get(f"{address}/sign-in?lang=en")
    browser.find_element(By.NAME, "name").send_keys(name)
    browser.find_element(By.NAME, "password").send_keys(password)
    browser.find_element(By.CSS_SELECTOR, "form button").click()
    WebDriverWait(browser, WAIT_S).until(lambda one: "/sign-in" not in one.current_url)


class Visitor:
    """A signed-in browser that goes from page to page.

    Parameters
    ----------
    browser
        From `tools.browser.chromium`.
    address
        Of the service.
    query
        Which plan and cell are shown, such as ``scenario=1&cell=2``.
    drawn
        The draft that the editor shows, such as ``scenario=3``; "" = the same plan.
    """

    def __init__(self, browser: Any, address: str, query: str, *, drawn: str = "") -> None:
        self.browser = browser
        self._address = address
        self._query = query
        self._drawn = drawn or query
        self._script = ""

    def see(self, visit: Visit, *, query: str = "") -> None:
        """Open a page anew, for `query` if that is given, and wait until all of it is drawn."""
        width, height = SIZES[visit.size]
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1,
             "mobile": visit.size == "phone"},
        )  # fmt: skip
        self._remember_dark(visit.dark)
        self.browser.get("about:blank")
        query = query or (self._drawn if visit.page is Page.EDITOR else self._query)
        self.browser.get(f"{self._address}/{visit.page}?{query}&lang={visit.language}")
        settled(self.browser)

    def _remember_dark(self, dark: bool) -> None:
        if self._script:
            self.browser.execute_cdp_cmd(
                "Page.removeScriptToEvaluateOnNewDocument", {"identifier": self._script}
            )
        # about:blank has no storage
        source = (
            f"try {{ localStorage.setItem('app-dark', '{str(dark).lower()}');"
            " localStorage.setItem('app-dark-timestamp', '1'); } catch {}"
        )
        self._script = self.browser.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": source}
        )["identifier"]
