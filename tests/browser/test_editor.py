"""The map editor in a real browser, before a draft with few rules, `benchmarks.editor_mock`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.editor_browser import Editor, agreement, random_edit
from benchmarks.editor_mock import InventedGround, MockDraft, mock_app
from tests.browser.acting import complaints, fill, forget, press, wait_for
from tests.browser.audited import barriers
from tools.browser import DESKTOP, PHONE, WAIT_S, chromium, served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

_FOUND = "document.querySelector(arguments[0])"
Place = tuple[float, float]
SAME = {"same_units": True, "same_totals": True}
#: What a test without a connection asks for.
REMARKS = ("ERR_INTERNET_DISCONNECTED", "409 (CONFLICT)", "422 (")


class Hand(Editor):
    """Does with the editor what a person does."""

    def __init__(self, browser: Any, draft: MockDraft) -> None:
        super().__init__(browser)
        self.draft = draft

    def take(self, tool: str) -> None:
        """Click a tool."""
        self.click_on(f'[data-tool="{tool}"]')

    def click_on(self, selector: str) -> None:
        """Click an element of the page."""
        press(self.browser, selector)

    def drag(self, *way: Place) -> None:
        """Draw along a way."""
        self.mouse("mouseMoved", way[0], pressed=False)
        self.mouse("mousePressed", way[0], pressed=True)
        for (x0, y0), (x1, y1) in pairwise(way):
            for part in range(1, 7):
                place = x0 + (x1 - x0) * part / 6, y0 + (y1 - y0) * part / 6
                self.mouse("mouseMoved", place, pressed=True)
        self.mouse("mouseReleased", way[-1], pressed=True)

    def click(self, place: Place) -> None:
        """Click a place of the map."""
        self.drag(place)

    def centre_of(self, cell: int) -> Place:
        """Return where the centre of a cell lies in the window."""
        return self.place_of(self.draft.centre[cell])

    def wait(self, until: Callable[[], Any]) -> None:
        """Wait for a state."""
        WebDriverWait(self.browser, WAIT_S, 0.02).until(lambda _: until())

    def saved(self) -> None:
        """Wait until nothing is left to be sent."""
        self.wait(lambda: self.run("e.queued === 0"))

    def press(self, *keys: str) -> None:
        """Press keys while the map has the focus."""
        fill(self.browser, ".gm-canvas", *keys)

    def words(self, selector: str) -> str:
        """Return the text of an element."""
        return str(
            wait_for(self.browser, f"return {_FOUND} && [{_FOUND}.textContent]", selector)[0]
        )

    def last(self) -> dict[str, Any]:
        """Return the last step of the draft."""
        return self.draft.steps[-1]


@pytest.fixture(scope="module")
def desktop() -> Iterator[Any]:
    """A browser on a desk."""
    with chromium(DESKTOP) as browser:
        yield browser


@pytest.fixture(scope="module")
def ground() -> InventedGround:
    """Eight hundred units in forty cells."""
    return InventedGround(columns=32, rows=25, n_cells=40, n_outlets=500)


@pytest.fixture
def hand(desktop: Any, ground: InventedGround) -> Iterator[Hand]:
    """A person before a fresh draft; whatever the browser complains about is a fault."""
    draft = MockDraft(ground)
    with served(mock_app(draft).server) as address:
        forget(desktop)
        made = Hand(desktop, draft)
        made.open(address)
        yield made
        desktop.execute_script("window.onbeforeunload = null; sessionStorage.clear()")
        desktop.get("about:blank")
    assert complaints(desktop, *REMARKS) == []


def test_every_tool_of_the_mouse_gives_what_the_server_keeps(hand: Hand) -> None:
    hand.click(hand.centre_of(112))
    assert hand.run("e.chosen") == 112
    x, y = hand.centre_of(112)
    hand.take("brush")
    hand.drag((x, y), (x + 60, y - 30))
    hand.saved()
    assert hand.last()["kind"] == "brush"
    hand.take("lasso")
    hand.drag((x - 90, y - 40), (x + 40, y - 60), (x + 50, y + 60), (x - 80, y + 50))
    hand.take("box")
    hand.drag((x - 40, y - 90), (x + 90, y + 40))
    hand.saved()
    hand.run("e.choose(132)")
    hand.take("split")
    x, y = hand.centre_of(132)
    hand.drag((x - 150, y + 18), (x + 150, y + 20))
    hand.saved()
    assert hand.last()["kind"] == "split"
    assert set(hand.last()["moved"]) == {140}, "a new cell"
    hand.take("merge")
    hand.click(hand.centre_of(100))
    hand.click(hand.centre_of(101))
    hand.saved()
    assert 101 not in hand.draft.centre
    hand.take("shift")
    x, y = hand.centre_of(124)
    hand.drag(hand.centre_of(123), (x - 30, y))
    hand.saved()
    assert hand.last()["kind"] == "shift"
    hand.take("close_cell")
    hand.click(hand.centre_of(139))
    hand.take("lock")
    hand.click(hand.centre_of(137))
    hand.saved()
    assert hand.draft.locked == {137}
    assert agreement(hand, hand.draft) == SAME


def test_one_gesture_is_one_step_of_undo(hand: Hand) -> None:
    before = hand.draft.label.tolist()
    hand.run("e.choose(112)")
    hand.take("brush")
    x, y = hand.centre_of(112)
    hand.drag((x, y), (x + 80, y))
    hand.saved()
    after = hand.draft.label.tolist()
    assert before != after
    hand.press(Keys.CONTROL, "z")
    hand.wait(lambda: hand.run("e.labels()") == before)
    hand.saved()
    hand.press(Keys.CONTROL, Keys.SHIFT, "z")
    hand.wait(lambda: hand.run("e.labels()") == after)
    assert agreement(hand, hand.draft) == SAME


def test_the_keyboard_does_what_the_mouse_does(hand: Hand) -> None:
    hand.press(Keys.ARROW_UP, "c", "2", Keys.ARROW_RIGHT)
    chosen = hand.run("e.chosen")
    assert chosen is not None
    for _ in range(8):
        hand.press(Keys.ARROW_RIGHT, Keys.ENTER)
    hand.saved()
    assert {step["kind"] for step in hand.draft.steps} == {"move"}
    hand.press("5", Keys.ENTER, *[Keys.ARROW_UP] * 4, *[Keys.ARROW_LEFT] * 4)
    hand.press(*[Keys.ARROW_DOWN] * 4, Keys.ENTER)
    hand.saved()
    assert hand.last()["kind"] == "brush"
    assert agreement(hand, hand.draft) == SAME
    hand.press("l")
    hand.saved()
    assert len(hand.draft.locked) == 1
    assert "Lock changed" in hand.words(".gm-live")


def test_the_table_moves_units(hand: Hand) -> None:
    hand.press("t")
    unit = int((hand.draft.label == 105).nonzero()[0][0])
    form = hand.browser.find_element(By.CSS_SELECTOR, ".gm-form")
    for field, words in zip(form.find_elements(By.TAG_NAME, "input"), (unit, "c-106"), strict=True):
        field.send_keys(str(words))
    form.find_element(By.TAG_NAME, "button").click()
    hand.saved()
    assert hand.draft.label[unit] == 106
    assert "Units moved" in hand.words(".gm-told")


def test_a_refused_gesture_is_taken_back_with_the_reason(hand: Hand) -> None:
    before = hand.draft.label.tolist()
    hand.draft.refusal = "Cell C-113 would fall into 2 pieces."
    hand.run("e.choose(112), e.use('brush')")
    x, y = hand.centre_of(112)
    hand.drag((x, y), (x + 80, y))
    hand.wait(lambda: hand.run("'revert' in e.timings"))
    assert hand.run("e.labels()") == before
    assert "would fall into 2 pieces" in hand.words(".gm-toast")


def test_a_colleagues_edit_arrives_within_two_seconds(hand: Hand) -> None:
    unit = int((hand.draft.label == 105).nonzero()[0][0])
    hand.draft.edit({"kind": "move", "units": [unit], "to": 106}, {}, author="Anna")
    WebDriverWait(hand.browser, 2 + 3, 0.05).until(lambda _: hand.run(f"e.labels()[{unit}]") == 106)
    assert "Anna" in hand.words(".gm-status")


@pytest.mark.parametrize("answer", ["again", "drop"])
def test_a_conflict_names_who_and_loses_nothing(hand: Hand, answer: str) -> None:
    mine, theirs = (hand.draft.label == 105).nonzero()[0][:2].tolist()
    # both draw before either hears of the other
    hand.run("e.session.poll = () => {}")
    hand.draft.edit({"kind": "move", "units": [theirs], "to": 106}, {}, author="Anna")
    hand.run(f"e.submit({{kind: 'move', units: [{mine}], to: 106}})")
    hand.wait(lambda: hand.browser.find_elements(By.CSS_SELECTOR, f'[data-answer="{answer}"]'))
    assert "C-105: Anna" in hand.words(".gm-dialog[open]")
    assert hand.run("e.queued") == 1
    assert barriers(hand.browser) == []
    hand.click_on(f'[data-answer="{answer}"]')
    hand.saved()
    assert hand.draft.label[mine] == (106 if answer == "again" else 105)
    assert hand.draft.label[theirs] == 106
    assert agreement(hand, hand.draft) == SAME


def test_nothing_is_lost_without_a_connection(hand: Hand) -> None:
    units = (hand.draft.label == 105).nonzero()[0][:3].tolist()
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    hand.browser.execute_cdp_cmd("Network.enable", {})
    hand.browser.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    for unit in units:
        hand.run(f"e.submit({{kind: 'move', units: [{unit}], to: 106}})")
    hand.wait(lambda: "No connection" in hand.words(".gm-status"))
    assert "3" in hand.words(".gm-status")
    assert hand.draft.received == 0
    hand.browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**offline, "offline": False})
    hand.saved()
    assert [step["moved"] for step in hand.draft.steps] == [{106: [unit]} for unit in units]
    assert agreement(hand, hand.draft) == SAME


def test_browser_and_server_agree_after_random_gestures(hand: Hand) -> None:
    """More of them: python -m benchmarks.editor_browser --gestures 500."""
    rng = np.random.default_rng(2)
    for _ in range(25):
        hand.submit(random_edit(rng, hand.draft))
    assert agreement(hand, hand.draft) == SAME


def test_a_finger_paints_and_two_fingers_move_the_map(ground: InventedGround) -> None:
    draft = MockDraft(ground)
    with served(mock_app(draft, language="zh").server) as address, chromium(PHONE) as browser:
        hand = Hand(browser, draft)
        hand.open(address)
        hand.run("e.choose(112), e.use('brush')")
        x, y = hand.centre_of(112)

        def touch(kind: str, *places: Place) -> None:
            points = [{"x": px, "y": py, "id": at} for at, (px, py) in enumerate(places)]
            event = {"type": kind, "touchPoints": points}
            browser.execute_cdp_cmd("Input.dispatchTouchEvent", event)

        touch("touchStart", (x, y))
        for step in range(1, 6):
            touch("touchMove", (x + 8 * step, y))
        touch("touchEnd")
        hand.saved()
        assert [step["kind"] for step in draft.steps] == ["brush"]
        assert agreement(hand, draft) == SAME
        before = hand.centre_of(112)
        touch("touchStart", (150, 400), (230, 400))
        for step in range(1, 8):
            touch("touchMove", (150, 400 + 10 * step), (230, 400 + 10 * step))
        touch("touchEnd")
        hand.wait(lambda: hand.centre_of(112)[1] > before[1] + 30)
        assert len(draft.steps) == 1
        assert "已全部保存" in hand.words(".gm-status")
