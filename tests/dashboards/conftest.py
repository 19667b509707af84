"""Fixtures of several modules."""

from collections.abc import Iterator

import pytest

from tests.dashboards.rest_town import Town, town_in


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """REST over a store of this module's own."""
    made = town_in(tmp_path_factory.mktemp("rest"))
    yield made
    made.store.engine.dispose()
