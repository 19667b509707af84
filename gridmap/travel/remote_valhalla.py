"""Travel times from a Valhalla server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry import shape

from gridmap.travel.engine import Isochrone, Snapped, Step
from gridmap.travel.remote import Leg, RemoteEngine, access_s
from gridmap.travel.remote_server import Refusal

Floats = NDArray[np.float64]

#: Costing model of each means of travel.
COSTING = {"drive": "auto", "walk": "pedestrian", "bike": "bicycle", "ebike": "bicycle"}
LOCALES = {"en": "en-US", "zh": "zh-CN"}
#: Codes of refusals that mean: there is no way (unconnected regions; no path).
NO_WAY = frozenset({"170", "442"})
#: Contours of one question, as the server allows unless it is told otherwise.
MOST_CONTOURS = 4
#: Parts of a degree in which shapes are written.
DECIMALS = 1e6


class ValhallaEngine(RemoteEngine):
    """Travel times of a Valhalla server; implements `gridmap.travel.engine.TravelEngine`.

    Conventions: `gridmap.travel.remote.RemoteEngine`. Directions are the server's own words.

    Parameters
    ----------
    url
        Base address, for example ``http://127.0.0.1:8002``.
    mode
        Means of travel.
    crs
        Projected reference system in metres.
    snap_limit_m
        Points farther than this from every street are off the network. Metres.
    costing
        Costing model; that of `COSTING` for the means of travel if None.
    timeout_s
        How long to wait for an answer. Seconds.
    most_places
        Most sources and most targets of one question (the server's
        ``max_matrix_location_pairs`` is 2500 = 50 × 50 unless it is told otherwise).

    References
    ----------
    https://valhalla.github.io/valhalla/api/
    """

    kind = "Valhalla"
    draws_isochrones = True

    def __init__(
        self,
        url: str,
        mode: str,
        crs: str,
        *,
        snap_limit_m: float = 500.0,
        costing: str | None = None,
        timeout_s: float = 30.0,
        most_places: int = 50,
    ) -> None:
        self._costing = costing or COSTING.get(mode, "auto")
        super().__init__(
            url, mode, crs,
            travels=self._costing, snap_limit_m=snap_limit_m, timeout_s=timeout_s,
            most_places=most_places,
        )  # fmt: skip

    def isochrones(self, sources: Snapped, limits_s: Sequence[float]) -> tuple[Isochrone, ...]:
        """Return what can be reached from any of the sources within each time, access included.

        A server draws the ground only: `streets` is empty and `length_m` NaN.
        """
        areas: list[list[shapely.Geometry]] = [[] for _ in limits_s]
        places, access = self._places(sources), access_s(sources)
        for row in np.flatnonzero(sources.reached).tolist():
            left_s = [float(limit_s) - float(access[row]) for limit_s in limits_s]
            asked = sorted({one for one in left_s if one > 0.0})
            drawn = dict(zip(asked, self._areas(places[row], asked), strict=True)) if asked else {}
            for number, one in enumerate(left_s):
                if one in drawn:
                    areas[number].append(drawn[one])
        return tuple(
            Isochrone(float(limit_s), np.empty(0, dtype=object), float("nan"), self._ground(area))
            for limit_s, area in zip(limits_s, areas, strict=True)
        )

    def _version(self) -> str:
        answer = self._server.answer("status")
        if not isinstance(answer, dict):
            raise self._server.odd("status")
        return f"{answer.get('version', '')} {answer.get('tileset_last_modified', '')}"

    def _nearest_places(self, lonlat: Floats, xy: Floats) -> tuple[Floats, Floats]:
        place, apart = np.full(xy.shape, np.nan), np.full(len(xy), np.inf)
        for rows in self._blocks(np.arange(len(xy))):
            question = {"locations": _locations(lonlat[rows]), "costing": self._costing}
            answer = self._server.answer("locate", question)
            if not isinstance(answer, list) or len(answer) != len(rows):
                raise self._server.odd("locate")
            for row, one in zip(rows.tolist(), answer, strict=True):
                edges = self._server.part(one, "edges")
                if not edges:
                    continue
                found = self._server.table(
                    [
                        [self._server.part(edge, f"correlated_{way}") for way in ("lon", "lat")]
                        for edge in self._server.parts(one, "edges")
                    ],
                    (None, 2),
                )
                metres = np.hypot(*(self._metres(found) - xy[row]).T)
                best = int(metres.argmin())
                place[row], apart[row] = found[best], metres[best]
        return place, apart

    def _durations(self, sources: Floats, targets: Floats) -> Floats:
        question = {
            "sources": _locations(sources),
            "targets": _locations(targets),
            "costing": self._costing,
        }
        answer = self._server.ask("sources_to_targets", question)
        if isinstance(answer, Refusal):
            if answer.code not in NO_WAY:
                raise self._server.refused(answer)
            return self._halved(sources, targets)
        rows = [
            [self._server.part(one, "time") for one in self._server.parts(row)]
            for row in self._server.parts(answer, "sources_to_targets")
        ]
        return self._server.table(rows, (len(sources), len(targets)))

    def _halved(self, sources: Floats, targets: Floats) -> Floats:
        """Return the durations of a block that is refused because of one place on an island."""
        if len(sources) == 1 and len(targets) == 1:
            return np.full((1, 1), np.nan)
        if len(sources) >= len(targets):
            half = len(sources) // 2
            parts = [self._durations(some, targets) for some in (sources[:half], sources[half:])]
            return np.concatenate(parts)
        half = len(targets) // 2
        parts = [self._durations(sources, some) for some in (targets[:half], targets[half:])]
        return np.concatenate(parts, axis=1)

    def _areas(self, place: Floats, limits_s: list[float]) -> list[shapely.Geometry]:
        found: list[shapely.Geometry] = []
        for first in range(0, len(limits_s), MOST_CONTOURS):
            minutes = np.array(limits_s[first : first + MOST_CONTOURS]) / 60.0
            question = {
                "locations": _locations(place[None, :]),
                "costing": self._costing,
                "contours": [{"time": one} for one in minutes.tolist()],
                "polygons": True,
                # Every part counts, however small beside the largest.
                "denoise": 0.0,
            }
            answer = self._server.answer("isochrone", question)
            shapes: list[list[shapely.Geometry]] = [[] for _ in minutes]
            for feature in self._server.parts(answer, "features"):
                contour = self._server.number(feature, "properties", "contour")
                nearest = int(np.abs(minutes - contour).argmin())
                shapes[nearest].append(self._shape(self._server.part(feature, "geometry")))
            found += [shapely.union_all(some) for some in shapes]
        return found

    def _ground(self, areas: list[shapely.Geometry]) -> shapely.MultiPolygon:
        whole = shapely.union_all(
            [shapely.make_valid(shapely.transform(area, self._metres)) for area in areas]
        )
        parts = [one for one in shapely.get_parts(whole) if isinstance(one, shapely.Polygon)]
        return shapely.MultiPolygon([one for one in parts if not one.is_empty])

    def _shape(self, geometry: Any) -> shapely.Geometry:
        try:
            return shapely.make_valid(shape(geometry))
        except (ShapelyError, AttributeError, KeyError, IndexError, TypeError, ValueError):
            raise self._server.odd("features.geometry") from None

    def _leg(self, start: Floats, end: Floats, language: str | None) -> Leg | None:
        question: dict[str, object] = {
            "locations": _locations(np.stack([start, end])),
            "costing": self._costing,
            "units": "kilometers",
        }
        if language is None:
            question["directions_type"] = "none"
        else:
            question["language"] = LOCALES.get(language, "en-US")
        answer = self._server.ask("route", question)
        if isinstance(answer, Refusal):
            if answer.code in NO_WAY:
                return None
            raise self._server.refused(answer)
        leg = self._server.part(answer, "trip", "legs", 0)
        encoded = self._server.part(leg, "shape")
        line = decode(encoded) if isinstance(encoded, str) else None
        if line is None:
            raise self._server.odd("trip.legs.0.shape")
        steps: tuple[Step, ...] = ()
        if language is not None:
            steps = tuple(self._step(one) for one in self._server.parts(leg, "maneuvers"))
        return Leg(
            self._server.number(leg, "summary", "time"),
            self._server.number(leg, "summary", "length") * 1000.0,
            line if len(line) > 1 else line[[0, 0]],
            steps,
        )

    def _step(self, maneuver: object) -> Step:
        names = maneuver.get("street_names") if isinstance(maneuver, dict) else None
        return Step(
            str(self._server.part(maneuver, "instruction")),
            str(names[0]) if isinstance(names, list) and names else "",
            self._server.number(maneuver, "length") * 1000.0,
            self._server.number(maneuver, "time"),
        )


def decode(encoded: str) -> Floats | None:
    """Return the vertices of an encoded polyline with six decimals, None if it is none.

    Each number is the difference to the one before, latitude and longitude by turns, in groups
    of five bits from the lowest, sign in the last bit.

    Returns
    -------
    ndarray or None
        Degrees, longitude first. Shape (n_vertices, 2).
    """
    numbers: list[int] = []
    value = shift = 0
    for character in encoded:
        bits = ord(character) - 63
        if not 0 <= bits < 64:
            return None
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    if shift or not numbers or len(numbers) % 2:
        return None
    # A sum of whole numbers of any size: a spoilt shape must not overflow.
    latlon = np.array(numbers, dtype=np.float64).reshape(-1, 2).cumsum(axis=0) / DECIMALS
    return latlon[:, ::-1]


def _locations(lonlat: Floats) -> list[dict[str, float]]:
    return [{"lat": float(lat), "lon": float(lon)} for lon, lat in lonlat]
