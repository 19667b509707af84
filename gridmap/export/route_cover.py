"""The first pages of a cell's route sheets: calendar, map of the cell, outlets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.export.pen import text_width_mm, wrapped
from gridmap.export.route_map import Shape, Strokes, Window
from gridmap.export.sheet_book import SheetDay, SheetPlace
from gridmap.export.sheet_page import (
    FOOT_MM,
    INNER_MM,
    LEFT_MM,
    RIGHT_MM,
    TOP_MM,
    Sheets,
    in_groups,
)
from gridmap.policies import clock_of
from gridmap.routing.visits import by_importance

#: Distance that street names keep from outlets and from the outline of the cell.
DOT_ROOM_MM = 1.6
#: Outlets in a column of the list, and columns.
ROWS, COLUMNS = 50, 2


def cover_pages(sheets: Sheets) -> Iterator[Callable[[], None]]:
    """Yield the first pages, each drawn when it is called."""
    yield partial(_calendar_page, sheets)
    for outlets in in_groups(sheets.book.outlets, ROWS * COLUMNS):
        yield partial(_outlets_page, sheets, outlets)


def _calendar_page(sheets: Sheets) -> None:
    book, pen = sheets.book, sheets.pen
    y = _heading(sheets, sheets.say("overview"))
    y = _calendar(sheets, y)
    notes = [sheets.say("home", name=book.bases)]
    if book.outlets:
        notes.append(sheets.say("dots", grades=" > ".join(by_importance(book.policy))))
    if not book.outlets:
        notes.append(sheets.say("nothing"))
    if book.left_out:
        names = ", ".join(f"{one.name} ({one.grade})" for one in book.left_out)
        notes.append(sheets.say("left_out", names=names))
    for note in notes:
        for line in wrapped(note, 8.5, INNER_MM)[:4]:
            y -= 4.6
            pen.text(LEFT_MM, y, line, 8.5)
    _cell_map(sheets, y - 3.0)


def _heading(sheets: Sheets, title: str) -> float:
    """Write the heading of a page and return where it ends."""
    book, pen = sheets.book, sheets.pen
    pen.box(LEFT_MM, 276.0, 30.0, 14.0, line_mm=None, fill=0.0)
    pen.text(23.0, 280.2, book.code, 22, bold=True, grey=1.0, anchor="middle", width_mm=27.0)
    pen.text(42.0, 284.4, book.name, 15, bold=True, width_mm=104.0)
    pen.text(42.0, 278.0, f"{book.territory} · {title}", 9.5, width_mm=104.0)
    cycle = sheets.say("cycle", weeks=book.policy.weeks)
    pen.text(RIGHT_MM, 284.4, cycle, 12, bold=True, anchor="right", width_mm=54.0)
    manager = sheets.manager_line(", ".join(book.managers))
    pen.text(RIGHT_MM, 278.0, manager, 9.5, anchor="right", width_mm=54.0)
    return TOP_MM - 17.0


def _calendar(sheets: Sheets, top: float) -> float:
    """Draw weeks by weekdays and return where the table ends."""
    book, pen = sheets.book, sheets.pen
    head, side = 7.0, 20.0
    height = min(16.0, 130.0 / book.policy.weeks)
    width = (INNER_MM - side) / len(book.policy.working_days)
    pen.box(LEFT_MM, top - head, INNER_MM, head, line_mm=None, fill=0.0)
    for column, weekday in enumerate(book.policy.working_days):
        x = LEFT_MM + side + width * (column + 0.5)
        name = sheets.say(f"weekday.{weekday}")
        pen.text(x, top - 5.0, name, 10, bold=True, grey=1.0, anchor="middle", width_mm=width - 2.0)
    for row in range(book.policy.weeks):
        y = top - head - height * (row + 1)
        name = sheets.say("week", week=row + 1)
        pen.text(LEFT_MM + 1.5, y + height / 2 - 1.3, name, 10, bold=True, width_mm=side - 3.0)
        pen.box(LEFT_MM, y, INNER_MM, height)
        for column, weekday in enumerate(book.policy.working_days):
            x = LEFT_MM + side + width * column
            pen.rule(x, y, x, y + height)
            _calendar_day(sheets, book.on_day(row + 1, weekday), (x, y, width, height))
    return top - head - height * book.policy.weeks


def _calendar_day(
    sheets: Sheets, days: Sequence[SheetDay], at: tuple[float, float, float, float]
) -> None:
    """Fill one day of the calendar; `at` is left, bottom, width and height."""
    x, y, width, height = at
    pen, middle = sheets.pen, y + height / 2
    if not days:
        pen.text(x + 1.5, middle - 1.0, sheets.say("free"), 7.5, grey=0.45, width_mm=width - 3.0)
        return
    if len(days) > 1:
        _shared_day(sheets, days, at)
        return
    day = days[0]
    minutes = (day.travel_s + day.service_s) / 60.0
    load = sheets.say("stops_minutes", count=len(day.stops), minutes=minutes)
    back = sheets.say(
        "from_to", start=clock_of(sheets.book.policy.day.start_s), finish=clock_of(day.finish_s)
    )
    if height < 12.0:
        pen.text(x + 1.5, middle + 0.3, day.number, 10, bold=True, width_mm=width - 3.0)
        pen.text(x + 1.5, middle - 3.2, load, 6.5, width_mm=width - 3.0)
        return
    pen.text(x + 1.5, y + height - 5.2, day.number, 12, bold=True, width_mm=width - 3.0)
    pen.text(x + 1.5, y + height - 9.4, load, 7.5, width_mm=width - 3.0)
    pen.text(x + 1.5, y + height - 13.0, back, 6.5, grey=0.2, width_mm=width - 3.0)


def _shared_day(
    sheets: Sheets, days: Sequence[SheetDay], at: tuple[float, float, float, float]
) -> None:
    """Write a line a route: its number, its manager and its stops."""
    x, y, width, height = at
    step = height / len(days)
    size = min(8.0, 2.0 * step)
    for row, day in enumerate(days, 1):
        words = [day.number, sheets.book.manager_of(day), str(len(day.stops))]
        line = " · ".join(one for one in words if one)
        base = y + height - step * (row - 0.5) - 0.4 * size * 0.3528
        sheets.pen.text(x + 1.5, base, line, size, width_mm=width - 3.0)


def _cell_map(sheets: Sheets, top: float) -> None:
    """Draw the outline of the cell with its outlets down to the foot of the page."""
    book = sheets.book
    outline = shapely.get_coordinates(book.boundary)
    shown = np.vstack([outline, [(book.home.x, book.home.y)]])
    size = (INNER_MM, top - FOOT_MM - 1.0)
    with sheets.map(LEFT_MM, FOOT_MM + 1.0, size, shown) as window:
        rings = [
            window.on_paper(shapely.get_coordinates(ring))
            for part in shapely.get_parts(book.boundary)
            for ring in (part.exterior, *part.interiors)
        ]
        sheets.shapes([Strokes(tuple(rings), 1.6, 1.0), Strokes(tuple(rings), 0.7, 0.0)])
        places = [window.on_paper(np.array([[one.x, one.y]]))[0] for one in book.outlets]
        room = [[*at, DOT_ROOM_MM] for at in (*places, *_along_rings(rings))]
        sheets.shapes(sheets.streets.street_names(window, np.array(room).reshape(-1, 3)))
        _dots(sheets, window, book.outlets)


def _along_rings(rings: Sequence[NDArray[np.float64]]) -> Iterator[NDArray[np.float64]]:
    """Yield points along the outline, two millimetres apart."""
    for ring in rings:
        line = shapely.LineString(ring)
        every = np.arange(0.0, line.length, 2.0)
        yield from shapely.get_coordinates(shapely.line_interpolate_point(line, every))


def _dots(sheets: Sheets, window: Window, outlets: Sequence[SheetPlace]) -> None:
    """Draw a dot for each outlet, its size by the importance of the grade, and the centre."""
    book = sheets.book
    grades = by_importance(book.policy)
    shapes: list[Shape] = []
    places = window.on_paper(np.array([(one.x, one.y) for one in outlets]).reshape(-1, 2))
    for rank in reversed(range(len(grades))):
        mine = [
            np.stack([at, at])
            for one, at in zip(outlets, places, strict=True)
            if one.grade == grades[rank]
        ]
        width = max(2.4 - 0.6 * rank, 0.9)
        if mine:
            shapes += [Strokes(tuple(mine), width + 0.6, 1.0), Strokes(tuple(mine), width, 0.0)]
            if rank:
                shapes.append(Strokes(tuple(mine), width - 0.6, 0.85))
    sheets.shapes(shapes)
    sheets.home(window, np.array([book.home.x, book.home.y]))


def _outlets_page(sheets: Sheets, outlets: Sequence[SheetPlace]) -> None:
    """List outlets with the days of their visits."""
    pen, days = sheets.pen, sheets.book.visit_days()
    top = _heading(sheets, sheets.say("outlets"))
    width = INNER_MM / COLUMNS
    height = (top - 6.0 - FOOT_MM - 2.0) / ROWS
    for column, rows in enumerate(in_groups(outlets, ROWS)):
        x = LEFT_MM + width * column
        pen.box(x, top - 6.0, width - 2.0, 6.0, line_mm=None, fill=0.0)
        pen.text(x + 8.0, top - 4.3, sheets.say("customer"), 8.5, bold=True, grey=1.0)
        pen.text(
            x + width - 4.0, top - 4.3, sheets.say("visit_days"), 8.5,
            bold=True, grey=1.0, anchor="right",
        )  # fmt: skip
        for row, outlet in enumerate(rows):
            y = top - 6.0 - height * (row + 1)
            when = _when(sheets, days.get(outlet.outlet_id, []))
            sheets.grade(x + 1.0, y + 0.5, outlet.grade, height - 1.0)
            size = 7.5
            room = width - 12.0 - min(text_width_mm(when, size), 44.0)
            pen.text(x + 8.0, y + 1.4, outlet.name, 8.0, width_mm=room)
            pen.text(x + width - 4.0, y + 1.4, when, size, anchor="right", width_mm=44.0)
            pen.rule(x, y, x + width - 2.0, y, line_mm=0.12, grey=0.5)


def _when(sheets: Sheets, days: Sequence[SheetDay]) -> str:
    """Return the weekdays of an outlet's visits with the route numbers without their prefix."""
    found: dict[int, list[str]] = {}
    for day in days:
        found.setdefault(day.weekday, []).append(day.number.rpartition("-")[2])
    parts = [
        f"{sheets.say(f'weekday_short.{weekday}')} {' '.join(numbers)}"
        for weekday, numbers in sorted(found.items())
    ]
    return " · ".join(parts) or "–"
