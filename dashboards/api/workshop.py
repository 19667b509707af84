"""What the writing part of the API works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from gridmap.jobs.kinds import Kind
from gridmap.jobs.queue import Queue
from gridmap.store.drafts import Drafts
from gridmap.store.drawing import DrawingTable
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
    """

    table: DrawingTable
    workflow: Workflow
    queue: Queue
    files: Path

    @property
    def drafts(self) -> Drafts:
        """The drafts."""
        return self.table.drafts


def workshop_of(engine: sa.Engine, kinds: Mapping[str, Kind], files: Path) -> Workshop:
    """Return the workshop over a database."""
    return Workshop(DrawingTable(engine), Workflow(engine), Queue(engine, kinds), files)
