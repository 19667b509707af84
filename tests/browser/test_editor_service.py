"""A regional manager redraws a town, in a real browser before the real service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine

from benchmarks.editor_gestures import KeptDraft
from tests.browser.acting import (
    asked_elsewhere,
    complaints,
    fill,
    forget,
    press,
    signed_in,
    text_has,
)
from tests.browser.drawing import CHEN, REFUSALS, Drawer, Drawing, drawing_service
from tests.dashboards.signed import PASSWORD
from tools.browser import DESKTOP, chromium, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawing]:
    with drawing_service(tmp_path_factory.mktemp("drawing")) as made:
        yield made


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[Any]:
    with chromium(DESKTOP, downloads=downloads) as one:
        yield one


@pytest.fixture(autouse=True)
def _watched(browser: Any, drawing: Drawing) -> Iterator[None]:
    """Fail if the browser asked anybody else, or complained."""
    forget(browser)
    yield
    assert asked_elsewhere(browser, drawing.address) == []
    assert complaints(browser, *REFUSALS) == []


@pytest.fixture
def gridmap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def opened_draft(browser: Any, drawing: Drawing) -> Drawer:
    """Sign in, open a draft of the plan in force and go to the editor, as a person does."""
    path = f"/scenarios?scenario={drawing.plan}&lang=en"
    signed_in(browser, drawing.address, "chen", PASSWORD, path)
    settled(browser)
    press(browser, "#plans-open")
    fill(browser, "#plans-name", "autumn")
    press(browser, "#plans-confirm")
    text_has(browser, ".plan-detail h2", "autumn")
    draft = drawing.work.drafts.versions(CHEN)[0].scenario_id
    press(browser, ".plan-detail a[href^='/editor']")
    drawer = Drawer(browser, KeptDraft(drawing.work, CHEN, draft), drawing.address)
    drawer.ready()
    settled(browser)
    drawer.asked()
    return drawer


def written(drawer: Drawer, kind: str, way: str = "edits") -> None:
    """Demand that a gesture was asked for once, was written, and is shown as it was written."""
    drawer.saved()
    assert drawer.asked() == [f"POST /editor/{drawer.kept.draft}/{way}"]
    assert drawer.last().kind == kind
    drawer.agrees()


def redraw(drawer: Drawer) -> None:
    """Use every tool once; each gesture is one request."""
    label = drawer.run("e.labels()")
    drawer.choose(6)
    x, y = drawer.centre_of(6)
    drawer.asked()
    drawer.take("brush")
    drawer.drag((x, y), (x + 130, y))
    written(drawer, "brush")
    drawer.take("lasso")
    drawer.drag((x, y), (x - 140, y - 20), (x - 140, y + 20), (x, y + 20))
    written(drawer, "brush")
    assert drawer.run("e.labels()") != label


def test_x(browser, drawing, downloads, gridmap, tmp_path):
    drawer = opened_draft(browser, drawing)
    browser.save_screenshot("/tmp/hreal/1.png")
    print(drawer.run("e.labels()"))
    print(drawer.run("[...e.model.cells.values()].map(c=>[c.cell,c.code,c.centreUnit])"))
    print(drawer.run("[e.placeOf(0),e.placeOf(1),e.placeOf(16), e.brushRadius()]"))
    drawer.agrees()
    redraw(drawer)
