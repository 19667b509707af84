"""Whatever is redrawn, in whatever order: the plan stays sound and every edit can be undone."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from redraw_machine import RedrawMachine

DEEP = bool(os.environ.get("GRIDMAP_DEEP"))

TestRedraw = RedrawMachine.TestCase
TestRedraw.settings = settings(
    max_examples=2000 if DEEP else 200,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
