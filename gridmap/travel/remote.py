"""Travel engines that ask a server: what OSRM and Valhalla have in common.

The engines themselves are `gridmap.travel.remote_osrm.OsrmEngine` and
`gridmap.travel.remote_valhalla.ValhallaEngine`.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from gridmap.catalogue import LANGUAGES
from gridmap.errors import EngineError, fault
from gridmap.travel.engine import (
    ACCESS_SPEED_M_S,
    Capabilities,
    Direction,
    Isochrone,
    Nearby,
    Nearest,
    Path,
    Snapped,
    Step,
)
from gridmap.travel.legs import require_legs, require_reached
from gridmap.travel.nearby import nearby_of_matrix
from gridmap.travel.remote_server import Server

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Leg:
    """The way from one place on the streets to another; coordinates in degrees."""

    seconds: float
    length_m: float
    lonlat: Floats
    steps: tuple[Step, ...]


class RemoteEngine(ABC):
    """What the engines that ask a server share; see `gridmap.travel.engine.TravelEngine`.

    A time runs from point to point as in the other engines: straight to the street at
    `ACCESS_SPEED_M_S`, along the streets as the server says, straight to the other point. A
    point takes no time to itself.

    The server alone knows its edges. Snapped points therefore hold in `xy` the place on the
    street, which all later questions use; `edge` is 0 where there is one and -1 elsewhere,
    `fraction` is 0, and `distance_m` the metres from the point to that place. Places are kept to
    the millionth of a degree (11 cm). Points with the same place and distance count as the same.
    The nearest street may be one that the map cuts off from the others; it is then unreachable.
    """

    kind: ClassVar[str]
    draws_isochrones: ClassVar[bool] = False

    def __init__(
        self,
        url: str,
        mode: str,
        crs: str,
        *,
        travels: str,
        snap_limit_m: float,
        timeout_s: float,
        most_places: int,
    ) -> None:
        if not snap_limit_m > 0.0:
            raise ValueError(f"Expected snap_limit_m > 0, found {snap_limit_m}.")
        if most_places < 1:
            raise ValueError(f"Expected most_places >= 1, found {most_places}.")
        self._server = Server(url, self.kind, mode, timeout_s)
        self._mode, self._crs, self._travels = mode, crs, travels
        self._limit_m, self._most = snap_limit_m, most_places
        self._to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        self._to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)

    @property
    def mode(self) -> str:
        """Means of travel."""
        return self._mode

    @property
    def capabilities(self) -> Capabilities:
        """What the engine can do.

        It is not `exact`: the server rounds its times, seeks the way of least cost, which need
        not be the shortest in time, and may be given another map at any moment.
        """
        return Capabilities(
            offline=False,
            exact=False,
            isochrones=self.draws_isochrones,
            margins=True,
            directions=LANGUAGES,
            turns=True,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hash of server, means of travel and, where the server tells it, version of its map.

        Asked for once. A server that tells no version may get a new map without a new
        fingerprint; then it should be given a new address as well.
        """
        said = (self.kind, self._server.url, self._mode, self._travels, self._crs,
                repr(self._limit_m), self._version())  # fmt: skip
        return hashlib.sha256("\n".join(("remote 1", *said)).encode()).hexdigest()

    def snap(self, xy: Floats, /) -> Snapped:
        """Bring points to the network. `xy` has shape (n_points, 2), metres.

        A point off the network has edge -1, an infinite distance and itself in `xy`.
        """
        xy = np.array(xy, dtype=np.float64).reshape(-1, 2)
        distance = np.full(len(xy), np.inf)
        usable = np.flatnonzero(np.isfinite(xy).all(axis=1))
        degrees = self._degrees(xy[usable])
        on_earth = np.isfinite(degrees).all(axis=1)
        usable, degrees = usable[on_earth], degrees[on_earth]
        if len(usable):
            place, apart = self._nearest_places(degrees, xy[usable])
            near = apart <= self._limit_m
            distance[usable[near]] = apart[near]
            xy[usable[near]] = self._metres(place[near])
        edge = np.where(np.isfinite(distance), 0, -1).astype(np.int64)
        return Snapped(edge, np.zeros(len(xy)), distance, xy)

    def matrix(self, sources: Snapped, targets: Snapped) -> Floats:
        """Return seconds from each source to each target, NaN = unreachable.

        Shape (n_sources, n_targets). Asked for in blocks of at most `most_places` sources and
        as many targets.
        """
        seconds = np.full((len(sources), len(targets)), np.nan)
        source_places, target_places = self._places(sources), self._places(targets)
        for rows in self._blocks(np.flatnonzero(sources.reached)):
            for columns in self._blocks(np.flatnonzero(targets.reached)):
                found = self._durations(source_places[rows], target_places[columns])
                seconds[np.ix_(rows, columns)] = found
        seconds[~np.isfinite(seconds)] = np.nan
        seconds += access_s(sources)[:, None]
        seconds += access_s(targets)
        seconds[_identical(sources, targets)] = 0.0
        return seconds

    def matrices(self, groups: Sequence[Snapped]) -> list[Floats]:
        """Return the matrix of each group of points from and to itself."""
        return [self.matrix(group, group) for group in groups]

    def nearest(
        self,
        sources: Snapped,
        targets: Snapped,
        *,
        direction: Direction = "from_sources",
        margin: bool = False,
    ) -> Nearest:
        """Return the nearest source of each target, of equally near ones the lowest.

        Taken from the whole matrix, which the server has to answer.
        """
        if direction == "from_sources":
            times = self.matrix(sources, targets)
        else:
            times = self.matrix(targets, sources).T
        reach = np.isfinite(times).any(axis=0) if len(sources) else np.zeros(len(targets), bool)
        filled = np.where(np.isfinite(times), times, np.inf)
        source = np.full(len(targets), -1, dtype=np.int64)
        seconds = np.full(len(targets), np.nan)
        at = np.flatnonzero(reach)
        if len(at):
            source[at] = filled[:, at].argmin(axis=0)
            seconds[at] = filled[source[at], at]
        if not margin:
            return Nearest(seconds, source)
        margin_s = np.full(len(targets), np.nan)
        if len(at):
            filled[source[at], at] = np.inf
            margin_s[at] = filled[:, at].min(axis=0) - seconds[at]
        return Nearest(seconds, source, margin_s)

    def nearby(
        self,
        sources: Snapped,
        targets: Snapped,
        *,
        most: int,
        limit_s: float = np.inf,
        direction: Direction = "from_sources",
    ) -> Nearby:
        """Return the nearest sources of each target, `most` at most, within a time.

        Taken from the whole matrix, which the server has to answer.
        """
        if direction == "from_sources":
            times = self.matrix(sources, targets).T
        else:
            times = self.matrix(targets, sources)
        return nearby_of_matrix(times, most=most, limit_s=limit_s)

    def isochrones(
        self,
        sources: Snapped,  # noqa: ARG002
        limits_s: Sequence[float],  # noqa: ARG002
    ) -> tuple[Isochrone, ...]:
        """Refuse: this kind of server draws no isochrones.

        Raises
        ------
        EngineError
            Always, unless a kind of server does better.
        """
        raise EngineError(fault("travel.not_offered", kind=self.kind, what="isochrone"))

    def route(self, points: Snapped, *, language: str | None = None) -> Path:
        """Return the way through the points in their order, with directions in a language.

        Each leg is asked for on its own, so that `leg_s` are those of `matrix`: one may leave a
        stop in any direction. `leg_m` and `leg_xy` are the way along the streets.

        Raises
        ------
        InputError
            If a point is off the network or a leg cannot be travelled.
        """
        require_reached(points, self._limit_m)
        places, access = self._places(points), access_s(points)
        legs = [self._leg(start, end, language) for start, end in pairwise(places)]
        require_legs([leg is not None for leg in legs])
        done = [leg for leg in legs if leg is not None]
        seconds = np.array([leg.seconds for leg in done]) + access[:-1] + access[1:]
        same = [
            bool(_identical(points.take(np.array([at])), points.take(np.array([at + 1])))[0, 0])
            for at in range(len(done))
        ]
        seconds[np.array(same, dtype=bool)] = 0.0
        return Path(
            leg_s=seconds,
            leg_m=np.array([leg.length_m for leg in done]),
            leg_xy=tuple(self._metres(leg.lonlat) for leg in done),
            leg_steps=() if language is None else tuple(leg.steps for leg in done),
        )

    @abstractmethod
    def _version(self) -> str:
        """Return what the server tells of its map's version."""

    @abstractmethod
    def _nearest_places(self, lonlat: Floats, xy: Floats) -> tuple[Floats, Floats]:
        """Return the nearest place on a street in degrees and its metres, inf = none."""

    @abstractmethod
    def _durations(self, sources: Floats, targets: Floats) -> Floats:
        """Return seconds between places in degrees, NaN = unreachable."""

    @abstractmethod
    def _leg(self, start: Floats, end: Floats, language: str | None) -> Leg | None:
        """Return the way between two places in degrees, None if there is none."""

    def _blocks(self, rows: Ints) -> Iterator[Ints]:
        for first in range(0, len(rows), self._most):
            yield rows[first : first + self._most]

    def _places(self, points: Snapped) -> Floats:
        if points.xy is None:
            raise ValueError("Expected points snapped by this engine.")
        return np.round(self._degrees(points.xy), 6)

    def _degrees(self, xy: Floats) -> Floats:
        return np.column_stack(self._to_degrees.transform(xy[:, 0], xy[:, 1]))

    def _metres(self, lonlat: Floats) -> Floats:
        return np.column_stack(self._to_metres.transform(lonlat[:, 0], lonlat[:, 1]))


def access_s(points: Snapped) -> Floats:
    """Return seconds of the straight way between each point and the street."""
    return np.where(points.reached, points.distance_m, 0.0) / ACCESS_SPEED_M_S


def _identical(sources: Snapped, targets: Snapped) -> Bools:
    """Return which pairs are the same point. Shape (n_sources, n_targets)."""
    here, there = np.asarray(sources.xy), np.asarray(targets.xy)
    same = sources.distance_m[:, None] == targets.distance_m
    same &= (here[:, None, 0] == there[:, 0]) & (here[:, None, 1] == there[:, 1])
    return np.asarray(same & sources.reached[:, None] & targets.reached)
