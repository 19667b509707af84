"""The files of a plan by the functions of `gridmap.export`."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import zipfile
from pathlib import Path

from dashboards.access import Plan
from dashboards.downloads import Exports, SheetKind
from gridmap.catalogue import Language
from gridmap.export.feeds import Feed


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
    cells = plan.scenario.cells
    code = str(cells["code"][cells["cell_id"] == cell_id].iloc[0])
    with tempfile.TemporaryDirectory(prefix="gridmap-sheets-") as folder:
        if kind in {"pdf", "xlsx"}:
            from gridmap.export.route_sheets import with_cells, write_route_sheets

            mine = with_cells(plan.scenario, [code])
            written = write_route_sheets(plan.territory, mine, Path(folder), language)
            shutil.move(next(one for one in written if one.suffix == f".{kind}"), path)
            return
        _write_feed(plan, code, Feed(kind), path, folder=Path(folder), language=language)


def _write_feed(
    plan: Plan, code: str, feed: Feed, path: Path, *, folder: Path, language: Language
) -> None:
    """Write the files of one kind of a cell; several go into an archive."""
    from gridmap.export.feeds import FeedRequest, export_feeds
    from gridmap.export.geo import write_geopackage

    plan_file = write_geopackage(plan.territory, plan.scenario, folder / "plan.gpkg")
    start = first_monday(plan.scenario.request.routing.cycle_start)
    request = FeedRequest(feeds=(feed,), start=start, cells=(code,), language=language)
    written = export_feeds(plan_file, folder / "files", request)
    if feed is Feed.ICS:
        shutil.move(written[0], path)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in written:
            archive.write(one, one.name)


def first_monday(start: dt.date | None) -> dt.date:
    """Return the first day of a cycle, or the next Monday where it has none."""
    if start is not None and start.weekday() == 0:
        return start
    today = dt.datetime.now(dt.UTC).date()
    return today + dt.timedelta(days=(7 - today.weekday()) % 7)
