"""Services for several modules: one with every page, one with a town to redraw."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.audited import ADMINISTRATOR, DRAFT, PASSWORD, PLAN, audited_service
from tests.browser.drawing import Drawing, drawing_service
from tools.browser import DESKTOP, chromium
from tools.visits import Visitor, sign_in


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with audited_service(tmp_path_factory.mktemp("audited")) as where:
        yield where


@pytest.fixture(scope="session")
def visitor(audited: str) -> Iterator[Visitor]:
    """A browser in which an administrator has signed in."""
    with chromium(DESKTOP) as browser:
        sign_in(browser, audited, ADMINISTRATOR, PASSWORD)
        yield Visitor(browser, audited, f"scenario={PLAN}&cell=1", drawn=f"scenario={DRAFT}")


@pytest.fixture(scope="session")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawing]:
    """A service with a town to redraw, for the modules that do."""
    with drawing_service(tmp_path_factory.mktemp("drawing")) as made:
        yield made
