"""Ways that take longer or shorter by the time of day; who leaves later never arrives earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PeriodLeg:
    """A way whose time depends on when it is gone.

    The way is covered at the pace of the part of the day in which one is on it. A way that is not
    over at the border of two parts goes on from there at the other pace, so its arrival is a
    continuous and rising function of its departure.

    Attributes
    ----------
    begins_s
        When each part of the day begins, rising, in seconds after midnight; the first also holds
        before.
    seconds
        What the whole way takes at the pace of each part.

    References
    ----------
    S. Ichoua, M. Gendreau, J.-Y. Potvin (2003), Vehicle dispatching with time-dependent travel
    times, European Journal of Operational Research 144: 379-396.

    Examples
    --------
    Half of the way at the first pace, from 90 to 100, the other half at the second one:

    >>> PeriodLeg((0.0, 100.0), (20.0, 40.0)).arrival_s(90.0)
    120.0
    """

    begins_s: tuple[float, ...]
    seconds: tuple[float, ...]

    def arrival_s(self, depart_s: float) -> float:
        """Return when who leaves at `depart_s` arrives; both are seconds after midnight."""
        now, left = depart_s, 1.0
        for border, whole_s in zip((*self.begins_s[1:], np.inf), self.seconds, strict=True):
            if now >= border:
                continue
            if now + left * whole_s <= border:
                return float(now + left * whole_s)
            left -= (border - now) / whole_s
            now = border
        raise ValueError(f"Expected finite seconds, found {self.seconds}.")


#: A way: its seconds, or what depends on the time of day.
Leg = float | PeriodLeg


def arrive(leg: Leg, depart_s: float) -> float:
    """Return when who leaves for a way at `depart_s` arrives."""
    if isinstance(leg, PeriodLeg):
        return leg.arrival_s(depart_s)
    return depart_s + leg


@dataclass(frozen=True, eq=False)
class PeriodWays:
    """Ways between the places of a cell in each part of the day.

    Attributes
    ----------
    begins_s
        When each part begins, rising, in seconds after midnight.
    shares
        Their shares of the working day.
    travel_s
        Seconds from place to place in each part, NaN = no way. Shape (n_parts, n_places,
        n_places).
    """

    begins_s: tuple[float, ...]
    shares: tuple[float, ...]
    travel_s: Floats

    @property
    def mean_s(self) -> Floats:
        """Seconds from place to place in the mean of the day. Shape (n_places, n_places)."""
        return np.asarray(np.tensordot(np.array(self.shares), self.travel_s, axes=1))

    @property
    def least_s(self) -> Floats:
        """Seconds from place to place where they are least. Shape (n_places, n_places)."""
        return np.asarray(self.travel_s.min(axis=0))

    @property
    def most_s(self) -> Floats:
        """Seconds from place to place where they are most, 0 = no way. Shape as `least_s`."""
        return np.asarray(np.nan_to_num(self.travel_s.max(axis=0), nan=0.0))

    def legs(self, way: Sequence[int]) -> list[PeriodLeg]:
        """Return the ways from each place of a route to the next."""
        at = np.array(way, dtype=np.int64)
        seconds = self.travel_s[:, at[:-1], at[1:]].T.tolist()
        return [PeriodLeg(self.begins_s, tuple(one)) for one in seconds]
