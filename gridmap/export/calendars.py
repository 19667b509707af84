"""The routes of a cell as a calendar that telephones and mail programs subscribe to (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import product

from icalendar import Calendar, Event

from gridmap.catalogue import Language, text
from gridmap.export.plan_file import PlannedCell, PlannedDay, day_of
from gridmap.policies import RoutingPolicy, clock_of

#: Sequence numbers count minutes from here, so that a later plan has the higher one.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def event_uid(code: str, start: date, week: int, weekday: int, manager: str = "") -> str:
    """Return the id of a working day of a cell: the same in each plan of the same cycle.

    Where a cell has several managers, the day of each has an id of its own.
    """
    who = f"-{sha256(manager.encode()).hexdigest()[:8]}" if manager else ""
    return f"{code}-{start:%Y%m%d}-w{week}d{weekday}{who}@gridmap"


def route_calendar(
    cell: PlannedCell,
    policy: RoutingPolicy,
    *,
    start: date,
    revised: datetime,
    cycles: int = 1,
    language: Language = "en",
    note: str = "",
) -> bytes:
    """Return the cycle of a cell as an iCalendar file.

    Each working day is one event, and one for each manager where there are several. A later plan
    has the same ids and a higher sequence number, so that importing it updates the calendar; a
    working day without visits is a cancelled event, which takes away what an older plan put there.

    Parameters
    ----------
    cell
        The cell.
    policy
        Its cycle.
    start
        First Monday of the cycle.
    revised
        When the plan was made, with its time zone.
    cycles
        How often the cycle is repeated.
    language
        Language of the words.
    note
        What each event says beside its stops, such as that data are invented.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//gridmap//routes//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", text("sheets.title", language, code=cell.code, name=cell.name))
    stamp = revised.astimezone(UTC).replace(microsecond=0)
    several = len(cell.managers) > 1
    for manager in cell.managers if several else ("",):
        mine = [day for day in cell.days if not several or day.manager == manager]
        by_day = {(day.week, day.weekday): day for day in mine}
        for week, weekday in product(range(1, policy.weeks + 1), policy.working_days):
            event = Event()
            event.add("uid", event_uid(cell.code, start, week, weekday, manager))
            event.add("dtstamp", stamp)
            event.add("last-modified", stamp)
            event.add("sequence", max(0, int((stamp - EPOCH).total_seconds() // 60)))
            midnight = datetime.combine(day_of(start, week, weekday), datetime.min.time())
            route = by_day.get((week, weekday))
            if route is None:
                event.add("dtstart", midnight.date())
                event.add("summary", f"{cell.code} · {text('sheets.free', language)}")
                event.add("status", "CANCELLED")
                event.add("transp", "TRANSPARENT")
            else:
                _fill(event, cell, route, midnight, language=language, note=note)
            if cycles > 1:
                event.add("rrule", {"freq": "weekly", "interval": policy.weeks, "count": cycles})
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _fill(
    event: Event,
    cell: PlannedCell,
    route: PlannedDay,
    midnight: datetime,
    *,
    language: Language,
    note: str,
) -> None:
    """Write what a route is; times have no zone: they are those of the place."""
    event.add("dtstart", midnight + timedelta(seconds=round(route.start_s / 60.0) * 60))
    event.add("dtend", midnight + timedelta(seconds=round(route.finish_s / 60.0) * 60))
    minutes = (route.travel_s + route.service_s) / 60.0
    load = text(
        "sheets.day_load", language,
        count=len(route.stops), km=route.distance_m / 1000.0, minutes=minutes,
    )  # fmt: skip
    about = (route.number, route.manager or cell.manager, load)
    event.add("summary", " · ".join(one for one in about if one))
    stops = [
        f"{stop.seq}. {clock_of(stop.arrival_s)} {stop.name} ({stop.grade})" for stop in route.stops
    ]
    event.add("description", "\n".join([*stops, *([note] if note else [])]))
    where, lon, lat = route.start
    event.add("location", where)
    event.add("geo", (round(lat, 6), round(lon, 6)))
    event.add("status", "CONFIRMED")
