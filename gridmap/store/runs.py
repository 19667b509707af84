"""Tell the store how far a plan is, so that the dashboard can show it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gridmap.progress import Progress, Report
from gridmap.store.repository import Store
from gridmap.store.scope import Scope

#: Seconds between two writes of the same stage.
INTERVAL_S = 0.5


@contextmanager
def announced(store: Store, scope: Scope, name: str, draw: Report) -> Iterator[Report]:
    """Yield a report that passes progress on to `draw` and writes it into the store.

    The run is taken off the store's list at the end, however the work ends.

    Parameters
    ----------
    store, scope
        Where to write, and how far the caller may reach.
    name
        Name of the territory.
    draw
        Takes every progress event.
    """
    run_id = store.begin_run(scope, name)
    told: tuple[str, float] = ("", 0.0)

    def report(progress: Progress) -> None:
        nonlocal told
        draw(progress)
        now = time.monotonic()
        if progress.stage != told[0] or now - told[1] >= INTERVAL_S:
            told = (progress.stage, now)
            store.tell_run(scope, run_id, progress)

    try:
        yield report
    finally:
        store.end_run(scope, run_id)
