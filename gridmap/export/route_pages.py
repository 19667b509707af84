"""The two sides of a route's sheet: the way to go, and the record to fill in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gridmap.datum import to_wgs84
from gridmap.export.map_inset import Inset, Slot, find_insets, ranges
from gridmap.export.pen import CAPITAL_MM, text_width_mm, wrapped
from gridmap.export.route_map import WAY_ROOM_MM, Window, along, day_shapes
from gridmap.export.sheet_book import SheetDay, SheetPlace, SheetStop
from gridmap.export.sheet_page import (
    INNER_MM,
    LEFT_MM,
    RIGHT_MM,
    Sheets,
    in_groups,
)
from gridmap.export.visit_steps import CHECKS, ENOUGH_STOCK, STEPS, TIMES, Entry, Field
from gridmap.policies import MapLink, clock_of

Floats = NDArray[np.float64]

#: Stops on a front and on a back page; a longer day takes more pages.
FRONT_STOPS, BACK_STOPS = 16, 14
#: Columns of the record: outlet, the seven steps, times, signature. Millimetres.
WIDTHS = (32.0, 20.5, 20.5, 22.0, 21.0, 22.5, 22.5, 11.0, 12.0, 10.0)
TICK_MM = 3.4
#: Size of names that take two lines of a card. Points.
LONG_NAME = 8.0
#: Sizes of names in the record: in two lines, and in three.
RECORD_NAME, LONG_RECORD_NAME = 8.5, 6.5
MAP_BOTTOM_MM, MAP_TOP_MM = 152.0, 272.0
#: Cards in a column before a second one is begun, and those whose room an inset takes.
LEAST_ROWS, INSET_CARDS = 6, 3
#: Top of the cards under a map, height of a card and place of the second column, in millimetres.
CARDS_TOP_MM, CARD_MM, SECOND_MM = 145.0, 22.0, 98.0
#: Room for insets in the corners of the map, but for the one with the scale.
CORNERS = (Slot(130.0, 70.0, 64.0, 50.0), Slot(0.0, 70.0, 64.0, 50.0), Slot(130.0, 0.0, 64.0, 50.0))


def day_pages(sheets: Sheets, day: SheetDay) -> Iterator[Callable[[], None]]:
    """Yield the pages of a route, each drawn when it is called."""
    for index, stops in enumerate(in_groups(day.stops, FRONT_STOPS)):
        yield partial(_front, sheets, day, stops, with_map=index == 0)
    for stops in in_groups(day.stops, BACK_STOPS):
        yield partial(_back, sheets, day, stops)


def navigation(place: SheetPlace, link: MapLink = "auto") -> str:
    """Return the address that a telephone opens in its map.

    A geo address (RFC 5870) is WGS-84 by definition, and Google and Apple are asked in it, too;
    Amap is told which datum it gets. ``auto`` is a geo address, and Amap where the place is in
    GCJ-02.
    """
    if link == "auto":
        link = "amap" if place.datum == "gcj02" else "geo"
    if link == "amap":
        where = f"{place.lon:.6f},{place.lat:.6f}"
        datum = "gaode" if place.datum == "gcj02" else "wgs84"
        return f"https://uri.amap.com/marker?position={where}&coordinate={datum}"
    lon, lat = to_wgs84(np.array([[place.lon, place.lat]]), place.datum)[0]
    if link == "google":
        return f"https://www.google.com/maps/search/?api=1&query={lat:.5f},{lon:.5f}"
    if link == "apple":
        return f"https://maps.apple.com/?q={lat:.5f},{lon:.5f}"
    return f"geo:{lat:.5f},{lon:.5f}"


def degrees(place: SheetPlace) -> str:
    """Return latitude and longitude as people read them, with the datum unless it is WGS-84."""
    note = "" if place.datum == "wgs84" else " (GCJ-02)"
    return f"{place.lat:.5f}, {place.lon:.5f}{note}"


def _front(sheets: Sheets, day: SheetDay, stops: Sequence[SheetStop], *, with_map: bool) -> None:
    _heading(sheets, day)
    top = 270.0
    if with_map:
        _day_map(sheets, day, cards=len(stops))
        top = CARDS_TOP_MM
        legend = sheets.say("legend", grade=sheets.most_important)
        sheets.pen.text(LEFT_MM, 148.7, legend, 6.5, grey=0.2, width_mm=120.0)
        sheets.pen.text(RIGHT_MM, 148.7, sheets.say("scan"), 6.5, grey=0.2, anchor="right")
    rows = max(LEAST_ROWS, math.ceil(len(stops) / 2))
    height = min((top - 12.5) / rows, CARD_MM)
    for index, stop in enumerate(stops):
        x = LEFT_MM + SECOND_MM * (index // rows)
        _card(sheets, day, stop, (x, top - height * (index % rows + 1), height))


def _heading(sheets: Sheets, day: SheetDay) -> None:
    book, pen = sheets.book, sheets.pen
    pen.box(LEFT_MM, 274.0, 40.0, 16.0, line_mm=None, fill=0.0)
    pen.text(10.0, 286.2, sheets.say("route"), 7.5, grey=1.0)
    pen.text(28.0, 276.6, day.number, 23, bold=True, grey=1.0, anchor="middle", width_mm=37.0)
    weekday = sheets.say(f"weekday.{day.weekday}")
    pen.text(51.0, 285.3, sheets.say("day", week=day.week, weekday=weekday), 15, bold=True)
    pen.text(51.0, 280.0, f"{book.code} {book.name}", 9.5, width_mm=72.0)
    manager = sheets.manager_line(book.manager_of(day))
    pen.text(51.0, 275.0, f"{manager}   {sheets.say('date_blank')}", 8.5, width_mm=90.0)
    minutes = (day.travel_s + day.service_s) / 60.0
    load = sheets.say("day_load", count=len(day.stops), km=day.distance_m / 1000.0, minutes=minutes)
    pen.text(RIGHT_MM, 285.3, load, 13, bold=True, anchor="right", width_mm=76.0)
    lunch = (
        sheets.say("no_lunch")
        if day.lunch_s is None
        else sheets.say("lunch", start=clock_of(day.lunch_s))
    )
    start = clock_of(book.policy.day.start_s)
    span = sheets.say("from_to", start=start, finish=clock_of(day.finish_s))
    pen.text(RIGHT_MM, 280.0, f"{span} · {lunch}", 9.5, anchor="right", width_mm=76.0)
    split = sheets.say("minutes_split", travel=day.travel_s / 60.0, service=day.service_s / 60.0)
    pen.text(RIGHT_MM, 275.0, split, 8.5, anchor="right", width_mm=60.0)


def _day_map(sheets: Sheets, day: SheetDay, *, cards: int) -> None:
    """Draw the way of a day, and insets where its stops crowd; so many `cards` stand below."""
    stops_xy = np.array([(stop.place.x, stop.place.y) for stop in day.stops])
    ends_xy = np.array([day.start_xy, day.end_xy])
    shown = np.vstack([day.way_xy, day.return_xy, stops_xy, ends_xy])
    size = (INNER_MM, MAP_TOP_MM - MAP_BOTTOM_MM)
    with sheets.map(LEFT_MM, MAP_BOTTOM_MM, size, shown) as window:
        ways = window.on_paper(np.vstack([day.way_xy, day.return_xy]))
        insets = find_insets(
            window,
            stops_xy,
            keep_clear=window.on_paper(np.vstack([ends_xy, stops_xy])),
            way=along(ways)[:, :2],
            slots=tuple(_slots(cards)),
        )
        elsewhere = {int(row) for one in insets for row in one.stops}
        stops = [at for at in range(len(stops_xy)) if at not in elsewhere]
        frames = [one.frame for one in insets]
        _draw_stops(sheets, day, window, stops, home_xy=day.start_xy, frames=frames)
        if (day.end_xy != day.start_xy).any():
            sheets.home(window, day.end_xy)
        for one in insets:
            _inset_frame(sheets, one.frame, _numbers(day, one))
    for one in insets:
        left, bottom, right, top = one.window.bounds
        x, y = day.start_xy
        at_home = bool(left < x < right and bottom < y < top)
        x, y = LEFT_MM + one.slot.x, MAP_BOTTOM_MM + one.slot.y
        with sheets.detail(x, y, one.window):
            _draw_stops(
                sheets, day, one.window, one.stops.tolist(),
                home_xy=day.start_xy if at_home else np.empty((0, 2)),
            )  # fmt: skip
        label = f"{_numbers(day, one)} {sheets.say('enlarged')}"
        _inset_label(sheets, x, y + one.window.height_mm, label)


def _slots(cards: int) -> Iterator[Slot]:
    """Yield the room for insets: under the cards of the second column, then in the corners."""
    below = max(0, cards - LEAST_ROWS)
    if LEAST_ROWS - below >= INSET_CARDS:
        height = INSET_CARDS * CARD_MM
        top = CARDS_TOP_MM - below * CARD_MM
        yield Slot(SECOND_MM, top - height - MAP_BOTTOM_MM, INNER_MM - SECOND_MM, height)
    yield from CORNERS


def _draw_stops(
    sheets: Sheets,
    day: SheetDay,
    window: Window,
    rows: Sequence[int],
    *,
    home_xy: Floats,
    frames: Sequence[tuple[float, float, float, float]] = (),
) -> None:
    """Draw some stops of a day and its way; names of streets keep clear of `frames`."""
    chosen = [day.stops[row] for row in rows]
    shapes, taken = day_shapes(
        window,
        way_xy=day.way_xy,
        return_xy=day.return_xy,
        home_xy=home_xy,
        stops_xy=np.array([(one.place.x, one.place.y) for one in chosen]).reshape(-1, 2),
        ringed=[one.place.grade == sheets.most_important for one in chosen],
        numbers=[one.seq for one in chosen],
    )
    rims = [along(rim)[:, :2] for rim in map(_rim, frames)]
    room = [np.column_stack([rim, np.full(len(rim), WAY_ROOM_MM)]) for rim in rims]
    sheets.shapes(sheets.streets.street_names(window, np.vstack([taken, *room])))
    sheets.shapes(shapes)


def _rim(frame: tuple[float, float, float, float]) -> Floats:
    x, y, width, height = frame
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)])


def _numbers(day: SheetDay, inset: Inset) -> str:
    return ranges([day.stops[row].seq for row in inset.stops])


def _inset_frame(sheets: Sheets, frame: tuple[float, float, float, float], numbers: str) -> None:
    """Frame on the main map what an inset shows, and say which stops it has."""
    sheets.pen.box(*frame, line_mm=1.4, grey=1.0)
    sheets.pen.box(*frame, line_mm=0.5)
    top = min(frame[1] + frame[3] + 4.6, MAP_TOP_MM - MAP_BOTTOM_MM)
    _inset_label(sheets, max(frame[0], 0.0), top, numbers)


def _inset_label(sheets: Sheets, x: float, top: float, numbers: str) -> None:
    """Write the numbers of the stops of an inset, white on black; `x`, `top` is its corner."""
    width = text_width_mm(numbers, 9.0) + 2.4
    sheets.pen.box(x, top - 4.6, width, 4.6, line_mm=0.3, fill=0.0, grey=1.0)
    sheets.pen.text(x + 1.2, top - 3.5, numbers, 9.0, bold=True, grey=1.0)


def _card(sheets: Sheets, day: SheetDay, stop: SheetStop, at: tuple[float, float, float]) -> None:
    """Draw one stop of the front page; `at` is left, bottom and height."""
    pen, place = sheets.pen, stop.place
    x, y, height = at
    width = 96.0
    pen.box(x, y + 0.6, width, height - 1.2, line_mm=0.2, round_mm=1.4, grey=0.4)
    middle = y + height / 2
    pen.number(x + 6.2, middle + 2.6, 4.0, str(stop.seq))
    pen.box(x + 4.0, y + 2.0, 4.4, 4.4, line_mm=0.4)
    code_mm = min(height - 3.0, 17.5)
    pen.qr(
        navigation(place, sheets.book.link),
        x + width - code_mm - 1.5,
        middle - code_mm / 2,
        code_mm,
    )
    left, room = x + 12.5, width - 12.5 - code_mm - 4.0
    third = height / 3.3
    lines = _name_lines(place.name, room)
    for line, down in zip(lines, (0.0,) if len(lines) == 1 else (-1.8, 1.2), strict=False):
        size = 11.0 if len(lines) == 1 else LONG_NAME
        pen.text(left, y + height - third - 0.1 - down, line, size, bold=True, width_mm=room)
    where = place.street or degrees(place)
    pen.text(left, y + height - 2 * third + 0.6, where, 8.5, grey=0.15, width_mm=room)
    sheets.grade(left, y + 1.8, place.grade, 4.6)
    details = f"+{stop.leg_m:.0f} m · {sheets.say('duration', minutes=stop.service_s / 60.0)}"
    if _after_lunch(day, stop):
        details += f" · {sheets.say('after_lunch')}"
    clock = clock_of(stop.arrival_s)
    pen.text(left + 6.4, y + 2.6, clock, 10.5, bold=True)
    used = 6.4 + text_width_mm(clock, 10.5) + 2.0
    pen.text(left + used, y + 2.6, details, 8.5, width_mm=room - used)


def _name_lines(name: str, room_mm: float) -> list[str]:
    """Return a name as one line, or as two smaller ones where it would be cut."""
    if text_width_mm(name, LONG_NAME) <= room_mm:
        return [name]
    lines = wrapped(name, LONG_NAME, room_mm)
    return [lines[0], " ".join(lines[1:])] if len(lines) > 1 else lines


def _after_lunch(day: SheetDay, stop: SheetStop) -> bool:
    if day.lunch_s is None or stop.arrival_s < day.lunch_s:
        return False
    return all(one.arrival_s < day.lunch_s for one in day.stops[: stop.seq - 1])


def _back(sheets: Sheets, day: SheetDay, stops: Sequence[SheetStop]) -> None:
    book, pen = sheets.book, sheets.pen
    pen.text(LEFT_MM, 283.6, f"{sheets.say('record')}  {day.number}", 15, bold=True)
    weekday = sheets.say(f"weekday.{day.weekday}")
    when = sheets.say("day", week=day.week, weekday=weekday)
    about = (when, f"{book.code} {book.name}", book.manager_of(day))
    pen.text(LEFT_MM, 278.2, "  ·  ".join(one for one in about if one), 9, width_mm=110.0)
    pen.text(RIGHT_MM, 284.2, sheets.say("date_blank"), 10, anchor="right")
    pen.text(RIGHT_MM, 278.2, sheets.say("how"), 8, anchor="right", width_mm=100.0)
    edges = [LEFT_MM, *accumulate(WIDTHS, initial=LEFT_MM)][1:]
    heads = [
        sheets.say("customer"),
        *(step.label(sheets.language) for step in STEPS),
        sheets.say("times"),
        sheets.say("sign"),
    ]
    pen.box(LEFT_MM, 268.4, INNER_MM, 6.6, line_mm=None, fill=0.0)
    for left, width, head in zip(edges, WIDTHS, heads, strict=False):
        pen.text(
            left + width / 2, 270.6, head, 8, bold=True, grey=1.0, anchor="middle",
            width_mm=width - 0.8,
        )  # fmt: skip
    height = 190.0 / max(len(stops), 12)
    bottom = 268.4 - height * len(stops)
    for index, stop in enumerate(stops):
        _record(sheets, stop, edges, (268.4 - height * (index + 1), height), shaded=index % 2 == 1)
    for edge in edges:
        pen.rule(edge, 268.4, edge, bottom)
    if any(stop.place.sales is not None for stop in stops):
        rule = sheets.say("stock_rule", times=ENOUGH_STOCK)
        pen.text(RIGHT_MM, bottom - 5.0, rule, 7.0, anchor="right", width_mm=80.0)
    _bottom(sheets, bottom)


def _record(
    sheets: Sheets,
    stop: SheetStop,
    edges: Sequence[float],
    at: tuple[float, float],
    *,
    shaded: bool,
) -> None:
    """Draw one row of the record; `at` is its bottom and height."""
    pen, (y, height) = sheets.pen, at
    if shaded:
        pen.box(LEFT_MM, y, INNER_MM, height, line_mm=None, fill=0.94)
    pen.rule(LEFT_MM, y, RIGHT_MM, y)
    pen.number(LEFT_MM + 3.6, y + height - 4.4, 2.9, str(stop.seq))
    lines, size = _record_name(stop.place.name, WIDTHS[0] - 8.6)
    for index, line in enumerate(lines):
        top = y + height - 4.4 - 0.42 * size * index
        pen.text(LEFT_MM + 7.6, top, line, size, bold=True, width_mm=WIDTHS[0] - 8.6)
    sheets.grade(LEFT_MM + 1.4, y + 1.2, stop.place.grade, 4.4)
    pen.text(LEFT_MM + 7.6, y + 1.2, clock_of(stop.arrival_s), 8, width_mm=WIDTHS[0] - 9.0)
    for step, left, width in zip(STEPS, edges[1:], WIDTHS[1:], strict=False):
        if len(step.fields) == 1:
            pen.box(left + width / 2 - 2.6, y + height / 2 - 2.6, 5.2, 5.2, fill=1.0)
        elif len(step.fields) == 4:
            for index, field in enumerate(step.fields):
                x = left + width / 2 * (index % 2)
                middle = y + height * (0.75 - 0.5 * (index // 2))
                _count_box(sheets, field, (x, middle, width / 2))
        else:
            for index, field in enumerate(step.fields):
                middle = y + height * (1.0 - (index + 0.5) / len(step.fields))
                target = stop.place.stock_target if field.key == "stock_enough" else None
                _field(sheets, field, (left, middle, width), target)
    for index in range(len(TIMES)):
        base = y + height * (0.66 - 0.42 * index)
        x, width = edges[8], WIDTHS[8]
        pen.text(x + width / 2, base, ":", 8, bold=True, anchor="middle")
        pen.rule(x + 1.0, base - 1.0, x + width - 1.0, base - 1.0)


def _record_name(name: str, room_mm: float) -> tuple[list[str], float]:
    """Return a name in at most two lines, or three smaller ones, and their size in points.

    What is too long even so goes into the last line, which is then cut with an ellipsis.
    """
    lines = wrapped(name, RECORD_NAME, room_mm)
    if len(lines) <= 2 and all(text_width_mm(line, RECORD_NAME) <= room_mm for line in lines):
        return lines, RECORD_NAME
    lines = wrapped(name, LONG_RECORD_NAME, room_mm)
    return [*lines[:2], *([" ".join(lines[2:])] if len(lines) > 2 else [])], LONG_RECORD_NAME


def _field(
    sheets: Sheets, field: Field, at: tuple[float, float, float], target: int | None = None
) -> None:
    """Draw a box to tick or a line to write on; `at` is left, middle and width.

    A `target` is a number of pieces that is printed instead of the rule it comes from.
    """
    pen, (x, y, width) = sheets.pen, at
    label, size = field.label(sheets.language), 7.5
    if target is not None:
        label, size = sheets.say("stock_target", target=target), 8.5
    base = y - size * CAPITAL_MM / 2
    if field.entry is Entry.TICK:
        pen.box(x + 1.0, y - TICK_MM / 2, TICK_MM, TICK_MM, fill=1.0)
        pen.text(x + 5.2, base, label, size, bold=target is not None, width_mm=width - 5.8)
        return
    pen.text(x + 1.0, base, label, size, width_mm=width / 2)
    start = x + 2.0 + min(text_width_mm(label, size), width / 2)
    pen.rule(start, base - 0.6, x + width - 1.2, base - 0.6)


def _count_box(sheets: Sheets, field: Field, at: tuple[float, float, float]) -> None:
    """Draw a label over a box for a small number; `at` is left, middle and width."""
    pen, (x, y, width) = sheets.pen, at
    label = field.label(sheets.language)
    pen.box(x + width / 2 - 3.0, y - 3.0, 6.0, 3.7, fill=1.0)
    pen.text(x + width / 2, y + 1.3, label, 6.5, anchor="middle", width_mm=width - 0.8)


def _bottom(sheets: Sheets, top: float) -> None:
    """Draw the lines for notes, the five checks and the signature, as far as there is room."""
    pen = sheets.pen
    base = 15.0
    pen.text(LEFT_MM, base, sheets.say("done"), 8, width_mm=INNER_MM)
    checks_top = base + 33.0
    width = INNER_MM / len(CHECKS)
    for index, check in enumerate(CHECKS):
        x = LEFT_MM + width * index
        y = checks_top - 6.0
        pen.box(x, y, width, 6.0, line_mm=None, fill=0.87)
        head = f"{index + 1} {sheets.say(f'check.{check}')}"
        pen.text(x + 1.2, y + 1.8, head, 8.5, bold=True, width_mm=width - 19.5)
        by = sheets.say(f"check.{check}_by")
        pen.text(x + width - 1.0, y + 1.8, by, 6, grey=0.15, anchor="right", width_mm=18.5)
        for column, answer in enumerate(("agrees", "differs")):
            left = x + 1.2 + 18.0 * column
            pen.box(left, y - 5.6, TICK_MM, TICK_MM)
            pen.text(left + 4.4, y - 4.9, sheets.say(answer), 7.5, width_mm=13.0)
        for row, keys in enumerate((("stop_no", "time"), ("signature",))):
            line = y - 11.4 - 6.2 * row
            share = (width - 2.4) / len(keys)
            for column, key in enumerate(keys):
                left = x + 1.2 + share * column
                label = sheets.say(key)
                pen.text(left, line, label, 7.5)
                start = left + text_width_mm(label, 7.5) + 1.0
                pen.rule(start, line - 0.6, left + share - 1.0, line - 0.6)
        pen.box(x, checks_top - 26.0, width, 26.0)
    y = top - 5.0
    pen.text(LEFT_MM, y, sheets.say("notes"), 8, bold=True, width_mm=INNER_MM - 82.0)
    while y - 7.0 > checks_top + 2.0:
        y -= 7.0
        pen.rule(LEFT_MM, y, RIGHT_MM, y, line_mm=0.15, grey=0.4)
