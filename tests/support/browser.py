"""A real Chromium that is told to wait for states, and that hears every request and complaint."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
PATIENCE_S = 60
#: The software renderer of a machine without a graphics card says this of itself.
OF_THE_RENDERER = "GPU stall due to ReadPixels"
#: Every map says when it has drawn all it has; a chart is there once it holds a plot.
SETTLED = """
const maps = [...document.querySelectorAll('.gridmap-map')];
const busy = document.querySelector('[data-dash-is-loading="true"]');
const charts = [...document.querySelectorAll('.js-plotly-plot')];
return document.readyState === 'complete' && !busy
    && maps.every(map => map.dataset.mapState === 'ready')
    && charts.every(chart => chart.querySelector('.main-svg'));
"""


class Browser:
    """Chromium in a window of the given size."""

    def __init__(self, width: int, height: int, downloads: Path | None = None) -> None:
        self._profile = tempfile.mkdtemp(prefix="gridmap-browser-")
        options = Options()
        options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
        for flag in (*FLAGS, f"--user-data-dir={self._profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        if downloads is not None:
            options.add_experimental_option(
                "prefs", {"download.default_directory": str(downloads)}
            )
        self.driver = webdriver.Chrome(
            options=options, service=Service(shutil.which("chromedriver"))
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, address: str, *, expect: str) -> None:
        """Open a page and wait until the element `expect` (a CSS selector) and all maps are there."""
        self.driver.get(address)
        self.wait_for(expect)
        self.settle()

    def settle(self) -> None:
        """Wait until maps and charts have drawn all they have."""
        self.wait_until(lambda: bool(self.driver.execute_script(SETTLED)), "the page to settle")

    def wait_for(self, selector: str) -> WebElement:
        """Wait for an element and return it."""
        self.wait_until(lambda: bool(self.find(selector)), selector)
        return self.find(selector)[0]

    def find(self, selector: str) -> list[WebElement]:
        """Return all elements that fit a CSS selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait_until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for a state; never for a number of seconds."""
        WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.1).until(
            lambda _: true(), f"waited {PATIENCE_S} s for {what}"
        )

    def photograph(self, path: Path) -> None:
        """Save what the window shows."""
        self.driver.save_screenshot(str(path))

    def complaints(self) -> list[str]:
        """Return what the console was told since the last call, without the renderer's remarks."""
        return [
            str(entry["message"])
            for entry in self.driver.get_log("browser")
            if OF_THE_RENDERER not in entry["message"]
        ]

    def outside_requests(self) -> list[str]:
        """Return the addresses beyond 127.0.0.1 that were asked for since the last call."""
        asked: list[str] = []
        for entry in self.driver.get_log("performance"):
            event: dict[str, Any] = json.loads(entry["message"])["message"]
            if event["method"] in {"Network.requestWillBeSent", "Network.webSocketCreated"}:
                parameters = event["params"]
                asked.append(parameters.get("request", parameters)["url"])
        return [
            url
            for url in asked
            if urlsplit(url).scheme not in {"data", "blob", "about", "chrome", "devtools"}
            and urlsplit(url).hostname != "127.0.0.1"
        ]

    @property
    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        script = "return document.documentElement.scrollWidth > window.innerWidth + 1"
        return bool(self.driver.execute_script(script))
