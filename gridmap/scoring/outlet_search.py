"""Times of single outlets, searched again when outlets open, close or move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from gridmap.scoring.travel_times import (
    DemandPlaces,
    Floats,
    Ints,
    Minutes,
    demand_places,
)
from gridmap.travel.engine import TravelEngine

#: Straight ways to and from the street are on foot, so no bound on speed is below that.
WALK_M_S = 1.25
#: Times are rounded to ticks: what is so much farther may be reached all the same, in metres.
SLACK_M = 1.0


class OutletSearch(Protocol):
    """Times between places of demand and outlets, by places and numbers of `TravelTimes`."""

    def minutes(self, mode: str, xy: Floats, places: Ints | None = None) -> Minutes:
        """Return minutes from outlets to places, None = all; infinite = unreachable.

        Shape (n_outlets, n_places).
        """
        ...

    def within(self, mode: str, xy: Floats, limit_min: Floats) -> Ints:
        """Return the places that an outlet may reach within the time of each place.

        Some may be farther. `xy` has shape (2,), `limit_min` (n_places,).
        """
        ...

    def few(self, mode: str, xy: Floats, places: Ints, *, most: int, within_min: float) -> Few:
        """Return the nearest outlets of some places, `most` at most, within a time."""
        ...

    def around(self, mode: str, xy: Floats, places: Ints, within_min: float) -> Ints:
        """Return which outlets may reach any of the places within a time; some may be farther."""
        ...


@dataclass(frozen=True, eq=False)
class Few:
    """Nearest outlets of some places, one place after the other, see `TravelTimes`."""

    start: Ints
    outlet: NDArray[np.int32]
    minutes: NDArray[np.float32]

    def nth(self, number: int) -> tuple[Floats, Ints]:
        """Return minutes and outlet of an entry of each place, infinite and -1 if it has fewer."""
        at = self.start[:-1] + number
        there = at < self.start[1:]
        minutes = np.full(len(at), np.inf)
        outlet = np.full(len(at), -1, dtype=np.int64)
        minutes[there], outlet[there] = self.minutes[at[there]], self.outlet[at[there]]
        return minutes, outlet


class StreetSearch:
    """Times along the streets; implements `OutletSearch`.

    Parameters
    ----------
    engines
        Travel engine of each means of travel.
    demand_xy
        Demand points in metres, in the order of the travel times. Shape (n_demand, 2).
    """

    def __init__(self, engines: Mapping[str, TravelEngine], demand_xy: Floats) -> None:
        self._engines = engines
        self._demand_xy = demand_xy
        self._places: dict[str, DemandPlaces] = {}

    def minutes(self, mode: str, xy: Floats, places: Ints | None = None) -> Minutes:
        """Return minutes from outlets to places. Shape (n_outlets, n_places)."""
        engine, targets = self._engines[mode], self.places(mode).snapped
        if places is not None:
            targets = targets.take(places)
        seconds = engine.matrix(engine.snap(xy), targets)
        minutes = seconds.astype(np.float32) / np.float32(60.0)
        minutes[np.isnan(minutes)] = np.inf
        return minutes

    def within(self, mode: str, xy: Floats, limit_min: Floats) -> Ints:
        """Return the places that the fastest street would allow to reach in time."""
        away_m = np.linalg.norm(self.places(mode).xy - xy, axis=1)
        return np.flatnonzero(away_m <= SLACK_M + 60.0 * self._fastest_m_s[mode] * limit_min)

    def few(self, mode: str, xy: Floats, places: Ints, *, most: int, within_min: float) -> Few:
        """Return the nearest outlets of some places."""
        engine = self._engines[mode]
        found = engine.nearby(
            engine.snap(xy),
            self.places(mode).snapped.take(places),
            most=most,
            limit_s=60.0 * within_min,
        )
        return Few(found.start, found.source, found.seconds / np.float32(60.0))

    def around(self, mode: str, xy: Floats, places: Ints, within_min: float) -> Ints:
        """Return which outlets lie within what the fastest street allows in that time."""
        if not np.isfinite(within_min):
            return np.arange(len(xy))
        ends = KDTree(self.places(mode).xy[places])
        reach_m = SLACK_M + 60.0 * within_min * self._fastest_m_s[mode]
        return np.flatnonzero(np.isfinite(ends.query(xy, distance_upper_bound=reach_m)[0]))

    def places(self, mode: str) -> DemandPlaces:
        """Return the places of demand, brought to the streets once."""
        if mode not in self._places:
            self._places[mode] = demand_places(self._engines[mode], self._demand_xy)
        return self._places[mode]

    @cached_property
    def _fastest_m_s(self) -> Mapping[str, float]:
        return {mode: _fastest_m_s(engine) for mode, engine in self._engines.items()}


def _fastest_m_s(engine: TravelEngine) -> float:
    """Return metres as the crow flies that a second on the streets brings one at most."""
    network = getattr(engine, "network", None)
    if network is None:
        return np.inf
    straight = np.linalg.norm(network.node_xy[network.tail] - network.node_xy[network.head], axis=1)
    # Along an edge a point moves no faster than its metres, which may be bent.
    metres = np.maximum(straight, network.length_m)
    seconds = np.fmin(network.forward_s, network.backward_s)
    usable = seconds > 0.0
    fastest = float((metres[usable] / seconds[usable]).max()) if usable.any() else 0.0
    return max(fastest, WALK_M_S)
