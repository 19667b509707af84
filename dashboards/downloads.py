"""Files of a plan, made when they are asked for. Their names are fixed: no name from an address
reaches the file system.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dashboards.access import Plan
from gridmap.catalogue import Language

SheetKind = Literal["pdf", "xlsx", "ics", "gpx", "geojson", "kml"]
#: Kinds that are several files, and come as an archive.
ARCHIVED: frozenset[str] = frozenset({"gpx", "geojson", "kml"})
MEDIA_TYPES = {
    "ics": "text/calendar",
    "csv": "text/csv",
    "zip": "application/zip",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
}


@dataclass(frozen=True)
class Exports:
    """Functions that write the files of a plan; the default ones are those of `gridmap.export`.

    Attributes
    ----------
    plan
        Writes plan.gpkg to a path.
    scorecards
        Writes scorecards.xlsx to a path.
    route_sheet
        Writes the route sheet of one cell to a path.
    """

    plan: Callable[[Plan, Path], object]
    scorecards: Callable[[Plan, Path, Language], object]
    route_sheet: Callable[[Plan, int, SheetKind, Path, Language], object]


class Downloads:
    """Makes one file at a time in a folder of its own, and hands over its content."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports
        self._one_at_a_time = threading.Lock()

    def plan(self, plan: Plan) -> bytes:
        """Return plan.gpkg."""
        return self._made("plan.gpkg", lambda path: self._exports.plan(plan, path))

    def scorecards(self, plan: Plan, language: Language) -> bytes:
        """Return scorecards.xlsx."""
        return self._made(
            "scorecards.xlsx", lambda path: self._exports.scorecards(plan, path, language)
        )

    def route_sheet(self, plan: Plan, cell_id: int, kind: SheetKind, language: Language) -> bytes:
        """Return the route sheet of a cell."""
        return self._made(
            f"route_sheet.{kind}",
            lambda path: self._exports.route_sheet(plan, cell_id, kind, path, language),
        )

    def _made(self, name: str, make: Callable[[Path], object]) -> bytes:
        with self._one_at_a_time, tempfile.TemporaryDirectory(prefix="gridmap-download-") as folder:
            path = Path(folder) / name
            make(path)
            return path.read_bytes()
