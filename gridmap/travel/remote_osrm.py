"""Travel times from an OSRM server."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.travel import polyline
from gridmap.travel.directions import POINTS_OF_COMPASS
from gridmap.travel.engine import Step
from gridmap.travel.remote import Leg, RemoteEngine
from gridmap.travel.remote_server import Refusal

Floats = NDArray[np.float64]

#: Sentence of each modifier of a manoeuvre.
TURNS = {
    "straight": "straight",
    "slight left": "slight",
    "slight right": "slight",
    "left": "turn",
    "right": "turn",
    "sharp left": "sharp",
    "sharp right": "sharp",
    "uturn": "u_turn",
}
ROUNDABOUTS = frozenset({"roundabout", "rotary"})
#: Manoeuvres that only end or describe the stretch before; they get no line of their own.
CONTINUED = frozenset({"exit roundabout", "exit rotary", "notification"})


class OsrmEngine(RemoteEngine):
    """Travel times of an OSRM server; implements `gridmap.travel.engine.TravelEngine`.

    Conventions: `gridmap.travel.remote.RemoteEngine`. OSRM draws no isochrones, and its
    directions are put in words here.

    Parameters
    ----------
    url
        Base address of osrm-routed, for example ``http://127.0.0.1:5000``.
    mode
        Means of travel that the server was prepared for.
    crs
        Projected reference system in metres.
    snap_limit_m
        Points farther than this from every street are off the network. Metres.
    profile
        Profile in the address; osrm-routed knows only the one it was prepared with.
    timeout_s
        How long to wait for an answer. Seconds.
    most_places
        Most sources and most targets of one question (osrm-routed: ``--max-table-size``).

    References
    ----------
    https://project-osrm.org/docs/v5.24.0/api/
    """

    kind = "OSRM"

    def __init__(
        self,
        url: str,
        mode: str,
        crs: str,
        *,
        snap_limit_m: float = 500.0,
        profile: str = "driving",
        timeout_s: float = 30.0,
        most_places: int = 100,
    ) -> None:
        super().__init__(
            url, mode, crs,
            travels=profile, snap_limit_m=snap_limit_m, timeout_s=timeout_s,
            most_places=most_places,
        )  # fmt: skip
        self._profile = profile

    def _version(self) -> str:
        # Every good answer tells it, if osrm-extract was given a --data_version.
        answer = self._server.ask(self._path("nearest", np.zeros((1, 2))))
        return str(answer.get("data_version", "")) if isinstance(answer, dict) else ""

    def _nearest_places(self, lonlat: Floats, xy: Floats) -> tuple[Floats, Floats]:
        place, apart = np.full(xy.shape, np.nan), np.full(len(xy), np.inf)
        for row in range(len(xy)):
            answer = self._server.ask(self._path("nearest", lonlat[[row]]) + "?number=1")
            if isinstance(answer, Refusal):
                if answer.code != "NoSegment":
                    raise self._server.refused(answer)
                continue
            location = self._server.part(answer, "waypoints", 0, "location")
            place[row] = self._server.table([location], (1, 2))[0]
            apart[row] = self._server.number(answer, "waypoints", 0, "distance")
        return place, apart

    def _durations(self, sources: Floats, targets: Floats) -> Floats:
        n_sources, n_targets = len(sources), len(targets)
        rows = ";".join(map(str, range(n_sources)))
        columns = ";".join(map(str, range(n_sources, n_sources + n_targets)))
        path = self._path("table", np.concatenate([sources, targets]))
        answer = self._server.answer(
            f"{path}?annotations=duration&sources={rows}&destinations={columns}"
        )
        return self._server.table(self._server.part(answer, "durations"), (n_sources, n_targets))

    def _leg(self, start: Floats, end: Floats, language: str | None) -> Leg | None:
        path = self._path("route", np.stack([start, end]))
        answer = self._server.ask(f"{path}?geometries=geojson&overview=full&steps=true")
        if isinstance(answer, Refusal):
            if answer.code == "NoRoute":
                return None
            raise self._server.refused(answer)
        leg = self._server.part(answer, "routes", 0, "legs", 0)
        steps = self._server.parts(leg, "steps")
        lines = [
            self._server.table(self._server.part(step, "geometry", "coordinates"), (None, 2))
            for step in steps
        ]
        if not lines:
            raise self._server.odd("steps: []")
        return Leg(
            self._server.number(leg, "duration"),
            self._server.number(leg, "distance"),
            polyline.join(lines),
            self._words(steps, language) if language else (),
        )

    def _words(self, steps: list[object], language: str) -> tuple[Step, ...]:
        """Return the steps of a leg in words; the last one is the arrival."""
        into: Language = next((one for one in LANGUAGES if one == language), "en")
        found: list[Step] = []
        around: object = None
        for step in steps:
            kind = str(self._server.part(step, "maneuver", "type"))
            name = str(self._server.part(step, "name"))
            metres = self._server.number(step, "distance")
            seconds = self._server.number(step, "duration")
            if kind in CONTINUED and found:
                last = found[-1]
                line = last.text if around is None else _round(around, name, into)
                name = last.name if around is None else name
                metres, seconds = last.distance_m + metres, last.duration_s + seconds
                found[-1] = Step(line, name, metres, seconds)
                around = None
                continue
            around = None
            if kind == "arrive":
                line, name = text("travel.arrive", into), ""
            elif kind in ROUNDABOUTS:
                around = self._server.part(step, "maneuver")
                line = _round(around, name, into)
            else:
                line = self._turn(kind, self._server.part(step, "maneuver"), name, into)
            found.append(Step(line, name, metres, seconds))
        return tuple(found)

    def _turn(self, kind: str, maneuver: object, name: str, language: Language) -> str:
        if kind == "depart":
            bearing = self._server.number(maneuver, "bearing_after")
            compass = POINTS_OF_COMPASS[round(bearing / 45.0) % 8]
            key, side = "depart", text(f"travel.compass.{compass}", language)
        else:
            modifier = maneuver.get("modifier", "") if isinstance(maneuver, dict) else ""
            key = TURNS.get(str(modifier), "straight")
            way = str(modifier).rpartition(" ")[2]
            side = text(f"travel.side.{way}", language) if way in {"left", "right"} else ""
        named = "named" if name else "unnamed"
        return text(f"travel.{key}_{named}", language, side=side, street=name)

    def _path(self, service: str, lonlat: Floats) -> str:
        places = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in lonlat)
        return f"{service}/v1/{self._profile}/{places}"


def _round(maneuver: object, name: str, language: Language) -> str:
    number = maneuver.get("exit", 1) if isinstance(maneuver, dict) else 1
    named = "named" if name else "unnamed"
    return text(f"travel.roundabout_{named}", language, exit=number, street=name)
