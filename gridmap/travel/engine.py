"""What a travel engine can do; planning and scoring know engines only by this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


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
    """

    edge: Ints
    fraction: Floats
    distance_m: Floats

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def reached(self) -> Bools:
        """Which points are on the network. Shape (n_points,)."""
        return self.edge >= 0


@dataclass(frozen=True, eq=False)
class Path:
    """A way along the streets through several points.

    Attributes
    ----------
    leg_s, leg_m
        Seconds and metres of each leg. Shape (n_points - 1,).
    leg_xy
        Street geometry of each leg in metres, one array of shape (n_vertices, 2) a leg.
    """

    leg_s: Floats
    leg_m: Floats
    leg_xy: tuple[Floats, ...]


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

    def snap(self, xy: Floats, /) -> Snapped:
        """Bring points to the network. `xy` has shape (n_points, 2), metres."""
        ...

    def matrix(self, sources: Snapped, targets: Snapped) -> Floats:
        """Return seconds from each source to each target, NaN = unreachable.

        Shape (n_sources, n_targets).
        """
        ...

    def nearest(self, sources: Snapped, targets: Snapped) -> tuple[Floats, Ints]:
        """Return for each target the seconds from its nearest source, and which that is.

        Unreachable is NaN and -1. Shapes (n_targets,).
        """
        ...

    def route(self, points: Snapped) -> Path:
        """Return the way through the points in their order.

        Raises
        ------
        InputError
            If a leg cannot be travelled.
        """
        ...
