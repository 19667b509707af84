"""``gridmap export``: files for calendars, navigation devices and maps, from a written plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import geopandas as gpd

from gridmap.catalogue import Language, sentences, text
from gridmap.errors import InputError, fault
from gridmap.export.calendars import route_calendar
from gridmap.export.cell_facts import read_report_book
from gridmap.export.cell_report import report_files
from gridmap.export.cycle_page import cycle_page
from gridmap.export.plan_file import PlanFile, PlannedCell, PlannedDay, read_plan, require_monday
from gridmap.export.route_directions import directions_text
from gridmap.export.route_sheets import file_stem
from gridmap.export.tracks import printable, route_track


class Feed(StrEnum):
    """What a plan is written as."""

    ICS = "ics"
    GPX = "gpx"
    KML = "kml"
    GEOJSON = "geojson"
    CALENDAR = "calendar"
    DIRECTIONS = "directions"
    REPORTS = "reports"


@dataclass(frozen=True)
class FeedRequest:
    """What is asked of an export.

    Attributes
    ----------
    feeds
        Kinds of files; all by default, calendars for telephones only if there is a start, and
        directions only if the plan has them.
    start
        First Monday of the cycle.
    cycles
        How often the cycle is repeated in the calendars.
    cells
        Codes of the cells; all by default.
    language
        Language of the words; the plan's by default.
    """

    feeds: tuple[Feed, ...] = ()
    start: date | None = None
    cycles: int = 1
    cells: tuple[str, ...] = ()
    language: Language | None = None


def export_feeds(plan_file: Path, folder: Path, request: FeedRequest) -> list[Path]:
    """Write the files of a plan; each appears whole or not at all.

    Parameters
    ----------
    plan_file
        plan.gpkg, or the folder it lies in.
    folder
        Made if it is not there; each kind of file has its own folder in it.
    request
        What is asked.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        If the plan cannot be read, a cell is unknown, the start is missing or no Monday, the plan
        has no directions, or the folder cannot be written.
    """
    plan = read_plan(plan_file)
    possible = {Feed.ICS: request.start is not None, Feed.DIRECTIONS: plan.directions is not None}
    feeds = request.feeds or tuple(one for one in Feed if possible.get(one, True))
    if Feed.DIRECTIONS in feeds and not possible[Feed.DIRECTIONS]:
        raise InputError(fault("feeds.no_directions", plan_file))
    if request.start is not None:
        require_monday(request.start)
    elif Feed.ICS in feeds:
        raise InputError(fault("feeds.no_start"))
    cells = _chosen(plan, request.cells)
    path = plan_file / "plan.gpkg" if plan_file.is_dir() else plan_file
    revised = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    writer = _Feeds(plan, cells, request, path, revised)
    written = []
    try:
        for feed in feeds:
            for name, write in writer.files(feed):
                target = folder / feed.value / name
                target.parent.mkdir(parents=True, exist_ok=True)
                draft = target.with_name(f".{target.stem}.part{target.suffix}")
                draft.unlink(missing_ok=True)
                write(draft)
                draft.replace(target)
                written.append(target)
    except OSError as error:
        raise InputError(fault("planning.folder_not_written", folder, reason=error)) from error
    return written


def _chosen(plan: PlanFile, codes: Sequence[str]) -> list[PlannedCell]:
    cells = plan.planned_cells()
    known = {cell.code for cell in cells}
    wrong = [one for one in codes if one not in known]
    if wrong:
        have = ", ".join(sorted(known))
        raise InputError(*(fault("feeds.cell_unknown", one, known=have) for one in wrong))
    return [cell for cell in cells if not codes or cell.code in codes]


@dataclass(frozen=True, eq=False)
class _Feeds:
    plan: PlanFile
    cells: Sequence[PlannedCell]
    request: FeedRequest
    path: Path
    revised: datetime

    @property
    def language(self) -> Language:
        return self.request.language or self.plan.request.language

    @property
    def warning(self) -> str:
        """Say what is invented, or nothing."""
        if not self.plan.invented:
            return ""
        known = sentences(self.language)
        named = [known.get(f"sheets.invented_column.{one}", one) for one in self.plan.invented]
        return text("sheets.invented", self.language, columns=", ".join(named))

    @property
    def note(self) -> str:
        return " · ".join(one for one in (self.plan.attribution, self.warning) if one)

    def files(self, feed: Feed) -> Iterator[tuple[str, Callable[[Path], object]]]:
        """Yield the name of each file and what writes it."""
        match feed:
            case Feed.ICS:
                for cell in self.cells:
                    yield f"{file_stem(cell.code)}.ics", _bytes(self._calendar(cell))
            case Feed.GPX:
                for cell in self.cells:
                    for day in cell.days:
                        track = route_track(cell, day, language=self.language, note=self.note)
                        yield f"{file_stem(day.number)}.gpx", _bytes(track.encode("utf-8"))
            case Feed.CALENDAR:
                for cell in self.cells:
                    yield f"{file_stem(cell.code)}.pdf", _bytes(self._page(cell))
            case Feed.DIRECTIONS:
                for cell in self.cells:
                    for day in cell.days:
                        words = self._directions(cell, day)
                        yield f"{file_stem(day.number)}.txt", _bytes(words.encode("utf-8"))
            case Feed.REPORTS:
                codes = [cell.code for cell in self.cells]
                found = report_files(read_report_book(self.path), self.language, codes)
                for name, content in found.items():
                    yield name, _bytes(content)
            case Feed.KML | Feed.GEOJSON:
                for name, layer in self._layers().items():
                    yield f"{name}.{feed.value}", _layer_writer(layer, name, feed, self.note)

    def _calendar(self, cell: PlannedCell) -> bytes:
        start = self.request.start
        if start is None:
            raise InputError(fault("feeds.no_start"))
        return route_calendar(
            cell, self.plan.policy, start=start, revised=self.revised,
            cycles=self.request.cycles, language=self.language, note=self.warning,
        )  # fmt: skip

    def _directions(self, cell: PlannedCell, day: PlannedDay) -> str:
        steps = self.plan.directions
        if steps is None:
            raise InputError(fault("feeds.no_directions", self.plan.territory))
        mine = steps[steps["route_id"] == day.number]
        return directions_text(cell, day, mine, language=self.language, note=self.note)

    def _page(self, cell: PlannedCell) -> bytes:
        return cycle_page(
            cell, self.plan.policy, language=self.language, start=self.request.start,
            territory=self.plan.territory, note=self.note,
        )  # fmt: skip

    def _layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return cells, routes and stops in WGS-84, cut down to the cells that are asked for."""
        plan, codes = self.plan, {cell.code for cell in self.cells}
        cells = plan.cells[plan.cells["code"].isin(codes)]
        routes = plan.routes[plan.routes["cell_id"].isin(cells["cell_id"])]
        stops = plan.stops[plan.stops["route_id"].isin(routes["route_id"])]
        outlet = plan.outlets.set_index("outlet_id")
        about = outlet.loc[stops["outlet_id"], ["name", "grade"]].reset_index(drop=True)
        stops = stops.reset_index(drop=True).join(about)
        stops["name"] = stops["name"].where(stops["name"] != "", stops["outlet_id"])
        found = {"cells": cells, "routes": routes, "stops": stops}
        return {name: layer.to_crs("EPSG:4326") for name, layer in found.items()}


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _layer_writer(
    layer: gpd.GeoDataFrame, name: str, feed: Feed, note: str
) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        if feed is Feed.GEOJSON:
            options: Mapping[str, Any] = {"RFC7946": "YES", "DESCRIPTION": note}
            layer.to_file(path, driver="GeoJSON", engine="pyogrio", layer=name, **options)
            return
        labels = {"cells": "code", "routes": "number", "stops": "name"}
        told = layer.rename(columns={"name": "outlet"} if name == "stops" else {})
        label = layer[labels[name]].map(str).map(printable)
        told = told.assign(Name=label, Description=printable(note))
        told.to_file(path, driver="KML", engine="pyogrio", layer=name)

    return write
