"""What the writing part of the service works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from dashboards.arrivals import Arrivals
from gridmap.intake import Intake
from gridmap.jobs.kinds import Kind
from gridmap.jobs.queue import Queue
from gridmap.store.assignments import Assignments
from gridmap.store.challenges import Challenges
from gridmap.store.cycle_table import CycleTable
from gridmap.store.drafts import Drafts
from gridmap.store.drawing import DrawingTable
from gridmap.store.states import other_hashes
from gridmap.store.workflow import Workflow


@dataclass(frozen=True, eq=False)
class Workshop:
    """The parts of a store that change something.

    Attributes
    ----------
    table
        Draws the edits of drafts.
    workflow
        Reviews and publishes.
    queue
        The jobs.
    files
        Folder of the files of jobs: ``inbox`` (handed in) and ``jobs`` (made).
    engine
        The database.
    arrivals
        Looks at tables that come in; None = tables are imported unseen.
    example
        Name of the territory of the example that can be made; empty = there is none.
    """

    table: DrawingTable
    workflow: Workflow
    queue: Queue
    files: Path
    engine: sa.Engine
    arrivals: Arrivals | None = None
    example: str = ""

    def other_states(self, territory_hash: str) -> list[str]:
        """Return the hashes of the other states of a territory's data."""
        return other_hashes(self.engine, territory_hash)

    @property
    def drafts(self) -> Drafts:
        """The drafts."""
        return self.table.drafts

    @cached_property
    def cycles(self) -> CycleTable:
        """Changes the routes of drafts."""
        return CycleTable(self.engine)

    @property
    def challenges(self) -> Challenges:
        """What grid managers have against plans."""
        return Challenges(self.engine)

    @property
    def assignments(self) -> Assignments:
        """Who has which cell."""
        return Assignments(self.engine)


def workshop_of(
    engine: sa.Engine,
    kinds: Mapping[str, Kind],
    files: Path,
    *,
    intake: Intake | None = None,
    example: str = "",
    four_eyes: bool = False,
) -> Workshop:
    """Return the workshop over a database; see `Workflow` for `four_eyes`."""
    arrivals = None if intake is None else Arrivals(engine, files / "inbox", intake)
    queue = Queue(engine, kinds)
    flow = Workflow(engine, four_eyes=four_eyes)
    return Workshop(DrawingTable(engine), flow, queue, files, engine, arrivals, example)
