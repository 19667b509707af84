"""A person before the map editor: mouse, fingers and keys of a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.editor_browser import Editor
from tools.browser import WAIT_S

Place = tuple[float, float]
#: Moves of the pen between two places that it is led to.
_MOVES = 2

_READY = "return document.querySelector('.gm-editor')?.dataset.state === 'ready'"
_FILLS = "e.view.map.getCanvas().clientHeight === e.view.map.getContainer().clientHeight"
_PLACE_OF_CELL = "e.placeOf(e.model.cells.get({cell}).centreUnit)"


class Hand(Editor):
    """Does with the editor what a person does."""

    def ready(self) -> None:
        """Wait until the page has an editor that can be used."""
        WebDriverWait(self.browser, WAIT_S, 0.05).until(lambda one: one.execute_script(_READY))

    def take(self, tool: str) -> None:
        """Click a tool; the bar above the map may become higher with it."""
        self.click_on(f'[data-tool="{tool}"]')
        self.wait(lambda: self.run(_FILLS))

    def click_on(self, selector: str) -> None:
        """Click an element of the page once it is there."""
        find = "const one = document.querySelector(arguments[0]); one?.click(); return !!one"
        self.wait(lambda: self.browser.execute_script(find, selector))

    def drag(self, *way: Place) -> None:
        """Draw along a way with the left button."""
        self.mouse("mouseMoved", way[0], pressed=False)
        self.mouse("mousePressed", way[0], pressed=True)
        for place in _between(way):
            self.mouse("mouseMoved", place, pressed=True)
        self.mouse("mouseReleased", way[-1], pressed=True)

    def click(self, place: Place) -> None:
        """Click a place of the map."""
        self.drag(place)

    def touch(self, kind: str, *fingers: Place) -> None:
        """Put fingers down, move them or lift them."""
        points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(fingers)]
        event = {"type": kind, "touchPoints": points}
        self.browser.execute_cdp_cmd("Input.dispatchTouchEvent", event)

    def swipe(self, *ways: tuple[Place, ...]) -> None:
        """Lead fingers along ways of the same length, one way a finger."""
        self.touch("touchStart", *(way[0] for way in ways))
        for places in zip(*map(_between, ways), strict=True):
            self.touch("touchMove", *places)
        self.touch("touchEnd")

    def press(self, *keys: str) -> None:
        """Press keys while the map has the focus."""
        self.browser.find_element(By.CSS_SELECTOR, ".gm-canvas").send_keys(*keys)

    def choose(self, cell: int) -> None:
        """Choose the cell that shall get what is drawn."""
        self.run(f"e.choose({cell})")

    def centre_of(self, cell: int) -> Place:
        """Return where the centre of a cell lies in the window."""
        place = self.run(_PLACE_OF_CELL.format(cell=cell))
        return float(place["x"]), float(place["y"])

    def wait(self, until: Callable[[], Any]) -> None:
        """Wait for a state."""
        WebDriverWait(self.browser, WAIT_S, 0.02).until(lambda _: until())

    def saved(self) -> None:
        """Wait until nothing is left to be sent, and every answer is shown."""
        self.wait(lambda: self.run("e.queued === 0 && !e.session.sending"))

    def words(self, selector: str) -> str:
        """Return the text of an element; nothing where there is none."""
        read = "return document.querySelector(arguments[0])?.textContent ?? ''"
        return str(self.browser.execute_script(read, selector))

    def says(self, selector: str, words: str) -> None:
        """Wait until an element says some words."""
        self.wait(lambda: words in self.words(selector))


def _between(way: Iterable[Place]) -> list[Place]:
    """Return the places where a pen is told to be on its way."""
    return [
        (x0 + (x1 - x0) * part / _MOVES, y0 + (y1 - y0) * part / _MOVES)
        for (x0, y0), (x1, y1) in pairwise(way)
        for part in range(1, _MOVES + 1)
    ]
