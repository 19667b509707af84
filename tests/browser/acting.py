"""What a person does with a page, for the browser tests: waits, presses, fills in, reads.

A callback may draw an element anew between the moment it is found and the moment it is used; each
of these finds it again until the act has been done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tools.browser import WAIT_S, requests_sent

#: What is said of an element that is not there yet, is being drawn anew, or lies under a dialog.
_PASSING = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
#: What software rendering says about itself, and a form into which somebody types at once.
RENDERER_REMARKS = ("GPU stall due to ReadPixels", "Autofocus processing was blocked")


def wait_for(browser: Any, script: str, *values: Any) -> Any:
    """Wait until a script returns something true, and return that."""
    return WebDriverWait(browser, WAIT_S).until(lambda one: one.execute_script(script, *values))


def wait_until(browser: Any, until: Callable[[Any], Any]) -> Any:
    """Wait until a question to the browser has a true answer, and return that."""
    return WebDriverWait(browser, WAIT_S, ignored_exceptions=_PASSING).until(until)


def press(browser: Any, selector: str) -> None:
    """Click an element as soon as it is there, nothing lies over it and it can be pressed."""

    def pressed(one: Any) -> bool:
        found = one.find_element(By.CSS_SELECTOR, selector)
        if not found.is_enabled():
            return False
        found.click()
        return True

    wait_until(browser, pressed)


def fill(browser: Any, selector: str, *keys: str) -> None:
    """Type keys, or the path of a file, into an element."""

    def filled(one: Any) -> bool:
        one.find_element(By.CSS_SELECTOR, selector).send_keys(*keys)
        return True

    wait_until(browser, filled)


def text_of(browser: Any, selector: str) -> str:
    """Return what stands in an element, once it is there."""
    return str(
        wait_until(browser, lambda one: [one.find_element(By.CSS_SELECTOR, selector).text])[0]
    )


def text_has(browser: Any, selector: str, words: str) -> None:
    """Wait until an element says some words."""
    wait_until(browser, lambda one: words in one.find_element(By.CSS_SELECTOR, selector).text)


def is_shown(browser: Any, selector: str) -> bool:
    """Return whether somebody sees such an element now."""
    script = (
        "return [...document.querySelectorAll(arguments[0])].some(one => one.checkVisibility())"
    )
    return bool(browser.execute_script(script, selector))


def signed_in(browser: Any, address: str, name: str, password: str, path: str = "/") -> None:
    """Sign in as somebody else, who wants to see a page; the sign-in leads there."""
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.get(f"{address}{path}")
    fill(browser, "[name=name]", name)
    fill(browser, "[name=password]", password)
    press(browser, "form button")
    wait_for(browser, "return !document.querySelector('[name=password]')")


def forget(browser: Any) -> None:
    """Leave the page, and forget what was asked for and said until now."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")


def asked_elsewhere(browser: Any, address: str) -> list[str]:
    """Return the addresses of others that were asked for since the last call."""
    own = (address, f"blob:{address}", "data:", "about:")
    return [one for one in requests_sent(browser) if not one.startswith(own)]


def complaints(browser: Any, *known: str) -> list[str]:
    """Return what the browser complained about since the last call, but for `known` remarks."""
    said = [one["message"] for one in browser.get_log("browser")]
    remarks = RENDERER_REMARKS + known
    return [one for one in said if not any(remark in one for remark in remarks)]


@contextmanager
def nothing_wrong(address: str, *browsers: Any, known: tuple[str, ...] = ()) -> Iterator[None]:
    """Fail if a browser asks anybody but the service meanwhile, or says more than `known`."""
    for browser in browsers:
        forget(browser)
    yield
    for browser in browsers:
        assert asked_elsewhere(browser, address) == []
        assert complaints(browser, *known) == []
