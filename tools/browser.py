"""A headless Chromium that talks to nobody but us, for the browser tests and the pictures."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

#: Flags of a browser without a screen, without a graphics card and without errands of its own.
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
DESKTOP, PHONE = (1440, 900), (390, 844)
WAIT_S = 60

#: Whether the pages have nothing left to do: no callback under way, each map and table drawn.
_SETTLED = """
return document.querySelector('#app-content')?.children.length > 0
  && !document.querySelector('[data-dash-is-loading="true"]')
  && [...document.querySelectorAll('.plan-map-canvas')].every(map => map.dataset.state === 'ready')
  && [...document.querySelectorAll('.map-editor-place')].every(
    one => ['ready', 'failed'].includes(one.dataset.state))
  && [...document.querySelectorAll('.ag-header-row')].every(row => row.children.length > 0)
  && [...document.querySelectorAll('.dash-graph')].every(one => one.querySelector('.main-svg'));
"""


@contextmanager
def chromium(size: tuple[int, int], *, downloads: Path | None = None) -> Iterator[Any]:
    """Open a browser with a window of `size` pixels; a narrow one is a phone."""
    width, height = size
    options = webdriver.ChromeOptions()
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        raise FileNotFoundError("Chromium is missing; tools/install_test_tools.sh installs it")
    options.binary_location = binary
    with TemporaryDirectory(prefix="gridmap-chromium-", ignore_cleanup_errors=True) as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        if downloads is not None:
            options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        browser: Any = webdriver.Chrome(options=options, service=Service(driver))
        try:
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
            )
            # what the new tab page asked for is no business of ours
            browser.get("about:blank")
            browser.get_log("performance")
            yield browser
        finally:
            browser.quit()


def settled(browser: Any) -> None:
    """Wait until the page has drawn everything."""
    WebDriverWait(browser, WAIT_S).until(lambda one: one.execute_script(_SETTLED))


def requests_sent(browser: Any) -> list[str]:
    """Return the addresses that were asked for since the last call."""
    found = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(str(message["params"]["request"]["url"]))
    return found


@contextmanager
def served(application: Any) -> Iterator[str]:
    """Serve a WSGI application on a free port of this machine; gives its address."""
    from waitress.server import create_server

    server: Any = create_server(application, host="127.0.0.1", port=0, threads=8)

    def run() -> None:
        # Its socket is closed below, maybe while it waits for it.
        with suppress(OSError):
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        # Connections that a browser keeps open hold the thread, which ends with the process.
        thread.join(timeout=1)
