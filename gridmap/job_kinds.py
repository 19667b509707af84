"""The kinds of jobs that there are, those of other packages among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.intake import Intake
    from gridmap.jobs.kinds import Kind


def job_kinds() -> dict[str, Kind]:
    """Return the kinds of jobs by name, those of tables and projects that come in among them."""
    from geodata.import_kind import IMPORT
    from geodata.project_kind import EXAMPLE, PROJECT
    from geodata.sheet_kind import READ_SHEET
    from gridmap.jobs.cycle_job import REPLAN_CELL
    from gridmap.jobs.rebalance_job import REBALANCE
    from gridmap.jobs.standard import STANDARD

    mine = (IMPORT, EXAMPLE, PROJECT, REBALANCE, REPLAN_CELL, READ_SHEET)
    return {**STANDARD, **{one.name: one for one in mine}}


def table_intake() -> Intake:
    """Return what looks at tables before they are imported."""
    from geodata.table_intake import TableIntake

    return TableIntake()


def example_name() -> str:
    """Return the name of the territory of the example."""
    from geodata.project_kind import example_name as name

    return name()
