"""The files of a plan by the functions of `gridmap.export`."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from dashboards.access import Plan
from dashboards.downloads import Exports, SheetKind
from gridmap.catalogue import Language
from gridmap.scenario import Scenario


def default_exports() -> Exports:
    """Return the exports of gridmap. They are imported when first used: the pages start sooner."""
    return Exports(plan=_plan, scorecards=_scorecards, route_sheet=_route_sheet)


def _plan(plan: Plan, path: Path) -> None:
    from gridmap.export.geo import write_geopackage

    write_geopackage(plan.territory, plan.scenario, path)


def _scorecards(plan: Plan, path: Path, language: Language) -> None:
    from gridmap.export.scorecards import write_scorecards

    write_scorecards(plan.territory, plan.scenario, path, language)


def _route_sheet(plan: Plan, cell_id: int, kind: SheetKind, path: Path, language: Language) -> None:
    from gridmap.export.route_sheets import write_route_sheets

    with tempfile.TemporaryDirectory(prefix="gridmap-sheets-") as folder:
        written = write_route_sheets(plan.territory, _only(plan, cell_id), Path(folder), language)
        chosen = next(one for one in written if one.suffix == f".{kind}")
        shutil.move(chosen, path)


def _only(plan: Plan, cell_id: int) -> Scenario:
    """Return the scenario with the routes of one cell only."""
    scenario = plan.scenario
    mine = (scenario.routes["cell_id"] == cell_id).to_numpy()
    routes = scenario.routes[mine].reset_index(drop=True)
    stops = scenario.stops[scenario.stops["route_id"].isin(routes["route_id"])]
    cells = scenario.cells[scenario.cells["cell_id"] == cell_id]
    return replace(
        scenario,
        cells=cells.reset_index(drop=True),
        routes=routes,
        stops=stops.reset_index(drop=True),
        route_lines=scenario.route_lines[mine],
    )
