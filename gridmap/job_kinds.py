"""The kinds of jobs that there are, those of other packages among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.jobs.kinds import Kind


def job_kinds() -> dict[str, Kind]:
    """Return the kinds of jobs by name, the import of tables among them."""
    from geodata.import_kind import IMPORT
    from gridmap.jobs.rebalance_job import REBALANCE
    from gridmap.jobs.standard import STANDARD

    return {**STANDARD, IMPORT.name: IMPORT, REBALANCE.name: REBALANCE}
