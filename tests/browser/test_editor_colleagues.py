"""Two people at one draft, each in a browser, before the service; and a connection that goes."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from routed_town import wide_town
from selenium.webdriver.common.keys import Keys

from benchmarks import editor_gestures
from benchmarks.editor_gestures import RandomHand, differences, own_units_of
from tests.browser.acting import nothing_wrong
from tests.browser.audited import barriers
from tests.browser.drawing import CHEN, REFUSALS, WANG, Drawer, Drawing
from tools.browser import chromium, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: What a browser says of a service that it does not reach.
NO_CONNECTION = "ERR_INTERNET_DISCONNECTED"
MOST_S = 2.0
#: Less to draw than on a desktop: a picture is made without a graphics card after each move.
WINDOW = (1000, 700)


@pytest.fixture(scope="module")
def browsers(drawing: Drawing) -> Iterator[tuple[Any, Any]]:  # noqa: ARG001
    """Two browsers, closed before the service is."""
    with chromium(WINDOW) as one, chromium(WINDOW) as other:
        yield one, other


@pytest.fixture(autouse=True)
def _watched(browsers: tuple[Any, Any], drawing: Drawing) -> Iterator[None]:
    """Fail if a browser asked anybody else, or complained."""
    with nothing_wrong(drawing.address, *browsers, known=(*REFUSALS, NO_CONNECTION)):
        yield


@pytest.fixture
def both(browsers: tuple[Any, Any], drawing: Drawing) -> tuple[Drawer, Drawer]:
    """Chen and Wang before a draft of their own."""
    draft = drawing.draft()
    return (
        drawing.signed_in(browsers[0], CHEN, draft),
        drawing.signed_in(browsers[1], WANG, draft),
    )


def give(drawer: Drawer, to: int, *units: int) -> None:
    """Give units to a cell, each with a click."""
    ready_to_give(drawer, to)
    for unit in units:
        drawer.click(drawer.place_of(unit))


def ready_to_give(drawer: Drawer, to: int) -> None:
    """Choose a cell, and let each click give it a unit."""
    drawer.choose(to)
    settled(drawer.browser)
    drawer.take("assign")


def log_of(drawer: Drawer) -> list[tuple[str, str]]:
    """Return who did what, in order."""
    lines = drawer.kept.work.drafts.history(CHEN, drawer.kept.draft)
    return [(line.author, line.kind) for line in lines]


def test_a_colleagues_edit_arrives_within_two_seconds(both: tuple[Drawer, Drawer]) -> None:
    chen, wang = both
    took_s = []
    for unit in (72, 73, 88, 89, 104):
        give(wang, 8 if unit != 104 else 4, unit)
        wang.saved()
        written = time.monotonic()
        number = wang.last().sequence
        chen.wait(lambda number=number: chen.run("e.sequence") >= number)
        took_s.append(time.monotonic() - written)
    assert statistics.median(took_s) <= MOST_S
    chen.says(".gm-status", "wang")
    wang.says(".gm-status", "chen")
    for one in both:
        one.saved()
        one.agrees()


@pytest.mark.parametrize("answer", ["again", pytest.param("drop", marks=pytest.mark.deep)])
def test_a_conflict_names_cells_and_colleague_and_loses_nothing(
    both: tuple[Drawer, Drawer], answer: str
) -> None:
    chen, wang = both
    # both draw before either hears of the other
    chen.run("e.session.poll = () => Promise.resolve()")
    give(wang, 4, 89)
    wang.saved()
    give(chen, 4, 73)
    chen.wait(lambda: chen.run("e.session.inConflict"))
    said = chen.words(".gm-dialog[open]")
    assert "C08: wang" in said and "C04: wang" in said
    assert chen.run("[e.labels()[89], e.labels()[73], e.queued]") == [4, 4, 1]
    assert barriers(chen.browser) == []
    chen.click_on(f'[data-answer="{answer}"]')
    chen.saved()
    again = answer == "again"
    assert log_of(chen) == [("wang", "move"), ("chen", "move")][: 1 + again]
    assert chen.run("[e.labels()[89], e.labels()[73]]") == [4, 4 if again else 8]
    chen.agrees()


def test_gestures_wait_for_the_connection_and_are_sent_once(both: tuple[Drawer, Drawer]) -> None:
    chen, wang = both
    ready_to_give(chen, 4)
    with offline(chen.browser):
        for unit in (73, 89, 105):
            chen.click(chen.place_of(unit))
        chen.says(".gm-status", "No connection. Steps kept until it is back: 3")
        assert log_of(chen) == []
        give(wang, 11, 139)
        wang.saved()
    chen.saved()
    assert log_of(chen) == [("wang", "move"), *[("chen", "move")] * 3]
    wang.wait(lambda: wang.run("e.sequence") == 4)
    for one in both:
        one.saved()
        one.agrees()


def test_an_answer_that_is_lost_is_asked_for_again_and_undone_once(
    both: tuple[Drawer, Drawer],
) -> None:
    chen, _ = both
    label = chen.run("e.labels()")
    ready_to_give(chen, 4)
    chen.browser.execute_script(_LOSE_ANSWERS)
    chen.click(chen.place_of(73))
    chen.wait(lambda: log_of(chen) == [("chen", "move")])
    chen.says(".gm-status", "No connection")
    chen.press(Keys.CONTROL, "z")
    assert chen.run("e.labels()") == label
    chen.browser.execute_script("window.losing = false")
    chen.saved()
    assert log_of(chen) == [("chen", "move"), ("chen", "undo")]
    assert chen.run("e.labels()") == label
    chen.agrees()


#: The service does what it is asked to do, and nobody hears of it.
_LOSE_ANSWERS = """
const ask = window.fetch;
window.losing = true;
window.fetch = async (...question) => {
  const answer = await ask(...question);
  if (window.losing && String(question[0]).startsWith("/editor/")) throw new TypeError("lost");
  return answer;
};
"""


def test_browser_and_store_agree_after_random_gestures(
    browsers: tuple[Any, Any], drawing: Drawing
) -> None:
    """Five hundred of them: `test_five_hundred_random_gestures`."""
    drawer = drawing.signed_in(browsers[0], CHEN, drawing.draft())
    one = RandomHand(drawer, np.random.default_rng(3), own_units_of(wide_town()[0]))
    for turn in range(16):
        kind = one.gesture()
        assert differences(drawer, drawer.kept) == [], f"gesture {turn}, {kind}"
    outcomes = sum(one.made.values(), Counter())
    assert outcomes["written"] >= 6 and outcomes["refused"] >= 1, one.made


@pytest.mark.deep
def test_five_hundred_random_gestures() -> None:
    assert editor_gestures.main(["--gestures", "500", "--seed", "1"]) == 0


@contextmanager
def offline(browser: Any) -> Iterator[None]:
    """Cut a browser off for a while."""
    browser.execute_cdp_cmd("Network.enable", {})
    conditions = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)
    try:
        yield
    finally:
        back = {**conditions, "offline": False}
        browser.execute_cdp_cmd("Network.emulateNetworkConditions", back)
