"""The cycle of a cell on one page: weeks by weekdays, with dates and the names of the stops."""

from __future__ import annotations

from datetime import date

from gridmap.catalogue import Language, text
from gridmap.export.pen import Pen
from gridmap.export.plan_file import PlannedCell, PlannedDay, day_of
from gridmap.export.sheet_page import FOOT_MM, INNER_MM, LEFT_MM, RIGHT_MM, TOP_MM
from gridmap.policies import RoutingPolicy, clock_of

SIDE_MM, HEAD_MM = 15.0, 7.0
LINE_MM = 3.1


def cycle_page(
    cell: PlannedCell,
    policy: RoutingPolicy,
    *,
    language: Language = "en",
    start: date | None = None,
    territory: str = "",
    note: str = "",
) -> bytes:
    """Return the calendar of a cycle as a PDF of one page; the same plan gives the same bytes.

    Parameters
    ----------
    cell
        The cell.
    policy
        Its cycle.
    language
        Language of the words.
    start
        First Monday of the cycle; without it the page has no dates.
    territory
        Name of the territory.
    note
        Warnings, at the foot.
    """
    pen = Pen(text("sheets.title", language, code=cell.code, name=cell.name))
    pen.box(LEFT_MM, 276.0, 30.0, 14.0, line_mm=None, fill=0.0)
    pen.text(23.0, 280.2, cell.code, 22, bold=True, grey=1.0, anchor="middle", width_mm=27.0)
    pen.text(42.0, 284.4, cell.name, 15, bold=True, width_mm=104.0)
    title = f"{territory} · {text('sheets.overview', language)}"
    pen.text(42.0, 278.0, title, 9.5, width_mm=104.0)
    cycle = text("sheets.cycle", language, weeks=policy.weeks)
    pen.text(RIGHT_MM, 284.4, cycle, 12, bold=True, anchor="right", width_mm=54.0)
    manager = (
        text("sheets.manager", language, name=", ".join(cell.managers))
        if cell.managers
        else text("sheets.manager_blank", language)
    )
    pen.text(RIGHT_MM, 278.0, manager, 9.5, anchor="right", width_mm=54.0)
    top = TOP_MM - 17.0
    width = (INNER_MM - SIDE_MM) / len(policy.working_days)
    height = (top - HEAD_MM - FOOT_MM - 2.0) / policy.weeks
    pen.box(LEFT_MM, top - HEAD_MM, INNER_MM, HEAD_MM, line_mm=None, fill=0.0)
    for column, weekday in enumerate(policy.working_days):
        x = LEFT_MM + SIDE_MM + width * (column + 0.5)
        name = text(f"sheets.weekday.{weekday}", language)
        pen.text(x, top - 5.0, name, 10, bold=True, grey=1.0, anchor="middle", width_mm=width - 2.0)
    for row in range(policy.weeks):
        y = top - HEAD_MM - height * (row + 1)
        pen.box(LEFT_MM, y, INNER_MM, height)
        week = text("sheets.week", language, week=row + 1)
        pen.text(LEFT_MM + 1.2, y + height - 5.0, week, 8, bold=True, width_mm=SIDE_MM - 2.4)
        for column, weekday in enumerate(policy.working_days):
            x = LEFT_MM + SIDE_MM + width * column
            pen.rule(x, y, x, y + height)
            routes = cell.on_day(row + 1, weekday) or (None,)
            when = None if start is None else day_of(start, row + 1, weekday)
            share = height / len(routes)
            for part, day in enumerate(routes, 1):
                _day(pen, day, when, (x, y + height - share * part, width, share), language)
                when = None
    pen.text(LEFT_MM, 6.0, note, 6.5, grey=0.25, width_mm=INNER_MM)
    pen.end_page()
    return pen.finish()


def _day(
    pen: Pen,
    day: PlannedDay | None,
    when: date | None,
    at: tuple[float, float, float, float],
    language: Language,
) -> None:
    """Write a day: date, route, load, and as many of its stops as there is room for."""
    x, y, width, height = at
    left, right, base = x + 1.2, x + width - 1.2, y + height - 4.2
    if when is not None:
        shown = f"{when.month}-{when.day:02d}"
        pen.text(right, base, shown, 8, grey=0.2, anchor="right", width_mm=width / 2)
    if day is None:
        base -= 0.0 if when is None else 4.4
        pen.text(left, base, text("sheets.free", language), 8, grey=0.4, width_mm=width - 2.4)
        return
    pen.text(
        left, base, day.number, 10, bold=True, width_mm=width - (2.4 if when is None else 13.0)
    )
    minutes = (day.travel_s + day.service_s) / 60.0
    load = text("sheets.stops_minutes", language, count=len(day.stops), minutes=minutes)
    if day.manager:
        load = f"{day.manager} · {load}"
    pen.text(left, base - 4.0, load, 7.5, width_mm=width - 2.4)
    room = int((height - 10.5) / LINE_MM)
    shown_stops = day.stops if len(day.stops) <= room else day.stops[: max(0, room - 1)]
    base -= 4.6
    for stop in shown_stops:
        base -= LINE_MM
        words = f"{stop.seq} {clock_of(stop.arrival_s)} {stop.name}"
        pen.text(left, base, words, 6.5, width_mm=width - 2.4)
    if len(shown_stops) < len(day.stops) and room > 0:
        more = text("feeds.more", language, count=len(day.stops) - len(shown_stops))
        pen.text(left, base - LINE_MM, more, 6.5, grey=0.3, width_mm=width - 2.4)
