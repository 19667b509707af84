"""What a travel engine can do; planning and scoring know engines only by this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.catalogue import Language

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Pace of the straight way between a point and the street, on foot whatever the means of travel:
#: 4.5 km/h, as in the walking profile.
ACCESS_SPEED_M_S = 4.5 / 3.6

#: Which way a nearest source is sought: from it to the targets, or from the targets to it.
Direction = Literal["from_sources", "to_sources"]


@dataclass(frozen=True, eq=False)
class Snapped:
    """Points brought to the street network.

    Attributes
    ----------
    edge
        Nearest edge of each point, -1 where none is within the limit. Shape (n_points,).
    fraction
        Where on the edge, 0 = tail … 1 = head, by length. Shape (n_points,).
    distance_m
        Straight metres from the point to the street. Shape (n_points,).
    xy
        The points themselves in metres, where the engine needs them. Shape (n_points, 2).
    """

    edge: Ints
    fraction: Floats
    distance_m: Floats
    xy: Floats | None = None

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def reached(self) -> Bools:
        """Which points are on the network. Shape (n_points,)."""
        return self.edge >= 0

    def take(self, rows: Ints | slice) -> Snapped:
        """Return some of the points."""
        xy = None if self.xy is None else self.xy[rows]
        return Snapped(self.edge[rows], self.fraction[rows], self.distance_m[rows], xy)


@dataclass(frozen=True)
class Step:
    """One line of directions.

    Attributes
    ----------
    text
        What to do, in the language asked for.
    name
        Street that is entered, or nothing.
    distance_m, duration_s
        How far and how long to go on until the next step.
    """

    text: str
    name: str
    distance_m: float
    duration_s: float


@dataclass(frozen=True, eq=False)
class Path:
    """A way along the streets through several points.

    Attributes
    ----------
    leg_s, leg_m
        Seconds and metres of each leg. Shape (n_points - 1,).
    leg_xy
        Street geometry of each leg in metres, one array of shape (n_vertices, 2) a leg.
    leg_steps
        Directions of each leg; empty where no language was asked for.
    """

    leg_s: Floats
    leg_m: Floats
    leg_xy: tuple[Floats, ...]
    leg_steps: tuple[tuple[Step, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest source of each target.

    Attributes
    ----------
    seconds
        Travel time, NaN = no source reaches the target. Shape (n_targets,).
    source
        The nearest source, of equally near ones the lowest; -1 = none. Shape (n_targets,).
    margin_s
        How much longer the next source takes, infinite where only one reaches the target, NaN
        where none does; None if it was not asked for. Shape (n_targets,).
    """

    seconds: Floats
    source: Ints
    margin_s: Floats | None = None


@dataclass(frozen=True, eq=False)
class Nearby:
    """The few nearest sources of each target, one target after the other.

    Attributes
    ----------
    start
        Where each target's sources begin, and the end of the last. Shape (n_targets + 1,).
    source
        Sources of a target by time, equally near ones by number. Shape (n_found,).
    seconds
        Travel times in single precision, exact up to four and a half hours. Shape (n_found,).
    """

    start: Ints
    source: NDArray[np.int32]
    seconds: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Isochrone:
    """What can be reached within a time.

    Attributes
    ----------
    limit_s
        The time.
    streets
        Street pieces that are reached. Shape (n_pieces,).
    length_m
        Their metres on the ground.
    area
        The ground beside them.
    """

    limit_s: float
    streets: NDArray[np.object_]
    length_m: float
    area: shapely.MultiPolygon


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do.

    Attributes
    ----------
    offline
        It needs no server.
    exact
        Times are shortest, and equal questions get equal answers to the bit.
    isochrones, margins
        It draws isochrones; it knows the margin to the second nearest source.
    directions
        Languages in which it writes directions.
    turns
        Turn costs and restrictions are kept.
    """

    offline: bool
    exact: bool
    isochrones: bool
    margins: bool
    directions: tuple[str, ...]
    turns: bool


class TravelEngine(Protocol):
    """Travel times of one means of travel."""

    @property
    def mode(self) -> str:
        """Means of travel."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of network and speeds: equal fingerprints give equal answers."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the engine can do; the rest is refused with an `EngineError`."""
        ...

    def snap(self, xy: Floats, /) -> Snapped:
        """Bring points to the network. `xy` has shape (n_points, 2), metres."""
        ...

    def matrix(self, sources: Snapped, targets: Snapped) -> Floats:
        """Return seconds from each source to each target, NaN = unreachable.

        Shape (n_sources, n_targets).
        """
        ...

    def matrices(self, groups: Sequence[Snapped]) -> list[Floats]:
        """Return the matrix of each group of points from and to itself.

        Shape (n_points of the group, the same) each.
        """
        ...

    def nearest(
        self,
        sources: Snapped,
        targets: Snapped,
        *,
        direction: Direction = "from_sources",
        margin: bool = False,
    ) -> Nearest:
        """Return the nearest source of each target, and with `margin` how far the next one is."""
        ...

    def nearby(
        self,
        sources: Snapped,
        targets: Snapped,
        *,
        most: int,
        limit_s: float = np.inf,
        direction: Direction = "from_sources",
    ) -> Nearby:
        """Return the nearest sources of each target, `most` at most, within a time."""
        ...

    def isochrones(self, sources: Snapped, limits_s: Sequence[float]) -> tuple[Isochrone, ...]:
        """Return what can be reached from any of the sources within each time."""
        ...

    def route(self, points: Snapped, *, language: Language | None = None) -> Path:
        """Return the way through the points in their order, with directions in a language.

        Raises
        ------
        InputError
            If a leg cannot be travelled.
        """
        ...
