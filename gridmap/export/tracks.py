"""A route for a navigation device: its stops as waypoints, its way on the streets as a track."""

from __future__ import annotations

from gpxpy import gpx

from gridmap.catalogue import Language, text
from gridmap.export.plan_file import PlannedCell, PlannedDay
from gridmap.policies import clock_of


def route_track(
    cell: PlannedCell, day: PlannedDay, *, language: Language = "en", note: str = ""
) -> str:
    """Return a route as GPX 1.1; coordinates are WGS-84, as the format says.

    Parameters
    ----------
    cell, day
        The route.
    language
        Language of the words.
    note
        Source of the map and warnings, for the head of the file.
    """
    content = gpx.GPX()
    content.creator = "gridmap"
    weekday = text(f"sheets.weekday.{day.weekday}", language)
    when = text("sheets.day", language, week=day.week, weekday=weekday)
    content.name = printable(f"{day.number} · {when} · {cell.code} {cell.name}")
    content.description = printable(note) or None
    for stop in day.stops:
        minutes = text("sheets.duration", language, minutes=stop.service_s / 60.0)
        content.waypoints.append(
            gpx.GPXWaypoint(
                round(stop.lat, 7),
                round(stop.lon, 7),
                name=printable(f"{stop.seq} {stop.name}"),
                description=f"{clock_of(stop.arrival_s)} · {minutes} · {printable(stop.grade)}",
                comment=printable(stop.outlet_id),
            )
        )
    track = gpx.GPXTrack(name=day.number)
    points = [gpx.GPXTrackPoint(round(lat, 7), round(lon, 7)) for lon, lat in day.way]
    track.segments.append(gpx.GPXTrackSegment(points))
    content.tracks.append(track)
    return str(content.to_xml(version="1.1"))


def printable(words: str) -> str:
    """Return words without the control characters that XML has no spelling for."""
    return "".join(one for one in words if one >= " " and one not in "\ufffe\uffff")
